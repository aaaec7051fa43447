"""The laws of rule tokens: deterministic, order-free, never under budget, nothing bare, loud about drift, bounded."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import features as features_module
from matching.comparison.reading import read_subject
from matching.encoding import encode
from matching.features import (
    DEFAULT_BUDGET,
    GOLDEN_ROWS,
    MOST_QUERY_FEATURES,
    MOST_RECORD_FEATURES,
    Feature,
    golden_digest,
    number_features,
    own_normaliser,
    query_features,
    record_features,
)
from matching.retrieval import _number_keys
from matching.subject import Name, Subject, parse_subject

NAMES = [
    "karlo",
    "vantroyen",
    "mohammed",
    "ali",
    "nemoryan",
    "ivan",
    "petrovich",
    "kim",
    "il",
    "sae",
    "abdul",
    "rahman",
]
DATES = ["1968", "1968-06", "1968-06-13", "1970-01-01", "1968~", "1967/1969", "1968-03-04", "1968-04-03"]
COUNTRIES = ["RU", "SY", "TV"]


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """Invent a person of a small world, so that two of them often share something."""
    written = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(" ".join)
    return parse_subject(
        {
            "names": draw(st.lists(written, min_size=1, max_size=3)),
            "dob": draw(st.lists(st.sampled_from(DATES), max_size=2)),
            "nationality": draw(st.lists(st.sampled_from(COUNTRIES), max_size=2)),
        }
    )


BUDGETS = st.sampled_from([18.0, 20.0, 22.0, 24.0, 27.0])


def person(*names: str, **fields: Any) -> Subject:
    """Give an invented person."""
    return parse_subject({"names": list(names), **fields})


def opens(query: Subject, record: Subject, budget: float = DEFAULT_BUDGET) -> bool:
    """Say whether a query and a record share a canonical string."""
    held = {feature.canonical() for feature in record_features(record, budget)}
    return any(feature.canonical() in held for feature in query_features(query, budget))


@given(subjects(), BUDGETS)
def test_no_feature_carries_less_than_the_budget(subject: Subject, budget: float) -> None:
    for feature in (*record_features(subject, budget), *query_features(subject, budget)):
        assert feature.bits >= budget


@given(subjects(), BUDGETS)
def test_features_are_the_same_each_time_and_none_occurs_twice(subject: Subject, budget: float) -> None:
    first = record_features(subject, budget)
    assert first == record_features(subject, budget)
    assert len({feature.canonical() for feature in first}) == len(first)


def test_another_process_with_another_hash_seed_gives_the_same_features() -> None:
    program = "import matching.features as f; print(f.own_normaliser(), f.golden_digest())"
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
        )
        assert done.stdout.split() == [own_normaliser(), golden_digest()]


@given(subjects(), BUDGETS, st.randoms())
def test_the_order_of_names_dates_and_countries_makes_no_difference(
    subject: Subject, budget: float, chance: Any
) -> None:
    def shuffled(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(values, len(values)))

    other = replace(
        subject,
        names=shuffled(subject.names),
        births=shuffled(subject.births),
        nationalities=shuffled(subject.nationalities),
    )
    assert set(query_features(subject, budget)) == set(query_features(other, budget))


def test_the_order_of_the_parts_of_a_name_makes_no_difference() -> None:
    one, other = (person(text, dob=["1968-06-13"]) for text in ("Karlo Timo Vantroyen", "VANTROYEN, Karlo Timo"))
    assert record_features(one) == record_features(other)


@settings(max_examples=300)
@given(subjects(), subjects(), BUDGETS, BUDGETS)
def test_what_opens_at_a_budget_opens_at_every_lower_one(
    query: Subject, record: Subject, one: float, other: float
) -> None:
    if opens(query, record, max(one, other)):
        assert opens(query, record, min(one, other))


def test_raising_the_budget_replaces_features_so_the_sets_are_not_nested() -> None:
    subject = person("Karlo Vantroyen", dob=["1968"])
    low, high = (set(record_features(subject, budget)) for budget in (18, 26))
    assert high - low


@given(subjects(), BUDGETS)
def test_every_feature_of_a_person_holds_a_name_and_never_a_bare_date_or_country(
    subject: Subject, budget: float
) -> None:
    for feature in query_features(subject, budget):
        *codes, circumstance = feature.values
        assert codes
        assert all(code.isalpha() for code in codes)
        assert circumstance.count("/") == 3


@given(subjects())
def test_a_rare_name_alone_is_no_feature(subject: Subject) -> None:
    for feature in record_features(replace(subject, births=(), nationalities=()), 18):
        assert len(feature.values) > 2


def test_another_version_changes_every_canonical_string(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = parse_subject(GOLDEN_ROWS[2])
    before = [feature.canonical() for feature in record_features(subject)]
    digest = golden_digest()
    monkeypatch.setattr(features_module, "own_normaliser", lambda: "another")
    after = [feature.canonical() for feature in record_features(subject)]
    assert before
    assert not set(before) & set(after)
    assert golden_digest() != digest


def test_a_canonical_string_is_rule_version_and_values_each_after_its_length() -> None:
    feature = Feature("person/coarse1/YMD", ("fntrn", "1968/06/13/"), 26.8)
    assert feature.canonical() == encode(
        "symbolon/v1/feature", "person/coarse1/YMD", own_normaliser(), "fntrn", "1968/06/13/"
    )
    assert replace(feature, values=("fntrn1", "968/06/13/")).canonical() != feature.canonical()


def test_the_golden_subjects_yield_features_in_every_script() -> None:
    assert all(record_features(parse_subject(row)) for row in GOLDEN_ROWS)
    assert len(golden_digest()) == 64


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (person("Karlo Vantroyen", dob=["1968-06-13"]), person("Carlo Van Troyen", "Vantroyen K", dob=["1968-06-13"])),
        (person("Karlo Vantroyen", dob=["1968-06-13"]), person("Xarlo Vantroyen", dob=["1968-06-13"])),
        (person("Karlo Vantroyen", dob=["1968-06-12"]), person("Karlo Vantroyen", dob=["1968-12-06"])),
        (person("Ivan Nemoryan", dob=["1969"]), person("Ivan Nemoryan", dob=["1968~"])),
        (person("Ivan Nemoryan", dob=["1966"]), person("Ivan Nemoryan", dob=["1965/1968"])),
        (person("Юсуф Неморян", dob=["1968-06-13"]), person("Yusuf Nemoryan", dob=["1968-06-13"])),
        (person("한새봄", dob=["1968-06-13"]), person("Han Sae Bom", dob=["1968-06-13"])),
        (
            person("Ali", documents=[{"type": "passport", "country": "SY", "number": "N 00-123456"}]),
            person("Nemoryan", documents=[{"type": "passport", "country": "SY", "number": "N00123456"}]),
        ),
        (person("Ali", emails=["Ali.N@Example.org"]), person("Nemoryan", emails=["ali.n@example.org"])),
        (
            parse_subject({"category": "entity", "names": ["Nemoryan Vantro Shipping Ltd"]}),
            parse_subject({"category": "entity", "names": ["NEMORYAN-VANTRO CO."]}),
        ),
    ],
)
def test_the_usual_differences_between_lists_still_open(asked: Subject, held: Subject) -> None:
    assert opens(asked, held)


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (person("Mohammed Ali", dob=["1980"]), person("Mohammed Ali", dob=["1980"])),
        (person("Ivan Nemoryan", dob=["1970"]), person("Ivan Nemoryan", dob=["1968~"])),
        (person("Karlo Vantroyen", dob=["1968"]), person("Timo Nemoryan", dob=["1968"])),
        (person("Ali Nemoryan", dob=["1970-01-01"]), person("Ali Grunbold", dob=["1970-01-01"])),
        (person("Ali", dob=["1968-06-13"], nationality=["SY"]), person("Omar", dob=["1968-06-13"], nationality=["SY"])),
    ],
)
def test_too_little_or_another_person_opens_nothing(asked: Subject, held: Subject) -> None:
    assert not opens(asked, held)


def test_a_number_without_type_and_country_or_with_a_wrong_check_digit_is_no_feature() -> None:
    bare = person("Ali", documents=[{"type": "passport", "number": "N00123456"}])
    assert record_features(bare) == ()


@pytest.mark.parametrize(
    ("kind", "label", "number"),
    [
        ("imo", "IMO number", "IMO 8765436"),
        ("imo_company", "Company IMO", "8765414"),
        ("vin", "VIN", "1M8GDM9AXKP042788"),
        ("imei", "IMEI", "49-015420-323751-8"),
        ("imsi", "IMSI", "901550123456789"),
        ("wallet", "Digital Currency Address", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("lei", "LEI", "5299NEMORYANVANTRO78"),
        ("iban", "IBAN", "GB82 WEST 1234 5698 7654 32"),
        ("card", "credit card", "4111 1111 1111 1111"),
        ("mmsi", "MMSI", "990123456"),
        ("msn", "MSN", "987123"),
    ],
)
def test_a_number_given_once_in_the_world_is_one_feature_under_any_flag_or_none(
    kind: str, label: str, number: str
) -> None:
    bare = {"type": label, "number": number}
    without = person("Ali", documents=[bare])
    (found,) = record_features(without)
    assert (found.rule, found.values[:2]) == ("document", (kind, ""))
    for flag in ("PA", "LBR"):
        assert found in record_features(person("Ali", documents=[bare], nationality=[flag]))
        assert record_features(person("Ali", documents=[bare | {"country": flag}])) == (found,)
        assert opens(without, person("Nemoryan", documents=[bare | {"country": flag}], nationality=["MT"]))


def test_a_national_number_stands_with_its_country() -> None:
    one, other = (
        person("Ali", documents=[{"type": "passport", "country": country, "number": "N00123456"}])
        for country in ("SY", "LY")
    )
    assert not opens(one, other)


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"nationality": ["DEU"]}, "030 23125 000"),
        ({"nationality": ["D"]}, "030 23125 000"),
        ({"address_countries": ["GBR"]}, "020 7946 0958"),
        ({"nationality": ["TV", "RU", "SYR", "FR", "D", "IQ", "AF"]}, "030 23125 000"),
        ({"nationality": ["TV", "RU", "SYR", "FR"], "address_countries": ["D", "IQ", "AF"]}, "030 23125 000"),
        ({"nationality": ["XXA"], "address_countries": ["ZZZ", "SYR"]}, "011 331 0000"),
    ],
)
def test_a_phone_is_one_number_in_the_blind_stage_the_comparison_and_the_index(
    fields: dict[str, list[str]], number: str
) -> None:
    subject = person("Ali", phones=[number], **fields)
    blind = [feature.values[0] for feature in record_features(subject) if feature.rule == "phone"]
    assert blind == [identifier.value for identifier in read_subject(subject).identifiers]
    assert [f"number {value}" for value in blind] == list(_number_keys(subject))
    assert blind[0].startswith("+")
    turned = person("Ali", phones=[number], **{field: codes[::-1] for field, codes in fields.items()})
    assert record_features(turned) == record_features(subject)


@pytest.mark.parametrize(
    ("asked", "held"), [("SUN", "RU"), ("SUN", "UA"), ("SU", "BLR"), ("YUG", "RS"), ("CSK", "SK"), ("CS", "ME")]
)
def test_a_state_that_is_gone_opens_the_likeliest_of_those_it_left(asked: str, held: str) -> None:
    record = person("Vantroyen", dob=["1968"], nationality=[held])
    assert opens(person("Vantroyen", dob=["1968"], nationality=[asked]), record, 21)
    assert not opens(person("Vantroyen", dob=["1968"]), record, 21)


def test_a_record_of_a_state_that_is_gone_is_enrolled_under_that_state_alone() -> None:
    held = record_features(person("Vantroyen", dob=["1968"], nationality=["SUN"]), 21)
    assert {feature.values[-1] for feature in held} == {"1968///SU"}


def test_ten_thousand_aliases_cost_bounded_time_and_features() -> None:
    names = [
        f"Nemor{number} Vantro{number * 7} Karlo{number * 3} Timoryan{number} Xeno{number}" for number in range(10_000)
    ]
    row = {"names": [names[0]], "aliases": names[1:], "dob": ["1950-02-03", "1960~", "1971/1975"] * 40}
    subject = parse_subject(row | {"nationality": ["RU", "SY", "TV", "FR", "DE"]})
    started = time.perf_counter()
    held, asked = record_features(subject, 18), query_features(subject, 18)
    assert time.perf_counter() - started < 5
    assert len(held) == MOST_RECORD_FEATURES
    assert len(asked) == MOST_QUERY_FEATURES


def test_a_cut_leaves_the_primary_name_its_share() -> None:
    aliases = [f"Nemor{number} Vantro{number} Timoryan{number}" for number in range(200)]
    listed = person("Karlo Grunbold", aliases=aliases, dob=["1968-06-13", "1970-02-03"], nationality=["RU", "SY"])
    assert len(record_features(listed)) == MOST_RECORD_FEATURES
    assert opens(person("Karlo Grunbold", dob=["1968-06-13"]), listed)


@given(st.text(min_size=1, max_size=2000))
def test_any_name_yields_features_or_none_but_never_fails(text: str) -> None:
    subject = Subject(names=(Name(text),))
    assert len(query_features(subject)) <= MOST_QUERY_FEATURES


def test_a_number_that_no_telephone_can_have_makes_no_token() -> None:
    rules = [
        [feature.rule for feature in number_features(parse_subject({"names": ["A"], "phones": [phone]}))]
        for phone in ("+1 555 0100", "+49 30 23125 000")
    ]
    assert rules == [[], ["phone"]]
