"""The events of what follows a hit, at the asker and on both sides: closed, typed, nothing personal in clear.

Each names the partner, the agreement and the purpose of the query that led here. Personal is in each what the file
knows of them: the reference, the record id at the holder, and of that query user, legal basis and case reference; the
docstrings name what is personal besides. Where there is a ``trace``, ``decision`` is personal too: what that decision
was made from (`agreements.inputs`). ``officer`` acts here, ``partner_officer`` at the partner, as it says itself.
Digests are of messages or offers that hold random bytes, so that nobody can guess the content behind them, and stand in
both logs. So does ``case``, the name of the file in all of its entries (`name_case`); ``number`` is that of a message
in its file.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import StringConstraints

from ledger.logged import LoggedEvent
from matching.encoding import encode

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]*$")]


def name_case(asker: str, holder: str, reference: str) -> str:
    """Give what the logs of two agencies call what follows a hit: a digest, which leads nobody back to the reference.

    A reference is 80 random bits, so nobody can guess one; who has it can find the entries of its file.
    """
    return hashlib.sha256(encode("symbolon/v1/case", asker, holder, reference)).hexdigest()


class FollowUpEvent(LoggedEvent):
    """What each of them has: the partner, the agreement, and the purpose, empty where there is no file.

    ``case`` is empty in logs of an earlier release, and where no reference was given.
    """

    partner: str
    agreement_hash: Hex
    purpose: str = ""
    case: Hex = ""


class HitConfirmed(FollowUpEvent):
    """Asker: an officer confirms that the match is the person asked for. Personal: officer, reference, reason."""

    type: Literal["hit_confirmed"] = "hit_confirmed"


class HitRejected(FollowUpEvent):
    """Asker: an officer says that it is not. Personal: officer, reason."""

    type: Literal["hit_rejected"] = "hit_rejected"


class HitReturned(FollowUpEvent):
    """Asker: a hit that was cleared has come again, so nobody is bothered; ``case`` is that of the new reference.

    Personal: officer who put the query, cleared: the reference under which it was rejected.
    """

    type: Literal["hit_returned"] = "hit_returned"


class OutcomeSeen(FollowUpEvent):
    """Asker: an officer takes note of what the holder did: a recall, a refusal, an answer. Personal: officer."""

    type: Literal["outcome_seen"] = "outcome_seen"


class ClearingTakenBack(FollowUpEvent):
    """Asker: an officer takes back that a hit is cleared. Personal: officer."""

    type: Literal["clearing_taken_back"] = "clearing_taken_back"


class RequestSent(FollowUpEvent):
    """Asker: a reasoned request is about to leave. Personal: officer, facts."""

    type: Literal["request_sent"] = "request_sent"
    trace: tuple[str, ...]
    emergency: bool
    urgent: bool = False


class OfferReceived(FollowUpEvent):
    """Asker: an offer has come."""

    type: Literal["offer_received"] = "offer_received"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class ConditionsAcknowledged(FollowUpEvent):
    """Asker: an officer takes on exactly these conditions. Personal: officer."""

    type: Literal["conditions_acknowledged"] = "conditions_acknowledged"
    digest: Hex
    trace: tuple[str, ...]


class ContentReceived(FollowUpEvent):
    """Asker: content has come and becomes readable; ``digest`` is that of the message."""

    type: Literal["content_received"] = "content_received"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class ContentRead(FollowUpEvent):
    """Asker: an officer is about to read content. Personal: officer."""

    type: Literal["content_read"] = "content_read"
    fields: tuple[str, ...]


class CaseShown(FollowUpEvent):
    """Somebody is about to see a case or referral; of a referral perhaps with the record whole. Personal: officer."""

    type: Literal["case_shown"] = "case_shown"
    record: bool = False


class DeclineReceived(FollowUpEvent):
    """Asker: nothing more will come."""

    type: Literal["decline_received"] = "decline_received"
    over_quota: bool


class StateReceived(FollowUpEvent):
    """Asker: the holder says where the request stands."""

    type: Literal["state_received"] = "state_received"
    state: str


class FeedbackSent(FollowUpEvent):
    """Asker: the giver is about to be told of the use. Personal: officer, words."""

    type: Literal["feedback_sent"] = "feedback_sent"
    use: str


class ContentDeleted(FollowUpEvent):
    """Asker: the copy is about to be erased, and a receipt sent. Personal: officer."""

    type: Literal["content_deleted"] = "content_deleted"
    cause: str


class RecallReceived(FollowUpEvent):
    """Asker: the holder recalls; the copy is about to be erased. Personal: reason."""

    type: Literal["recall_received"] = "recall_received"


class CorrectionReceived(FollowUpEvent):
    """Asker: a correction takes the copy's place."""

    type: Literal["correction_received"] = "correction_received"
    number: int = 0
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]


class DisputeSent(FollowUpEvent):
    """Asker: an officer says that something released seems wrong. Personal: officer, words."""

    type: Literal["dispute_sent"] = "dispute_sent"


class SettlementReceived(FollowUpEvent):
    """Asker: the holder lets it stand. Personal: words."""

    type: Literal["settlement_received"] = "settlement_received"


class ConsentAsked(FollowUpEvent):
    """Asker: leave is asked to pass on, or for another purpose. Personal: officer, words."""

    type: Literal["consent_asked"] = "consent_asked"
    wanted: str
    number: int = 0


class ConsentReceived(FollowUpEvent):
    """Asker: leave was given or not."""

    type: Literal["consent_received"] = "consent_received"
    wanted: str
    given: bool
    number: int = 0


class ClarificationReceived(FollowUpEvent):
    """Asker: the holder asks about a request."""

    type: Literal["clarification_received"] = "clarification_received"
    about: str
    number: int = 0


class ClarificationAnswered(FollowUpEvent):
    """Asker: an officer answers. Personal: officer, words."""

    type: Literal["clarification_answered"] = "clarification_answered"
    about: str
    number: int = 0


class EmergencyUsed(FollowUpEvent):
    """The emergency clause is appealed to, on either side. Personal: reference, responsible."""

    type: Literal["emergency_used"] = "emergency_used"


class EmergencyReviewOverdue(FollowUpEvent):
    """The time for a review has passed."""

    type: Literal["emergency_review_overdue"] = "emergency_review_overdue"


class EmergencyReviewed(FollowUpEvent):
    """An officer reviews a use of the emergency clause. Personal: officer, result."""

    type: Literal["emergency_reviewed"] = "emergency_reviewed"


class CaseLapsed(FollowUpEvent):
    """Nothing happened for the time set."""

    type: Literal["case_lapsed"] = "case_lapsed"


class CaseErased(FollowUpEvent):
    """A file that is over, or that nobody can read, is about to be erased for good."""

    type: Literal["case_erased"] = "case_erased"


class StepRefused(FollowUpEvent):
    """A step of an own officer is refused; ``reason`` is the error's code. Personal: officer, rules in the way.

    Partner and agreement are empty where there is no file that this officer may see.
    """

    type: Literal["step_refused"] = "step_refused"
    step: str
    reason: str


class CaseMessageIgnored(FollowUpEvent):
    """A message that its case does not allow, or not any more; nothing follows."""

    type: Literal["case_message_ignored"] = "case_message_ignored"
    kind: str


CaseEvent = (
    HitConfirmed
    | HitRejected
    | HitReturned
    | ClearingTakenBack
    | OutcomeSeen
    | RequestSent
    | OfferReceived
    | ConditionsAcknowledged
    | ContentReceived
    | ContentRead
    | CaseShown
    | DeclineReceived
    | StateReceived
    | FeedbackSent
    | ContentDeleted
    | RecallReceived
    | CorrectionReceived
    | DisputeSent
    | SettlementReceived
    | ConsentAsked
    | ConsentReceived
    | ClarificationReceived
    | ClarificationAnswered
    | EmergencyUsed
    | EmergencyReviewOverdue
    | EmergencyReviewed
    | CaseLapsed
    | CaseErased
    | StepRefused
    | CaseMessageIgnored
)
