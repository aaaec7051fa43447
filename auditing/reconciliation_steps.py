"""The steps of one case as the two logs have them: who sent what, who took it, and which belongs to which.

Each kind of message has its events on either side (`node.cases`). Steps of a kind are paired in their order; where the
sides have different numbers of them, so that the fewest stay alone, those that say the same and lie nearest in time
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agreements.sentences import Code, Sentence, joined, said
from auditing.reconciliation_claims import Claim
from auditing.reconciliation_logs import Clocks
from auditing.reconciliation_mail import Sending
from auditing.reconciliation_outcome import word_of

Side = Literal["asker", "holder"]

_MOST_PAIRED = 200_000
"""Pairings of one kind in one case that are weighed; beyond that steps are paired as they come."""

_WITHOUT_RECEIPT = frozenset({"recalled", "offered_anew"})
"""Causes of an erasure that no receipt of its own tells the holder of."""


@dataclass(frozen=True, slots=True)
class Step:
    """One side of a message: its kind, whether it was sent, what is compared of it.

    ``may_be_alone`` is one that does not always send a message.
    """

    kind: str
    claim: Claim
    is_sent: bool
    facts: Mapping[str, Any] = field(default_factory=dict)
    may_be_alone: bool = False


_FROM_ASKER = {
    "acknowledgement": said("the acknowledgement of the conditions"),
    "clarification_answer": said("an answer to a question about the request"),
    "consent_request": said("a request for leave"),
    "correction_receipt": said("the receipt for a correction"),
    "deletion_receipt": said("the receipt for an erasure"),
    "dispute": said("a dispute"),
    "feedback": said("feedback"),
    "recall_receipt": said("the receipt for a recall"),
    "request": said("a request"),
}
_FROM_HOLDER = {
    "clarification": said("a question about the request"),
    "consent_answer": said("the answer to a request for leave"),
    "content": said("released content"),
    "correction": said("a correction"),
    "decline": said("a refusal"),
    "dispute_settled": said("the settlement of a dispute"),
    "offer": said("an offer"),
    "recall": said("a recall"),
    "state_notice": said("word of where the request stands"),
}

_SENT: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "request_sent": (("request", ("emergency", "urgent")),),
    "conditions_acknowledged": (("acknowledgement", ("digest",)),),
    "feedback_sent": (("feedback", ("use",)),),
    "dispute_sent": (("dispute", ()),),
    "consent_asked": (("consent_request", ("wanted", "number")),),
    "clarification_answered": (("clarification_answer", ("about", "number")),),
    "recall_received": (("recall_receipt", ()),),
    "release_offered": (("offer", ("digest", "fields")),),
    "content_sent": (("content", ("digest",)),),
    "correction_sent": (("correction", ("digest", "number")),),
    "recall_sent": (("recall", ()),),
    "dispute_settled": (("dispute_settled", ()),),
    "consent_decided": (("consent_answer", ("wanted", "given", "number")),),
    "clarification_asked": (("clarification", ("about", "number")),),
}
"""The message that an event sends, and what of it the other side's event says too."""

_TAKEN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "request_received": ("request", ("emergency", "urgent")),
    "request_refused": ("request", ()),
    "acknowledgement_received": ("acknowledgement", ("digest",)),
    "feedback_received": ("feedback", ("use",)),
    "deletion_confirmed": ("deletion_receipt", ("cause",)),
    "recall_confirmed": ("recall_receipt", ()),
    "correction_confirmed": ("correction_receipt", ("number",)),
    "dispute_received": ("dispute", ()),
    "consent_requested": ("consent_request", ("wanted", "number")),
    "clarification_read": ("clarification_answer", ("about", "number")),
    "offer_received": ("offer", ("digest", "fields")),
    "content_received": ("content", ("digest",)),
    "correction_received": ("correction", ("digest", "number")),
    "decline_received": ("decline", ("over_quota",)),
    "state_received": ("state_notice", ("state",)),
    "recall_received": ("recall", ()),
    "settlement_received": ("dispute_settled", ()),
    "consent_received": ("consent_answer", ("wanted", "given", "number")),
    "clarification_received": ("clarification", ("about", "number")),
}

_STATES = {
    "request_received": "requested",
    "request_resumed": "requested",
    "release_reopened": "requested",
    "request_with_judge": "with_judge",
    "request_overdue": "overdue",
}
"""Events of the holder that tell the asker where the request stands."""


def side_of(claim: Claim) -> Side | None:
    """Give which side of its case wrote an entry, where its event says so."""
    kind = str(claim.facts.get("kind", ""))
    if kind in _FROM_HOLDER or claim.event in _ASKERS:
        return "asker"
    return "holder" if kind in _FROM_ASKER or claim.event in _HOLDERS else None


_ASKERS = {event for event, (kind, _) in _TAKEN.items() if kind in _FROM_HOLDER} | {
    event for event, ((kind, _),) in _SENT.items() if kind in _FROM_ASKER
}
_ASKERS |= {"hit_confirmed", "hit_rejected", "hit_returned", "clearing_taken_back", "content_deleted", "content_read"}
_ASKERS |= {"outcome_seen"}
_HOLDERS = {event for event, (kind, _) in _TAKEN.items() if kind in _FROM_ASKER} | set(_STATES)
_HOLDERS |= {event for event, ((kind, _),) in _SENT.items() if kind in _FROM_HOLDER}
_HOLDERS |= {"approval_given", "match_confirmed", "content_withheld", "request_declined", "consent_approved"}


def steps_of(claims: Sequence[Claim]) -> Iterator[Step]:
    """Give what one side's entries of a case sent and took, in their order."""
    for place, claim in enumerate(claims):
        follower = claims[place + 1] if place + 1 < len(claims) else None
        if claim.event in _TAKEN:
            kind, compared = _TAKEN[claim.event]
            yield Step(kind, claim, False, _compared(claim, compared))
        for kind, compared in _SENT.get(claim.event, ()):
            yield Step(kind, claim, True, _compared(claim, compared))
        special = _SPECIAL.get(claim.event)
        if special is not None:
            yield from special(claim, follower)


def _states(claim: Claim, _: Claim | None) -> Iterator[Step]:
    yield Step("state_notice", claim, True, {"state": _STATES[claim.event]})


def _declined(claim: Claim, _: Claim | None) -> Iterator[Step]:
    yield Step("decline", claim, True, {"over_quota": claim.facts.get("reason") == "over_quota"})


def _deleted(claim: Claim, _: Claim | None) -> Iterator[Step]:
    if claim.facts.get("cause") not in _WITHOUT_RECEIPT:
        yield Step("deletion_receipt", claim, True, _compared(claim, ("cause",)))


def _corrected(claim: Claim, follower: Claim | None) -> Iterator[Step]:
    """A correction that the own side does not allow is erased at once, and the receipt for that is sent alone."""
    erased = follower is not None and (follower.number, follower.event) == (claim.number + 1, "content_deleted")
    yield Step("correction_receipt", claim, True, _compared(claim, ("number",)), may_be_alone=erased)


def _ignored(claim: Claim, _: Claim | None) -> Iterator[Step]:
    kind = str(claim.facts.get("kind", ""))
    if kind in _FROM_ASKER or kind in _FROM_HOLDER:
        yield Step(kind, claim, False)
    for answer in _ANSWERED.get(kind, ()):
        yield Step(answer, claim, True, may_be_alone=True)


_ANSWERED = {
    "acknowledgement": ("decline",),
    "content": ("deletion_receipt",),
    "correction": ("deletion_receipt", "correction_receipt"),
    "recall": ("recall_receipt",),
}
"""What may be answered to a message that is ignored."""

_SPECIAL: Mapping[str, Callable[[Claim, Claim | None], Iterator[Step]]] = {
    **dict.fromkeys(_STATES, _states),
    "request_declined": _declined,
    "request_refused": _declined,
    "content_deleted": _deleted,
    "correction_received": _corrected,
    "case_message_ignored": _ignored,
}


def sendings(asker: Sequence[Step], holder: Sequence[Step], logs: tuple[int, int], clocks: Clocks) -> Iterator[Sending]:
    """Pair the steps of both sides; ``logs`` are the asker's and the holder's."""
    for kinds, senders, takers, (sender, taker) in (
        (_FROM_ASKER, asker, holder, logs),
        (_FROM_HOLDER, holder, asker, (logs[1], logs[0])),
    ):
        for kind, about in kinds.items():
            sent = [one for one in senders if one.kind == kind and one.is_sent]
            taken = [one for one in takers if one.kind == kind and not one.is_sent]
            for first, second in _paired(sent, taken, clocks.offset(sender, taker) or 0.0):
                if second is None and first is not None and first.may_be_alone:
                    continue
                yield Sending(
                    "case",
                    kind.replace("_", " "),
                    about,
                    sender,
                    taker,
                    first.claim if first else None,
                    second.claim if second else None,
                    _unlike(first, second),
                    _answered(first, senders),
                )


_ANSWERS: Mapping[str, frozenset[str]] = {
    "content": frozenset({"deletion_receipt", "feedback", "dispute", "consent_request"}),
    "correction": frozenset({"correction_receipt"}),
    "offer": frozenset({"acknowledgement"}),
    "recall": frozenset({"recall_receipt"}),
    "request": frozenset({"decline", "offer", "state_notice"}),
    "acknowledgement": frozenset({"content"}),
}
"""The messages that nobody sends before another has come."""


def _answered(sent: Step | None, own: Sequence[Step]) -> float | None:
    """Give when the sender had the first answer to what it sent."""
    if sent is None:
        return None
    answers = _ANSWERS.get(sent.kind, frozenset())
    later = (one.claim for one in own if not one.is_sent and one.kind in answers)
    return next((one.time for one in later if one.number > sent.claim.number), None)


def _compared(claim: Claim, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: claim.facts[name] for name in names if name in claim.facts}


def _unlike(one: Step | None, other: Step | None) -> Sentence | None:
    """Say what two sides of a message say differently, of what both say."""
    if one is None or other is None:
        return None
    names = [name for name in one.facts if name in other.facts and one.facts[name] != other.facts[name]]
    fields, kept = one.claim.facts.get("fields") or (), other.claim.facts.get("fields") or ()
    if one.kind in ("content", "correction") and not set(kept) <= set(fields):
        names.append("fields")
    return joined(_worded(name, one, other) for name in names) if names else None


def _worded(name: str, one: Step, other: Step) -> Sentence:
    first, second = one.facts.get(name), other.facts.get(name)
    if name == "digest":
        return said("another digest")
    if name == "fields":
        return said("other fields")
    named = said("what leave is asked for") if name == "wanted" else Code(name)
    return said(
        "%(name)s %(sent)s sent, %(received)s received", name=named, sent=word_of(first), received=word_of(second)
    )


def _paired(sent: Sequence[Step], taken: Sequence[Step], offset: float) -> Iterator[tuple[Step | None, Step | None]]:
    """Pair two sequences in their order at the least cost: one alone costs 1, a pair what it is unlike."""
    if len(sent) == len(taken) == 1 or len(sent) * len(taken) > _MOST_PAIRED:
        shorter = min(len(sent), len(taken))
        yield from zip(sent, taken, strict=False)
        yield from ((one, None) for one in sent[shorter:])
        yield from ((None, one) for one in taken[shorter:])
        return
    best = [[0.0] * (len(taken) + 1) for _ in range(len(sent) + 1)]
    for row in range(len(sent), -1, -1):
        for column in range(len(taken), -1, -1):
            best[row][column] = min(_ways(sent, taken, row, column, best, offset), default=0.0)
    row = column = 0
    while row < len(sent) or column < len(taken):
        ways = _ways(sent, taken, row, column, best, offset)
        down, right = _MOVES[ways.index(min(ways))]
        yield (sent[row] if down else None), (taken[column] if right else None)
        row, column = row + down, column + right


_MOVES = ((1, 1), (1, 0), (0, 1))


def _ways(
    sent: Sequence[Step], taken: Sequence[Step], row: int, column: int, best: list[list[float]], offset: float
) -> list[float]:
    """Give what is the least that each move costs, up to the end; of none that cannot be made."""
    more, others = row < len(sent), column < len(taken)
    if not (more or others):
        return []
    never = float("inf")
    pair = _cost(sent[row], taken[column], offset) + best[row + 1][column + 1] if more and others else never
    alone = 0.6 if more and sent[row].may_be_alone else 1.0
    return [pair, alone + best[row + 1][column] if more else never, 1 + best[row][column + 1] if others else never]


def _cost(one: Step, other: Step, offset: float) -> float:
    """Weigh a pair: unlike ones less than two alone, far apart in time a little, taken before it was sent more."""
    seconds = other.claim.time - one.claim.time - offset
    apart = 0.4 * abs(seconds) / (abs(seconds) + 3600)
    return (1.4 if _unlike(one, other) is not None else 0.0) + apart + (0.15 if seconds < -1 else 0.0)
