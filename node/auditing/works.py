"""Long work for auditors: each in a thread of its own, one at a time, with progress, and what came of it for an hour.

A thread reads the log as it stands and keeps no more than the review itself does, so a log of a million entries takes
time and no memory. Works and their files are their officer's; a clock deletes what is over for an hour,
and all are gone when the node stops.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from agreements.sentences import Sentence
from auditing.reconciliation_outcome import Finding
from auditing.tables import Table
from node.auditing.viewing import telling_why
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

Kind = Literal["verification", "reconciliation", "report", "statistics", "export", "subject"]

KEPT_SECONDS = 3600.0

STOP_SECONDS = 5.0
"""Seconds that works under way get to notice that the node stops, before their files are deleted under them."""

MOST_WORKS = 12
"""Works of one officer that are kept; one more forgets the oldest that is over."""

MOST_WAITING = 8
"""Works of all officers that wait or run."""

_EVERY = 500
_Item = TypeVar("_Item")


class _StoppedError(Exception):
    """The node stops."""


@dataclass(slots=True)
class Work:
    """One work; ``folder`` is its own, for the files that come of it, and ``found`` is what comes of it beside them."""

    name: str
    kind: Kind
    officer: str
    folder: Path
    began: float
    stopping: threading.Event = field(repr=False)
    state: Literal["running", "done", "failed"] = "running"
    ended: float = 0.0
    gone: int = 0
    total: int = 0
    problem: str = ""
    files: list[str] = field(default_factory=list)
    tables: Sequence[Table] = ()
    findings: Sequence[Finding] = ()
    said: list[Sentence] = field(default_factory=list)
    found: object = None

    def follow(self, gone: int) -> None:
        """Note how far it is."""
        self.gone = gone
        if self.stopping.is_set():
            raise _StoppedError

    def tracked(self, items: Iterable[_Item], total: int) -> Iterator[_Item]:
        """Give the items, and note how far it is."""
        self.total = total
        for count, item in enumerate(items, 1):
            yield item
            if count % _EVERY == 0:
                self.follow(count)
        self.gone = total

    def write(self, name: str, content: bytes | Iterable[bytes]) -> None:
        """Write a file that comes of it."""
        self.keep(name, content)
        self.files.append(name)

    def keep(self, name: str, content: bytes | Iterable[bytes]) -> Path:
        """Write a file that the work needs, readable by the node only, and give its path."""
        path = self.folder / name
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
            target.writelines([content] if isinstance(content, bytes) else content)
        return path


class Works:
    """The works there are. Any thread may call; ``clock`` gives Unix seconds."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Name the folder, which is there, empty and this object's own."""
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._of: dict[str, Work] = {}
        self._threads: set[threading.Thread] = set()

    def start(self, kind: Kind, officer: str, run: Callable[[Work], None]) -> Work:
        """Begin a work; raise `SymbolonError` (`BUSY`) where too many wait."""
        with self._lock:
            if sum(one.state == "running" for one in self._of.values()) >= MOST_WAITING:
                raise SymbolonError(ErrorCode.BUSY, "other audits are under way: try again when they are over")
            self._make_room(officer)
            name = secrets.token_hex(16)
            folder = self._folder / name
            folder.mkdir(mode=0o700)
            work = self._of[name] = Work(name, kind, officer, folder, self._clock(), self._stopping)
            thread = threading.Thread(target=self._run, args=(work, run), name=f"audit-{kind}", daemon=True)
            self._threads = {one for one in self._threads if one.is_alive()} | {thread}
            thread.start()
        return work

    def find(self, officer: str, name: str) -> Work:
        """Give a work of this officer; raise `SymbolonError`."""
        with self._lock:
            self._forget_old()
            work = self._of.get(name)
        if work is None or work.officer != officer:
            raise SymbolonError(ErrorCode.NOT_FOUND, "no such work, or it is over for too long")
        return work

    def of(self, officer: str) -> list[Work]:
        """Give the works of an officer, the newest first."""
        with self._lock:
            self._forget_old()
            return [one for one in reversed(self._of.values()) if one.officer == officer]

    def forget(self) -> None:
        """Delete what is over for too long, whosever it is."""
        with self._lock:
            self._forget_old()

    def stop(self) -> None:
        """End what is under way, and delete the folder with everything that came of works."""
        self._stopping.set()
        until = time.monotonic() + STOP_SECONDS
        with self._lock:
            threads = [*self._threads]
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        with self._lock:
            self._of.clear()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, work: Work, run: Callable[[Work], None]) -> None:
        try:
            with self._turn, telling_why():
                work.follow(0)
                run(work)
            problem = None
        except _StoppedError:
            problem = ""
        except SymbolonError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, who waits must hear of it, and no more than that
            logger.error("an audit failed: %s at %s", type(error).__name__, innermost_place(error))
            problem = ErrorCode.INTERNAL.value.text
        work.ended, work.problem = self._clock(), problem or ""
        work.state = "done" if problem is None else "failed"  # last: what is over has its end

    def _forget_old(self) -> None:
        now = self._clock()
        over = [one for one in self._of.values() if one.state != "running"]
        self._delete([one for one in over if now - one.ended > KEPT_SECONDS])

    def _make_room(self, officer: str) -> None:
        """Leave of an officer's works that are over one fewer than are kept: another begins."""
        self._forget_old()
        own = [one for one in self._of.values() if one.officer == officer and one.state != "running"]
        self._delete(own[: max(0, len(own) - MOST_WORKS + 1)])

    def _delete(self, works: Iterable[Work]) -> None:
        for one in works:
            del self._of[one.name]
            shutil.rmtree(one.folder, ignore_errors=True)
