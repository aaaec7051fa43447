"""Who is who: which officer a subject of the identity provider is. The operator says so; the provider never does.

A subject is one officer's, and an officer has one subject; to change it, it is taken away first. What an officer may do
stays in the register. The links have a file of their own, ``data/identities.db``: a process may open a file of SQLite
once only, or closing the one voids the locks of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlite_utils import Database, Migrations

from node.database import SqliteStore
from symbolon.rpc.errors import ErrorCode, SymbolonError

LONGEST_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core section 2)."""

_migrations = Migrations("identities")

_TABLE = """CREATE TABLE identity (
    officer TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    linked_by TEXT NOT NULL,
    linked_at TEXT NOT NULL,
    UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID"""


@_migrations()
def create_table(database: Database) -> None:
    """Create the links."""
    database.execute(_TABLE)


class Identities(SqliteStore):
    """The links in one SQLite file. Any thread may call; several processes may share the file.

    A change is recorded while the write lock is held and before it is made; when the recording raises, nothing changes.
    """

    migrations = (_migrations,)

    def officer_of(self, issuer: str, subject: str) -> str:
        """Give the name of the officer whom a subject is; empty where it is nobody."""
        statement = "SELECT officer FROM identity WHERE issuer = ? AND subject = ?"
        row = self._file.connection.execute(statement, (issuer, subject)).fetchone()
        return str(row["officer"]) if row else ""

    def subject_of(self, issuer: str, name: str) -> str:
        """Give the subject of an officer; empty where there is none."""
        return self.subjects(issuer).get(name, "")

    def subjects(self, issuer: str) -> Mapping[str, str]:
        """Give the subjects of a provider by officer."""
        rows = self._file.connection.execute(
            "SELECT officer, subject FROM identity WHERE issuer = ? ORDER BY officer", (issuer,)
        )
        return {row["officer"]: row["subject"] for row in rows}

    def link(self, name: str, issuer: str, subject: str, by: str, at: datetime, record: Callable[[], None]) -> None:
        """Say that a subject is an officer; raise `SymbolonError` (`INVALID_INPUT`) where either is linked already.

        The caller has seen that there is an officer of this name; a name is there for ever.
        """
        _check_subject(subject)
        with self._file.transaction() as connection:
            taken = connection.execute(
                "SELECT officer FROM identity WHERE officer = ? OR (issuer = ? AND subject = ?)",
                (name, issuer, subject),
            ).fetchall()
            if any(row["officer"] == name for row in taken):
                detail = f"{name} is linked already: symbolon node officer unlink {name} first"
                raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
            if taken:
                detail = (
                    "--subject: it is another officer's, and a person is one officer: see symbolon node officer list"
                )
                raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
            record()
            connection.execute(
                "INSERT INTO identity VALUES (?, ?, ?, ?, ?)", (name, issuer, subject, by, at.isoformat())
            )

    def unlink(self, name: str, record: Callable[[], None]) -> None:
        """Take an officer's subject away; raise `SymbolonError` (`NOT_FOUND`) where there is none."""
        with self._file.transaction() as connection:
            if connection.execute("SELECT 1 FROM identity WHERE officer = ?", (name,)).fetchone() is None:
                raise SymbolonError(ErrorCode.NOT_FOUND, f"{name} is linked to nobody at the identity provider")
            record()
            connection.execute("DELETE FROM identity WHERE officer = ?", (name,))


def _check_subject(subject: str) -> None:
    if not subject or len(subject) > LONGEST_SUBJECT or not subject.isascii() or not subject.isprintable():
        detail = f"--subject: expected the provider's sub, 1 to {LONGEST_SUBJECT} printable characters of ASCII"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
