"""The holder's own rules on a record: what a row says, what the node says, and that silence tells least."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.facts import RecordRules
from matching.subject import parse_subject
from node.records.importing import import_file
from node.records.rows import RowError, parse_record, read_csv_row, read_outline
from node.records.rules import TEMPLATE, HouseRules, OwnRules, rules_of
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.errors import ErrorCode, SymbolonError

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PERSON = parse_subject({"names": ["Giorgos Melanos"], "dob": ["1984-08-16"], "nationality": ["GR"]})
OWN: dict[str, Any] = {
    "category": "arrest",
    "person_role": "wanted",
    "nature": "ordinary",
    "minor": "no",
    "victim": "no",
    "witness": "no",
    "sealed": "no",
    "discreet": "no",
    "barred": ["FR-DNMS", "RU"],
    "hidden_until": "2026-11-26T08:00:00+00:00",
    "action": "arrest",
    "flags": {"IT": "locate"},
    "withheld": ["phones"],
    "code": "H2",
    "caveats": ["Armed."],
    "at_most": 3,
}
HOUSE = HouseRules(
    category="intelligence", person_role="suspect", nature="ordinary", sealed="no", discreet="no", victim="no",
    witness="no", barred=("SY",), at_most=4, withheld=("emails",), caveats=("Ask first.",),
)  # fmt: skip


def _own(**rules: Any) -> OwnRules:
    return OwnRules.model_validate(rules)


def _born(*births: str) -> RecordRules:
    subject = parse_subject({"names": ["A B"], "dob": list(births)})
    return rules_of(OwnRules(), subject, replace_house(unknown_age="adult"), NOW)


def replace_house(**values: Any) -> HouseRules:
    """Give the node's rules with some of them changed."""
    return HouseRules.model_validate(HOUSE.model_dump() | values)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"dob": ["1984-08-16", "circa 2015"], "nationality": ["GR", "TR"]},
        {"category": "entity"},
        {"rules": OWN},
        {"dob": ["2011"], "rules": {"minor": "no", "flags": {"IT": "locate"}}},
    ],
)
def test_the_outline_of_a_record_gives_the_rules_of_the_whole(tmp_path: Path, row: dict[str, Any]) -> None:
    """A rule that comes to depend on another field has to come into the outline."""
    path = tmp_path / "list.jsonl"
    whole = {"record_id": "1", "names": ["A B"], "phones": ["+30 21 0000 0000"], "emails": ["a@b.example"], **row}
    path.write_text(json.dumps(whole), encoding="utf-8")
    with SqliteRecordStore(tmp_path / "records.db") as store:
        import_file(path, store, tmp_path, NOW)
        (stored,) = store.records()
        outlines = store.outlines([stored.number, stored.number + 1])
        own, subject = read_outline(outlines[stored.number])
        assert rules_of(own, subject, HOUSE, NOW) == rules_of(stored.record.rules, stored.record.subject, HOUSE, NOW)
        store.remove("1", NOW)
        assert (list(outlines), store.outlines([stored.number])) == ([stored.number], {})


def test_what_neither_the_record_nor_the_node_says_has_the_value_that_tells_least() -> None:
    silent = RecordRules()
    nothing = rules_of(OwnRules(), parse_subject({"names": ["A"]}), HouseRules(), NOW)
    for field in fields(RecordRules):
        if field.name == "hidden_until":
            continue  # a passing state: a record that does not say it is not hidden
        assert getattr(nothing, field.name) == getattr(silent, field.name), field.name


def test_every_rule_a_record_says_reaches_the_decision() -> None:
    rules = rules_of(_own(**OWN), PERSON, HouseRules(), NOW)
    assert rules == RecordRules(
        category="arrest",
        person_role="wanted",
        nature="ordinary",
        nationalities=("GR",),
        minor="no",
        victim="no",
        witness="no",
        sealed="no",
        discreet="no",
        barred=frozenset({"FR-DNMS", "RU"}),
        hidden_until=datetime(2026, 11, 26, 8, tzinfo=UTC),
        action="arrest",
        flags={"IT": "locate"},
        withheld=frozenset({"phones"}),
        code="H2",
        caveats=("Armed.",),
        at_most=3,
    )


def test_the_node_speaks_for_records_that_say_nothing_and_lists_add_up() -> None:
    unsaid = rules_of(OwnRules(), PERSON, HOUSE, NOW)
    assert (unsaid.category, unsaid.person_role, unsaid.at_most, unsaid.sealed) == ("intelligence", "suspect", 4, "no")
    assert unsaid.withheld == frozenset({"emails"})
    said = rules_of(_own(**OWN | {"sealed": "yes"}), PERSON, HOUSE, NOW)
    assert (said.category, said.at_most, said.sealed) == ("arrest", 3, "yes")
    assert said.barred == frozenset({"FR-DNMS", "RU", "SY"})
    assert said.withheld == frozenset({"phones", "emails"})
    assert said.caveats == ("Armed.", "Ask first.")


def test_a_record_that_bars_nobody_lifts_no_bar_of_the_node() -> None:
    assert rules_of(_own(barred=[]), PERSON, HOUSE, NOW).barred == frozenset({"SY"})
    assert rules_of(_own(barred=[]), PERSON, HouseRules(), NOW).barred == frozenset()


def test_a_record_under_a_discreet_check_is_discreet_unless_it_says_otherwise_itself() -> None:
    assert rules_of(_own(category="discreet_check"), PERSON, HOUSE, NOW).discreet == "yes"
    assert rules_of(_own(category="discreet_check", discreet="no"), PERSON, HOUSE, NOW).discreet == "no"


@pytest.mark.parametrize(
    ("births", "minor"),
    [
        (["2008-11-25"], "no"),
        (["2008-11-26"], "unknown"),
        (["2008"], "unknown"),
        (["2007"], "no"),
        (["1984-08-16", "2010"], "unknown"),
        (["2007~"], "unknown"),
        (["2005~"], "no"),
        (["after 1960"], "unknown"),
        (["before 1970"], "no"),
        ([], "no"),
    ],
)
def test_a_person_who_may_be_under_18_on_the_day_of_the_decision_counts_as_a_minor(
    births: list[str], minor: str
) -> None:
    assert _born(*births).minor == minor


def test_a_minor_comes_of_age_without_any_change_to_the_record() -> None:
    subject = parse_subject({"names": ["A B"], "dob": ["2008-12-01"]})
    assert rules_of(OwnRules(), subject, HOUSE, NOW).minor == "unknown"
    assert rules_of(OwnRules(), subject, HOUSE, NOW + timedelta(days=6)).minor == "no"


def test_born_on_29_february_one_comes_of_age_a_day_later() -> None:
    subject = parse_subject({"names": ["A B"], "dob": ["2008-02-29"]})
    for day, minor in ((datetime(2026, 2, 28, 23, tzinfo=UTC), "unknown"), (datetime(2026, 3, 1, tzinfo=UTC), "no")):
        assert rules_of(OwnRules(), subject, HOUSE, day).minor == minor


def test_an_unknown_age_is_a_minor_s_unless_the_node_or_the_record_says_otherwise() -> None:
    ageless = parse_subject({"names": ["A B"]})
    assert rules_of(OwnRules(), ageless, HOUSE, NOW).minor == "unknown"
    assert rules_of(_own(minor="no"), ageless, HOUSE, NOW).minor == "no"
    assert rules_of(OwnRules(), ageless, replace_house(unknown_age="adult"), NOW).minor == "no"


def test_no_word_makes_an_adult_of_somebody_whose_birth_date_says_otherwise() -> None:
    child = parse_subject({"names": ["A B"], "dob": ["2015"]})
    assert rules_of(_own(minor="no"), child, HOUSE, NOW).minor == "unknown"
    assert rules_of(_own(minor="yes"), PERSON, HOUSE, NOW).minor == "yes"


def test_a_vessel_has_no_age() -> None:
    vessel = parse_subject({"names": ["Aurora"], "category": "vessel"})
    assert rules_of(OwnRules(), vessel, HOUSE, NOW).minor == "no"


def test_rules_are_part_of_the_record_and_of_its_one_text() -> None:
    row = {"record_id": "X-1", "names": ["A"], "rules": OWN}
    record = parse_record(row)
    assert record.to_row()["rules"] == OWN
    assert parse_record(record.to_row()) == record
    later = {**row, "rules": {**OWN, "hidden_until": "2026-11-26T10:00:00+02:00", "barred": ["ru", "FR-DNMS", "RU"]}}
    assert parse_record(later).to_json() == record.to_json()
    assert parse_record({**row, "rules": {}}).to_json() == parse_record({"record_id": "X-1", "names": ["A"]}).to_json()


@pytest.mark.parametrize(
    ("rules", "place", "reason"),
    [
        ({"category": "SECRET"}, "rules.category", "arrest"),
        ({"sealed": True}, "rules.sealed", "yes"),
        ({"barred": "RU"}, "rules.barred", "a list"),
        ({"barred": ["R1"]}, "rules.barred", "codes of countries"),
        ({"barred": ["Secret Agency"]}, "rules.barred", "codes of countries"),
        ({"barred": ["BKA"]}, "rules.barred", "codes of countries"),
        ({"flags": {"R1": "none"}}, "rules.flags", "codes of countries"),
        ({"flags": {"RU": "SECRET"}}, "rules.flags", "arrest"),
        ({"hidden_until": "2026-11-26T08:00:00"}, "rules.hidden_until", "time zone"),
        ({"at_most": 5}, "rules.at_most", "4"),
        ({"at_most": "2"}, "rules.at_most", "whole number"),
        ({"caveats": ["a\nb"]}, "rules.caveats", "control"),
        ({"withheld": ["record_id"]}, "rules.withheld", "names"),
        ({"secret": 1}, "rules", "a field the format does not have \\(secret\\)"),
        ({"Secret Name": 1}, "rules", "a field the format does not have$"),
        ("SECRET", "rules", "names with their values"),
    ],
)
def test_a_wrong_rule_sets_the_row_aside_with_its_place_and_never_its_value(
    rules: Any, place: str, reason: str
) -> None:
    with pytest.raises(RowError, match=reason) as caught:
        parse_record({"record_id": "X-1", "names": ["A"], "rules": rules})
    assert caught.value.field == place
    assert "SECRET" not in str(caught.value)
    assert "Secret" not in str(caught.value)


def test_in_csv_rules_are_a_cell_of_json() -> None:
    cell = json.dumps({"at_most": 2, "barred": []}).replace('"', '""')
    row = read_csv_row(("record_id", "names", "rules"), f'X-1,A,"{cell}"')
    assert parse_record(row).rules == _own(at_most=2, barred=[])
    for broken in ("at_most=2", '"{""at_most"":1,""at_most"":2}"', "[]"):
        with pytest.raises(RowError, match="rules: "):
            read_csv_row(("record_id", "names", "rules"), f"X-1,A,{broken}")


def test_the_template_names_every_rule_of_the_node_and_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(TEMPLATE)
    assert HouseRules.of(path) == HouseRules()
    path.write_text(re.sub(r"^# (?=\w+ = )", "", TEMPLATE, flags=re.M))
    said = HouseRules.of(path)
    assert said.model_fields_set == set(HouseRules.model_fields)
    assert said.unsaid == ()


def test_a_node_without_the_file_says_nothing_and_a_wrong_one_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    assert HouseRules.of(path).unsaid == HouseRules().unsaid != ()
    for wrong in ('sealed = "perhaps"', "sealed", 'seald = "no"', 'barred = ["R1"]', "at_most = 9"):
        path.write_text(wrong)
        with pytest.raises(SymbolonError) as caught:
            HouseRules.of(path)
        assert caught.value.code is ErrorCode.INVALID_INPUT
        assert "rules.toml" in str(caught.value)


def test_hidden_until_is_kept_whatever_its_zone() -> None:
    hidden = rules_of(_own(hidden_until="2026-11-26T10:00:00+02:00"), PERSON, HOUSE, NOW)
    assert replace(hidden).hidden_until == datetime(2026, 11, 26, 8, tzinfo=UTC)
