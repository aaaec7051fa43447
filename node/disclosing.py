"""The stop rule: a node whose log nobody has witnessed for too long, or whose log cannot be written, discloses nothing.

A log that others have cosigned is what partners and courts can rely on afterwards; disclosing beyond it would be on
nobody's word but the node's own. So from then on queries are answered with nothing, in the same form and time as ever,
and content waits. Asking stays allowed: a question is written into the log of everybody who is asked and of the
coordinator, so it does not hang on the own log's word. It stops with the log itself, since no question leaves that was
not written down. Lists that are put with nobody before the screen wait, too (`node.batches`).

A node that starts for the first time has as long as any other until it must have been witnessed: its first witness may
be a coordinator that is being set up with it. Nothing here needs an operator: who is witnessed again goes on by itself.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ledger.entries import Statement
from ledger.exchange import Clocks, Exchange
from ledger.log import Ledger, telling_why
from ledger.log_events import DisclosureResumed, DisclosureStopped
from ledger.padding import pads
from symbolon.rpc.errors import SymbolonError

NOT_WITNESSED = "not_witnessed"
LOG_NOT_WRITABLE = "log_not_writable"

ROOM_BYTES = 16 * 1024 * 1024
"""Free bytes on the log's disk below which it counts as full: what a hit writes must not be what fills it, or the
failure would tell of the hit; and that disclosure stops can still be written down."""

LOOK_SECONDS = 5.0
"""Seconds between two looks at whether to stop or to resume; each decision asks by itself."""

logger = logging.getLogger("symbolon.node")


class Disclosing:
    """Says whether a node may disclose, and writes down when that changes."""

    def __init__(
        self,
        ledger: Ledger,
        path: Path,
        exchange: Exchange,
        limit: float,
        clocks: Clocks = Clocks(),  # noqa: B008  # frozen
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        """Take the log, where it lies and what has it witnessed; ``limit`` is in seconds."""
        self._ledger = ledger
        self._path = path
        self._exchange = exchange
        self._limit = limit
        self._clocks = clocks
        self._free = free
        self._stopped, self._since = _as_logged(ledger, path)
        self._is_written = True

    def reason(self) -> str:
        """Give why nothing may be disclosed now, or nothing where it may."""
        if self._ledger.is_failing or not self._path.exists() or not self._has_room():
            return LOG_NOT_WRITABLE
        if self._exchange.unwitnessed_seconds() > self._limit:
            return NOT_WITNESSED
        return ""

    @property
    def witnessed_at(self) -> int:
        """Give when enough witnesses had last cosigned one head, in Unix seconds; 0 for never."""
        return self._exchange.rounds.witnessed

    def refusals(self) -> dict[str, str]:
        """Give which witnesses refuse the head of the log, and what they say."""
        return self._exchange.refusals()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Have the log witnessed, and watch, until the block ends."""
        tasks = [asyncio.create_task(self._exchange.run()), asyncio.create_task(self._watch())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Say when disclosure stops or resumes, in the process's log and, once that can be written, in the log."""
        reason = self.reason()
        if reason and not self._stopped:
            self._stopped, self._since, self._is_written = reason, int(self._clocks.wall().timestamp()), False
            logger.critical("nothing is disclosed from now on: %s", _EXPLAINED[reason])
        try:
            if self._ledger.is_failing:
                await self._ledger.record(*pads(1))  # an attempt, for nothing else may be written for long
            if self._stopped and not self._is_written:
                await self._ledger.record(Statement(DisclosureStopped(reason=self._stopped)))
                self._is_written = True
            if self._stopped and not self.reason():
                await self._ledger.record(Statement(DisclosureResumed(reason=self._stopped, since=self._since)))
                logger.warning("disclosure goes on: the log is witnessed and can be written")
                self._stopped = ""
        except SymbolonError as error:
            logger.error("%s", error)

    def _has_room(self) -> bool:
        try:
            return self._free(self._path.parent) >= ROOM_BYTES
        except OSError:
            return False


def _as_logged(ledger: Ledger, path: Path) -> tuple[str, int]:
    """Give why and since when disclosure is stopped, by the log: a program before this one wrote it."""
    with telling_why(path):
        entry = ledger.last_of(("disclosure_stopped", "disclosure_resumed"))
    if entry is None or not isinstance(entry.event, DisclosureStopped):
        return "", 0
    return entry.event.reason, int(entry.time.timestamp())


_EXPLAINED = {
    NOT_WITNESSED: "too few others have cosigned the head of the disclosure log for too long; it goes on by itself"
    " once they have",
    LOG_NOT_WRITABLE: "the disclosure log cannot be written, or its disk has no room; it goes on by itself once it can",
}


def explained(reason: str) -> str:
    """Give a reason in words for the node's own operator."""
    return _EXPLAINED.get(reason, reason)
