"""Batches at work: each row marked, asked, stored; few at a time, after single queries, and no longer than allowed.

Before each row the owner must still be an officer who may query, and the node must still disclose. A quota that is used
up, an agreement or custodian that fails, a log that cannot be written stop the batch: its rows wait, and its owner lets
it go on. What became of rows that a dead process was asking is read off the log first (`node.batches.settling`).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from ledger.log import Ledger
from matching.envelope import QUERY_ID_BYTES
from node.batches import recording
from node.batches.kept import Batch, TakenRow
from node.batches.reading import subject_of
from node.batches.settling import HasCase, left_of
from node.batches.states import BatchState, KeptOutcome, kept, not_asked
from node.batches.store import BatchStore
from node.officers.register import Officer, Role
from node.queries.asking import Step
from node.queries.outcomes import NodeOutcome
from node.queries.plan import Question, Reach
from node.queries.precedence import Precedence
from node.queries.wire import question_about
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

ROWS_AT_ONCE = 4
"""Rows of all batches that are being asked at once."""

MARGIN_SECONDS = 10.0
"""Seconds that a row may take beside those of the relay."""

SWEEP_SECONDS = 60.0
"""Seconds from one look for batches whose time is over to the next."""

NO_MEMBER = "it is no member of the federation any more"

_OF_THE_ROW = frozenset({ErrorCode.INVALID_INPUT, ErrorCode.QUERY_TOO_THIN})
"""Errors that say something of the row, and nothing of the next."""

_STOPS: dict[ErrorCode, str] = {ErrorCode.QUOTA_EXHAUSTED: "quota"}
"""How a stop is called where it has a name of its own; else it is the error's code."""


class Asks(Protocol):
    """What puts queries: `node.queries.asking.Asker`."""

    async def reach(self, draft: Question) -> Reach:
        """Say whom a question would be put to."""
        ...

    def ask(
        self, question: Question, until: float, query_id: bytes | None = None
    ) -> AsyncGenerator[Step | NodeOutcome, None]:
        """Put a question."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What batches work with: all of it the node's own and shared with single queries."""

    asker: Asks
    ledger: Ledger
    precedence: Precedence
    roles_of: Callable[[str], Collection[Role]]
    stopped: Callable[[], str]
    has_case: HasCase
    seconds: float
    days: int


class Batches:
    """The batches that are being asked; belongs to one event loop."""

    def __init__(self, store: BatchStore, means: Means) -> None:
        """Take what is kept, and what it takes to ask."""
        self.store = store
        self.means = means
        self._slots = asyncio.Semaphore(ROWS_AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._starting = asyncio.Lock()
        self._pace: dict[str, float] = {}

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Settle what was interrupted, go on with what was running, and erase what is over, until the block ends."""
        await _telling(self.settle)  # before anything is asked, or it would be taken for interrupted
        sweeping = asyncio.create_task(self._work())
        try:
            yield
        finally:
            self._again.clear()
            tasks = [sweeping, *self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def start(self, reference: str, user: str, *, ask_unknown: bool) -> None:
        """Let a batch be asked, or go on; raise `SymbolonError` where it is over, or has no row to ask."""

        def record(batch: Batch) -> None:
            recording.batch_started(self.means.ledger, batch, user)

        async with self._starting:
            now = datetime.now(UTC)
            await asyncio.to_thread(lambda: self.store.begin(reference, now, record, ask_unknown=ask_unknown))
            self.go_on(reference)

    def go_on(self, reference: str) -> None:
        """Ask the rows that wait; where that is under way and about to end, once more after its end."""
        if reference in self._running:
            self._again.add(reference)
            return
        task = asyncio.create_task(self._run(reference))
        self._running[reference] = task
        task.add_done_callback(lambda _: self._ended(reference))

    def _ended(self, reference: str) -> None:
        del self._running[reference]
        self._pace.pop(reference, None)
        if reference in self._again:
            self._again.discard(reference)
            self.go_on(reference)

    def seconds_left(self, batch: Batch) -> int:
        """Estimate the seconds until the last row is asked; 0 where nothing is known of it."""
        return round(self._pace.get(batch.reference, 0.0) * batch.count("waiting", "asking"))

    async def settle(self, reference: str = "") -> None:
        """Read off the log what became of the rows that a dead process was asking; of one batch, or of all."""
        marked = await asyncio.to_thread(self.store.interrupted)
        rows = [row for row in marked if reference in ("", row.batch)]
        left = await asyncio.to_thread(left_of, rows, self.means.ledger, self.means.has_case)
        for row in rows:
            await asyncio.to_thread(self.store.settle, row, left[row.query_id])

    async def sweep(self, now: datetime) -> None:
        """Erase batches whose time is over, and stop those that count as running and that nobody asks."""
        for batch in await asyncio.to_thread(self.store.all):
            if batch.state == "running":
                await _telling(partial(self._stop_if_left, batch.reference))
            elif batch.kept_until(self.means.days) <= now:
                await _telling(partial(asyncio.to_thread, self.store.erase, batch.reference, self._over))

    def _over(self, batch: Batch) -> None:
        if batch.state != "prepared":  # of which nobody has heard
            recording.batch_erased(self.means.ledger, batch, "")

    async def _stop_if_left(self, reference: str) -> None:
        async with self._starting:  # or it could be one that is about to be asked
            if reference not in self._running:
                await self._conclude(reference, ["interrupted"])

    async def _work(self) -> None:
        await _telling(self._go_on_with_all)
        while True:
            await _telling(lambda: self.sweep(datetime.now(UTC)))
            await asyncio.sleep(SWEEP_SECONDS)

    async def _go_on_with_all(self) -> None:
        for batch in await asyncio.to_thread(self.store.all, "running"):
            self.go_on(batch.reference)

    async def _run(self, reference: str) -> None:
        reasons: list[str] = []
        asking: set[asyncio.Task[None]] = set()
        try:
            while (row := await self._next(reference, reasons)) is not None:
                task = asyncio.create_task(self._ask(row, reasons))
                asking.add(task)
                task.add_done_callback(asking.discard)
            await asyncio.gather(*asking)
        except Exception as error:  # noqa: BLE001  # whatever it is, a batch that nobody asks must not count as running
            logger.error("a batch is asked no further: %s at %s", type(error).__name__, innermost_place(error))
            reasons.append("interrupted")
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        await _telling(partial(self._end, reference, reasons))  # where that fails, the next sweep does it

    async def _end(self, reference: str, reasons: list[str]) -> None:
        async with self._starting:  # so whoever lets it go on has done so, or finds it as it then stands
            if reference not in self._again:
                await self._conclude(reference, reasons)

    async def _next(self, reference: str, reasons: list[str]) -> TakenRow | None:
        """Wait for a slot, and mark the next row; none where none waits, or a reason to stop has come up meanwhile."""
        await self._slots.acquire()
        row = None
        try:
            await self.means.precedence.give_way()
            batch = await asyncio.to_thread(self.store.named, reference)
            if reason := self._may_not_ask(batch):
                reasons.append(reason)
            if not reasons:
                row = await asyncio.to_thread(self._take, reference)
        finally:
            if row is None:
                self._slots.release()
        return row

    def _take(self, reference: str) -> TakenRow | None:
        return self.store.take(reference, secrets.token_bytes(QUERY_ID_BYTES), self.means.ledger.count())

    def _may_not_ask(self, batch: Batch) -> str:
        roles = frozenset(self.means.roles_of(batch.owner))
        if not Officer(batch.owner, roles).may("query"):
            return "officer"
        return "disclosing_stopped" if self.means.stopped() else ""

    async def _ask(self, row: TakenRow, reasons: list[str]) -> None:
        began = time.monotonic()
        reason = ""
        try:
            reason = await self._asked(row, await asyncio.to_thread(self.store.named, row.batch))
        except Exception as error:  # noqa: BLE001  # whatever it is, the row is not lost: the log says what left
            logger.error("a row of a batch failed: %s at %s", type(error).__name__, innermost_place(error))
            reason = "interrupted"
        finally:
            if reason:
                reasons.append(reason)
            self._slots.release()
        pace, took = self._pace.get(row.batch), (time.monotonic() - began) / ROWS_AT_ONCE
        self._pace[row.batch] = took if pace is None else 0.8 * pace + 0.2 * took

    async def _asked(self, row: TakenRow, batch: Batch) -> str:
        """Ask about a row and store what came of it; give why the batch must stop, or nothing."""
        question = question_about(subject_of(row.person), batch.query, batch.owner)
        try:
            outcomes = await self._outcomes(row, question)
        except SymbolonError as error:
            if error.code is ErrorCode.LOG_NOT_WRITABLE:
                raise  # what left and what came is not known until the log can be read
            if error.code in _OF_THE_ROW:
                await asyncio.to_thread(self.store.fail, row, str(error))
                return ""
            await asyncio.to_thread(self.store.put_back, row)
            return _STOPS.get(error.code, error.code.code)
        state = await asyncio.to_thread(self.store.store, row, outcomes)
        return "quota" if state == "waiting" else ""

    async def _outcomes(self, row: TakenRow, question: Question) -> list[KeptOutcome]:
        """Ask all, those that the list names, or those who are still to be asked; who has left costs no other's word.

        Raises `SymbolonError` as asking does, before anything is sent.
        """
        outcomes: list[KeptOutcome] = []
        if named := row.recipients or question.recipients:
            reach = await self.means.asker.reach(replace(question, recipients=named))
            outcomes += [not_asked(one, NO_MEMBER) for one in named if one not in reach.members]
            if not reach.planned:
                if not row.recipients:
                    raise SymbolonError(ErrorCode.NO_AGREEMENT)
                return [*outcomes, *map(kept, reach.not_asked)]
            question = replace(question, recipients=tuple(one for one in named if one in reach.members))
        until = time.monotonic() + self.means.seconds + MARGIN_SECONDS
        async with aclosing(self.means.asker.ask(question, until, row.query_id)) as events:
            async for event in events:
                if isinstance(event, NodeOutcome):
                    outcomes.append(kept(event))
        return outcomes

    async def _conclude(self, reference: str, reasons: list[str]) -> None:
        """Say in the log how far the batch came, and let it stand so."""
        await self.settle(reference)
        batch = await asyncio.to_thread(self.store.named, reference)
        if batch.state != "running":
            return
        is_open = batch.count("waiting", "asking", "unknown") > 0
        reason = next(iter(reasons), "interrupted") if is_open else ""
        await asyncio.to_thread(recording.batch_ended, self.means.ledger, batch, reason)
        state: BatchState = "stopped" if is_open else "finished"
        await asyncio.to_thread(self.store.change, reference, state, reason, datetime.now(UTC))


async def _telling(work: Callable[[], Awaitable[None]]) -> None:
    """Do a piece of work; what fails is told, by its type and place only, and does not end the others."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001  # a batch must not end the clock of all others
        logger.error("batches: %s at %s", type(error).__name__, innermost_place(error))
