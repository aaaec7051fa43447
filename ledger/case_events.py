"""The events of what follows a hit, on both sides: closed, typed, free of personal data like all others.

Each names the partner and the agreement; reference, record id and the names of officers are personal. Digests are of
messages or offers that hold random bytes, so that nobody can guess the content behind them, and stand in both logs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]*$")]


class _CaseEvent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    partner: str
    agreement_hash: Hex


class HitConfirmed(_CaseEvent):
    """Asker: an officer confirms that the match is the person asked for. Personal: officer, reference."""

    type: Literal["hit_confirmed"] = "hit_confirmed"


class HitRejected(_CaseEvent):
    """Asker: an officer says that it is not. Personal: officer, reference, reason."""

    type: Literal["hit_rejected"] = "hit_rejected"


class RequestSent(_CaseEvent):
    """Asker: a reasoned request is about to leave. Personal: officer, reference, facts."""

    type: Literal["request_sent"] = "request_sent"
    trace: tuple[str, ...]
    emergency: bool


class RequestReceived(_CaseEvent):
    """Holder: a reasoned request has come. Personal: reference, record id."""

    type: Literal["request_received"] = "request_received"
    emergency: bool


class RequestRefused(_CaseEvent):
    """Holder: a request about nothing told to its sender, or over the quota. Personal: reference."""

    type: Literal["request_refused"] = "request_refused"
    reason: str


class RequestWithJudge(_CaseEvent):
    """Holder: a judge has the request, and the clock stands still. Personal: officer, reference."""

    type: Literal["request_with_judge"] = "request_with_judge"


class RequestResumed(_CaseEvent):
    """Holder: the judge has given it back. Personal: officer, reference."""

    type: Literal["request_resumed"] = "request_resumed"


class RequestOverdue(_CaseEvent):
    """Holder: the time for a request has passed. Personal: reference."""

    type: Literal["request_overdue"] = "request_overdue"


class ApprovalGiven(_CaseEvent):
    """Holder: an officer approves a release. Personal: officer, reference, record id."""

    type: Literal["approval_given"] = "approval_given"
    role: str
    trace: tuple[str, ...]


class ReleaseOffered(_CaseEvent):
    """Holder: conditions are about to be offered, without content. Personal: reference."""

    type: Literal["release_offered"] = "release_offered"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class OfferReceived(_CaseEvent):
    """Asker: an offer has come. Personal: reference."""

    type: Literal["offer_received"] = "offer_received"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class ConditionsAcknowledged(_CaseEvent):
    """Asker: an officer takes on exactly these conditions. Personal: officer, reference."""

    type: Literal["conditions_acknowledged"] = "conditions_acknowledged"
    digest: Hex
    trace: tuple[str, ...]


class AcknowledgementReceived(_CaseEvent):
    """Holder: the conditions were taken on. Personal: reference."""

    type: Literal["acknowledgement_received"] = "acknowledgement_received"
    digest: Hex


class ContentSent(_CaseEvent):
    """Holder: content is about to leave; ``digest`` is that of the message. Personal: reference, record id."""

    type: Literal["content_sent"] = "content_sent"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class ContentWithheld(_CaseEvent):
    """Holder: content does not leave although it was acknowledged. Personal: reference."""

    type: Literal["content_withheld"] = "content_withheld"
    trace: tuple[str, ...]


class ReleaseReopened(_CaseEvent):
    """Holder: what was offered has changed, so it is to be approved again. Personal: reference."""

    type: Literal["release_reopened"] = "release_reopened"
    trace: tuple[str, ...]


class ContentReceived(_CaseEvent):
    """Asker: content has come and becomes readable; ``digest`` is that of the message. Personal: reference."""

    type: Literal["content_received"] = "content_received"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class ContentRead(_CaseEvent):
    """Asker: an officer is about to read content. Personal: officer, reference."""

    type: Literal["content_read"] = "content_read"
    fields: tuple[str, ...]


class CaseShown(_CaseEvent):
    """Somebody is about to see a case or referral. Personal: officer, reference."""

    type: Literal["case_shown"] = "case_shown"


class RequestDeclined(_CaseEvent):
    """Holder: nothing more will be sent, for a reason only this log knows. Personal: officer, reference, reason."""

    type: Literal["request_declined"] = "request_declined"
    trace: tuple[str, ...]


class DeclineReceived(_CaseEvent):
    """Asker: nothing more will come. Personal: reference."""

    type: Literal["decline_received"] = "decline_received"
    over_quota: bool


class StateReceived(_CaseEvent):
    """Asker: the holder says where the request stands. Personal: reference."""

    type: Literal["state_received"] = "state_received"
    state: str


class FeedbackSent(_CaseEvent):
    """Asker: the giver is about to be told of the use. Personal: officer, reference, words."""

    type: Literal["feedback_sent"] = "feedback_sent"
    use: str


class FeedbackReceived(_CaseEvent):
    """Holder: the asker tells of the use. Personal: reference, words."""

    type: Literal["feedback_received"] = "feedback_received"
    use: str


class ContentDeleted(_CaseEvent):
    """Asker: the copy is about to be erased, and a receipt sent. Personal: officer, reference."""

    type: Literal["content_deleted"] = "content_deleted"
    cause: str


class DeletionConfirmed(_CaseEvent):
    """Holder: the receipt for the erasure of a copy. Personal: reference."""

    type: Literal["deletion_confirmed"] = "deletion_confirmed"
    cause: str


class RecallSent(_CaseEvent):
    """Holder: what was told or released is about to be recalled. Personal: officer, reference, reason."""

    type: Literal["recall_sent"] = "recall_sent"


class RecallReceived(_CaseEvent):
    """Asker: the holder recalls; the copy is about to be erased. Personal: reference."""

    type: Literal["recall_received"] = "recall_received"


class RecallConfirmed(_CaseEvent):
    """Holder: the receipt for a recall. Personal: reference."""

    type: Literal["recall_confirmed"] = "recall_confirmed"


class CorrectionSent(_CaseEvent):
    """Holder: a correction is about to leave. Personal: officer, reference, record id."""

    type: Literal["correction_sent"] = "correction_sent"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class CorrectionReceived(_CaseEvent):
    """Asker: a correction takes the copy's place. Personal: reference."""

    type: Literal["correction_received"] = "correction_received"
    fields: tuple[str, ...]
    digest: Hex


class CorrectionConfirmed(_CaseEvent):
    """Holder: the receipt for a correction. Personal: reference."""

    type: Literal["correction_confirmed"] = "correction_confirmed"


class DisputeSent(_CaseEvent):
    """Asker: an officer says that something released seems wrong. Personal: officer, reference, words."""

    type: Literal["dispute_sent"] = "dispute_sent"


class DisputeReceived(_CaseEvent):
    """Holder: something released seems wrong to the asker. Personal: reference, words."""

    type: Literal["dispute_received"] = "dispute_received"


class DisputeSettled(_CaseEvent):
    """Holder: an officer has looked and lets it stand. Personal: officer, reference, words."""

    type: Literal["dispute_settled"] = "dispute_settled"


class SettlementReceived(_CaseEvent):
    """Asker: the holder lets it stand. Personal: reference, words."""

    type: Literal["settlement_received"] = "settlement_received"


class ConsentAsked(_CaseEvent):
    """Asker: leave is asked to pass on, or for another purpose. Personal: officer, reference, words."""

    type: Literal["consent_asked"] = "consent_asked"
    wanted: str


class ConsentRequested(_CaseEvent):
    """Holder: leave is asked. Personal: reference, words."""

    type: Literal["consent_requested"] = "consent_requested"
    wanted: str


class ConsentDecided(_CaseEvent):
    """Holder: leave is given or not. Personal: officer, reference."""

    type: Literal["consent_decided"] = "consent_decided"
    wanted: str
    given: bool


class ConsentReceived(_CaseEvent):
    """Asker: leave was given or not. Personal: reference."""

    type: Literal["consent_received"] = "consent_received"
    wanted: str
    given: bool


class EmergencyUsed(_CaseEvent):
    """The emergency clause is used, on either side; a review is due. Personal: reference, responsible."""

    type: Literal["emergency_used"] = "emergency_used"


class EmergencyReviewOverdue(_CaseEvent):
    """The time for a review has passed. Personal: reference."""

    type: Literal["emergency_review_overdue"] = "emergency_review_overdue"


class EmergencyReviewed(_CaseEvent):
    """An officer reviews a use of the emergency clause. Personal: officer, reference, result."""

    type: Literal["emergency_reviewed"] = "emergency_reviewed"


class HitSilentSeen(_CaseEvent):
    """Holder: an officer takes note of a hit unknown to its asker. Personal: officer, reference, record id."""

    type: Literal["hit_silent_seen"] = "hit_silent_seen"


class CaseLapsed(_CaseEvent):
    """Nothing happened for the time set. Personal: reference."""

    type: Literal["case_lapsed"] = "case_lapsed"


class CaseErased(_CaseEvent):
    """A file that is over is about to be erased for good. Personal: reference."""

    type: Literal["case_erased"] = "case_erased"


class CaseMessageIgnored(_CaseEvent):
    """A message that its case does not allow, or not any more; nothing follows. Personal: reference."""

    type: Literal["case_message_ignored"] = "case_message_ignored"
    kind: str


CaseEvent = (
    HitConfirmed
    | HitRejected
    | RequestSent
    | RequestReceived
    | RequestRefused
    | RequestWithJudge
    | RequestResumed
    | RequestOverdue
    | ApprovalGiven
    | ReleaseOffered
    | OfferReceived
    | ConditionsAcknowledged
    | AcknowledgementReceived
    | ContentSent
    | ContentWithheld
    | ReleaseReopened
    | ContentReceived
    | ContentRead
    | CaseShown
    | RequestDeclined
    | DeclineReceived
    | StateReceived
    | FeedbackSent
    | FeedbackReceived
    | ContentDeleted
    | DeletionConfirmed
    | RecallSent
    | RecallReceived
    | RecallConfirmed
    | CorrectionSent
    | CorrectionReceived
    | CorrectionConfirmed
    | DisputeSent
    | DisputeReceived
    | DisputeSettled
    | SettlementReceived
    | ConsentAsked
    | ConsentRequested
    | ConsentDecided
    | ConsentReceived
    | EmergencyUsed
    | EmergencyReviewOverdue
    | EmergencyReviewed
    | HitSilentSeen
    | CaseLapsed
    | CaseErased
    | CaseMessageIgnored
)
