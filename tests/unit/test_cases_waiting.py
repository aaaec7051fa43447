"""What waits in a list: its order, what is an officer's own, and that none of his emergencies is left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from node.cases.alerts import Alert
from node.cases.urgency import Weighed, most_urgent_first, pending, waiting
from node.officers.register import Officer

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ANALYST = Officer("a.martin", frozenset({"analyst"}))
HIT = Alert("a hit", "confirm_hit")
REVIEW = Alert("a review", "reviewing")  # a supervisor's


def line(name: str, *alerts: Alert, emergency: bool = False, readable: bool = True) -> Weighed[Any]:
    file = SimpleNamespace(is_emergency=emergency) if readable else None
    return Weighed(cast("Any", SimpleNamespace(reference=name, file=file)), pending(alerts, ANALYST))


def by(minutes: float) -> Alert:
    return Alert("feedback", "feedback", NOW + timedelta(minutes=minutes))


def names(lines: Sequence[Weighed[Any]]) -> list[str]:
    return [one.line.reference for one in lines]


def test_a_list_begins_with_what_runs_out_first_and_emergencies_before_what_runs_out_in_the_same_second() -> None:
    lines = [
        line("quiet"),
        line("some day", HIT),
        line("life, some day", HIT, emergency=True),
        line("later", by(9)),
        line("now", HIT, by(5)),
        line("life, now", by(5 + 0.5 / 60), emergency=True),
        line("broken", Alert("cannot be read", "damaged"), readable=False),
    ]
    ordered = ["life, now", "now", "later", "life, some day", "some day", "broken", "quiet"]
    assert names(most_urgent_first(lines)) == ordered


def test_of_what_waits_the_first_are_given_with_every_emergency_and_how_many_there_are() -> None:
    lines = [
        line("first", HIT),
        line("not mine", REVIEW),
        line("second", HIT),
        line("third", HIT),
        line("life", HIT, emergency=True),
        line("a colleague's life", REVIEW, emergency=True),
        line("both", REVIEW, HIT),
        line("nothing to do"),
    ]
    found = waiting(lines, 2)
    assert names(found.first) == ["first", "second", "life"]
    assert (found.own, found.of_others) == (5, 2)


def test_without_an_officer_nothing_waits_for_others() -> None:
    assert not pending([REVIEW], None).is_for_others
    assert pending([REVIEW], ANALYST).is_for_others
    assert not pending([], ANALYST).is_for_others
