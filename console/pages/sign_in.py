"""Signing in, and the first sign-in of somebody who was invited: choose a password, prove an authenticator."""

from __future__ import annotations

import segno
from markupsafe import Markup
from starlette.responses import Response

from console.pages.signed_in import DEVICE_COOKIE, begin_session
from console.returning import own_path
from console.routing import Page
from console.session import COOKIE
from console.visit import Form, Visit
from node.accounts.authenticator import address_of
from node.accounts.calls import Proof, UnconfirmedError
from node.accounts.refusals import SignInRefusedError
from symbolon.rpc.errors import SymbolonError

REFUSED = 403
"""The status of every refusal: there is one, whatever the reason."""


async def sign_in(visit: Visit) -> Response:
    """Ask for name, password and code."""
    back = own_path(visit.request.query_params.get("next", "/"))
    if visit.signed_in is not None:
        return visit.redirect(back)
    return _asked(visit, "", back)


async def check(visit: Visit) -> Response:
    """Let somebody in, or not."""
    form = await visit.form_before_session()
    back = own_path(form.text("next"))
    proof = proof_of(visit, form, form.text("name").lower())
    if not (proof.name and proof.password and proof.code):  # no attempt: browsers do not send it
        return _asked(visit, form.text("name"), back, REFUSED, refused=True)
    try:
        admitted = await visit.desk.accounts.sign_in(proof)
    except UnconfirmedError:
        return visit.page("account/unconfirmed.html", REFUSED)
    except SignInRefusedError:
        return _asked(visit, form.text("name"), back, REFUSED, refused=True)
    except SymbolonError as error:
        return _asked(visit, form.text("name"), back, 503, error=error)
    answer = visit.redirect(back)
    begin_session(visit, answer, admitted)
    return answer


def proof_of(visit: Visit, form: Form, name: str) -> Proof:
    """Read what somebody presents."""
    device = visit.request.cookies.get(DEVICE_COOKIE, "")
    return Proof(name, form.exact("password"), form.text("code"), device, visit.address)


def _asked(
    visit: Visit, name: str, back: str, status: int = 200, *, refused: bool = False, error: SymbolonError | None = None
) -> Response:
    changed = visit.place.was_changed(visit.request.cookies.get(COOKIE, ""))  # only who has the session is told
    # No browser says along with another site's link that somebody is signed in, so a link of ours has to be followed.
    from_elsewhere = visit.request.headers.get("sec-fetch-site") == "cross-site"
    values = {"back": back, "refused": refused, "error": error, "changed": changed, "from_elsewhere": from_elsewhere}
    return visit.page("account/sign_in.html", status, name=name, **values)


async def enrol(visit: Visit) -> Response:
    """Ask for the code of the invitation."""
    return visit.page("account/invitation.html", name="", refused=False)


async def invited(visit: Visit) -> Response:
    """Show the authenticator's secret to somebody who was invited, and ask for a password."""
    return await _choosing(visit, await visit.form_before_session())


async def finish(visit: Visit) -> Response:
    """Make password and authenticator count, and show the recovery codes, once."""
    form = await visit.form_before_session()
    name, password = form.text("name").lower(), form.exact("password")
    if password != form.exact("again"):
        return await _choosing(visit, form, 422, differ=True)
    try:
        device = visit.request.cookies.get(DEVICE_COOKIE, "")
        admitted, codes = await visit.desk.accounts.enrol(
            name, form.text("invitation"), password, form.text("code"), device
        )
    except SignInRefusedError:
        return _not_invited(visit, form)
    except SymbolonError as error:
        return await _choosing(visit, form, 422, error=error)
    answer = visit.page("account/codes.html", codes=codes, waits=admitted is None)
    if admitted is not None:
        begin_session(visit, answer, admitted)
    return answer


async def _choosing(
    visit: Visit, form: Form, status: int = 200, *, differ: bool = False, error: SymbolonError | None = None
) -> Response:
    name, code = form.text("name").lower(), form.text("invitation")
    if not (name and code):
        return _not_invited(visit, form)
    try:
        secret = await visit.desk.accounts.invited(name, code)
    except SignInRefusedError:
        return _not_invited(visit, form)
    return visit.page(
        "account/enrol.html",
        status,
        name=name,
        invitation=code,
        secret=secret,
        picture=picture(secret, name, visit.place.agency),
        differ=differ,
        error=error,
    )


def _not_invited(visit: Visit, form: Form) -> Response:
    return visit.page("account/invitation.html", REFUSED, name=form.text("name"), refused=True)


def picture(secret: str, officer: str, agency: str) -> Markup:
    """Give the QR code of a secret as an image in the page, black on white in either theme."""
    code = segno.make(address_of(secret, officer, agency), micro=False)
    return Markup(code.svg_inline(scale=5, border=4, dark="#000", light="#fff"))  # noqa: S704  # segno's own drawing


PAGES = (
    Page("/sign-in", sign_in, "anybody"),
    Page("/sign-in", check, "anybody", "POST"),
    Page("/enrol", enrol, "anybody"),
    Page("/enrol", invited, "anybody", "POST"),
    Page("/enrol/finish", finish, "anybody", "POST"),
)
