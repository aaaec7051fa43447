"""Signing in by the identity provider: to it, back from it, and out of it (OpenID Connect Core, section 3.1).

The answer comes back from another site, so the browser does not send the session's cookie (SameSite=Strict) with what
follows from it. Hence a page that goes on by itself, and no redirect. Why somebody is not let in, only the log knows.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from console.oidc.pending import COOKIE, PENDING_SECONDS, Pending
from console.pages.signed_in import begin_session
from console.returning import own_path
from console.routing import Page
from console.visit import Visit
from node.accounts.calls import Admitted
from node.accounts.provided import ProvidedIdentity
from node.accounts.refusals import SignInRefusedError
from node.accounts.tokens import SHOWN_SECONDS
from symbolon.rpc.errors import SymbolonError

RETURN_PATH = "/sign-in/oidc/return"
REFUSED = 403
"""The status of every refusal: there is one, whatever the reason."""


async def start(visit: Visit) -> Response:
    """Send the browser to the provider."""
    provided = _provided(visit)
    described = await provided.provider.description()
    back = own_path(visit.request.query_params.get("next", "/"))
    pending, cookie = visit.place.pending.begin(visit.request.cookies.get(COOKIE, ""), back)
    oidc = provided.provider.oidc
    asked = {
        "response_type": "code",
        "client_id": oidc.client,
        "redirect_uri": _own(visit, RETURN_PATH),
        "scope": "openid",
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": pending.challenge,
        "code_challenge_method": "S256",
        "max_age": str(SHOWN_SECONDS),
    }
    if oidc.strength.acr:
        asked["acr_values"] = oidc.strength.acr
    answer = RedirectResponse(_with(described.authorization, asked), status_code=303)
    return _remembering(answer, cookie)


async def come_back(visit: Visit) -> Response:
    """Let in whom the provider names, or not."""
    provided = _provided(visit)
    pending, cookie = visit.place.pending.take(visit.request.cookies.get(COOKIE, ""), _one(visit, "state"))
    try:
        admitted = await _admitted(visit, provided, pending)
    except SignInRefusedError:
        return _remembering(visit.page("oidc/refused.html", REFUSED), cookie)
    answer = visit.page("oidc/signed_in.html", back=pending.back if pending else "/")
    begin_session(visit, answer, admitted)
    return _remembering(answer, cookie)


def _remembering(answer: Response, cookie: str) -> Response:
    """Let the browser keep what is under way at the provider, or nothing."""
    age = PENDING_SECONDS if cookie else 0
    answer.set_cookie(COOKIE, cookie, max_age=age, secure=True, httponly=True, samesite="lax")
    return answer


async def _admitted(visit: Visit, provided: ProvidedIdentity, pending: Pending | None) -> Admitted:
    if pending is None:
        return await provided.refuse("state")
    described = await provided.provider.description()
    issuer = _one(visit, "iss")
    if issuer != provided.provider.oidc.issuer and (issuer or described.names_itself):  # RFC 9207
        return await provided.refuse("issuer")
    code = _one(visit, "code")
    if not code or "error" in visit.request.query_params:
        return await provided.refuse("provider_refused")
    return await provided.sign_in(code, pending.verifier, pending.nonce, _own(visit, RETURN_PATH), visit.address)


async def over(visit: Visit) -> Response:
    """Say that the session here is over, and lead on to signing out at the provider."""
    provided = _provided(visit)
    try:
        address = (await provided.provider.description()).end_session
    except SymbolonError:
        address = ""  # signed out here all the same
    if address:  # without the ID token as a hint: it would stand in the address, and it names a person
        said = {"client_id": provided.provider.oidc.client, "post_logout_redirect_uri": _own(visit, "/sign-in")}
        address = _with(address, said)
    return visit.page("oidc/over.html", address=address)


def _provided(visit: Visit) -> ProvidedIdentity:
    """Give what asks the provider; without one there are no such pages."""
    if visit.desk.provided is None:
        raise HTTPException(404)
    return visit.desk.provided


def _one(visit: Visit, name: str) -> str:
    """Give a parameter that is there once; empty otherwise."""
    values = visit.request.query_params.getlist(name)
    return values[0] if len(values) == 1 else ""


def _own(visit: Visit, path: str) -> str:
    return visit.place.origin + path


def _with(address: str, parameters: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"


PAGES = (
    Page("/sign-in/oidc", start, "anybody"),
    Page(RETURN_PATH, come_back, "anybody"),
    Page("/sign-in/oidc/over", over, "anybody"),
)
