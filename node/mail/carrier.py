"""When bags leave and how they are taken: nothing of it depends on what is in them.

Partners are served one after the other, in the order of their URIs, in slots of equal length that fill the tick. A bag
is made shortly before its slot and leaves on it; whether the one before has arrived is not waited for. A bag that comes
is put into a queue and answered at once, and read afterwards; what has no place there (`unread`) is dropped, which
costs its sender nothing but time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar, TypeVarTuple

import grpc

from node.mail.post_room import PostRoom
from node.mail.unread import Unread
from symbolon.rpc.channel import answered
from symbolon.rpc.errors import SymbolonError
from symbolon.rpc.server import innermost_place
from symbolon.rpc.threads import in_thread
from symbolon.v1.mail_pb2 import CarryRequest
from symbolon.v1.mail_pb2_grpc import PostStub
from symbolon.v1.relay_pb2 import DeliveryFailure

CARRY_SECONDS = 10.0
"""Deadline of handing a bag to the coordinator, who hands it on."""

MOST_LEAD = 1.0
"""Seconds before its slot in which a bag is made; half a slot where that is less."""

logger = logging.getLogger("symbolon.node")

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class Carrier:
    """Carries for one node for as long as `at_work` is open."""

    def __init__(
        self,
        room: PostRoom,
        hub: grpc.aio.Channel,
        tick: float,
        refresh: Callable[[], Awaitable[object]],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the open parts; ``tick`` is in seconds, ``refresh`` asks the directory for new members and keys."""
        self._room = room
        self._post = PostStub(hub)
        self._tick = tick
        self._refresh = refresh
        self._clock = clock
        self._unread = Unread(tick)
        self._under_way: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mail")

    def accept(self, bag: bytes) -> None:
        """Take whatever the coordinator brings; nothing is said of it, neither here nor to the coordinator."""
        self._unread.put(bag)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Send and read bags until the block ends."""
        work = [asyncio.create_task(self.run()), asyncio.create_task(self._read())]
        try:
            yield
        finally:
            ending = [*work, *self._under_way]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            self._thread.shutdown()

    async def run(self) -> None:
        """Send a bag to each partner every tick, the first one after one slot, until cancelled."""
        slot = _now()
        while True:
            partners = await self._partners()
            length = self._tick / max(len(partners), 1)
            for partner in partners:
                slot = _next(slot, length)
                await _until(slot - min(length / 2, MOST_LEAD))
                bag = await self._survived(f"mail for {partner}", self._room.make_bag, partner, self._clock())
                await _until(slot)
                if bag is not None:
                    self._send(partner, bag)
            if not partners:
                slot = _next(slot, length)
                await _until(slot)
            await self._survived("mail set aside", self._room.hand_over_again)
            await self._look_up()

    async def _partners(self) -> list[str]:
        known = await self._survived("mail", self._room.partners)
        if known is not None:
            self._unread.expect(known)
        return known or []

    async def _look_up(self) -> None:
        try:
            await self._refresh()
        except Exception as error:  # noqa: BLE001  # a log or a disk that is full must not end the mail for good
            logger.warning("mail goes on with the members known: %s", type(error).__name__)

    async def _read(self) -> None:
        while True:
            bag = await self._unread.get()
            await self._survived("mail that came", self._room.read_bag, bag, self._clock())

    def _send(self, partner: str, bag: bytes) -> None:
        task = asyncio.create_task(self._carry(partner, bag))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry(self, partner: str, bag: bytes) -> None:
        try:
            carried = await answered(self._post.Carry(CarryRequest(bag=bag), timeout=CARRY_SECONDS))
        except SymbolonError as error:
            logger.warning("mail for %s: %s", partner, error)
            return
        if carried.HasField("failure"):
            failure = DeliveryFailure.Name(carried.failure).removeprefix("DELIVERY_FAILURE_").lower()
            logger.info("mail for %s: %s", partner, failure)

    async def _survived(self, what: str, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result | None:
        """Work in the mail's own thread; None when it failed, since the next tick comes whatever happens."""
        try:
            return await in_thread(self._thread, work, *arguments)
        except Exception as error:  # noqa: BLE001  # a full disk today must not end the mail for good
            # The type and place only: the text may quote a message.
            logger.error("%s: %s at %s", what, type(error).__name__, innermost_place(error))
            return None


def _now() -> float:
    return asyncio.get_running_loop().time()


def _next(slot: float, length: float) -> float:
    """Give the next slot; those that were missed altogether are not caught up on in a burst."""
    return max(slot + length, _now())


async def _until(moment: float) -> None:
    await asyncio.sleep(max(moment - _now(), 0))
