"""Saved cases in a table of ``data/cases.db``.

Any officer who sees cases sees them; a reference is given once among those that are not erased. A closed one is erased
after its time, when the table is next looked at. Nothing of a person asked for stands in it.
"""

from __future__ import annotations

import secrets
import sqlite3
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlite_utils import Database, Migrations

from node.database import DatabaseFile
from node.queries.justification import Justification
from symbolon.rpc.errors import ErrorCode, SymbolonError

MIGRATIONS = Migrations("investigations")

MOST_OPEN = 10_000
"""Cases that may be open at once."""


@MIGRATIONS()
def create_table(database: Database) -> None:
    """Create the table."""
    database.execute("""CREATE TABLE investigation (
        name TEXT PRIMARY KEY,
        case_reference TEXT NOT NULL UNIQUE,
        content TEXT NOT NULL,  -- JSON of the type here
        changed_at TEXT NOT NULL,
        closed_at TEXT
    ) STRICT, WITHOUT ROWID""")


class Saved(BaseModel):
    """A saved case: what its queries state, and who opened and last changed it, when."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str
    case_reference: str
    purpose: str
    legal_basis: str
    justification: Justification
    opened_by: str
    opened_at: datetime
    changed_by: str
    changed_at: datetime
    closed_at: datetime | None = None


Recording = Callable[[Saved], None]
"""Makes a change durable in the disclosure log; told of the case as it is about to be."""


Change = Callable[[Saved | None], Saved]
"""Makes the case that is to be of the one there is, or of none."""


def new_name() -> str:
    """Draw a name for a case: letters and digits, so that no command takes it for an option."""
    return b32encode(secrets.token_bytes(10)).decode()


class InvestigationStore:
    """The table. Each change is recorded while the write lock is held and before it is made."""

    def __init__(self, file: DatabaseFile, kept: timedelta) -> None:
        """Take the file, and how long a closed case is kept."""
        self._file = file
        self._kept = kept

    def all(self, now: datetime, *, closed_too: bool) -> list[Saved]:
        """Give the cases, the last changed first."""
        self.erase_due(now)
        rows = self._file.connection.execute(
            "SELECT content FROM investigation WHERE ? OR closed_at IS NULL ORDER BY changed_at DESC, name",
            (closed_too,),
        )
        return [_read(row) for row in rows]

    def named(self, name: str) -> Saved:
        """Give one case; raise `SymbolonError` (`NOT_FOUND`)."""
        row = self._file.connection.execute("SELECT content FROM investigation WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise SymbolonError(ErrorCode.NOT_FOUND)
        return _read(row)

    def save(self, name: str, change: Change, now: datetime, record: Recording) -> Saved:
        """Open a case, or change that of a name as it stands, whoever changed it last; give what it is now.

        Raises `SymbolonError` where there is none of the name, it is closed, or another has its reference.
        """
        self.erase_due(now)
        with self._file.transaction() as connection:
            before = self.named(name) if name else None
            if before is not None and before.closed_at is not None:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "case: it is closed")
            saved = change(before)
            taken = connection.execute(
                "SELECT 1 FROM investigation WHERE case_reference = ? AND name != ?", (saved.case_reference, saved.name)
            ).fetchone()
            if taken is not None:
                raise SymbolonError(ErrorCode.INVALID_INPUT, "case_reference: another case has it")
            count = connection.execute("SELECT count(*) FROM investigation WHERE closed_at IS NULL").fetchone()[0]
            if before is None and count >= MOST_OPEN:
                raise SymbolonError(ErrorCode.INVALID_INPUT, f"at most {MOST_OPEN} cases are open at once")
            record(saved)
            connection.execute(
                "INSERT OR REPLACE INTO investigation VALUES (?, ?, ?, ?, ?)",
                (
                    saved.name,
                    saved.case_reference,
                    saved.model_dump_json(),
                    saved.changed_at.isoformat(),
                    saved.closed_at.isoformat() if saved.closed_at else None,
                ),
            )
        return saved

    def erase_due(self, now: datetime) -> None:
        """Erase what was closed long enough ago."""
        until = ((now - self._kept).isoformat(),)
        connection = self._file.connection
        if connection.execute("SELECT 1 FROM investigation WHERE closed_at < ? LIMIT 1", until).fetchone():
            with self._file.transaction() as writing:
                writing.execute("DELETE FROM investigation WHERE closed_at < ?", until)


def _read(row: sqlite3.Row) -> Saved:
    return Saved.model_validate_json(row["content"])
