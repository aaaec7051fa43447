"""Cases and referrals in one SQLite file, which the mail shares: a step and its message are one commit.

Every function that writes works on the caller's connection inside the caller's transaction. What of a file has to be
found again stands in columns, all else in its JSON document. Requests are counted beside them (``requests``).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlite_utils import Database, Migrations

from agreements.agreement import Agreement
from agreements.stages import ReferralState
from node.cases import requests
from node.cases.facts import AskedFacts
from node.cases.files import Case, Line, Referral, Wait
from symbolon.rpc.errors import ErrorCode, SymbolonError

MIGRATIONS = Migrations("cases")

_TABLES = (
    """CREATE TABLE hit_case (
        member TEXT NOT NULL,
        reference TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        since TEXT NOT NULL,
        waits TEXT NOT NULL,
        team TEXT,
        document TEXT NOT NULL,
        PRIMARY KEY (member, reference)
    ) STRICT""",
    """CREATE TABLE referral (
        reference TEXT PRIMARY KEY,
        asker TEXT NOT NULL,
        alike TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        since TEXT NOT NULL,
        waits TEXT NOT NULL,
        team TEXT,
        document TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX hit_case_opened ON hit_case (opened_at)",
    # Silent hits that read alike are one line of a list.
    "CREATE INDEX referral_alike ON referral (state, alike, opened_at, team, waits)",
    # What time may do something with is found by these two, however many hits lie there.
    "CREATE INDEX hit_case_waits ON hit_case (waits, since)",
    "CREATE INDEX referral_waits ON referral (waits, since)",
    *requests.TABLES,
)


@MIGRATIONS()
def create_tables(database: Database) -> None:
    """Create cases, referrals, and the count of requests."""
    for statement in _TABLES:
        database.execute(statement)


@dataclass(frozen=True, slots=True)
class ToldHit:
    """A hit as its holder told it, or did not (``silent``). ``asked`` is `node.cases.facts.write_asked`'s JSON."""

    reference: str
    record_id: str
    score: float
    bits: float
    level: int
    asked: str
    agreement: Agreement
    told_at: datetime
    silent: bool = False
    matched: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedHit:
    """A hit as the asker received it. ``member`` is the holder's URI, ``asked`` as in `ToldHit`."""

    reference: str
    member: str
    agreement: Agreement
    asked: str
    query_id: bytes
    band: str
    at: datetime
    reasons: tuple[str, ...] = ()
    subject: dict[str, Any] | None = None


def note_told(connection: sqlite3.Connection, hit: ToldHit) -> None:
    """Note a hit at its holder, before the answer is sealed; a silent one too, which only its officers see."""
    asked = AskedFacts.model_validate_json(hit.asked)
    state = ReferralState.SILENT if hit.silent else ReferralState.TOLD
    referral = Referral(
        reference=hit.reference,
        agreement=hit.agreement.hash.hex(),
        asked=asked,
        team=_team_of(hit.agreement, asked.holder),
        opened_at=hit.told_at,
        since=hit.told_at,
        record_id=hit.record_id,
        matched=hit.matched,
        reasons=hit.reasons,
        score=hit.score,
        bits=hit.bits,
        level=hit.level,
        state=state,
        history=(Line(at=hit.told_at, event=state.value),),
    )
    connection.execute(
        "INSERT INTO referral VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (referral.reference, referral.asked.asker, referral.alike, *_columns(referral)),
    )


def note_hit(connection: sqlite3.Connection, hit: ReceivedHit) -> None:
    """Note a hit at its asker, before the analyst sees it; a reference that this member gave before stays as it is."""
    asked = AskedFacts.model_validate_json(hit.asked)
    case = Case(
        reference=hit.reference,
        agreement=hit.agreement.hash.hex(),
        asked=asked,
        team=_team_of(hit.agreement, asked.asker),
        opened_at=hit.at,
        since=hit.at,
        member=hit.member,
        query_id=hit.query_id.hex(),
        band=hit.band,
        reasons=hit.reasons,
        subject=hit.subject,
        history=(Line(at=hit.at, event="hit"),),
    )
    connection.execute(
        "INSERT INTO hit_case VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (case.member, case.reference, *_columns(case)),
    )


def find_case(connection: sqlite3.Connection, member: str, reference: str) -> Case | None:
    """Give the asker's file of a member's reference."""
    row = connection.execute(
        "SELECT document FROM hit_case WHERE member = ? AND reference = ?", (member, reference)
    ).fetchone()
    return Case.model_validate_json(row["document"]) if row else None


def case_named(connection: sqlite3.Connection, reference: str, member: str = "") -> Case:
    """Give the case an officer names; raise `SymbolonError` where there is none, or two members gave the reference."""
    rows = connection.execute(
        "SELECT document FROM hit_case WHERE reference = ? AND (member = ? OR ? = '')", (reference, member, member)
    ).fetchall()
    if not rows:
        raise SymbolonError(ErrorCode.NO_SUCH_CASE)
    if len(rows) > 1:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "several agencies gave this reference: name the agency too")
    with _said_if_unreadable():
        return Case.model_validate_json(rows[0]["document"])


def find_referral(connection: sqlite3.Connection, reference: str) -> Referral | None:
    """Give the holder's file of a reference."""
    row = connection.execute("SELECT document FROM referral WHERE reference = ?", (reference,)).fetchone()
    return Referral.model_validate_json(row["document"]) if row else None


def referral_named(connection: sqlite3.Connection, reference: str) -> Referral:
    """Give the referral an officer names; raise `SymbolonError` where there is none."""
    with _said_if_unreadable():
        referral = find_referral(connection, reference)
    if referral is None:
        raise SymbolonError(ErrorCode.NO_SUCH_CASE)
    return referral


@contextmanager
def _said_if_unreadable() -> Iterator[None]:
    try:
        yield
    except ValidationError:  # without "from": it would quote the document
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, UNREADABLE) from None


UNREADABLE = "this file cannot be read: tell who runs the node"
"""What officers are told of a document that is damaged."""


def ripe(connection: sqlite3.Connection, quiet_since: Mapping[Wait, datetime]) -> Iterator[list[sqlite3.Row]]:
    """Give, some at a time, the rows of the files that time does something with: quiet since their moment, or before.

    Each row is given once, oldest first, whatever becomes of those given before it. They are not read here: a document
    that nobody can read must not hide the others.
    """
    for table in ("hit_case", "referral"):
        for wait, moment in quiet_since.items():
            since, rowid = "", 0
            while rows := connection.execute(
                _RIPE.format(table), (wait.value, since, rowid, _text(moment), TOGETHER)
            ).fetchall():
                yield rows
                since, rowid = rows[-1]["since"], rows[-1]["rowid"]


def read_ripe(row: sqlite3.Row) -> Case | Referral:
    """Read the file of a row that `ripe` gave; raise `pydantic.ValidationError` where its document is none."""
    model = Case if row["type"] == "hit_case" else Referral
    return model.model_validate_json(row["document"])


TOGETHER = 50
"""Files that the clock takes in one commit: it costs as much as one, and nobody waits long for it."""

_RIPE = (
    "SELECT rowid, '{0}' AS type, since, document FROM {0}"
    " WHERE waits = ? AND (since, rowid) > (?, ?) AND since <= ? ORDER BY since, rowid LIMIT ?"
)


File = TypeVar("File", bound=Case | Referral)


def save(connection: sqlite3.Connection, file: Case | Referral) -> None:
    """Put a file in its predecessor's place."""
    if isinstance(file, Case):
        changed = connection.execute(
            "UPDATE hit_case SET state = ?, version = ?, opened_at = ?, since = ?, waits = ?, team = ?, document = ?"
            " WHERE member = ? AND reference = ? AND version < ?",
            (*_columns(file), file.member, file.reference, file.version),
        )
    else:
        changed = connection.execute(
            "UPDATE referral SET alike = ?, state = ?, version = ?, opened_at = ?, since = ?, waits = ?, team = ?,"
            " document = ? WHERE reference = ? AND version < ?",
            (file.alike, *_columns(file), file.reference, file.version),
        )
    if changed.rowcount != 1:
        raise RuntimeError("a file was changed outside the transaction that read it")


def erase(connection: sqlite3.Connection, file: Case | Referral) -> None:
    """Erase a file for good."""
    if isinstance(file, Case):
        connection.execute("DELETE FROM hit_case WHERE member = ? AND reference = ?", (file.member, file.reference))
    else:
        connection.execute("DELETE FROM referral WHERE reference = ?", (file.reference,))


def _columns(file: Case | Referral) -> tuple[str, int, str, str, str, str | None, str]:
    opened, since = _text(file.opened_at), _text(file.since)
    team = None if file.team is None else json.dumps(file.team)
    return file.state.value, file.version, opened, since, file.waits.value, team, file.model_dump_json()


def _team_of(agreement: Agreement, agency: str) -> tuple[str, ...] | None:
    if agreement.joint_team is None:
        return None
    return tuple(sorted(name for member, name in agreement.joint_team.officers if member == agency))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
