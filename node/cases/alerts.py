"""What officers of either side have to see to, in words that say nothing of a person. Pure."""

from __future__ import annotations

from datetime import UTC

from agreements.stages import CASE, REFERRAL, CaseEvent, ReferralEvent, ReferralState, ReviewState, allows
from node.cases.files import Case, Referral
from node.cases.steps import Scene


def alerts_of_case(case: Case, scene: Scene) -> list[str]:
    """Say what the asker's officers have to see to."""
    alerts = _alerts_of_review(case)
    if allows(CASE, case.state, CaseEvent.ACKNOWLEDGE):
        alerts.append("conditions are offered: acknowledge them to get the content")
    if any(not note.answer for note in case.clarifications) and not case.is_over:
        alerts.append("the holder asks about the request")
    if _feedback_is_overdue(case, scene):
        alerts.append("feedback is overdue")
    return alerts


def alerts_of_referral(referral: Referral, scene: Scene) -> list[str]:
    """Say what the holder's officers have to see to."""
    alerts = _alerts_of_review(referral)
    named = {
        ReferralState.SILENT: "a silent hit: its asker was told nothing",
        ReferralState.OVERDUE: "the time for this request has passed",
        ReferralState.DISPUTED: "disputed: correct, recall or settle it",
        ReferralState.RECALLED: "the recall is not confirmed yet",
    }
    if referral.state in named:
        alerts.append(named[referral.state])
    if referral.held:
        alerts.append("content is kept back although its conditions were acknowledged")
    if any(note.given is None for note in referral.consents):
        alerts.append("leave is asked")
    if referral.corrections > referral.correction_confirmed:
        alerts.append("a correction is not confirmed yet")
    if _feedback_is_missing(referral, scene):
        alerts.append("feedback is overdue")
    if receipt_is_overdue(referral, scene):
        alerts.append("the receipt for the deletion is overdue")
    return alerts


def _alerts_of_review(file: Case | Referral) -> list[str]:
    state = file.review.state
    return [f"review of the emergency: {state.value}"] if state in (ReviewState.DUE, ReviewState.OVERDUE) else []


def receipt_is_overdue(referral: Referral, scene: Scene) -> bool:
    """Say whether the copy should have been deleted and no receipt has come; a day is left for the mail."""
    is_released = allows(REFERRAL, referral.state, ReferralEvent.DELETION_RECEIPT_COMES)
    return is_released and referral.due is not None and scene.now.astimezone(UTC).date() > referral.due


def _feedback_is_overdue(case: Case, scene: Scene) -> bool:
    """Say whether the giver waits for feedback longer than agreed."""
    until = case.feedback_until
    return until is not None and not case.feedback and case.content is not None and scene.now > until


def _feedback_is_missing(referral: Referral, scene: Scene) -> bool:
    until = referral.feedback_until
    return until is not None and not referral.feedback and not referral.is_over and scene.now > until
