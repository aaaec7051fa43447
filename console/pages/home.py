"""The first page, and what belongs to every page: language, light or dark, signing out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.responses import Response

from console.languages import COOKIE as LANGUAGE_COOKIE
from console.languages import languages
from console.returning import own_path
from console.routing import Page
from console.session import COOKIE
from console.visit import KEYS_COOKIE, THEME_COOKIE, Visit
from symbolon.v1 import cases_pb2 as cases_wire
from symbolon.v1 import operations_pb2 as operations_wire

_YEAR = 365 * 24 * 3600


_MOST = 5
"""Files of one kind on the first page, but for emergencies; the rest is a link away."""


async def home(visit: Visit) -> Response:
    """Show what there is to do, and what waits for this officer, what runs out first before all else."""
    return visit.page_in_two("home.html", partial(_waiting, visit))


async def _waiting(visit: Visit) -> Mapping[str, Any]:
    may, desk, officer = visit.officer.may, visit.desk, visit.officer
    cases, referrals = cases_wire.ListCasesResponse(), cases_wire.ListReferralsResponse()
    troubles: list[operations_wire.Trouble] = []
    if may("confirm") or may("review"):
        cases = await desk.cases.list_cases(cases_wire.ListCasesRequest(waiting=_MOST), officer)
    if may("decline"):
        referrals = await desk.cases.list_referrals(cases_wire.ListReferralsRequest(waiting=_MOST), officer)
    if may("operate"):
        troubles.extend((await desk.node.show_node(operations_wire.ShowNodeRequest(), officer)).troubles)
    return {"cases": cases, "referrals": referrals, "troubles": troubles, "most": _MOST}


async def choose(visit: Visit) -> Response:
    """Keep the language, the theme and the keys that a person chose, at this browser only, and go back."""
    form = await visit.form_before_session()
    answer = visit.redirect(own_path(form.text("back")))
    for name, cookie, known in (
        ("language", LANGUAGE_COOKIE, languages()),
        ("theme", THEME_COOKIE, ("light", "dark", "auto")),
        ("keys", KEYS_COOKIE, ("on", "off")),
    ):
        if (chosen := form.text(name)) in known:
            answer.set_cookie(cookie, chosen, max_age=_YEAR, secure=True, httponly=True, samesite="lax")
    return answer


async def sign_out(visit: Visit) -> Response:
    """End the session."""
    await visit.form()
    try:
        await visit.desk.accounts.sign_out(visit.officer.name, "this")
    finally:  # also where the log cannot be written: nobody stays signed in against his will
        visit.place.sessions.end(visit.request.cookies.get(COOKIE, ""))
    by_provider = visit.session is not None and visit.session.admitted.by_provider
    answer = visit.redirect("/sign-in/oidc/over" if by_provider else "/sign-in")
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")
    return answer


PAGES = (
    Page("/", home, "signed_in"),
    Page("/choose", choose, "anybody", "POST"),
    Page("/sign-out", sign_out, "signed_in", "POST"),
)
