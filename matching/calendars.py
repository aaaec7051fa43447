"""Years of the Islamic and the Persian calendar as days of ours, as exactly as a list's date deserves.

The Islamic calendar is the tabular one (Reingold and Dershowitz, *Calendrical Calculations*, chapter 7): months
that were begun by sighting the moon differ from it by a day or two, so what is read from it is approximate. The Persian
calendar is reckoned with 33-year cycles (chapter 15, the arithmetic calendar's short form), exact for the years of
anybody alive. Of the libraries, one carries an LGPL dependency and the others give days only, not intervals.
"""

from __future__ import annotations

from datetime import date

FIRST_YEAR, LAST_YEAR = 1200, 1500
"""Years of either calendar that can be somebody's birth year; outside, the formulas are not meant."""

MONTHS = 12

_ISLAMIC_EPOCH = date(622, 7, 19).toordinal()
_PERSIAN_EPOCH = date(622, 3, 21).toordinal()
_PERSIAN_LEAP_YEARS = (1, 5, 9, 13, 17, 22, 26, 30)
"""Leap years within a cycle of 33, by the remainder of the year."""


def first_of_islamic_month(year: int, month: int) -> date:
    """Give the day a month of the tabular Islamic calendar begins; month 13 is the next year's first."""
    if month > MONTHS:
        return first_of_islamic_month(year + 1, 1)
    days = 354 * (year - 1) + (11 * year + 3) // 30 + 29 * (month - 1) + month // 2
    return date.fromordinal(_ISLAMIC_EPOCH + days)


def first_of_persian_month(year: int, month: int) -> date:
    """Give the day a month of the Persian calendar begins; month 13 is the next year's first."""
    if month > MONTHS:
        return first_of_persian_month(year + 1, 1)
    days = (month - 1) * 31 if month <= 7 else 186 + (month - 7) * 30
    cycles, rest = divmod(year - 1, 33)
    leap_days = 8 * cycles + sum(1 for leap in _PERSIAN_LEAP_YEARS if leap <= rest)
    return date.fromordinal(_PERSIAN_EPOCH + 365 * (year - 1) + leap_days + days)
