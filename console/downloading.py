"""A file that is sent as it is read, however large: for as long as whoever asked for it may have it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.responses import Response, StreamingResponse

from console.visit import SignedOutError, Visit
from node.officers.register import Action


def download(visit: Visit, action: Action, parts: AsyncGenerator[bytes, None], name: str, kind: str) -> Response:
    """Give a file to keep, of its parts; its name is ours and holds nothing of a person.

    Who is out meanwhile, or may not do this any more, gets no further part: the connection breaks off, so that what
    came is not taken for the whole.
    """

    async def content() -> AsyncIterator[bytes]:
        async with aclosing(parts):
            async for part in parts:
                if not visit.still_may(action):
                    raise SignedOutError
                yield part

    headers = {"content-disposition": visit.file(b"", name, kind).headers["content-disposition"]}
    return StreamingResponse(content(), media_type=kind, headers=headers)
