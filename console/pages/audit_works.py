"""What auditors have worked out: the check of the whole log, comparisons, reports, statistics, exports.

Each form begins a work and leads to its page, which shows how far it is and then what came of it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_args
from xml.etree import ElementTree

from markupsafe import Markup
from starlette.responses import Response

from agreements.codes import Purpose
from auditing.charts import draw_bars
from auditing.tables import Bars, Cell, Column, Table
from console.downloading import download_parts
from console.events import word
from console.languages import Language
from console.routing import LARGEST_FORM, Page
from console.uploading import HandedOver, UploadForm, take_form
from console.visit import Form, Visit
from console.wording.audit_texts import TABLE_TEXTS
from console.wording.log_words import LOG_WORDS
from console.wording.said import worded
from console.wording.texts import text
from node.auditing.work_calls import EXPORTS
from symbolon.rpc.errors import SymbolonError
from symbolon.v1 import audit_pb2 as wire

_FORMS = {
    "verification": "audit/verification.html",
    "reconciliation": "audit/reconciliation.html",
    "report": "audit/report.html",
    "statistics": "audit/statistics.html",
    "export": "audit/export.html",
}

PERSONAL = (
    "user", "officer", "partner_officer", "responsible", "reason", "words", "facts", "result", "decision",
    "legal_basis", "case_reference", "justification", "reference", "references", "record_id", "hits", "subject.names",
    "subject.names_original", "subject.aliases", "subject.dob", "subject.pob", "subject.nationality", "subject.gender",
    "subject.documents", "subject.phones", "subject.category", "subject", "cleared", "request", "value",
)  # fmt: skip
"""Personal fields that entries commit to, to choose from for an export; of each a log may have entries or none."""

_FILES = ("first", "second", "hub")
_Begin = Callable[[Visit, Form], Awaitable[str]]


async def works(visit: Visit) -> Response:
    """List what was begun, and what can be."""
    found = await visit.desk.audit_works.list_audit_works(wire.ListAuditWorksRequest(), visit.officer)
    return visit.page("audit/works.html", works=found.works)


async def work(visit: Visit) -> Response:
    """Show how far a work is, or what came of it."""
    request = wire.ShowAuditWorkRequest(work=visit.part("work"))
    shown = await visit.desk.audit_works.show_audit_work(request, visit.officer)
    tables = [_table(one, visit.language) for one in shown.tables]
    grave = ("serious", "duty", "remark")
    findings = sorted(shown.findings, key=lambda one: grave.index(one.severity))
    return visit.page("audit/work.html", shown=shown, tables=tables, findings=findings)


async def download(visit: Visit) -> Response:
    """Give a file that came of a work."""
    request = wire.DownloadAuditFileRequest(work=visit.part("work"), file=visit.part("file"))
    parts = visit.desk.audit_works.download_audit_file(request, visit.officer, math.inf)
    first = await anext(parts, wire.DownloadAuditFileResponse())
    return download_parts(visit, "audit", first, parts, request.file, "application/octet-stream")


async def _verification(visit: Visit, _: Form) -> str:
    return (await visit.desk.audit_works.verify_log(wire.VerifyLogRequest(), visit.officer)).work


async def reconcile(visit: Visit) -> Response:
    """Take the exports as they come, and begin to compare them."""
    form = UploadForm()
    try:
        async with _handed_over(visit) as handed:
            form = await take_form(visit, handed.take, EXPORTS.largest)
            request = wire.StartReconciliationRequest(
                uploads=[handed.names[field] for field in _FILES if field in handed.names],
                own=form.checked("own"),
                own_since=form.text("since"),
                own_until=form.text("until"),
                keys=form.text("keys").split(),
                open=form.texts("open"),
            )
            begun = await visit.desk.audit_works.start_reconciliation(request, visit.officer)
    except SymbolonError as error:
        return _asked(visit, "reconciliation", form.values() or {"own": []}, error)
    return visit.redirect(f"/audit/works/{begun.work}")


def _handed_over(visit: Visit) -> HandedOver:
    works, officer = visit.desk.audit_works, visit.officer

    async def add(upload: str, offset: int, part: bytes) -> tuple[str, int]:
        told = await works.upload_part(wire.UploadPartRequest(upload=upload, offset=offset, content=part), officer)
        return told.upload, told.bytes

    async def drop(upload: str) -> None:
        await works.drop_audit_upload(wire.DropAuditUploadRequest(upload=upload), officer)

    return HandedOver(_FILES, add, drop)


async def _report(visit: Visit, form: Form) -> str:
    request = wire.StartReportRequest(
        since=form.text("since"),
        until=form.text("until"),
        partner=form.text("partner"),
        purpose=form.text("purpose"),
        people=form.text("people"),
    )
    return (await visit.desk.audit_works.start_report(request, visit.officer)).work


async def _statistics(visit: Visit, form: Form) -> str:
    request = wire.StartStatisticsRequest(by=form.text("by"), since=form.text("since"), until=form.text("until"))
    return (await visit.desk.audit_works.start_statistics(request, visit.officer)).work


async def _export(visit: Visit, form: Form) -> str:
    request = wire.StartExportRequest(
        since=form.text("since"), until=form.text("until"), open=form.texts("open"), reason=form.text("reason")
    )
    return (await visit.desk.audit_works.start_export(request, visit.officer)).work


def _form(kind: str) -> Callable[[Visit], Awaitable[Response]]:
    async def shown(visit: Visit) -> Response:
        """Ask for what is needed."""
        return _asked(visit, kind, {})

    return shown


def _start(kind: str, begin: _Begin) -> Callable[[Visit], Awaitable[Response]]:
    async def started(visit: Visit) -> Response:
        """Begin, and go to the work."""
        form = await visit.form()
        try:
            name = await begin(visit, form)
        except SymbolonError as error:
            return _asked(visit, kind, form.values(), error)
        return visit.redirect(f"/audit/works/{name}")

    return started


def _asked(visit: Visit, kind: str, values: Mapping[str, list[str]], error: SymbolonError | None = None) -> Response:
    """Give the form of a work, with what was typed; ``values`` are empty before."""
    return visit.page(
        _FORMS[kind],
        422 if error else 200,
        typed=_typed(values),
        opened=values.get("open", ()),
        fresh=not values,
        error=error,
        purposes=get_args(Purpose),
        personal=PERSONAL,
    )


def _typed(values: Mapping[str, list[str]]) -> Mapping[str, str]:
    """Give what was typed, for showing the form again: of a field that was not, nothing."""
    return defaultdict(str, {name: given[0] for name, given in values.items() if given})


def _table(one: wire.AuditTable, language: Language) -> dict[str, Any]:
    """Give a table as the template takes it, in words of the language, with its chart."""
    columns = tuple(Column(name, language.say(title)) for name, title in zip(one.columns, one.titles, strict=True))
    rows = tuple(
        tuple(_written(name, cell, language) for name, cell in zip(one.columns, row.cells, strict=True))
        for row in one.rows
    )
    bars = Bars(one.bars, tuple(one.labels)) if one.bars else None
    table = Table(one.name, language.say(one.title), worded(one.about, language), columns, rows, bars)
    numeric = [bool(rows) and all(not isinstance(row[place], str) for row in rows) for place in range(len(columns))]
    return {"table": table, "numeric": numeric, "chart": _chart(table, bars, language) if bars and rows else ""}


def _written(column: str, shown: wire.AuditCell, language: Language) -> Cell:
    """Write a code by its word and a sentence translated; names and all else stand as they are."""
    kind = shown.WhichOneof("value")
    if kind == "sentence":
        return worded(shown.sentence, language)
    cell: Cell = getattr(shown, kind) if kind else None
    if not isinstance(cell, str) or not cell:
        return cell
    is_code = column in ("direction", "purpose", "event", "reason", "outcome")
    if cell in TABLE_TEXTS and not (is_code and cell in LOG_WORDS):
        return language.say(cell)
    if column == "fields":
        return language.list([word(one, language) for one in cell.split()], "and")
    if column == "what":  # an event, and of a call its method
        event, blank, method = cell.partition(" ")
        return f"{word(event, language)}{blank}{method}"
    return word(cell, language) if is_code else cell


def _chart(table: Table, bars: Bars, language: Language) -> Markup:
    drawing = draw_bars(
        table, bars, lambda count: language.say(text("and %(n)s smaller, in the table")) % {"n": language.number(count)}
    )
    drawing.set("class", "chart")
    return Markup(ElementTree.tostring(drawing, encoding="unicode"))  # noqa: S704  # ElementTree escapes each text


PAGES = (
    Page("/audit/works", works, "audit"),
    Page("/audit/works/{work}", work, "audit"),
    Page("/audit/works/{work}/files/{file}", download, "audit"),
    *(Page(f"/audit/{kind}", _form(kind), "audit") for kind in _FORMS),
    Page("/audit/verification", _start("verification", _verification), "audit", "POST"),
    Page("/audit/reconciliation", reconcile, "audit", "POST", LARGEST_FORM + len(_FILES) * EXPORTS.largest),
    Page("/audit/report", _start("report", _report), "audit", "POST"),
    Page("/audit/statistics", _start("statistics", _statistics), "audit", "POST"),
    Page("/audit/export", _start("export", _export), "audit", "POST"),
)
