"""The auditor's calls that take time: each is checked and logged at once, then done beside (`node.auditing.works`)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from pathlib import Path

from auditing.people import Showing
from auditing.reconciliation_outcome import SEVERITY, Finding
from auditing.selection import Selection
from auditing.sources import COMPARED_FIELDS, short
from auditing.statistics import Period
from auditing.suppression import LEAST
from ledger.checkpoints import ledger_origin
from ledger.entries import Statement
from ledger.exporting import Scope, unknown_fields
from ledger.notes import VerifierKey
from node.auditing.exporting import ALL, Exported, export_log
from node.auditing.house import AuditedHouse
from node.auditing.reconciling import Given
from node.auditing.search import read_days, read_party
from node.auditing.sources import Source, own_source
from node.auditing.undertaking import Undertaking, counting, exporting, reconciling, reporting, verifying
from node.auditing.viewing import note_view, telling_why, who
from node.auditing.wire import tables_shown, work_shown
from node.auditing.works import Kind, Work, Works
from node.forgetting import forgetting
from node.officers.permission import Permission
from node.officers.register import Officer
from node.sentences import sentence_shown, sentences_shown
from node.uploads import Bounds, Uploads
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire
from verifier.trust import TrustError, read_authority, read_key

EXPORTS = Bounds(4 * 1024**3, most=8)
"""What an auditor may hand over: exports of logs of some million entries."""

_PART = 64 * 1024
_COMPARED_OWN = ("decision", "officer")
_MOST_REASON = 500
_MOST_FIELDS = 60
_HIGHEST_LEVEL = 4


class AuditWorkCalls:
    """The part of the service Audit whose answers take time."""

    def __init__(self, permission: Permission, house: AuditedHouse) -> None:
        """Take what checks roles, and the log; what an earlier process left of works and uploads is deleted."""
        self._permission = permission
        self._house = house
        folder = house.folder / "works"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        self._works = Works(folder)
        self._uploads = Uploads(folder, EXPORTS)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Delete what is over for an hour, until the block ends; then all there is."""
        async with forgetting(self._works.forget), self._uploads.at_work():
            try:
                yield
            finally:
                await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """End what is under way, and delete what came of works and what was uploaded for them."""
        self._works.stop()

    async def verify_log(self, request: wire.VerifyLogRequest, officer: Officer) -> wire.VerifyLogResponse:
        """Begin a check of the whole log."""
        await self._permission.check(officer, "audit")
        work = await self._begin("verification", officer, (), lambda: verifying(self._house.log))
        return wire.VerifyLogResponse(work=work.name)

    async def upload_part(self, request: wire.UploadPartRequest, officer: Officer) -> wire.UploadPartResponse:
        """Take a part of a file."""
        await self._permission.check(officer, "audit")
        add = partial(self._uploads.add, officer.name, request.upload, request.offset, request.content)
        name, size = await asyncio.to_thread(add)
        return wire.UploadPartResponse(upload=name, bytes=size)

    async def drop_audit_upload(
        self, request: wire.DropAuditUploadRequest, officer: Officer
    ) -> wire.DropAuditUploadResponse:
        """Erase a file that is not to be compared."""
        await self._permission.check(officer, "audit")
        await asyncio.to_thread(self._uploads.drop, officer.name, request.upload)
        return wire.DropAuditUploadResponse()

    async def start_reconciliation(
        self, request: wire.StartReconciliationRequest, officer: Officer
    ) -> wire.StartReconciliationResponse:
        """Begin a comparison of exports."""
        await self._permission.check(officer, "audit")
        days = read_days(request.own_since, request.own_until)
        if not set(request.open) <= set(_COMPARED_OWN):
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"open: expected {' or '.join(_COMPARED_OWN)}")

        filters = [f"files={len(request.uploads)}", *(["own"] if request.own else [])]
        own = (lambda: self._export(days, request.open, officer, "")) if request.own else None

        def begin(paths: Iterable[Path]) -> Undertaking:
            given = self._given(request.keys)
            if len(request.uploads) + request.own < 2:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "expected two logs or more")
            return reconciling({f"file {place}": path for place, path in enumerate(paths, 1)}, own, given)

        def begun() -> Work:
            with self._uploads.taken(officer.name, request.uploads) as paths:
                return self._begun("reconciliation", officer, filters, lambda: begin(paths))

        work = await asyncio.to_thread(begun)
        return wire.StartReconciliationResponse(work=work.name)

    async def start_report(self, request: wire.StartReportRequest, officer: Officer) -> wire.StartReportResponse:
        """Begin a report on the log."""
        await self._permission.check(officer, "audit")
        since, until = read_days(request.since, request.until)
        partner = read_party(request.partner)
        people = _people(request.people)
        level = request.level if request.HasField("level") else None
        if level is not None and level > _HIGHEST_LEVEL:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "level: expected 0 to 4")

        def begin() -> Undertaking:
            if request.purpose and not self._house.index().has(("purpose", request.purpose)):
                raise SymbolonError(ErrorCode.INVALID_INPUT, "purpose: no entry names it")
            fields = () if people is Showing.NONE else COMPARED_FIELDS
            selection = Selection(since, until, short(partner), request.purpose, level=level)
            return reporting(self._source(fields, officer), selection, people)

        filters = _filters(
            since=request.since, until=request.until, partner=partner, purpose=request.purpose, people=people.value
        )
        work = await self._begin("report", officer, filters, begin)
        return wire.StartReportResponse(work=work.name)

    async def start_statistics(
        self, request: wire.StartStatisticsRequest, officer: Officer
    ) -> wire.StartStatisticsResponse:
        """Begin statistics without persons."""
        await self._permission.check(officer, "audit")
        selection = Selection(*read_days(request.since, request.until))
        least = request.least or LEAST
        if request.by not in set(Period) or not 2 <= least <= 1000:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "by: expected day, month or year; least: 2 to 1000")

        def begin() -> Undertaking:
            return counting(self._source((), officer), Period(request.by), selection, least)

        filters = _filters(by=request.by, since=request.since, until=request.until, least=str(least))
        work = await self._begin("statistics", officer, filters, begin)
        return wire.StartStatisticsResponse(work=work.name)

    async def start_export(self, request: wire.StartExportRequest, officer: Officer) -> wire.StartExportResponse:
        """Begin an export of the log."""
        await self._permission.check(officer, "audit")
        days = read_days(request.since, request.until)
        reason = request.reason.strip()
        if len(request.open) > _MOST_FIELDS:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"open: at most {_MOST_FIELDS} fields")
        if request.open and not 0 < len(reason) <= _MOST_REASON:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "reason: say why personal fields are opened")

        def begin() -> Undertaking:
            for name in unknown_fields(self._house.log_path, [one for one in request.open if one != ALL]):
                raise SymbolonError(ErrorCode.INVALID_INPUT, f"no entry of this log has the personal field {name!r}")
            return exporting(lambda: self._export(days, request.open, officer, reason))

        work = await self._begin("export", officer, _filters(since=request.since, until=request.until), begin)
        return wire.StartExportResponse(work=work.name)

    async def show_audit_work(self, request: wire.ShowAuditWorkRequest, officer: Officer) -> wire.ShowAuditWorkResponse:
        """Say how far a work is, and what came of it."""
        await self._permission.check(officer, "audit")
        work = self._works.find(officer.name, request.work)
        if work.state == "running":
            return wire.ShowAuditWorkResponse(work=work_shown(work))
        return wire.ShowAuditWorkResponse(
            work=work_shown(work),
            tables=tables_shown(work.tables),
            findings=map(_finding, work.findings),
            said=sentences_shown(work.said),
        )

    async def list_audit_works(
        self, request: wire.ListAuditWorksRequest, officer: Officer
    ) -> wire.ListAuditWorksResponse:
        """List the works of this officer."""
        await self._permission.check(officer, "audit")
        return wire.ListAuditWorksResponse(works=map(work_shown, self._works.of(officer.name)))

    async def download_audit_file(
        self, request: wire.DownloadAuditFileRequest, officer: Officer, until: float
    ) -> AsyncGenerator[wire.DownloadAuditFileResponse, None]:
        """Give a file in parts, as long as they are taken: ``until`` is kept by who takes them."""
        await self._permission.check(officer, "audit")
        work = self._works.find(officer.name, request.work)
        if work.state != "done" or request.file not in work.files:
            raise SymbolonError(ErrorCode.NOT_FOUND, "there is no such file")
        with (work.folder / request.file).open("rb") as source:
            while content := await asyncio.to_thread(source.read, _PART):
                yield wire.DownloadAuditFileResponse(content=content)

    async def _begin(
        self, kind: Kind, officer: Officer, filters: Iterable[str], begin: Callable[[], Undertaking]
    ) -> Work:
        """Log that it begins, and begin it; what is wrong with the request is told before either."""
        return await asyncio.to_thread(self._begun, kind, officer, filters, begin)

    def _begun(self, kind: Kind, officer: Officer, filters: Iterable[str], begin: Callable[[], Undertaking]) -> Work:
        with telling_why():
            note_view(self._house.log, officer, kind, filters)
            return self._works.start(kind, officer.name, begin())

    def _source(self, fields: Iterable[str], officer: Officer) -> Source:
        house = self._house

        def record(statement: Statement) -> None:
            house.log.append(statement)

        return own_source(house.log_path, house.party, house.agreements(), tuple(fields), record, who(officer))

    def _export(
        self, days: tuple[date | None, date | None], fields: Iterable[str], officer: Officer, reason: str
    ) -> tuple[Scope, Iterable[bytes]]:
        house = self._house
        exported = Exported(
            house.party, house.log_path, house.signing, house.certified(), house.agreements, log=house.log
        )
        has = [one for one in fields if one == ALL or not unknown_fields(house.log_path, [one])]
        return export_log(exported, days, has, who(officer, reason))

    def _given(self, keys: Iterable[str]) -> Given:
        house = self._house
        try:
            own = [read_key(one) for one in keys if one.strip()]
            authority = read_authority(house.authority.read_bytes()) if house.authority else None
        except (TrustError, OSError) as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
        named = {one.name for one in own}
        certified = [VerifierKey(ledger_origin(uri), key) for uri, key in house.certified().items()]
        return Given.of([*own, *(one for one in (*certified, house.key) if one.name not in named)], authority)


def _people(text: str) -> Showing:
    try:
        return Showing(text or "none")
    except ValueError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "people: expected none, pseudonyms or names") from None


def _filters(**named: str) -> list[str]:
    return [f"{name}={value}" for name, value in named.items() if value]


def _finding(one: Finding) -> wire.AuditFinding:
    places = [wire.AuditPlace(party=party, entry=number) for party, number in one.entries]
    return wire.AuditFinding(kind=one.kind, severity=SEVERITY[one.kind], text=sentence_shown(one.text), places=places)
