"""What the asker's messages do to the holder's referral, each a pure step. None is refused with an error.

A request about a reference that was never told to its sender reads the same outside as one that an officer declined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agreements.agreement import Agreement
from agreements.stages import REFERRAL, ReferralEvent, ReferralState, advance, allows
from ledger.case_events import CaseMessageIgnored, EmergencyUsed
from ledger.entries import Statement
from ledger.referral_events import (
    AcknowledgementReceived,
    ClarificationRead,
    ConsentRequested,
    CorrectionConfirmed,
    DeletionConfirmed,
    DisputeReceived,
    FeedbackReceived,
    RecallConfirmed,
    RequestReceived,
    RequestRefused,
)
from node.cases import leave
from node.cases.files import MOST_NOTES, ConsentNote, Referral
from node.cases.holding import clock_of, sent_or_not
from node.cases.messages import (
    Acknowledgement,
    ClarificationAnswer,
    ConsentRequest,
    CorrectionReceipt,
    Decline,
    DeletionReceipt,
    Dispute,
    FeedbackGiven,
    Message,
    RecallReceipt,
    Request,
    RequestsLeft,
    StateNotice,
    digest_of_offer,
)
from node.cases.requests import left_of
from node.cases.steps import Scene, Step, stated

_WAS_HERE = (ReferralState.DECLINED, ReferralState.LAPSED, ReferralState.SILENT, ReferralState.SILENT_SEEN)
"""States in which a request is answered like one about nothing."""


def take(referral: Referral, message: Message, scene: Scene) -> Step[Referral]:
    """Take a message of the asker's."""
    taken = _TAKEN.get(type(message))
    return taken(referral, message, scene) if taken else ignored(referral, message)


def ignored(referral: Referral, message: Message) -> Step[Referral]:
    """Let nothing follow but a line in the log."""
    return Step(referral, (stated(CaseMessageIgnored, referral, kind=message.type),))


def answer_unknown(message: Message) -> Message | None:
    """Give the answer to a message about a reference that its sender was never told, or that is erased."""
    return Decline(reference=message.reference) if isinstance(message, Request | Acknowledgement) else None


def _move(referral: Referral, event: ReferralEvent) -> ReferralState | None:
    return advance(REFERRAL, referral.state, event) if allows(REFERRAL, referral.state, event) else None


def _request(referral: Referral, message: Request, scene: Scene) -> Step[Referral]:
    agreement = scene.agreement(referral.agreement)
    state = _move(referral, ReferralEvent.REQUEST_COMES)
    if referral.state in _WAS_HERE or agreement is None:
        return _refused(referral, message, "not_open")
    if state is None:
        return ignored(referral, message)
    if (message.offence, message.purpose) != (referral.asked.offence, referral.asked.purpose):
        return _refused(referral, message, "not_as_asked")
    if not _is_within_quota(referral, message, agreement, scene):
        return _over_quota(referral, message, agreement, scene)
    return _accepted(referral, message, agreement, state, scene)


def _refused(
    referral: Referral, message: Request, reason: str, over_quota: RequestsLeft | None = None
) -> Step[Referral]:
    answer = Decline(reference=referral.reference, over_quota=over_quota)
    return Step(referral, (stated(RequestRefused, referral, said_in(message), reason=reason),), (answer,))


def _over_quota(referral: Referral, message: Request, agreement: Agreement, scene: Scene) -> Step[Referral]:
    """Refuse it by name, and keep an appeal to the emergency clause for the officers: a life may be in danger."""
    step = _refused(referral, message, "over_quota", left_of(scene.used(referral), agreement, scene.now))
    if message.emergency is None:
        return step
    event = ReferralEvent.APPEAL_OVER_QUOTA
    state = advance(REFERRAL, referral.state, event)
    return step.then(Step(referral.with_line(scene.now, event.value, state=state, appeal=message)))


def said_in(message: Request) -> dict[str, str]:
    """Give what of a request is personal."""
    return {"partner_officer": message.requested_by, "facts": message.facts}


def _is_within_quota(referral: Referral, message: Request, agreement: Agreement, scene: Scene) -> bool:
    used = scene.used(referral)
    within = used.requests_today is not None and used.requests_today < agreement.quotas.requests_a_day
    if message.emergency is None:
        return within
    month = used.emergencies_this_month
    return within and month is not None and month < agreement.emergency.uses_a_month


def _accepted(
    referral: Referral, message: Request, agreement: Agreement, state: ReferralState, scene: Scene
) -> Step[Referral]:
    emergency = message.emergency
    kind = {"emergency": emergency is not None, "urgent": message.urgency == "urgent"}
    statements: list[Statement] = [stated(RequestReceived, referral, said_in(message), **kind)]
    if emergency is not None:
        statements.append(stated(EmergencyUsed, referral, {"responsible": emergency.responsible}))
    asked = referral.model_copy(update={"request": message})
    after = asked.with_line(
        scene.now,
        "request_comes",
        state=state,
        appeal=None,
        requested_at=scene.now,
        clock=clock_of(asked, scene),
        salt=scene.draw(),
    )
    left = left_of(scene.used(referral), agreement, scene.now, emergency=emergency is not None)
    notice = StateNotice(reference=referral.reference, state="requested", left=left)
    return Step(after, tuple(statements), (notice,))


def _acknowledgement(referral: Referral, message: Acknowledgement, scene: Scene) -> Step[Referral]:
    state = _move(referral, ReferralEvent.ACKNOWLEDGEMENT_COMES)
    if state is None or referral.offer is None or digest_of_offer(referral.offer) != message.offer_digest:
        return ignored(referral, message)
    after = referral.with_line(scene.now, "acknowledgement_comes", state=state)
    said = {"partner_officer": message.acknowledged_by}
    statement = stated(AcknowledgementReceived, referral, said, digest=message.offer_digest)
    return Step(after, (statement,)).then(sent_or_not(after, scene))


def _feedback(referral: Referral, message: FeedbackGiven, scene: Scene) -> Step[Referral]:
    if len(referral.feedback) >= MOST_NOTES:
        return ignored(referral, message)
    statement = stated(FeedbackReceived, referral, {"words": message.words}, use=message.use)
    given = {"feedback": (*referral.feedback, message)}
    return _plain(referral, message, scene, ReferralEvent.FEEDBACK_COMES, statement, **given)


def _deletion(referral: Referral, message: DeletionReceipt, scene: Scene) -> Step[Referral]:
    if referral.due is None:
        return ignored(referral, message)
    statement = stated(DeletionConfirmed, referral, cause=message.cause)
    event = ReferralEvent.DELETION_RECEIPT_COMES
    closed = referral.closed_consents
    return _plain(referral, message, scene, event, statement, receipt=message.cause, consents=closed)


def _dispute(referral: Referral, message: Dispute, scene: Scene) -> Step[Referral]:
    statement = stated(DisputeReceived, referral, {"words": message.words})
    return _plain(referral, message, scene, ReferralEvent.DISPUTE_COMES, statement, disputed=message.words)


def _recall_receipt(referral: Referral, message: RecallReceipt, scene: Scene) -> Step[Referral]:
    return _plain(referral, message, scene, ReferralEvent.RECALL_RECEIPT_COMES, stated(RecallConfirmed, referral))


def _correction_receipt(referral: Referral, message: CorrectionReceipt, scene: Scene) -> Step[Referral]:
    if not referral.correction_confirmed < message.number <= referral.corrections:
        return ignored(referral, message)
    after = referral.with_line(scene.now, "correction_receipt_comes", correction_confirmed=message.number)
    return Step(after, (stated(CorrectionConfirmed, referral, number=message.number),))


def _consent(referral: Referral, message: ConsentRequest, scene: Scene) -> Step[Referral]:
    known = {note.asked.number for note in referral.consents}
    is_due = allows(REFERRAL, referral.state, ReferralEvent.LEAVE_ASKED)
    if referral.offer is None or not is_due or message.number in known or len(known) >= MOST_NOTES:
        return ignored(referral, message)
    noted = referral.with_line(
        scene.now, f"{message.wanted}_asked", consents=(*referral.consents, ConsentNote(asked=message))
    )
    said = {"partner_officer": message.requested_by, "words": f"{message.to}: {message.reason}"}
    step = Step(noted, (stated(ConsentRequested, referral, said, wanted=message.wanted, number=message.number),))
    if getattr(referral.offer.conditions, message.wanted) == "never":
        return step.then(leave.decided(noted, scene, message, given=False))
    return step


def _clarification(referral: Referral, message: ClarificationAnswer, scene: Scene) -> Step[Referral]:
    note = next((one for one in referral.clarifications if one.number == message.number and not one.answer), None)
    if note is None:
        return ignored(referral, message)
    notes = tuple(
        one.model_copy(update={"answer": message.words}) if one is note else one for one in referral.clarifications
    )
    after = referral.with_line(scene.now, f"answered_about_{note.about}", clarifications=notes)
    said = {"partner_officer": message.answered_by, "words": message.words}
    return Step(after, (stated(ClarificationRead, referral, said, about=note.about, number=note.number),))


def _plain(
    referral: Referral, message: Message, scene: Scene, event: ReferralEvent, statement: Statement, **changes: Any
) -> Step[Referral]:
    """Move as the table says and note what came; ignore it where the table says nothing."""
    state = _move(referral, event)
    if state is None:
        return ignored(referral, message)
    return Step(referral.with_line(scene.now, event.value, state=state, **changes), (statement,))


_TAKEN: Mapping[type, Callable[[Referral, Any, Scene], Step[Referral]]] = {
    Request: _request,
    Acknowledgement: _acknowledgement,
    FeedbackGiven: _feedback,
    DeletionReceipt: _deletion,
    RecallReceipt: _recall_receipt,
    CorrectionReceipt: _correction_receipt,
    Dispute: _dispute,
    ConsentRequest: _consent,
    ClarificationAnswer: _clarification,
}

TAKEN = tuple(_TAKEN)
"""The messages that an asker writes to a holder; all others go the other way."""
