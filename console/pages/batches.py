"""Lists: hand one over, see what it is before anybody is asked, watch it, read and keep what came of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.numbers import whole
from console.pages.query import LISTS
from console.pages.query_answers import ALIVE, ALIVE_SECONDS
from console.query_form import Values, empty, request_of, typed
from console.routing import LARGEST_FORM, Page
from console.visit import Form, Visit
from node.batches.reading import MOST_BYTES, TOO_LARGE
from node.batches.results import results_csv, row_json
from node.batches.states import ASIDE, OPEN
from node.officers.register import Officer
from node.records.row_files import format_of
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import batches_pb2 as wire
from symbolon.v1.desk_pb2 import HintRequest

LOOK_SECONDS = 1.0
"""Seconds from one look at how far a batch is to the next."""

LONGEST_WATCH = 600.0
"""Seconds after which a page is told nothing more; whoever still looks asks for the page anew."""

ROWS_SHOWN = 50
_ASIDE_SHOWN = 200
_PAGE_ROWS = 1000
_TOO_LARGE = 413


async def batches(visit: Visit) -> Response:
    """List the batches the officer may see."""
    found = await visit.desk.batches.list_batches(wire.ListBatchesRequest(), visit.officer)
    return visit.page("batches/list.html", batches=[_standing(one) for one in found.batches])


async def new(visit: Visit) -> Response:
    """Show the form for a list."""
    return await _form(visit, empty())


async def prepare(visit: Visit) -> Response:
    """Read a list, and show what it is."""
    try:
        form = await visit.form()
    except HTTPException as error:
        if error.status_code != _TOO_LARGE:
            raise
        return await _form(visit, empty(), SymbolonError(ErrorCode.INVALID_INPUT, TOO_LARGE), _TOO_LARGE)
    try:
        request = await _request(form)
        answer = await visit.desk.batches.prepare_batch(request, visit.officer)
    except SymbolonError as error:
        if error.code in (ErrorCode.ROLE_MISSING, ErrorCode.LOG_NOT_WRITABLE):
            raise
        return await _form(visit, typed(form), error)
    return visit.redirect(f"/batches/{answer.batch.reference}")


async def _form(visit: Visit, values: Values, error: SymbolonError | None = None, status: int = 422) -> Response:
    """Show the form: the purposes that an agreement allows, and the agencies there are, as for a single query."""
    told = await visit.desk.queries.hint(HintRequest(), visit.officer)
    return visit.page(
        "batches/new.html",
        status if error else 200,
        values=values,
        error=error,
        problems={},
        lists=LISTS,
        purposes=told.purposes,
        reach=told.reach,
        most_bytes=MOST_BYTES,
        most_rows=visit.desk.batches.most_rows,
    )


async def show(visit: Visit) -> Response:
    """Show a batch: before it starts what it is, then how far it is."""
    batch = (await visit.desk.batches.show_batch(_named(visit), visit.officer)).batch
    aside: list[wire.BatchRow] = []
    if visit.officer.may("handle_batches") and batch.state == "prepared":
        request = wire.BatchResultsRequest(reference=batch.reference, states=ASIDE, most=_ASIDE_SHOWN)
        aside = list((await visit.desk.batches.batch_results(request, visit.officer)).rows)
    return visit.page(
        "batches/prepared.html" if batch.state == "prepared" else "batches/show.html",
        aside=aside,
        is_owner=batch.owner == visit.officer.name and visit.officer.may("query"),
        may_handle=visit.officer.may("handle_batches"),
        **_standing(batch),
    )


async def start(visit: Visit) -> Response:
    """Begin to ask, or go on."""
    form = await visit.form()
    request = wire.StartBatchRequest(reference=visit.part("reference"), ask_unknown=form.checked("ask_unknown"))
    await visit.desk.batches.start_batch(request, visit.officer)
    return visit.redirect(f"/batches/{visit.part('reference')}")


async def cancel(visit: Visit) -> Response:
    """Ask no further."""
    await visit.form()
    await visit.desk.batches.cancel_batch(wire.CancelBatchRequest(reference=visit.part("reference")), visit.officer)
    said = visit.say("The list is asked no further. Persons who were not asked about are erased.")
    return visit.redirect(f"/batches/{visit.part('reference')}", said=said)


async def delete(visit: Visit) -> Response:
    """Erase a batch with its results."""
    await visit.form()
    await visit.desk.batches.delete_batch(wire.DeleteBatchRequest(reference=visit.part("reference")), visit.officer)
    return visit.redirect("/batches", said=visit.say("The list and its results are erased."))


async def progress(visit: Visit) -> Response:
    """Tell the page how far the batch is, as server-sent events with the same words as the page."""
    await visit.desk.batches.show_batch(_named(visit), visit.officer)
    return visit.stream(_events(visit), "text/event-stream")


async def results(visit: Visit) -> Response:
    """Show what came of the rows, a page at a time."""
    asked = visit.request.query_params
    state = asked.get("state", "")
    after = whole(asked.get("after", "")) or 0
    request = wire.BatchResultsRequest(
        reference=visit.part("reference"),
        states=[state] if state else [],
        after=after,
        most=ROWS_SHOWN,
    )
    found = await visit.desk.batches.batch_results(request, visit.officer)
    batch = (await visit.desk.batches.show_batch(_named(visit), visit.officer)).batch
    rows = [row_json(row) for row in found.rows]
    return visit.page("batches/results.html", rows=rows, chosen=state, next=found.next, after=after, **_standing(batch))


async def results_as_csv(visit: Visit) -> Response:
    """Give all results as a file for a spreadsheet."""
    rows = await _all_rows(visit)
    # The mark tells spreadsheets that it is UTF-8.
    return visit.file(results_csv(rows).encode("utf-8-sig"), _file_name(visit, "csv"), "text/csv; charset=utf-8")


async def results_as_json(visit: Visit) -> Response:
    """Give all results as JSON."""
    rows = [row_json(row) for row in await _all_rows(visit)]
    content = json.dumps({"batch": visit.part("reference"), "rows": rows}, ensure_ascii=False, indent=1)
    return visit.file(content.encode(), _file_name(visit, "json"), "application/json")


async def _all_rows(visit: Visit) -> list[wire.BatchRow]:
    rows: list[wire.BatchRow] = []
    after = 0
    while True:
        request = wire.BatchResultsRequest(reference=visit.part("reference"), after=after, most=_PAGE_ROWS)
        page = await visit.desk.batches.batch_results(request, visit.officer)
        rows += page.rows
        after = page.next
        if not after:
            return rows


async def _events(visit: Visit) -> AsyncIterator[str]:
    apart = replace(visit, session=None)  # what is to be told once is told on a page
    until, before, said = time.monotonic() + LONGEST_WATCH, "", time.monotonic()
    while time.monotonic() < until and visit.still_may("see_batches"):
        officer = Officer(visit.officer.name, visit.desk.officers.roles_of(visit.officer.name))
        try:
            batch = (await visit.desk.batches.show_batch(_named(visit), officer)).batch
        except SymbolonError:  # erased meanwhile, or shown to this officer no longer
            break
        if batch.state != "running":
            break
        shown = apart.render("batches/progress.html", **_standing(batch))
        if shown != before:
            before, said = shown, time.monotonic()
            yield "".join(f"data: {line}\n" for line in shown.splitlines()) + "\n"
        elif time.monotonic() - said >= ALIVE_SECONDS:
            said = time.monotonic()
            yield ALIVE
        await asyncio.sleep(LOOK_SECONDS)
    yield "event: over\ndata: over\n\n"


def _named(visit: Visit) -> wire.ShowBatchRequest:
    return wire.ShowBatchRequest(reference=visit.part("reference"))


def _file_name(visit: Visit, kind: str) -> str:
    return f"list-{visit.part('reference')}.{kind}"


def _standing(batch: wire.Batch) -> Mapping[str, Any]:
    """Give a batch with the sums that pages show."""
    counts = dict(batch.counts)
    aside = sum(counts.get(state, 0) for state in ASIDE)
    to_ask = batch.rows - aside
    open_ones = sum(counts.get(state, 0) for state in OPEN)
    left = [min(one.left_today, one.left_in_case) for one in batch.partners if not one.explanation]
    return {
        "batch": batch,
        "counts": counts,
        "set_aside": aside,
        "to_ask": to_ask,
        "done": to_ask - open_ones,
        "waits": open_ones,
        "too_long_for_today": bool(left) and min(left) < open_ones,
    }


async def _request(form: Form) -> wire.PrepareBatchRequest:
    upload = form.upload("list")
    if upload is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "list: choose a file")
    content = await upload.read(MOST_BYTES + 1)
    is_lines = format_of(upload.filename or "") == "jsonl"
    query = request_of(typed(form))
    query.ClearField("subject_json")
    return wire.PrepareBatchRequest(
        query=query, list=[content], format=wire.LIST_FORMAT_JSONL if is_lines else wire.LIST_FORMAT_CSV
    )


PAGES = (
    Page("/batches", batches, "see_batches"),
    Page("/batches/new", new, "query"),
    Page("/batches/new", prepare, "query", "POST", LARGEST_FORM + MOST_BYTES),
    Page("/batches/{reference}", show, "see_batches"),
    Page("/batches/{reference}/progress", progress, "see_batches"),
    Page("/batches/{reference}/results", results, "handle_batches"),
    Page("/batches/{reference}/results.csv", results_as_csv, "handle_batches"),
    Page("/batches/{reference}/results.json", results_as_json, "handle_batches"),
    Page("/batches/{reference}/start", start, "query", "POST"),
    Page("/batches/{reference}/cancel", cancel, "handle_batches", "POST"),
    Page("/batches/{reference}/delete", delete, "handle_batches", "POST"),
)
