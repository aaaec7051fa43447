"""How well a draft identifies somebody: the bits of its best conjunction, and what one more fact would add.

A query can be put at a budget exactly where its best conjunction carries it: `best_bits` of a subject is at least B if
and only if `matching.features.query_features` gives something at B. Nothing here reads a list; all bits are those of
the public tables (`matching.frequency`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from matching.circumstances import Surroundings, surroundings
from matching.conjunctions import MOST_PARTS_TOGETHER, SAME_CULTURE_BITS
from matching.dates import DateInterval
from matching.features import different_names, number_features
from matching.frequency import NUMBER_BITS, code_bits
from matching.phonetics import CODE_FAMILIES
from matching.subject import Subject

AdditionKind = Literal["birth_date", "birth_year", "nationality", "name_part", "document"]

TYPICAL_PART_BITS = 9.0
"""A further part of a name as it is imagined: one that one person in five hundred bears."""

_TYPICAL_NATIONALITY = "SY"  # one in twenty of those whom agencies ask about
_TYPICAL_DAY = DateInterval(date(1979, 8, 17), date(1979, 8, 17))
_TYPICAL_YEAR = DateInterval(date(1979, 1, 1), date(1979, 12, 31))

LEAST_GAIN = 0.5
"""Bits under which a fact is not worth asking for."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A fact that the draft does not have, and the bits it would add, about."""

    kind: AdditionKind
    bits: float


def best_bits(subject: Subject) -> float:
    """Give the bits of the best conjunction; 0 where there is none."""
    return _best(subject, ())


def additions(subject: Subject) -> tuple[Addition, ...]:
    """Give what would help, most first."""
    now = best_bits(subject)
    gains = (Addition(kind, bits - now) for kind, bits in _imagined(subject))
    helping = [one for one in gains if one.bits >= LEAST_GAIN]
    return tuple(sorted(helping, key=lambda one: (-one.bits, one.kind)))


def _imagined(subject: Subject) -> Iterator[tuple[AdditionKind, float]]:
    yield "birth_date", _best(replace(subject, births=(*subject.births[:1], _TYPICAL_DAY)), ())
    if not subject.births:
        yield "birth_year", _best(replace(subject, births=(_TYPICAL_YEAR,)), ())
    if not subject.nationalities:
        yield "nationality", _best(replace(subject, nationalities=(_TYPICAL_NATIONALITY,)), ())
    yield "name_part", _best(subject, (TYPICAL_PART_BITS,))
    yield "document", max(NUMBER_BITS, best_bits(subject))


def _best(subject: Subject, further: Sequence[float]) -> float:
    """Give the bits of the best conjunction where each name had further parts of these bits."""
    around = surroundings(subject, asking=True)
    names = different_names(subject) or [()]
    of_names = (_best_of_name(parts, further, around) for parts in names)
    return max(*of_names, *(feature.bits for feature in number_features(subject)), 0.0)


def _best_of_name(parts: Sequence[str], further: Sequence[float], around: Surroundings) -> float:
    most = 0.0
    for family, code in CODE_FAMILIES.items():
        alone = {code(part): code_bits(family, part) for part in parts}
        bits = sorted([*alone.values(), *further], reverse=True)[:MOST_PARTS_TOGETHER]
        for size in range(1, len(bits) + 1):
            beside = max(one.bits for _, one, fewest, _ in around.choices if size >= fewest)
            most = max(most, sum(bits[:size]) - SAME_CULTURE_BITS * (size - 1) + beside)
    return most
