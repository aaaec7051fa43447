"""What makes the node look at the clock: a sweep of all files at a steady pace, for as long as the node serves.

Which step time takes with a file is decided in ``sweeping``; what becomes of one that cannot be read, in ``damaged``. A
file that no step can be made of stops no clock but its own.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from node.cases import damaged, requests, store, sweeping
from node.cases.cleared import forget_cleared, is_any_cleared
from node.cases.ending import agreement_ends_with_deletion
from node.cases.files import Case, Referral
from node.cases.steps import Scene, Step
from node.cases.work import CaseWork
from symbolon.rpc.background import in_background
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.identity import Party
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long files are kept: hits nobody pursues, and files that are over."""

    unpursued: timedelta = timedelta(days=30)
    closed: timedelta = timedelta(days=365)


KEEPING = Keeping()


class Clockwork:
    """Takes the steps that time takes, for one node."""

    def __init__(self, work: CaseWork, keeping: Keeping = KEEPING) -> None:
        """Take what makes steps last, and how long files are kept."""
        self._work = work
        self._keeping = keeping

    @asynccontextmanager
    async def at_work(self, seconds: float) -> AsyncIterator[None]:
        """Sweep at once and then every ``seconds``, until the block ends; what fails is tried again at the next."""
        async with in_background(self._sweep_always(seconds)):
            yield

    async def _sweep_always(self, seconds: float) -> None:
        while True:
            try:
                await asyncio.to_thread(self.sweep)
            except Exception as error:  # noqa: BLE001  # a disk that is full now may not be so at the next
                logger.error("cases were not swept: %s at %s", type(error).__name__, innermost_place(error))
            await asyncio.sleep(seconds)

    def sweep(self) -> int:
        """Take every step that time takes; give how many. A few files are one commit, so a kill loses nothing."""
        scene = self._work.scene()
        taken = sum(self._sweep_page(page) for page in self.pages(scene))
        if requests.is_any_to_forget(self._work.file.connection, scene.now):
            with self._work.file.transaction() as connection:
                requests.forget(connection, scene.now)
        until = scene.now - self._keeping.closed
        if is_any_cleared(self._work.file.connection, until):
            with self._work.file.transaction() as connection:
                taken += forget_cleared(connection, until)
        if taken:
            self._work.file.shrink_log(0)
        return taken

    def pages(self, scene: Scene) -> Iterator[list[sqlite3.Row]]:
        """Give the rows that time does something with: their moment has come, or the agreement of a copy has ended."""
        connection = self._work.file.connection
        yield from store.ripe(connection, sweeping.woken_by(scene.now, self._keeping.unpursued, self._keeping.closed))
        for agreement, member in store.agreements_of_copies(connection):
            if agreement_ends_with_deletion(agreement, scene.own, Party.parse(member).name, scene):
                yield from store.copies(connection, agreement, member)

    def _sweep_page(self, rows: list[sqlite3.Row]) -> int:
        """Take the steps of some files together; where one of them cannot be taken, those of each by itself."""
        try:
            return self._sweep(rows)
        except Exception as error:  # one file must not stop the clock of all others
            if _is_not_the_files(error):
                raise
            if len(rows) == 1:
                _complain(error)
                return 0
            return sum(self._sweep_page([row]) for row in rows)

    def _sweep(self, rows: list[sqlite3.Row]) -> int:
        scene = self._work.scene()
        read = [(row, _readable(row)) for row in rows]
        ended = sum(self._end_damaged(row, scene) for row, file in read if file is None)
        files = [file for _, file in read if file is not None]
        if not any(self._step_of_time(file, scene) for file in files):
            return ended  # as mostly; no write lock for that
        with self._work.file.transaction() as connection:
            scene = self._work.scene()
            current = [file for file in (_again(connection, one) for one in files) if file is not None]
            taken = [(file, step) for file in current if (step := self._step_of_time(file, scene)) is not None]
            self._work.write(*(step for _, step in taken))
            for file, step in taken:
                self._work.keep(connection, file, step)
        return ended + len(taken)

    def _end_damaged(self, row: sqlite3.Row, scene: Scene) -> int:
        """End a file that nobody can read, where its time has come."""
        file = store.damaged_of(row)
        end = damaged.end(file, scene)
        if end is None:
            return 0
        with self._work.file.transaction() as connection:
            if not store.is_as_it_was(connection, row):
                return 0  # somebody has repaired it
            self._work.end_damaged(connection, file, end)
        return 1

    def _step_of_time(self, file: Case | Referral, scene: Scene) -> Step[Case | Referral] | None:
        try:
            return sweeping.next_step(file, scene, self._keeping.unpursued, self._keeping.closed)
        except Exception as error:  # noqa: BLE001  # one file must not stop the clock of all others
            _complain(error)
            return None


def _is_not_the_files(error: Exception) -> bool:
    """Say whether the log or the disk failed, so that every other file would fare the same."""
    return isinstance(error, sqlite3.Error) or getattr(error, "code", None) is ErrorCode.LOG_NOT_WRITABLE


def _readable(row: sqlite3.Row) -> Case | Referral | None:
    try:
        return store.read_ripe(row)
    except store.UnreadableFileError as error:
        logger.error("a file is not to be read: %s at %s", type(error).__name__, innermost_place(error))
        return None


def _complain(error: Exception) -> None:
    """Name the type and the place only: the text may quote a person's data."""
    logger.error("time stands still for one case: %s at %s", type(error).__name__, innermost_place(error))


def _again(connection: sqlite3.Connection, file: Case | Referral) -> Case | Referral | None:
    """Read a file once more, now that the write lock is held."""
    if isinstance(file, Case):
        return store.find_case(connection, file.member, file.reference)
    return store.find_referral(connection, file.reference)
