"""Places compared: what is shared supports, a country is weak, an address counts by what agrees in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.comparison.places import (
    ADDRESS_AT_MOST,
    ADDRESS_WITHOUT_NUMBER_AT_MOST,
    OTHER_ADDRESS,
    OTHER_ADDRESS_OF_ONE_TOWN,
    Place,
    compare_addresses,
    compare_birth_places,
    read_places,
)
from matching.normalise import fold


def _places(*texts: str) -> tuple[Place, ...]:
    return read_places(map(fold, texts))


def _born(one: str, other: str) -> float:
    return sum(line.points for line in compare_birth_places(_places(one), _places(other)))


def _lives(one: str, other: str) -> float:
    return sum(line.points for line in compare_addresses(_places(one), _places(other)))


def test_a_birth_place_is_worth_what_it_shares() -> None:
    descending = [
        _born("Damascus, Syria", "Damascus, Syrian Arab Republic"),
        _born("Damascus", "Damascus, Syria"),
        _born("Damascus, Syria", "Syria"),
        0.0,
        _born("Damascus, Syria", "Aleppo, Syria"),
        _born("Damascus", "Ebenfurth"),
        _born("Damascus, Syria", "Ebenfurth, Austria"),
    ]
    assert descending == sorted(descending, reverse=True)
    assert len(set(descending)) == len(descending)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Kyiv, USSR", "Kyiv, Ukraine"), ("Ebenfurth, Österreich", "Ebenfurt, Austria"), ("Киев, СССР", "Kiev, Ukraine")],
)
def test_a_place_is_one_in_other_words_and_under_another_state(one: str, other: str) -> None:
    assert _born(one, other) >= _born("Damascus", "Damascus")


def test_a_town_says_nothing_of_a_country() -> None:
    assert _born("Damascus", "Syria") == 0.0


def test_an_address_counts_by_what_agrees() -> None:
    whole = "12 Prüfstand Street, Ebenfurth 2490, Austria"
    descending = [
        _lives(whole, whole),
        _lives(whole, "12 Prufstandt Street, Ebenfurth 2490"),
        _lives(whole, "Prüfstand Street, Ebenfurth"),
        _lives(whole, "Ebenfurth"),
    ]
    assert descending == sorted(descending, reverse=True)
    assert descending[0] > 6
    assert 3 >= descending[2] > 0 == descending[3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 Prufstandstreet, Ebenfurth 2490", "3 Prufstand Street, Ebenfurth 2490"),
        ("3 Prufstand Street, Ebenfurth 2490", "3 Prufstand St, Ebenfrth 2490"),
        ("3 Prufstand Street, Ebenfurth 2490", "3 Prufstand Street, Ebenfurth 2940"),
    ],
)
def test_a_slip_in_an_address_leaves_most_of_it(one: str, other: str) -> None:
    assert _lives(one, one) > _lives(one, other) > 4


def test_another_address_contradicts_less_in_one_town_and_part_of_one_does_not() -> None:
    assert _lives("12 Prüfstand Street, Ebenfurth", "7 Muster Road, Damascus Old Souk") == OTHER_ADDRESS
    assert _lives("12 Prüfstand Street, Ebenfurth", "Damascus, Syria") == 0.0
    assert _lives("12 Prüfstand Street, Ebenfurth", "7 Muster Road, Alt, Ebenfurth") == OTHER_ADDRESS_OF_ONE_TOWN


def test_many_words_of_an_address_say_more_than_a_town_even_without_a_number() -> None:
    town, village = "Ebenfurth Steinfeld", "Prufstand Mustergasse Nemorhof Ebenfurth Steinfeld"
    assert ADDRESS_WITHOUT_NUMBER_AT_MOST == _lives(town, town) < _lives(village, village) < ADDRESS_AT_MOST


def test_a_house_number_a_digit_off_is_another_house() -> None:
    assert _lives("12 Prufstand, Ebenfurth", "13 Prufstand, Ebenfurth") == _lives(
        "Prufstand, Ebenfurth", "Prufstand, Ebenfurth"
    )


TEXTS = st.lists(
    st.text(max_size=60)
    | st.sampled_from(["12 Prufstand Street, Ebenfurth 2490", "Syria", "Damascus", "2491", "USSR"]),
    max_size=5,
)


@given(TEXTS, TEXTS)
def test_any_two_lists_of_places_compare_within_bounds_whichever_side_asks(ones: list[str], others: list[str]) -> None:
    one, other = _places(*ones), _places(*others)
    for compared in (compare_birth_places, compare_addresses):
        points = sum(line.points for line in compared(one, other))
        assert points == pytest.approx(sum(line.points for line in compared(other, one)))
        assert OTHER_ADDRESS <= points <= ADDRESS_AT_MOST
    assert sum(line.points for line in compare_addresses(one, one)) >= 0
    assert sum(line.points for line in compare_birth_places(one, one)) >= 0
