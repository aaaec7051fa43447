"""Hits that this agency's officers have cleared: rejected as another person, and known again by the holder's tag.

The same hit coming again (`node.queries.repeats`) opens no case and bothers nobody; it is logged, counted and shown
folded. It counts as the same only from the same member, with the same tag, in no better a band than it was cleared in,
and where the answer has the tag once. What is kept is who cleared it, when and why, nothing of a person; it is erased
when a closed case would be, or when an analyst takes the clearing back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from matching.scoring import Band
from node.cases.files import Case, Team
from symbolon.rpc.identity import Party

_BANDS = get_args(Band)
"""From the best to the least."""

TABLE = """CREATE TABLE cleared_hit (
    member TEXT NOT NULL,
    tag TEXT NOT NULL,
    reference TEXT NOT NULL,
    agreement TEXT NOT NULL,
    purpose TEXT NOT NULL,
    case_reference TEXT NOT NULL,
    band TEXT NOT NULL,
    officer TEXT NOT NULL,
    reason TEXT NOT NULL,
    cleared_at TEXT NOT NULL,
    team TEXT,
    returned INTEGER NOT NULL DEFAULT 0,
    returned_at TEXT,
    PRIMARY KEY (member, tag)
) STRICT, WITHOUT ROWID"""


@dataclass(frozen=True, slots=True)
class Cleared:
    """A cleared hit: by whom, when and why, and how often it has come again since; ``reference`` is the hit's own."""

    member: str
    tag: str
    reference: str
    agreement: str
    purpose: str
    case_reference: str
    band: str
    officer: str
    reason: str
    cleared_at: datetime
    team: Team | None
    returned: int
    returned_at: datetime | None

    @property
    def partner(self) -> str:
        """Name the other agency."""
        return Party.parse(self.member).name

    def may_be_seen(self, officer: str, *, audits: bool = False) -> bool:
        """Say whether an officer may see it: what is a joint team's, its members and auditors only."""
        return audits or self.team is None or officer in self.team.members


def note_cleared(connection: sqlite3.Connection, case: Case) -> None:
    """Note that a case's hit is rejected, unless the same hit is confirmed in another case: then this one was a double.

    One without a tag would not be known again.
    """
    if not case.repeat or _is_confirmed(connection, case):
        return
    last = case.history[-1]
    team = case.team.model_dump_json() if case.team else None
    connection.execute(
        "INSERT OR REPLACE INTO cleared_hit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL)",
        (
            case.member, case.repeat, case.reference, case.agreement, case.asked.purpose, case.asked.case, case.band,
            last.by, case.rejected_because, _text(last.at), team,
        ),
    )  # fmt: skip


def forget_confirmed(connection: sqlite3.Connection, case: Case) -> None:
    """Forget that the hit of a case was cleared: it is confirmed now."""
    connection.execute("DELETE FROM cleared_hit WHERE member = ? AND tag = ?", (case.member, case.repeat))


def _is_confirmed(connection: sqlite3.Connection, case: Case) -> bool:
    """Say whether the hit of a case was confirmed in another that is not over."""
    found = connection.execute(
        "SELECT 1 FROM hit_case WHERE member = ? AND tag = ? AND reference <> ?"
        " AND state NOT IN ('hit', 'rejected', 'deleted', 'declined', 'recalled', 'lapsed')",
        (case.member, case.repeat, case.reference),
    )
    return found.fetchone() is not None


def known_again(
    connection: sqlite3.Connection, member: str, tags_and_bands: Iterable[tuple[str, str]], officer: str
) -> dict[str, Cleared]:
    """Give, by tag, which of the hits of one answer an officer need not look at again."""
    told = [one for one in tags_and_bands if one[0]]
    once = [(tag, band) for tag, band in told if sum(tag == other for other, _ in told) == 1]
    found = ((_find(connection, member, tag), band) for tag, band in once)
    return {
        one.tag: one
        for one, band in found
        if one is not None and one.may_be_seen(officer) and _BANDS.index(band) >= _BANDS.index(one.band)
    }


def count_return(connection: sqlite3.Connection, cleared: Cleared, at: datetime) -> None:
    """Count that a cleared hit has come again."""
    connection.execute(
        "UPDATE cleared_hit SET returned = returned + 1, returned_at = ? WHERE member = ? AND tag = ?",
        (_text(at), cleared.member, cleared.tag),
    )


def cleared_hits(connection: sqlite3.Connection, most: int) -> list[Cleared]:
    """Give the cleared hits, the last cleared first."""
    rows = connection.execute("SELECT * FROM cleared_hit ORDER BY cleared_at DESC, tag LIMIT ?", (most,))
    return [_cleared(row) for row in rows.fetchall()]


def cleared_as(connection: sqlite3.Connection, reference: str) -> list[Cleared]:
    """Give the cleared hits of a reference: one, unless two members gave the same."""
    rows = connection.execute("SELECT * FROM cleared_hit WHERE reference = ?", (reference,))
    return [_cleared(row) for row in rows.fetchall()]


def take_back(connection: sqlite3.Connection, cleared: Cleared) -> None:
    """Take a clearing back: the hit coming again is a new one."""
    connection.execute("DELETE FROM cleared_hit WHERE member = ? AND tag = ?", (cleared.member, cleared.tag))


def forget_cleared(connection: sqlite3.Connection, before: datetime) -> int:
    """Erase what was cleared before a moment; give how many."""
    return connection.execute("DELETE FROM cleared_hit WHERE cleared_at < ?", (_text(before),)).rowcount


def is_any_cleared(connection: sqlite3.Connection, before: datetime) -> bool:
    """Say whether anything was cleared before a moment."""
    return connection.execute("SELECT 1 FROM cleared_hit WHERE cleared_at < ?", (_text(before),)).fetchone() is not None


def _find(connection: sqlite3.Connection, member: str, tag: str) -> Cleared | None:
    row = connection.execute("SELECT * FROM cleared_hit WHERE member = ? AND tag = ?", (member, tag)).fetchone()
    return _cleared(row) if row else None


def _cleared(row: sqlite3.Row) -> Cleared:
    values = dict(row)
    team, returned_at = values["team"], values["returned_at"]
    return Cleared(
        **values
        | {
            "cleared_at": datetime.fromisoformat(values["cleared_at"]),
            "returned_at": datetime.fromisoformat(returned_at) if returned_at else None,
            "team": Team.model_validate_json(team) if team else None,
        }
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
