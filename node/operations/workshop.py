"""The node's long work, one at a time: an import or an enrolment in a process of its own, watched from the node's loop.

What was ordered stands in the spool until it is done, so what a stop of the node interrupted is begun again when the
node starts; imports and enrolments go on behind what they committed. The lock of the command line holds here, too:
while one runs at a terminal, the work waits for a while and then says that it is busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from node.operations.spool import Order, Spool
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

State = Literal["running", "done", "cancelled", "failed"]

WORKER = ("-m", "node.operations.worker")
STOP_SECONDS = 5.0
"""Seconds that the process gets to end by itself before it is killed; either is harmless."""

NOTHING_RUNS = "no import and no enrolment is running"

_SURE_SECONDS = 1.0  # of pace, before seconds left are said
_LONGEST_LINE = 64 * 1024


@dataclass(slots=True)
class Job:
    """One piece of work: what was ordered, where it stands, how far it is, what came of it.

    ``done`` and ``total`` are bytes of the list (import) or records (enrolment). ``found`` is what the import came to
    that an enrolment follows: who comes to look only then is told of it all the same.
    """

    order: Order
    is_resumed: bool = False
    found: Mapping[str, Any] = field(default_factory=dict)
    state: State = "running"
    done: int = 0
    total: int = 0
    error: str = ""
    detail: str = ""
    result: dict[str, Any] | None = None
    first: tuple[float, int] | None = None
    latest: float = 0.0

    def told(self, done: int, total: int, now: float) -> None:
        """Note how far it is; ``now`` is the monotonic clock's."""
        self.first = self.first or (now, done)
        self.done, self.total, self.latest = done, total, now

    def seconds_left(self) -> int | None:
        """Give the seconds left at the pace so far, or None where that is not known."""
        if self.state != "running" or self.first is None:
            return None
        began, from_where = self.first
        span, way = self.latest - began, self.done - from_where
        if span < _SURE_SECONDS or way <= 0:
            return None
        return round(span / way * max(0, self.total - self.done))


OnCutShort = Callable[[Order], None]
"""Called in a thread after an import was cancelled or has failed, before its upload is erased."""


class Workshop:
    """Runs what is ordered. All of it is called from the node's loop."""

    def __init__(self, folder: Path, spool: Spool, on_cut_short: OnCutShort = lambda _: None) -> None:
        """Take the node's folder and the spool."""
        self._folder = folder
        self._spool = spool
        self._on_cut_short = on_cut_short
        self._job: Job | None = None
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._is_stopping = False
        self._is_cancelled = False

    @property
    def job(self) -> Job | None:
        """Give the work that runs, or ran last since the node started."""
        return self._job

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Go on with what was interrupted; at the end of the block stop what runs, which goes on next time."""
        interrupted = await asyncio.to_thread(self._spool.interrupted)
        if interrupted is not None:
            self._begin(interrupted, is_resumed=True)
        try:
            yield
        finally:
            self._is_stopping = True
            await self._end_process()
            if self._task is not None:
                await asyncio.gather(self._task, return_exceptions=True)

    async def start(self, order: Order) -> None:
        """Begin; raise `SymbolonError` (`BUSY`) while other work runs."""
        if self._task is not None and not self._task.done():
            raise SymbolonError(ErrorCode.BUSY, "an import or enrolment of this node is running")
        self._begin(order)  # before anything is awaited, so that no other order comes between

    async def cancel(self) -> None:
        """Stop what runs; raise `SymbolonError` (`INVALID_INPUT`) where nothing does, or it ended by itself."""
        job, task = self._job, self._task
        if job is None or task is None or job.state != "running":
            raise SymbolonError(ErrorCode.INVALID_INPUT, NOTHING_RUNS)
        self._is_cancelled = True
        await self._end_process()
        await asyncio.shield(task)
        if job.result is not None:  # it was faster
            raise SymbolonError(ErrorCode.INVALID_INPUT, NOTHING_RUNS)

    def _begin(self, order: Order, found: Mapping[str, Any] | None = None, *, is_resumed: bool = False) -> None:
        self._is_cancelled = False
        self._job = Job(order, is_resumed, found or {})
        self._task = asyncio.create_task(self._run(self._job))

    async def _run(self, job: Job) -> None:
        try:
            await asyncio.to_thread(self._spool.order, job.order)
            outcome: State = "cancelled" if self._is_cancelled else await self._work(job)
            if self._is_stopping:
                return
            if outcome != "done" and job.order.kind == "import":
                await asyncio.to_thread(self._on_cut_short, job.order)
            following = self._following(job.order) if outcome == "done" else None
            await asyncio.to_thread(self._spool.done, job.order, following)
            if following is not None and self._is_cancelled:  # meanwhile
                await asyncio.to_thread(self._spool.done, following)
                following = None
        except Exception as error:  # noqa: BLE001  # a job that fails must not leave the workshop shut
            logger.error("%s ended: %s at %s", job.order.kind, type(error).__name__, innermost_place(error))
            job.state, job.error = "failed", ErrorCode.INTERNAL.code
            return
        job.state = outcome
        # Nothing is awaited since, so no other order came between.
        if following is not None and not self._is_stopping:
            self._begin(following, job.result)

    def _following(self, order: Order) -> Order | None:
        is_followed = order.enrol and not self._is_cancelled
        return Order(kind="enrolment", officer=order.officer) if is_followed else None

    async def _work(self, job: Job) -> State:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *WORKER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,  # an interrupt at the node's terminal reaches the node, which ends it
        )
        self._process = process
        if self._is_cancelled or self._is_stopping:  # while the process was being made
            await self._end_process()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # asked for above
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has ended: told below
            given = {"home": str(self._folder), "order": job.order.model_dump(mode="json")}
            process.stdin.write(json.dumps(given).encode() + b"\n")
            await process.stdin.drain()
        async for line in process.stdout:
            self._hear(job, json.loads(line))
        await process.wait()
        self._process = None
        if job.result is not None:  # and written down by the process
            return "done"
        if self._is_cancelled:
            return "cancelled"
        job.error = job.error or ErrorCode.INTERNAL.code
        logger.error("%s ended: %s", job.order.kind, job.error)
        return "failed"

    def _hear(self, job: Job, said: dict[str, Any]) -> None:
        if "result" in said:
            job.result = said["result"]
        elif "error" in said:
            job.error, job.detail = said["error"], said["detail"]
        elif "done" in said:
            job.told(said["done"], said["total"], time.monotonic())

    async def _end_process(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # the same
                process.kill()
