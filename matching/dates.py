"""Dates as official lists give them: intervals, never a silent 1 January.

A date of birth is known to the day, the month or the year, lies between two years, or is approximate. Every
form becomes a closed interval of days with a flag for *approximate*; the comparison and the rule tokens decide
what an interval is worth. The written forms are those of the import format (``docs/reference/records.md``):
``1968-06-13``, ``1968-06``, ``1968``, ``1965/1968`` (between, either side of any precision), each with an
optional ``~`` at the end for *approximate*.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

EARLIEST_YEAR = 1850
LATEST_YEAR = 2100

_POINT = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


NO_SUCH_DAY = "no such day in the calendar"
_EXPECTED = "expected YYYY, YYYY-MM or YYYY-MM-DD, two of them with '/', '~' for approximate"


class DateFormatError(ValueError):
    """The text is not one of the written forms. The message never repeats the text: it may be a person's."""


@dataclass(frozen=True, slots=True)
class DateInterval:
    """A closed interval of days, ``earliest`` to ``latest``; ``approximate`` when the source itself doubts it."""

    earliest: date
    latest: date
    approximate: bool = False

    @property
    def year(self) -> int | None:
        """Give the year when the interval lies within one."""
        return self.earliest.year if self.earliest.year == self.latest.year else None

    @property
    def month(self) -> int | None:
        """Give the month when the interval lies within one month of one year."""
        same = (self.earliest.year, self.earliest.month) == (self.latest.year, self.latest.month)
        return self.earliest.month if same else None

    @property
    def day(self) -> int | None:
        """Give the day of the month when the interval is a single day."""
        return self.earliest.day if self.earliest == self.latest else None

    def written(self) -> str:
        """Give the shortest written form; `parse_date` of it gives an equal interval."""
        first, last = self.earliest, self.latest
        if first == last:
            text = first.isoformat()
        elif (first.month, first.day) == (1, 1) and (last.month, last.day) == (12, 31):
            text = f"{first.year:04}" if first.year == last.year else f"{first.year:04}/{last.year:04}"
        elif self.month and first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]:
            text = f"{first.year:04}-{first.month:02}"
        else:
            text = f"{first.isoformat()}/{last.isoformat()}"
        return text + ("~" if self.approximate else "")

    def overlaps(self, other: DateInterval) -> bool:
        """Say whether some day lies in both intervals."""
        return self.earliest <= other.latest and other.earliest <= self.latest


def parse_date(text: str) -> DateInterval:
    """Read one written form; raise `DateFormatError` with the reason otherwise."""
    stripped = text.strip()
    approximate = stripped.endswith("~")
    earliest_text, between, latest_text = stripped.removesuffix("~").partition("/")
    earliest, latest = _parse_point(earliest_text)
    if between:
        latest = _parse_point(latest_text)[1]
    if latest < earliest:
        raise DateFormatError("the end of the interval lies before its beginning")
    return DateInterval(earliest, latest, approximate)


def _parse_point(text: str) -> tuple[date, date]:
    matched = _POINT.fullmatch(text.strip())
    if matched is None:
        raise DateFormatError(_EXPECTED)
    year, month, day = int(matched[1]), matched[2], matched[3]
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise DateFormatError(f"the year lies outside {EARLIEST_YEAR}-{LATEST_YEAR}")
    try:
        first = date(year, int(month or 1), int(day or 1))
    except ValueError:
        raise DateFormatError(NO_SUCH_DAY) from None
    if day:
        return first, first
    if month:
        return first, date(year, first.month, calendar.monthrange(year, first.month)[1])
    return first, date(year, 12, 31)
