"""What the asker knows of the queries it may still put: what each holder said with its last answer.

It tells an officer beforehand whether a list will come to its end; nothing is decided by it, since the holder counts
(`node.queries.quota`). Of a case only the digest of its reference is kept, as there.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime

from sqlite_utils import Database, Migrations

from agreements.agreement import Agreement
from agreements.facts import Asked
from node.queries.answers import Left

MIGRATIONS = Migrations("queries_left")


@MIGRATIONS()
def create_table(database: Database) -> None:
    """Create what each holder said last under each agreement."""
    database.execute(
        """CREATE TABLE queries_left (
            member TEXT NOT NULL,
            agreement TEXT NOT NULL,
            day TEXT NOT NULL,
            case_digest TEXT NOT NULL,
            today INTEGER NOT NULL,
            this_year INTEGER NOT NULL,
            in_case INTEGER NOT NULL,
            PRIMARY KEY (member, agreement)
        ) STRICT, WITHOUT ROWID"""
    )


def note(connection: sqlite3.Connection, member: str, asked: Asked, told: Left) -> None:
    """Note what a holder says is left after a query, in the caller's transaction.

    Answers overtake each other, so within a day a higher count is an older one.
    """
    connection.execute(
        "INSERT INTO queries_left VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " in_case = iif(day = excluded.day AND case_digest = excluded.case_digest, min(in_case, excluded.in_case),"
        " excluded.in_case), case_digest = excluded.case_digest,"
        " today = iif(day = excluded.day, min(today, excluded.today), excluded.today),"
        " this_year = iif(day = excluded.day, min(this_year, excluded.this_year), excluded.this_year),"
        " day = excluded.day WHERE day <= excluded.day",
        (
            member,
            asked.agreement_hash.hex(),
            asked.now.astimezone(UTC).date().isoformat(),
            _digest(asked.case),
            told.today,
            told.this_year,
            told.in_case,
        ),
    )


def left(
    connection: sqlite3.Connection, member: str, agreement: Agreement, case: str, now: datetime
) -> tuple[int, int]:
    """Give how many queries a holder still takes today and in a case; all that is agreed where it said nothing."""
    quotas = agreement.quotas
    row = connection.execute(
        "SELECT * FROM queries_left WHERE member = ? AND agreement = ?", (member, agreement.hash.hex())
    ).fetchone()
    if row is None:
        return quotas.queries_a_day, quotas.queries_a_case
    day = now.astimezone(UTC).date().isoformat()
    this_year = row["this_year"] if row["day"][:4] == day[:4] else quotas.queries_a_year
    today = row["today"] if row["day"] == day else quotas.queries_a_day
    in_case = row["in_case"] if row["case_digest"] == _digest(case) else quotas.queries_a_case
    return min(today, this_year), in_case


def _digest(case: str) -> str:
    return hashlib.sha256(case.strip().encode()).hexdigest()
