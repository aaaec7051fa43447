"""Whoever asks about one person goes first: lists wait while a single query is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_WAIT = 10.0
"""Seconds for which a row of a list gives way, so that a busy desk does not stop a list for good."""


class Precedence:
    """Counts the single queries under way. Belongs to one event loop."""

    def __init__(self) -> None:
        """Begin with none under way."""
        self._single = 0
        self._free = asyncio.Event()
        self._free.set()

    @contextmanager
    def single(self) -> Iterator[None]:
        """Keep lists back while the block lasts."""
        self._single += 1
        self._free.clear()
        try:
            yield
        finally:
            self._single -= 1
            if not self._single:
                self._free.set()

    async def give_way(self) -> None:
        """Wait until no single query is under way, for `LONGEST_WAIT` at most."""
        try:
            await asyncio.wait_for(self._free.wait(), LONGEST_WAIT)
        except TimeoutError:
            return
