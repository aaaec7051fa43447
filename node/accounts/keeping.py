"""What is done with accounts of others: invite, lock, unlock, remove, and confirm who enrolled.

The invitation is all that who invites ever holds. Over the staff calls that is not enough to get in, see `store.waits`.

Used by the command line on the node's folder and by the calls of `node.accounts.staff`; each change is in the
disclosure log before it counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ledger.account_events import AccountChanged, AccountEvent, AccountInvited, AccountLocked
from ledger.log import Ledger
from node.accounts.attempts import Attempts
from node.accounts.codes import INVITATION_CHARACTERS, draw_code
from node.accounts.recording import recording
from node.accounts.store import Account, Accounts, waits
from node.officers.register import Officers
from symbolon.rpc.errors import ErrorCode, SymbolonError

INVITATION_SECONDS = 48 * 3600
"""Seconds for which an invitation counts."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """The code for the person, and until when it counts, in Unix seconds."""

    code: str
    until: int


Standing = Literal["none", "invited", "lapsed", "enrolled", "unconfirmed", "locked", "locked_out"]
"""How an account stands; ``AccountShown`` of staff.proto says what each is."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """How an account stands: until when, in Unix seconds, and how many recovery codes are left.

    Of one that waits for a second officer: who invited, and when somebody enrolled, in Unix seconds.
    """

    state: Standing
    until: int = 0
    recovery_codes: int = 0
    invited_by: str = ""
    enrolled_at: int = 0


class AccountKeeping:
    """The changes of one operator, ``user``."""

    def __init__(self, accounts: Accounts, officers: Officers, ledger: Ledger, user: str, now: float) -> None:
        """Take what there is; ``now`` are Unix seconds."""
        self._accounts = accounts
        self._attempts = Attempts(accounts.file)
        self._officers = officers
        self._ledger = ledger
        self._user = user
        self._now = now

    def invite(self, name: str, *, reset: bool, confirmed: bool = False) -> Invitation:
        """Invite an active officer; raise `SymbolonError` where there is none, and as `Accounts.invite`.

        ``confirmed`` by who has the node's folder, or else by a second officer later.
        """
        if not self._officers.roles_of(name):
            raise SymbolonError(ErrorCode.NOT_FOUND, "no active officer of this name: see symbolon node officer list")
        code, until = draw_code(INVITATION_CHARACTERS), int(self._now) + INVITATION_SECONDS

        def record(anew: bool) -> None:
            self._recording(AccountInvited(anew=anew), name)()

        self._accounts.invite(name, code, until, self._user, self._at, record, reset=reset, confirmed=confirmed)
        self._attempts.forgive(name)
        return Invitation(code, until)

    def confirm(self, name: str, enrolled_at: int) -> None:
        """Say that it was the person who enrolled at that moment; raise as `Accounts.confirm`."""
        self._accounts.confirm(name, enrolled_at, self._user, self._recording(AccountChanged(what="confirmed"), name))

    def lock(self, name: str) -> None:
        """Let nobody in by an account, and end its sessions; raise `SymbolonError` (`NOT_FOUND`) without one."""
        record = self._recording(AccountLocked(cause="operator"), name)
        self._accounts.lock(name, self._user, self._at, record)

    def unlock(self, name: str) -> None:
        """End every lock of an account; raise as `lock`."""
        record = self._recording(AccountChanged(what="unlocked"), name)
        self._accounts.unlock(name, self._user, self._at, record)
        self._attempts.forgive(name)

    def remove(self, name: str) -> None:
        """Forget an account, and end its sessions; raise as `lock`."""
        self._accounts.remove(name, self._recording(AccountChanged(what="removed"), name))

    def state_of(self, name: str) -> AccountState:
        """Give how an officer's account stands."""
        account = self._accounts.find(name)
        if account and account.enrolled and not account.locked and waits(account, self._officers.roles_of(name)):
            left = self._accounts.codes_left(name)
            return AccountState("unconfirmed", 0, left, account.invited_by, account.enrolled_at)
        return _state(self._accounts, self._attempts, account, self._now)

    @property
    def _at(self) -> datetime:
        return datetime.fromtimestamp(self._now, UTC)

    def _recording(self, event: AccountEvent, name: str) -> Callable[[], None]:
        return recording(self._ledger, event, name, self._user)


def _state(accounts: Accounts, attempts: Attempts, account: Account | None, now: float) -> AccountState:
    if account is None:
        return AccountState("none")
    left = accounts.codes_left(account.name)
    if account.locked:
        return AccountState("locked", 0, left)
    if not account.enrolled:
        return AccountState("invited" if now < account.invited_until else "lapsed", account.invited_until)
    until = attempts.locked_until(account.name, now)
    return AccountState("locked_out" if until else "enrolled", until, left)
