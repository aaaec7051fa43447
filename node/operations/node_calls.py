"""The operator's calls about the node itself: its state, the members, the mail, the quotas."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from agreements.standing import AgreementSet
from ledger.checkpoints import parse_checkpoint
from ledger.entries import Statement
from ledger.events import MessageErased, MessageRetried
from ledger.heads import cosigners
from node.directory.deciding import accept_entries, opened_directory, settle_dispute
from node.directory.membership import Federation
from node.directory.trust import usable_members
from node.holdings import Holdings
from node.mail import store
from node.officers.permission import Permission
from node.officers.register import Officer
from node.operations import premises
from node.operations.quotas import quotas
from node.operations.troubles import troubles
from node.status import NodeStatus
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2
from symbolon.v1 import operations_pb2 as wire

LARGEST_NUMBER = 2**53 - 1
"""What JSON holds exactly (RFC 8785)."""

LONGEST_REASON = 400
"""Characters of a reason for the log."""


class NodeCalls:
    """The part of the service Operations that is about the node."""

    def __init__(self, permission: Permission, has: Holdings, status: NodeStatus) -> None:
        """Take what checks roles, and what the node has; it stays the caller's."""
        self._permission = permission
        self._has = has
        self._status = status

    async def show_node(self, _: wire.ShowNodeRequest, officer: Officer) -> wire.ShowNodeResponse:
        """Tell the node's state."""
        await self._permission.check(officer, "operate")
        state = await self._status.status(desk_pb2.StatusRequest())
        return await asyncio.to_thread(self._shown, state)

    async def list_peers(self, _: wire.ListPeersRequest, officer: Officer) -> wire.ListPeersResponse:
        """List the members as pinned, what waits and what is disputed."""
        await self._permission.check(officer, "operate")
        await self._has.directory.members()
        return await asyncio.to_thread(self._peers)

    async def decide_on_directory(
        self, request: wire.DecideOnDirectoryRequest, officer: Officer
    ) -> wire.DecideOnDirectoryResponse:
        """Let entries count, or settle a dispute."""
        await self._permission.check(officer, "operate")
        reason = checked_reason(request.reason)
        which = request.WhichOneof("decision")
        if which is None:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "decision is required")

        def decided() -> None:
            if which == "accept":
                accept_entries(self._has.home, self._has.ledger, checked_number(request.accept), officer.name, reason)
            else:
                settle_dispute(self._has.home, self._has.ledger, checked_number(request.settle), officer.name, reason)

        await asyncio.to_thread(decided)
        return wire.DecideOnDirectoryResponse()

    async def list_mail(self, _: wire.ListMailRequest, officer: Officer) -> wire.ListMailResponse:
        """List the mail that waits and the messages that could not be handled."""
        await self._permission.check(officer, "operate")
        return await asyncio.to_thread(self._mail)

    async def act_on_mail(self, request: wire.ActOnMailRequest, officer: Officer) -> wire.ActOnMailResponse:
        """Retry or erase a message; the log has it first."""
        await self._permission.check(officer, "operate")
        if request.act not in ("retry", "erase"):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "act: expected retry or erase")
        number = checked_number(request.number)
        event = MessageRetried if request.act == "retry" else MessageErased
        await self._has.ledger.record(Statement(event(number=number), {"user": officer.name}))

        def acted() -> None:
            act = store.retry_set_aside if request.act == "retry" else store.erase_set_aside
            with self._has.cases.transaction() as connection:
                act(connection, number)
            if request.act == "erase":
                self._has.cases.shrink_log()

        await asyncio.to_thread(acted)
        return wire.ActOnMailResponse()

    async def list_quotas(self, _: wire.ListQuotasRequest, officer: Officer) -> wire.ListQuotasResponse:
        """Tell what of each agreement's quotas is used."""
        await self._permission.check(officer, "operate")

        def told() -> wire.ListQuotasResponse:
            agreements: AgreementSet = self._has.agreements.current()
            return quotas(self._has.cases.connection, agreements, self._has.home.party.name, datetime.now(UTC))

        return await asyncio.to_thread(told)

    def _shown(self, state: desk_pb2.StatusResponse) -> wire.ShowNodeResponse:
        counts, now = self._has.records.counts(), datetime.now(UTC)
        free, whole = premises.disk(self._has.home)
        shown = wire.ShowNodeResponse(
            status=state,
            pending=max(counts.pending, 0, state.records - state.enrolled),
            removed=counts.removed,
            unfindable=self._has.index.counts(state.epoch).without_entries,
            keys=premises.keys(self._has.home),
            certificates=premises.certificates(self._has.home, now),
            files=premises.files(self._has.home),
            free_bytes=free,
            disk_bytes=whole,
            witnesses_needed=self._has.home.settings.witnesses_needed,
        )
        self._add_head(shown)
        federation = self._has.directory.federation
        shown.troubles.extend(troubles(shown, self._members(federation, {})))
        return shown

    def _add_head(self, shown: wire.ShowNodeResponse) -> None:
        """Add the head and its witnesses, as far as the log can be read; that it cannot be is a trouble of its own."""
        try:
            shown.head = self._has.ledger.head().root.hex()
            note = self._has.ledger.witnessed_head()
        except (SymbolonError, sqlite3.Error, ValueError):
            return
        if note is not None:
            shown.cosigned_by.extend(cosigners(note))
            shown.cosigned_size = parse_checkpoint(note.text).head.size

    def _peers(self) -> wire.ListPeersResponse:
        file, copy = opened_directory(self._has.home)
        federation = self._has.directory.federation
        _, waiting = usable_members(copy)
        heard = store.heard(self._has.cases.connection)
        told = wire.ListPeersResponse(
            epoch=federation.epoch,
            custodian=federation.custodian,
            coordinator_fingerprint=federation.hub_signing.fingerprint() if federation.hub_signing else "",
            entries=copy.size,
            settled=copy.settled.size,
        )
        for peer in self._members(federation, heard):
            logged = copy.logged.members.get(peer.member)
            peer.entry = logged.entry if logged else 0
            peer.cosigned = copy.cosigned.get(peer.member, 0)
            told.peers.append(peer)
        for number in waiting:
            entry = copy.entries[number - 1]
            content = json.dumps(entry.event.model_dump(mode="json"), ensure_ascii=False, indent=1)
            told.waiting.add(number=number, time=int(entry.time.timestamp()), content=content)
        for one in file.disputes():
            told.disputes.add(
                number=one.number,
                kind=one.evidence.kind.value,
                entry=one.evidence.entry,
                time=one.time,
                is_settled=one.is_settled,
                evidence=one.evidence.content.decode(errors="backslashreplace"),
            )
        return told

    def _members(self, federation: Federation, heard: dict[str, datetime]) -> Iterator[wire.PeerShown]:
        for uri, one in sorted(federation.members.items()):
            signing, sealing = one.fingerprints
            yield wire.PeerShown(
                member=uri,
                display_name=one.display_name,
                signing_fingerprint=signing,
                sealing_fingerprint=sealing,
                heard_at=int(heard[uri].timestamp()) if uri in heard else 0,
                normaliser=one.normaliser,
                normalises_alike=one.normalises_alike,
            )

    def _mail(self) -> wire.ListMailResponse:
        connection = self._has.cases.connection
        return wire.ListMailResponse(
            waiting=[
                wire.MailWaiting(partner=one.partner, messages=one.messages, oldest=int(one.oldest.timestamp()))
                for one in store.waiting(connection)
            ],
            set_aside=[
                wire.MailSetAside(
                    number=one.number,
                    partner=one.partner,
                    reason=one.reason,
                    bytes=one.size,
                    set_aside_at=int(one.set_aside_at.timestamp()),
                    again=one.again,
                )
                for one in store.set_aside(connection)
            ],
        )


def checked_number(number: int) -> int:
    """Give a number that the log and the databases can hold; raise `SymbolonError` (`INVALID_INPUT`) for another."""
    if not 0 <= number <= LARGEST_NUMBER:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "number: there is none so large")
    return number


def checked_reason(reason: str) -> str:
    """Give a reason for the log; raise `SymbolonError` (`INVALID_INPUT`) where there is none, or it is too long."""
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"reason: expected 1 to {LONGEST_REASON} characters")
    return reason
