"""The operator's calls about the list: upload, import, enrol, how far that is, and the rows that were set aside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from ledger.log import Ledger
from node.config import NodeHome
from node.officers.permission import Permission
from node.officers.register import Officer
from node.operations.node_calls import checked_number
from node.operations.spool import Order, Spool
from node.operations.workshop import Job, Workshop
from node.records.importing import read_rejects, rejects_path, rows_to_mend, run_over
from node.records.recording import records_imported, records_listed
from node.records.row_files import RowFormat
from node.records.store import ImportRun, KeptRun, RecordStore
from node.uploads import LARGEST_PART, Bounds, Uploads
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire

LARGEST_LIST = 1024 * 1024 * 1024
"""Bytes of an uploaded list; a longer one is imported at the command line."""

LISTS = Bounds(
    LARGEST_LIST,
    most=4,
    too_large=f"the list is larger than {LARGEST_LIST:,} bytes: import it with symbolon node import",
)
"""What an operator may upload."""

MOST_REJECTS = 200
"""Rows set aside that one call gives when it is not told."""

MOST_BYTES = 3 * 1024 * 1024
"""Bytes of rows that one call gives: a message has 4 MiB."""

MOST_RUNS = 10


class ListCalls:
    """The part of the service Operations that is about the list. ``workshop`` is at work in the node's loop."""

    def __init__(
        self,
        permission: Permission,
        home: NodeHome,
        records: RecordStore,
        ledger: Ledger,
        uploads: Uploads,
        workshop: Workshop,
    ) -> None:
        """Take what checks roles, and the parts; they stay the caller's."""
        self._permission = permission
        self._home = home
        self._records = records
        self._ledger = ledger
        self._uploads = uploads
        self._workshop = workshop

    async def add_to_upload(self, request: wire.AddToUploadRequest, officer: Officer) -> wire.AddToUploadResponse:
        """Add a piece to an upload."""
        await self._permission.check(officer, "operate")
        add = partial(self._uploads.add, officer.name, request.upload, request.offset, request.content)
        upload, size = await asyncio.to_thread(add)
        return wire.AddToUploadResponse(upload=upload, bytes=size)

    async def drop_upload(self, request: wire.DropUploadRequest, officer: Officer) -> wire.DropUploadResponse:
        """Erase an upload, but for one that is being imported."""
        await self._permission.check(officer, "operate")
        await asyncio.to_thread(self._uploads.drop, officer.name, request.upload)
        return wire.DropUploadResponse()

    async def start_import(self, request: wire.StartImportRequest, officer: Officer) -> wire.StartImportResponse:
        """Import an upload."""
        await self._permission.check(officer, "operate")
        removals = checked_number(request.removals) if request.HasField("removals") else None
        if removals is not None and not request.whole_list:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "removals: they go with a whole list")
        order = Order(
            kind="import",
            officer=officer.name,
            upload=request.upload,
            row_format=_format(request.row_format),
            whole_list=request.whole_list,
            removals=removals,
            enrol=request.enrol,
        )
        with self._uploads.taken(officer.name, [request.upload]) as (path,):
            if path.stat().st_size == 0:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "upload: it is empty")
            await self._workshop.start(order)
        return wire.StartImportResponse()

    async def start_enrolment(self, _: wire.StartEnrolmentRequest, officer: Officer) -> wire.StartEnrolmentResponse:
        """Enrol what is new or changed."""
        await self._permission.check(officer, "operate")
        await self._workshop.start(Order(kind="enrolment", officer=officer.name))
        return wire.StartEnrolmentResponse()

    async def show_work(self, _: wire.ShowWorkRequest, officer: Officer) -> wire.ShowWorkResponse:
        """Tell how far the work is, and how the last imports ended."""
        await self._permission.check(officer, "operate")
        work = _shown(self._workshop.job) if self._workshop.job is not None else None
        return wire.ShowWorkResponse(work=work, imports=await asyncio.to_thread(self._imports))

    async def cancel_work(self, _: wire.CancelWorkRequest, officer: Officer) -> wire.CancelWorkResponse:
        """Stop what runs."""
        await self._permission.check(officer, "operate")
        await self._workshop.cancel()
        return wire.CancelWorkResponse()

    async def show_rejects(self, request: wire.ShowRejectsRequest, officer: Officer) -> wire.ShowRejectsResponse:
        """Give rows that were set aside; the log has it first."""
        await self._permission.check(officer, "operate")
        skip = checked_number(request.skip)
        run = await asyncio.to_thread(self._looked_at, request.run, officer)
        most = min(request.most or MOST_REJECTS, 100 * MOST_REJECTS)
        return await asyncio.to_thread(self._rejects, run, skip, most)

    async def download_rejects(
        self, request: wire.DownloadRejectsRequest, officer: Officer, _: float
    ) -> AsyncGenerator[wire.DownloadRejectsResponse, None]:
        """Give all rows that were set aside, as a list to mend; the log has it first."""
        await self._permission.check(officer, "operate")
        run = await asyncio.to_thread(self._looked_at, request.run, officer)
        parts = _in_parts(rows_to_mend(self._set_aside(run)))
        part: bytes | None = b""
        while part is not None:  # the first is empty, so that a list without a row has its format
            yield wire.DownloadRejectsResponse(content=part, row_format=run.row_format)
            part = await asyncio.to_thread(next, parts, None)

    def _looked_at(self, number: int, officer: Officer) -> ImportRun:
        """Find an import that set rows aside, and log that they are looked at; raise `SymbolonError`."""
        run = self._records.run(checked_number(number))
        if run is None or not rejects_path(self._home.rejects_folder, run).exists():
            raise SymbolonError(ErrorCode.NOT_FOUND, "no file of rows set aside by that import")
        records_listed(self._ledger, "rejects", officer.name)
        return run

    def _set_aside(self, run: ImportRun) -> Iterator[dict[str, Any]]:
        return read_rejects(rejects_path(self._home.rejects_folder, run), run)

    def _rejects(self, run: ImportRun, skip: int, most: int) -> wire.ShowRejectsResponse:
        told, size = wire.ShowRejectsResponse(), 0
        for entry in islice(self._set_aside(run), skip, None):
            size += len(str(entry.get("row", "")).encode(errors="replace"))
            if len(told.rejects) == most or (told.rejects and size > MOST_BYTES):
                told.has_more = True
                break
            told.header = entry.get("header", told.header)
            named = {name: _utf8(str(entry.get(name, ""))) for name in ("field", "reason", "row")}
            told.rejects.add(line=entry["line"], **named)
        return told

    def _imports(self) -> list[wire.ImportShown]:
        return [self._import(one) for one in self._records.runs(MOST_RUNS)]

    def _import(self, kept: KeptRun) -> wire.ImportShown:
        tally = kept.run.tally
        return wire.ImportShown(
            run=kept.run.run_id,
            began_at=int(kept.began_at.timestamp()),
            ended_at=int(kept.ended_at.timestamp()) if kept.ended_at else 0,
            read=tally.read,
            added=tally.added,
            changed=tally.changed,
            unchanged=tally.unchanged,
            rejected=tally.rejected,
            has_rejects=tally.rejected > 0 and rejects_path(self._home.rejects_folder, kept.run).exists(),
        )


def _in_parts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines to parts that fit a call: none is longer than a MiB."""
    part = bytearray()
    for line in lines:
        part += line
        if len(part) >= LARGEST_PART:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


def note_cut_short(records: RecordStore, ledger: Ledger, spool: Spool, order: Order) -> None:
    """Node: an import was cancelled, or failed: end its run, and write down what it took and removed until then."""
    kept = run_over(spool.path(order), records)
    if kept is not None and kept.ended_at is None:
        records.finish_import(kept.run, datetime.now(UTC), lambda run: records_imported(ledger, run, order.officer))


def _shown(job: Job) -> wire.Work:
    result = {**job.found, **(job.result or {})}
    return wire.Work(
        kind=job.order.kind,
        state=job.state,
        done=job.done,
        total=job.total,
        seconds_left=job.seconds_left(),
        began_at=int(job.order.began),
        error=job.error,
        detail=job.detail,
        officer=job.order.officer,
        absent=result.get("absent", 0),
        removed=result.get("removed", 0),
        records=result.get("records", 0),
        tokens=result.get("tokens", 0),
        resumed=job.is_resumed,
        doubtful=result.get("doubtful", 0),
        run=result.get("run", 0),
    )


def _format(name: str) -> RowFormat:
    if name == "jsonl":
        return "jsonl"
    if name == "csv":
        return "csv"
    raise SymbolonError(ErrorCode.INVALID_INPUT, "row_format: expected jsonl or csv")


def _utf8(text: str) -> str:
    """Give text that UTF-8 can hold: a row may have had half a character of UTF-16."""
    return text.encode(errors="replace").decode()
