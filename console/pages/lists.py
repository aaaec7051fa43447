"""The operator's pages about the agency's own list: import with progress, rows set aside, enrolment, single records."""

from __future__ import annotations

import json
import math

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.downloading import download_parts
from console.numbers import whole
from console.routing import LARGEST_FORM, Page
from console.uploading import HandedOver, take_form
from console.visit import Visit
from console.wording.texts import text
from node.operations.list_calls import LISTS
from node.records.row_files import format_of
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire

_KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_MOST_PAGES = 10_000


async def work(visit: Visit, error: SymbolonError | None = None) -> Response:
    """Show how far the work is, the form for the next list, and the last imports."""
    shown = await visit.desk.lists.show_work(wire.ShowWorkRequest(), visit.officer)
    found = shown.work if shown.HasField("work") else None
    return visit.page(
        "node/list.html",
        422 if error else 200,
        work=found,
        failed=_failed(found),
        imports=shown.imports,
        largest=LISTS.largest // (1024 * 1024),
        error=error,
    )


async def upload(visit: Visit) -> Response:
    """Take a list, and begin its import."""
    try:
        async with _handed_over(visit) as handed:
            form = await take_form(visit, handed.take, LISTS.largest)
            if not form.files.get("file") or "file" not in handed.names:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "choose a file with rows in it")
            request = wire.StartImportRequest(
                upload=handed.names["file"],
                row_format=form.text("row_format") or _guessed(form.files["file"]),
                whole_list=form.checked("whole_list"),
                enrol=form.checked("enrol"),
            )
            if removals := form.text("removals"):
                request.removals = _removals(removals)
            await visit.desk.lists.start_import(request, visit.officer)
    except SymbolonError as error:
        if error.code not in (ErrorCode.INVALID_INPUT, ErrorCode.BUSY):
            raise
        return await work(visit, error)
    return visit.redirect("/node/list", visit.say(text("The import has begun.")))


async def enrol(visit: Visit) -> Response:
    """Begin an enrolment."""
    await visit.form()
    try:
        await visit.desk.lists.start_enrolment(wire.StartEnrolmentRequest(), visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.BUSY:
            raise
        return await work(visit, error)
    return visit.redirect("/node/list", visit.say(text("The enrolment has begun.")))


async def cancel(visit: Visit) -> Response:
    """Stop what runs."""
    await visit.form()
    try:
        await visit.desk.lists.cancel_work(wire.CancelWorkRequest(), visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return await work(visit, error)
    return visit.redirect("/node/list", visit.say(text("It is stopped; what was done until then stays.")))


async def rejects(visit: Visit) -> Response:
    """Show rows that were set aside."""
    number = whole(visit.request.query_params.get("page", ""), _MOST_PAGES) or 0
    shown = await visit.desk.lists.show_rejects(
        wire.ShowRejectsRequest(run=_run(visit), skip=number * 100, most=100), visit.officer
    )
    return visit.page("node/rejects.html", shown=shown, run=_run(visit), number=number)


async def rows(visit: Visit) -> Response:
    """Give all rows that were set aside as a file, to mend and import."""
    request = wire.DownloadRejectsRequest(run=_run(visit))
    parts = visit.desk.lists.download_rejects(request, visit.officer, math.inf)
    first = await anext(parts)
    name = f"set-aside-{request.run}.{first.row_format}"
    return download_parts(visit, "operate", first, parts, name, _KINDS[first.row_format])


async def records(visit: Visit) -> Response:
    """Show the form for finding records."""
    return visit.page("node/records.html", found=None, sought="", error=None)


async def find(visit: Visit) -> Response:
    """Find records; whom one looks for stands in no address."""
    form = await visit.form()
    sought = form.text("sought")
    request = wire.FindRecordsRequest(text=sought, after=form.text("after"))
    try:
        found = await visit.desk.records.find_records(request, visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return visit.page("node/records.html", 422, found=None, sought=sought, error=error)
    return visit.page("node/records.html", found=found, sought=sought, error=None)


async def unfindable(visit: Visit) -> Response:
    """List the records that say too little to be found blind."""
    return await _unfindable(visit, "")


async def more_unfindable(visit: Visit) -> Response:
    """List those after one: its id is nothing for an address."""
    return await _unfindable(visit, (await visit.form()).text("after"))


async def _unfindable(visit: Visit, after: str) -> Response:
    request = wire.FindRecordsRequest(unfindable=True, after=after)
    found = await visit.desk.records.find_records(request, visit.officer)
    return visit.page("node/unfindable.html", found=found)


async def doubtful(visit: Visit) -> Response:
    """List the records with a value that cannot be meant."""
    return await _doubtful(visit, "")


async def more_doubtful(visit: Visit) -> Response:
    """List those after one."""
    return await _doubtful(visit, (await visit.form()).text("after"))


async def _doubtful(visit: Visit, after: str) -> Response:
    request = wire.FindRecordsRequest(doubtful=True, after=after)
    found = await visit.desk.records.find_records(request, visit.officer)
    return visit.page("node/doubtful.html", found=found)


async def record(visit: Visit) -> Response:
    """Show one record with the rules on it."""
    form = await visit.form()
    shown = await visit.desk.records.show_record(
        wire.ShowRecordRequest(record_id=form.text("record_id")), visit.officer
    )
    row, rules = json.loads(shown.row_json), json.loads(shown.rules_json)
    row.pop("rules", None)  # they stand below, with what the node says
    return visit.page("node/record.html", shown=shown, row=row, rules=rules)


async def act_on_record(visit: Visit) -> Response:
    """Remove a record, or let the next import bring it back."""
    form = await visit.form()
    act = form.text("act")
    if act == "remove" and not form.checked("sure"):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "tick that the record is to be removed")
    request = wire.ActOnRecordRequest(record_id=form.text("record_id"), act=act)
    await visit.desk.records.act_on_record(request, visit.officer)
    told = text("The record is removed.") if act == "remove" else text("The next import that lists it brings it back.")
    return visit.redirect("/node/records", visit.say(told))


def _handed_over(visit: Visit) -> HandedOver:
    lists, officer = visit.desk.lists, visit.officer

    async def add(upload: str, offset: int, part: bytes) -> tuple[str, int]:
        told = await lists.add_to_upload(wire.AddToUploadRequest(upload=upload, offset=offset, content=part), officer)
        return told.upload, told.bytes

    async def drop(upload: str) -> None:
        await lists.drop_upload(wire.DropUploadRequest(upload=upload), officer)

    return HandedOver(("file",), add, drop)


def _failed(work: wire.Work | None) -> SymbolonError | None:
    """Give the error that work failed with, with its way out."""
    if work is None or not work.error:
        return None
    code = next((one for one in ErrorCode if one.code == work.error), ErrorCode.INTERNAL)
    return SymbolonError(code, "" if code is ErrorCode.INTERNAL else work.detail)


def _guessed(file_name: str) -> str:
    """Tell the format by the end of the file's name, of which nothing else is kept."""
    found = format_of(file_name)
    if found is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "say whether the file is JSON lines or CSV")
    return found


def _removals(value: str) -> int:
    if (number := whole(value)) is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "records to remove: expected a number")
    return number


def _run(visit: Visit) -> int:
    if (number := whole(visit.part("run"))) is None:
        raise HTTPException(404)
    return number


PAGES = (
    Page("/node/list", work, "operate"),
    Page("/node/list", upload, "operate", "POST", LARGEST_FORM + LISTS.largest),
    Page("/node/enrol", enrol, "operate", "POST"),
    Page("/node/cancel", cancel, "operate", "POST"),
    Page("/node/rejects/{run}", rejects, "operate"),
    Page("/node/rejects/{run}/rows", rows, "operate"),
    Page("/node/unfindable", unfindable, "operate"),
    Page("/node/unfindable", more_unfindable, "operate", "POST"),
    Page("/node/doubtful", doubtful, "operate"),
    Page("/node/doubtful", more_doubtful, "operate", "POST"),
    Page("/node/records", records, "operate"),
    Page("/node/records", find, "operate", "POST"),
    Page("/node/records/show", record, "operate", "POST"),
    Page("/node/records/act", act_on_record, "operate", "POST"),
)
