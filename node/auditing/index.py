"""An index over the disclosure log, so that a page of a search costs what it shows and not what the log holds.

It is a file beside the log that says which entries have which terms (`auditing.terms`). Nothing in it is personal, and
nothing is believed for it: what is shown is read from the log, with its link, and has to have the terms. Whoever
deletes the file loses the time to build it anew. It notes the hash of the last entry that it holds; where the log has
another there, it is built anew.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from heapq import merge
from itertools import groupby
from pathlib import Path

from auditing.terms import CHOSEN, Kind, Term, read_agreements, read_terms, terms_of
from ledger.entries import DamagedLogError, Entry
from ledger.reading import LedgerReader

_VERSION = 2
_TOGETHER = 5_000
"""Entries indexed in one transaction."""

_MOST_CHOICES = 300
"""Values of a kind that a person can choose from; the most frequent."""

_DAY = len("2026-11-24")
_TABLES = """
CREATE TABLE IF NOT EXISTS named (term INTEGER, number INTEGER, PRIMARY KEY (term, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chosen (kind TEXT, value TEXT, entries INTEGER, PRIMARY KEY (kind, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS agreement (hash TEXT, name TEXT, PRIMARY KEY (hash, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS day (day TEXT PRIMARY KEY, first INTEGER, last INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, version INTEGER, number INTEGER, hash BLOB);
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an entry has to have: all of these terms, and one of those where there are any."""

    terms: tuple[Term, ...]
    one_of: tuple[Term, ...] = ()

    def fits(self, entry: Entry) -> bool:
        """Say whether an entry is wanted, by its own bytes."""
        has = set(terms_of(entry.body))
        return has.issuperset(self.terms) and (not self.one_of or not has.isdisjoint(self.one_of))


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that entries have, and how many."""

    kind: Kind
    value: str
    entries: int


class LogIndex:
    """The index of one log. Any thread may call; one at a time brings it up to date."""

    def __init__(self, path: Path, log: LedgerReader) -> None:
        """Name the file, which is made when it is first needed, and the log."""
        self._path = path
        self._log = log
        self._lock = threading.Lock()

    def catch_up(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Index what the log has and the index has not; give the number of the last entry.

        ``progress`` is told how far it is. Raises `DamagedLogError` naming an entry that cannot be read.
        """
        with self._lock, self._opened() as connection:
            number, known = _state(connection)
            if number and self._log.hash_of(number) != known:
                _empty(connection)
                number = 0
            while rows := self._log.bodies(number + 1, _TOGETHER):
                last = rows[-1][0]
                _add(connection, number, rows, self._log.hash_of(last))
                number = last
                progress(number)
        return number

    def lacks(self) -> int:
        """Give how many entries of the log are not in the index yet."""
        with self._opened() as connection:
            return max(0, self._log.count() - _state(connection)[0])

    def numbers(self, wanted: Wanted, first: int, before: int) -> Iterator[int]:
        """Give the entries between two numbers, the last excluded, that may be wanted, the newest first."""
        ids = [_id(one) for one in wanted.terms]
        with self._opened() as connection:
            if not wanted.one_of:
                yield from _walk(connection, ids, first, before)
                return
            ways = [_walk(connection, [*ids, _id(one)], first, before) for one in wanted.one_of]
            yield from (number for number, _ in groupby(merge(*ways, reverse=True)))

    def has(self, term: Term) -> bool:
        """Say whether an entry may have a term."""
        with self._opened() as connection:
            return _count(connection, _id(term)) > 0

    def agreement_terms(self, named: str) -> list[Term]:
        """Give the terms of an agreement, by its identifier or the beginning of a hash: both, where entries have both.

        Nothing where no entry names such a one.
        """
        query = """SELECT value FROM chosen WHERE kind = 'agreement' AND (value = ?1 OR value IN
            (SELECT hash FROM agreement WHERE name = ?1) OR (LENGTH(?1) >= 8 AND SUBSTR(value, 1, LENGTH(?1)) = ?1))"""
        with self._opened() as connection:
            return [("agreement", value) for (value,) in connection.execute(query, (named,))]

    def linked(self, terms: Iterable[Term], most: int) -> list[tuple[int, Term]]:
        """Give which entries have one of these terms, term after term, at most so many of each."""
        found: list[tuple[int, Term]] = []
        with self._opened() as connection:
            for term in dict.fromkeys(terms):
                query = "SELECT number FROM named WHERE term = ? ORDER BY number LIMIT ?"
                found += [(number, term) for (number,) in connection.execute(query, (_id(term), most))]
        return found

    def span(self, since: date | None, until: date | None) -> tuple[int, int]:
        """Give the first and the last entry with a day of the period; there may be entries of other days between."""
        earliest, latest = since.isoformat() if since else "", until.isoformat() if until else "9"
        query = "SELECT MIN(first), MAX(last) FROM day WHERE day BETWEEN ? AND ?"
        with self._opened() as connection:
            first, last = connection.execute(query, (earliest, latest)).fetchone()
        return (first, last) if first else (1, 0)

    def choices(self) -> list[Choice]:
        """Give the values that a person can choose from, by kind and value."""
        query = "SELECT value, entries FROM chosen WHERE kind = ? ORDER BY entries DESC LIMIT ?"
        with self._opened() as connection:
            return [
                Choice(kind, *row)
                for kind in CHOSEN
                for row in sorted(connection.execute(query, (kind, _MOST_CHOICES)).fetchall())
            ]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(self._path, isolation_level=None, timeout=30)) as connection:
            for setting in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16384"):
                connection.execute(f"PRAGMA {setting}")
            connection.executescript(_TABLES)
            yield connection


def _walk(connection: sqlite3.Connection, terms: Sequence[int], first: int, before: int) -> Iterator[int]:
    """Give the entries that have all terms, the newest first: those of the rarest, looked up among the others."""
    rarest, *others = sorted(terms, key=lambda term: _count(connection, term))
    also = " AND EXISTS (SELECT 1 FROM named AS o WHERE o.term = ? AND o.number = n.number)" * len(others)
    query = f"SELECT number FROM named AS n WHERE term = ? AND number >= ? AND number < ?{also}"  # noqa: S608
    rows = connection.execute(f"{query} ORDER BY number DESC", (rarest, first, before, *others))
    return (number for (number,) in rows)


def _state(connection: sqlite3.Connection) -> tuple[int, bytes]:
    row = connection.execute("SELECT version, number, hash FROM state").fetchone()
    if row is not None and row[0] != _VERSION:
        _empty(connection)
        row = None
    return (row[1], row[2]) if row else (0, b"")


def _empty(connection: sqlite3.Connection) -> None:
    for table in ("named", "chosen", "agreement", "day", "state"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608  # names of ours


def _add(connection: sqlite3.Connection, before: int, rows: Sequence[tuple[int, bytes]], last_hash: bytes) -> None:
    named: set[tuple[int, int]] = set()
    chosen: Counter[Term] = Counter()
    days: dict[str, list[int]] = {}
    pairs: set[tuple[str, str]] = set()
    for expected, (number, body) in enumerate(rows, before + 1):
        if number != expected:
            raise DamagedLogError(f"entry {expected} is missing")
        terms, day, together = _read(number, body)
        pairs.update(together)
        named.update((_id(term), number) for term in terms)
        chosen.update(term for term in terms if term[0] in CHOSEN)
        days.setdefault(day, []).append(number)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR IGNORE INTO named VALUES (?, ?)", sorted(named))
    connection.executemany(
        "INSERT INTO chosen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries",
        [(*term, count) for term, count in chosen.items()],
    )
    connection.executemany(
        "INSERT INTO day VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last",
        [(day, numbers[0], numbers[-1]) for day, numbers in days.items()],
    )
    connection.executemany("INSERT OR IGNORE INTO agreement VALUES (?, ?)", sorted(pairs))
    connection.execute("INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?)", (_VERSION, rows[-1][0], last_hash))
    connection.execute("COMMIT")


def _read(number: int, body: bytes) -> tuple[set[Term], str, set[tuple[str, str]]]:
    try:
        read = json.loads(body)
        return set(read_terms(read)), read["time"][:_DAY], set(read_agreements(read))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DamagedLogError(f"entry {number} cannot be read") from None


@lru_cache(maxsize=4096)
def _id(term: Term) -> int:
    """Give a term's number: 64 bits of a hash. Two terms of one number cost time only: each entry is looked at."""
    return int.from_bytes(blake2b("\n".join(term).encode("utf-8", "replace"), digest_size=8).digest(), signed=True)


def _count(connection: sqlite3.Connection, term: int) -> int:
    """Say how many entries have a term, up to 20,000: the rarest of several is walked."""
    query = "SELECT COUNT(*) FROM (SELECT 1 FROM named WHERE term = ? LIMIT 20000)"
    return int(connection.execute(query, (term,)).fetchone()[0])
