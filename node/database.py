"""One SQLite file of a node, used by several threads and several processes at once.

Write-ahead logging lets the server read while an import writes; ``synchronous=FULL`` makes a committed transaction
survive a power cut; deleted content is overwritten, because a removed person is to be gone. Each thread has its own
connection, since a transaction belongs to a connection. What the tables are is decided by each store.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

from sqlite_utils import Database, Migrations

from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

BUSY_SECONDS = 30.0
"""Seconds to wait for another process's transaction; ours are short, so waiting longer means a fault."""

SHRINK_SECONDS = 2.0
"""Seconds to wait for readers before the write-ahead log is left as it is for now."""

_CACHE_KIB = 8 * 1024  # of each thread and file; a look-up in the index descends a few pages


class DatabaseFile:
    """A database brought up to date by its migrations; the file is readable by its owner only."""

    def __init__(self, path: Path, *migrations: Migrations) -> None:
        """Create the file where there is none; raise `SymbolonError` (`INVALID_INPUT`) when it is no database."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its side files the mode of the main file, so that one has to be right from the beginning. A file
        # that is there is not opened beside SQLite: closing it would take this process's locks off its connections.
        if not path.exists():
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        self.path = path
        self._threads = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._to_shrink = False
        try:
            for of_one_room in migrations:
                self._migrate(of_one_room)
        except sqlite3.OperationalError:
            self.close()
            raise
        except sqlite3.DatabaseError:
            self.close()
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{path} is not a database, or is damaged") from None

    def __enter__(self) -> Self:
        """Give the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the calling thread's connection; outside `transaction` each statement stands alone."""
        existing: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if existing is not None:
            return existing
        # Closed by whichever thread closes the store, hence no check; used by this thread only.
        opened = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        opened.row_factory = sqlite3.Row
        with self._lock:
            self._connections.append(opened)
        self._threads.connection = opened
        for setting in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"cache_size=-{_CACHE_KIB}"):
            opened.execute(f"PRAGMA {setting}")
        return opened

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock from the first statement on: all of the block is committed, or none of it."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        if self._to_shrink:
            self.shrink_log(0)

    def shrink_log(self, seconds: float = SHRINK_SECONDS) -> None:
        """Move the write-ahead log into the file, so that erased content is gone from both.

        A reader may keep it from that for longer than ``seconds``; then it is said, and tried again after each
        transaction.
        """
        self.connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
        busy, *_ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        self._to_shrink = bool(busy)
        if busy:
            logger.warning("%s: erased content stays in the write-ahead log until no reader holds it", self.path.name)

    def close(self) -> None:
        """Close the connections of all threads; none of them may be at work."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._threads = threading.local()

    def _migrate(self, migrations: Migrations) -> None:
        database = Database(self.connection, execute_plugins=False)
        if not migrations.pending(database):
            return
        with self.transaction():  # decided again inside, for another process may have been faster
            migrations.apply(database)


class SqliteStore:
    """A store in one file: opened by its path, closed with its context. A subclass names its migrations.

    Any thread may call it; several processes may share the file.
    """

    migrations: ClassVar[tuple[Migrations, ...]]

    def __init__(self, path: Path) -> None:
        """Open the file, or create it; raise `SymbolonError` (`INVALID_INPUT`) when it is something else."""
        self._file = DatabaseFile(path, *self.migrations)

    def __enter__(self) -> Self:
        """Give the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close the store."""
        self._file.close()
