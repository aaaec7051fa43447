"""The desk's calls about batches: who may, decode, call, encode. An officer sees his own; a supervisor those of all."""

from __future__ import annotations

import asyncio
import secrets
import time
from base64 import b32encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from ledger.log import Ledger
from matching.features import query_features
from matching.forgetting import words_forgotten
from matching.subject import Subject
from node.batches import recording
from node.batches.kept import Batch, Recording
from node.batches.reading import read_list, thinned
from node.batches.running import Batches
from node.batches.states import ROW_STATES
from node.batches.store import NO_SUCH_BATCH
from node.batches.wire import batch_shown, partners_shown, row_shown
from node.officers.permission import Permission
from node.officers.register import Officer, Role
from node.queries.plan import Planned, check_reasons, check_recipients
from node.queries.wire import question_about
from node.records.row_files import RowFormat
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import QueryRequest

MOST_ROWS_SHOWN = 1000
ROWS_SHOWN = 100
"""Rows of one page of results: at most, and where the caller does not say."""

LOOK_SECONDS = 600.0
"""Seconds in which an auditor who is shown a batch again has had one look at it."""

_FORMATS: Mapping[int, RowFormat] = {
    wire.LIST_FORMAT_UNSPECIFIED: "csv",
    wire.LIST_FORMAT_CSV: "csv",
    wire.LIST_FORMAT_JSONL: "jsonl",
}

_SEE_ALL: frozenset[Role] = frozenset({"supervisor", "auditor"})
"""Who sees the batches of all officers."""

_NOBODY = Subject(())

LeftFor = Callable[[Planned], tuple[int, int]]
"""Gives how many queries a partner still takes today and in this case."""


class BatchCalls:
    """The service Batches for this agency's officers."""

    def __init__(self, permission: Permission, batches: Batches, left: LeftFor, *, most: int) -> None:
        """Take what checks roles, the batches, what quotas leave, and how many rows a list may have."""
        self._permission = permission
        self._batches = batches
        self._store = batches.store
        self._asker = batches.means.asker
        self._ledger = batches.means.ledger
        self._left = left
        self.most_rows = most
        self._looks: dict[tuple[str, str], float] = {}

    async def prepare_batch(self, request: wire.PrepareBatchRequest, officer: Officer) -> wire.PrepareBatchResponse:
        """Read a list and keep it, without asking anybody."""
        await self._permission.check(officer, "query")
        row_format = _FORMATS.get(request.format)
        if row_format is None:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "format: csv or jsonl")
        query = QueryRequest()
        query.CopyFrom(request.query)
        query.ClearField("subject_json")
        question = question_about(_NOBODY, query, officer.name)
        check_reasons(question)
        reach = await self._asker.reach(question)
        check_recipients(question, reach.members)
        if not reach.planned:
            raise SymbolonError(ErrorCode.NO_AGREEMENT)
        now = datetime.now(UTC)
        read = await asyncio.to_thread(read_list, b"".join(request.list), row_format, self.most_rows, now.date())
        budgets = sorted({one.agreement.answer.bit_budget for one in reach.planned}, reverse=True)
        read = await asyncio.to_thread(thinned, read, partial(_says_enough, budgets))
        batch = await asyncio.to_thread(self._store.add, _drawn(), officer.name, query, read, now)
        return wire.PrepareBatchResponse(batch=await self._shown(batch, officer))

    async def start_batch(self, request: wire.StartBatchRequest, officer: Officer) -> wire.StartBatchResponse:
        """Begin to ask, or go on."""
        await self._permission.check(officer, "query")
        batch = await self._seen(request.reference, officer)
        if batch.owner != officer.name:
            raise SymbolonError(ErrorCode.NOT_THIS_OFFICER, "it is asked in the name of another officer")
        await self._batches.start(batch.reference, officer.name, ask_unknown=request.ask_unknown)
        return wire.StartBatchResponse(batch=await self._shown(await self._seen(batch.reference, officer), officer))

    async def list_batches(self, _: wire.ListBatchesRequest, officer: Officer) -> wire.ListBatchesResponse:
        """List the batches the officer may see."""
        await self._permission.check(officer, "see_batches", "batches")
        found = [one for one in await asyncio.to_thread(self._store.all) if _may_see(one, officer)]
        return wire.ListBatchesResponse(batches=[self._counted(one, officer) for one in found])

    async def show_batch(self, request: wire.ShowBatchRequest, officer: Officer) -> wire.ShowBatchResponse:
        """Show how far a batch is. Who watches it asks again and again: within `LOOK_SECONDS` that is one look."""
        await self._permission.check(officer, "see_batches")
        batch = await self._seen(request.reference, officer)
        await self._note_look(officer, batch)
        return wire.ShowBatchResponse(batch=await self._shown(batch, officer))

    async def batch_results(self, request: wire.BatchResultsRequest, officer: Officer) -> wire.BatchResultsResponse:
        """Give what came of rows; the log has it first that they were read."""
        await self._permission.check(officer, "handle_batches")
        batch = await self._seen(request.reference, officer)
        if not set(request.states) <= set(ROW_STATES):
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"states: some of {', '.join(ROW_STATES)}")
        most = min(request.most or ROWS_SHOWN, MOST_ROWS_SHOWN)
        rows = await asyncio.to_thread(
            self._store.rows, batch.reference, tuple(request.states), request.after, most + 1
        )
        page = rows[:most]
        if batch.state != "prepared":  # of which there is nothing yet but the officer's own list
            await recording.batch_read(self._ledger, batch, len(page), officer.name)
        return wire.BatchResultsResponse(rows=map(row_shown, page), next=page[-1].number if len(rows) > most else 0)

    async def cancel_batch(self, request: wire.CancelBatchRequest, officer: Officer) -> wire.CancelBatchResponse:
        """Ask no further."""
        await self._permission.check(officer, "handle_batches")
        batch = await self._seen(request.reference, officer)
        record = self._recording(recording.batch_cancelled, officer)
        batch = await asyncio.to_thread(self._store.cancel, batch.reference, datetime.now(UTC), record)
        return wire.CancelBatchResponse(batch=await self._shown(batch, officer))

    async def delete_batch(self, request: wire.DeleteBatchRequest, officer: Officer) -> wire.DeleteBatchResponse:
        """Erase a batch with its results."""
        await self._permission.check(officer, "handle_batches")
        batch = await self._seen(request.reference, officer)
        record = self._recording(recording.batch_erased, officer)
        await asyncio.to_thread(self._store.erase, batch.reference, record)
        return wire.DeleteBatchResponse()

    async def _note_look(self, officer: Officer, batch: Batch) -> None:
        look, now = (officer.name, batch.reference), time.monotonic()
        self._looks = {one: begun for one, begun in self._looks.items() if now - begun < LOOK_SECONDS}
        if look not in self._looks:
            await self._permission.check(officer, "see_batches", "batch", batch.reference)
            self._looks[look] = now  # after it is logged: what could not be was no look

    def _recording(self, event: Callable[[Ledger, Batch, str], None], officer: Officer) -> Recording:
        return lambda batch: event(self._ledger, batch, officer.name)

    async def _seen(self, reference: str, officer: Officer) -> Batch:
        """Give a batch that the officer may see; another one is not there for him."""
        batch = await asyncio.to_thread(self._store.named, reference)
        if not _may_see(batch, officer):
            raise SymbolonError(ErrorCode.NOT_FOUND, NO_SUCH_BATCH)
        return batch

    async def _shown(self, batch: Batch, officer: Officer) -> wire.Batch:
        shown = self._counted(batch, officer)
        if batch.state in ("prepared", "stopped") and officer.name == batch.owner:
            shown.partners.extend(await self._partners(batch))
        return shown

    def _counted(self, batch: Batch, officer: Officer) -> wire.Batch:
        return batch_shown(
            batch,
            self._batches.means.days,
            self._batches.seconds_left(batch),
            with_reasons=officer.may("handle_batches"),
        )

    async def _partners(self, batch: Batch) -> list[wire.Partner]:
        """Give whom the rows that wait would be put to now, and what they still take."""
        if not batch.count("waiting", "unknown"):
            return []
        reach = await self._asker.reach(question_about(_NOBODY, batch.query, batch.owner))
        left = await asyncio.to_thread(lambda: [self._left(one) for one in reach.planned])
        return partners_shown(zip(reach.planned, left, strict=True), reach.not_asked)


def _says_enough(budgets: Sequence[float], subject: Subject) -> bool:
    with words_forgotten():
        return all(query_features(subject, budget) for budget in budgets)


def _may_see(batch: Batch, officer: Officer) -> bool:
    return officer.name == batch.owner or bool(officer.roles & _SEE_ALL)


def _drawn() -> str:
    return b32encode(secrets.token_bytes(10)).decode()
