"""The bags that wait to be read: of each partner a few, and no more than a partner's own pace explains.

A partner sends a bag at every tick. Each bag read costs handlers, a commit and entries of the disclosure log, so what
one partner may cost is bounded here, before anything is read; and none takes the place of another's. By whom a bag says
it is counts unverified: the hub checks it, and a hub that lies could as well drop bags. What is dropped costs its
sender time, since what it carried comes again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matching.errors import ProtocolError
from matching.mailbag import Mailbag

MOST_WAITING = 8
"""Bags of one partner that wait to be read, and that may come at once after a pause."""

BAGS_A_TICK = 2
"""Bags of one partner that are read in one own tick in the long run: a partner's tick may be half of the own."""

logger = logging.getLogger("symbolon.node")


@dataclass
class _Share:
    """What one partner may still bring, when that was reckoned, and how many of its bags wait."""

    reckoned: float
    left: float = MOST_WAITING
    waiting: int = 0
    dropping: bool = False

    def admits(self, now: float, tick: float) -> bool:
        """Reckon up to now, and say whether one more has its place."""
        gained = BAGS_A_TICK * max(now - self.reckoned, 0) / tick
        self.left = min(self.left + gained, MOST_WAITING)
        self.reckoned = now
        return self.left >= 1 and self.waiting < MOST_WAITING


class Unread:
    """The queue of one node, for one event loop."""

    def __init__(self, tick: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the own tick in seconds."""
        self._tick = tick
        self._clock = clock
        self._shares: dict[str, _Share] = {}
        self._of_others = _Share(clock())
        self._queue: asyncio.Queue[tuple[_Share, bytes]] = asyncio.Queue()

    def expect(self, partners: Iterable[str]) -> None:
        """Give each of these a share of its own; all others have one together."""
        self._shares = {uri: self._shares.get(uri) or _Share(self._clock()) for uri in partners}

    def put(self, bag: bytes) -> None:
        """Let a bag wait, or drop it and say so where it is the first one dropped."""
        sender = _said_sender(bag)
        share = self._shares.get(sender, self._of_others)
        if share.admits(self._clock(), self._tick):
            share.left -= 1
            share.waiting += 1
            share.dropping = False
            self._queue.put_nowait((share, bag))
        elif not share.dropping:
            share.dropping = True
            who = sender if sender in self._shares else "others than partners"
            logger.warning("mailbags of %s are dropped: more come than one at each tick", who)

    async def get(self) -> bytes:
        """Wait for the bag that is to be read next."""
        share, bag = await self._queue.get()
        share.waiting -= 1
        return bag


def _said_sender(bag: bytes) -> str:
    try:
        return Mailbag.from_bytes(bag).header.sender
    except ProtocolError:
        return ""
