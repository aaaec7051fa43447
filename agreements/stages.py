"""Where a hit stands on both sides: the asker's case, the holder's referral, and the review of an emergency.

Each machine is one table, (state, event) → state, and what is not in it does not happen. A guard is named beside the
move and checked by whoever makes it (``node.cases``); this module knows no clock, no people and no agreement. The
drawings in ``docs/explanation/stages.md`` are made from the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar


class CaseState(StrEnum):
    """Where the asker's case stands."""

    HIT = "hit"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    REQUESTED = "requested"
    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"
    READABLE = "readable"
    CORRECTED = "corrected"
    DISPUTED = "disputed"
    FEEDBACK_GIVEN = "feedback_given"
    DELETED = "deleted"
    DECLINED = "declined"
    RECALLED = "recalled"
    LAPSED = "lapsed"


class CaseEvent(StrEnum):
    """What moves the asker's case: its officers, the holder's messages, and time."""

    CONFIRM_IN_PART = "confirm_in_part"
    CONFIRM = "confirm"
    REJECT = "reject"
    REQUEST = "request"
    REQUEST_IN_EMERGENCY = "request_in_emergency"
    HOLDER_REOPENS = "holder_reopens"
    OFFER_COMES = "offer_comes"
    ACKNOWLEDGE = "acknowledge"
    CONTENT_COMES = "content_comes"
    DECLINE_COMES = "decline_comes"
    QUOTA_REFUSAL_COMES = "quota_refusal_comes"
    EMERGENCY_REFUSAL_COMES = "emergency_refusal_comes"
    GIVE_FEEDBACK = "give_feedback"
    CORRECTION_COMES = "correction_comes"
    DISPUTE = "dispute"
    DISPUTE_SETTLED = "dispute_settled"
    ASK_LEAVE = "ask_leave"
    LEAVE_ANSWERED = "leave_answered"
    RECALL_COMES = "recall_comes"
    DELETE = "delete"
    LAPSE = "lapse"


class ReferralState(StrEnum):
    """Where the holder's referral stands."""

    TOLD = "told"
    SILENT = "silent"
    SILENT_SEEN = "silent_seen"
    APPEAL_REFUSED = "appeal_refused"
    REQUESTED = "requested"
    WITH_JUDGE = "with_judge"
    OVERDUE = "overdue"
    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"
    CONTENT_SENT = "content_sent"
    CORRECTED = "corrected"
    DISPUTED = "disputed"
    FEEDBACK_RECEIVED = "feedback_received"
    DELETED_THERE = "deleted_there"
    DECLINED = "declined"
    RECALLED = "recalled"
    RECALL_CONFIRMED = "recall_confirmed"
    LAPSED = "lapsed"


class ReferralEvent(StrEnum):
    """What moves the holder's referral: its officers, the asker's messages, and time."""

    SEE_SILENT = "see_silent"
    APPEAL_OVER_QUOTA = "appeal_over_quota"
    SEE_APPEAL = "see_appeal"
    REQUEST_COMES = "request_comes"
    HAND_TO_JUDGE = "hand_to_judge"
    JUDGE_RETURNS = "judge_returns"
    CLOCK_RUNS_OUT = "clock_runs_out"
    APPROVE_IN_PART = "approve_in_part"
    APPROVE = "approve"
    CONFIRM_MATCH = "confirm_match"
    DECLINE = "decline"
    ACKNOWLEDGEMENT_COMES = "acknowledgement_comes"
    SEND_CONTENT = "send_content"
    REOPEN = "reopen"
    FEEDBACK_COMES = "feedback_comes"
    CORRECT_IN_PART = "correct_in_part"
    CORRECT = "correct"
    OFFER_ANEW = "offer_anew"
    DISPUTE_COMES = "dispute_comes"
    SETTLE_DISPUTE = "settle_dispute"
    LEAVE_ASKED = "leave_asked"
    GIVE_LEAVE_IN_PART = "give_leave_in_part"
    GIVE_LEAVE = "give_leave"
    REFUSE_LEAVE = "refuse_leave"
    RECALL = "recall"
    RECALL_RECEIPT_COMES = "recall_receipt_comes"
    DELETION_RECEIPT_COMES = "deletion_receipt_comes"
    LAPSE = "lapse"


class ReviewState(StrEnum):
    """Where the review of what was released in an emergency stands; there is one on each side."""

    NONE = "none"
    DUE = "due"
    OVERDUE = "overdue"
    REVIEWED = "reviewed"


class ReviewEvent(StrEnum):
    """What moves a review."""

    RELEASED = "released"
    TIME_RUNS_OUT = "time_runs_out"
    REVIEW = "review"


class Guard(StrEnum):
    """What has to hold for a move; `tests/unit/test_cases_guards.py` has a failing case for each."""

    ANOTHER_OFFICER = "another officer; more are needed"
    ENOUGH_OFFICERS = "as many different officers as the agreement asks"
    REASON = "a reason"
    OWN_DECISION = "own decision allows a release"
    NAMED_PERSON = "own decision allows it; a named person answers"
    CONDITIONS_SHOWN = "exactly the conditions offered; own decision still allows"
    AS_OFFERED = "as offered and acknowledged"
    AS_ACKNOWLEDGED = "under the offer acknowledged, within its fields"
    NOT_BARRED = "the conditions do not bar it"
    ASKED_ONCE = "it was asked and not answered before"
    LEFT_ALONE = "nothing happened for the time set"
    TOLD_TO_SENDER = "from whom the hit was told, within the quota"
    APPEAL = "an appeal to the emergency clause, over the quota"
    TIME_PASSED = "the time of the agreement has passed"
    FITTING_OFFICER = "another officer in a fitting role; more are needed"
    LAST_APPROVAL = "the decision of the agreement, with the last approval"
    OF_THE_OFFER = "of exactly the conditions offered"
    DECIDED_AGAIN = "the decision of the agreement, made again"
    CHANGED = "the record or the decision has changed; approvals are void"
    SAME_CONDITIONS = "approved like a release; no field more, the same conditions"
    OTHER_CONDITIONS = "approved like a release; a field more, or other conditions"
    OWN_NUMBER = "under a number of its own"
    LAST_APPROVAL_AGAIN = "the decision of the agreement, made again, with the last approval"
    RECORD_SHOWN = "the record as it was shown, and it may be released"
    SENT_BEFORE = "content was sent before"
    REVIEW_DAYS_PASSED = "the review days of the agreement have passed"
    NO_PART = "an officer who had no part in it"
    CONFIRMED = "the match was confirmed before"
    NOT_CONFIRMED = "the match was not confirmed before"


State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Move(Generic[State]):
    """Where an event leads, the guard that has to hold for it, if there is one, and what else it does."""

    to: State
    guard: Guard | None = None
    note: str = ""


class StageError(ValueError):
    """An event that the state does not allow; the message names both."""

    def __init__(self, state: StrEnum, event: StrEnum) -> None:
        words = event.value.replace("_", " "), state.value.replace("_", " ")
        super().__init__(f"{words[0]}: not possible while the state is {words[1]}")


def advance(table: Mapping[tuple[State, Event], Move[State]], state: State, event: Event) -> State:
    """Give the state an event leads to; raise `StageError` where the table has none."""
    move = table.get((state, event))
    if move is None:
        raise StageError(state, event)
    return move.to


def allows(table: Mapping[tuple[State, Event], Move[State]], state: State, event: Event) -> bool:
    """Say whether the table has a move for an event in a state."""
    return (state, event) in table


def _from(
    states: Iterable[State], event: Event, to: State, guard: Guard | None = None, note: str = ""
) -> dict[tuple[State, Event], Move[State]]:
    return {(state, event): Move(to, guard, note) for state in states}


def _staying(
    states: Iterable[State], event: Event, guard: Guard | None = None
) -> dict[tuple[State, Event], Move[State]]:
    return {(state, event): Move(state, guard) for state in states}


_C, _CE = CaseState, CaseEvent
_HELD = (_C.READABLE, _C.CORRECTED, _C.DISPUTED, _C.FEEDBACK_GIVEN)
_UNDER_WAY = (_C.REQUESTED, _C.OFFERED, _C.ACKNOWLEDGED)
_UNPURSUED = (_C.HIT, _C.CONFIRMED)

CASE: Mapping[tuple[CaseState, CaseEvent], Move[CaseState]] = {
    (_C.HIT, _CE.CONFIRM_IN_PART): Move(_C.HIT, Guard.ANOTHER_OFFICER),
    (_C.HIT, _CE.CONFIRM): Move(_C.CONFIRMED, Guard.ENOUGH_OFFICERS),
    **_from(_UNPURSUED, _CE.REJECT, _C.REJECTED, Guard.REASON),
    (_C.CONFIRMED, _CE.REQUEST): Move(_C.REQUESTED, Guard.OWN_DECISION),
    **_from(_UNPURSUED, _CE.REQUEST_IN_EMERGENCY, _C.REQUESTED, Guard.NAMED_PERSON),
    (_C.REQUESTED, _CE.OFFER_COMES): Move(_C.OFFERED),
    **_from(_HELD, _CE.OFFER_COMES, _C.OFFERED, Guard.OWN_DECISION, "the copy is erased"),
    (_C.OFFERED, _CE.ACKNOWLEDGE): Move(_C.ACKNOWLEDGED, Guard.CONDITIONS_SHOWN),
    **_from((_C.OFFERED, _C.ACKNOWLEDGED), _CE.HOLDER_REOPENS, _C.REQUESTED),
    (_C.ACKNOWLEDGED, _CE.CONTENT_COMES): Move(_C.READABLE, Guard.AS_OFFERED),
    **_from(_UNDER_WAY, _CE.DECLINE_COMES, _C.DECLINED),
    (_C.REQUESTED, _CE.QUOTA_REFUSAL_COMES): Move(
        _C.CONFIRMED, Guard.CONFIRMED, "the request may be made again another day"
    ),
    (_C.REQUESTED, _CE.EMERGENCY_REFUSAL_COMES): Move(_C.HIT, Guard.NOT_CONFIRMED, "the same"),
    **_from((_C.READABLE, _C.CORRECTED, _C.FEEDBACK_GIVEN), _CE.GIVE_FEEDBACK, _C.FEEDBACK_GIVEN),
    (_C.DISPUTED, _CE.GIVE_FEEDBACK): Move(_C.DISPUTED, note="the dispute stays open"),
    **_from(_HELD, _CE.CORRECTION_COMES, _C.CORRECTED, Guard.AS_ACKNOWLEDGED),
    **_from((_C.READABLE, _C.CORRECTED, _C.FEEDBACK_GIVEN), _CE.DISPUTE, _C.DISPUTED),
    (_C.DISPUTED, _CE.DISPUTE_SETTLED): Move(_C.READABLE),
    (_C.CORRECTED, _CE.DISPUTE_SETTLED): Move(_C.CORRECTED, note="dispute and correction crossed"),
    **_staying(_HELD, _CE.ASK_LEAVE, Guard.NOT_BARRED),
    **_staying(_HELD, _CE.LEAVE_ANSWERED, Guard.ASKED_ONCE),
    **_from((*_UNPURSUED, *_UNDER_WAY, *_HELD), _CE.RECALL_COMES, _C.RECALLED, note="the copy is erased"),
    **_from(_HELD, _CE.DELETE, _C.DELETED, note="the copy is erased"),
    **_from((*_UNPURSUED, *_UNDER_WAY), _CE.LAPSE, _C.LAPSED, Guard.LEFT_ALONE),
}
"""The asker's case."""

_R, _RE = ReferralState, ReferralEvent
_TO_DECIDE = (_R.REQUESTED, _R.OVERDUE)
_RELEASED = (_R.CONTENT_SENT, _R.CORRECTED, _R.DISPUTED, _R.FEEDBACK_RECEIVED)
_PROMISED = (_R.OFFERED, _R.ACKNOWLEDGED)
_LEFT_ALONE = (_R.TOLD, _R.APPEAL_REFUSED, _R.SILENT, _R.SILENT_SEEN, _R.OVERDUE, _R.WITH_JUDGE, *_PROMISED)

REFERRAL: Mapping[tuple[ReferralState, ReferralEvent], Move[ReferralState]] = {
    (_R.SILENT, _RE.SEE_SILENT): Move(_R.SILENT_SEEN),
    **_from((_R.TOLD, _R.APPEAL_REFUSED), _RE.REQUEST_COMES, _R.REQUESTED, Guard.TOLD_TO_SENDER),
    **_from(
        (_R.TOLD, _R.APPEAL_REFUSED),
        _RE.APPEAL_OVER_QUOTA,
        _R.APPEAL_REFUSED,
        Guard.APPEAL,
        "refused: officers see that a life may be in danger",
    ),
    (_R.APPEAL_REFUSED, _RE.SEE_APPEAL): Move(_R.TOLD),
    **_from(_TO_DECIDE, _RE.HAND_TO_JUDGE, _R.WITH_JUDGE, note="the clock stops"),
    (_R.WITH_JUDGE, _RE.JUDGE_RETURNS): Move(_R.REQUESTED, note="the clock goes on"),
    (_R.REQUESTED, _RE.CLOCK_RUNS_OUT): Move(_R.OVERDUE, Guard.TIME_PASSED),
    (_R.REQUESTED, _RE.APPROVE_IN_PART): Move(_R.REQUESTED, Guard.FITTING_OFFICER),
    (_R.OVERDUE, _RE.APPROVE_IN_PART): Move(_R.OVERDUE, Guard.FITTING_OFFICER),
    **_staying((*_TO_DECIDE, *_RELEASED), _RE.CONFIRM_MATCH, Guard.RECORD_SHOWN),
    **_from(_TO_DECIDE, _RE.APPROVE, _R.OFFERED, Guard.LAST_APPROVAL),
    **_from((*_TO_DECIDE, _R.WITH_JUDGE, *_PROMISED), _RE.DECLINE, _R.DECLINED),
    (_R.OFFERED, _RE.ACKNOWLEDGEMENT_COMES): Move(_R.ACKNOWLEDGED, Guard.OF_THE_OFFER),
    (_R.ACKNOWLEDGED, _RE.SEND_CONTENT): Move(_R.CONTENT_SENT, Guard.DECIDED_AGAIN),
    **_from(_PROMISED, _RE.REOPEN, _R.REQUESTED, Guard.CHANGED),
    **_from((_R.CONTENT_SENT, _R.CORRECTED, _R.FEEDBACK_RECEIVED), _RE.FEEDBACK_COMES, _R.FEEDBACK_RECEIVED),
    (_R.DISPUTED, _RE.FEEDBACK_COMES): Move(_R.DISPUTED, note="the dispute stays open"),
    **_staying(_RELEASED, _RE.CORRECT_IN_PART, Guard.FITTING_OFFICER),
    **_from(_RELEASED, _RE.CORRECT, _R.CORRECTED, Guard.SAME_CONDITIONS),
    **_from(_RELEASED, _RE.OFFER_ANEW, _R.OFFERED, Guard.OTHER_CONDITIONS),
    **_from((_R.CONTENT_SENT, _R.CORRECTED, _R.FEEDBACK_RECEIVED), _RE.DISPUTE_COMES, _R.DISPUTED),
    (_R.DISPUTED, _RE.SETTLE_DISPUTE): Move(_R.CONTENT_SENT),
    **_staying(_RELEASED, _RE.LEAVE_ASKED, Guard.OWN_NUMBER),
    **_staying(_RELEASED, _RE.GIVE_LEAVE_IN_PART, Guard.FITTING_OFFICER),
    **_staying(_RELEASED, _RE.GIVE_LEAVE, Guard.LAST_APPROVAL_AGAIN),
    **_staying(_RELEASED, _RE.REFUSE_LEAVE),
    **_from(
        (_R.TOLD, _R.APPEAL_REFUSED, *_TO_DECIDE, _R.WITH_JUDGE, *_PROMISED, *_RELEASED),
        _RE.RECALL,
        _R.RECALLED,
        Guard.REASON,
    ),
    (_R.RECALLED, _RE.RECALL_RECEIPT_COMES): Move(_R.RECALL_CONFIRMED),
    **_from((*_RELEASED, _R.RECALLED), _RE.DELETION_RECEIPT_COMES, _R.DELETED_THERE),
    **_from(
        (*_TO_DECIDE, _R.WITH_JUDGE, *_PROMISED),
        _RE.DELETION_RECEIPT_COMES,
        _R.DELETED_THERE,
        Guard.SENT_BEFORE,
    ),
    **_from(_LEFT_ALONE, _RE.LAPSE, _R.LAPSED, Guard.LEFT_ALONE),
}
"""The holder's referral."""

_V, _VE = ReviewState, ReviewEvent

REVIEW: Mapping[tuple[ReviewState, ReviewEvent], Move[ReviewState]] = {
    **_from((_V.NONE, _V.DUE, _V.REVIEWED), _VE.RELEASED, _V.DUE),
    (_V.OVERDUE, _VE.RELEASED): Move(_V.OVERDUE),
    (_V.DUE, _VE.TIME_RUNS_OUT): Move(_V.OVERDUE, Guard.REVIEW_DAYS_PASSED),
    **_from((_V.DUE, _V.OVERDUE), _VE.REVIEW, _V.REVIEWED, Guard.NO_PART),
}
"""The review of an emergency, on each side."""


CASES_OVER = frozenset({_C.REJECTED, _C.DELETED, _C.DECLINED, _C.RECALLED, _C.LAPSED})
"""Where a case ends."""

REFERRALS_OVER = frozenset({_R.DELETED_THERE, _R.DECLINED, _R.RECALL_CONFIRMED, _R.LAPSED})
"""Where a referral ends."""

UNPURSUED = frozenset({_C.HIT, _C.CONFIRMED, _R.TOLD, _R.SILENT_SEEN})
"""Where a hit stands that nobody has asked about."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time a holder has for a request: runs out at ``due``, or stands still with ``left`` while a judge has it."""

    due: datetime | None
    left: timedelta | None = None

    @classmethod
    def started(cls, now: datetime, hours: int) -> Clock:
        """Start a clock."""
        return cls(now + timedelta(hours=hours))

    def paused(self, now: datetime) -> Clock:
        """Stop it; what has run out stays out."""
        return self if self.due is None else Clock(None, max(self.due - now, timedelta()))

    def resumed(self, now: datetime) -> Clock:
        """Let it go on."""
        return self if self.left is None else Clock(now + self.left)

    def has_run_out(self, now: datetime) -> bool:
        """Say whether the time has passed; while it stands still it has not."""
        return self.due is not None and now >= self.due


def drawing(table: Mapping[tuple[State, Event], Move[State]], first: Iterable[State]) -> str:
    """Give a table as a mermaid drawing, states in the order of their declaration."""
    lines = ["stateDiagram-v2", *(f"    [*] --> {state}" for state in first)]
    merged: dict[tuple[State, State], list[str]] = {}
    for (state, event), move in table.items():
        merged.setdefault((state, move.to), []).append(event.value.replace("_", " "))
    order = {state: place for place, state in enumerate(type(next(iter(table))[0]))}
    for state, to in sorted(merged, key=lambda pair: (order[pair[0]], order[pair[1]])):
        lines.append(f"    {state} --> {to}: {', '.join(merged[state, to])}")
    return "\n".join(lines)


def listing(table: Mapping[tuple[State, Event], Move[State]]) -> str:
    """Give a table as a Markdown table with its guards."""
    lines = ["| state | event | leads to | only if | note |", "|---|---|---|---|---|"]
    lines += [
        f"| `{state}` | `{event}` | `{move.to}` | {move.guard or ''} | {move.note} |"
        for (state, event), move in table.items()
    ]
    return "\n".join(lines)
