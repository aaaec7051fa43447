"""The pages about agreements: where each stands, its text, and who will really receive what under it."""

from __future__ import annotations

from starlette.responses import Response

from console.routing import Page
from console.visit import Visit
from console.wording.rules import RULES
from console.wording.texts import text
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire


async def agreements(visit: Visit) -> Response:
    """List the agreements."""
    shown = await visit.desk.agreements.list_agreements(wire.ListAgreementsRequest(), visit.officer)
    return visit.page("agreements/list.html", shown=shown)


async def agreement(visit: Visit, error: SymbolonError | None = None, given: tuple[str, str] = ("", "")) -> Response:
    """Show one agreement."""
    request = wire.ShowAgreementRequest(hash=visit.part("hash"))
    shown = await visit.desk.agreements.show_agreement(request, visit.officer)
    return visit.page("agreements/one.html", 422 if error else 200, shown=shown, rules=RULES, error=error, given=given)


async def document(visit: Visit) -> Response:
    """Give what is signed as a file."""
    request = wire.ShowAgreementRequest(hash=visit.part("hash"))
    shown = await visit.desk.agreements.show_agreement(request, visit.officer)
    return visit.file(shown.document, f"{shown.listed.id}-{shown.listed.version}.json", "application/json")


async def declare(visit: Visit) -> Response:
    """Suspend, resume or end an agreement."""
    form = await visit.form()
    request = wire.DeclareOnAgreementRequest(
        hash=visit.part("hash"), act=form.text("act"), reason=form.text("reason"), last_day=form.text("last_day")
    )
    try:
        if not form.checked("sure"):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "tick that this agency is to say so to all parties")
        await visit.desk.agreements.declare_on_agreement(request, visit.officer)
    except SymbolonError as error:
        if error.code not in (ErrorCode.INVALID_INPUT, ErrorCode.DECLARATION_REFUSED):
            raise
        return await agreement(visit, error, (request.reason, request.last_day))
    told = text("It counts here from now on, and the other parties are told by mail.")
    return visit.redirect(f"/agreements/{request.hash}", visit.say(told))


PAGES = (
    Page("/agreements", agreements, "read_agreements"),
    Page("/agreements/{hash}", agreement, "read_agreements"),
    Page("/agreements/{hash}/document", document, "read_agreements"),
    Page("/agreements/{hash}", declare, "operate", "POST"),
)
