"""Evaluating blinded elements: who pays, how many at once, and only then the arithmetic.

An element is counted, durably, before it is evaluated, and logged before it leaves: the log's commit costs no time, as
it runs beside the arithmetic. What is refused for its form or epoch is not counted. Queries
get a proof (RFC 9497 VOPRF), enrolment none: its caller checks with hidden canaries. The arithmetic runs in threads:
queries in a few lanes, enrolment in one lane and in slices, so that no list delays a query by more than a slice.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from coordinator.custodian.recording import elements_evaluated
from coordinator.metering import DailyMeter
from ledger.log import Ledger
from matching.errors import ProtocolError
from matching.oblivious import Evaluation, PrivateKey, evaluate, evaluate_with_proof, split_elements
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from symbolon.rpc.threads import in_thread

MOST_QUERY_ELEMENTS = 256
"""Elements of one query call: the largest lockbox. A query under several bit budgets takes several calls."""

MOST_ENROLMENT_ELEMENTS = 16_384
"""Elements of one enrolment call: about a second of one core."""

MOST_WAITING = 128
"""Calls waiting for the arithmetic; one more is refused at once (`BUSY`), before anything is counted."""

MOST_QUERIES_OF_ONE_AGENCY = 32
"""Query calls of one agency inside, waiting or computed: as many as a coordinator takes of it at once."""

MOST_ENROLMENTS_OF_ONE_AGENCY = 4
"""Enrolment calls of one agency inside, so that no agency fills the lane for the others."""

SLICE_ELEMENTS = 1_024
"""Enrolment elements evaluated between two looks at whether the caller still waits."""

Result = TypeVar("Result")

_QUERY_LANES = max(2, os.cpu_count() or 1)


@dataclass(frozen=True)
class Quota:
    """Elements a day for one use: the general number, and those of agencies with another."""

    a_day: int
    of: Mapping[str, int]

    def limit(self, agency: str) -> int:
        """Give the agency's number."""
        return self.of.get(agency, self.a_day)


class _Lane:
    """Lets a few calls compute at once and a bounded number wait, of all agencies and of each."""

    def __init__(self, width: int, most_of_one: int) -> None:
        self._turns = asyncio.Semaphore(width)
        self._most = width + MOST_WAITING
        self._most_of_one = most_of_one
        self._inside: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def place(self, caller: Party) -> AsyncIterator[asyncio.Semaphore]:
        """Give the turns to take; raise `BUSY` when too many are inside, or too many of the caller's."""
        if self._inside.total() >= self._most or self._inside[caller.uri] >= self._most_of_one:
            raise SymbolonError(ErrorCode.BUSY)
        self._inside[caller.uri] += 1
        try:
            yield self._turns
        finally:
            self._inside[caller.uri] -= 1


class Evaluator:
    """The key of one epoch behind its quotas."""

    def __init__(
        self,
        epoch: str,
        key: PrivateKey,
        meter: DailyMeter,
        quotas: tuple[Quota, Quota],
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the open meter and log, and the quotas for queries and enrolment; ``clock`` gives aware times."""
        self._epoch = epoch
        self._key = key
        self._meter = meter
        self._query_quota, self._enrolment_quota = quotas
        self._ledger = ledger
        self._clock = clock
        self._query_lane = _Lane(_QUERY_LANES, MOST_QUERIES_OF_ONE_AGENCY)
        self._enrolment_lane = _Lane(1, MOST_ENROLMENTS_OF_ONE_AGENCY)

    async def for_query(self, caller: Party, epoch: str, blinded: bytes) -> Evaluation:
        """Count and evaluate with a proof.

        Raises `SymbolonError`: `EPOCH_MISMATCH`, `MALFORMED`, `QUOTA_EXHAUSTED`, `LOG_NOT_WRITABLE` or `BUSY`.
        """
        elements = self._checked(epoch, blinded, MOST_QUERY_ELEMENTS)
        async with self._query_lane.place(caller) as turns:
            await self._count(caller, "query elements", len(elements), self._query_quota)
            async with self._logged(caller, "query", len(elements)), turns:
                return await _arithmetic(evaluate_with_proof, self._key, elements)

    async def for_enrolment(self, caller: Party, epoch: str, blinded: bytes) -> tuple[bytes, ...]:
        """Count and evaluate without a proof; raises as `for_query` does."""
        elements = self._checked(epoch, blinded, MOST_ENROLMENT_ELEMENTS)
        async with self._enrolment_lane.place(caller) as turns:
            await self._count(caller, "enrolment elements", len(elements), self._enrolment_quota)
            evaluated: list[bytes] = []
            async with self._logged(caller, "enrolment", len(elements)):
                for start in range(0, len(elements), SLICE_ELEMENTS):
                    part = elements[start : start + SLICE_ELEMENTS]
                    async with turns:
                        evaluated += await _arithmetic(evaluate, self._key, part)
            return tuple(evaluated)

    def _checked(self, epoch: str, blinded: bytes, most: int) -> tuple[bytes, ...]:
        if epoch != self._epoch:
            raise SymbolonError(ErrorCode.EPOCH_MISMATCH, f"the live epoch is {self._epoch}")
        try:
            elements = split_elements(blinded)
        except ProtocolError:
            raise SymbolonError(ErrorCode.MALFORMED, "blinded: not a whole number of elements") from None
        if len(elements) > most:
            raise SymbolonError(ErrorCode.MALFORMED, f"blinded: more than {most} elements in a call")
        return elements

    @contextlib.asynccontextmanager
    async def _logged(self, caller: Party, use: str, elements: int) -> AsyncIterator[None]:
        """Have the entry on disk when the block ends, whatever came of it; raise `LOG_NOT_WRITABLE` otherwise."""
        written = asyncio.create_task(elements_evaluated(self._ledger, caller, use, self._epoch, elements))
        try:
            yield
        finally:
            await written

    async def _count(self, caller: Party, kind: str, amount: int, quota: Quota) -> None:
        limit = quota.limit(caller.name)
        await in_thread(None, self._meter.take, self._clock(), caller.name, kind, amount, limit)


async def _arithmetic(
    work: Callable[[PrivateKey, Sequence[bytes]], Result], key: PrivateKey, elements: Sequence[bytes]
) -> Result:
    try:
        return await in_thread(None, work, key, elements)
    except ProtocolError:
        raise SymbolonError(ErrorCode.MALFORMED, "blinded: an element is not valid") from None
