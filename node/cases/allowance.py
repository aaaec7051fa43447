"""What the asker knows of the requests it may still make: what each holder last said, and what follows from it.

A holder counts (``requests``) and says what is left with every answer under an agreement, when it takes a request on,
and when it refuses one because a quota is used up. It tells of counts alone, never of records.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from agreements.agreement import Agreement
from agreements.prose_words import counted
from node.cases.messages import RequestsLeft

TABLE = """CREATE TABLE requests_left (
    member TEXT NOT NULL,
    agreement TEXT NOT NULL,
    day TEXT NOT NULL,
    requests_today INTEGER NOT NULL,
    emergencies_this_month INTEGER NOT NULL,
    PRIMARY KEY (member, agreement)
) STRICT, WITHOUT ROWID"""


def note_left(connection: sqlite3.Connection, member: str, agreement: str, told: RequestsLeft) -> None:
    """Note what a holder says is left under the agreement of this fingerprint; within a day or month it only falls.

    Answers and mail overtake each other, so a word of an earlier day, or a higher count, is an older one.
    """
    before = last_told(connection, member, agreement)
    left = told if before is None else _lowest(before, told)
    connection.execute(
        "INSERT OR REPLACE INTO requests_left VALUES (?, ?, ?, ?, ?)",
        (member, agreement, left.day.isoformat(), left.requests_today, left.emergencies_this_month),
    )


def last_told(connection: sqlite3.Connection, member: str, agreement: str) -> RequestsLeft | None:
    """Give what a holder last said."""
    row = connection.execute(
        "SELECT day, requests_today, emergencies_this_month FROM requests_left WHERE member = ? AND agreement = ?",
        (member, agreement),
    ).fetchone()
    return RequestsLeft.model_validate(dict(row)) if row else None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left now of what the agreement allows, as far as the holder has said; ``said_on`` is the UTC day."""

    today: date
    said_on: date
    requests: int
    requests_a_day: int
    emergencies: int
    emergencies_a_month: int

    def used_up(self) -> Iterator[str]:
        """Say which quota is used up, and from which moment on it may be asked again."""
        tomorrow = self.today + timedelta(days=1)
        next_month = (self.today.replace(day=1) + timedelta(days=32)).replace(day=1)
        for left, limit, what, span, again in (
            (self.requests, self.requests_a_day, "request", "day", tomorrow),
            (self.emergencies, self.emergencies_a_month, "emergency", "month", next_month),
        ):
            if limit and not left:
                yield (
                    f"the quota of {counted(limit, what)} a {span} at the holder is used up:"
                    f" ask again from {again} 00:00 UTC"
                )


def allowance(told: RequestsLeft | None, agreement: Agreement, now: datetime) -> Allowance | None:
    """Give what is left at a moment; a new day or month begins with all that the agreement allows."""
    if told is None:
        return None
    today = now.astimezone(UTC).date()
    a_day, a_month = agreement.quotas.requests_a_day, agreement.emergency.uses_a_month
    requests = told.requests_today if told.day == today else a_day
    emergencies = told.emergencies_this_month if _month(told.day) == _month(today) else a_month
    return Allowance(today, told.day, min(requests, a_day), a_day, min(emergencies, a_month), a_month)


def _lowest(before: RequestsLeft, told: RequestsLeft) -> RequestsLeft:
    if told.day < before.day:
        return before
    requests, emergencies = told.requests_today, told.emergencies_this_month
    if told.day == before.day:
        requests = min(requests, before.requests_today)
    if _month(told.day) == _month(before.day):
        emergencies = min(emergencies, before.emergencies_this_month)
    return RequestsLeft(day=told.day, requests_today=requests, emergencies_this_month=emergencies)


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month
