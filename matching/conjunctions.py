"""Minimal conjunctions: the fewest parts of a name, in the coarsest code, with the least around, that make the budget.

A conjunction is a set of parts of one name, one code family for all of them, and a circumstance. Conjunctions are
ordered by what they contain: more parts, a finer code, a fuller circumstance. Only the minimal ones that carry the
budget are given. Two subjects that share any conjunction of the budget share a minimal one, so nothing is lost by
leaving the others out; and the bits of a conjunction depend on its values alone, so both sides draw the same line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from matching.circumstances import Circumstance, Surroundings
from matching.frequency import code_bits
from matching.phonetics import CODE_FAMILIES

MOST_PARTS_TOGETHER = 4
"""Parts of a name in one conjunction."""

SAME_CULTURE_BITS = 2.0
"""Parts of one name come from one culture, so each part after the first tells less than it does alone."""


WITHOUT_CIRCUMSTANCE = 1
"""The bit of the empty circumstance; parts that hold there hold in every other, and so do more parts."""


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Codes of name parts in one family, sorted, with a circumstance; ``bits`` of the whole."""

    family: str
    codes: tuple[str, ...]
    circumstance: Circumstance
    bits: float

    @property
    def values(self) -> tuple[str, ...]:
        """Give the codes and, last, the circumstance."""
        return (*self.codes, self.circumstance.value)


def minimal_conjunctions(parts: Sequence[str], around: Surroundings, budget: float) -> Iterator[Conjunction]:
    """Give the minimal conjunctions of one name (its telling parts, in any order), small and coarse ones first."""
    ordered = sorted(set(parts))
    coded = [(family, [_coded(family, part) for part in ordered]) for family in CODE_FAMILIES]
    # For each set of parts (as bits of a number) and family, the circumstances in which it holds a conjunction given.
    held = dict.fromkeys(((0, family) for family in CODE_FAMILIES), 0)
    enough: list[int] = []
    for size in range(1, min(len(ordered), MOST_PARTS_TOGETHER) + 1):
        shared_bits = SAME_CULTURE_BITS * (size - 1)
        for places in combinations(range(len(ordered)), size):
            chosen = sum([1 << place for place in places])
            if any(chosen & alone == alone for alone in enough):
                continue
            smaller = [chosen ^ 1 << place for place in places]
            together = 0
            for family, codes_of_parts in coded:
                for fewer in smaller:
                    together |= held[fewer, family]
                name_bits = sum([codes_of_parts[place][1] for place in places]) - shared_bits
                codes = _codes(codes_of_parts, places) if name_bits + around.most_bits >= budget else ()
                if len(codes) == size:
                    for own, one, fewest, containing in around.choices:
                        if not together & own and name_bits + one.bits >= budget and size >= fewest:
                            yield Conjunction(family, codes, one, name_bits + one.bits)
                            together |= containing
                held[chosen, family] = together
                if together & WITHOUT_CIRCUMSTANCE:
                    enough.append(chosen)
                    break


def _codes(codes_of_parts: Sequence[tuple[str, float]], places: Sequence[int]) -> tuple[str, ...]:
    """Give the different codes of the parts, sorted."""
    return tuple(sorted({codes_of_parts[place][0] for place in places}))


@lru_cache(maxsize=1 << 16)
def _coded(family: str, part: str) -> tuple[str, float]:
    return CODE_FAMILIES[family](part), code_bits(family, part)
