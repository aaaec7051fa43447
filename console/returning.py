"""Where somebody goes back to: who signs in again, and who chooses another language.

A form leads back to the page it stood on, as far as that is one that can be opened anew; what was typed into it is kept
by that page alone (`console/static/session.js`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.routing import compile_path

from console.session import COOKIE

_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)  # printable, no backslash: browsers read it as a slash


def own_path(path: str) -> str:
    """Give where to go on to, if it lies in this console; the first page otherwise."""
    return path if _OWN_PATH.fullmatch(path) else "/"


class WayBack:
    """Knows the pages that can be opened by their address."""

    def __init__(self, addresses: Sequence[str], origin: str) -> None:
        """Take the addresses of those pages, and the console's own origin."""
        self._origin = origin
        self._opened: list[re.Pattern[str]] = [compile_path(address)[0] for address in addresses]

    def sign_in(self, request: Request) -> str:
        """Give the address of the sign-in page, with where to go on to and whether a session has ended."""
        ended = "&ended=yes" if COOKIE in request.cookies else ""
        return f"/sign-in?next={self.page(request)}{ended}"

    def page(self, request: Request) -> str:
        """Give the page that is asked for; of a form, the one it stood on."""
        if request.method == "GET":
            return request.url.path
        before = urlsplit(request.headers.get("referer", ""))
        own = before.path if f"{before.scheme}://{before.netloc}" == self._origin else ""
        known = (path for path in (own, request.url.path) if any(one.fullmatch(path) for one in self._opened))
        return own_path(next(known, "/"))
