"""What follows a proof of who somebody is: a session under a new token, and the cookie of a known browser."""

from __future__ import annotations

from starlette.responses import Response

from console.session import COOKIE
from console.visit import Visit
from node.accounts.calls import Admitted

DEVICE_COOKIE = "__Host-symbolon-device"
"""Says that an officer signed in at this browser before (`node.accounts.attempts`); it names nobody, lets nobody in."""

_YEAR = 365 * 24 * 3600
_BROWSERS = ("Firefox", "Edg", "Chrome", "Safari")  # in this order: each of the later ones names those after it
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


def begin_session(visit: Visit, answer: Response, admitted: Admitted, said: str = "") -> None:
    """Sign somebody in at this browser, in place of whoever was; ``said`` is told once, on the next page."""
    sessions = visit.place.sessions
    sessions.end(visit.request.cookies.get(COOKIE, ""))
    browser = browser_of(visit.request.headers.get("user-agent", ""))
    token = sessions.begin(admitted, browser)
    session = sessions.find(token)
    if session is not None:
        session.said = said
    answer.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="strict")
    if admitted.device:
        answer.set_cookie(DEVICE_COOKIE, admitted.device, max_age=_YEAR, secure=True, httponly=True, samesite="strict")


def browser_of(agent: str) -> str:
    """Give browser and system of a user agent in two words, as far as they are known."""
    browser = next((name for name in _BROWSERS if name in agent), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    return ", ".join(name for name in (browser.replace("Edg", "Edge"), system) if name)
