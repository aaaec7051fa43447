"""Names compared: the best pair of all names of both sides, part by part, with its reasons.

An alias of low quality, and a kunya such as *Abu Muhammad* whatever its quality, is shared by many people: equality of
it alone supports, and is held under `NameWeights.weak_at_most`. What a pair of names is worth decides
``matching.comparison.name_points``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from matching.comparison.evidence import Contribution
from matching.comparison.name_points import (
    BESIDE_RECORD,
    NAME_AT_MOST,
    NameWeights,
    PairOfNames,
    agreeing_points,
    explain,
    weigh,
)
from matching.comparison.name_reading import ComparedName
from matching.subject import NameKind

Pair = tuple[ComparedName, ComparedName]

MOST_NAMES = 32
"""Names of one side that are compared: primary names first, weak aliases last."""

MOST_ALIGNED = 12
"""Pairs of names that are aligned in full: those that share most by sound, ties in the order given."""

MOST_GLUED = 4
"""Pairs of a Chinese, Korean or Japanese name and a Latin one, or two of these scripts, that are compared besides."""

_TRUST: dict[NameKind, float] = {
    "primary": 1.0,
    "strong": 1.0,
    "original": 1.0,
    "variation": 0.95,
    "unknown": 0.9,
    "weak": 0.4,
}
_KINDS_BY_TRUST: tuple[NameKind, ...] = ("primary", "original", "strong", "variation", "unknown", "weak")


def most_trusted(names: Sequence[ComparedName]) -> tuple[ComparedName, ...]:
    """Leave out equal names and keep at most `MOST_NAMES`, most trusted first, in the order given."""
    if len(names) == 1:
        return tuple(names) if names[0].parts else ()
    distinct: dict[tuple[tuple[str, str, str, int | None], ...], ComparedName] = {}
    for name in sorted(names, key=lambda name: (name.is_weak, _KINDS_BY_TRUST.index(name.kind))):
        if name.parts:
            distinct.setdefault(tuple((part.text, part.written, part.role, part.descent) for part in name.parts), name)
    return tuple(distinct.values())[:MOST_NAMES]


@dataclass(frozen=True, slots=True)
class BestNames:
    """The best pair of trusted names and the best that has a weak alias in it; evidence, see `Evidence`."""

    trusted: PairOfNames | None = None
    weak: PairOfNames | None = None

    @property
    def points(self) -> float:
        """Give what the names are worth."""
        against = min(0.0, self.trusted.points) if self.trusted else 0.0
        if self._alias_speaks and self.weak is not None:
            return against + self.weak.points
        return self.trusted.points if self.trusted else 0.0

    def explain(self) -> tuple[Contribution, ...]:
        """Let the trusted pair speak; where it does not agree, a shared weak alias speaks beside it."""
        trusted = explain(self.trusted) if self.trusted else ()
        if not self._alias_speaks or self.weak is None:
            return trusted
        shared = f"{self.weak.query.written} and {self.weak.record.written}, as many people are called"
        alias = Contribution("shared alias", self.weak.points, shared, "close")
        return (*trusted, alias) if self.trusted and self.trusted.points < 0 else (alias,)

    @property
    def _alias_speaks(self) -> bool:
        if self.weak is None or self.weak.points <= 0:
            return False
        return self.trusted is None or self.trusted.points < min(0.0, self.trusted.points) + self.weak.points


def compare_names(
    query: Sequence[ComparedName], record: Sequence[ComparedName], weights: NameWeights = BESIDE_RECORD
) -> BestNames:
    """Compare all names with all and give the best pair; silent where one side has no readable name."""
    trusted: PairOfNames | None = None
    weak: PairOfNames | None = None
    for one, other in _promising(query, record):
        is_weak = (one.is_weak or other.is_weak) and weights.weak_at_most < NAME_AT_MOST
        best = weak if is_weak else trusted
        if best is not None and best.points >= _at_most(one, other, weights):
            continue
        compared = _compare(one, other, weights)
        if is_weak:
            weak = compared if weak is None or compared.points > weak.points else weak
        else:
            trusted = compared if trusted is None or compared.points > trusted.points else trusted
    return BestNames(trusted, weak)


def _promising(query: Sequence[ComparedName], record: Sequence[ComparedName]) -> list[Pair]:
    """Give the pairs of names worth aligning: those that share most by sound, and whole names against Latin ones."""
    if len(query) == len(record) == 1:
        return [(query[0], record[0])]
    heard = [(other, other.sounds) for other in record]
    sharing = [
        (_shared(sounds, theirs), (one, other))
        for one, sounds in [(one, one.sounds) for one in query]
        for other, theirs in heard
    ]
    sharing.sort(key=itemgetter(0), reverse=True)
    alike = [pair for share, pair in sharing[:MOST_ALIGNED] if share]
    glued = [pair for _, pair in sharing if _script_of_whole(pair[0]) != _script_of_whole(pair[1])][:MOST_GLUED]
    if glued:
        return list(dict.fromkeys([*alike, *glued]))
    return alike or sorted([pair for _, pair in sharing], key=_most_trusted_first)[:1]


def _script_of_whole(name: ComparedName) -> str:
    """Give the table by which a name that is one word is read first; empty for names of several words."""
    return name.whole[0][0] if name.whole else ""


def _most_trusted_first(pair: Pair) -> tuple[bool, list[str]]:
    """Order pairs that share nothing, of which one speaks: the same one in whatever order the names stand."""
    return any(name.is_weak for name in pair), sorted(name.written for name in pair)


def _shared(sounds: frozenset[str], others: frozenset[str]) -> float:
    """Give how much of their sounds two names have in common."""
    return len(sounds & others) / (len(sounds) + len(others) + 1)


def _compare(query: ComparedName, record: ComparedName, weights: NameWeights) -> PairOfNames:
    """Weigh two names, what agrees only as far as both are trusted."""
    pair = weigh(query, record, weights)
    if not (query.is_weak or record.is_weak) and _TRUST[query.kind] == _TRUST[record.kind] == 1.0:
        return pair
    agreeing = pair.agreeing
    if query.is_weak or record.is_weak:
        agreeing = min(agreeing, weights.weak_at_most)
    agreeing *= min(_TRUST[query.kind], _TRUST[record.kind])
    return replace(pair, points=max(weights.least, pair.points - pair.agreeing + agreeing), agreeing=agreeing)


def _at_most(query: ComparedName, record: ComparedName, weights: NameWeights) -> float:
    """Bound what two names can be worth, cheaper than weighing them: every part of the shorter one agreeing."""
    if query.whole or record.whole:
        return NAME_AT_MOST
    agreeing = agreeing_points(min(_bits(query), _bits(record)), weights)
    if query.is_weak or record.is_weak:
        agreeing = min(agreeing, weights.weak_at_most)
    return max(weights.least, weights.differs, agreeing * min(_TRUST[query.kind], _TRUST[record.kind]))


def _bits(name: ComparedName) -> float:
    return sum([max(part.bits, part.sound_bits) for part in name.parts])
