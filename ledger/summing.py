"""How what anybody can cause again and again is written down: at once, and yet so that a flood of it fills no log.

The first of a kind within a minute is entered before it is told or let through; those that follow are counted, and
their number is entered when the minute is over, or the server stops. So a kind costs two entries a minute, whatever
somebody does; a kill loses the number of the running minute, never that there were any. Kinds beyond `MOST_KINDS` are
counted together. Numbers that could not be written are entered with those of the next minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ledger.entries import Statement
from ledger.log import Ledger
from symbolon.rpc.background import in_background
from symbolon.rpc.errors import SymbolonError

logger = logging.getLogger("symbolon.ledger")

COUNTED_SECONDS = 60.0
"""Seconds that one number stands for."""

MOST_KINDS = 256
"""Kinds told apart in a minute."""


Kind = tuple[str, ...]
"""By what they are told apart; of a refused call its caller, method and reason."""


class Summed:
    """Entries of one sort. ``statement`` says that it was of a kind, so often; ``many`` is all beyond `MOST_KINDS`."""

    def __init__(self, ledger: Ledger, statement: Callable[[Kind, int], Statement], many: Kind) -> None:
        self._ledger = ledger
        self._statement = statement
        self._many = many
        self._after_first: Counter[Kind] = Counter()
        self._seen: set[Kind] = set()

    async def note(self, kind: Kind) -> None:
        """Write one down, or count it; raise `SymbolonError` (`LOG_NOT_WRITABLE`) where it was to be written."""
        if kind not in self._seen and len(self._seen) >= MOST_KINDS:
            kind = self._many
        if kind in self._seen:
            self._after_first[kind] += 1
            return
        self._seen.add(kind)
        try:
            await self._ledger.record(self._statement(kind, 1))
        except SymbolonError:
            self._seen.discard(kind)  # the next one is the first
            raise

    def count(self, kind: Kind) -> None:
        """Count one that could not be written down, and those that follow it within the minute."""
        self._seen.add(kind)
        self._after_first[kind] += 1
        self._bound()

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        """Enter the numbers minute by minute while the block runs, and the last ones at its end."""
        try:
            async with in_background(self._count()):
                yield
        finally:
            await self.enter()

    async def enter(self) -> None:
        """Enter the numbers of the minute that is over, and begin the next."""
        counted, self._after_first, self._seen = self._after_first, Counter(), set()
        statements = [self._statement(kind, number) for kind, number in counted.items()]
        try:
            if statements:
                await self._ledger.record(*statements)
        except SymbolonError as error:
            logger.error("what was counted is not written down yet: %s", error)
            self._after_first.update(counted)
            self._bound()

    def _bound(self) -> None:
        if len(self._after_first) > MOST_KINDS:
            self._after_first = Counter({self._many: self._after_first.total()})

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(COUNTED_SECONDS)
            await self.enter()
