"""What comes with a request: how much it may be, and how fast it has to come.

A body counts only whole, and what it asks for is done as whoever sent it. So nobody may begin one and hold it back for
hours: each `PIECE_BYTES` of it, and what is left at its end, has to come within `PIECE_SECONDS` of waiting. A form is
such a piece; a list of any size gets the time it needs on a line that brings at least so much.
"""

from __future__ import annotations

import asyncio
import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

PIECE_BYTES = 256 * 1024

PIECE_SECONDS = 20.0
"""Seconds of waiting for the sender; those in which what came is being kept do not count."""


def bounded(request: Request, largest: int) -> Request:
    """Give a request whose body is refused by an HTTP error as soon as it is longer, or slower, than it may be."""
    body = _Body(request, largest)
    return Request(request.scope, body.receive)


class _Body:
    def __init__(self, request: Request, largest: int) -> None:
        self._request = request
        self._largest = largest
        self._taken = 0
        self._piece = 0
        self._waited = 0.0
        self._is_whole = False

    async def receive(self) -> Message:
        if self._is_whole:  # what comes now is that the sender goes, whenever he likes
            return await self._request.receive()
        message = await self._awaited()
        size = len(message.get("body", b""))
        self._taken += size
        if self._taken > self._largest:
            raise HTTPException(413)
        self._piece += size
        if self._piece >= PIECE_BYTES:
            self._piece, self._waited = 0, 0.0
        self._is_whole = not message.get("more_body", False)
        return message

    async def _awaited(self) -> Message:
        began = time.monotonic()
        try:
            async with asyncio.timeout(PIECE_SECONDS - self._waited):
                return await self._request.receive()
        except TimeoutError:
            raise HTTPException(408, headers={"connection": "close"}) from None
        finally:
            self._waited += time.monotonic() - began
