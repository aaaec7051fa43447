"""Names under both sets of weights: points that add up, rare above common beside a record, and what levels may tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.comparison import names
from matching.comparison.disclosure import CORE_FIELDS, disclose, may_be_shown
from matching.comparison.evidence import Contribution
from matching.comparison.name_points import ALONE, BESIDE_RECORD, NAME_AT_MOST, NameWeights, explain, weigh
from matching.comparison.name_reading import ComparedName, read_name
from matching.comparison.names import compare_names, most_trusted
from matching.subject import Name, NameKind

VOCABULARY = """ali mohammed hassan arvid arvyd testmann testman li lu wu abu omar bin ibn al abdul rahman o j 7
    王小明 Тестманов محمد 김철수 田中花子 たなか テスト สมชาย राजेश Γιώργος יעקב de la
    cruz delacruz william bill TESTMANN,"""
TEXTS = st.lists(st.sampled_from(VOCABULARY.split()), min_size=1, max_size=5).map(" ".join) | st.text(max_size=40)
BOTH = pytest.mark.parametrize("weights", [ALONE, BESIDE_RECORD], ids=["alone", "beside a record"])
SLACK = 1e-6


def read(text: str, kind: NameKind = "primary") -> ComparedName:
    return read_name(Name(text, kind))


def points(one: str, other: str, weights: NameWeights = BESIDE_RECORD) -> float:
    return weigh(read(one), read(other), weights).points


def told(one: str, other: str, weights: NameWeights = BESIDE_RECORD) -> list[str]:
    return [contribution.sentence for contribution in explain(weigh(read(one), read(other), weights))]


# --- both sets of weights ---------------------------------------------------------------------------------------------


@BOTH
@given(TEXTS, TEXTS)
def test_the_explanation_adds_up_to_the_points(weights: NameWeights, one: str, other: str) -> None:
    pair = weigh(read(one), read(other), weights)
    contributions = explain(pair)
    assert sum(contribution.points for contribution in contributions) == pytest.approx(pair.points, abs=SLACK)
    assert all(contribution.sentence for contribution in contributions)


@BOTH
@given(TEXTS, TEXTS)
def test_points_are_symmetric_and_bounded(weights: NameWeights, one: str, other: str) -> None:
    weighed = points(one, other, weights)
    assert weighed == pytest.approx(points(other, one, weights), abs=SLACK)
    assert weights.least <= weighed <= NAME_AT_MOST


@BOTH
def test_no_weight_has_the_wrong_sign(weights: NameWeights) -> None:
    for_agreement = (weights.agreeing, weights.bit, weights.further_bit, weights.weak_at_most)
    assert all(weight >= 0 for weight in for_agreement)
    against = (weights.unlike, weights.contradiction, weights.own_contradiction, weights.further_contradiction)
    left_out = (weights.omission, weights.own_missing, weights.disorder, weights.differs, weights.least)
    assert all(weight <= 0 for weight in (*against, *left_out))


@BOTH
def test_what_contradicts_costs_more_than_what_is_left_out(weights: NameWeights) -> None:
    assert weights.contradiction < weights.omission
    assert weights.own_contradiction <= weights.contradiction
    whole = "Arvid Johan Testmann"
    descending = [points(whole, other, weights) for other in (whole, "Arvid Testmann", "Arvid Ulrich Testmann")]
    assert descending == sorted(set(descending), reverse=True)


@BOTH
def test_a_second_part_that_differs_costs_less_than_the_first(weights: NameWeights) -> None:
    one = points("Arvid Johan Testmann", "Arvid Ulrich Testmann", weights)
    two = points("Arvid Johan Karl Testmann", "Arvid Ulrich Bo Testmann", weights)
    assert points("Arvid Testmann", "Arvid Testmann", weights) - one > one - two > 0


@BOTH
@pytest.mark.parametrize(
    ("one", "other"), [("王小明", "王大明"), ("김철수", "김철호"), ("김정은", "김정일"), ("歐陽小明", "歐陽大明")]
)
def test_another_sign_in_han_and_hangul_contradicts(weights: NameWeights, one: str, other: str) -> None:
    assert points(one, other, weights) < points(one, one, weights) - 5
    assert any(" against " in sentence for sentence in told(one, other, weights))


@BOTH
@pytest.mark.parametrize(
    ("one", "other"), [("Karim bin Nadir", "Nadir bin Karim"), ("Karim ibn Nadir", "Nadir bin Karim")]
)
def test_a_father_never_answers_for_his_son(weights: NameWeights, one: str, other: str) -> None:
    assert points(one, other, weights) == max(weights.differs, weights.least)
    assert "child and parent exchanged" in told(one, other, weights)[0]


# --- beside a record --------------------------------------------------------------------------------------------------


def test_beside_a_record_a_rare_name_says_more_than_a_common_one() -> None:
    common, rare = ("Mohammed Ali", "Mohammed Ali"), ("Zbyslaw Quenstedt", "Zbyslaw Quenstedt")
    assert points(*rare) > points(*common) + 5
    assert points("Zbyslaw Ali", "Zbyslaw Ali") > points(*common)


def test_alone_rarity_hardly_counts() -> None:
    common, rare = "Mohammed Ali", "Zbyslaw Quenstedt"
    assert 0 <= points(rare, rare, ALONE) - points(common, common, ALONE) < 2


def test_beside_a_record_brothers_cost_more_than_another_middle_name() -> None:
    brothers = points("Karim Nadir Testaoui", "Walid Nadir Testaoui")
    assert brothers < points("Karim Nadir Testaoui", "Karim Yusri Testaoui")


def test_beside_a_record_a_family_name_may_stand_at_either_end_and_other_disorder_costs() -> None:
    name = "Johan Ulrich Arvid Testmann"
    assert points(name, "Testmann Johan Ulrich Arvid") == points(name, name)
    assert points(name, "Ulrich Johan Testmann Arvid") == points(name, name) + BESIDE_RECORD.disorder


def test_a_weak_alias_beside_a_record_gives_little_and_is_named_so() -> None:
    (shared,) = compare_names((read("Abu Muhammad", "weak"),), (read("Abu Muhammad", "weak"),)).explain()
    assert shared.feature == "shared alias"
    assert 0 < shared.points <= BESIDE_RECORD.weak_at_most


def test_names_are_kept_most_trusted_first_and_equal_ones_once() -> None:
    names = [
        read("Abu Zahra", "weak"),
        read("Arvid Testmann"),
        read("ARVID TESTMANN", "strong"),
        read("Ari", "unknown"),
    ]
    assert [name.written for name in most_trusted(names)] == ["Arvid Testmann", "Ari", "Abu Zahra"]


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        ("Arvid Testmann", "Arvid Testmann", "arvid on both sides"),
        ("Arvid Testmann", "Arvid J Testmann", "j on one side only"),
        ("Jean-Pierre Testard", "Jeanpierre Testard", "jean pierre is written as one with jeanpierre"),
        ("Bill Testmann", "William Testmann", "bill is a customary form of william"),
        ("Arvid Testmann", "A Testmann", "arvid has the initial of a"),
        ("Arvid Testmann", "Arvid Testman", "testmann is a spelling of testman"),
        ("Арвид Тестманов", "Arvid Testman", "Тестманов (read as testmanov) can be written testman"),
        ("王小明", "王晓明", "小明 (read as xiaoming) sounds the same as 晓明 (read as xiaoming), but hardly"),
        ("王小明", "Wang Hsiao-ming", "王小明 can be written Wang Hsiao-ming"),
    ],
)
def test_a_likeness_is_said_in_words(one: str, other: str, sentence: str) -> None:
    assert sentence in told(one, other)


# --- levels -----------------------------------------------------------------------------------------------------------

FEATURES = {
    "name",
    "name part",
    "own name",
    "family name",
    "given name",
    "further name parts",
    "order of names",
    "shared alias",
}
TOLD_WITHOUT_VALUES = {"own name"}
"""What shows no value, and is told only where names stand alone, may be unknown to the fields."""


def _contributions() -> Iterator[Contribution]:
    pairs = [
        ("Karim bin Nadir", "Nadir bin Karim"),
        ("TESTMANN, Arvid Johan", "TESTMANN, Arvid"),
        ("Johan Ulrich Arvid Testmann", "Ulrich Johan Testmann Arvid"),
        ("Arvid Johan Testmann", "Ulrike Testmann"),
        ("王小明", "Wang Xiaoming"),
        ("Abu Muhammad", "Abu Muhammad"),
    ]
    for one, other in pairs:
        for weights in (ALONE, BESIDE_RECORD):
            yield from compare_names((read(one),), (read(other),), weights).explain()


CONTRIBUTIONS = tuple(_contributions())


def test_names_give_the_features_that_levels_know_and_no_others() -> None:
    assert {contribution.feature for contribution in CONTRIBUTIONS} == FEATURES


@pytest.mark.parametrize("contribution", CONTRIBUTIONS, ids=lambda contribution: contribution.feature)
def test_a_name_s_sentence_is_shown_where_all_its_fields_may_be(contribution: Contribution) -> None:
    assert may_be_shown(contribution, CORE_FIELDS) or contribution.feature in TOLD_WITHOUT_VALUES
    assert not may_be_shown(contribution, {"names"}), "the alias that agreed best may be what is shown"


@pytest.mark.parametrize("contribution", CONTRIBUTIONS, ids=lambda contribution: contribution.feature)
def test_below_level_three_and_without_its_fields_a_name_is_told_without_values(contribution: Contribution) -> None:
    for cut in (disclose(2, "strong", 0.99, [contribution]), disclose(3, "strong", 0.99, [contribution], {"dob"})):
        (line,) = cut.explanation
        assert line == contribution.generic
        assert line.startswith(f"{contribution.feature}: ")
        assert not any(value in line.lower() for value in ("arvid", "testmann", "karim", "wang", "王", "abu", "+", "−"))
        assert cut.score is None


NAMES = st.lists(st.builds(read, TEXTS, st.sampled_from(["primary", "variation", "unknown", "weak"])), max_size=4)


@BOTH
@given(NAMES, NAMES)
def test_what_is_not_weighed_could_not_have_said_more(
    weights: NameWeights, ones: list[ComparedName], others: list[ComparedName]
) -> None:
    query, record = most_trusted(ones), most_trusted(others)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_at_most", lambda *_: float("inf"))
        every_pair = compare_names(query, record, weights)
    assert compare_names(query, record, weights) == every_pair


def test_a_part_in_doubt_takes_from_what_further_parts_say() -> None:
    brothers, father = "Arvid Nemor Grunbold Vantroyen", "Nemor Grunbold Vantroyen"
    assert (
        points(brothers, "Ovid Nemor Grunbold Vantroyen") < points(father, father) < points(brothers, brothers) + SLACK
    )
