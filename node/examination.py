"""What a holder makes of a lockbox that has opened: is the query honest, whom does it match, what may be told.

A pure decision over bytes, records and agreements, in this order; the first failure ends it with *nothing*:

1. The payload reads as a subject.
2. Every entry that opened stands for a rule token that the payload itself yields. Otherwise the asker has put tokens of
   one person beside the data of another and is fishing.
3. Each record that opened is compared in full; those in no band fall away.
4. The agreement decides the level of the best, and how many candidates are told.

What it does not do: look anything up, write the log, seal the answer (`node.responding`).
"""

from __future__ import annotations

import json
import secrets
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agreements.agreement import Agreement
from agreements.decision import AskContext, Decision, MatchFacts, decide
from matching.comparison.reading import read_subject
from matching.features import Feature, query_features, record_features
from matching.scoring import Comparison, compare
from matching.subject import Subject, SubjectFormatError, parse_subject
from node.answers import MAX_LEVEL, NOTHING, Answer, Candidate
from node.extent import check_extent

MAX_COMPARED = 8
"""Records examined for one query, those that most of its entries opened: the work has to fit a tick of the clock."""

_REFERENCE_BYTES = 10


class FishingError(ValueError):
    """The payload does not yield what opened, or is no subject. Outside this reads as nothing."""


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record whose token opened the lockbox: as enrolled, as it stands now, and which feature at which budget."""

    record_id: str
    enrolled: Subject
    current: Subject
    ordinal: int
    budget: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that matches: its comparison, the rule that opened it, and the reference told to the asker."""

    record_id: str
    rule: str
    bits: float
    comparison: Comparison
    reference: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome: what to answer, what the agreement decided, the hits behind it (best first), how many opened."""

    answer: Answer
    decision: Decision
    hits: tuple[Hit, ...]
    opened: int


def examine(
    payload: bytes,
    opened: Sequence[OpenedRecord],
    context: AskContext,
    agreement: Agreement,
    contact: str,
) -> Finding:
    """Judge an opened lockbox; raise `FishingError` where steps 1 or 2 fail. All else is the holder's."""
    query = read_payload(payload)
    rules = _honest_rules(query, opened, agreement.bit_budget)
    hits = _matches(query, opened, rules)
    # Each hit is decided on its own: a namesake who opened beside the person asked for is told of only if he himself
    # reaches the agreement's threshold.
    decisions = [decide((agreement,), context, MatchFacts(hit.comparison.score, hit.bits)) for hit in hits]
    decision = max(decisions, key=lambda one: one.level, default=decide((agreement,), context, None))
    told = [hit for hit, own in zip(hits, decisions, strict=True) if own.level == decision.level > 0]
    records = len({record.record_id for record in opened})
    return Finding(_answer(decision, told, contact), decision, hits, records)


def write_payload(subject: Subject) -> bytes:
    """Give the comparison data of a query as it travels in the lockbox, and nothing else."""
    return json.dumps(subject.to_row(), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def read_payload(payload: bytes) -> Subject:
    """Read comparison data; raise `FishingError` when it is none."""
    try:
        row = json.loads(payload)
        if not isinstance(row, Mapping):
            raise FishingError("the payload is no row")
        subject = parse_subject(row)
        check_extent(subject)
    except (ValueError, RecursionError, SubjectFormatError):
        # Without "from": the original error would quote the payload.
        raise FishingError("the payload is no subject") from None
    return subject


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    bits: float


def _honest_rules(query: Subject, opened: Sequence[OpenedRecord], query_budget: float) -> dict[str, _Rule]:
    """Give the strongest rule that opened each record, having checked that the payload yields every one of them."""
    yielded = {feature.canonical() for feature in query_features(query, query_budget)}
    rules: dict[str, _Rule] = {}
    derived: dict[tuple[str, float], tuple[Feature, ...]] = {}  # one record is opened by several of its features
    for record in opened:
        derivation = record.record_id, record.budget
        if derivation not in derived:
            derived[derivation] = record_features(record.enrolled, record.budget)
        features = derived[derivation]
        if record.ordinal >= len(features) or features[record.ordinal].canonical() not in yielded:
            raise FishingError("the payload does not yield the rule that opened")
        feature = features[record.ordinal]
        if record.record_id not in rules or feature.bits > rules[record.record_id].bits:
            rules[record.record_id] = _Rule(feature.rule, feature.bits)
    return rules


def _matches(query: Subject, opened: Sequence[OpenedRecord], rules: Mapping[str, _Rule]) -> tuple[Hit, ...]:
    records = {record.record_id: record.current for record in opened}
    strongest_first = sorted(records, key=lambda record_id: (-rules[record_id].bits, record_id))
    reading = read_subject(query)
    hits = []
    for record_id in strongest_first[:MAX_COMPARED]:
        comparison = compare(reading, records[record_id])
        if comparison.band is not None:
            rule = rules[record_id]
            hits.append(Hit(record_id, rule.name, rule.bits, comparison, _new_reference()))
    return tuple(sorted(hits, key=lambda hit: (-hit.comparison.score, hit.record_id)))


def _answer(decision: Decision, hits: Sequence[Hit], contact: str) -> Answer:
    level = min(decision.level, MAX_LEVEL)
    if not hits:
        return NOTHING
    if level < MAX_LEVEL:
        return Answer(level=level)
    told = tuple(_candidate(hit, level) for hit in hits[: decision.maximum_candidates])
    return Answer(level=level, candidates=told, contact=contact)


def _candidate(hit: Hit, level: int) -> Candidate:
    disclosure = hit.comparison.at_level(level)
    return Candidate(reference=hit.reference, band=disclosure.band or "possible", reasons=disclosure.explanation)


def _new_reference() -> str:
    """Draw a reference that means nothing to anybody but the holder, whose log links it to the record."""
    return b32encode(secrets.token_bytes(_REFERENCE_BYTES)).decode()
