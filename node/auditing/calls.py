"""The auditor's calls on single entries: search, show, open, prove, compare with a checkpoint, who looked.

Each is written into the log before anything is read for the answer; where that fails, the answer is the failure.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from auditing.terms import LINKING, terms_of
from ledger.checkpoints import parse_checkpoint
from ledger.entries import DamagedLogError, Entry
from ledger.erasures import says_erased
from ledger.notes import NoteError
from node.auditing.house import AuditedHouse
from node.auditing.index import Wanted
from node.auditing.opening import open_entry
from node.auditing.proving import LARGEST_CHECKPOINT, compare, cosigned, newest_head, prove_entry
from node.auditing.search import (
    LONGEST_PAGE,
    NAMING,
    USUAL_PAGE,
    Named,
    Query,
    Sought,
    find,
    find_named,
    linked,
    many_denials,
    named_in,
    read_query,
)
from node.auditing.viewing import note_opening, note_view, telling_why, who
from node.auditing.wire import denial_shown, entry_shown
from node.officers.permission import Permission
from node.officers.register import Officer
from node.sentences import sentence_shown
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire

logger = logging.getLogger("symbolon.node")

_AT_ONCE = 5_000
"""Entries that a call brings into the index itself, which takes less than a second; more go there beside it."""

_MOST_LINKED = 200
_MOST_REASON = 500
_Answer = TypeVar("_Answer")


class AuditCalls:
    """The part of the service Audit that answers at once."""

    def __init__(self, permission: Permission, house: AuditedHouse) -> None:
        """Take what checks roles, and the log with what belongs to it."""
        self._permission = permission
        self._house = house
        self._index = house.index()
        self._indexing = threading.Lock()

    async def search_log(self, request: wire.SearchLogRequest, officer: Officer) -> wire.SearchLogResponse:
        """Find entries, the newest first."""
        await self._permission.check(officer, "audit")
        return await _in_thread(partial(self._search, request, officer))

    async def show_entry(self, request: wire.ShowEntryRequest, officer: Officer) -> wire.ShowEntryResponse:
        """Show one entry, and those that speak of the same."""
        await self._permission.check(officer, "audit")
        return await _in_thread(partial(self._show, request.number, officer))

    async def open_entry(self, request: wire.OpenEntryRequest, officer: Officer) -> wire.OpenEntryResponse:
        """Open what is personal in one entry."""
        await self._permission.check(officer, "audit")
        reason = request.reason.strip()
        if not 0 < len(reason) <= _MOST_REASON:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"reason: say why, in at most {_MOST_REASON} characters")
        return await _in_thread(partial(self._open, request.number, officer, reason))

    async def prove_entry(self, request: wire.ProveEntryRequest, officer: Officer) -> wire.ProveEntryResponse:
        """Prove that an entry is in the log."""
        await self._permission.check(officer, "audit")
        return await _in_thread(partial(self._prove, request.number, officer))

    async def compare_checkpoint(
        self, request: wire.CompareCheckpointRequest, officer: Officer
    ) -> wire.CompareCheckpointResponse:
        """Say whether the log still begins with the entries under a checkpoint."""
        await self._permission.check(officer, "audit")
        if len(request.checkpoint) > LARGEST_CHECKPOINT:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "the file is too large for a checkpoint")
        return await _in_thread(partial(self._compare, request.checkpoint, officer))

    async def list_viewings(self, request: wire.ListViewingsRequest, officer: Officer) -> wire.ListViewingsResponse:
        """List who looked at the log, when and at what."""
        await self._permission.check(officer, "see_viewings")
        return await _in_thread(partial(self._viewings, request.before, officer))

    def _search(self, request: wire.SearchLogRequest, officer: Officer) -> wire.SearchLogResponse:
        log, total = self._house.log, self._house.log.count()
        if lacking := self._lacking():
            return wire.SearchLogResponse(not_indexed=lacking, total=total)
        query = read_query(
            self._index,
            kind=request.type,
            partner=request.partner,
            purpose=request.purpose,
            agreement=request.agreement,
            days=(request.since, request.until),
            denied=request.denied,
            padding=request.padding,
        )
        sought = Sought.read(request.officer, request.reference)
        before = min(request.before or total + 1, total + 1)
        filters = [*query.filters, *([f"before={before}"] if request.before else [])]
        note_view(log, officer, "denials" if request.denied else "search", filters)
        most = min(request.most or USUAL_PAGE, LONGEST_PAGE)

        def noted(first: int, last: int) -> None:
            note_opening(log, officer, (first, last), NAMING, sought.said)

        opened = 0
        if sought:
            named, following, opened = find_named(log, self._index, query, sought, before, most, noted)
        else:
            found, following = find(log, self._index, query, before, most)
            named = named_in(log, found, noted) if request.names else [(one, Named()) for one in found]
        choices = [
            wire.SearchChoice(kind=one.kind, value=one.value, entries=one.entries) for one in self._index.choices()
        ]
        return wire.SearchLogResponse(
            entries=[entry_shown(entry, names) for entry, names in named],
            next=following,
            opened=opened,
            total=total,
            choices=choices,
            findings=map(denial_shown, many_denials(log, self._index, query, before)) if request.denied else (),
        )

    def _show(self, number: int, officer: Officer) -> wire.ShowEntryResponse:
        log = self._house.log
        total = self._check_number(number)
        note_view(log, officer, "entry", [f"entry={number}"])
        (entry,) = log.those([number])
        others: list[tuple[Entry, str]] = []
        if not self._lacking():
            terms = [one for kind in LINKING for one in terms_of(entry.body) if one[0] == kind]
            others = linked(log, self._index, terms, number, _MOST_LINKED)
        return wire.ShowEntryResponse(
            entry=entry_shown(entry),
            linked=[wire.LinkedEntry(entry=entry_shown(one), by=by) for one, by in others],
            total=total,
        )

    def _open(self, number: int, officer: Officer, reason: str) -> wire.OpenEntryResponse:
        self._check_number(number)
        opened = open_entry(self._house.log, number, who(officer, reason), self._says_erased)
        return wire.OpenEntryResponse(
            entry=entry_shown(opened.entry),
            opened=[wire.OpenedField(field=one.name, value=one.value) for one in opened.openings],
            erased=opened.erased,
            not_there=opened.not_there,
        )

    def _prove(self, number: int, officer: Officer) -> wire.ProveEntryResponse:
        house = self._house
        self._check_number(number)
        note_view(house.log, officer, "proof", [f"entry={number}"])
        note = newest_head(house.log, number, house.origin, lambda: house.signing)
        proof = prove_entry(house.log, number, note)
        head = parse_checkpoint(note.text).head
        signed = [
            wire.HeadCosignature(witness=one.witness, cosigned_at=one.time, verified=one.verified)
            for one in cosigned(note, house.certified())
        ]
        return wire.ProveEntryResponse(
            entry=entry_shown(next(house.log.those([number]))),
            path=proof.hashes,
            size=head.size,
            root=head.root,
            checkpoint=str(note),
            cosignatures=signed,
            key=str(house.key),
            file=str(proof),
        )

    def _compare(self, content: bytes, officer: Officer) -> wire.CompareCheckpointResponse:
        house = self._house
        note_view(house.log, officer, "checkpoint")
        try:
            found = compare(house.log, content, house.key)
        except NoteError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"the checkpoint cannot be used: {error}") from None
        return wire.CompareCheckpointResponse(
            size=found.size,
            total=found.total,
            consistent=not found.problem,
            problem=sentence_shown(found.problem) if found.problem else None,
            path=found.path,
            root=found.root,
        )

    def _viewings(self, before: int, officer: Officer) -> wire.ListViewingsResponse:
        log = self._house.log
        if lacking := self._lacking():
            return wire.ListViewingsResponse(not_indexed=lacking)
        query = Query(Wanted((("viewed", ""),)), None, None, ())
        found, following = find(log, self._index, query, min(before or log.count() + 1, log.count() + 1), USUAL_PAGE)
        if found:
            note_opening(log, officer, (found[-1].number, found[0].number), ["user"])
        else:
            note_view(log, officer, "viewings")
        viewings = [wire.Viewing(entry=entry_shown(one), user=self._user(one)) for one in found]
        return wire.ListViewingsResponse(viewings=viewings, next=following)

    def _user(self, entry: Entry) -> str:
        return next((one.value for one in self._house.log.openings(entry.number) if one.name == "user"), "")

    def _says_erased(self, number: int) -> bool:
        log = self._house.log
        if self._lacking():
            return log.says_erased(number)
        wanted = Wanted((("type", "personal_erased"),))
        later = self._index.numbers(wanted, number + 1, log.count() + 1)
        return any(says_erased(entry, number) for entry in log.those(later))

    def _check_number(self, number: int) -> int:
        total = self._house.log.count()
        if not 1 <= number <= total:
            raise SymbolonError(ErrorCode.NOT_FOUND, f"entry {number}")
        return total

    def _lacking(self) -> int:
        """Bring the index up to date where that is quick; otherwise have it done beside, and say how many it lacks."""
        lacking = self._index.lacks()
        if lacking > _AT_ONCE:
            if self._indexing.acquire(blocking=False):
                threading.Thread(target=self._catch_up, name="log-index", daemon=True).start()
            return lacking
        self._index.catch_up()
        return 0

    def _catch_up(self) -> None:
        try:
            self._index.catch_up()
        except (DamagedLogError, sqlite3.Error) as error:
            logger.error("the disclosure log cannot be indexed: %s", type(error).__name__)
        finally:
            self._indexing.release()


async def _in_thread(answer: Callable[[], _Answer]) -> _Answer:
    def answered() -> _Answer:
        with telling_why():
            return answer()

    return await asyncio.to_thread(answered)
