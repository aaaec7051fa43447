"""Names compared: the best pair of all names of both sides, part by part, with its reasons.

Rare parts count more than common ones (bits from the public frequency table). What contradicts costs more than what
is left out. An alias of low quality, and a kunya such as *Abu Muhammad* whatever its quality, is shared by many
people: equality of it alone supports, and is held under `WEAK_AT_MOST`.

Parts of one name are not independent (brothers share all but one), so beyond `FULL_BITS` they count half and the
whole is held under `NAME_AT_MOST`; one contradicting part weighs as much as a rare one that agrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from matching.comparison.evidence import Contribution, judged
from matching.name_alignment import MOST_PARTS, Alignment, Answer, Likeness, Part, align
from matching.subject import NameKind

MOST_NAMES = 32
"""Names of one side that are compared: primary names first, weak aliases last."""

MOST_ALIGNED = 24
"""Pairs of names that are aligned in full: those that share most by sound, ties in the order given."""

FULL_BITS = 10.0
NAME_AT_MOST = 16.0
WEAK_AT_MOST = 4.0
CONTRADICTION = -6.0
OWN_NAME_CONTRADICTION = -8.0
FURTHER_CONTRADICTION = -3.0
OMISSION = -1.0
OMISSIONS_AT_MOST = -3.0
DISORDER = -1.5
NAME_DIFFERS = -8.0

FAMILY_NAME = "family name"
GIVEN_NAME = "given name"

_TRUST: dict[NameKind, float] = {
    "primary": 1.0,
    "strong": 1.0,
    "original": 1.0,
    "variation": 0.95,
    "unknown": 0.9,
    "weak": 0.4,
}
_KINDS_BY_TRUST: tuple[NameKind, ...] = ("primary", "original", "strong", "variation", "unknown", "weak")


@dataclass(frozen=True, slots=True)
class ComparedName:
    """A name ready for comparison: its parts, how far it is trusted, whether many people bear it as an alias."""

    written: str
    kind: NameKind
    parts: tuple[Part, ...]
    sounds: frozenset[str]
    is_weak: bool

    @property
    def own(self) -> int:
        """Give the place of the person's own name: the first part that is not known to be a family name."""
        return next((place for place, part in enumerate(self.parts) if part.role != FAMILY_NAME), 0)

    def is_numbered(self, places: Sequence[int]) -> bool:
        """Say whether one of the parts at these places is a number."""
        return any(self.parts[place].text.isdecimal() for place in places)

    @property
    def trust(self) -> float:
        """Give the share of agreeing points that this kind of name may carry, 0..1."""
        return _TRUST["weak"] if self.is_weak else _TRUST[self.kind]


@dataclass(frozen=True, slots=True)
class _Compared:
    """One pair of names with its points in all and those of its agreeing parts."""

    points: float
    query: ComparedName
    record: ComparedName
    alignment: Alignment
    gain: float


def most_trusted(names: Sequence[ComparedName]) -> tuple[ComparedName, ...]:
    """Leave out equal names and keep at most `MOST_NAMES`, most trusted first, in the order given."""
    distinct: dict[tuple[tuple[str, str, int | None], ...], ComparedName] = {}
    for name in sorted(names, key=lambda name: (name.is_weak, _KINDS_BY_TRUST.index(name.kind))):
        if name.parts:
            distinct.setdefault(tuple((part.text, part.role, part.descent) for part in name.parts), name)
    return tuple(distinct.values())[:MOST_NAMES]


def compare_names(query: Sequence[ComparedName], record: Sequence[ComparedName]) -> tuple[Contribution, ...]:
    """Compare all names with all and explain the best pair; silent where one side has no readable name."""
    trusted: _Compared | None = None
    weak: _Compared | None = None
    for one, other in _promising(query, record):
        compared = _compare(one, other)
        if one.is_weak or other.is_weak:
            weak = compared if weak is None or compared.points > weak.points else weak
        else:
            trusted = compared if trusted is None or compared.points > trusted.points else trusted
    return _explain(trusted, weak)


def _promising(
    query: Sequence[ComparedName], record: Sequence[ComparedName]
) -> list[tuple[ComparedName, ComparedName]]:
    pairs = list(product(query, record))
    if len(pairs) <= MOST_ALIGNED:
        return pairs
    return sorted(pairs, key=_unpromising)[:MOST_ALIGNED]


def _unpromising(pair: tuple[ComparedName, ComparedName]) -> float:
    one, other = pair
    return -len(one.sounds & other.sounds) / (len(one.sounds) + len(other.sounds) + 1)


def _compare(query: ComparedName, record: ComparedName) -> _Compared:
    alignment = align(query.parts, record.parts)
    gain = sum(answer.likeness.share * answer.bits for answer in alignment.answers)
    agreeing = min(NAME_AT_MOST, min(gain, FULL_BITS) + max(0.0, gain - FULL_BITS) / 2)
    agreeing *= min(query.trust, record.trust)
    if query.is_weak or record.is_weak:
        agreeing = min(agreeing, WEAK_AT_MOST)
    points = max(NAME_DIFFERS, agreeing + _loss(query, record, alignment)) if alignment.answers else NAME_DIFFERS
    return _Compared(points, query, record, alignment, agreeing)


def _loss(query: ComparedName, record: ComparedName, alignment: Alignment) -> float:
    contradictions = min(len(alignment.query_left), len(alignment.record_left))
    omissions = max(len(alignment.query_left), len(alignment.record_left)) - contradictions
    loss = max(OMISSIONS_AT_MOST, OMISSION * omissions)
    loss += sum(_contradiction(query, record, alignment, place) for place in range(contradictions))
    return loss if alignment.in_order else loss + DISORDER


def _contradiction(query: ComparedName, record: ComparedName, alignment: Alignment, place: int) -> float:
    """Weigh the left-over parts at one place: own names that differ are brothers', numbers that differ two ships'."""
    if place:
        return FURTHER_CONTRADICTION
    own_names_differ = query.own in alignment.query_left and record.own in alignment.record_left
    numbers_differ = query.is_numbered(alignment.query_left) and record.is_numbered(alignment.record_left)
    return OWN_NAME_CONTRADICTION if own_names_differ or numbers_differ else CONTRADICTION


def _explain(trusted: _Compared | None, weak: _Compared | None) -> tuple[Contribution, ...]:
    """Let the trusted pair speak; where it does not agree, a shared weak alias speaks beside it."""
    against = min(0.0, trusted.points) if trusted else 0.0
    supporting = max(0.0, weak.points) if weak else 0.0
    if weak is None or supporting == 0 or (trusted is not None and trusted.points >= against + supporting):
        return _explain_pair(trusted) if trusted else ()
    shared = f"{weak.query.written} and {weak.record.written}, as many people are called"
    alias = Contribution("shared alias", supporting, shared, "close")
    return (*_explain_pair(trusted), alias) if trusted and against < 0 else (alias,)


def _explain_pair(pair: _Compared) -> tuple[Contribution, ...]:
    alignment = pair.alignment
    if not alignment.answers or pair.points == NAME_DIFFERS:
        return (judged("name", NAME_DIFFERS, _sentence_of_difference(pair.query, pair.record)),)
    gain = sum(answer.likeness.share * answer.bits for answer in alignment.answers)
    scale = pair.gain / gain if gain else 0.0
    contributions = [_explain_answer(answer, pair, scale) for answer in alignment.answers]
    contributions += _explain_rest(pair)
    return tuple(contributions)


def _explain_answer(answer: Answer, pair: _Compared, scale: float) -> Contribution:
    ones = [pair.query.parts[place] for place in answer.query]
    others = [pair.record.parts[place] for place in answer.record]
    points = answer.likeness.share * answer.bits * scale
    exact = answer.likeness.share == 1.0
    feature = _role(ones[0], others[0])
    return Contribution(feature, points, _sentence(ones, others, answer.likeness), "agrees" if exact else "close")


def _explain_rest(pair: _Compared) -> list[Contribution]:
    query_left = [pair.query.parts[place] for place in pair.alignment.query_left]
    record_left = [pair.record.parts[place] for place in pair.alignment.record_left]
    contributions = []
    for place, (one, other) in enumerate(zip(query_left, record_left, strict=False)):
        points = _contradiction(pair.query, pair.record, pair.alignment, place)
        contributions.append(judged(_role(one, other), points, f"{_read(one)} against {_read(other)}"))
    omitted = query_left[len(record_left) :] or record_left[len(query_left) :]
    if omitted:
        points = max(OMISSIONS_AT_MOST, OMISSION * len(omitted))
        sentence = f"{', '.join(_read(part) for part in omitted)} on one side only"
        contributions.append(Contribution("further name parts", points, sentence, "missing"))
    if not pair.alignment.in_order:
        contributions.append(judged("order of names", DISORDER, "the same parts in another order"))
    return contributions


def _sentence_of_difference(query: ComparedName, record: ComparedName) -> str:
    sentence = f"{query.written} against {record.written}"
    if {part.text for part in query.parts} == {part.text for part in record.parts}:
        return f"{sentence}, the same parts with child and parent exchanged"
    return sentence


def _role(one: Part, other: Part) -> str:
    return one.role if one.role == other.role and one.role else one.role or other.role or "name part"


def _sentence(ones: Sequence[Part], others: Sequence[Part], likeness: Likeness) -> str:
    one, other = " ".join(map(_read, ones)), " ".join(map(_read, others))
    if one == other:
        return f"{one} on both sides"
    return f"{one} {likeness.words} {other}"


def _read(part: Part) -> str:
    return f"{part.written} (read as {part.text})" if part.written else part.text


def cut(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Keep at most `MOST_PARTS` parts: the first ones and the last."""
    return tuple(parts) if len(parts) <= MOST_PARTS else (*parts[: MOST_PARTS - 1], parts[-1])
