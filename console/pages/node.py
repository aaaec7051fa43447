"""The operator's pages about the node: its state, the partners, the mail, the quotas."""

from __future__ import annotations

from starlette.responses import Response

from console.numbers import whole
from console.routing import Page
from console.visit import Visit
from console.wording.texts import text
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire


async def state(visit: Visit) -> Response:
    """Show the state of the node, its troubles first."""
    shown = await visit.desk.node.show_node(wire.ShowNodeRequest(), visit.officer)
    return visit.page("node/state.html", shown=shown)


async def partners(visit: Visit, error: SymbolonError | None = None, reason: str = "") -> Response:
    """Show the members as pinned, and what waits for a person."""
    shown = await visit.desk.node.list_peers(wire.ListPeersRequest(), visit.officer)
    return visit.page("node/partners.html", 422 if error else 200, shown=shown, error=error, reason=reason)


async def decide(visit: Visit) -> Response:
    """Let entries of the directory count, or settle a dispute."""
    form = await visit.form()
    request = wire.DecideOnDirectoryRequest(reason=form.text("reason"))
    try:
        if not form.checked("compared"):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "say that you compared it with the other side")
        setattr(request, _one_of(form.text("decision"), "accept", "settle"), _number(form.text("number")))
        await visit.desk.node.decide_on_directory(request, visit.officer)
    except SymbolonError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return await partners(visit, error, request.reason)
    return visit.redirect("/node/partners", visit.say(text("It is decided, and counts from the next refresh on.")))


async def mail(visit: Visit) -> Response:
    """Show the mail that waits, and the messages that could not be handled."""
    shown = await visit.desk.node.list_mail(wire.ListMailRequest(), visit.officer)
    return visit.page("node/mail.html", shown=shown)


async def act_on_mail(visit: Visit) -> Response:
    """Retry or erase a message."""
    form = await visit.form()
    act = _one_of(form.text("act"), "retry", "erase")
    if act == "erase" and not form.checked("sure"):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "tick that the message is to be erased for good")
    request = wire.ActOnMailRequest(number=_number(form.text("number")), act=act)
    await visit.desk.node.act_on_mail(request, visit.officer)
    told = text("The message is handled once more at the next tick.") if act == "retry" else text("It is erased.")
    return visit.redirect("/node/mail", visit.say(told))


async def quotas(visit: Visit) -> Response:
    """Show what of each agreement's quotas is used."""
    shown = await visit.desk.node.list_quotas(wire.ListQuotasRequest(), visit.officer)
    return visit.page("node/quotas.html", shown=shown)


def _one_of(value: str, *allowed: str) -> str:
    if value not in allowed:
        raise SymbolonError(ErrorCode.INVALID_INPUT)
    return value


def _number(value: str) -> int:
    if (number := whole(value, 2**63 - 1)) is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT)
    return number


PAGES = (
    Page("/node", state, "operate"),
    Page("/node/partners", partners, "operate"),
    Page("/node/partners", decide, "operate", "POST"),
    Page("/node/mail", mail, "operate"),
    Page("/node/mail", act_on_mail, "operate", "POST"),
    Page("/node/quotas", quotas, "operate"),
)
