"""How many passwords are hashed at once: each takes 64 MiB and some tenths of a second, so a flood has to queue.

Browsers at which the officer signed in before have a queue of their own, so that a flood of strangers does not keep
the agency's people out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from symbolon.rpc.errors import ErrorCode, SymbolonError

AT_ONCE = 2
"""Passwords hashed at once, in each queue."""

MOST_WAITING = 16
"""Requests in a queue; one more is told that the node is busy."""


class Queue:
    """Lets so many work at once, and so many more wait."""

    def __init__(self) -> None:
        """Begin empty."""
        self._free = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn; raise `SymbolonError` (`BUSY`) where too many wait already."""
        if self._inside >= AT_ONCE + MOST_WAITING:
            raise SymbolonError(ErrorCode.BUSY)
        self._inside += 1
        try:
            async with self._free:
                yield
        finally:
            self._inside -= 1
