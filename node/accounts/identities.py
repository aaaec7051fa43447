"""Who is who: which officer a subject of the identity provider is. The operator says so; the provider never does.

A subject is one officer's, and an officer has one subject; to change it, it is taken away first. What an officer may do
stays in the register. The links have a file of their own, ``data/identities.db``: a process may open a file of SQLite
once only, or closing the one voids the locks of the other.

``stamp`` of a link is drawn with it: what was begun under a link that was taken away does not go on under the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database, Migrations

from node.database import SqliteStore
from node.officers.register import draw_stamp
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


@_migrations()
def add_stamp(database: Database) -> None:
    """Give each link a stamp."""
    database.execute("ALTER TABLE identity ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0")
    for row in list(database.query("SELECT officer FROM identity")):
        database.execute("UPDATE identity SET stamp = ? WHERE officer = ?", (draw_stamp(), row["officer"]))


@dataclass(frozen=True, slots=True)
class Link:
    """Which officer a subject is; nobody where the name is empty."""

    officer: str
    stamp: int


class Identities(SqliteStore):
    """The links in one SQLite file. Any thread may call; several processes may share the file.

    A change is recorded while the write lock is held and before it is made; when the recording raises, nothing changes.
    """

    migrations = (_migrations,)

    def find(self, issuer: str, subject: str) -> Link:
        """Give the officer whom a subject is."""
        statement = "SELECT officer, stamp FROM identity WHERE issuer = ? AND subject = ?"
        row = self._file.connection.execute(statement, (issuer, subject)).fetchone()
        return Link(row["officer"], row["stamp"]) if row else Link("", 0)

    def stamp_of(self, issuer: str, name: str) -> int:
        """Give the stamp that a session of an officer has to carry now; 0 where he has no subject."""
        statement = "SELECT stamp FROM identity WHERE issuer = ? AND officer = ?"
        row = self._file.connection.execute(statement, (issuer, name)).fetchone()
        return int(row["stamp"]) if row else 0

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
                "INSERT INTO identity VALUES (?, ?, ?, ?, ?, ?)",
                (name, issuer, subject, by, at.isoformat(), draw_stamp()),
            )

    def unlink(self, name: str, record: Callable[[], None]) -> None:
        """Take an officer's subject away; raise `SymbolonError` (`NOT_FOUND`) where there is none."""
        with self._file.transaction() as connection:
            if connection.execute("SELECT 1 FROM identity WHERE officer = ?", (name,)).fetchone() is None:
                raise SymbolonError(ErrorCode.NOT_FOUND, f"{name} is linked to nobody at the identity provider")
            record()
            connection.execute("DELETE FROM identity WHERE officer = ?", (name,))


def _check_subject(subject: str) -> None:
    is_written = subject.isascii() and subject.isprintable() and subject == subject.strip()
    if not subject or len(subject) > LONGEST_SUBJECT or not is_written:
        detail = (
            f"--subject: expected the provider's sub, 1 to {LONGEST_SUBJECT} printable characters of ASCII,"
            " without blanks around"
        )
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
