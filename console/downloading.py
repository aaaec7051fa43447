"""A file that is sent as it is read, however large: for as long as whoever asked for it may have it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Protocol

from starlette.responses import Response

from console.visit import SignedOutError, Visit
from node.officers.register import Action


class Part(Protocol):
    """A part of a file, as the node gives it."""

    @property
    def content(self) -> bytes:
        """Give its bytes."""
        ...


def download_parts(
    visit: Visit, action: Action, first: Part, further: AsyncGenerator[Part, None], name: str, kind: str
) -> Response:
    """Give a file to keep, of its parts; its name is ours and holds nothing of a person.

    Whoever is out meanwhile, or may not do this any more, gets no further part: the connection breaks off, so that
    what came is not taken for the whole. Raises `SymbolonError` (`BUSY`) where too many answers go on.
    """

    async def content() -> AsyncIterator[bytes]:
        async with aclosing(further):
            yield first.content
            async for part in further:
                if not visit.still_may(action):
                    raise SignedOutError
                visit.keep_awake()
                yield part.content

    headers = {"content-disposition": visit.file(b"", name, kind).headers["content-disposition"]}
    return visit.stream(content(), kind, headers)
