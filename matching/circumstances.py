"""What surrounds a name in a rule token: a birth date in whole or in part, a nationality, both, or nothing.

A `Circumstance` is one such combination with the bits it carries. Lists disagree on dates in a few typical ways, and
each is answered on one side only, so that it costs few tokens: an approximate date is widened by a year where it is
approximate, an interval of a few years is spelt out, and the asker also tries day and month the other way round, and
for a state that is gone the states of today that it left. A day or month alone is no circumstance: it says too little
and would be met by chance too often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matching.countries import canonical_countries, successors
from matching.dates import DateInterval
from matching.frequency import (
    DAY_BITS,
    FIRST_OF_JANUARY_BITS,
    MONTH_BITS,
    YEAR_BITS,
    nationality_bits,
)
from matching.subject import Subject

FEWEST_PARTS = {"YMD": 1, "Y": 1, "MD": 2, "": 1}
"""The dates that may stand in a circumstance, and with how many parts of a name at least."""

DATELESS_NATIONALITY_DISCOUNT = 3.0
"""Bits a nationality tells less where no date stands beside it: the names already tell the country."""

MOST_DATES = 6
MOST_NATIONALITIES = 4
MOST_YEARS = 6
"""Years of an interval that are spelt out; a longer one is no circumstance."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Year, month, day and nationality, empty where left out, and the bits of what is there; made by `circumstance`.

    ``label`` names the fields that are there (YMDN, Y, MDN, N and so on; empty for nothing), ``value`` holds them with
    separators, so that nothing reads two ways.
    """

    year: str
    month: str
    day: str
    nationality: str
    bits: float
    label: str
    value: str

    @property
    def fewest_parts(self) -> int:
        """Give how many parts of a name must stand with it."""
        return FEWEST_PARTS[self.label.removesuffix("N")]


def circumstance(
    year: str = "", month: str = "", day: str = "", nationality: str = "", bits: float = 0
) -> Circumstance:
    """Make a circumstance of its fields."""
    named = (("Y", year), ("M", month), ("D", day), ("N", nationality))
    label = "".join(letter for letter, value in named if value)
    return Circumstance(year, month, day, nationality, bits, label, "/".join((year, month, day, nationality)))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The circumstances of a subject, weakest first: own bit in a set, itself, fewest parts, those containing it."""

    choices: tuple[tuple[int, Circumstance, int, int], ...]
    most_bits: float


MONTHS = 12

NOTHING = circumstance()


def surroundings(subject: Subject, *, asking: bool) -> Surroundings:
    """Give all circumstances of a subject; `asking` adds what only the asking side tries."""
    births = sorted(set(subject.births), key=lambda birth: (birth.earliest, birth.latest, birth.approximate))[
        :MOST_DATES
    ]
    choices = {(c.year, c.month, c.day, c.nationality): c for c in _dates(births, asking=asking)}
    dated = tuple(choices.values())
    return _arrange(dated, _countries(subject, asking=asking))


def _countries(subject: Subject, *, asking: bool) -> tuple[str, ...]:
    """Give the nationalities; asking, those of today too that a state that is gone left, the commonest first."""
    written = canonical_countries(subject.nationalities)
    today = {now for code in written for now in successors(code)} if asking else set()
    likeliest = sorted(today.difference(written), key=lambda code: (nationality_bits(code), code))
    return (*written, *likeliest)[:MOST_NATIONALITIES]


def _arrange(dated: tuple[Circumstance, ...], countries: tuple[str, ...]) -> Surroundings:
    plain = (NOTHING, *dated)
    everything = [*plain, *(_with_nationality(one, country) for country in countries for one in plain)]
    everything.sort(key=lambda one: (len(one.label), one.bits, one.value))
    choices = tuple(
        (
            1 << place,
            one,
            one.fewest_parts,
            sum(1 << above for above, other in enumerate(everything) if _contains(other, one)),
        )
        for place, one in enumerate(everything)
    )
    return Surroundings(choices, max(one.bits for one in everything))


def _with_nationality(one: Circumstance, country: str) -> Circumstance:
    bits = nationality_bits(country) - (0.0 if one.bits else DATELESS_NATIONALITY_DISCOUNT)
    return circumstance(one.year, one.month, one.day, country, one.bits + max(0.0, bits))


def _contains(whole: Circumstance, part: Circumstance) -> bool:
    return (
        part.year in ("", whole.year)
        and part.month in ("", whole.month)
        and part.day in ("", whole.day)
        and part.nationality in ("", whole.nationality)
    )


def _dates(births: Sequence[DateInterval], *, asking: bool) -> Iterator[Circumstance]:
    for birth in births:
        yield from _years(birth)
        if birth.day and birth.month:
            yield from _exact(birth.earliest.year, birth.month, birth.day, asking=asking)


def _years(birth: DateInterval) -> Iterator[Circumstance]:
    margin = 1 if birth.approximate else 0
    first, last = birth.earliest.year - margin, birth.latest.year + margin
    if last - first < MOST_YEARS:
        for year in range(first, last + 1):
            yield circumstance(str(year), bits=YEAR_BITS)


def _exact(year: int, month: int, day: int, *, asking: bool) -> Iterator[Circumstance]:
    yield from _day(str(year), f"{month:02}", f"{day:02}")
    if asking and day <= MONTHS and day != month:
        yield from _day(str(year), f"{day:02}", f"{month:02}")


def _day(year: str, month: str, day: str) -> Iterator[Circumstance]:
    bits = FIRST_OF_JANUARY_BITS if month == day == "01" else MONTH_BITS + DAY_BITS
    yield circumstance("", month, day, bits=bits)
    yield circumstance(year, month, day, bits=YEAR_BITS + bits)
