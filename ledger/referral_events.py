"""The events of what follows a hit at the holder; what they have in common is in `ledger.case_events`.

``approved`` is the salted digest of content and conditions that officers approve; it stands with each approval and with
what left by it, so that approvals can be counted for exactly what was released.
"""

from __future__ import annotations

from typing import Literal

from ledger.case_events import FollowUpEvent, Hex


class RequestReceived(FollowUpEvent):
    """Holder: a reasoned request has come. Personal: partner officer, facts."""

    type: Literal["request_received"] = "request_received"
    emergency: bool
    urgent: bool = False


class RequestRefused(FollowUpEvent):
    """Holder: a request about nothing told to its sender, about a file that is damaged, or over the quota.

    Personal: partner officer, facts.
    """

    type: Literal["request_refused"] = "request_refused"
    reason: str


class RefusedAppealSeen(FollowUpEvent):
    """Holder: an officer takes note of an appeal for a life that was over the quota. Personal: officer."""

    type: Literal["refused_appeal_seen"] = "refused_appeal_seen"


class RequestWithJudge(FollowUpEvent):
    """Holder: a judge has the request, and the clock stands still. Personal: officer."""

    type: Literal["request_with_judge"] = "request_with_judge"


class RequestResumed(FollowUpEvent):
    """Holder: the judge has given it back. Personal: officer."""

    type: Literal["request_resumed"] = "request_resumed"


class RequestOverdue(FollowUpEvent):
    """Holder: the time for a request has passed."""

    type: Literal["request_overdue"] = "request_overdue"


class ApprovalGiven(FollowUpEvent):
    """Holder: an officer approves a release. Personal: officer."""

    type: Literal["approval_given"] = "approval_given"
    role: str
    trace: tuple[str, ...]
    approved: Hex = ""


class MatchConfirmed(FollowUpEvent):
    """Holder: an officer has compared a record that changed after the hit. Personal: officer."""

    type: Literal["match_confirmed"] = "match_confirmed"


class ReleaseOffered(FollowUpEvent):
    """Holder: conditions are about to be offered, without content."""

    type: Literal["release_offered"] = "release_offered"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]
    approved: Hex = ""


class AcknowledgementReceived(FollowUpEvent):
    """Holder: the conditions were taken on. Personal: partner officer."""

    type: Literal["acknowledgement_received"] = "acknowledgement_received"
    digest: Hex


class ContentSent(FollowUpEvent):
    """Holder: content is about to leave; ``digest`` is that of the message."""

    type: Literal["content_sent"] = "content_sent"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]
    approved: Hex = ""


class ContentWithheld(FollowUpEvent):
    """Holder: what was approved or acknowledged does not leave; ``stopped`` says why where it is not the decision."""

    type: Literal["content_withheld"] = "content_withheld"
    trace: tuple[str, ...]
    stopped: str = ""


class ReleaseReopened(FollowUpEvent):
    """Holder: what was offered has changed, so it is to be approved again."""

    type: Literal["release_reopened"] = "release_reopened"
    trace: tuple[str, ...]


class RequestDeclined(FollowUpEvent):
    """Holder: nothing more will be sent, for a reason only this log knows. Personal: officer, reason.

    An officer declines, or the end of a file that is damaged: ``trace`` is empty but in older entries.
    """

    type: Literal["request_declined"] = "request_declined"
    trace: tuple[str, ...]


class FeedbackReceived(FollowUpEvent):
    """Holder: the asker tells of the use. Personal: words."""

    type: Literal["feedback_received"] = "feedback_received"
    use: str


class DeletionConfirmed(FollowUpEvent):
    """Holder: the receipt for the erasure of a copy."""

    type: Literal["deletion_confirmed"] = "deletion_confirmed"
    cause: str


class RecallSent(FollowUpEvent):
    """Holder: what was told or released is about to be recalled. Personal: officer, reason."""

    type: Literal["recall_sent"] = "recall_sent"


class RecallConfirmed(FollowUpEvent):
    """Holder: the receipt for a recall."""

    type: Literal["recall_confirmed"] = "recall_confirmed"


class CorrectionSent(FollowUpEvent):
    """Holder: a correction is about to leave. Personal: officer."""

    type: Literal["correction_sent"] = "correction_sent"
    fields: tuple[str, ...]
    digest: Hex
    trace: tuple[str, ...]
    approved: Hex = ""
    number: int = 0


class CorrectionConfirmed(FollowUpEvent):
    """Holder: the receipt for a correction."""

    type: Literal["correction_confirmed"] = "correction_confirmed"
    number: int = 0


class DisputeReceived(FollowUpEvent):
    """Holder: something released seems wrong to the asker. Personal: words."""

    type: Literal["dispute_received"] = "dispute_received"


class DisputeSettled(FollowUpEvent):
    """Holder: an officer has looked and lets it stand. Personal: officer, words."""

    type: Literal["dispute_settled"] = "dispute_settled"


class ConsentRequested(FollowUpEvent):
    """Holder: leave is asked. Personal: partner officer, words."""

    type: Literal["consent_requested"] = "consent_requested"
    wanted: str
    number: int = 0


class ConsentApproved(FollowUpEvent):
    """Holder: an officer approves that leave is given. Personal: officer."""

    type: Literal["consent_approved"] = "consent_approved"
    wanted: str
    role: str
    trace: tuple[str, ...]
    number: int = 0


class ConsentDecided(FollowUpEvent):
    """Holder: leave is given or not. Personal: officer."""

    type: Literal["consent_decided"] = "consent_decided"
    wanted: str
    given: bool
    number: int = 0


class ClarificationAsked(FollowUpEvent):
    """Holder: an officer asks about a request. Personal: officer."""

    type: Literal["clarification_asked"] = "clarification_asked"
    about: str
    number: int = 0


class ClarificationRead(FollowUpEvent):
    """Holder: the answer has come. Personal: partner officer, words."""

    type: Literal["clarification_read"] = "clarification_read"
    about: str
    number: int = 0


class HitSilentSeen(FollowUpEvent):
    """Holder: an officer takes note of a hit unknown to its asker. Personal: officer."""

    type: Literal["hit_silent_seen"] = "hit_silent_seen"


ReferralEvent = (
    RequestReceived
    | RequestRefused
    | RequestWithJudge
    | RequestResumed
    | RequestOverdue
    | ApprovalGiven
    | MatchConfirmed
    | ReleaseOffered
    | AcknowledgementReceived
    | ContentSent
    | ContentWithheld
    | ReleaseReopened
    | RequestDeclined
    | FeedbackReceived
    | DeletionConfirmed
    | RecallSent
    | RecallConfirmed
    | CorrectionSent
    | CorrectionConfirmed
    | DisputeReceived
    | DisputeSettled
    | ConsentRequested
    | ConsentApproved
    | ConsentDecided
    | ClarificationAsked
    | ClarificationRead
    | HitSilentSeen
    | RefusedAppealSeen
)
