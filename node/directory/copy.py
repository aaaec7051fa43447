"""The node's copy of the directory log on disk, and beside it what it holds against the directory.

The server and the node's commands share the file; whoever changes it holds `node.directory.membership.sole_writer`.
What is right to be stored is for `node.directory.trust` to say.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.directory import DirectoryEntryError
from ledger.entries import FIRST_PREVIOUS, DamagedLogError, Entry, read_entry
from ledger.notes import NoteError, parse_note
from node.directory.trust import DirectoryCopy, Dispute, Evidence, copy_of
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import open_database

MOST_DISPUTES = 64
"""Disputes kept; the first ones say it all, and a coordinator must not be able to fill the disk."""

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS standing (
  id INTEGER PRIMARY KEY CHECK (id = 1), head TEXT NOT NULL, settled INTEGER NOT NULL, seen INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cosigned (member TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS own (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dispute (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, entry INTEGER NOT NULL, digest TEXT NOT NULL UNIQUE,
  content BLOB NOT NULL, time INTEGER NOT NULL, settled INTEGER NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class KeptDispute:
    """A dispute as kept: its number here, what it rests on, when it came (Unix seconds), whether it was settled."""

    number: int
    evidence: Evidence
    time: int
    is_settled: bool


class DirectoryFile:
    """One database file. Any thread may call; each call opens it."""

    def __init__(self, path: Path) -> None:
        """Open or make the file, readable by its owner only."""
        self._path = path
        self._cached = DirectoryCopy()
        with closing(open_database(path, _TABLES)):
            pass

    def load(self) -> DirectoryCopy:
        """Read the copy; raise `SymbolonError` (`INVALID_INPUT`) when it is damaged."""
        with self._open() as connection:
            head, settled = connection.execute("SELECT head, settled FROM standing").fetchone() or ("", 0)
            (open_disputes,) = connection.execute("SELECT COUNT(*) FROM dispute WHERE NOT settled").fetchone()
            try:
                copy = copy_of(
                    self._entries(connection),
                    settled,
                    head=parse_note(head.encode()) if head else None,
                    cosigned=dict(connection.execute("SELECT member, size FROM cosigned")),
                    own=frozenset(row[0] for row in connection.execute("SELECT digest FROM own")),
                    is_disputed=bool(open_disputes),
                )
            except (DamagedLogError, DirectoryEntryError, NoteError):
                detail = f"{self._path} is damaged: keep it, move it away, and join again"
                raise SymbolonError(ErrorCode.INVALID_INPUT, detail) from None
        self._cached = copy
        return copy

    def store(self, copy: DirectoryCopy, seen: int | None = None) -> None:
        """Store what a copy has beyond the stored one; ``seen`` is when the coordinator showed it (Unix seconds)."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            (size,) = connection.execute("SELECT COUNT(*) FROM entry").fetchone()
            new = [(entry.number, entry.body) for entry in copy.entries[size:]]
            connection.executemany("INSERT INTO entry VALUES (?, ?)", new)
            (before,) = connection.execute("SELECT seen FROM standing").fetchone() or (0,)
            row = (str(copy.head or ""), copy.settled.size, before if seen is None else seen)
            connection.execute("INSERT OR REPLACE INTO standing VALUES (1, ?, ?, ?)", row)
            connection.executemany("INSERT OR REPLACE INTO cosigned VALUES (?, ?)", copy.cosigned.items())
            connection.execute("COMMIT")

    def add_own(self, digest: str) -> None:
        """Remember what this node signed about itself, before anybody sees it."""
        with self._open() as connection:
            connection.execute("INSERT INTO own VALUES (?) ON CONFLICT DO NOTHING", (digest,))

    def keep(self, evidence: Evidence) -> bool:
        """Keep a dispute; say whether it is new."""
        with self._open() as connection:
            (kept,) = connection.execute("SELECT COUNT(*) FROM dispute").fetchone()
            if kept >= MOST_DISPUTES:
                connection.execute("UPDATE dispute SET settled = 0 WHERE number = ?", (kept,))
                return False
            values = (evidence.kind.value, evidence.entry, evidence.digest, evidence.content, int(time.time()))
            inserted = connection.execute(
                "INSERT INTO dispute (kind, entry, digest, content, time, settled) VALUES (?, ?, ?, ?, ?, 0)"
                " ON CONFLICT DO NOTHING",
                values,
            )
            return inserted.rowcount == 1

    def disputes(self) -> list[KeptDispute]:
        """Give all disputes, in the order in which they came."""
        query = "SELECT number, kind, entry, content, time, settled FROM dispute ORDER BY number"
        with self._open() as connection:
            return [
                KeptDispute(number, Evidence(Dispute(kind), entry, content), moment, bool(settled))
                for number, kind, entry, content, moment, settled in connection.execute(query)
            ]

    def settle_dispute(self, number: int) -> None:
        """Note that a person has settled a dispute."""
        with self._open() as connection:
            connection.execute("UPDATE dispute SET settled = 1 WHERE number = ?", (number,))

    def seen(self) -> int:
        """Give when the coordinator last showed a directory that was believed, in Unix seconds; 0 for never."""
        with self._open() as connection:
            (seen,) = connection.execute("SELECT seen FROM standing").fetchone() or (0,)
        return int(seen)

    def _entries(self, connection: sqlite3.Connection) -> list[Entry]:
        """Read the entries, of which those read before are not read again."""
        entries = list(self._cached.entries)
        previous = entries[-1].leaf_hash if entries else FIRST_PREVIOUS
        rows = connection.execute("SELECT number, body FROM entry WHERE number > ? ORDER BY number", (len(entries),))
        for _, body in rows:
            entry = read_entry(body, len(entries) + 1, previous)
            previous = entry.leaf_hash
            entries.append(entry)
        return entries

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(open_database(self._path, _TABLES)) as connection:
            yield connection
