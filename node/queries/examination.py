"""What a holder makes of a lockbox that has opened: is the query honest, whom does it match, what may be told.

A pure decision over bytes, records and agreements, in this order; the first failure ends it with *nothing*:

1. The payload reads as a subject and can be compared; whatever goes wrong with it alone is the asker's doing.
2. Every entry that opened stands for a rule token that the payload itself yields. Otherwise the asker has put tokens of
   one person beside the data of another and is fishing. A record of which nothing may be told only falls away then:
   whoever fishes for it beside an honest query must not see that query fail.
3. Each record that opened is compared in full; those in no band fall away.
4. Each match is decided on its own, by the agreement and the record's own rules. Those of the highest level are told,
   at most as many as the agreement says; those of which only this agency may know are set apart.

A record of which nothing may be told changes nothing of what is said of others: it takes no place from them, neither
among the records compared nor among those told, and a fault that only its comparison meets is not told either.

What it does not do: look anything up, write the log, seal the answer (`node.queries.responding`).
"""

from __future__ import annotations

import json
import logging
import secrets
from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeVar

from agreements.agreement import Agreement
from agreements.codes import HandlingCode
from agreements.decision import Decision, decide, refused
from agreements.facts import Asked, MatchFacts, QuotaUse, RecordRules
from agreements.inputs import Considered, input_of, write_inputs
from agreements.standing import AgreementSet
from matching.comparison.reading import ComparedSubject, read_subject
from matching.features import Feature, query_features, record_features
from matching.scoring import Comparison, compare
from matching.subject import Subject, SubjectFormatError, parse_subject
from node.queries.answers import MAX_LEVEL, NOTHING, Answer, Candidate
from node.queries.extent import check_extent
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

Key = TypeVar("Key")

MAX_COMPARED = 8
"""Records compared of each kind (of which something may be told, of which only we may know, of which nothing may be
told), those that most entries opened: the work has to fit a tick of the clock."""

_CERTAIN = MatchFacts(score=1.0, bits=64.0)  # as many bits as an agreement may ask for at most

_REFERENCE_BYTES = 10


class FishingError(ValueError):
    """The payload does not yield what opened, or is no subject. Outside this reads as nothing."""


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record whose token opened the lockbox: as enrolled, as it stands now, and which feature at which budget.

    ``rules`` are the holder's own on it at the moment of the decision.
    """

    record_id: str
    enrolled: Subject
    current: Subject
    rules: RecordRules
    ordinal: int
    budget: float


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is decided from: the agreements as they stand, the one asked under, the facts stated, the quota used."""

    agreements: AgreementSet
    agreement: Agreement
    asked: Asked
    quota: QuotaUse

    def decide(self, rules: RecordRules, match: MatchFacts) -> Decision:
        """Decide on one record."""
        return decide(self.agreements, self.asked, rules, match, quota=self.quota)

    def text(self, hits: Sequence[Hit]) -> str:
        """Give what was decided from of these hits, for the log."""
        considered = tuple(Considered(hit.record_rules, MatchFacts(hit.comparison.score, hit.bits)) for hit in hits)
        standing = self.agreements.find(self.asked.agreement_hash)
        made_from = input_of("holder", standing, self.asked, considered=considered, quota=self.quota)
        return write_inputs([(made_from, self.agreement)])


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that matches: its comparison, the rule that opened it, the reference for the asker, what is decided."""

    record_id: str
    rule: str
    bits: float
    comparison: Comparison
    reference: str
    decision: Decision
    subject: Subject
    record_rules: RecordRules

    @property
    def would_be_level(self) -> int:
        """Give the level decided, or for a silent hit the one at which it would have been told."""
        caps = (level for clause, level in self.decision.caps if clause != "discreet_hits")
        return min(caps) if self.decision.silent else self.decision.level


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome: what to answer, what was decided of the best hit, all hits (best first), how many records opened.

    ``told`` are the hits behind the answer, ``silent`` those of which only this agency's officers may know.
    ``made_from`` is what all was decided from, for the log.
    """

    answer: Answer
    decision: Decision
    hits: tuple[Hit, ...]
    opened: int
    told: tuple[Hit, ...] = ()
    silent: tuple[Hit, ...] = ()
    fishing: bool = False
    made_from: str = field(default="", repr=False)


def to_compare(rules: Mapping[Key, RecordRules], grounds: Grounds) -> list[Key]:
    """Choose among the records that opened, those of most entries first, by their rules: `MAX_COMPARED` of each kind.

    Of rules that are one object the decision is made once: a list may have one person a hundred times.
    """
    kinds: dict[int, _Kind] = {}
    taken: Counter[_Kind] = Counter()
    chosen = []
    for key, one in rules.items():
        if id(one) not in kinds:
            kinds[id(one)] = _kind_of(one, grounds)
        kind = kinds[id(one)]
        taken[kind] += 1
        if taken[kind] <= MAX_COMPARED:
            chosen.append(key)
    return chosen


def may_be_told(rules: RecordRules, grounds: Grounds) -> bool:
    """Say whether something might be told to this asker of a record with these rules, were the match perfect."""
    return _kind_of(rules, grounds)[0]


def examine(
    payload: bytes,
    opened: Sequence[OpenedRecord],
    grounds: Grounds,
    contact: str,
    records: int,
    repeat: Callable[[str, Subject], str] = lambda _, __: "",
) -> Finding:
    """Judge an opened lockbox; raise `FishingError` where steps 1 or 2 fail. All else is the holder's.

    ``opened`` has what `to_compare` chose of the ``records`` that opened, those of most entries first. ``repeat`` gives
    the tag by which the asker knows a record's hit again (`node.queries.repeats`).
    """
    query, yielded = _read_whole(payload, grounds.agreement.answer.bit_budget)
    open_ones, closed_ones = _compared(opened, grounds)
    rules = {record_id: _honest_rule(ones, yielded) for record_id, ones in open_ones.items()}
    if None in rules.values():
        raise FishingError("the payload does not yield the rule that opened")
    closed = {record_id: _honest_rule(ones, yielded) for record_id, ones in closed_ones.items()}
    fishing = None in closed.values()
    matches = [*_matches(query, open_ones, rules, grounds), *_matches(query, closed_ones, closed, grounds, _in_silence)]
    hits = tuple(sorted(matches, key=lambda hit: (-hit.comparison.score, hit.record_id)))
    best = max((hit.decision for hit in hits), key=lambda one: one.level, default=refused("match"))
    # A namesake who opened beside the person asked for is told of only if he himself reaches the level.
    told = tuple(hit for hit in hits if hit.decision.level == best.level > 0)
    silent = tuple(hit for hit in hits if hit.decision.silent)
    told = told[: best.maximum_candidates] if best.level == MAX_LEVEL else told
    answer = _answer(best.level, told, contact, grounds.agreement.handling.code, repeat)
    return Finding(answer, best, hits, records, told, silent, fishing, grounds.text(hits))


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


def _read_whole(payload: bytes, budget: float) -> tuple[ComparedSubject, Set[bytes]]:
    """Give what is compared and the features that the payload yields; raise `FishingError` for whatever goes wrong.

    Nothing here is a record's, so a fault is the asker's doing; told as one, it would tell that an entry opened.
    """
    query = read_payload(payload)
    try:
        return read_subject(query), {feature.canonical() for feature in query_features(query, budget)}
    except Exception as error:  # noqa: BLE001  # whatever it is, it must read as where nothing opened
        logger.error("a payload cannot be compared: %s at %s", type(error).__name__, innermost_place(error))
        raise FishingError("the payload cannot be compared") from None


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    bits: float


_ById = dict[str, list[OpenedRecord]]

_Kind = tuple[bool, bool]
"""Whether something may be told of a record, and whether only this agency may know of it."""


def _kind_of(rules: RecordRules, grounds: Grounds) -> _Kind:
    most = grounds.decide(rules, _CERTAIN)
    return most.level > 0, most.silent


def _compared(opened: Sequence[OpenedRecord], grounds: Grounds) -> tuple[_ById, _ById]:
    """Give the openings by record: of those of which something may be told, and of the others.

    Of each kind at most `MAX_COMPARED` records are given, the first; those of which only this agency may know are a
    kind of their own, so that none takes the place of another kind.
    """
    kinds: dict[_Kind, _ById] = {}
    for record in opened:
        records = kinds.setdefault(_kind_of(record.rules, grounds), {})
        if record.record_id in records or len(records) < MAX_COMPARED:
            records.setdefault(record.record_id, []).append(record)
    nobody: _ById = {}
    return kinds.get((True, False), nobody), kinds.get((False, True), nobody) | kinds.get((False, False), nobody)


def _honest_rule(openings: Sequence[OpenedRecord], yielded: Set[bytes]) -> _Rule | None:
    """Give the strongest rule that opened a record, or None where the payload does not yield all that did."""
    strongest: _Rule | None = None
    derived: dict[float, tuple[Feature, ...]] = {}  # one record is opened by several of its features
    for one in openings:
        if one.budget not in derived:
            derived[one.budget] = record_features(one.enrolled, one.budget)
        features = derived[one.budget]
        if one.ordinal >= len(features) or features[one.ordinal].canonical() not in yielded:
            return None
        feature = features[one.ordinal]
        if strongest is None or feature.bits > strongest.bits:
            strongest = _Rule(feature.rule, feature.bits)
    return strongest


def _in_full(query: ComparedSubject, record: Subject) -> Comparison | None:
    return compare(query, record)


def _in_silence(query: ComparedSubject, record: Subject) -> Comparison | None:
    """Compare with a record of which nothing may be told; where that fails, it is as if it did not match."""
    try:
        return compare(query, record)
    except Exception as error:  # noqa: BLE001  # whatever it is, it must not tell that the record is there
        logger.error("a comparison failed: %s at %s", type(error).__name__, innermost_place(error))
        return None


def _matches(
    query: ComparedSubject,
    records: _ById,
    rules: Mapping[str, _Rule | None],
    grounds: Grounds,
    comparing: Callable[[ComparedSubject, Subject], Comparison | None] = _in_full,
) -> Iterator[Hit]:
    for record_id, (record, *_) in records.items():
        rule = rules[record_id]
        comparison = comparing(query, record.current) if rule is not None else None
        if rule is not None and comparison is not None and comparison.band is not None:
            decision = grounds.decide(record.rules, MatchFacts(comparison.score, rule.bits))
            named = (record_id, rule.name, rule.bits, comparison, _new_reference())
            yield Hit(*named, decision, record.current, record.rules)


def _answer(
    level: int, told: Sequence[Hit], contact: str, agreed: HandlingCode, repeat: Callable[[str, Subject], str]
) -> Answer:
    if not told:
        return NOTHING
    if level < MAX_LEVEL:
        return Answer(level=level)
    candidates = tuple(_candidate(hit, level, agreed, repeat(hit.record_id, hit.subject)) for hit in told)
    return Answer(level=level, candidates=candidates, contact=contact)


def _candidate(hit: Hit, level: int, agreed: HandlingCode, repeat: str) -> Candidate:
    disclosure = hit.comparison.at_level(level)
    band, conditions = disclosure.band or "possible", hit.decision.conditions
    code = conditions.code if conditions is not None and conditions.code != agreed else ""  # conditions only add up
    return Candidate(reference=hit.reference, band=band, reasons=disclosure.explanation, code=code, repeat=repeat)


def _new_reference() -> str:
    """Draw a reference that means nothing to anybody but the holder, whose log links it to the record."""
    return b32encode(secrets.token_bytes(_REFERENCE_BYTES)).decode()
