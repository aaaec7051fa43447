"""Delivering the envelopes of one query: check, count, log, fan out, report each outcome as it comes.

The order is the promise: nothing is delivered that is not counted and logged on disk, and no outcome is told that is
not. Deadlines are shaved before the fan-out, so that what is known can still be reported to the asker. When the asker
goes away, so do its deliveries.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from coordinator.directory import Directory
from coordinator.envelopes import read_envelopes
from coordinator.metering import DailyMeter
from coordinator.recording import answer_relayed, query_relayed
from coordinator.responders import Responders, failed
from ledger.log import Ledger
from matching.envelope import SealedQuery
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place
from symbolon.rpc.threads import in_thread
from symbolon.v1.relay_pb2 import DeliverResponse, DeliveryFailure

MOST_AT_ONCE = 128
"""Queries under way at the hub; one more is refused at once (`BUSY`)."""

MOST_OF_ONE_AGENCY = 32
"""Queries of one agency under way, so that none fills the hub for the others."""

CHECKING_THREADS = 2
"""Threads that check signatures and count, apart from all others: up to 64 signatures are checked before a query is
counted, and a place is held until its thread ends."""

REPORT_SECONDS = 0.5
"""Seconds of the asker's deadline kept back for reporting outcomes; a tenth of it where that is less."""

logger = logging.getLogger("symbolon.coordinator")


@dataclass(frozen=True)
class Allowance:
    """What an agency may use: queries a day, with exceptions by name, and the longest time a node gets in seconds."""

    queries_a_day: int
    queries_of: Mapping[str, int]
    delivery_seconds: float

    def queries(self, agency: str) -> int:
        """Give the agency's daily number."""
        return self.queries_of.get(agency, self.queries_a_day)


class Delivery:
    """Delivers for all askers."""

    def __init__(
        self,
        directory: Directory,
        responders: Responders,
        meter: DailyMeter,
        ledger: Ledger,
        allowance: Allowance,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the open parts; ``clock`` gives aware times."""
        self._directory = directory
        self._responders = responders
        self._meter = meter
        self._ledger = ledger
        self._allowance = allowance
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._checking = ThreadPoolExecutor(CHECKING_THREADS, thread_name_prefix="checking")

    async def deliver(
        self, caller: Party, envelopes: Sequence[bytes], remaining: Callable[[], float]
    ) -> AsyncGenerator[DeliverResponse, None]:
        """Give exactly one outcome for each envelope, in the order in which they come.

        ``remaining`` gives the seconds left of the asker's deadline. Raises `SymbolonError` before anything is
        delivered, as `read_envelopes` does, and `NOT_JOINED`, `QUOTA_EXHAUSTED`, `LOG_NOT_WRITABLE` or `BUSY`.
        """
        with self._place(caller):
            entry = self._directory.entry_of(caller)
            now = self._clock()
            queries = await in_thread(self._checking, read_envelopes, envelopes, caller, entry.signing, now)
            limit = self._allowance.queries(caller.name)
            await in_thread(self._checking, self._meter.take, now, caller.name, "queries", 1, limit)
            await query_relayed(self._ledger, queries, [len(raw) for raw in envelopes])
            seconds = min(shaved(remaining()), self._allowance.delivery_seconds)
            parcels = zip(queries, envelopes, strict=True)
            tasks = [asyncio.create_task(self._deliver_and_log(query, raw, seconds)) for query, raw in parcels]
            try:
                for outcome in asyncio.as_completed(tasks):
                    yield await outcome
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver_and_log(self, query: SealedQuery, envelope: bytes, seconds: float) -> DeliverResponse:
        started = time.monotonic()
        outcome = await self._deliver_one(query, envelope, seconds)
        await answer_relayed(self._ledger, query, _named(outcome), time.monotonic() - started)
        return outcome

    async def _deliver_one(self, query: SealedQuery, envelope: bytes, seconds: float) -> DeliverResponse:
        entry = self._directory.find(query.header.recipient)
        if entry is None:
            return failed(query.header.recipient, DeliveryFailure.DELIVERY_FAILURE_UNKNOWN_MEMBER)
        try:
            return await self._responders.deliver(entry, envelope, seconds)
        except Exception as error:  # noqa: BLE001  # whatever one node sends, the others' outcomes are told
            # The type and place only: the text may quote what the node sent.
            logger.error("%s: %s at %s", entry.member.uri, type(error).__name__, innermost_place(error))
            return failed(entry.member.uri, DeliveryFailure.DELIVERY_FAILURE_INVALID_REPLY)

    @contextlib.contextmanager
    def _place(self, caller: Party) -> Iterator[None]:
        if self._under_way.total() >= MOST_AT_ONCE or self._under_way[caller.uri] >= MOST_OF_ONE_AGENCY:
            raise SymbolonError(ErrorCode.BUSY)
        self._under_way[caller.uri] += 1
        try:
            yield
        finally:
            self._under_way[caller.uri] -= 1


def _named(outcome: DeliverResponse) -> str:
    """Name an outcome as the log does: ``reply``, ``unreachable``, ``refused`` and the like."""
    if outcome.WhichOneof("outcome") == "reply":
        return "reply"
    return DeliveryFailure.Name(outcome.failure).removeprefix("DELIVERY_FAILURE_").lower()


def shaved(seconds: float) -> float:
    """Give the time nodes get of the asker's remaining time."""
    return seconds - min(REPORT_SECONDS, seconds / 10)
