"""How many passwords are hashed at once: each takes 64 MiB and some tenths of a second, so a flood has to queue.

Browsers at which the officer signed in before have a queue of their own, so that a flood of strangers does not keep
the agency's people out. Among strangers no address takes more than a part of the queue, so that somebody at a new
browser waits for few of them. What the identity provider is asked because of strangers queues likewise.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from symbolon.rpc.errors import ErrorCode, SymbolonError

AT_ONCE = 2
"""Passwords hashed at once, in each queue."""

MOST_WAITING = 16
"""Requests in a queue; one more is told that the node is busy."""

MOST_OF_ONE = 4
"""Requests of strangers at one address in a queue, at work or waiting."""


class Queue:
    """Lets so many work at once, and so many more wait."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """Begin empty."""
        self._at_once = at_once
        self._free = asyncio.Semaphore(at_once)
        self._inside: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, stranger: str = "") -> AsyncIterator[None]:
        """Wait for a turn; raise `SymbolonError` (`BUSY`) where too many wait already.

        ``stranger`` is the address of one; empty for somebody known, or where there is none.
        """
        is_over = self._inside.total() >= self._at_once + MOST_WAITING
        if is_over or (stranger and self._inside[stranger] >= MOST_OF_ONE):
            raise SymbolonError(ErrorCode.BUSY)
        self._inside[stranger] += 1
        try:
            async with self._free:
                yield
        finally:
            self._inside[stranger] -= 1
            self._inside += Counter()  # forgets who is not there any more
