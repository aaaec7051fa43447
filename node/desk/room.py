"""Room at the desk: how many calls officers have under way, so that their loops leave room for partners.

A node's server takes a number of calls (`symbolon.rpc.server.MOST_CALLS`), its partners' and its officers' alike, and
its threads work for both. What officers have under way is bounded here, for each officer and for all, over gRPC and at
the console together; one call more is refused (`BUSY`) at once, and may be made again. The node's state is told from
room of its own, since it is asked for when something is wrong, and answers of the console that go on, which mostly
wait, are counted apart.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc

from node.officers.access import DeskAccess
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

MOST_OF_DESK = 128
"""Calls under way of all officers: half of what the server takes."""

MOST_OF_OFFICER = 32
"""Calls under way of one officer, who may be a national system."""

MOST_OF_NOBODY = 16
"""Calls under way that name no officer: the node's state."""

MOST_STREAMS = 256
"""Answers of the console that go on, of all officers: a quarter of the connections it takes."""

MOST_STREAMS_OF_OFFICER = 32
"""Of one officer: his browsers, `console.session.MOST_OF_ONE`, have six connections each."""

_ALL, _NOBODY, _OFFICER = "all officers", "nobody", "one officer"
_STREAMS, _STREAMS_OF_OFFICER = "all officers, which go on", "one officer, which go on"


class Room:
    """Counts the calls under way; belongs to one event loop."""

    def __init__(self) -> None:
        """Begin with none."""
        self._under_way: Counter[tuple[str, str]] = Counter()

    @asynccontextmanager
    async def called(self, access: DeskAccess, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Officer]:
        """Give the officer who calls while the call lasts; raise `SymbolonError`: `BUSY`, or as `access` does."""
        with self._one(_ALL, "", MOST_OF_DESK):
            officer = await access.officer_of(context)
            with self._one(_OFFICER, officer.name, MOST_OF_OFFICER):
                yield officer

    @contextmanager
    def of_officer(self, name: str) -> Iterator[None]:
        """Hold a call of an officer who is known already; raise `SymbolonError` (`BUSY`)."""
        with self._one(_ALL, "", MOST_OF_DESK), self._one(_OFFICER, name, MOST_OF_OFFICER):
            yield

    @contextmanager
    def of_stream(self, name: str) -> Iterator[None]:
        """Hold an answer to an officer that goes on; raise `SymbolonError` (`BUSY`)."""
        with self._one(_STREAMS, "", MOST_STREAMS), self._one(_STREAMS_OF_OFFICER, name, MOST_STREAMS_OF_OFFICER):
            yield

    @contextmanager
    def of_nobody(self) -> Iterator[None]:
        """Hold a call that names no officer; raise `SymbolonError` (`BUSY`)."""
        with self._one(_NOBODY, "", MOST_OF_NOBODY):
            yield

    @contextmanager
    def _one(self, whose: str, name: str, most: int) -> Iterator[None]:
        of = whose, name
        if self._under_way[of] >= most:
            logger.warning("desk: a call is refused: %d of %s are under way", most, whose)
            raise SymbolonError(ErrorCode.BUSY)
        self._under_way[of] += 1
        try:
            yield
        finally:
            self._under_way[of] -= 1
            if not self._under_way[of]:
                del self._under_way[of]
