"""What an asker can know of each node it asked: an answer, or clearly none.

The rule: *nothing* is said only of a reply that verified, opened and says so. Every failure on the way has an outcome
of its own that excludes no match, with words for the analyst.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from matching.errors import ProtocolError
from matching.keys import SealingKey
from matching.reply import ReplyContext, open_reply
from node.answers import NOTHING, Answer, decode_answer
from node.membership import Member
from symbolon.rpc.errors import ErrorCode
from symbolon.v1.relay_pb2 import DeliverResponse, DeliveryFailure


class Outcome(StrEnum):
    """What one node made of a query, as far as the asking side can know it."""

    HIT = "hit"
    NOTHING = "nothing"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"
    INVALID_REPLY = "invalid_reply"
    NOT_ASKED = "not_asked"
    INCONCLUSIVE = "inconclusive"

    @property
    def answered(self) -> bool:
        """Say whether the node's word is known; if not, a match there is not excluded."""
        return self in (Outcome.HIT, Outcome.NOTHING)


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """One node's outcome. ``explanation`` is empty with an answer; ``milliseconds`` count from the relay's start."""

    member: str
    display_name: str
    outcome: Outcome
    answer: Answer = NOTHING
    explanation: str = ""
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Awaited:
    """An envelope under way: whom it asks, the one-time key and context of its reply, the level allowed at most."""

    member: Member
    context: ReplyContext
    reply_key: SealingKey
    level_allowed: int


_FAILURES = {
    DeliveryFailure.DELIVERY_FAILURE_UNREACHABLE: (
        Outcome.UNREACHABLE,
        "the coordinator cannot reach this node; put the query again when it is back",
    ),
    DeliveryFailure.DELIVERY_FAILURE_TIMED_OUT: (
        Outcome.TIMED_OUT,
        "the node did not answer in time; put the query again",
    ),
    DeliveryFailure.DELIVERY_FAILURE_INVALID_REPLY: (
        Outcome.INVALID_REPLY,
        "the node's answer has not the form of an answer; tell its operator",
    ),
    DeliveryFailure.DELIVERY_FAILURE_UNKNOWN_MEMBER: (
        Outcome.UNREACHABLE,
        "the coordinator knows no such member",
    ),
}


_INCONCLUSIVE_EXPLAINED = (
    "the node found nothing, but its list is not enrolled whole, or it could not examine the query:"
    " a match there is not excluded; put the query again later"
)


def read_delivery(delivery: DeliverResponse, awaited: Awaited, milliseconds: float) -> NodeOutcome:
    """Turn the coordinator's report of one envelope into an outcome; nothing it says can become a false *nothing*."""
    member = awaited.member
    if delivery.WhichOneof("outcome") == "reply":
        return _read_reply(delivery.reply.reply, awaited, milliseconds)
    if delivery.failure == DeliveryFailure.DELIVERY_FAILURE_REFUSED:
        return NodeOutcome(
            member.uri, member.display_name, Outcome.REFUSED, NOTHING, _refusal(delivery.error_code), milliseconds
        )
    outcome, explanation = _FAILURES.get(
        delivery.failure, (Outcome.UNREACHABLE, "the coordinator reports a failure of a kind unknown here")
    )
    return NodeOutcome(member.uri, member.display_name, outcome, NOTHING, explanation, milliseconds)


def _read_reply(reply: bytes, awaited: Awaited, milliseconds: float) -> NodeOutcome:
    member = awaited.member
    try:
        content = open_reply(reply, awaited.reply_key, awaited.context, member.signing)
        answer = _within(decode_answer(content), awaited.level_allowed)
    except ProtocolError:
        explanation = "the node's answer does not verify or is not for this query; a match there is not excluded"
        return NodeOutcome(member.uri, member.display_name, Outcome.INVALID_REPLY, NOTHING, explanation, milliseconds)
    if answer.level == 0 and not answer.conclusive:
        return NodeOutcome(
            member.uri, member.display_name, Outcome.INCONCLUSIVE, answer, _INCONCLUSIVE_EXPLAINED, milliseconds
        )
    outcome = Outcome.HIT if answer.level else Outcome.NOTHING
    return NodeOutcome(member.uri, member.display_name, outcome, answer, "", milliseconds)


def _within(answer: Answer, level_allowed: int) -> Answer:
    """Cut an answer to the level this side's agreement allows: the minimum of both sides counts."""
    if answer.level <= level_allowed:
        return answer
    return Answer(level=level_allowed, conclusive=answer.conclusive)


def _refusal(code: str) -> str:
    known = ErrorCode.__members__.get(code.upper())
    if known is None:
        return "the node refused the query"
    return f"{known.value.text}; {known.value.way_out}"
