"""How much each partner may still ask: counted at the holder, at admission, before anything is opened.

A query counts whatever is found, so what is left tells nothing of the records; nor does what is left of the requests,
which are counted apart (`node.cases.requests`). The three counts of a query (the asker's day, its year, its case, in
UTC) are read and raised in one transaction that holds the write lock, so processes that race never count past a limit.
Counts belong to an agreement by its id: an amendment gives nobody a new start.

The table holds no case reference, only its digest, and days and years that are over are erased, as are cases in which
nothing was asked for `CASES_FOR`.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlite_utils import Database, Migrations

from agreements.agreement import Agreement
from agreements.facts import QuotaUse
from agreements.rules import caps_of_queries
from node.cases import requests
from node.database import DatabaseFile
from node.queries.answers import Left

CASES_FOR = timedelta(days=3 * 365)
"""How long the count of a case outlives its last query."""

MIGRATIONS = Migrations("quota")


@MIGRATIONS()
def create_tables(database: Database) -> None:
    """Create the counts, and the time of the last answer."""
    for statement in (
        """CREATE TABLE quota (
            agreement TEXT NOT NULL,
            asker TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('day', 'year', 'case')),
            span TEXT NOT NULL,
            used INTEGER NOT NULL,
            last_day TEXT NOT NULL,
            PRIMARY KEY (agreement, asker, kind, span)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX quota_last_day ON quota (last_day)",
        "CREATE TABLE last_answer (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL) STRICT",
    ):
        database.execute(statement)


@dataclass(frozen=True, slots=True)
class Counted:
    """What had been used before this query, whether it was counted, and what is left after it."""

    before: QuotaUse
    is_admitted: bool
    left: Left


class QuotaBook:
    """The counts in one database. Any thread may call; several processes may share the file."""

    def __init__(self, file: DatabaseFile) -> None:
        """Take the open database; it stays the caller's."""
        self._file = file

    def count(self, agreement: Agreement, asker: str, case: str, now: datetime) -> Counted:
        """Count one query durably, unless a limit is reached; ``case`` is the asker's reference."""
        spans = _spans(case, now)
        with self._file.transaction() as connection:
            used = [_used(connection, agreement, asker, kind, span) for kind, span in spans.items()]
            before = QuotaUse(*used)
            is_admitted = all(level > 0 for _, level in caps_of_queries(agreement, before))
            if is_admitted:
                _raise(connection, agreement, asker, spans)
                _forget(connection, agreement, asker, spans)
            requested = requests.use_today(connection, asker, agreement.id, now)
        limits = (agreement.quotas.queries_a_day, agreement.quotas.queries_a_year, agreement.quotas.queries_a_case)
        today, year, in_case = (max(0, limit - count - is_admitted) for limit, count in zip(limits, used, strict=True))
        left = Left(today=today, this_year=year, in_case=in_case, requests=requests.left_of(requested, agreement, now))
        return Counted(before, is_admitted, left)


def note_answer(connection: sqlite3.Connection, now: datetime) -> None:
    """Note when the last answer was given, whatever it said.

    Every answer writes this much, so that one with a hit to note is not told by a commit that others do not need.
    """
    connection.execute("INSERT OR REPLACE INTO last_answer (id, at) VALUES (1, ?)", (now.isoformat(),))


def _spans(case: str, now: datetime) -> dict[str, str]:
    day = now.astimezone(UTC).date().isoformat()
    return {"day": day, "year": day[:4], "case": hashlib.sha256(case.encode()).hexdigest()}


def _used(connection: sqlite3.Connection, agreement: Agreement, asker: str, kind: str, span: str) -> int:
    row = connection.execute(
        "SELECT used FROM quota WHERE agreement = ? AND asker = ? AND kind = ? AND span = ?",
        (agreement.id, asker, kind, span),
    ).fetchone()
    return int(row["used"]) if row else 0


def _raise(connection: sqlite3.Connection, agreement: Agreement, asker: str, spans: dict[str, str]) -> None:
    connection.executemany(
        "INSERT INTO quota VALUES (?, ?, ?, ?, 1, ?)"
        " ON CONFLICT DO UPDATE SET used = used + 1, last_day = max(last_day, excluded.last_day)",
        [(agreement.id, asker, kind, span, spans["day"]) for kind, span in spans.items()],
    )


def _forget(connection: sqlite3.Connection, agreement: Agreement, asker: str, spans: dict[str, str]) -> None:
    """Erase spans that are over; a clock that goes back finds those still to come."""
    connection.executemany(
        "DELETE FROM quota WHERE agreement = ? AND asker = ? AND kind = ? AND span < ?",
        [(agreement.id, asker, kind, spans[kind]) for kind in ("day", "year")],
    )
    long_ago = date.fromisoformat(spans["day"]) - CASES_FOR
    connection.execute("DELETE FROM quota WHERE last_day < ?", (long_ago.isoformat(),))
