"""The hits that were cleared: by whom, when, why, how often they have come again since; and taking a clearing back."""

from __future__ import annotations

from starlette.responses import Response

from console.routing import Page
from console.visit import Visit
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire


async def show(visit: Visit) -> Response:
    """Show the cleared hits."""
    return await _list(visit)


async def take_back(visit: Visit) -> Response:
    """Take a clearing back."""
    form = await visit.form()
    request = wire.TakeBackClearingRequest(reference=form.text("reference"), partner=form.text("partner"))
    try:
        await visit.desk.cases.take_back_clearing(request, visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.NO_SUCH_CASE:
            raise
        return await _list(visit, error)
    said = visit.say("It is not cleared any more: when it comes again, it opens a case.")
    return visit.redirect("/cases/cleared", said=said)


async def _list(visit: Visit, error: SymbolonError | None = None) -> Response:
    hits = (await visit.desk.cases.list_cleared(wire.ListClearedRequest(), visit.officer)).hits
    may_take_back = visit.officer.may("confirm")
    return visit.page("cleared.html", 404 if error else 200, hits=hits, error=error, may_take_back=may_take_back)


PAGES = (
    Page("/cases/cleared", show, "see_cases"),
    Page("/cases/cleared/take-back", take_back, "confirm", "POST"),
)
