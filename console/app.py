"""The console as an ASGI application: sign-in and roles before each page, errors as pages, headers on every answer.

A form counts only from a page of this console: the browser has to say that it comes from the same origin, and the form
carries the session's token. An error of the catalogue becomes a page with its public text; any other error becomes a
page that says nothing of it, and its type and place go to the process's own log.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from console.bodies import bounded
from console.headers import SecurityHeaders
from console.languages import COOKIE as LANGUAGE_COOKIE
from console.languages import language_of
from console.oidc.pending import PendingSignIns
from console.pages import PAGES
from console.rendering import STATIC, Rendering
from console.returning import WayBack
from console.routing import Page
from console.running import RunningQueries
from console.session import COOKIE, Sessions
from console.visit import ForgedFormError, Place, SignedOutError, Visit, is_look
from node.desk.calls import Desk
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.console")

logging.getLogger("python_multipart").setLevel(logging.ERROR)
"""It would write lines of its own on every form that is none, and anybody can send those."""

_STATUS: Mapping[ErrorCode, int] = {
    ErrorCode.INVALID_INPUT: 422,
    ErrorCode.QUERY_TOO_THIN: 422,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.NO_SUCH_CASE: 404,
    ErrorCode.AGREEMENT_UNKNOWN: 404,
    ErrorCode.OFFICER_UNKNOWN: 401,
    ErrorCode.ROLE_MISSING: 403,
    ErrorCode.NOT_THIS_OFFICER: 403,
    ErrorCode.BUSY: 503,
    ErrorCode.LOG_NOT_WRITABLE: 503,
    ErrorCode.UNREACHABLE: 503,
    ErrorCode.TIMED_OUT: 504,
}
"""The HTTP status of an error; any other is 409: what the node is in does not allow it."""


@dataclass(frozen=True, slots=True)
class Console:
    """What the application is made of. ``origin`` is how browsers write it: https://host:port."""

    desk: Desk
    agency: str
    display_name: str
    origin: str
    sessions: Sessions
    queries: RunningQueries = field(default_factory=RunningQueries)
    rendering: Rendering = field(default_factory=Rendering)


def application(console: Console) -> ASGIApp:
    """Make the application."""
    place = Place(
        console.desk,
        console.rendering,
        console.agency,
        console.display_name,
        console.sessions,
        console.queries,
        console.origin,
        PendingSignIns(),
        WayBack([page.path for page in PAGES if page.method == "GET"], console.origin),
    )
    door = _Door(place, console.origin)
    pages = Starlette(
        routes=[
            *(Route(page.path, door.endpoint(page), methods=[page.method]) for page in PAGES),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(_OwnHost, origin=console.origin)],
        exception_handlers={HTTPException: door.http_error},
    )
    return SecurityHeaders(pages)  # around all of it: what fails outside of every page carries them, too


class _OwnHost:
    """Answers to the console's own host only, or a page elsewhere could take its name for ours (DNS rebinding).

    The framework's own check reads a host up to the first colon, which is no address of IPv6.
    """

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._host = urlsplit(origin).hostname

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._app if self._is_own(scope) else PlainTextResponse("Another host is meant.", 400)
        await answer(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        try:
            return urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname == self._host
        except ValueError:  # half an address
            return False


class _Door:
    """Turns a request into a visit, lets it in or not, and gives errors their page."""

    def __init__(self, place: Place, origin: str) -> None:
        self._place = place
        self._origin = origin

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def answer(whole: Request) -> Response:
            request = bounded(whole, page.largest)
            visit = self._stranger(request)
            try:
                visit = self._visit(request)
                with visit.held:
                    self._take_room(page, visit)
                    refused = await self._refused(page, visit)
                    return refused or await page.answer(visit)
            except (ForgedFormError, SignedOutError) as error:
                return self._not_counted(visit, error)
            except SymbolonError as error:
                return _told(visit, error)
            except HTTPException as error:
                return _plain(visit, error.status_code, error.headers)
            except ClientDisconnect:  # nobody is there to be answered
                return _plain(visit, 400)
            except Exception as error:  # noqa: BLE001  # the last line of defence: nothing internal leaves
                logger.error("%s failed: %s at %s", page.path, type(error).__name__, innermost_place(error))
                return _told(visit, SymbolonError(ErrorCode.INTERNAL))
            finally:
                await request.close()  # files that came with a form do not wait for the garbage collector

        return answer

    async def http_error(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        try:
            return _plain(self._visit(request), status)
        except Exception as fault:  # noqa: BLE001  # who it is cannot be read; the page is nobody's
            logger.error("a visit failed: %s at %s", type(fault).__name__, innermost_place(fault))
            return _plain(self._stranger(request), status)

    def _stranger(self, request: Request) -> Visit:
        """Give the visit of nobody, which asks nothing of the node."""
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        return Visit(request, self._place, language_of(chosen, request.headers.get("accept-language", "")))

    def _visit(self, request: Request) -> Visit:
        session = self._place.sessions.find(request.cookies.get(COOKIE, ""), awake=not is_look(request))
        officer = self._place.officer_of(session) if session else None
        return replace(self._stranger(request), session=session if officer else None, signed_in=officer)

    def _take_room(self, page: Page, visit: Visit) -> None:
        """Let the visit of an officer hold room, so that those of all leave some for the node's partners."""
        if page.audience != "anybody" and visit.signed_in is not None:  # others can do no work yet, or want to be out
            visit.held.enter_context(self._place.desk.room.of_officer(visit.officer.name))

    async def _refused(self, page: Page, visit: Visit) -> Response | None:
        if page.method == "POST" and not self._comes_from_here(visit.request):
            raise ForgedFormError
        if page.audience == "anybody":
            return None
        if visit.signed_in is None:
            return self._to_sign_in(visit)
        if page.audience != "signed_in":
            await self._place.desk.permission.check(visit.officer, page.audience)
        return None

    def _not_counted(self, visit: Visit, error: ForgedFormError | SignedOutError) -> Response:
        if isinstance(error, SignedOutError):
            return self._to_sign_in(visit)
        return visit.page("error.html", 403, title="form", error=None)

    def _to_sign_in(self, visit: Visit) -> Response:
        return RedirectResponse(self._place.way_back.sign_in(visit.request), status_code=303)

    def _comes_from_here(self, request: Request) -> bool:
        """Say whether the browser names this console as the origin; one that names none is not believed."""
        site = request.headers.get("sec-fetch-site")
        return request.headers.get("origin") == self._origin and site in (None, "same-origin")


def _told(visit: Visit, error: SymbolonError) -> Response:
    status = 500 if error.code is ErrorCode.INTERNAL else _STATUS.get(error.code, 409)
    return visit.page("error.html", status, title="error", error=error)


def _plain(visit: Visit, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Give the page of an HTTP error: an address that is not there, a method or form that is not taken."""
    title = {404: "missing", 408: "slow"}.get(status, "request")
    answer = visit.page("error.html", status, title=title, error=None)
    answer.headers.update(headers or {})
    return answer
