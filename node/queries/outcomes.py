"""What an asker can know of each node it asked: an answer, or clearly none.

The rule: *nothing* is said only of a reply that verified, opened and says so. Every failure on the way has an outcome
of its own that excludes no match, with words for the analyst.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agreements.agreement import Agreement
from agreements.decision import Decision
from agreements.facts import Asked
from matching.errors import ProtocolError
from matching.keys import SealingKey
from matching.reply import ReplyContext, open_reply
from node.cases.cleared import Cleared
from node.directory.membership import Member
from node.queries.answers import INCONCLUSIVE, NOTHING, Answer, decode_answer
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
    QUOTA_USED = "quota_used"
    LAPSED = "lapsed"

    @property
    def answered(self) -> bool:
        """Say whether the node's word is known; if not, a match there is not excluded."""
        return self in (Outcome.HIT, Outcome.NOTHING)


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """One node's outcome. ``explanation`` is empty with an answer; ``milliseconds`` count from the relay's start.

    ``cleared`` has, by their references, the candidates that were cleared before; ``fact`` names what of the query
    stands in the way where the node is not asked.
    """

    member: str
    display_name: str
    outcome: Outcome
    answer: Answer = NOTHING
    explanation: str = ""
    milliseconds: float = 0.0
    cleared: Mapping[str, Cleared] = field(default_factory=dict)
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An envelope under way: whom it asks, the one-time key and context of its reply, what both sides decide from."""

    member: Member
    context: ReplyContext
    reply_key: SealingKey
    asked: Asked
    agreement: Agreement


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


_INCONCLUSIVE_EXPLAINED = {
    True: "the node found nothing, but its list is not enrolled whole, it read the justification as none that the"
    " agreement allows, or it could not examine the query: a match there is not excluded; put the query again later",
    False: "the node did not count the query under the agreement: its text of it is another, it has not accepted this"
    " one yet, or it is suspended or over there; or a fault kept it from looking. A match there is not excluded;"
    " compare the fingerprint of the agreement with that agency (symbolon agreement list), and put the query again",
}
"""By whether it said what is left of the quota, as a node does of each query under an agreement that it has too."""


_STOPPED_EXPLAINED = (
    "the node does not disclose at present, because its disclosure log is not witnessed or cannot be written; nothing"
    " was looked up: a match there is not excluded; put the query again later"
)


_LAPSED_EXPLAINED = (
    "the agreement this node was asked under was suspended, ended or replaced before its answer came, so the answer was"
    " discarded; a match there is not excluded"
)
_QUOTA_EXPLAINED = {
    True: "the day's queries of the agreement at this node are used up and nothing was looked up; put the query again"
    " tomorrow (UTC), or have it put under another agreement",
    False: "the queries that the agreement allows in a year or in this case at this node are used up and nothing was"
    " looked up; have the query put under another agreement",
}
"""By whether nothing is left of the day."""


def read_delivery(delivery: DeliverResponse, awaited: Awaited, own: Decision, milliseconds: float) -> NodeOutcome:
    """Turn the coordinator's report of one envelope into an outcome; nothing it says can become a false *nothing*.

    ``own`` is what this side decides now that the answer is there.
    """
    member = awaited.member
    if delivery.WhichOneof("outcome") == "reply":
        return _read_reply(delivery.reply.reply, awaited, own, milliseconds)
    if delivery.failure == DeliveryFailure.DELIVERY_FAILURE_REFUSED:
        return NodeOutcome(
            member.uri, member.display_name, Outcome.REFUSED, NOTHING, _refusal(delivery.error_code), milliseconds
        )
    outcome, explanation = _FAILURES.get(
        delivery.failure, (Outcome.UNREACHABLE, "the coordinator reports a failure of a kind unknown here")
    )
    return NodeOutcome(member.uri, member.display_name, outcome, NOTHING, explanation, milliseconds)


def _read_reply(reply: bytes, awaited: Awaited, own: Decision, milliseconds: float) -> NodeOutcome:
    member = awaited.member
    try:
        content = open_reply(reply, awaited.reply_key, awaited.context, member.signing)
        answer = _within(decode_answer(content), own)
    except ProtocolError:
        explanation = "the node's answer does not verify or is not for this query; a match there is not excluded"
        return NodeOutcome(member.uri, member.display_name, Outcome.INVALID_REPLY, NOTHING, explanation, milliseconds)
    outcome, explanation = _outcome_of(answer) if own.level else (Outcome.LAPSED, _LAPSED_EXPLAINED)
    return NodeOutcome(member.uri, member.display_name, outcome, answer, explanation, milliseconds)


def _outcome_of(answer: Answer) -> tuple[Outcome, str]:
    if answer.level:
        return Outcome.HIT, ""
    if answer.refusal == "quota":
        return Outcome.QUOTA_USED, _QUOTA_EXPLAINED[answer.left is not None and answer.left.today == 0]
    if answer.refusal == "stopped":
        return Outcome.INCONCLUSIVE, _STOPPED_EXPLAINED
    if answer.conclusive:
        return Outcome.NOTHING, ""
    return Outcome.INCONCLUSIVE, _INCONCLUSIVE_EXPLAINED[answer.left is not None]


def _within(answer: Answer, own: Decision) -> Answer:
    """Cut an answer to what this side's agreement allows: the minimum of both sides counts."""
    if own.level == 0:
        return INCONCLUSIVE
    if answer.level <= own.level:
        return answer.model_copy(update={"candidates": answer.candidates[: own.maximum_candidates]})
    return Answer(level=own.level, conclusive=answer.conclusive, left=answer.left)


def _refusal(code: str) -> str:
    known = ErrorCode.__members__.get(code.upper())
    if known is None:
        return "the node refused the query"
    return f"{known.value.text}; {known.value.way_out}"
