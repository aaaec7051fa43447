"""The calls of the service ``Staff``: an operator keeps officers and their accounts, and never his own.

Who invited could use the invitation himself, so a second officer, an operator or a supervisor, confirms that it was the
person who enrolled (`node.accounts.store.waits`).

That nobody changes his own entry keeps an operator from giving himself a role. It does not see two names of one person:
each change is in the disclosure log with both names, for whoever audits it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from ledger.log import Ledger
from node.accounts.keeping import AccountKeeping
from node.accounts.store import Accounts
from node.officers.key import OfficerKey
from node.officers.permission import Permission
from node.officers.recording import officer_added, officer_changed, officer_disabled, officer_key_rotated
from node.officers.register import Officer, OfficerEntry, Officers, in_order
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import staff_pb2 as wire


class StaffCalls:
    """The calls; each raises `SymbolonError`: `ROLE_MISSING`, `NOT_THIS_OFFICER`, `NOT_FOUND`, `INVALID_INPUT`."""

    def __init__(
        self,
        permission: Permission,
        officers: Officers,
        accounts: Accounts,
        ledger: Ledger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take what there is; it stays the caller's."""
        self._permission = permission
        self._officers = officers
        self._accounts = accounts
        self._ledger = ledger
        self._clock = clock

    async def list_staff(self, _: wire.ListStaffRequest, officer: Officer) -> wire.ListStaffResponse:
        """List all officers."""
        await self._permission.check(officer, "vouch")

        def listed() -> wire.ListStaffResponse:
            keeping = self._keeping(officer)
            return wire.ListStaffResponse(staff=[_shown(one, keeping) for one in self._officers.entries()])

        return await asyncio.to_thread(listed)

    async def add_officer(self, request: wire.AddOfficerRequest, officer: Officer) -> wire.AddOfficerResponse:
        """Enter an officer, with a key that nobody holds."""

        def added() -> OfficerEntry:
            key = OfficerKey.draw(request.name)
            record = partial(officer_added, self._ledger)
            return self._officers.add(key, request.roles, request.authority, officer.name, self._now(), record)

        return wire.AddOfficerResponse(member=await self._changed(officer, request.name, added))

    async def change_officer(self, request: wire.ChangeOfficerRequest, officer: Officer) -> wire.ChangeOfficerResponse:
        """Give an officer other roles and another authority."""

        def changed() -> OfficerEntry:
            record = partial(officer_changed, self._ledger)
            roles, unit = request.roles, request.authority
            return self._officers.change(request.name, roles, unit, officer.name, self._now(), record)

        return wire.ChangeOfficerResponse(member=await self._changed(officer, request.name, changed))

    async def set_officer_active(
        self, request: wire.SetOfficerActiveRequest, officer: Officer
    ) -> wire.SetOfficerActiveResponse:
        """Shut an officer out, or let a disabled one in again."""

        def changed() -> OfficerEntry:
            entry = next((one for one in self._officers.entries() if one.officer.name == request.name), None)
            if entry is not None and entry.active == request.active:
                return entry  # and a key that is there stays
            if request.active:
                key = OfficerKey.draw(request.name)
                return self._officers.rotate(key, officer.name, self._now(), partial(officer_key_rotated, self._ledger))
            record = partial(officer_disabled, self._ledger)
            return self._officers.disable(request.name, officer.name, self._now(), record)

        return wire.SetOfficerActiveResponse(member=await self._changed(officer, request.name, changed))

    async def invite_officer(self, request: wire.InviteOfficerRequest, officer: Officer) -> wire.InviteOfficerResponse:
        """Invite an officer to the console."""
        await self._check(officer, request.name)
        keeping = self._keeping(officer)
        invitation = await asyncio.to_thread(keeping.invite, request.name, reset=request.reset)
        return wire.InviteOfficerResponse(code=invitation.code, until=invitation.until)

    async def confirm_account(
        self, request: wire.ConfirmAccountRequest, officer: Officer
    ) -> wire.ConfirmAccountResponse:
        """Say that it was the person who enrolled."""
        await self._permission.check(officer, "vouch")
        keeping = self._keeping(officer)

        def confirmed() -> wire.StaffMember:
            keeping.confirm(request.name, request.enrolled_at)
            return self._member(request.name, keeping)

        return wire.ConfirmAccountResponse(member=await asyncio.to_thread(confirmed))

    async def change_account(self, request: wire.ChangeAccountRequest, officer: Officer) -> wire.ChangeAccountResponse:
        """Lock an account, end a lock, or remove it."""
        keeping = self._keeping(officer)
        changes = {"lock": keeping.lock, "unlock": keeping.unlock, "remove": keeping.remove}

        def changed() -> OfficerEntry:
            change = changes.get(request.change)
            if change is None:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "change: expected lock, unlock or remove")
            change(request.name)
            return next(one for one in self._officers.entries() if one.officer.name == request.name)

        return wire.ChangeAccountResponse(member=await self._changed(officer, request.name, changed))

    async def _changed(self, officer: Officer, name: str, change: Callable[[], OfficerEntry]) -> wire.StaffMember:
        await self._check(officer, name)
        return await asyncio.to_thread(lambda: _shown(change(), self._keeping(officer)))

    async def _check(self, officer: Officer, name: str) -> None:
        await self._permission.check(officer, "operate")
        if name == officer.name:
            raise SymbolonError(ErrorCode.NOT_THIS_OFFICER, "another operator changes your own entry")

    def _member(self, name: str, keeping: AccountKeeping) -> wire.StaffMember:
        return next(_shown(one, keeping) for one in self._officers.entries() if one.officer.name == name)

    def _keeping(self, officer: Officer) -> AccountKeeping:
        return AccountKeeping(self._accounts, self._officers, self._ledger, officer.name, self._clock())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _shown(entry: OfficerEntry, keeping: AccountKeeping) -> wire.StaffMember:
    account = keeping.state_of(entry.officer.name)
    return wire.StaffMember(
        name=entry.officer.name,
        roles=in_order(entry.officer.roles),
        authority=entry.authority,
        active=entry.active,
        changed_by=entry.changed_by,
        changed_at=int(entry.changed_at.timestamp()),
        account=wire.AccountShown(
            state=account.state,
            until=account.until,
            recovery_codes=account.recovery_codes,
            invited_by=account.invited_by,
            enrolled_at=account.enrolled_at,
        ),
    )
