"""Countries: codes of every standard are one country, states that are gone are their successors, names are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.countries import canonical_country, countries_within, named_country, share_country, successors
from matching.normalise import fold


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("sy", "SY"), (" SYR ", "SY"), ("760", "SY"), ("D", "DE"), ("GBN", "GB"), ("UK", "GB"), ("EL", "GR"),
        ("DDR", "DE"), ("ZAR", "CD"), ("BUR", "MM"), ("RKS", "XK"), ("SUN", "SU"), ("YUG", "YU"), ("ROM", "RO"),
        ("UTO", "UTO"), ("XXA", ""), ("XXX", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_country_has_one_code(written: str, code: str) -> None:
    assert canonical_country(written) == code


def test_a_state_that_is_gone_shares_something_with_each_successor() -> None:
    assert share_country(["SUN"], ["UA"]) == {"UA"}
    assert share_country(["YUG"], ["HR"]) == {"HR"}
    assert share_country(["CSK"], ["SK"]) == {"SK"}
    assert not share_country(["SUN"], ["PL"])
    assert successors("SU") == successors("SUN")


@pytest.mark.parametrize(
    ("text", "codes", "rest"),
    [
        ("Damascus, Syria", ("SY",), ("damascus",)),
        ("Damascus, Syrian Arab Republic", ("SY",), ("damascus",)),
        ("Musan, Democratic People's Republic of Korea", ("KP",), ("musan",)),
        ("Kyiv, USSR (now Ukraine)", ("SU", "UA"), ("kyiv", "now")),
        ("Yangon, Burma", ("MM",), ("yangon",)),
        ("Ebenfurth, Österreich", ("AT",), ("ebenfurth",)),
        ("Москва, Россия", ("RU",), ("moskva",)),
        ("Bosnia and Herzegovina", ("BA",), ()),
        ("Ebenfurth", (), ("ebenfurth",)),
    ],
)
def test_countries_are_found_in_a_place(text: str, codes: tuple[str, ...], rest: tuple[str, ...]) -> None:
    assert countries_within(fold(text).split()) == (codes, rest)


def test_part_of_a_name_is_no_country() -> None:
    assert named_country(["united"]) == ""
    assert named_country(["guinea", "bissau"]) == "GW"
    assert countries_within(["new", "guinea"]) == (("GN",), ("new",))


@given(st.text(max_size=40), st.lists(st.text(max_size=12), max_size=60))
def test_any_text_is_read(code: str, words: list[str]) -> None:
    canonical = canonical_country(code)
    assert canonical_country(canonical) == canonical
    assert len(canonical) <= 8 * 3
    codes, rest = countries_within(words)
    assert len(rest) <= len(words)
    assert all(codes)
