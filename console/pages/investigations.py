"""Saved cases: what each query in one states, written once; and what came of it, hits and all."""

from __future__ import annotations

from starlette.responses import Response

from console.pages.query import LISTS
from console.query_form import Values, case_of, check_read, empty, in_case, typed, unread
from console.routing import Page
from console.visit import Visit
from symbolon.rpc.errors import SymbolonError
from symbolon.v1 import cases_pb2, desk_pb2
from symbolon.v1 import investigations_pb2 as wire

_LATEST = 2**40
"""Unix seconds of the latest change that is read from a form."""


async def listed(visit: Visit) -> Response:
    """List the cases."""
    asked = wire.ListInvestigationsRequest(closed_too=True)
    found = (await visit.desk.investigations.list_investigations(asked, visit.officer)).investigations
    return visit.page("investigations/list.html", investigations=sorted(found, key=lambda one: bool(one.closed_at)))


async def new(visit: Visit) -> Response:
    """Show the form of a new case."""
    return await _form(visit, empty(), "")


async def edit(visit: Visit) -> Response:
    """Show the form of a case, to change it."""
    found = await _found(visit)
    return await _form(visit, in_case(empty(), found), found.name, found.changed_at)


async def save(visit: Visit) -> Response:
    """Open a case, or change one."""
    form = await visit.form()
    values, name, changed_at = typed(form), form.text("name"), form.number("changed_at", _LATEST) or 0
    try:
        check_read(values)
        request = wire.SaveInvestigationRequest(investigation=case_of(values, name))
        request.investigation.changed_at = changed_at
        saved = await visit.desk.investigations.save_investigation(request, visit.officer)
    except SymbolonError as error:
        return await _form(visit, values, name, changed_at, error)
    return visit.redirect(f"/investigations/{saved.investigation.name}", said=visit.say("The case is saved."))


async def show(visit: Visit) -> Response:
    """Show a case with its hits, and the officer's own queries in it of the last half hour."""
    found = await _found(visit)
    asked = cases_pb2.ListCasesRequest(over_too=True, case_reference=found.case_reference)
    hits = (await visit.desk.cases.list_cases(asked, visit.officer)).cases
    own = [
        one
        for one in visit.place.queries.of(visit.officer.name)
        if one.request.case_reference.strip() == found.case_reference
    ]
    may_query = visit.officer.may("query")
    return visit.page("investigations/show.html", one=found, hits=hits, queries=own, may_query=may_query)


async def close(visit: Visit) -> Response:
    """Close a case."""
    await visit.form()
    request = wire.CloseInvestigationRequest(name=visit.part("name"))
    await visit.desk.investigations.close_investigation(request, visit.officer)
    return visit.redirect("/investigations", said=visit.say("The case is closed."))


async def _found(visit: Visit) -> wire.Investigation:
    request = wire.ShowInvestigationRequest(name=visit.part("name"))
    return (await visit.desk.investigations.show_investigation(request, visit.officer)).investigation


async def _form(
    visit: Visit, values: Values, name: str, changed_at: int = 0, error: SymbolonError | None = None
) -> Response:
    hint = await visit.desk.queries.hint(desk_pb2.HintRequest(), visit.officer)
    return visit.page(
        "investigations/form.html",
        422 if error else 200,
        values=values,
        name=name,
        changed_at=changed_at,
        error=error,
        problems=unread(values),
        purposes=sorted({*hint.purposes, *filter(None, [values["purpose"]])}),
        lists=LISTS,
    )


PAGES = (
    Page("/investigations", listed, "see_cases"),
    Page("/investigations/new", new, "query"),
    Page("/investigations/new", save, "query", "POST"),
    Page("/investigations/{name}", show, "see_cases"),
    Page("/investigations/{name}/edit", edit, "query"),
    Page("/investigations/{name}/close", close, "query", "POST"),
)
