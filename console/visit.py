"""A visit: one request of one person, and the answers a page can give to it.

A page is an async function of a visit. It reads its form with `Visit.form`, which checks the token against forgery, and
answers with `Visit.page`, `Visit.redirect` or a response of its own. Nothing about a person may stand in a URL.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from python_multipart.multipart import parse_options_header
from starlette.datastructures import ImmutableMultiDict, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from console.languages import Language
from console.navigation import LINKS, Link, may_go
from console.numbers import MOST, whole
from console.oidc.pending import PendingSignIns
from console.rendering import Rendering
from console.returning import WayBack
from console.running import RunningQueries
from console.session import COOKIE, IDLE_SECONDS, Session, Sessions
from node.accounts.calls import Admitted
from node.desk.calls import Desk
from node.officers.register import Action, Officer, Role, in_order
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.console")

MOST_FIELDS = 400
MOST_FILES = 4
THEME_COOKIE = "__Host-symbolon-theme"
KEYS_COOKIE = "__Host-symbolon-keys"
LARGEST_FIELD = 64 * 1024
"""Bytes of one field of a form, a file excepted."""


def is_look(request: Request) -> bool:
    """Say whether a page asks by itself how far things are, and not a person: that keeps no session awake."""
    return "look" in request.query_params


class ForgedFormError(Exception):
    """A form that this console did not give to this session."""


class SignedOutError(Exception):
    """A session that came to an end while its form was on the way."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is the same for all visits of one console. ``pending`` are sign-ins under way at the identity provider."""

    desk: Desk
    rendering: Rendering
    agency: str
    display_name: str
    sessions: Sessions
    queries: RunningQueries
    origin: str
    pending: PendingSignIns
    way_back: WayBack

    def officer_of(self, session: Session) -> Officer | None:
        """Give whose session it is, with the roles of now; None where it has come to an end."""
        if not self.sessions.holds(session):
            return None
        who = session.admitted
        standing = self.desk.officers.standing_of(who.officer)
        if standing is None or standing.stamp != who.entry:
            return None  # disabled or changed since, by whatever process
        proof = self._proof_of(who, standing.roles)
        return Officer(who.officer, standing.roles) if proof and proof == who.proof else None

    def was_changed(self, token: str) -> bool:
        """Say whether a session that has not run out came to an end by a change of its officer's entry or account."""
        session = self.sessions.find(token, awake=False)
        return session is not None and self.officer_of(session) is None

    def _proof_of(self, who: Admitted, roles: frozenset[Role]) -> int:
        """Give the stamp of what somebody proved himself by, as it is now; 0 where it counts no longer."""
        if who.by_provider:
            return self.desk.provided.stamp_of(who.officer) if self.desk.provided else 0
        return self.desk.accounts.accounts.stamp_of(who.officer, roles)


@dataclass(slots=True)
class Visit:
    """One request. ``officer`` and ``session`` are there on every page that is not for anybody.

    Who is let in at its beginning may be out when its body has come: `Visit.look_again` has to be passed before
    anything is done with that. ``held`` is its room at the desk, given back with the answer.
    """

    request: Request
    place: Place
    language: Language
    session: Session | None = None
    signed_in: Officer | None = None
    held: ExitStack = field(default_factory=ExitStack)

    @property
    def desk(self) -> Desk:
        """Give the calls of the desk."""
        return self.place.desk

    @property
    def officer(self) -> Officer:
        """Give who asks; raise `SymbolonError` (`OFFICER_UNKNOWN`) where nobody is signed in."""
        if self.signed_in is None:
            raise SymbolonError(ErrorCode.OFFICER_UNKNOWN)
        return self.signed_in

    def still_may(self, action: Action) -> bool:
        """Say whether the session is not over and its officer may do this: an answer that goes on has to ask again."""
        officer = self.place.officer_of(self.session) if self.session is not None else None
        return officer is not None and officer.may(action)

    def keep_awake(self) -> None:
        """Let a part of what a person takes or sends count as a request of his, as long as his session lasts."""
        self.place.sessions.find(self.request.cookies.get(COOKIE, ""))

    def links(self) -> list[Link]:
        """Give the parts of the console that this officer may go to."""
        return [link for link in LINKS if may_go(link.audience, self.officer)]

    def roles(self) -> list[str]:
        """Give the officer's roles in their order."""
        return [*in_order(self.officer.roles)]

    def say(self, text: str) -> str:
        """Translate a text."""
        return self.language.say(text)

    @property
    def address(self) -> str:
        """Give the address the browser asks from; no forwarded header is believed."""
        return self.request.client.host if self.request.client else ""

    def part(self, name: str) -> str:
        """Give a part of the path."""
        return str(self.request.path_params[name])

    async def form(self) -> Form:
        """Read the form; raise `ForgedFormError` unless it carries this session's token, and as `look_again` does."""
        form = await self._form(MOST_FILES)
        self.check_token(form.text("csrf"))
        self.look_again()
        return form

    def look_again(self) -> None:
        """Take the officer's roles of now; raise `SignedOutError` where the session has ended since the visit began."""
        officer = self.place.officer_of(self.session) if self.session is not None else None
        if officer is None:
            raise SignedOutError
        self.signed_in = officer

    async def form_before_session(self) -> Form:
        """Read a form of somebody who is not signed in: the door has checked the origin, and there is no token yet."""
        return await self._form(0)

    async def _form(self, files: int) -> Form:
        kind, options = parse_options_header(self.request.headers.get("content-type", ""))
        if options.get(b"charset", b"utf-8").lower() != b"utf-8":  # others can make text that UTF-8 cannot hold
            raise HTTPException(400)
        if kind != b"multipart/form-data" and (await self.request.body()).count(b"&") >= MOST_FIELDS:
            raise HTTPException(400)  # before the parser, which takes seconds over a body of separators
        return Form(await self.request.form(max_fields=MOST_FIELDS, max_files=files, max_part_size=LARGEST_FIELD))

    def check_token(self, token: str) -> None:
        """Raise `ForgedFormError` unless it is the token of this session."""
        if self.session is None or not compare_digest(token.encode(), self.session.csrf.encode()):
            raise ForgedFormError

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Render a page. Another language leads back to it or to where its form stood, never to what is not there."""
        stands = status < 400 or (self.request.method == "POST" and status == 422)
        return_to = self.place.way_back.page(self.request) if stands else "/"
        return HTMLResponse(self.render(template, return_to=return_to, **values), status)

    def page_in_two(self, template: str, rest: Callable[[], Awaitable[Mapping[str, Any]]]) -> Response:
        """Render a page whose beginning leaves at once: a browser makes ready for it while ``rest`` comes about.

        The template says where by ``{{ pause }}``. Below that ``rest`` is what came about, or has the ``error`` for
        which nothing did: that stands in the page, for its head has left. It has the visit's room until it is whole.
        """
        came: dict[str, Any] = {"error": None}
        known = self._known(return_to=self.place.way_back.page(self.request), rest=came)
        beginning, below = self.place.rendering.render_in_two(template, self.language, known)

        async def parts() -> AsyncIterator[str]:
            yield beginning
            try:
                came.update(await rest())
            except SymbolonError as error:
                came["error"] = error
            except Exception as error:  # noqa: BLE001  # nothing internal leaves, and a page has its end
                logger.error("the rest of a page failed: %s at %s", type(error).__name__, innermost_place(error))
                came["error"] = SymbolonError(ErrorCode.INTERNAL)
            yield "".join(below)

        return _Stream(self.held.pop_all(), parts(), media_type="text/html")

    def render(self, template: str, **values: Any) -> str:
        """Render a page, or a part of one for a script of ours to put in; what was to be said once is said."""
        return self.place.rendering.render(template, self.language, self._known(**values))

    def _known(self, **values: Any) -> dict[str, Any]:
        """Give what every template knows, and what was to be said once, which is said with it."""
        said = ""
        if self.session is not None and not is_look(self.request):
            said, self.session.said = self.session.said, ""
        return {
            "visit": self,
            "csrf": self.session.csrf if self.session else "",
            "said": said,
            "path": self.request.url.path,
            "idle_seconds": int(IDLE_SECONDS),
            "theme": self.request.cookies.get(THEME_COOKIE, ""),
            "has_keys": self.request.cookies.get(KEYS_COOKIE) != "off",
            **values,
        }

    def redirect(self, path: str, said: str = "") -> Response:
        """Go to another page after a form; ``said`` is a text of the console, told there once."""
        if self.session is not None and said:
            self.session.said = said
        return RedirectResponse(path, status_code=303)

    def stream(
        self, content: AsyncIterator[str | bytes], kind: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Give an answer that goes on; raise `SymbolonError` (`BUSY`) where too many do."""
        return _Stream(self.desk.room.of_stream(self.officer.name), content, media_type=kind, headers=headers)

    def file(self, content: bytes, name: str, kind: str) -> Response:
        """Give a file to keep; its name is ours and holds nothing of a person."""
        disposition = f"attachment; filename*=UTF-8''{quote(PurePosixPath(name).name)}"
        return Response(content, media_type=kind, headers={"content-disposition": disposition})


class _Stream(StreamingResponse):
    """An answer that goes on, and holds its room from when it is made until it has ended."""

    def __init__(self, room: AbstractContextManager[object], *of: Any, **how: Any) -> None:
        super().__init__(*of, **how)
        self._held = ExitStack()
        self._held.enter_context(room)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await super().__call__(scope, receive, send)


class Form:
    """The fields of a form, as text without blanks around it."""

    def __init__(self, fields: ImmutableMultiDict[str, UploadFile | str]) -> None:
        """Take the fields."""
        self._fields = fields

    def text(self, name: str) -> str:
        """Give one field; empty where it is not there, or is a file."""
        value = self._fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    def exact(self, name: str) -> str:
        """Give one field with its blanks: a password may have them anywhere."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str, most: int = MOST) -> int | None:
        """Give a field that is a whole number; None where it is none, as where it is empty."""
        return whole(self.text(name), most)

    def texts(self, name: str) -> list[str]:
        """Give a field that may be there several times, without the empty ones."""
        return [value.strip() for value in self._fields.getlist(name) if isinstance(value, str) and value.strip()]

    def checked(self, name: str) -> bool:
        """Say whether a box is ticked."""
        return name in self._fields

    def upload(self, name: str) -> UploadFile | None:
        """Give an uploaded file; None where there is none."""
        value = self._fields.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def values(self) -> Mapping[str, list[str]]:
        """Give all text fields, for showing the form again; never the token."""
        names = [name for name in dict.fromkeys(self._fields.keys()) if name != "csrf"]
        return {name: self.texts(name) for name in names}
