"""What officers of either side have to see to, and until when, in words that say nothing of a person. Pure.

Of an officer it is told apart what is his to do from what waits for colleagues: what takes another role, and that of
which he has done his part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from agreements.force import REPLACED
from agreements.stages import CASE, REFERRAL, CaseEvent, CaseState, ReferralEvent, ReferralState, ReviewState, allows
from node.cases.allowance import Allowance, allowance
from node.cases.ending import suspension_of
from node.cases.files import Case, Referral
from node.cases.messages import Request, digest_of_message
from node.cases.release import STOPPED, clock_hours, release_of
from node.cases.reviewing import had_part
from node.cases.steps import Scene
from node.officers.register import Action, Officer

AlertKind = Literal[
    "decide", "at_judge", "silent_hit", "appeal", "disputed", "recalling", "held_back", "leave", "correcting",
    "feedback", "receipt", "reviewing", "without_force", "damaged", "confirm_hit", "ask_more", "quota",
    "holder_late", "take_on", "to_read", "question", "danger", "told",
]  # fmt: skip
"""Of what kind something to see to is, by which a list is narrowed."""


_TAKES: Mapping[AlertKind, Action] = {
    "decide": "decline",
    "silent_hit": "approve",
    "appeal": "approve",
    "disputed": "recall",
    "leave": "approve",
    "at_judge": "judge",
    "reviewing": "review",
    "confirm_hit": "confirm",
    "ask_more": "request",
    "take_on": "request",
    "question": "request",
    "to_read": "read_content",
    "told": "read_content",
}
"""What an officer has to be allowed for it to be his; what is of no kind here is everybody's who sees the file."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to see to; ``by`` is the moment until which, None where nothing runs out.

    ``done`` says that the officer who asks has done his part of it, and that it takes another's.
    """

    words: str
    kind: AlertKind
    by: datetime | None = None
    done: bool = False

    def is_for(self, officer: Officer) -> bool:
        """Say whether it is this officer's to see to."""
        return not self.done and (self.kind not in _TAKES or officer.may(_TAKES[self.kind]))


def alerts_of_case(case: Case, scene: Scene, officer: Officer | None = None) -> list[Alert]:
    """Say what the asker's officers have to see to, and what of it an officer has done already."""
    alerts = [
        *_of_emergency(case, scene, officer),
        *_of_review(case, officer),
        *_of_stage(case, scene),
        *_of_questions(case),
        *_of_news(case),
        *_of_own_feedback(case, scene),
    ]
    if officer is None or officer.name not in {deed.officer for deed in case.confirmations}:
        return alerts
    return [_done(one, "confirm_hit") for one in alerts]


def allowance_of(case: Case, scene: Scene) -> Allowance | None:
    """Give what may still be asked of the holder while nothing is asked; None where that is not known."""
    agreement = scene.agreement(case.agreement)
    if agreement is None or not allows(CASE, case.state, CaseEvent.REQUEST_IN_EMERGENCY):
        return None
    return allowance(scene.left(case), agreement, scene.now)


def alerts_of_referral(referral: Referral, scene: Scene, officer: Officer | None = None) -> list[Alert]:
    """Say what the holder's officers have to see to, and what of it an officer has done already."""
    alerts = [
        *_of_review(referral, officer),
        *_of_request(referral),
        *_of_release(referral, scene),
        *_of_receipts(referral, scene),
    ]
    name = scene.officer(officer) if officer else ""
    if _has_approved(referral, scene, name):
        alerts = [_done(one, "decide", "disputed") for one in alerts]
    if _has_given_leave(referral, scene, name):
        alerts = [_done(one, "leave") for one in alerts]
    return alerts


_DONE: Mapping[AlertKind, str] = {
    "confirm_hit": "you have confirmed the match: another officer has to confirm it, too",
    "decide": "you have approved the release: another officer has to approve it, too",
    "disputed": "you have approved the correction: another officer has to approve it, too",
    "leave": "you have approved the leave: another officer has to approve it, too",
    "reviewing": "the review of the emergency waits for an officer who had no part in it",
}


def _done(alert: Alert, *kinds: AlertKind) -> Alert:
    """Give an alert as it is for who has done his part, if it is of these kinds."""
    return replace(alert, words=_DONE[alert.kind], done=True) if alert.kind in kinds else alert


def _has_approved(referral: Referral, scene: Scene, name: str) -> bool:
    """Say whether an officer's approval of what would leave now is there: of what would have left it is void."""
    own = {one.of for one in referral.approvals if one.officer == name and scene.still_has(one)}
    return bool(own) and release_of(referral, scene, referral.approvals).digest in own


def _has_given_leave(referral: Referral, scene: Scene, name: str) -> bool:
    """Say whether an officer has approved all leave that is asked."""
    asked = [note for note in referral.consents if note.given is None]
    return all(
        any(
            one.officer == name and one.of == digest_of_message(note.asked) and scene.still_has(one)
            for one in note.approvals
        )
        for note in asked
    )


def receipt_is_overdue(referral: Referral, scene: Scene) -> bool:
    """Say whether the copy should have been deleted and no receipt has come; a day is left for the mail."""
    is_released = allows(REFERRAL, referral.state, ReferralEvent.DELETION_RECEIPT_COMES)
    return is_released and referral.due is not None and scene.now.astimezone(UTC).date() > referral.due


def _of_review(file: Case | Referral, officer: Officer | None) -> Iterator[Alert]:
    state = file.review.state
    if state in (ReviewState.DUE, ReviewState.OVERDUE):
        alert = Alert(f"review of the emergency: {state.value}", "reviewing", file.review.due)
        yield _done(alert, "reviewing") if officer is not None and had_part(file, officer) else alert


def _of_emergency(case: Case, scene: Scene, officer: Officer | None) -> Iterator[Alert]:
    """Give what everybody here sees while the holder has to decide, and with other words who answers for it."""
    if case.state is not CaseState.REQUESTED or case.request is None or case.request.emergency is None:
        return
    answers_for_it = officer is not None and officer.name == case.request.emergency.responsible
    said = "danger to life, and you answer for it" if answers_for_it else "danger to life"
    yield Alert(f"{said}: the holder has to decide the request", "danger", _decided_by(case, case.request, scene))


def _decided_by(case: Case, request: Request, scene: Scene) -> datetime | None:
    """Give when the holder's time ends at the earliest; None once its clock stood still, or began anew."""
    agreement = scene.agreement(case.agreement)
    told = [line.event for line in case.history if line.event.startswith("holder_")]
    if agreement is None or case.requested_at is None or told not in ([], ["holder_requested"]):
        return None
    return case.requested_at + timedelta(hours=clock_hours(agreement, request))


_OF_STAGE = {
    CaseState.HIT: Alert("a hit: confirm that it is the person asked for, or reject it", "confirm_hit"),
    CaseState.CONFIRMED: Alert("confirmed: ask for more, or leave it", "ask_more"),
    CaseState.OFFERED: Alert("conditions are offered: acknowledge them to get the content", "take_on"),
}


def _of_stage(case: Case, scene: Scene) -> Iterator[Alert]:
    why = scene.without_force(case)
    if why and allows(CASE, case.state, CaseEvent.LAPSE):
        again = ": put the query again under that one" if why.startswith(REPLACED) else ""
        yield Alert(f"nothing is asked or taken on: the agreement is {why}{again}", "without_force")
    elif case.state in _OF_STAGE:
        yield _OF_STAGE[CaseState(case.state)]
        left = allowance_of(case, scene)
        yield from (Alert(said, "quota") for said in (left.used_up() if left else ()))
    if case.state is CaseState.REQUESTED and case.holder_state == "overdue":
        yield Alert("the holder's time for the request has passed", "holder_late")
    if allows(CASE, case.state, CaseEvent.DELETE):
        yield from _of_copy(case, scene)


def _of_copy(case: Case, scene: Scene) -> Iterator[Alert]:
    suspended = suspension_of(case, scene)
    if suspended:
        yield Alert(f"nobody reads the content meanwhile: the agreement is {suspended}", "without_force")
    elif case.is_unread:
        said = "the content was corrected: read it again" if case.corrections else "content has come: read it"
        yield Alert(said, "to_read")


_OF_NEWS = {
    "recall_comes": "the holder has recalled it: use nothing of it any more",
    "decline_comes": "the holder gives no more: take note, and look for another way",
    "dispute_settled": "the holder has settled the dispute: it stands as it was",
}


def _of_news(case: Case) -> Iterator[Alert]:
    for said in dict.fromkeys(_OF_NEWS.get(event, "the holder has answered about leave") for event in case.news):
        yield Alert(said, "told")


def _of_questions(case: Case) -> Iterator[Alert]:
    if any(not note.answer for note in case.clarifications) and not case.is_over:
        yield Alert("the holder asks about the request", "question")


def _of_own_feedback(case: Case, scene: Scene) -> Iterator[Alert]:
    until = case.feedback_until
    if until is not None and not case.feedback and allows(CASE, case.state, CaseEvent.DELETE):
        said = "feedback is overdue" if scene.now > until else "the giver waits for feedback"
        yield Alert(said, "feedback", until)


_OF_REQUEST = {
    ReferralState.SILENT: Alert("a silent hit: its asker was told nothing", "silent_hit"),
    ReferralState.APPEAL_REFUSED: Alert(
        "an appeal for a life was refused, for a quota is used up: speak with the asker", "appeal"
    ),
    ReferralState.REQUESTED: Alert("a request: decide it", "decide"),
    ReferralState.OVERDUE: Alert("a request whose time has passed: decide it", "decide"),
    ReferralState.WITH_JUDGE: Alert("a judge has the request: the clock stands still", "at_judge"),
    ReferralState.DISPUTED: Alert("disputed: correct, recall or settle it", "disputed"),
    ReferralState.RECALLED: Alert("the recall is not confirmed yet", "recalling"),
}


def _of_request(referral: Referral) -> Iterator[Alert]:
    if referral.state in _OF_REQUEST:
        is_to_decide = referral.state in (ReferralState.REQUESTED, ReferralState.OVERDUE)
        by = referral.clock.due if referral.clock and is_to_decide else None
        yield replace(_OF_REQUEST[ReferralState(referral.state)], by=by)


def _of_release(referral: Referral, scene: Scene) -> Iterator[Alert]:
    why = scene.without_force(referral)
    if why and allows(REFERRAL, referral.state, ReferralEvent.DECLINE):
        yield Alert(f"nothing is released, though it may be declined: the agreement is {why}", "without_force")
    if STOPPED in referral.held:
        yield Alert("kept back until this node discloses again; it goes on by itself", "held_back")
    elif referral.held == ("in_force",) and not why:
        said = "content was kept back while the agreement was not in force, and now it is: send it, or decline"
        yield Alert(said, "held_back")
    elif referral.held:
        said = f"content is kept back although its conditions were acknowledged: {', '.join(referral.held)}"
        yield Alert(said, "held_back")
    if any(note.given is None for note in referral.consents):
        yield Alert("leave is asked", "leave")
    if referral.corrections > referral.correction_confirmed and not referral.is_over:
        yield Alert("a correction is not confirmed yet", "correcting")


def _of_receipts(referral: Referral, scene: Scene) -> Iterator[Alert]:
    until = referral.feedback_until
    if until is not None and not referral.feedback and not referral.is_over and scene.now > until:
        yield Alert("feedback is overdue", "feedback", until)
    if receipt_is_overdue(referral, scene):
        yield Alert("the receipt for the deletion is overdue", "receipt")
