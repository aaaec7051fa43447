"""What a description cannot mean: a birth that has not happened yet, and a country that no list knows.

It is readable, so no format refuses it, and it compares with nothing: it makes a query or a record weaker without a
word. Who asks is told and mends it first; a record of the agency's own list is kept all the same, and told of
(`node.records.doubtful`).

Sources for codes: `matching.countries`; ICAO Doc 9303 part 3, section 5, for those of passports that name no country.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from matching.countries import states, successors
from matching.dates import DateFormatError, DateInterval
from matching.listed_dates import read_listed_dates
from matching.subject import Subject

AHEAD = "lies in the future: correct the year, or leave the date out"
NO_SUCH_COUNTRY = "no list knows a country of that code: correct it, or leave it out"

_OF_NO_COUNTRY = frozenset(
    {"XXA", "XXB", "XXC", "XXX", "UNO", "UNA", "UNK", "XBA", "XCC", "XCE", "XCO", "XDC", "XEC", "XES", "XIM", "XMP"}
    | {"XOM", "XPO", "EU", "EUE"}
)
"""Passports of the stateless, of refugees and of organisations, and those that leave the nationality unspecified."""

_COUNTRIES = ("nationality", "address_countries")
SLIP_FIELDS = ("dob", *_COUNTRIES)
"""The fields of a row in which a slip can be."""

_WRITTEN_DAY = re.compile(r"(1[89]|20)\d\d(-\d\d){0,2}~?", re.ASCII)
"""A birth as `Subject.to_row` writes most; its year is of the common calendar."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A value that cannot be meant: the field, and what is wrong without the value."""

    field: str
    reason: str


def slips_of_row(row: Mapping[str, Any], today: date) -> Iterator[Slip]:
    """Give the slips of a row, one for each field; what is not readable at all is no slip."""
    if any(_lies_ahead(_read(text), today) for text in _texts(row, "dob")):
        yield Slip("dob", AHEAD)
    for field in _COUNTRIES:
        if not all(map(_is_known, _texts(row, field))):
            yield Slip(field, NO_SUCH_COUNTRY)


def may_slip(row: Mapping[str, Any], today: date) -> bool:
    """Say whether a row of `Subject.to_row` may have slips, without reading its dates: of a long list, few rows may."""
    births, this_year = _texts(row, "dob"), str(today.year)
    has_past = any(_WRITTEN_DAY.fullmatch(birth) and birth < this_year for birth in births)
    return (bool(births) and not has_past) or not all(
        _is_known(code) for field in _COUNTRIES for code in _texts(row, field)
    )


def slips_of_subject(subject: Subject, today: date) -> Iterator[Slip]:
    """Give the slips of a subject. Of several births, which may be readings of one date, all have to lie ahead."""
    if _lies_ahead(subject.births, today):
        yield Slip("dob", AHEAD)
    for field, codes in zip(_COUNTRIES, (subject.nationalities, subject.address_countries), strict=True):
        if not all(map(_is_known, codes)):
            yield Slip(field, NO_SUCH_COUNTRY)


def born_by(subject: Subject, today: date) -> Subject:
    """Give a subject without births that lie ahead: the other readings of an ambiguous date."""
    return replace(subject, births=tuple(birth for birth in subject.births if birth.earliest <= today))


def _read(text: str) -> tuple[DateInterval, ...]:
    try:
        return read_listed_dates(text)
    except DateFormatError:
        return ()


def _lies_ahead(births: Iterable[DateInterval], today: date) -> bool:
    readings = tuple(births)
    return bool(readings) and all(birth.earliest > today for birth in readings)


def _is_known(code: str) -> bool:
    countries = successors(code)
    return code.strip().upper() in _OF_NO_COUNTRY or (bool(countries) and countries <= states())


def _texts(row: Mapping[str, Any], field: str) -> list[str]:
    values = row.get(field, ())
    return [one for one in values if isinstance(one, str)] if isinstance(values, list | tuple) else []
