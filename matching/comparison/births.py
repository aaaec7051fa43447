"""Dates of birth compared as intervals: the same day, a day and month swapped, a year off, an overlap, a gap.

Subjects may have several dates; the pair of dates that says most for a match speaks, so a further date never hurts.
A date on 1 January is often a year that some clerk completed, hence worth little more than its year. The weights
come from the frequency of each relation among true and false pairs of the development lists, tempered because those
pairs were partly found by their dates. Measured there, logarithms of likelihood ratios: the same day 12.6, the same
1 January 8.5, the same year and month 2.0 (none on invented duplicates, hence less), the same year and day 0.6, the
same year 1.5, its negatives being chosen alike; a year apart −3 to −8, more −4 to −9 (−2 to −5 on invented duplicates,
where a date is replaced more often than in a list).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from rapidfuzz.distance import OSA

from matching.comparison.evidence import Contribution, Outcome
from matching.dates import DateInterval

MOST_DATES = 8
"""Dates of one side that are compared; the rest of a longer list is left out, first come first served."""

SAME_DAY = 12.5
SAME_FIRST_OF_JANUARY = 6.0
DAY_AND_MONTH_SWAPPED = 6.0
YEAR_OFF_BY_ONE = 3.0
YEAR_OFF_BY_A_DIGIT = 1.5
SAME_DAY_OTHER_YEAR = -2.0
DAY_OFF_BY_A_DIGIT = 3.5
SAME_YEAR_AND_MONTH = 1.5
SAME_YEAR_AND_DAY = 1.0
SAME_YEAR_OTHER_DAY = -2.0

_LIFESPAN_DAYS = 60 * 365.25
_OVERLAP_SHARE = 0.55
_APPROXIMATE_SHARE = 0.7
_GAP_OF_VAGUE_DATES = ((1, -0.4), (2, -2.0), (5, -4.5), (10, -6.5))
_GAP_OF_EXACT_DATES = ((1, -4.0), (2, -5.0), (5, -6.0), (10, -6.5))
_WIDEST_GAP = -7.0

_Verdict = tuple[float, Outcome, str]


def compare_births(query: Sequence[DateInterval], record: Sequence[DateInterval]) -> tuple[Contribution, ...]:
    """Compare every date with every date and let the best pair speak; silent where one side has none."""
    pairs = product(query[:MOST_DATES], record[:MOST_DATES])
    verdicts = [(compare_dates(one, other), one, other) for one, other in pairs]
    if not verdicts:
        return ()
    (points, outcome, how), one, other = max(verdicts, key=lambda verdict: verdict[0][0])
    written = one.written() if one == other else f"{one.written()} and {other.written()}"
    return (Contribution("birth date", points, f"{written}, {how}", outcome),)


def compare_dates(one: DateInterval, other: DateInterval) -> _Verdict:
    """Give points, outcome and the reason in words; symmetric."""
    points, outcome, how = _compare_written(one, other)
    if one.approximate or other.approximate:
        return points * _APPROXIMATE_SHARE, "close" if outcome == "agrees" else outcome, f"{how} (approximate)"
    return points, outcome, how


def _compare_written(one: DateInterval, other: DateInterval) -> _Verdict:
    if one.day and other.day:
        return _compare_days(one, other)
    if one.overlaps(other):
        return _compare_overlap(one, other)
    return _compare_gap(one, other, _GAP_OF_VAGUE_DATES)


def _compare_days(one: DateInterval, other: DateInterval) -> _Verdict:
    first, second = one.earliest, other.earliest
    if first == second:
        if _is_first_of_january(one):
            return SAME_FIRST_OF_JANUARY, "agrees", "the same, though 1 January often stands for the year only"
        return SAME_DAY, "agrees", "the same day"
    vague = _is_first_of_january(one) or _is_first_of_january(other)
    if first.year == second.year:
        return _compare_days_of_one_year(one, other, vague)
    if (first.month, first.day) == (second.month, second.day) and not vague:
        return _compare_years_of_one_day(first.year, second.year)
    return _compare_gap(one, other, _GAP_OF_VAGUE_DATES if vague else _GAP_OF_EXACT_DATES)


def _compare_years_of_one_day(one: int, other: int) -> _Verdict:
    if abs(one - other) == 1:
        return YEAR_OFF_BY_ONE, "close", "day and month agree, birth year differs by one"
    if _is_slip(f"{one}", f"{other}"):
        return YEAR_OFF_BY_A_DIGIT, "close", "day and month agree, one digit of the year does not"
    return SAME_DAY_OTHER_YEAR, "differs", f"day and month agree, birth year differs by {abs(one - other)}"


def _compare_days_of_one_year(one: DateInterval, other: DateInterval, vague: bool) -> _Verdict:
    first, second = one.earliest, other.earliest
    if vague:
        return SAME_YEAR_AND_DAY, "close", "the same year, one of them on 1 January"
    if (first.month, first.day) == (second.day, second.month):
        return DAY_AND_MONTH_SWAPPED, "close", "day and month swapped"
    if first.month == second.month and _is_slip(f"{first.day:02}", f"{second.day:02}"):
        return DAY_OFF_BY_A_DIGIT, "close", "the same year and month, one digit of the day differs"
    if first.month == second.month:
        return SAME_YEAR_AND_MONTH, "close", "the same year and month, another day"
    if first.day == second.day:
        return SAME_YEAR_AND_DAY, "close", "the same year and day, another month"
    return SAME_YEAR_OTHER_DAY, "differs", "the same year, another day and month"


def _compare_overlap(one: DateInterval, other: DateInterval) -> _Verdict:
    widest = max((interval.latest - interval.earliest).days + 1 for interval in (one, other))
    points = max(0.0, _OVERLAP_SHARE * math.log2(_LIFESPAN_DAYS / widest))
    if widest <= 31:
        return points, "agrees", "the same month"
    if widest <= 366:
        return points, "agrees", "the same year"
    return points, "close", f"they overlap within {round(widest / 365.25)} years"


def _compare_gap(one: DateInterval, other: DateInterval, gaps: Sequence[tuple[int, float]]) -> _Verdict:
    earlier, later = sorted((one, other), key=lambda interval: interval.earliest)
    years = max(1, later.earliest.year - earlier.latest.year)
    points = next((points for most, points in gaps if years <= most), _WIDEST_GAP)
    return points, "differs", "birth year differs by one" if years == 1 else f"birth year differs by {years}"


def _is_slip(one: str, other: str) -> bool:
    """Say whether one digit was hit wrongly, or two neighbours were exchanged."""
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _is_first_of_january(interval: DateInterval) -> bool:
    return (interval.earliest.month, interval.earliest.day) == (1, 1)
