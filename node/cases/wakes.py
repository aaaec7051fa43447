"""When time may next do something with a file, so that a sweep reads no file that it could do nothing with. Pure.

What time does is decided in ``sweeping``; this says from which moment on it may. That an agreement has ended is seen by
the agreement, and not by the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from agreements.stages import CASE, REFERRAL, UNPURSUED, CaseEvent, ReferralEvent, ReferralState, ReviewState, allows
from node.cases.ending import PATIENCE
from node.cases.files import Case, Referral
from node.cases.release import STOPPED

ALWAYS_AT = datetime.min.replace(tzinfo=UTC)


class Wait(StrEnum):
    """What time waits for with a file. Of the last five, the moment kept is the one from which the wait counts."""

    ALWAYS = "always"
    """That this node discloses again: it is looked at in every sweep."""
    MOMENT = "moment"
    """A clock, the day of a copy, a review, patience: it is looked at from that moment on."""
    PEOPLE = "people"
    """Under way, but what comes next is somebody's to do, here or there."""
    NOTHING = "nothing"
    UNPURSUED = "unpursued"
    PATIENCE = "patience"
    CLOSED = "closed"
    TOLD = "told"
    """As closed; and its officers have not taken note yet of how the holder ended it."""


def wakes(file: Case | Referral) -> tuple[Wait, datetime]:
    """Give what time waits for with a file, and the moment that belongs to it."""
    if isinstance(file, Referral) and STOPPED in file.held:
        return Wait.ALWAYS, ALWAYS_AT
    if file.is_over:
        return _after_the_end(file)
    if file.state is ReferralState.SILENT:
        return Wait.PATIENCE, file.since
    if file.state in UNPURSUED:
        return Wait.UNPURSUED, file.since
    moments = [*_of_review(file), *(_of_case(file) if isinstance(file, Case) else _of_referral(file))]
    return (Wait.MOMENT, min(moments)) if moments else (Wait.PEOPLE, file.since)


def day_of_deletion(due: date) -> datetime:
    """Give the moment from which a copy that is due on a day is to be deleted."""
    return datetime.combine(due, time.min, UTC)


def _after_the_end(file: Case | Referral) -> tuple[Wait, datetime]:
    if file.awaits_review:
        due = next(_of_review(file), None)
        return (Wait.MOMENT, due) if due else (Wait.NOTHING, file.since)  # until the review
    if file.request is None:
        return Wait.MOMENT, file.since
    return (Wait.TOLD if isinstance(file, Case) and file.news else Wait.CLOSED), file.since


def _of_review(file: Case | Referral) -> Iterator[datetime]:
    if file.review.state is ReviewState.DUE and file.review.due is not None:
        yield file.review.due


def _of_case(case: Case) -> Iterator[datetime]:
    if case.due is not None and allows(CASE, case.state, CaseEvent.DELETE):
        yield day_of_deletion(case.due)
    if allows(CASE, case.state, CaseEvent.LAPSE):
        yield case.since + PATIENCE


def _of_referral(referral: Referral) -> Iterator[datetime]:
    runs = referral.clock is not None and allows(REFERRAL, referral.state, ReferralEvent.CLOCK_RUNS_OUT)
    if runs and referral.clock and referral.clock.due is not None:
        yield referral.clock.due
    if allows(REFERRAL, referral.state, ReferralEvent.LAPSE):
        patience = referral.since + PATIENCE
        # A copy of what was released before may be there.
        yield patience if referral.due is None else max(patience, day_of_deletion(referral.due) + timedelta(days=1))
