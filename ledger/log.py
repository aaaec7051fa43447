"""The log on disk: append-only, numbered, a Merkle tree, and durable before `record` returns.

One thread writes; everybody who waits while it commits goes into the next transaction together (group commit), because
a commit to disk costs the same for one entry as for hundreds. Several processes may append to one file. A log that
cannot be written says so to every waiter (`LOG_NOT_WRITABLE`), and is tried again by the next.

The log is also the replay cache: `admit` writes an entry and remembers a digest in one transaction, and refuses a
digest that it has seen, also after a restart.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Self

from ledger.ends import EndFile, check_end
from ledger.entries import DamagedLogError, Draft, Entry, Statement, StatementError, draft, place
from ledger.heads import HEADS_TABLE, check_last_head, sign_head
from ledger.notes import Note
from ledger.reading import LedgerReader, checked_entries, is_damage, last_entry
from ledger.tree import check_tree, grow_tree, prepare_tree
from matching.keys import SigningKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.ledger")

MOST_TOGETHER = 512
"""Submissions that share one commit at most."""

KEPT_AFTER_EXPIRY = 86_400
"""Seconds a digest is remembered beyond its expiry: a clock set back by less lets nothing in a second time."""

CHECKED_AT_OPENING = 256
"""Entries at the end that are checked when the log is opened; `LedgerReader.verify` checks all."""

_BUSY_SECONDS = 10.0  # another process may be committing
_TABLES = """
CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS opening (
  entry INTEGER NOT NULL, field TEXT NOT NULL, salt BLOB NOT NULL, value TEXT NOT NULL, PRIMARY KEY (entry, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (digest BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_expiry ON seen (expires_at);
"""  # and those of `ledger.tree`, `ledger.heads` and, for `ledger.retention`:

HOLDS_TABLE = "CREATE TABLE IF NOT EXISTS hold (entry INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;"
"""What is under review: the number of the entry that says so, and the value by which entries are kept."""


class AlreadySeenError(Exception):
    """The digest was admitted before."""


@dataclass(frozen=True, slots=True)
class _Seen:
    digest: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class _Submission:
    drafts: Sequence[Draft]
    seen: _Seen | None
    done: Future[tuple[Entry, ...]] = field(default_factory=Future)


_Outcome = tuple[Entry, ...] | Exception


class Ledger(LedgerReader):
    """One party's disclosure log; a context manager. Any thread may call."""

    def __init__(self, path: Path) -> None:
        """Open or create the file, readable by its owner only.

        Raises `SymbolonError`: `LOG_NOT_WRITABLE` when it cannot be written, `LOG_DAMAGED` when its end is damaged.
        """
        super().__init__(path)
        self._waiting: queue.SimpleQueue[_Submission | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        _prepare(path)
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
        """Write statements in one transaction and give their entries once they are on disk; errors as `record`."""
        return self._submit(statements, None).result()

    async def record(self, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements in one transaction and give their entries once they are on disk.

        Raises `SymbolonError`: `LOG_NOT_WRITABLE`, or `INVALID_INPUT` when a value has no canonical form. Then nothing
        of it counts as written, and nothing may be disclosed.
        """
        return await asyncio.wrap_future(self._submit(statements, None))

    async def admit(self, digest: bytes, expires_at: int, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements unless ``digest`` was admitted before; then raise `AlreadySeenError` and write nothing.

        The digest is remembered until ``expires_at`` (Unix seconds) and `KEPT_AFTER_EXPIRY` have passed; that what is
        admitted has not expired is the caller's to check. Other errors as `record`.
        """
        return await asyncio.wrap_future(self._submit(statements, _Seen(digest, expires_at)))

    def append_once(self, wanted: Mapping[bytes, Sequence[Statement]], expires_at: int) -> None:
        """Write statements as `append` does, but for those whose digest was admitted before: they are written already.

        For steps that are taken again because the process died between their entries and their act. Together they
        cost as much as one.
        """
        submitted = [self._submit(statements, _Seen(digest, expires_at)) for digest, statements in wanted.items()]
        for done in submitted:
            with suppress(AlreadySeenError):
                done.result()

    def sign_head(self, origin: str, key: SigningKey, at: int | None = None) -> Note:
        """Give the checkpoint of the log as it stands on disk, or as it was with ``at`` entries, under its origin.

        Raises `SymbolonError`: `LOG_DAMAGED` when it contradicts a head signed before, `LOG_NOT_WRITABLE`.
        """
        with telling_why(self._path), closing(connect(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            note = sign_head(connection, last_entry(connection)[0], origin, key, at)
            connection.execute("COMMIT")
        return note

    def _submit(self, statements: Sequence[Statement], seen: _Seen | None) -> Future[tuple[Entry, ...]]:
        try:
            submission = _Submission(tuple(map(draft, statements)), seen)
        except StatementError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"disclosure log: {error}") from None
        with self._closing:
            if self._closed:
                raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE, "the log is closed")
            self._waiting.put(submission)
        return submission.done

    def _write(self) -> None:
        file: _OpenFile | None = None
        ends = False
        while not ends and (first := self._waiting.get()) is not None:
            together, ends = _gather(self._waiting, first)
            try:
                file = file or _OpenFile(self._path)
                outcomes = file.commit(together)
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
                logger.error("the disclosure log cannot be written: %s", _reason(error))
                failure = SymbolonError(ErrorCode.LOG_NOT_WRITABLE, _reason(error))
                outcomes = [failure] * len(together)
                if file is not None:
                    file.close()  # which rolls back; the next submission tries anew
                    file = None
            for submission, outcome in zip(together, outcomes, strict=True):
                _settle(submission.done, outcome)
        if file is not None:
            file.close()


class _OpenFile:
    """The log's file as the writer holds it, and the file that says how far it goes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection, self._identity = connect(path), _identity(path)
        self._end = EndFile(path)

    def commit(self, together: Sequence[_Submission]) -> list[_Outcome]:
        """Commit what waits, and note up to where that goes."""
        if _identity(self._path) != self._identity:  # SQLite would go on writing to a file that has no name
            raise FileNotFoundError(self._path)
        outcomes = _commit(self._connection, together)
        last = max((one[-1] for one in outcomes if isinstance(one, tuple) and one), key=_number, default=None)
        if last is not None:
            self._end.put(last.number, last.leaf_hash)
        return outcomes

    def close(self) -> None:
        """Close both."""
        self._connection.close()
        self._end.close()


def _number(entry: Entry) -> int:
    return entry.number


def _prepare(path: Path) -> None:
    """Create file and tables where there are none, and check the end of what is there and all of its tree."""
    with telling_why(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its side files the mode of the main file, so that one has to be right from the beginning.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(connect(path)) as connection:
            connection.executescript(_TABLES + HOLDS_TABLE)
            connection.execute("BEGIN IMMEDIATE")
            size, _ = last_entry(connection)
            for _ in checked_entries(connection, max(1, size - CHECKED_AT_OPENING + 1)):
                pass
            prepare_tree(connection, size)
            check_tree(connection, size)
            connection.execute(HEADS_TABLE)
            check_last_head(connection, size)
            check_end(path, connection, size)
            connection.execute("COMMIT")


@contextmanager
def telling_why(path: Path) -> Iterator[None]:
    """Make what goes wrong with the file an error of the catalogue."""
    try:
        yield
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.LOG_DAMAGED, f"{path}: {error}") from None
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            raise SymbolonError(ErrorCode.LOG_DAMAGED, f"{path}: the file is damaged, or is no log") from None
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE, f"{path}: {_reason(error)}") from None


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing; deleted openings and digests are overwritten, because what is erased is to be gone."""
    if not path.exists():  # SQLite would begin another log in its place, with another mode
        raise FileNotFoundError(path)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    for setting in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {setting}")
    return connection


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _commit(connection: sqlite3.Connection, together: Sequence[_Submission]) -> list[_Outcome]:
    now = datetime.now(UTC)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM seen WHERE expires_at < ?", (int(now.timestamp()) - KEPT_AFTER_EXPIRY,))
    are_new = [one.seen is None or _remember(connection, one.seen) for one in together]
    drafts = [drafted for one, is_new in zip(together, are_new, strict=True) if is_new for drafted in one.drafts]
    entries = iter(write_entries(connection, drafts, now))
    outcomes: list[_Outcome] = [
        tuple(islice(entries, len(one.drafts))) if is_new else AlreadySeenError()
        for one, is_new in zip(together, are_new, strict=True)
    ]
    connection.execute("COMMIT")
    return outcomes


def write_entries(connection: sqlite3.Connection, drafts: Sequence[Draft], now: datetime) -> tuple[Entry, ...]:
    """Append drafts and their part of the tree, in the caller's transaction; what it is part of is on disk with it."""
    before, previous = last_entry(connection)
    written: list[tuple[Entry, Draft]] = []
    for number, drafted in enumerate(drafts, before + 1):
        entry = place(drafted, number, previous, now)
        previous = entry.leaf_hash
        written.append((entry, drafted))
    _insert(connection, written)
    grow_tree(connection, before, before + len(written))
    return tuple(entry for entry, _ in written)


def _remember(connection: sqlite3.Connection, seen: _Seen) -> bool:
    inserted = connection.execute(
        "INSERT INTO seen (digest, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (seen.digest, seen.expires_at)
    )
    return inserted.rowcount == 1


def _insert(connection: sqlite3.Connection, written: Sequence[tuple[Entry, Draft]]) -> None:
    connection.executemany(
        "INSERT INTO entry VALUES (?, ?, ?)", [(entry.number, entry.leaf_hash, entry.body) for entry, _ in written]
    )
    connection.executemany(
        "INSERT INTO opening VALUES (?, ?, ?, ?)",
        [(entry.number, one.name, one.salt, one.value) for entry, drafted in written for one in drafted.openings],
    )


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


def _reason(error: Exception) -> str:
    """Name an error without its text, which may quote a value."""
    return getattr(error, "sqlite_errorname", type(error).__name__)
