"""Whose session it is, for a page that is about to send what was typed into it (`console/static/session.js`)."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from console.routing import Page
from console.visit import Visit


async def session(visit: Visit) -> Response:
    """Give the officer and the token of the session: pages of this console may read it, and nobody else's."""
    return JSONResponse({"officer": visit.officer.name, "csrf": visit.session.csrf if visit.session else ""})


PAGES = (Page("/session", session, "signed_in"),)
