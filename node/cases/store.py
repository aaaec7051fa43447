"""Cases and referrals in one SQLite file, which the mail shares: a step and its message are one commit.

Every function that writes works on the caller's connection inside the caller's transaction. What of a file has to be
found again stands in columns, all else in its JSON document. Requests are counted beside them (``requests``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from agreements.agreement import Agreement
from agreements.stages import ReferralState
from node.cases.damaged import Damaged
from node.cases.facts import AskedFacts
from node.cases.files import Case, Line, Referral, Team
from node.cases.wakes import Wait, wakes
from node.database import DatabaseFile
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party


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
    repeat: str = ""


def note_told(connection: sqlite3.Connection, hit: ToldHit) -> None:
    """Note a hit at its holder, before the answer is sealed; a silent one too, which only its officers see."""
    asked = AskedFacts.model_validate_json(hit.asked)
    state = ReferralState.SILENT if hit.silent else ReferralState.TOLD
    referral = Referral(
        reference=hit.reference,
        agreement=hit.agreement.hash.hex(),
        asked=asked,
        team=_team_of(hit.agreement, asked.holder, approvers=True),
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
        "INSERT INTO referral VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        repeat=hit.repeat,
        history=(Line(at=hit.at, event="hit"),),
    )
    connection.execute(
        "INSERT INTO hit_case VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (case.member, case.reference, *_columns(case), case.repeat),
    )


class UnreadableFileError(ValueError):
    """A document that is damaged; says nothing of it."""


def find_case(connection: sqlite3.Connection, member: str, reference: str) -> Case | None:
    """Give the asker's file of a member's reference; raise `UnreadableFileError` where it is damaged."""
    row = connection.execute(
        "SELECT document FROM hit_case WHERE member = ? AND reference = ?", (member, reference)
    ).fetchone()
    return _read(Case, row["document"]) if row else None


def has_case(file: DatabaseFile, member: str, reference: str) -> bool:
    """Say whether a hit of a member was noted under a reference."""
    found = file.connection.execute(
        "SELECT 1 FROM hit_case WHERE member = ? AND reference = ?", (member, reference)
    ).fetchone()
    return found is not None


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
        return _read(Case, rows[0]["document"])


def find_referral(connection: sqlite3.Connection, reference: str) -> Referral | None:
    """Give the holder's file of a reference; raise `UnreadableFileError` where it is damaged."""
    row = connection.execute("SELECT document FROM referral WHERE reference = ?", (reference,)).fetchone()
    return _read(Referral, row["document"]) if row else None


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
    except UnreadableFileError:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, UNREADABLE) from None


UNREADABLE = "this file cannot be read: tell who runs the node"
"""What officers are told of a document that is damaged."""


def ripe(connection: sqlite3.Connection, woken_by: Mapping[Wait, datetime]) -> Iterator[list[sqlite3.Row]]:
    """Give, some at a time, the rows of the files that time does something with: their moment has come.

    Oldest first, each once, whatever becomes of those given before it: a step moves a file's moment on, and it comes
    again only where the next moment has passed too. They are not read here: a document that nobody can read must not
    hide the others.
    """
    for table in ("hit_case", "referral"):
        for wait, moment in woken_by.items():
            wakes, rowid = "", 0
            while rows := connection.execute(
                _RIPE.format(table, _PARTNER[table]), (wait.value, wakes, rowid, _text(moment), TOGETHER)
            ).fetchall():
                yield rows
                wakes, rowid = rows[-1]["wakes"], rows[-1]["rowid"]


def agreements_of_copies(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Give under which agreements, by their hash, and of which members there are copies here."""
    found = connection.execute("SELECT DISTINCT agreement, member FROM hit_case WHERE due IS NOT NULL")
    return [(row["agreement"], row["member"]) for row in found.fetchall()]


def copies(connection: sqlite3.Connection, agreement: str, member: str) -> Iterator[list[sqlite3.Row]]:
    """Give, some at a time, the rows of the cases with a copy under an agreement, as `ripe` does."""
    rowid = 0
    while rows := connection.execute(_COPIES, (agreement, member, rowid, TOGETHER)).fetchall():
        yield rows
        rowid = rows[-1]["rowid"]


def read_ripe(row: sqlite3.Row) -> Case | Referral:
    """Read the file of a row that `ripe` gave; raise `UnreadableFileError` where its document is damaged."""
    return _read(Case, row["document"]) if row["type"] == "hit_case" else _read(Referral, row["document"])


def damaged_of(row: sqlite3.Row) -> Damaged:
    """Give a row that `ripe` gave without its document."""
    is_case = row["type"] == "hit_case"
    return Damaged(
        is_case,
        row["reference"],
        Party.parse(row["partner"]).name if is_case else row["partner"],
        row["agreement"],
        row["state"],
        row["version"],
        row["waits"],
        row["opened_at"],
        datetime.fromisoformat(row["since"]),
        date.fromisoformat(row["due"]) if row["due"] else None,
    )


def damaged_case(connection: sqlite3.Connection, member: str, reference: str) -> Damaged:
    """Give the asker's file of a member's reference without its document."""
    where = " WHERE member = ? AND reference = ?"
    return damaged_of(connection.execute(_ROW.format("hit_case", "member") + where, (member, reference)).fetchone())


def is_as_it_was(connection: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Say whether a row that `ripe` gave still has its document."""
    known = f"SELECT 1 FROM {row['type']} WHERE rowid = ? AND document = ?"  # noqa: S608  # one of the two tables
    return connection.execute(known, (row["rowid"], row["document"])).fetchone() is not None


def _read(model: type[Kind], document: str) -> Kind:
    try:
        return model.model_validate_json(document)
    except ValidationError:  # without "from": it would quote the document
        raise UnreadableFileError("a file is damaged") from None


TOGETHER = 50
"""Files that the clock takes in one commit: it costs as much as one, and nobody waits long for it."""

_PARTNER = {"hit_case": "member", "referral": "asker"}

_ROW = (
    "SELECT rowid, '{0}' AS type, reference, {1} AS partner, agreement, state, version, opened_at, since, waits, wakes,"
    " due, document FROM {0}"
)

_RIPE = _ROW + " WHERE waits = ? AND (wakes, rowid) > (?, ?) AND wakes <= ? ORDER BY wakes, rowid LIMIT ?"

_COPIES = (
    _ROW.format("hit_case", "member")
    + " WHERE due IS NOT NULL AND agreement = ? AND member = ? AND rowid > ? ORDER BY rowid LIMIT ?"
)


File = TypeVar("File", bound=Case | Referral)

Kind = TypeVar("Kind", Case, Referral)


def save(connection: sqlite3.Connection, file: Case | Referral) -> None:
    """Put a file in its predecessor's place."""
    if isinstance(file, Case):
        changed = connection.execute(
            "UPDATE hit_case SET state = ?, version = ?, opened_at = ?, since = ?, waits = ?, wakes = ?,"
            " agreement = ?, due = ?, team = ?, document = ? WHERE member = ? AND reference = ? AND version < ?",
            (*_columns(file), file.member, file.reference, file.version),
        )
    else:
        changed = connection.execute(
            "UPDATE referral SET alike = ?, state = ?, version = ?, opened_at = ?, since = ?, waits = ?, wakes = ?,"
            " agreement = ?, due = ?, team = ?, document = ? WHERE reference = ? AND version < ?",
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


def erase_damaged(connection: sqlite3.Connection, file: Damaged) -> None:
    """Erase a file that nobody can read."""
    if file.is_case:
        found = (Party.agency(file.partner).uri, file.reference)
        connection.execute("DELETE FROM hit_case WHERE member = ? AND reference = ?", found)
    else:
        connection.execute("DELETE FROM referral WHERE reference = ?", (file.reference,))


def _columns(file: Case | Referral) -> tuple[object, ...]:
    opened, since = _text(file.opened_at), _text(file.since)
    waits, wakes_at = wakes(file)
    # At the asker a day is kept while a copy is here, at the holder from the first release on.
    due = None if file.due is None or (isinstance(file, Case) and file.content is None) else file.due.isoformat()
    team = None if file.team is None else file.team.model_dump_json()
    when = (opened, since, waits.value, _text(wakes_at))
    return (file.state.value, file.version, *when, file.agreement, due, team, file.model_dump_json())


def _team_of(agreement: Agreement, agency: str, *, approvers: bool = False) -> Team | None:
    if agreement.joint_team is None:
        return None
    members = sorted(name for member, name in agreement.joint_team.officers if member == agency)
    return Team(members=tuple(members), approvers=tuple(sorted(agreement.approver_roles)) if approvers else ())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
