"""The steps of the desk: what each takes of an officer, in which states it can be taken, and the step itself.

One table for each side, from which the desk's calls are served and the steps that are open now are told. Whether a
state allows a step is read off the tables of ``agreements.stages``; whether it may be taken, the step itself decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from agreements.stages import (
    CASE,
    REFERRAL,
    REVIEW,
    CaseEvent,
    CaseState,
    Guard,
    Move,
    ReferralEvent,
    ReferralState,
    ReviewEvent,
)
from node.cases import asking, holding
from node.cases.correcting import correct
from node.cases.ending import suspension_of
from node.cases.files import Case, Referral
from node.cases.holding import MATCH_CONFIRMED
from node.cases.leave import answer_consent
from node.cases.release import approval_clause
from node.cases.reviewing import review
from node.cases.steps import Scene
from node.officers.register import MAY, Action, Role
from symbolon.v1 import cases_pb2 as wire

ONCE = (0,)
"""Of a step that is taken once, and not of something with a number."""


@dataclass(frozen=True, slots=True)
class View:
    """A file as an officer sees it; ``in_the_way`` are the rules in the way of a release, None where he is not told.

    ``is_as_sent`` says that the record gives what was sent, and nothing else.
    """

    file: Any
    in_the_way: Sequence[str] | None = None
    is_as_sent: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take a step: the event that the state has to allow, and which optional words its command takes.

    Without an event every state allows it. ``of`` gives the numbers of what it can be taken of, none where it is not
    open. ``by_clause`` says that the agreement's clause on approvals narrows the roles. ``guarded`` says that the
    event's guard is that of the step: where others have to take it too, it speaks of the last of them. ``only_if``
    says what the agreement has to be for it, where the step asks that before all else.
    """

    event: CaseEvent | ReferralEvent | ReviewEvent | None
    options: tuple[str, ...] = ()
    of: Callable[[View], Sequence[int]] = lambda _: ONCE
    by_clause: bool = False
    guarded: bool = True
    only_if: Callable[[Any, Scene], bool] = lambda _, __: True


@dataclass(frozen=True, slots=True)
class DeskStep:
    """A step: what it takes of an officer, the step itself, the ways to take it."""

    action: Action
    step: Callable[[Any], Any]  # `node.cases.desk.CaseStep` or `ReferralStep`
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that can be taken now: its name, options and number, the roles of which it takes one, what has to hold."""

    name: str
    options: tuple[str, ...]
    number: int
    roles: frozenset[Role]
    guard: Guard | None


def _if(holds: Callable[[View], bool]) -> Callable[[View], Sequence[int]]:
    return lambda view: ONCE if holds(view) else ()


def _leave_for(wanted: str) -> Callable[[View], Sequence[int]]:
    return _if(lambda view: getattr(view.file.conditions, wanted, "never") != "never")


def _open_leave(view: View) -> Sequence[int]:
    return [note.asked.number for note in view.file.consents if note.given is None]


def _open_questions(view: View) -> Sequence[int]:
    return [] if view.file.is_over else [note.number for note in view.file.clarifications if not note.answer]


def _is_in_force(file: Case | Referral, scene: Scene) -> bool:
    return scene.is_in_force(file)


def _is_not_suspended(file: Case | Referral, scene: Scene) -> bool:
    return not suspension_of(file, scene)


_nothing_bars = _if(lambda view: not view.in_the_way)
_corrects = _if(lambda view: not view.in_the_way and not view.is_as_sent)
_match_bars = _if(lambda view: view.in_the_way is not None and tuple(view.in_the_way) == (MATCH_CONFIRMED,))
_held = _if(lambda view: bool(view.file.held))

_C, _R = CaseEvent, ReferralEvent
_REVIEW = DeskStep("review", lambda step: partial(review, result=step.words), (Way(ReviewEvent.REVIEW),))

CASE_STEPS: Mapping[str, DeskStep] = {
    "confirm": DeskStep("confirm", lambda step: partial(asking.confirm, reason=step.words), (Way(_C.CONFIRM),)),
    "reject": DeskStep("confirm", lambda step: partial(asking.reject, reason=step.words), (Way(_C.REJECT),)),
    "request": DeskStep(
        "request",
        lambda step: partial(asking.request, **_follow_up(step)),
        (
            Way(_C.REQUEST, only_if=_is_in_force),
            Way(_C.REQUEST_IN_EMERGENCY, ("danger", "responsible"), only_if=_is_in_force),
        ),
    ),
    "answer": DeskStep(
        "request",
        lambda step: partial(asking.answer, number=step.number, words=step.answer),
        (Way(None, of=_open_questions),),
    ),
    "acknowledge": DeskStep(
        "request",
        lambda step: partial(asking.acknowledge, offer_digest=step.words),
        (Way(_C.ACKNOWLEDGE, only_if=_is_in_force),),
    ),
    # What can be deleted is there to be read.
    "read": DeskStep("read_content", lambda _: asking.read, (Way(_C.DELETE, only_if=_is_not_suspended),)),
    "feedback": DeskStep(
        "request",
        lambda step: partial(asking.give_feedback, use=step.use, words=step.words),
        (Way(_C.GIVE_FEEDBACK),),
    ),
    "dispute": DeskStep("request", lambda step: partial(asking.dispute, words=step.words), (Way(_C.DISPUTE),)),
    "ask_leave": DeskStep(
        "request",
        lambda step: partial(asking.ask_consent, wanted=step.wanted, to=step.to, reason=step.reason),
        (
            Way(_C.ASK_LEAVE, ("to",), _leave_for("onward_transfer")),
            Way(_C.ASK_LEAVE, ("purpose",), _leave_for("change_of_purpose")),
        ),
    ),
    "delete": DeskStep("request", lambda _: asking.delete, (Way(_C.DELETE),)),
    "see": DeskStep("read_content", lambda _: asking.see, (Way(None, of=_if(lambda view: bool(view.file.news))),)),
    "review": _REVIEW,
}
"""The asker's steps, in the order in which they are told."""

REFERRAL_STEPS: Mapping[str, DeskStep] = {
    "see": DeskStep("approve", lambda _: holding.see, (Way(_R.SEE_SILENT), Way(_R.SEE_APPEAL))),
    "confirm_match": DeskStep(
        "approve",
        lambda step: partial(holding.confirm_match, digest=step.words),
        (Way(_R.CONFIRM_MATCH, of=_match_bars),),
    ),
    "approve": DeskStep(
        "approve",
        lambda step: partial(holding.approve, digest=step.words),
        (Way(_R.APPROVE, of=_nothing_bars, by_clause=True, guarded=False),),
    ),
    "decline": DeskStep("decline", lambda step: partial(holding.decline, reason=step.words), (Way(_R.DECLINE),)),
    "ask": DeskStep(
        "approve", lambda step: partial(holding.ask_about, about=step.about), (Way(_R.APPROVE, guarded=False),)
    ),
    "judge": DeskStep("judge", lambda _: holding.hand_to_judge, (Way(_R.HAND_TO_JUDGE),)),
    "resume": DeskStep("judge", lambda _: holding.resume, (Way(_R.JUDGE_RETURNS),)),
    "send": DeskStep(
        "approve", lambda step: partial(holding.send, digest=step.words), (Way(_R.SEND_CONTENT, of=_held),)
    ),
    "answer_leave": DeskStep(
        "approve",
        lambda step: partial(answer_consent, number=step.number, given=step.given),
        (
            Way(_R.GIVE_LEAVE, ("give",), _open_leave, by_clause=True, guarded=False),
            Way(_R.REFUSE_LEAVE, ("refuse",), _open_leave),
        ),
    ),
    "settle": DeskStep("recall", lambda step: partial(holding.settle, words=step.words), (Way(_R.SETTLE_DISPUTE),)),
    "correct": DeskStep(
        "approve",
        lambda step: partial(correct, digest=step.words),
        (Way(_R.CORRECT, of=_corrects, by_clause=True, guarded=False),),
    ),
    "recall": DeskStep("recall", lambda step: partial(holding.recall, reason=step.words), (Way(_R.RECALL),)),
    "review": _REVIEW,
}
"""The holder's steps, in the order in which they are told."""


def open_steps(view: View, scene: Scene) -> list[OpenStep]:
    """Give the steps that officers of this agency can take next, each with the role it takes."""
    steps = CASE_STEPS if isinstance(view.file, Case) else REFERRAL_STEPS
    return [one for name, step in steps.items() for one in _open(name, step, view, scene)]


def _open(name: str, step: DeskStep, view: View, scene: Scene) -> Iterator[OpenStep]:
    for way in step.ways:
        if not way.only_if(view.file, scene):
            continue
        move = _move(view.file, way.event)
        for number in way.of(view) if move or way.event is None else ():
            roles = MAY[step.action] & (_clause_roles(view.file, scene) if way.by_clause else MAY[step.action])
            yield OpenStep(name, way.options, number, roles, move.guard if move and way.guarded else None)


def _move(file: Case | Referral, event: CaseEvent | ReferralEvent | ReviewEvent | None) -> Move[Any] | None:
    if isinstance(event, CaseEvent):
        return CASE.get((CaseState(file.state), event))
    if isinstance(event, ReferralEvent):
        return REFERRAL.get((ReferralState(file.state), event))
    return REVIEW.get((file.review.state, event)) if event else None


def _clause_roles(file: Referral, scene: Scene) -> frozenset[Role]:
    agreement = scene.agreement(file.agreement)
    return approval_clause(agreement, file.request).roles if agreement else frozenset()


def _follow_up(step: wire.FollowUp) -> dict[str, Any]:
    values: dict[str, Any] = {"facts": step.facts, "urgency": step.urgency or "normal"}
    if step.HasField("emergency"):
        values["emergency"] = {"responsible": step.emergency.responsible, "danger": step.emergency.danger}
    return values
