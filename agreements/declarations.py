"""What the parties' statements about one agreement amount to. Pure.

Of each party the latest suspension or resumption counts, by the moment it states, so the order in which they come does
not matter, and an old one that comes again changes nothing. A party takes back its own suspension only. Terminations
are never taken back: the earliest last day counts, and none counts before the notice the agreement asks for is over.
Notice runs from the moment stated, or from the arrival where that is more than `LATE` after it: a date put back must
not shorten it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from agreements.agreement import Agreement
from agreements.signing import Declaration

LATE = timedelta(days=7)
"""How long a notice may have been under way and still count from the moment it states."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A declaration that holds, and when it came here."""

    declaration: Declaration
    arrived: datetime


def takes_place_of(new: Heard, kept: Heard | None, agreement: Agreement | None) -> bool:
    """Say whether a statement counts instead of the one of its party and sort that is kept.

    Of two suspensions or resumptions of one moment the suspension counts. Without the agreement its notice is not
    known, and ends are compared as they are stated.
    """
    if kept is None:
        return True
    if new.declaration.kind == "ends":
        return _last_day(agreement, new) < _last_day(agreement, kept)
    return _order(new.declaration) > _order(kept.declaration)


def suspended_by(heard: Iterable[Heard]) -> frozenset[str]:
    """Give the parties whose suspension stands, of what is kept."""
    return frozenset(one.declaration.agency for one in heard if one.declaration.kind == "suspends")


def last_days(agreement: Agreement, heard: Iterable[Heard]) -> dict[str, date]:
    """Give each party that has terminated with the last day on which the agreement binds it, of what is kept."""
    return {one.declaration.agency: _last_day(agreement, one) for one in heard if one.declaration.kind == "ends"}


def earliest_last_day(agreement: Agreement, declared: date) -> date:
    """Give the first day that may be the last one, if notice is given on a day."""
    try:
        return declared + timedelta(days=agreement.validity.notice_days)
    except OverflowError:
        return date.max


def last_day(agreement: Agreement, stated: date, at: datetime, arrived: datetime) -> date:
    """Give the last day that counts of a termination: the one it states, or the first after the notice."""
    given = arrived if arrived - at > LATE else at
    return max(stated, earliest_last_day(agreement, given.astimezone(UTC).date()))


def _last_day(agreement: Agreement | None, heard: Heard) -> date:
    stated = heard.declaration.last_day or date.max
    return last_day(agreement, stated, heard.declaration.at, heard.arrived) if agreement is not None else stated


def _order(declaration: Declaration) -> tuple[datetime, bool]:
    return declaration.at, declaration.kind == "suspends"
