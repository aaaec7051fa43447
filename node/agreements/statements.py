"""The rows of what parties have stated about agreements: of each party and agreement one state and one end.

A partner could state a thing a thousand times; what counts is the last suspension or resumption and the earliest end,
so nothing else is kept. Which of two counts is decided by ``agreements.declarations``, whether a row holds by
``node.agreements.book``. Every function works inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agreements.declarations import Heard
from agreements.signing import Declaration, SignedDeclaration
from node.agreements.declarations import write_message

# A statement with a later one in its place leaves its count of that day behind: so often did the party change its word.
TABLE = """CREATE TABLE agreement_statement (
    agreement BLOB NOT NULL,
    agency TEXT NOT NULL,
    sort TEXT NOT NULL CHECK (sort IN ('state', 'end')),
    content BLOB NOT NULL,
    arrived_at TEXT NOT NULL,
    since TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (agreement, agency, sort)
) STRICT, WITHOUT ROWID"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row: the message with the statement, when it came, and how many of its sort counted that day until then.

    ``since`` is when its party began to say so: of a suspension that is stated again, when the first one came.
    """

    content: bytes
    arrived: datetime
    since: datetime
    times: int

    def times_on(self, now: datetime) -> int:
        """Say how many have counted on the UTC day of a moment."""
        return self.times if self.arrived.date() == now.astimezone(UTC).date() else 0


def kept_of(connection: sqlite3.Connection, declaration: Declaration) -> Kept | None:
    """Give what is kept of the declaration's party, agreement and sort."""
    row = connection.execute(
        "SELECT * FROM agreement_statement WHERE agreement = ? AND agency = ? AND sort = ?", _key(declaration)
    ).fetchone()
    return _kept(row) if row is not None else None


def kept_about(connection: sqlite3.Connection, agreement_hash: bytes) -> list[Kept]:
    """Give what is kept about an agreement, of all parties."""
    rows = connection.execute("SELECT * FROM agreement_statement WHERE agreement = ?", (agreement_hash,))
    return [_kept(row) for row in rows.fetchall()]


def put(
    connection: sqlite3.Connection, signed: SignedDeclaration, before: Kept | None, now: datetime, again: Heard | None
) -> None:
    """Keep a statement that came now in the place of the one before it, which it may but say again."""
    times = (before.times_on(now) if before is not None else 0) + (again is None)
    since = again.since if again is not None else now
    connection.execute(
        "INSERT OR REPLACE INTO agreement_statement (agreement, agency, sort, content, arrived_at, since, times)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*_key(signed.declaration), write_message(signed), _text(now), _text(since), times),
    )


def count_unknown(connection: sqlite3.Connection, agency: str) -> int:
    """Count what an agency has stated about agreements that are not here."""
    (count,) = connection.execute(
        "SELECT count(*) FROM agreement_statement WHERE agency = ? AND agreement NOT IN (SELECT hash FROM agreement)",
        (agency,),
    ).fetchone()
    return int(count)


def _key(declaration: Declaration) -> tuple[bytes, str, str]:
    sort = "end" if declaration.kind == "ends" else "state"
    return bytes.fromhex(declaration.agreement), declaration.agency, sort


def _kept(row: Any) -> Kept:
    arrived, since = (datetime.fromisoformat(row[name]).astimezone(UTC) for name in ("arrived_at", "since"))
    return Kept(bytes(row["content"]), arrived, since, row["times"])


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
