"""The officers of this agency: who they are, which roles they hold, what each role may do, and whether a key is theirs.

An officer is a person, by a name that is never given twice: "four eyes" and "never the asker" compare names. A role
allows what `MAY` lists; an agreement may ask for more, never for less. An auditor holds no other role, so that nobody
reviews what he did himself; an operator holds none that decides, so that who lets people in is none of the four eyes.

Officers have a file of their own, ``data/officers.db``: the node's operator writes it while the node reads it, it
outlives every case, and a copy of the cases for somebody else takes no credentials with it. Of a key, only its SHA-256
is kept. A key is 32 random bytes, so a slow hash would add nothing.

``stamp`` of an entry is drawn anew at each change of it. What was begun under one stamp, a session, ends with it for
good: an officer who was shut out and let in again signs in again.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Literal, get_args

from sqlite_utils import Database, Migrations

from agreements.codes import OfficerRole
from node.database import SqliteStore
from node.officers.key import OfficerKey, check_name
from symbolon.rpc.errors import ErrorCode, SymbolonError

Action = Literal[
    "query",
    "see_batches",
    "handle_batches",
    "see_cases",
    "confirm",
    "request",
    "see_referrals",
    "approve",
    "decline",
    "judge",
    "recall",
    "read_content",
    "review",
    "audit",
    "see_viewings",
    "answer_subject",
    "operate",
    "vouch",
    "read_agreements",
]
"""What an officer does at the desk; `docs/reference/officers.md` says what each is."""

Role = OfficerRole | Literal["operator"]
"""What an officer may hold at a node: the roles that agreements know, and who keeps the node."""

ROLES: tuple[Role, ...] = (*get_args(OfficerRole), "operator")

_DECIDING: frozenset[Role] = frozenset({"release_officer", "supervisor", "legal_adviser", "judge"})

MAY: Mapping[Action, frozenset[Role]] = {
    "query": frozenset({"analyst"}),
    "see_batches": frozenset({"analyst", "supervisor", "auditor"}),
    "handle_batches": frozenset({"analyst", "supervisor"}),
    "see_cases": frozenset({"analyst", "supervisor", "legal_adviser", "auditor"}),
    "confirm": frozenset({"analyst"}),
    "request": frozenset({"analyst"}),
    "see_referrals": _DECIDING | {"auditor"},
    "approve": _DECIDING,
    "decline": _DECIDING,
    "judge": frozenset({"release_officer", "legal_adviser", "judge"}),
    "recall": frozenset({"release_officer", "supervisor"}),
    "read_content": frozenset({"analyst", "supervisor"}),
    "review": frozenset({"supervisor", "legal_adviser"}),
    "audit": frozenset({"auditor"}),
    "see_viewings": frozenset({"auditor", "supervisor"}),
    "answer_subject": frozenset({"legal_adviser"}),
    "operate": frozenset({"operator"}),
    "vouch": frozenset({"operator", "supervisor"}),
    "read_agreements": frozenset(ROLES),
}
"""Which roles may do what; one of them is enough."""

_AUTHORITY = re.compile(r"[^\W_][\w .,&()/'-]{0,119}")

_NOBODY = bytes(32)
"""What a key is compared with where there is no officer, so that this takes as long."""

_migrations = Migrations("officers")

_TABLE = """CREATE TABLE officer (
    name TEXT PRIMARY KEY,
    roles TEXT NOT NULL,  -- JSON, in the order of the list of roles
    authority TEXT NOT NULL,
    key_digest BLOB,  -- SHA-256; none while disabled
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID"""


@_migrations()
def create_table(database: Database) -> None:
    """Create the officers."""
    database.execute(_TABLE)


@_migrations()
def add_stamp(database: Database) -> None:
    """Give each entry a stamp."""
    database.execute("ALTER TABLE officer ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0")
    for row in list(database.query("SELECT name FROM officer")):
        database.execute("UPDATE officer SET stamp = ? WHERE name = ?", (draw_stamp(), row["name"]))


@dataclass(frozen=True, slots=True)
class Officer:
    """A person who has proved to be one of this agency's officers."""

    name: str
    roles: frozenset[Role]

    def may(self, action: Action) -> bool:
        """Say whether one of the roles allows an action."""
        return bool(self.roles & MAY[action])


@dataclass(frozen=True, slots=True)
class Standing:
    """What an active officer may be now, and the stamp of the entry that says so."""

    roles: frozenset[Role]
    stamp: int


@dataclass(frozen=True, slots=True)
class OfficerEntry:
    """An officer as listed: the unit it is for, whether it is active, who entered and last changed it, and when."""

    officer: Officer
    authority: str
    active: bool
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a proof: the officer, or why there is none. ``known`` names an officer that there is.

    ``reason`` is ``unknown``, ``key`` or ``disabled``, or one of `node.accounts.tokens` where the proof was a token.
    """

    officer: Officer | None
    reason: str = ""
    known: str = ""


Recording = Callable[[OfficerEntry], None]
"""Makes a change durable in the disclosure log; told of the officer as it is about to be."""


class Officers(SqliteStore):
    """The officers in one SQLite file. Any thread may call; several processes may share the file.

    Each change is recorded while the write lock is held and before it is made; when the recording raises, nothing is
    changed. What is read is what was last committed: a disabled officer is out with its next call.
    """

    migrations = (_migrations,)

    def attempt(self, name: str, key: bytes) -> Attempt:
        """Give the active officer of that name when the key is theirs, in the same time whatever is wrong.

        What was wrong is for the log and goes nowhere else.
        """
        row = self._row(self._file.connection, name)
        digest: bytes | None = row["key_digest"] if row else None
        is_theirs = compare_digest(digest or _NOBODY, sha256(key).digest())
        if row is None:
            return Attempt(None, "unknown")
        if digest is None:
            return Attempt(None, "disabled", name)
        return Attempt(_entry(row).officer, known=name) if is_theirs else Attempt(None, "key", name)

    def roles_of(self, name: str) -> frozenset[Role]:
        """Give the roles an officer has now; none where there is no active officer of that name."""
        standing = self.standing_of(name)
        return standing.roles if standing is not None else frozenset()

    def standing_of(self, name: str) -> Standing | None:
        """Give how an officer stands now; None where there is no active officer of that name."""
        row = self._row(self._file.connection, name)
        entry = _entry(row) if row is not None else None
        return Standing(entry.officer.roles, row["stamp"]) if row and entry and entry.active else None

    def entries(self) -> list[OfficerEntry]:
        """Give all officers, disabled ones too, by name."""
        return [_entry(row) for row in self._file.connection.execute("SELECT * FROM officer ORDER BY name")]

    def add(
        self, key: OfficerKey, roles: Iterable[str], authority: str, by: str, at: datetime, record: Recording
    ) -> OfficerEntry:
        """Enter an officer; raise `SymbolonError` (`INVALID_INPUT`) on a bad value, or a name given before."""
        check_name(key.name)
        officer = Officer(key.name, _checked_roles(roles))
        entry = OfficerEntry(officer, _checked_authority(authority), True, by, at, by, at)
        with self._file.transaction() as connection:
            if self._row(connection, key.name) is not None:
                raise SymbolonError(
                    ErrorCode.INVALID_INPUT,
                    "NAME: there is, or was, an officer of this name, and a name is never given to another person:"
                    " see symbolon node officer list",
                )
            record(entry)
            _write(connection, entry, sha256(key.key).digest())
        return entry

    def change(
        self, name: str, roles: Iterable[str] | None, authority: str | None, by: str, at: datetime, record: Recording
    ) -> OfficerEntry:
        """Give an officer other roles, another authority, or both; errors as `add`, and `NOT_FOUND`."""
        with self._file.transaction() as connection:
            row = self._found(connection, name)
            old = _entry(row)
            officer = old.officer if roles is None else Officer(name, _checked_roles(roles))
            unit = old.authority if authority is None else _checked_authority(authority)
            entry = _changed(old, by, at, officer, unit, active=old.active)
            record(entry)
            _write(connection, entry, row["key_digest"])
        return entry

    def rotate(self, key: OfficerKey, by: str, at: datetime, record: Recording) -> OfficerEntry:
        """Give an officer a new key, and let a disabled one in again; the old key is void. Raises as `change`."""
        with self._file.transaction() as connection:
            old = _entry(self._found(connection, key.name))
            entry = _changed(old, by, at, old.officer, old.authority, active=True)
            record(entry)
            _write(connection, entry, sha256(key.key).digest())
        return entry

    def disable(self, name: str, by: str, at: datetime, record: Recording) -> OfficerEntry:
        """Shut an officer out at once and forget the key; raise `SymbolonError` (`NOT_FOUND`) where there is none."""
        with self._file.transaction() as connection:
            old = _entry(self._found(connection, name))
            entry = _changed(old, by, at, old.officer, old.authority, active=False)
            record(entry)
            _write(connection, entry, None)
        return entry

    @staticmethod
    def _row(connection: sqlite3.Connection, name: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = connection.execute("SELECT * FROM officer WHERE name = ?", (name,)).fetchone()
        return row

    def _found(self, connection: sqlite3.Connection, name: str) -> sqlite3.Row:
        row = self._row(connection, name)
        if row is None:
            raise SymbolonError(ErrorCode.NOT_FOUND, "no officer of this name: see symbolon node officer list")
        return row


def _entry(row: sqlite3.Row) -> OfficerEntry:
    """Read a row; a role that this version does not know allows nothing."""
    roles = frozenset(role for role in ROLES if role in json.loads(row["roles"]))
    return OfficerEntry(
        Officer(row["name"], roles),
        row["authority"],
        row["key_digest"] is not None,
        row["created_by"],
        datetime.fromisoformat(row["created_at"]),
        row["changed_by"],
        datetime.fromisoformat(row["changed_at"]),
    )


def _changed(
    old: OfficerEntry, by: str, at: datetime, officer: Officer, authority: str, *, active: bool
) -> OfficerEntry:
    return OfficerEntry(officer, authority, active, old.created_by, old.created_at, by, at)


def _write(connection: sqlite3.Connection, entry: OfficerEntry, digest: bytes | None) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO officer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.officer.name,
            json.dumps(in_order(entry.officer.roles)),
            entry.authority,
            digest,
            entry.created_by,
            entry.created_at.isoformat(),
            entry.changed_by,
            entry.changed_at.isoformat(),
            draw_stamp(),
        ),
    )


def draw_stamp() -> int:
    """Draw a stamp, never 0: what is compared with it ends when another is drawn."""
    return secrets.randbits(62) + 1


def in_order(roles: Iterable[Role]) -> list[Role]:
    """Give roles in the order of the list of roles."""
    return sorted(roles, key=ROLES.index)


def role_needed(roles: Iterable[Role], officer: Officer) -> str:
    """Say which role a step takes and which this officer has; who else has it is nobody's business."""
    has = " and ".join(in_order(officer.roles)) or "none"
    return f"it takes the role {' or '.join(in_order(roles))}; this officer has {has}"


def _checked_roles(roles: Iterable[str]) -> frozenset[Role]:
    given = set(roles)
    known = frozenset(role for role in ROLES if role in given)
    if not known or len(known) != len(given):
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--role: expected one or more of {', '.join(ROLES)}")
    if "auditor" in known and len(known) > 1:
        raise SymbolonError(
            ErrorCode.INVALID_INPUT, "--role: an auditor holds no other role, or would review what he did himself"
        )
    if "operator" in known and known & _DECIDING:
        raise SymbolonError(
            ErrorCode.INVALID_INPUT, "--role: an operator holds no role that decides, for he lets in those who do"
        )
    return known


def _checked_authority(authority: str) -> str:
    if authority and _AUTHORITY.fullmatch(authority) is None:
        raise SymbolonError(
            ErrorCode.INVALID_INPUT,
            "--authority: expected the name of a unit, at most 120 letters, digits, spaces and . , & ( ) / ' -",
        )
    return authority
