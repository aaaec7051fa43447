"""Dates as lists write them: every form is read, what is ambiguous stays ambiguous, nothing is made more exact."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.calendars import first_of_islamic_month, first_of_persian_month
from matching.dates import DateFormatError
from matching.listed_dates import MOST_DATES, read_listed_dates

FORMS = {
    "1968-06-13": "1968-06-13",
    "1968~": "1968~",
    "13 Jun 1968": "1968-06-13",
    "13-Jun-1968": "1968-06-13",
    "June 13, 1968": "1968-06-13",
    "13th of June 1968": "1968-06-13",
    "13 juin 1968": "1968-06-13",
    "13 de junio de 1968": "1968-06-13",
    "13 июня 1968 г.": "1968-06-13",
    "١٣ يونيو ١٩٦٨": "1968-06-13",
    "19680613": "1968-06-13",
    "1968/06/13": "1968-06-13",
    "13.06.1968": "1968-06-13",
    "DOB: 13 Jun 1968": "1968-06-13",
    "Jun 1968": "1968-06",
    "06/1968": "1968-06",
    "00/06/1968": "1968-06",
    "1968-06-00": "1968-06",
    "00/00/1968": "1968",
    "summer 1968": "1968",
    "circa 1968": "1968~",
    "c. 1968": "1968~",
    "approximately 13 Jun 1968": "1968-06-13~",
    "1968 (approximately)": "1968~",
    "1968?": "1968~",
    "between 1965 and 1968": "1965/1968",
    "Between Jan 1965 and Mar 1966": "1965-01-01/1966-03-31",
    "1965-1968": "1965/1968",
    "1965–68": "1965/1968",
    "from 1965 to 1968": "1965/1968",
    "circa 1965-1968": "1965/1968~",
    "1960s": "1960/1969",
    "late 1960s": "1967/1969~",
    "mid-1960s": "1964/1966~",
    "before 1970": "1850/1969",
    "no later than 1970": "1850/1970",
    "after 1960": "1961/2100",
    "1881": "1881",
}


@pytest.mark.parametrize(("text", "written"), FORMS.items())
def test_every_form_of_the_lists_is_read(text: str, written: str) -> None:
    assert [one.written() for one in read_listed_dates(text)] == [written]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("05/06/1968", ["1968-06-05", "1968-05-06"]),
        ("05-06-1968", ["1968-06-05", "1968-05-06"]),
        ("05/05/1968", ["1968-05-05"]),
        ("13/06/1968", ["1968-06-13"]),
        ("06/13/1968", ["1968-06-13"]),
        ("05.06.1968", ["1968-06-05"]),
        ("1968 or 1969", ["1968", "1969"]),
        ("1968 or 69", ["1968", "1969"]),
        ("Approximately 1968 or 1969", ["1968~", "1969~"]),
        ("a) 1956 b) 1957", ["1956", "1957"]),
        ("(a) 1 Jan. 1956 (b) 3 Feb. 1957", ["1956-01-01", "1957-02-03"]),
        ("1965-1968; 1971", ["1965/1968", "1971"]),
        ("13 Jun 68", ["1968-06-13"]),
        ("13 Jun 05", ["1905-06-13", "2005-06-13"]),
    ],
)
def test_what_may_be_several_dates_is_several(text: str, written: list[str]) -> None:
    assert [one.written() for one in read_listed_dates(text)] == written


def test_a_year_of_another_calendar_is_one_of_ours_in_part() -> None:
    (persian,), (islamic,) = read_listed_dates("1358 SH"), read_listed_dates("1399 AH")
    assert persian.written() == "1979-03-21/1980-03-20"
    assert islamic.approximate
    assert islamic.earliest <= date(1978, 12, 2) <= islamic.latest
    assert set(read_listed_dates("1388")) == {*read_listed_dates("1388 SH"), *read_listed_dates("1388 AH")}
    assert read_listed_dates("1358/07/15 SH")[0].written() == "1979-10-07"


@pytest.mark.parametrize(("year", "day"), [(1300, (1921, 3, 21)), (1375, (1996, 3, 20)), (1404, (2025, 3, 21))])
def test_the_persian_year_begins_at_the_equinox(year: int, day: tuple[int, int, int]) -> None:
    assert first_of_persian_month(year, 1) == date(*day)
    assert first_of_persian_month(year - 1, 13) == date(*day)


@pytest.mark.parametrize(("year", "day"), [(1400, (1979, 11, 21)), (1445, (2023, 7, 19))])
def test_the_islamic_year_begins_within_a_day_or_two_of_the_sighting(year: int, day: tuple[int, int, int]) -> None:
    assert abs((first_of_islamic_month(year, 1) - date(*day)).days) <= 2


@pytest.mark.parametrize(
    "text", ["", "unknown", "13 Jun", "Jun 68", "30 Feb 1968", "31/04/1968", "12", "968", "1970 to 1965", "0000"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(DateFormatError):
        read_listed_dates(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1968-02-30", "no such day"),
        ("31/04/1968", "no such day"),
        ("30 Feb 1968", "no such day"),
        ("1990-01-01/1980-01-01", "lies before its beginning"),
        ("1700-01-01", "the year lies outside"),
        ("1700", "the year lies outside"),
        ("1388-13-01", "no such day"),
        ("DOB ~1968-02-30", "no such day"),
        ("\u0661\u0669\u0666\u0668-\u0660\u0662-\u0663\u0660", "no such day"),
        ("\u0661\u0669\u0669\u0660/\u0661\u0669\u0668\u0660", "lies before its beginning"),
        ("13 Jun", "another of the forms"),
        ("in spring", "another of the forms"),
    ],
)
def test_what_is_wrong_with_a_date_is_said_where_it_can_be_told(text: str, why: str) -> None:
    with pytest.raises(DateFormatError, match=why):
        read_listed_dates(text)


def test_a_refusal_never_repeats_the_text() -> None:
    with pytest.raises(DateFormatError) as caught:
        read_listed_dates("Testmann, 30 Feb 1968")
    assert "Testmann" not in str(caught.value)
    assert caught.value.__context__ is None or "Testmann" not in str(caught.value.__context__)


WORDS = st.sampled_from(
    [*" ".join(FORMS).split(), "or", "and", "(", ")", ";", "~", "/", "-", "a)", "1388", "31", "2", "ah"]
)


@given(st.text(max_size=250) | st.lists(WORDS, max_size=12).map(" ".join))
def test_any_text_is_read_or_refused_with_the_one_error(text: str) -> None:
    try:
        read = read_listed_dates(text)
    except DateFormatError:
        return
    assert 0 < len(read) <= MOST_DATES
    assert all(one.earliest <= one.latest for one in read)


@pytest.mark.parametrize("text", ["1 " * 100, "between " * 25, "(" * 200, "1968-" * 40, "c" * 200, "1 or " * 40])
def test_the_work_on_hostile_text_is_bounded(text: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(DateFormatError):
        read_listed_dates(text)
    assert time.perf_counter() - begun < 0.5
