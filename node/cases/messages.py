"""What the two sides of a hit write to each other: closed types in JSON, each about one reference of the holder's.

The sender is whom the mail came from, never something a message says. Content travels in `Content` and `Correction`
only, and the digest in an offer is made with a salt that comes with the content, so that nobody can guess it before.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, Literal, get_args

import rfc8785
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from agreements.clauses import Line, OfficerName
from agreements.codes import Consent, HandlingCode, Offence, Purpose, ReleasedField
from agreements.conditions import Conditions

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z2-7]{16}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Salt = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MOST_CHARACTERS = 4000
"""Of one text that a person writes: facts, a reason, an answer."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_CHARACTERS)]
MayBeEmpty = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_CHARACTERS)]
Number = Annotated[int, Field(ge=1, le=1000)]
"""Which correction, request for leave or question of a file it is."""

MOST_CAVEATS = 60
"""That come with an offer: 20 of the agreement, 20 of the record, 20 of the house. The asker adds the 20 of its own."""

Urgency = Literal["normal", "urgent"]
Use = Literal["identified", "arrested", "located", "protected", "led_to_inquiry", "no_use", "not_the_person"]
"""What came of what was released, for the giver."""


Unclear = Literal["facts", "legal_basis", "offence", "person_role", "urgency", "use_intended", "identity"]
"""What of a request may be unclear to its holder."""

DeletionCause = Literal["due", "agreement_ended", "officer", "not_allowed", "not_expected"]
"""Why a copy was erased, or never kept."""


class MessageFormatError(ValueError):
    """Bytes that are no message of ours; says no more, for they may hold a person's data."""


class Closed(BaseModel):
    """A type that has its fields and no others, and is silent about their values: they are of persons."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def __repr__(self) -> str:
        """Name the type only, for whatever shows it in a log or a traceback."""
        return f"{type(self).__name__}(...)"

    __str__ = __repr__


class _Message(Closed):
    reference: Reference


class EmergencyAppeal(Closed):
    """Danger to life: who answers for the shorter path by name, and what the danger is."""

    responsible: OfficerName
    danger: Words


class Request(_Message):
    """Asker: the match is confirmed, and this is why more is asked."""

    type: Literal["request"] = "request"
    confirmed_by: tuple[OfficerName, ...] = Field(max_length=10)
    requested_by: OfficerName
    facts: Words
    offence: Offence
    purpose: Purpose
    urgency: Urgency
    emergency: EmergencyAppeal | None = None


class AttachedConditions(Closed):
    """The conditions that bind the receiver (`agreements.conditions.Conditions`).

    What to do where the person is found is content, and is not told before the acknowledgement.
    """

    code: HandlingCode
    caveats: tuple[Line, ...] = Field(max_length=MOST_CAVEATS + 20)
    retention_days: int = Field(ge=1, le=3650)
    feedback_days: int = Field(ge=1, le=3650)
    review_days: int | None
    onward_transfer: Consent
    change_of_purpose: Consent

    @classmethod
    def of(cls, conditions: Conditions) -> AttachedConditions:
        """Put a decision's conditions into a message."""
        return cls(**{name: getattr(conditions, name) for name in cls.model_fields})

    def read(self) -> Conditions:
        """Give the conditions as decisions have them."""
        return Conditions(**self.model_dump())


def _with_few_caveats(conditions: AttachedConditions) -> AttachedConditions:
    if len(conditions.caveats) > MOST_CAVEATS:
        raise ValueError("too many caveats")
    return conditions


def _each_once(fields: tuple[ReleasedField, ...]) -> tuple[ReleasedField, ...]:
    if len(set(fields)) != len(fields):
        raise ValueError("a field is named twice")
    return fields


ToldConditions = Annotated[AttachedConditions, AfterValidator(_with_few_caveats)]
"""Conditions as a holder sends them."""

OfferedFields = Annotated[
    tuple[ReleasedField, ...], Field(max_length=len(get_args(ReleasedField))), AfterValidator(_each_once)
]
"""The names of what is offered, each once."""


class Offer(_Message):
    """Holder: what will be released against the acknowledgement of these conditions; no content yet."""

    type: Literal["offer"] = "offer"
    conditions: ToldConditions
    fields: OfferedFields
    content_digest: Digest


class Acknowledgement(_Message):
    """Asker: these conditions are taken on, by whom."""

    type: Literal["acknowledgement"] = "acknowledgement"
    offer_digest: Digest
    acknowledged_by: OfficerName


class Content(_Message):
    """Holder: what was offered."""

    type: Literal["content"] = "content"
    offer_digest: Digest
    salt: Salt
    content: dict[ReleasedField, Any]
    conditions: ToldConditions
    due: date


class RequestsLeft(Closed):
    """What an asker may still ask under an agreement, on a UTC day and in its month; requests taken on are counted."""

    day: date
    requests_today: int = Field(ge=0, le=10**9)
    emergencies_this_month: int = Field(ge=0, le=10**9)


class Decline(_Message):
    """Holder: nothing more will come. There is no reason, which could tell of the record, but for a quota used up.

    Then ``over_quota`` says what is left, and the request may be made again.
    """

    type: Literal["decline"] = "decline"
    over_quota: RequestsLeft | None = None


class StateNotice(_Message):
    """Holder: where the request stands; with ``left`` when it has just been taken on, and counted."""

    type: Literal["state_notice"] = "state_notice"
    state: Literal["requested", "with_judge", "overdue"]
    left: RequestsLeft | None = None


class FeedbackGiven(_Message):
    """Asker: what the content was used for and what came of it."""

    type: Literal["feedback"] = "feedback"
    use: Use
    words: MayBeEmpty = ""


class DeletionReceipt(_Message):
    """Asker: the copy is erased."""

    type: Literal["deletion_receipt"] = "deletion_receipt"
    cause: DeletionCause


class Recall(_Message):
    """Holder: what was told or released is not to be used any more."""

    type: Literal["recall"] = "recall"
    reason: Words


class RecallReceipt(_Message):
    """Asker: the copy, if there was one, is erased."""

    type: Literal["recall_receipt"] = "recall_receipt"


class Correction(_Message):
    """Holder: what was released reads like this now; it replaces the copy, under the conditions acknowledged."""

    type: Literal["correction"] = "correction"
    number: Number
    offer_digest: Digest
    salt: Salt
    content: dict[ReleasedField, Any]
    conditions: ToldConditions


class CorrectionReceipt(_Message):
    """Asker: the copy reads as corrected."""

    type: Literal["correction_receipt"] = "correction_receipt"
    number: Number


class Dispute(_Message):
    """Asker: something released seems wrong."""

    type: Literal["dispute"] = "dispute"
    words: Words


class DisputeSettled(_Message):
    """Holder: it was looked at and stands; where it does not, a `Correction` or `Recall` is sent instead."""

    type: Literal["dispute_settled"] = "dispute_settled"
    words: Words


class ConsentRequest(_Message):
    """Asker: leave is asked to pass content on, or to use it for another purpose."""

    type: Literal["consent_request"] = "consent_request"
    number: Number
    wanted: Literal["onward_transfer", "change_of_purpose"]
    to: Line
    reason: Words
    requested_by: OfficerName


class ConsentAnswer(_Message):
    """Holder: leave is given or not."""

    type: Literal["consent_answer"] = "consent_answer"
    number: Number
    given: bool


class Clarification(_Message):
    """Holder: something about the request is not clear, of a closed list: free words could tell of records."""

    type: Literal["clarification"] = "clarification"
    number: Number
    about: Unclear


class ClarificationAnswer(_Message):
    """Asker: the answer, for the holder's officers."""

    type: Literal["clarification_answer"] = "clarification_answer"
    number: Number
    words: Words
    answered_by: OfficerName


Message = Annotated[
    Request
    | Offer
    | Acknowledgement
    | Content
    | Decline
    | StateNotice
    | FeedbackGiven
    | DeletionReceipt
    | Recall
    | RecallReceipt
    | Correction
    | CorrectionReceipt
    | Dispute
    | DisputeSettled
    | ConsentRequest
    | ConsentAnswer
    | Clarification
    | ClarificationAnswer,
    Field(discriminator="type"),
]

_ADAPTER: TypeAdapter[Message] = TypeAdapter(Message)


def write_message(message: Message) -> bytes:
    """Give a message as it travels: RFC 8785 JSON."""
    return rfc8785.dumps(message.model_dump(mode="json"))


def read_message(content: bytes) -> Message:
    """Read a message; raise `MessageFormatError` on anything else."""
    try:
        return _ADAPTER.validate_json(content)
    except ValidationError:
        raise MessageFormatError("not a message about a case") from None


def digest_of_message(message: Message) -> str:
    """Give SHA-256 of a message as it travels, by which both logs know it."""
    return hashlib.sha256(write_message(message)).hexdigest()


def digest_of_offer(offer: Offer) -> str:
    """Give what an acknowledgement names."""
    return digest_of_message(offer)


def digest_of_content(salt: str, content: dict[Any, Any]) -> str:
    """Commit to content under a salt: SHA-256 over both."""
    return hashlib.sha256(rfc8785.dumps([salt, content])).hexdigest()
