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
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Self

from ledger.ends import EndFile, check_end
from ledger.entries import DamagedLogError, Draft, Entry, Statement, StatementError, draft, place, time_of
from ledger.heads import HEADS_TABLE, check_last_head, keep_cosignatures, sign_head
from ledger.notes import Note
from ledger.padding import missing, pads
from ledger.reading import LedgerReader, checked_entries, damage_of, is_damage, last_entry
from ledger.rounds import ROUNDS_TABLE, Rounds, read_rounds, write_rounds
from ledger.submissions import AlreadySeenError, Outcome, Seen, Submission, Waiter, gather, settle
from ledger.tree import check_tree, grow_tree, prepare_tree
from matching.keys import SigningKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.ledger")

KEPT_AFTER_EXPIRY = 86_400
"""Seconds a digest is remembered beyond its expiry: a clock set back by less lets nothing in a second time."""

MOST_SET_BACK = timedelta(minutes=1)
"""How far a clock may go back without the dates of entries going back with it."""

CHECKED_AT_OPENING = 256
"""Entries at the end that are checked whenever the log is opened; `LedgerReader.verify` checks all."""

_ROWS_A_STATEMENT = 200
_BUSY_SECONDS = 10.0  # another process may be committing
_TABLES = """
CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS opening (
  entry INTEGER NOT NULL, field TEXT NOT NULL, salt BLOB NOT NULL, value TEXT NOT NULL, PRIMARY KEY (entry, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (digest BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_expiry ON seen (expires_at);
DROP TABLE IF EXISTS hold;
"""  # and those of `ledger.tree`, `ledger.heads` and `ledger.rounds`; earlier releases kept holds beside their entries


class Ledger(LedgerReader):
    """One party's disclosure log; a context manager. Any thread may call."""

    def __init__(self, path: Path, *, whole: bool = False) -> None:
        """Open or create the file, readable by its owner only; with ``whole`` the bytes of every entry are checked.

        Raises `SymbolonError`: `LOG_NOT_WRITABLE` when it cannot be written, `LOG_DAMAGED` when its end is damaged, or
        any of what is checked.
        """
        super().__init__(path)
        self._waiting: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._failing = False
        _prepare(path)
        if whole:
            with telling_why(path):
                self.check_bodies()
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

    @property
    def is_failing(self) -> bool:
        """Say whether the last attempt to write failed."""
        return self._failing

    def append(self, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements in one transaction and give their entries once they are on disk; errors as `record`."""
        waiter: Future[tuple[Entry, ...]] = Future()
        self._submit(statements, None, waiter)
        return waiter.result()

    async def record(self, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements in one transaction and give their entries once they are on disk.

        Raises `SymbolonError`: `LOG_NOT_WRITABLE`, or `INVALID_INPUT` when a value has no canonical form. Then nothing
        of it counts as written, and nothing may be disclosed.
        """
        waiter: asyncio.Future[tuple[Entry, ...]] = asyncio.get_running_loop().create_future()
        self._submit(statements, None, waiter)
        return await waiter

    async def admit(self, digest: bytes, expires_at: int, *statements: Statement) -> tuple[Entry, ...]:
        """Write statements unless ``digest`` was admitted before; then raise `AlreadySeenError` and write nothing.

        The digest is remembered until ``expires_at`` (Unix seconds) and `KEPT_AFTER_EXPIRY` have passed; that what is
        admitted has not expired is the caller's to check. Other errors as `record`.
        """
        waiter: asyncio.Future[tuple[Entry, ...]] = asyncio.get_running_loop().create_future()
        self._submit(statements, Seen(digest, expires_at), waiter)
        return await waiter

    def append_once(self, wanted: Mapping[bytes, Sequence[Statement]], expires_at: int) -> None:
        """Write statements as `append` does, but for those whose digest was admitted before: they are written already.

        For steps that are taken again because the process died between their entries and their act. Together they
        cost as much as one.
        """
        waiters: list[Future[tuple[Entry, ...]]] = [Future() for _ in wanted]
        for waiter, (digest, statements) in zip(waiters, wanted.items(), strict=True):
            self._submit(statements, Seen(digest, expires_at), waiter)
        for waiter in waiters:
            with suppress(AlreadySeenError):
                waiter.result()

    def sign_head(self, origin: str, key: SigningKey, at: int | None = None) -> Note:
        """Give the checkpoint of the log as it stands on disk, or as it was with ``at`` entries, under its origin.

        Raises `SymbolonError`: `LOG_DAMAGED` when it contradicts a head signed before, `LOG_NOT_WRITABLE`.
        """
        with self._writing() as connection:
            return sign_head(connection, last_entry(connection)[0], origin, key, at)

    def sign_filled_up(self, multiple: int, origin: str, key: SigningKey, now: datetime) -> Note:
        """Fill the log up to the next multiple with entries that say nothing, and give the checkpoint over all.

        With 0 for the multiple nothing is filled up: for a log whose entries everybody reads.

        Both are one transaction, so no entry of another comes between. That witnesses are asked about this head, now,
        is noted with it. Raises as `sign_head`.
        """
        drafted = tuple(map(draft, pads(multiple)))  # outside the lock, for whoever waits for it
        with self._writing() as connection:
            size, _ = last_entry(connection)
            size += len(write_entries(connection, drafted[: missing(size, multiple) if multiple else 0], now))
            write_rounds(connection, replace(read_rounds(connection), asked=int(now.timestamp()), size=size))
            return sign_head(connection, size, origin, key)

    def keep_cosigned(self, note: Note, enough: datetime | None) -> Note:
        """Keep verified cosignatures of a head with it, and since when they are enough; give the head with all."""
        with self._writing() as connection:
            if enough is not None:
                write_rounds(connection, replace(read_rounds(connection), witnessed=int(enough.timestamp())))
            return keep_cosignatures(connection, note)

    def begin_rounds(self, now: datetime) -> Rounds:
        """Give when witnesses were asked and had cosigned; in a log that was never served, note that it is now."""
        with self._writing() as connection:
            rounds = read_rounds(connection)
            if not rounds.began:
                rounds = replace(rounds, began=int(now.timestamp()))
                write_rounds(connection, rounds)
            return rounds

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock: all of the block is committed, or none of it."""
        with telling_why(self._path), closing(connect(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def _submit(self, statements: Sequence[Statement], seen: Seen | None, waiter: Waiter) -> None:
        try:
            submission = Submission(tuple(map(draft, statements)), seen, waiter)
        except StatementError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"disclosure log: {error}") from None
        with self._closing:
            if self._closed:
                raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE, "the log is closed")
            self._waiting.put(submission)

    def _write(self) -> None:
        file: _OpenFile | None = None
        ends = False
        while not ends and (first := self._waiting.get()) is not None:
            together, ends = gather(self._waiting, first)
            try:
                file = file or _OpenFile(self._path)
                outcomes = file.commit(together)
                self._failing = False
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
                logger.error("the disclosure log cannot be written: %s", _reason(error))
                failure = SymbolonError(ErrorCode.LOG_NOT_WRITABLE, _reason(error))
                self._failing = True
                outcomes = [failure] * len(together)
                if file is not None:
                    file.close()  # which rolls back; the next submission tries anew
                    file = None
            settle(together, outcomes)
        if file is not None:
            file.close()


class _OpenFile:
    """The log's file as the writer holds it, and the file that says how far it goes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection, self._identity = connect(path), _identity(path)
        self._end = EndFile(path)

    def commit(self, together: Sequence[Submission]) -> list[Outcome]:
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
            connection.executescript(_TABLES)
            connection.execute("BEGIN IMMEDIATE")
            size, _ = last_entry(connection)
            for _ in checked_entries(connection, max(1, size - CHECKED_AT_OPENING + 1)):
                pass
            prepare_tree(connection, size)
            check_tree(connection, size)
            connection.execute(HEADS_TABLE)
            connection.execute(ROUNDS_TABLE)
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
            raise SymbolonError(ErrorCode.LOG_DAMAGED, f"{path}: {damage_of(path)}") from None
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


def _commit(connection: sqlite3.Connection, together: Sequence[Submission]) -> list[Outcome]:
    connection.execute("BEGIN IMMEDIATE")
    now = datetime.now(UTC)
    connection.execute("DELETE FROM seen WHERE expires_at < ?", (int(now.timestamp()) - KEPT_AFTER_EXPIRY,))
    are_new = [one.seen is None or _remember(connection, one.seen) for one in together]
    drafts = [drafted for one, is_new in zip(together, are_new, strict=True) if is_new for drafted in one.drafts]
    entries = iter(write_entries(connection, drafts, now))
    outcomes: list[Outcome] = [
        tuple(islice(entries, len(one.drafts))) if is_new else AlreadySeenError()
        for one, is_new in zip(together, are_new, strict=True)
    ]
    connection.execute("COMMIT")
    return outcomes


def write_entries(connection: sqlite3.Connection, drafts: Sequence[Draft], now: datetime) -> tuple[Entry, ...]:
    """Append drafts and their part of the tree, in the caller's transaction; what it is part of is on disk with it.

    They are dated ``now``, but not before the last entry: who waited for the lock took its time earlier than who had
    it, and a time service sets a clock back a little. A clock set back by more than `MOST_SET_BACK` is to be seen.
    """
    before, previous = last_entry(connection)
    now = _not_before_last(connection, before, now)
    written: list[tuple[Entry, Draft]] = []
    for number, drafted in enumerate(drafts, before + 1):
        entry = place(drafted, number, previous, now)
        previous = entry.leaf_hash
        written.append((entry, drafted))
    _insert(connection, written)
    grow_tree(connection, before, before + len(written))
    return tuple(entry for entry, _ in written)


def _not_before_last(connection: sqlite3.Connection, number: int, now: datetime) -> datetime:
    row = connection.execute("SELECT body FROM entry WHERE number = ?", (number,)).fetchone()
    last = time_of(row[0]) if row else now
    return last if now < last <= now + MOST_SET_BACK else now


def _remember(connection: sqlite3.Connection, seen: Seen) -> bool:
    inserted = connection.execute(
        "INSERT INTO seen (digest, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (seen.digest, seen.expires_at)
    )
    return inserted.rowcount == 1


def _insert(connection: sqlite3.Connection, written: Sequence[tuple[Entry, Draft]]) -> None:
    _insert_rows(connection, "entry", [(entry.number, entry.leaf_hash, entry.body) for entry, _ in written])
    _insert_rows(
        connection,
        "opening",
        [(entry.number, one.name, one.salt, one.value) for entry, drafted in written for one in drafted.openings],
    )


def _insert_rows(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows with few statements: each lets other threads in and then waits for them, at 20 times its own cost."""
    for first in range(0, len(rows), _ROWS_A_STATEMENT):
        some = rows[first : first + _ROWS_A_STATEMENT]
        marks = ",".join(["(" + ",".join("?" * len(some[0])) + ")"] * len(some))
        connection.execute(f"INSERT INTO {table} VALUES {marks}", tuple(chain.from_iterable(some)))  # noqa: S608


def _reason(error: Exception) -> str:
    """Name an error without its text, which may quote a value."""
    return getattr(error, "sqlite_errorname", type(error).__name__)
