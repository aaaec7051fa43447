"""Dates as intervals: every written form is read, nothing is made more exact than it was."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.dates import EARLIEST_YEAR, LATEST_YEAR, DateFormatError, DateInterval, parse_date

DAYS = st.dates(date(EARLIEST_YEAR, 1, 1), date(LATEST_YEAR, 12, 31))
INTERVALS = st.builds(
    lambda one, other, approximate: DateInterval(min(one, other), max(one, other), approximate),
    DAYS,
    DAYS,
    st.booleans(),
)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "approximate"),
    [
        ("1968-06-13", date(1968, 6, 13), date(1968, 6, 13), False),
        ("1968-06", date(1968, 6, 1), date(1968, 6, 30), False),
        ("1968-02", date(1968, 2, 1), date(1968, 2, 29), False),
        ("1968", date(1968, 1, 1), date(1968, 12, 31), False),
        ("1965/1968", date(1965, 1, 1), date(1968, 12, 31), False),
        ("1965-03/1968-02", date(1965, 3, 1), date(1968, 2, 29), False),
        (" 1968 ~", date(1968, 1, 1), date(1968, 12, 31), True),
        ("1968-06-13~", date(1968, 6, 13), date(1968, 6, 13), True),
    ],
)
def test_every_written_form_is_read(text: str, earliest: date, latest: date, approximate: bool) -> None:
    assert parse_date(text) == DateInterval(earliest, latest, approximate)


@pytest.mark.parametrize(
    "text", ["", "~", "13.06.1968", "68", "1968-13", "1968-02-30", "1968-6-1", "1849", "2101", "1970/1965"]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(DateFormatError):
        parse_date(text)


@pytest.mark.parametrize("text", ["17/12/1971", "1971-12-99", "31 December 1971"])
def test_a_refusal_never_repeats_the_date(text: str) -> None:
    with pytest.raises(DateFormatError) as caught:
        parse_date(text)
    assert text not in str(caught.value)


def test_a_year_is_never_made_a_first_of_january() -> None:
    year = parse_date("1968")
    assert (year.year, year.month, year.day) == (1968, None, None)
    assert (parse_date("1968-01-01").month, parse_date("1968-01-01").day) == (1, 1)
    assert (parse_date("1968-01").month, parse_date("1968-01").day) == (1, None)
    assert parse_date("1965/1968").year is None


@given(INTERVALS)
def test_what_is_written_reads_back_the_same(interval: DateInterval) -> None:
    assert parse_date(interval.written()) == interval


@given(INTERVALS, INTERVALS)
def test_overlap_is_symmetric_and_means_a_day_in_common(one: DateInterval, other: DateInterval) -> None:
    in_common = max(one.earliest, other.earliest) <= min(one.latest, other.latest)
    assert one.overlaps(other) == other.overlaps(one) == in_common


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_the_one_error(text: str) -> None:
    try:
        parse_date(text)
    except DateFormatError as error:
        assert len(text.strip()) < 6 or text.strip() not in str(error)  # noqa: PT017
