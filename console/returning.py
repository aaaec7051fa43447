"""Where somebody goes who is not signed in any more: to sign in, told so, and from there back to where he was.

A form leads back to the page it stood on, as far as that is one that can be opened anew; what was typed into it is kept
by that page alone (`console/static/session.js`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.routing import compile_path

from console.routing import Page
from console.session import COOKIE
from console.visit import own_path


class WayBack:
    """Knows the pages that can be opened by their address."""

    def __init__(self, pages: Sequence[Page], origin: str) -> None:
        """Take all pages, and the console's own origin."""
        self._origin = origin
        self._opened: list[re.Pattern[str]] = [compile_path(page.path)[0] for page in pages if page.method == "GET"]

    def sign_in(self, request: Request) -> str:
        """Give the address of the sign-in page, with where to go on to and whether a session has ended."""
        ended = "&ended=yes" if COOKIE in request.cookies else ""
        return f"/sign-in?next={self._open(request)}{ended}"

    def _open(self, request: Request) -> str:
        if request.method == "GET":
            return request.url.path
        before = urlsplit(request.headers.get("referer", ""))
        own = before.path if f"{before.scheme}://{before.netloc}" == self._origin else ""
        known = (path for path in (own, request.url.path) if any(one.fullmatch(path) for one in self._opened))
        return own_path(next(known, "/"))
