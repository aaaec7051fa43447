"""What each sharing level tells of a comparison, and that no level tells more than its fields allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.comparison.disclosure import CORE_FIELDS, Disclosure, disclose, may_be_shown
from matching.comparison.evidence import Contribution, Outcome
from matching.scoring import compare
from matching.subject import parse_subject

OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(["agrees", "close", "missing", "differs"])
FEATURES = st.sampled_from(
    [
        "given name",
        "family name",
        "birth date",
        "birth place",
        "passport",
        "phone number",
        "address",
        "gender",
        "new one",
    ]
)
CONTRIBUTIONS = st.lists(
    st.builds(Contribution, FEATURES, st.floats(-20, 20), st.just("secretvalue on both sides"), OUTCOMES), max_size=8
)
FIELDS = st.sets(
    st.sampled_from(["names", "aliases", "names_original", "name_parts", "dob", "pob", "documents", "phones"])
)

ARVID = parse_subject(
    {
        "names": ["Arvid Johan Testmann"],
        "dob": ["1968-06-13"],
        "pob": ["Ebenfurth"],
        "nationality": ["AT"],
        "gender": "M",
        "documents": [{"type": "passport", "country": "AT", "number": "U1234509"}],
        "phones": ["+43 1 234 5678"],
        "emails": ["arvid@example.org"],
        "addresses": ["Am Prüfstand 12, 2490 Ebenfurth"],
    }
)


def _told(level: int, fields: set[str] | None = None) -> Disclosure:
    compared = compare(ARVID, ARVID)
    return compared.at_level(level) if fields is None else compared.at_level(level, fields)


def test_level_0_tells_nothing_and_level_1_only_the_hit() -> None:
    assert _told(0) == Disclosure()
    assert _told(1) == Disclosure(hit=True)


def test_level_2_tells_the_band_and_no_value_of_either_side() -> None:
    told = _told(2)
    assert told.band == "strong"
    assert told.score is None
    assert "birth date: agrees" in told.explanation
    text = " ".join(told.explanation).lower()
    assert not any(character.isdigit() for character in text)
    for value in ("arvid", "johan", "testmann", "ebenfurth", "example"):
        assert value not in text


def test_level_3_shows_values_of_the_core_only_and_no_score_that_gives_the_rest_away() -> None:
    told = _told(3)
    text = " ".join(told.explanation)
    assert "birth date: 1968-06-13, the same day (+12.5)" in told.explanation
    assert "arvid on both sides" in text
    assert told.score is None
    assert "passport: agrees" in told.explanation
    for value in ("U1234509", "ebenfurth", "2490", "example.org", "+43"):
        assert value not in text


def test_level_3_shows_the_fields_of_the_agreement() -> None:
    told = _told(3, {"pob"})
    assert "birth place: ebenfurth on both sides (+2.0)" in told.explanation
    assert "birth date: agrees" in told.explanation
    everything = {*CORE_FIELDS, "pob", "documents", "phones", "emails", "addresses"}
    assert _told(3, everything) == _told(4)


def test_level_4_tells_everything() -> None:
    compared = compare(ARVID, ARVID)
    assert _told(4).score == compared.score
    assert _told(4).explanation == tuple(one.explanation for one in compared.contributions)


def test_a_name_is_shown_only_where_every_kind_of_name_may_be() -> None:
    name = Contribution("family name", 3.0, "testmann on both sides", "agrees")
    assert may_be_shown(name, CORE_FIELDS)
    assert not may_be_shown(name, {"names"})


@pytest.mark.parametrize("category", ["individual", "entity", "vessel", "aircraft", "vehicle"])
def test_every_feature_of_the_comparison_is_of_known_fields(category: str) -> None:
    row = {
        "category": category,
        "names": ["Nemoryan Ocean Shipping Co. Ltd 7"],
        "aliases": ["Abu Zahra"],
        "dob": ["1970"],
    }
    other = row | {"names": ["Nemoryan Ocean Trading GmbH 8 Vienna"], "dob": ["1971"]}
    fields = {*CORE_FIELDS, "pob", "documents", "phones", "emails", "addresses"}
    for one, against in ((row, row), (row, other)):
        for contribution in compare(parse_subject(one), parse_subject(against)).contributions:
            assert may_be_shown(contribution, fields), contribution.feature


@given(st.integers(-1, 6), st.sampled_from(["strong", "possible", None]), st.floats(0, 1), CONTRIBUTIONS, FIELDS)
def test_no_level_below_all_shows_a_value_that_is_not_allowed(
    level: int, band: None, score: float, contributions: list[Contribution], fields: set[str]
) -> None:
    told = disclose(level, band, score, contributions, fields)
    shown = [line for line in told.explanation if "secretvalue" in line]
    if level < 3 or band is None:
        assert not shown
        assert told.score is None
    elif level == 3:
        allowed = {one.feature for one in contributions if may_be_shown(one, fields)}
        assert {line.partition(":")[0] for line in shown} <= allowed


@given(CONTRIBUTIONS, FIELDS, FIELDS)
def test_more_fields_never_show_less(contributions: list[Contribution], some: set[str], more: set[str]) -> None:
    few = disclose(3, "strong", 0.99, contributions, some)
    many = disclose(3, "strong", 0.99, contributions, some | more)
    assert {line for line in few.explanation if "secret" in line} <= set(many.explanation)
    assert few.score is None or many.score is not None
