"""What waits in a list: its lines with what is to be seen to, whose that is, and which of them come first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from node.cases.alerts import Alert, alerts_of_case, alerts_of_referral
from node.cases.files import Case, Referral
from node.cases.listing import Kind, Listed
from node.cases.steps import Scene
from node.cases.store import UNREADABLE
from node.officers.register import Officer


@dataclass(frozen=True, slots=True)
class Pending:
    """What is to be seen to in a file; ``is_for_others`` says that there is something, and nothing is the officer's."""

    alerts: Sequence[Alert]
    is_for_others: bool

    @property
    def until(self) -> datetime | None:
        """Give until when the most urgent of it should be seen to; None where nothing runs out."""
        return min((one.by for one in self.alerts if one.by), default=None)


def pending(alerts: Sequence[Alert], officer: Officer | None) -> Pending:
    """Tell apart what is an officer's to see to from what waits for colleagues; without one, nothing is known of it."""
    is_for_others = officer is not None and bool(alerts) and not any(one.is_for(officer) for one in alerts)
    return Pending(alerts, is_for_others)


@dataclass(frozen=True, slots=True)
class Weighed(Generic[Kind]):
    """A line of a list with what is to be seen to."""

    line: Listed[Kind]
    pending: Pending

    @property
    def rank(self) -> tuple[bool, float, bool]:
        """Give what orders a list: what runs out first, by the second; of the same, emergencies first."""
        until, file = self.pending.until, self.line.file
        moment = int(until.timestamp()) if until else math.inf
        return not self.pending.alerts, moment, file is None or not file.is_emergency


def weighed_case(line: Listed[Case], scene: Scene, officer: Officer | None = None) -> Weighed[Case]:
    """Weigh a line of the asker's list."""
    alerts = alerts_of_case(line.file, scene, officer) if line.file else [_damaged(line)]
    return Weighed(line, pending(alerts, officer))


def weighed_referral(line: Listed[Referral], scene: Scene, officer: Officer | None = None) -> Weighed[Referral]:
    """Weigh a line of the holder's list, which may stand for many silent hits."""
    alerts = alerts_of_referral(line.file, scene, officer) if line.file else [_damaged(line)]
    if line.file and line.times > 1:
        said = f"{line.times} times for this case, first on {line.first_at.date()}; the newest is shown"
        alerts.append(Alert(said, "silent_hit"))
    return Weighed(line, pending(alerts, officer))


def most_urgent_first(lines: Iterable[Weighed[Kind]]) -> list[Weighed[Kind]]:
    """Order a list by its ranks; what is alike in all of this stays as it comes."""
    return sorted(lines, key=lambda one: one.rank)


@dataclass(frozen=True, slots=True)
class Waiting(Generic[Kind]):
    """The first of what waits for an officer, and how many lines wait: for this officer, and for others."""

    first: Sequence[Weighed[Kind]]
    own: int
    of_others: int


def waiting(lines: Sequence[Weighed[Kind]], most: int) -> Waiting[Kind]:
    """Give what waits, of a list in its order: of the officer's own the first so many, and every emergency."""
    found = [one for one in lines if one.pending.alerts]
    own = [one for one in found if not one.pending.is_for_others]
    first = [one for place, one in enumerate(own) if place < most or (one.line.file and one.line.file.is_emergency)]
    return Waiting(first, len(own), len(found) - len(own))


def _damaged(line: Listed[Kind]) -> Alert:
    return Alert(f"{UNREADABLE}; it stood at {line.state.replace('_', ' ')}", "damaged")
