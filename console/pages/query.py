"""Putting a query: the form, the live hint of what it lacks, the pasted zone of a document, and sending."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, get_args

from starlette.responses import HTMLResponse, Response

from agreements.codes import Known, Nature, Offence, PersonRole
from console.query_form import (
    Values,
    at_fields,
    check_read,
    describes_somebody,
    empty,
    in_case,
    of_request,
    request_of,
    typed,
    unread,
    with_row,
    with_subject,
)
from console.routing import Page
from console.running import RunningQuery
from console.visit import Visit
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2
from symbolon.v1.investigations_pb2 import Investigation, ListInvestigationsRequest, ShowInvestigationRequest

SENT_SECONDS = 10.0
"""Seconds to wait whether a query can be sent at all, before its own page is shown."""

LONGEST_SECONDS = 112.0
"""Seconds a query may take in all; the node's setting ends it before."""

LISTS: dict[str, Any] = {
    "offences": get_args(Offence),
    "natures": get_args(Nature),
    "person_roles": get_args(PersonRole),
    "known": get_args(Known),
    "genders": ("M", "F", "X"),
    "document_kinds": ("passport", "national_id", "driver_licence", "permit", "tax_id", "other"),
}


async def listed(visit: Visit) -> Response:
    """List the officer's queries that are under way or lately over."""
    return visit.page("query/list.html", queries=visit.place.queries.of(visit.officer.name))


async def new(visit: Visit) -> Response:
    """Show the form, empty."""
    return await _shown(visit, empty(), judged=False)


async def act(visit: Visit) -> Response:
    """Do what the button pressed says: look what is missing, read a zone, add a row, or send."""
    form = await visit.form()
    values, do = typed(form), form.text("do")
    if do == "mrz" or (do == "send" and values["mrz"]):  # what a zone says is seen in the form before it is asked
        return await _zone_read(visit, values)
    match do:
        case "row":
            return await _shown(visit, with_row(values), judged=False)
        case "send":
            return await _sent(visit, values)
        case "fill":
            return await _filled(visit, values)
        case "again":
            return await _changed(visit, form.text("query"))
        case _:
            return await _shown(visit, values)


async def hint(visit: Visit) -> Response:
    """Give the part of the page that says what the draft lacks, for the script that puts it in."""
    values = typed(await visit.form())
    try:
        told = await _hint(visit, values)
    except SymbolonError as error:
        return HTMLResponse(visit.render("query/no_hint.html", error=error))
    return HTMLResponse(visit.render("query/hint.html", hint=told))


async def _hint(visit: Visit, values: Values) -> desk_pb2.HintResponse:
    """Say what a draft lacks; what was typed and is no number is not missing, but wrong."""
    told = await visit.desk.queries.hint(desk_pb2.HintRequest(draft=request_of(values)), visit.officer)
    wrong = unread(values)
    for one in told.problems:
        one.reason = wrong.get(one.field, one.reason)
    return told


async def _shown(
    visit: Visit,
    values: Values,
    *,
    judged: bool = True,
    error: SymbolonError | None = None,
    zone: desk_pb2.ReadMrzResponse | None = None,
    mixed: bool = False,
) -> Response:
    """Show the form; ``judged``: with what is wrong at each field, ``mixed``: the zone says other than was typed."""
    told: desk_pb2.HintResponse | None = None
    try:
        told = await _hint(visit, values)
    except SymbolonError as problem:
        error = error or problem
    problems = at_fields(values, told.problems if told and judged else ())
    status = 422 if error is not None else 200
    return visit.page(
        "query/new.html",
        status,
        values=values,
        hint=told,
        problems=problems,
        judged=judged,
        error=error,
        zone=zone,
        mixed=mixed,
        lists=LISTS,
        purposes=told.purposes if told else (),
        reach=told.reach if told else (),
        saved=await _saved(visit),
    )


async def _saved(visit: Visit) -> Sequence[Investigation]:
    listed = await visit.desk.investigations.list_investigations(ListInvestigationsRequest(), visit.officer)
    return listed.investigations


async def _zone_read(visit: Visit, values: Values) -> Response:
    try:
        zone = await visit.desk.queries.read_mrz(desk_pb2.ReadMrzRequest(text=values["mrz"]), visit.officer)
    except SymbolonError as error:
        return await _shown(visit, values, judged=False, error=error)
    mixed = False
    if all(one.right for one in zone.checks):
        read, before = json.loads(zone.subject_json), values | {"mrz": ""}
        values = with_subject(before, read)
        is_another = values != before or read.get("gender", "") not in ("", before["gender"])
        mixed = describes_somebody(before) and is_another
    return await _shown(visit, values, judged=False, zone=zone, mixed=mixed)


async def _filled(visit: Visit, values: Values) -> Response:
    """Take what the saved case chosen states into the form."""
    if not values["investigation"]:
        return await _shown(visit, values, judged=False)
    asked = ShowInvestigationRequest(name=values["investigation"])
    found = await visit.desk.investigations.show_investigation(asked, visit.officer)
    return await _shown(visit, in_case(values, found.investigation), judged=False)


async def in_saved_case(visit: Visit) -> Response:
    """Show the form in a saved case."""
    return await _filled(visit, empty() | {"investigation": visit.part("name")})


async def _changed(visit: Visit, name: str) -> Response:
    """Show the form as a query was put, to change it."""
    query = visit.place.queries.find(name, visit.officer.name)
    if query is None:
        raise SymbolonError(ErrorCode.NOT_FOUND)
    return await _shown(visit, of_request(query.request))


async def _sent(visit: Visit, values: Values) -> Response:
    try:
        check_read(values)
        query = await put(visit, request_of(values))
    except SymbolonError as error:
        return await _shown(visit, values, error=error)
    return visit.redirect(f"/queries/{query.name}")


async def put(visit: Visit, request: desk_pb2.QueryRequest) -> RunningQuery:
    """Put a query and give it once it runs; raise `SymbolonError` where it cannot be put, and nothing was sent."""
    desk = visit.desk.queries
    reach = (await desk.hint(desk_pb2.HintRequest(draft=request), visit.officer)).reach
    query = RunningQuery(visit.officer.name, request, list(reach))
    visit.place.queries.start(query, desk.query(request, visit.officer, time.monotonic() + LONGEST_SECONDS))
    await query.sent(SENT_SECONDS)
    if query.state == "failed" and not query.is_sent and query.error is not None:
        visit.place.queries.forget(query.name)
        raise query.error
    return query


PAGES = (
    Page("/queries", listed, "query"),
    Page("/queries/new", new, "query"),
    Page("/queries/new", act, "query", "POST"),
    Page("/queries/hint", hint, "query", "POST"),
    Page("/investigations/{name}/query", in_saved_case, "query"),
)
