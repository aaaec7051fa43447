"""A person's own account: password, authenticator, recovery codes, and where he is signed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from console.pages.sign_in import picture, proof_of
from console.pages.signed_in import begin_session
from console.routing import Page
from console.session import COOKIE
from console.visit import Visit
from node.accounts.refusals import SignInRefusedError
from symbolon.rpc.errors import SymbolonError


async def account(visit: Visit) -> Response:
    """Show the account."""
    return _shown(visit)


async def change_password(visit: Visit) -> Response:
    """Change the password; other sessions end, and this one gets a new token."""
    form = await visit.form()
    if form.exact("new") != form.exact("again"):
        return _shown(visit, 422, part="password", differ=True)

    async def changed() -> Response:
        proof = proof_of(visit, form, visit.officer.name)
        admitted = await visit.desk.accounts.change_password(proof, form.exact("new"))
        visit.place.sessions.end_all_of(visit.officer.name)
        answer = visit.redirect("/account")
        begin_session(visit, answer, admitted, said=visit.say("The password is changed. Other sessions have ended."))
        return answer

    return await _tried(visit, "password", changed)


async def show_authenticator(visit: Visit) -> Response:
    """Show a new secret, after the password."""
    form = await visit.form()

    async def shown() -> Response:
        secret = await visit.desk.accounts.new_secret(proof_of(visit, form, visit.officer.name))
        drawn = picture(secret, visit.officer.name, visit.place.agency)
        return visit.page("account/authenticator.html", secret=secret, picture=drawn, error=None)

    return await _tried(visit, "authenticator", shown)


async def change_authenticator(visit: Visit) -> Response:
    """Let the new secret count once a code of it is proved."""
    form = await visit.form()
    try:
        await visit.desk.accounts.change_authenticator(visit.officer.name, form.text("code"))
    except SymbolonError as error:
        visit.look_again()
        return visit.page("account/authenticator.html", 422, secret="", error=error)
    return visit.redirect("/account", visit.say("The new authenticator counts from now on."))


async def new_codes(visit: Visit) -> Response:
    """Give new recovery codes, after the password."""
    form = await visit.form()

    async def shown() -> Response:
        codes = await visit.desk.accounts.new_codes(proof_of(visit, form, visit.officer.name))
        return visit.page("account/codes.html", codes=codes, waits=False)

    return await _tried(visit, "codes", shown)


async def end_session(visit: Visit) -> Response:
    """End one session of the officer's own."""
    form = await visit.form()
    try:
        await visit.desk.accounts.sign_out(visit.officer.name, "another")
    finally:
        visit.place.sessions.end_one_of(visit.officer.name, form.text("session"))
    return visit.redirect("/account", visit.say("The session has ended."))


async def end_all(visit: Visit) -> Response:
    """End all sessions of the officer's own, this one too."""
    await visit.form()
    try:
        await visit.desk.accounts.sign_out(visit.officer.name, "all")
    finally:
        visit.place.sessions.end_all_of(visit.officer.name)
    answer = visit.redirect("/sign-in")
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")
    return answer


async def _tried(visit: Visit, part: str, step: Callable[[], Awaitable[Response]]) -> Response:
    """Take a step that the password opens; show the page again where it does not, or the node says why not.

    Where the account was locked or reset meanwhile, the session has ended, too.
    """
    try:
        return await step()
    except (SignInRefusedError, SymbolonError) as error:
        visit.look_again()
        is_refused = isinstance(error, SignInRefusedError)
        return _shown(visit, 422, part=part, refused=is_refused, error=None if is_refused else error)


def _shown(visit: Visit, status: int = 200, part: str = "", **wrong: Any) -> Response:
    accounts = visit.desk.accounts.accounts
    kept = accounts.find(visit.officer.name)
    return visit.page(
        "account/account.html",
        status,
        has_account=kept is not None and kept.enrolled,
        codes_left=accounts.codes_left(visit.officer.name),
        sessions=visit.place.sessions.of(visit.officer.name),
        part=part,
        **{"refused": False, "differ": False, "error": None} | wrong,
    )


PAGES = (
    Page("/account", account, "signed_in"),
    Page("/account/password", change_password, "signed_in", "POST"),
    Page("/account/authenticator", show_authenticator, "signed_in", "POST"),
    Page("/account/authenticator/finish", change_authenticator, "signed_in", "POST"),
    Page("/account/codes", new_codes, "signed_in", "POST"),
    Page("/account/session", end_session, "signed_in", "POST"),
    Page("/account/sessions", end_all, "signed_in", "POST"),
)
