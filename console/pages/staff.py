"""The staff as operators keep it: officers, their roles, their accounts. Names travel in forms, never in addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from console.routing import Page
from console.visit import Form, Visit
from node.officers.register import ROLES
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import staff_pb2 as wire

_LATEST = 2**40
"""Unix seconds of the latest enrolment that is read from a form."""

_NOTHING_TYPED = {"name": "", "roles": [], "authority": ""}


async def staff(visit: Visit) -> Response:
    """List the officers, and ask for one to be entered."""
    return await _listed(visit)


async def add(visit: Visit) -> Response:
    """Enter an officer."""
    form = await visit.form()
    typed = _typed(form)
    try:
        await visit.desk.staff.add_officer(wire.AddOfficerRequest(**typed), visit.officer)
    except SymbolonError as error:
        return await _listed(visit, 422, typed=typed, error=error)
    return visit.redirect("/staff", visit.say("The officer is entered. Invite them next, so that they can sign in."))


async def show(visit: Visit) -> Response:
    """Show one officer with what can be changed."""
    return await _member(visit, await visit.form())


async def change(visit: Visit) -> Response:
    """Give an officer other roles and another unit."""

    async def changed(form: Form) -> Response:
        await visit.desk.staff.change_officer(wire.ChangeOfficerRequest(**_typed(form)), visit.officer)
        return visit.redirect("/staff", visit.say("The officer is changed."))

    return await _tried(visit, changed)


async def set_active(visit: Visit) -> Response:
    """Shut an officer out, or let them in again."""

    async def changed(form: Form) -> Response:
        request = wire.SetOfficerActiveRequest(name=form.text("name"), active=bool(form.text("active")))
        await visit.desk.staff.set_officer_active(request, visit.officer)
        return visit.redirect("/staff", visit.say("The officer is changed."))

    return await _tried(visit, changed)


async def confirm(visit: Visit) -> Response:
    """Say that it was the person who enrolled."""
    form = await visit.form()
    enrolled_at = form.number("enrolled_at", _LATEST) or 0
    request = wire.ConfirmAccountRequest(name=form.text("name"), enrolled_at=enrolled_at)
    try:
        await visit.desk.staff.confirm_account(request, visit.officer)
    except SymbolonError as error:
        if error.code is ErrorCode.INVALID_INPUT:
            return await _listed(visit, 422, error=error)
        raise
    return visit.redirect("/staff", visit.say("The account is confirmed. The officer can sign in now."))


async def invite(visit: Visit) -> Response:
    """Invite an officer, and show the code, once."""

    async def invited(form: Form) -> Response:
        request = wire.InviteOfficerRequest(name=form.text("name"), reset=bool(form.text("reset")))
        made = await visit.desk.staff.invite_officer(request, visit.officer)
        address = f"{visit.place.origin}/enrol"
        shown: dict[str, Any] = {"name": request.name, "code": made.code, "until": made.until, "address": address}
        return visit.page("account/invited.html", **shown)

    return await _tried(visit, invited)


async def change_account(visit: Visit) -> Response:
    """Lock, unlock or remove an account."""

    async def changed(form: Form) -> Response:
        request = wire.ChangeAccountRequest(name=form.text("name"), change=form.text("change"))
        await visit.desk.staff.change_account(request, visit.officer)
        return visit.redirect("/staff", visit.say("The account is changed."))

    return await _tried(visit, changed)


def _typed(form: Form) -> dict[str, Any]:
    return {"name": form.text("name"), "roles": form.texts("roles"), "authority": form.text("authority")}


async def _tried(visit: Visit, step: Callable[[Form], Awaitable[Response]]) -> Response:
    form = await visit.form()
    try:
        return await step(form)
    except SymbolonError as error:
        if error.code is ErrorCode.INVALID_INPUT:
            return await _member(visit, form, 422, error)
        raise


async def _listed(visit: Visit, status: int = 200, **values: Any) -> Response:
    listed = await visit.desk.staff.list_staff(wire.ListStaffRequest(), visit.officer)
    given: dict[str, Any] = {"typed": _NOTHING_TYPED, "error": None} | values
    return visit.page("account/staff.html", status, staff=listed.staff, roles=ROLES, **given)


async def _member(visit: Visit, form: Form, status: int = 200, error: SymbolonError | None = None) -> Response:
    listed = await visit.desk.staff.list_staff(wire.ListStaffRequest(), visit.officer)
    found = [one for one in listed.staff if one.name == form.text("name")]
    if not found:
        raise SymbolonError(ErrorCode.NOT_FOUND)
    return visit.page("account/member.html", status, member=found[0], roles=ROLES, error=error)


PAGES = (
    Page("/staff", staff, "vouch"),
    Page("/staff/add", add, "operate", "POST"),
    Page("/staff/show", show, "operate", "POST"),
    Page("/staff/change", change, "operate", "POST"),
    Page("/staff/active", set_active, "operate", "POST"),
    Page("/staff/confirm", confirm, "vouch", "POST"),
    Page("/staff/invite", invite, "operate", "POST"),
    Page("/staff/account", change_account, "operate", "POST"),
)
