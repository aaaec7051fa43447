"""Dates of birth as lists and people write them: every form becomes intervals, and what is ambiguous becomes several.

`read_listed_dates` takes "13 Jun 1968", "circa 1968", "between 1965 and 1968", "late 1960s", "1968 or 1969",
"00/06/1968", "a) 1956 b) 1957", month names of the languages below, and years of the Islamic and the Persian calendar.
It never guesses: ``05/06/1968`` is two days, ``1388`` without a calendar is a year of either, and a year of two digits
is one of this century too where a person may be born in it. Only where a form has one reading everywhere is it taken
so: with points the day stands first (``05.06.1968``), with the year first the month follows. Nothing is made more exact
than it was written, so a year never becomes its first of January.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import cache

from babel.dates import get_month_names

from matching.calendars import FIRST_YEAR, LAST_YEAR, first_of_islamic_month, first_of_persian_month
from matching.dates import EARLIEST_YEAR, LATEST_YEAR, NO_SUCH_DAY, DateFormatError, DateInterval, parse_date
from matching.normalise import fold

LONGEST_TEXT = 200
"""Characters of a written date that are read; a longer text is refused."""

MOST_DATES = 8
"""Intervals one text may give; a text that gives more is refused."""

LATEST_SHORT_YEAR = 30
"""A year of two digits up to this may lie in this century as well."""

LANGUAGES = ("en", "fr", "de", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "id", "ar", "fa")
"""Languages whose month names are read (CLDR through Babel); where two differ, the earlier one in this list."""

_APPROXIMATE = re.compile(
    r"\b(?:circa|ca|c|approx(?:imate(?:ly)?)?|about|abt|around|est(?:imated)?|possibly|probably|perhaps|vers|env(?:iron)?"
    r"|um|etwa|hacia)\b\.?|[~?≈]"
)
_LABEL = re.compile(r"\b(?:date of birth|year of birth|dob|yob|born(?: on| in)?|d\.o\.b\.?)\b:?")
_ALTERNATIVES = re.compile(r"\s*(?:;|\||\band/or\b|\bor\b|\bou\b|\boder\b|(?:^|\s|,)\(?[a-h]\))\s*")
_BETWEEN = re.compile(r"(?:between|from|entre|zwischen|btw)\s+(.+?)\s+(?:and|to|et|und|y|-)\s+(.+)")
_SPAN = re.compile(r"(.*?\d{3,4})\s*(?:-|to|until|/)\s*(.*\d{4}|\d{2})")
_OPEN = re.compile(r"(before|prior to|no later than|not after|after|since|no earlier than|not before)\s+(.+)")
_DECADE = re.compile(r"(early|mid|late)?[\s-]*(?:the )?(\d{3})0'?s")
_PART_OF_YEAR = re.compile(r"(?:early|mid|late|spring|summer|autumn|fall|winter)[\s-]+(?:in |of )?(\d{4})")
_PARTS_OF_DECADE = {"": (0, 9), "early": (0, 3), "mid": (4, 6), "late": (7, 9)}

_YEAR_FIRST = re.compile(r"(\d{4})[-./ ](\d{1,2})(?:[-./ ](\d{1,2}))?")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-./ ])\s*(\d{1,2})\s*[-./ ]\s*(\d{4}|\d{2})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-./ ](\d{4})")
_RUN_TOGETHER = re.compile(r"((?:18|19|20)\d{2})(\d{2})(\d{2})")
_YEAR = re.compile(r"\d{4}")

_PERSIAN = re.compile(r"\b(?:a\.?p\.?|s\.?h\.?|shamsi|solar|persian|jalali|khorshidi)(?:\b|$)|ش\b|شمسی|خورشیدی")
_ISLAMIC = re.compile(r"\b(?:a\.?h\.?|h|hijri|hijra|lunar|qamari)(?:\b|$)|هـ|ه\b|قمری|هجري")
_PLAIN_FORM = re.compile(r"\d{4}(?:-\d\d){0,2}(?:/\d{4}(?:-\d\d){0,2})?")
_SIGHTING = timedelta(days=2)

_EXPECTED = "expected YYYY, YYYY-MM, YYYY-MM-DD, or another of the forms that lists write dates in"

_Calendar = tuple[Callable[[int, int], date], bool]
_PERSIAN_CALENDAR: _Calendar = (first_of_persian_month, False)
_ISLAMIC_CALENDAR: _Calendar = (first_of_islamic_month, True)


def read_listed_dates(text: str) -> tuple[DateInterval, ...]:
    """Read a date in any form a list has: all intervals it may mean; raise `DateFormatError` for what is no date."""
    if len(text) > LONGEST_TEXT:
        raise DateFormatError("longer than a date is written")
    if not any(sign.isdigit() for sign in text):
        # No date is without a number; saying so first saves loading the names of months for "unknown".
        raise DateFormatError(_EXPECTED)
    with suppress(DateFormatError):
        return (parse_date(text),)
    written = _LABEL.sub(" ", _plain(text))
    try:
        return _read(written)
    except DateFormatError:
        raise DateFormatError(_why(_APPROXIMATE.sub(" ", written).strip(" .,:"))) from None


def _why(written: str) -> str:
    """Say what is wrong where it can be told: a day that is in no calendar, an interval that ends before it begins."""
    years = [year for year, _, _ in _numbers(written)]
    if any(EARLIEST_YEAR <= year <= LATEST_YEAR or FIRST_YEAR <= year <= LAST_YEAR for year in years):
        return NO_SUCH_DAY
    if _PLAIN_FORM.fullmatch(written):
        try:
            parse_date(written)
        except DateFormatError as error:
            return str(error)
    return _EXPECTED


def _read(written: str) -> tuple[DateInterval, ...]:
    doubted = _APPROXIMATE.match(written.strip()) is not None
    read: list[DateInterval] = []
    for alternative in _alternatives(written):
        read += _read_alternative(alternative, doubted)
    dates = tuple(dict.fromkeys(read))
    if not dates or len(dates) > MOST_DATES:
        raise DateFormatError(_EXPECTED)
    return dates


def _alternatives(text: str) -> Iterator[str]:
    """Split "1968 or 69" and "a) 1956 b) 1957"; a year cut to two digits takes its century from the one before."""
    century = ""
    for alternative in filter(None, _ALTERNATIVES.split(text)):
        short = re.fullmatch(r"'?(\d{2})", alternative)
        yield century + short[1] if short and century else alternative
        years = re.findall(r"\d{4}", alternative)
        century = years[-1][:2] if years else century


def _read_alternative(text: str, doubted: bool) -> tuple[DateInterval, ...]:
    approximate = doubted or _APPROXIMATE.search(text) is not None
    calendars = _calendars(text)
    without = re.sub(r"\([^()]*\)", " ", text)
    for kept in (without, text):
        bare = _PERSIAN.sub(" ", _ISLAMIC.sub(" ", _APPROXIMATE.sub(" ", kept)))
        bare = re.sub(r"\s+", " ", bare.replace("(", " ").replace(")", " ")).strip(" .,:")
        if read := tuple(_read_range(bare, calendars)):
            return tuple(DateInterval(one.earliest, one.latest, one.approximate or approximate) for one in read)
    raise DateFormatError(_EXPECTED)


def _read_range(text: str, calendars: tuple[_Calendar, ...]) -> Iterator[DateInterval]:
    points = tuple(_read_point(text, calendars))
    if points:
        yield from points
    elif spread := _DECADE.fullmatch(text):
        begin, end = _PARTS_OF_DECADE[spread[1] or ""]
        decade = int(spread[2]) * 10
        yield from _years(decade + begin, decade + end, bool(spread[1]))
    elif opened := _OPEN.fullmatch(text):
        yield from _open(opened[1], tuple(_read_point(opened[2], calendars)))
    elif ends := _BETWEEN.fullmatch(text) or _SPAN.fullmatch(text):
        end_text = ends[1].strip()[-4:-2] + ends[2] if re.fullmatch(r"\d{2}", ends[2]) else ends[2]
        first, last = tuple(_read_point(ends[1].strip(), calendars)), tuple(_read_point(end_text.strip(), calendars))
        if first and last and first[0].earliest <= last[-1].latest:
            doubted = any(point.approximate for point in first + last)
            yield DateInterval(min(p.earliest for p in first), max(p.latest for p in last), doubted)


def _open(word: str, points: tuple[DateInterval, ...]) -> Iterator[DateInterval]:
    """Give "before 1970" all days until then: it can only contradict."""
    for point in points:
        if word in ("before", "prior to", "no later than", "not after"):
            last = point.earliest - timedelta(days=1) if word in ("before", "prior to") else point.latest
            yield DateInterval(date(EARLIEST_YEAR, 1, 1), max(last, date(EARLIEST_YEAR, 1, 1)))
        else:
            first = point.latest + timedelta(days=1) if word == "after" else point.earliest
            yield DateInterval(min(first, date(LATEST_YEAR, 12, 31)), date(LATEST_YEAR, 12, 31))


def _read_point(text: str, calendars: tuple[_Calendar, ...]) -> Iterator[DateInterval]:
    for year, month, day in dict.fromkeys(_numbers(text)):
        if EARLIEST_YEAR <= year <= LATEST_YEAR:
            yield from _interval(year, month, day)
        elif FIRST_YEAR <= year <= LAST_YEAR:
            for calendar in calendars:
                yield from _interval_elsewhere(year, month, day, calendar)


def _numbers(text: str) -> Iterator[tuple[int, int, int]]:
    """Give every year, month and day a point in time may mean, 0 for what is not told."""
    if named := _with_month_name(text):
        yield from named
    elif matched := _RUN_TOGETHER.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        yield int(matched[1]), int(matched[2]), int(matched[3] or 0)
    elif matched := _YEAR_LAST.fullmatch(text):
        one, other = int(matched[1]), int(matched[3])
        for year in _full_years(matched[4]):
            yield year, other, one
            if matched[2] != "." and one and other and one != other:
                yield year, one, other
    elif matched := _MONTH_YEAR.fullmatch(text):
        yield int(matched[2]), int(matched[1]), 0
    elif _YEAR.fullmatch(text):
        yield int(text), 0, 0
    elif matched := _PART_OF_YEAR.fullmatch(text):
        yield int(matched[1]), 0, 0


def _with_month_name(text: str) -> list[tuple[int, int, int]]:
    words = re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=\d)(?:st|nd|rd|th|er|o|º)\b|\b(?:of|de|del|d)\b", " ", text))
    months = [month for word in words if (month := month_names().get(fold(word)))]
    numbers = [word for word in words if word.isdecimal()]
    if len(months) != 1 or len(numbers) not in (1, 2) or len(words) != 1 + len(numbers):
        return []
    *days, year = sorted(numbers, key=len) if len(numbers[0]) == 4 else numbers
    if len(year) not in (2, 4) or any(len(day) > 2 for day in days):
        return []
    if len(numbers) == 1 and len(year) == 2:
        # "13 Jun" has no year, "Jun 68" has no day: which it is cannot be told.
        return []
    return [(full, months[0], int(days[0]) if days else 0) for full in _full_years(year)]


def _full_years(year: str) -> tuple[int, ...]:
    if len(year) == 4:
        return (int(year),)
    short = int(year)
    return (1900 + short, 2000 + short) if short <= LATEST_SHORT_YEAR else (1900 + short,)


def _interval(year: int, month: int, day: int) -> Iterator[DateInterval]:
    """Let the import format say what is a day: noughts stand for what is not known."""
    text = f"{year:04}" + (f"-{month:02}" + (f"-{day:02}" if day else "") if month else "")
    try:
        yield parse_date(text)
    except DateFormatError:
        return


def _interval_elsewhere(year: int, month: int, day: int, calendar: _Calendar) -> Iterator[DateInterval]:
    begin, is_doubted = calendar
    if month > 12 or day > 31:
        return
    first = begin(year, month or 1)
    last = begin(year, month + 1) if month else begin(year + 1, 1)
    last -= timedelta(days=1)
    if day:
        first = last = min(first + timedelta(days=day - 1), last)
    if is_doubted:
        first, last = first - _SIGHTING, last + _SIGHTING
    if first.year >= EARLIEST_YEAR:
        yield DateInterval(first, last, is_doubted)


def _years(first: int, last: int, approximate: bool) -> Iterator[DateInterval]:
    if EARLIEST_YEAR <= first <= last <= LATEST_YEAR:
        yield DateInterval(date(first, 1, 1), date(last, 12, 31), approximate)


def _calendars(text: str) -> tuple[_Calendar, ...]:
    """Give the calendars an old year may be of: the one that is named, or both."""
    if _PERSIAN.search(text):
        return (_PERSIAN_CALENDAR,)
    return (_ISLAMIC_CALENDAR,) if _ISLAMIC.search(text) else (_PERSIAN_CALENDAR, _ISLAMIC_CALENDAR)


def _plain(text: str) -> str:
    """Give small letters, ASCII digits, one kind of dash and single blanks."""
    unified = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower()
    digits = "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else "-" if sign in "‐‑‒–—−" else sign for sign in unified
    )
    return re.sub(r"\s+", " ", re.sub(r"(?<=\d)\s*г(?:ода|од|\.)?$", "", digits.strip())).strip()


@cache
def month_names() -> dict[str, int]:
    """Give the month of each folded month name, of all languages; read once."""
    names: dict[str, int] = {"sept": 9}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in get_month_names(width, context, language).items():
                    names.setdefault(fold(name), month)
    return {name: month for name, month in names.items() if len(name) >= 3}
