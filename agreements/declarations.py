"""What the parties' statements about one agreement amount to. Pure.

Of each party the latest suspension or resumption counts, by the moment it states, so the order in which they come does
not matter, and an old one that comes again changes nothing. A suspension of the future counts from its arrival: to
refuse it, or to wait, would leave in force what a party has withdrawn, and to believe its moment would let no
resumption count before that. A party takes back its own suspension only. Terminations
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
    """A declaration that holds, when it came here, and since when its party has said so without a break."""

    declaration: Declaration
    arrived: datetime
    since: datetime

    @property
    def moment(self) -> datetime:
        """Give the moment from which it counts as its party's word."""
        at = self.declaration.at
        return min(at, self.arrived) if self.declaration.kind == "suspends" else at


def takes_place_of(new: Heard, kept: Heard | None, agreement: Agreement | None) -> bool:
    """Say whether a statement that comes now counts instead of the one of its party and sort that is kept.

    Of two suspensions or resumptions of one moment the suspension counts. Without the agreement its notice is not
    known, and ends are compared as they are stated. What is kept is of no later moment than what comes now, whatever
    the clock said when it came.
    """
    if kept is None:
        return True
    if new.declaration == kept.declaration:
        return False
    if new.declaration.kind == "ends":
        return _last_day(agreement, new) < _last_day(agreement, kept)
    return _order(new) > min(_order(kept), (new.arrived, kept.declaration.kind == "suspends"))


def suspended_since(heard: Iterable[Heard]) -> dict[str, datetime]:
    """Give each party whose suspension stands with the moment since when, of what is kept."""
    return {one.declaration.agency: one.since for one in heard if one.declaration.kind == "suspends"}


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


def _order(heard: Heard) -> tuple[datetime, bool]:
    return heard.moment, heard.declaration.kind == "suspends"
