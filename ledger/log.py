"""The log on disk: append-only, numbered, chained, and durable before `record` returns.

One thread writes; everybody who waits while it commits goes into the next transaction together (group commit), because
a commit to disk costs the same for one entry as for hundreds. Several processes may append to one file. A log that
cannot be written says so to every waiter (`LOG_NOT_WRITABLE`), and is tried again by the next.

The log is also the replay cache: `admit` writes an entry and remembers a digest in one transaction, and refuses a
digest that it has seen, also after a restart.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from ledger.entries import (
    FIRST_PREVIOUS,
    DamagedLogError,
    Entry,
    Opening,
    Statement,
    check_opening,
    make_entry,
    read_entry,
)
from symbolon.rpc.errors import ErrorCode, SymbolonError

MOST_TOGETHER = 512
"""Submissions that share one commit at most."""

_BUSY_SECONDS = 10.0  # another process may be committing
_TABLES = """
CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS opening (
  entry INTEGER NOT NULL, field TEXT NOT NULL, salt BLOB NOT NULL, value TEXT NOT NULL, PRIMARY KEY (entry, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (digest BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_expiry ON seen (expires_at);
"""


class AlreadySeenError(Exception):
    """The digest was admitted before."""


@dataclass(frozen=True, slots=True)
class _Seen:
    digest: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class _Submission:
    statements: Sequence[Statement]
    seen: _Seen | None
    done: Future[tuple[Entry, ...]] = field(default_factory=Future)


_Outcome = tuple[Entry, ...] | Exception


class Ledger:
    """One party's disclosure log; a context manager. Any thread may call."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises `SymbolonError`: `LOG_NOT_WRITABLE` when it cannot be written, `INVALID_INPUT` when its end is damaged.
        """
        self._path = path
        self._waiting: queue.SimpleQueue[_Submission | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._connect() as connection:
                connection.executescript(_TABLES)
                _check_end(connection)
        except (sqlite3.Error, OSError) as error:
            raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE, f"{path}: {type(error).__name__}") from None
        except DamagedLogError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path}: {error}; run symbolon audit verify") from None
        self._writer = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._writer.start()

    def __enter__(self) -> Self:
        """Give the log."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the log."""
        self.close()

    def close(self) -> None:
        """Write what waits, then stop; later calls raise `SymbolonError`."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._writer.join()

    def append(self, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements in one transaction and give their entries once they are on disk."""
        return self._submit(statements, None).result()

    async def record(self, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements in one transaction and give their entries once they are on disk.

        Raises `SymbolonError` (`LOG_NOT_WRITABLE`); then nothing of it was written and nothing may be disclosed.
        """
        return await asyncio.wrap_future(self._submit(statements, None))

    async def admit(self, digest: bytes, expires_at: int, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements unless ``digest`` was admitted before; then raise `AlreadySeenError` and write nothing.

        The digest is remembered until ``expires_at`` (Unix seconds) has passed.
        """
        return await asyncio.wrap_future(self._submit(statements, _Seen(digest, expires_at)))

    def count(self) -> int:
        """Give the number of entries."""
        with self._connect() as connection:
            found: int = connection.execute("SELECT COALESCE(MAX(number), 0) FROM entry").fetchone()[0]
            return found

    def entries(self, first: int = 1) -> Iterator[Entry]:
        """Give the entries from a number on, each checked against the one before it, in constant memory.

        Raises `DamagedLogError` naming the first entry that does not verify.
        """
        with self._connect() as connection:
            previous = _hash_before(connection, first)
            number = first
            rows = connection.execute(
                "SELECT number, hash, body FROM entry WHERE number >= ? ORDER BY number", (first,)
            )
            for found, stored_hash, body in rows:
                if found != number:
                    raise DamagedLogError(f"entry {number} is missing")
                entry = read_entry(body, number, previous)
                if entry.leaf_hash != stored_hash:
                    raise DamagedLogError(f"entry {number} has not the hash it was stored with")
                yield entry
                previous, number = entry.leaf_hash, number + 1

    def verify(self) -> int:
        """Check every entry, link and opening that is still there; give the number of entries.

        Raises `DamagedLogError` naming the first that fails. It finds any change within the log; that all of it was
        rewritten is for witnesses to find.
        """
        count = 0
        for entry in self.entries():
            for opening in self.openings(entry.number):
                check_opening(entry, opening)
            count += 1
        return count

    def openings(self, number: int) -> tuple[Opening, ...]:
        """Give what is personal in an entry and not erased. Whoever shows it writes `AuditorAccess` first."""
        with self._connect() as connection:
            rows = connection.execute(
                "SELECT field, salt, value FROM opening WHERE entry = ? ORDER BY field", (number,)
            ).fetchall()
        return tuple(Opening(*row) for row in rows)

    def _connect(self) -> closing[sqlite3.Connection]:
        return closing(_open(self._path))

    def _submit(self, statements: Sequence[Statement], seen: _Seen | None) -> Future[tuple[Entry, ...]]:
        submission = _Submission(tuple(statements), seen)
        with self._closing:
            if self._closed:
                raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE, "the log is closed")
            self._waiting.put(submission)
        return submission.done

    def _write(self) -> None:
        connection: sqlite3.Connection | None = None
        ends = False
        while not ends and (first := self._waiting.get()) is not None:
            together, ends = _gather(self._waiting, first)
            try:
                connection = connection or _open(self._path)
                outcomes = _commit(connection, together)
            except (sqlite3.Error, OSError, DamagedLogError) as error:
                failure = SymbolonError(ErrorCode.LOG_NOT_WRITABLE, type(error).__name__)
                outcomes = [failure] * len(together)
                if connection is not None:
                    connection.close()  # which rolls back; the next submission tries anew
                    connection = None
            for submission, outcome in zip(together, outcomes, strict=True):
                _settle(submission.done, outcome)
        if connection is not None:
            connection.close()


def _commit(connection: sqlite3.Connection, together: Sequence[_Submission]) -> list[_Outcome]:
    now = datetime.now(UTC)
    connection.execute("BEGIN IMMEDIATE")
    number, previous = _last(connection)
    connection.execute("DELETE FROM seen WHERE expires_at < ?", (int(now.timestamp()),))
    outcomes: list[_Outcome] = []
    for submission in together:
        if submission.seen is not None and not _remember(connection, submission.seen):
            outcomes.append(AlreadySeenError())
            continue
        written = []
        for statement in submission.statements:
            entry, openings = make_entry(statement, number + 1, previous, now)
            _insert(connection, entry, openings)
            number, previous = entry.number, entry.leaf_hash
            written.append(entry)
        outcomes.append(tuple(written))
    connection.execute("COMMIT")
    return outcomes


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _gather(waiting: queue.SimpleQueue[_Submission | None], first: _Submission) -> tuple[list[_Submission], bool]:
    """Take all that waits now, up to `MOST_TOGETHER`; say whether the end was among it."""
    together = [first]
    while len(together) < MOST_TOGETHER:
        try:
            following = waiting.get_nowait()
        except queue.Empty:
            break
        if following is None:
            return together, True
        together.append(following)
    return together, False


def _settle(done: Future[tuple[Entry, ...]], outcome: _Outcome) -> None:
    if not done.set_running_or_notify_cancel():
        return  # the waiter has gone; what it wanted written is written
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)


def _last(connection: sqlite3.Connection) -> tuple[int, bytes]:
    row = connection.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
    return row or (0, FIRST_PREVIOUS)


def _hash_before(connection: sqlite3.Connection, number: int) -> bytes:
    if number <= 1:
        return FIRST_PREVIOUS
    row = connection.execute("SELECT hash FROM entry WHERE number = ?", (number - 1,)).fetchone()
    if row is None:
        raise DamagedLogError(f"entry {number - 1} is missing")
    previous: bytes = row[0]
    return previous


def _check_end(connection: sqlite3.Connection) -> None:
    """Check the last entry; the rest is for `Ledger.verify`, which takes longer the longer the log is."""
    number, stored_hash = _last(connection)
    if number == 0:
        return
    (body,) = connection.execute("SELECT body FROM entry WHERE number = ?", (number,)).fetchone()
    if read_entry(body, number, _hash_before(connection, number)).leaf_hash != stored_hash:
        raise DamagedLogError(f"entry {number} has not the hash it was stored with")


def _remember(connection: sqlite3.Connection, seen: _Seen) -> bool:
    inserted = connection.execute(
        "INSERT INTO seen (digest, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (seen.digest, seen.expires_at)
    )
    return inserted.rowcount == 1


def _insert(connection: sqlite3.Connection, entry: Entry, openings: Sequence[Opening]) -> None:
    connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (entry.number, entry.leaf_hash, entry.body))
    connection.executemany(
        "INSERT INTO opening VALUES (?, ?, ?, ?)",
        [(entry.number, one.name, one.salt, one.value) for one in openings],
    )
