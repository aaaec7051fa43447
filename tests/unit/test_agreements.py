"""The agreement's document: closed, canonical, and named by its hash."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import yaml

from agreements.agreement import Agreement, utc_day
from agreements.reading import AgreementFormatError, parse_agreement, read_canonical
from agreements.template import TEMPLATE
from tests.unit.agreed import AGREEMENT, agreement_like

TEAM = {
    "case": "JIT-2026-7",
    "members": [{"agency": "FR-DNMS", "officer": "a.durand"}, {"agency": "DE-ZASM", "officer": "c.weber"}],
}
HASH_OF_SCHEMA_2 = "8563a209947287a414a80bbebc23d09196a19e3c45bc29278e8bba653899fe4b"


def _values() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(AGREEMENT.canonical)
    return values | {"joint_team": TEAM}


def _places(values: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every clause and field in a document."""
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        if isinstance(key, str):
            yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))


def _fault(values: dict[str, Any]) -> AgreementFormatError | None:
    """Give the first fault of a document."""
    try:
        read_canonical(values)
    except AgreementFormatError as error:
        return error
    return None


def test_the_canonical_form_of_schema_2_stands_still() -> None:
    """Two nodes of different releases must find the same hash, or they no longer mean the same agreement."""
    assert AGREEMENT.hash.hex() == HASH_OF_SCHEMA_2
    assert hashlib.sha256(AGREEMENT.canonical).digest() == AGREEMENT.hash
    assert AGREEMENT.canonical.startswith(b'{"answer":{"bit_budget":22,"hit_score":0.5,')


def test_the_canonical_form_has_every_clause_and_reads_back() -> None:
    assert read_canonical(json.loads(AGREEMENT.canonical)).canonical == AGREEMENT.canonical
    assert set(json.loads(AGREEMENT.canonical)) == {
        field.alias or name for name, field in Agreement.model_fields.items()
    }


def test_toml_and_yaml_of_the_same_clauses_have_the_same_hash() -> None:
    written = yaml.safe_dump(tomllib.loads(TEMPLATE), sort_keys=False)
    assert written.startswith("schema: 2\nid: fr-de-2026\n")
    assert parse_agreement(written, "yaml").hash == AGREEMENT.hash


def _reversed(values: Any) -> Any:
    if isinstance(values, dict):
        return {name: _reversed(value) for name, value in reversed(values.items())}
    return [_reversed(value) for value in reversed(values)] if isinstance(values, list) else values


def test_the_order_of_clauses_lists_parties_and_members_does_not_change_the_hash() -> None:
    values = _values()
    assert len(values["handling"]["caveats"]) == 1
    assert read_canonical(_reversed(values)).hash == read_canonical(values).hash


def test_the_order_of_caveats_and_authorities_does_for_it_is_a_text() -> None:
    one = agreement_like(handling={"caveats": ["first", "second"]})
    assert agreement_like(handling={"caveats": ["second", "first"]}).hash != one.hash


def test_layout_and_comments_do_not_change_the_hash() -> None:
    assert parse_agreement(TEMPLATE.replace(" = ", "  =  ") + "\n# a comment\n").hash == AGREEMENT.hash


_OTHER = {
    "schema": None, "parties": None, "agency": None, "country": "FI", "roles": None, "authorities": ["x"],
    "contact": "x", "validity": None, "from": "2025-01-01", "until": "2028-01-01", "notice_days": 5,
    "after_end": "keep_under_conditions", "id": "x", "version": None, "supersedes": None, "title": "x",
    "legal_basis": "x", "purposes": ["terrorism"], "person_roles": ["suspect"], "record_categories": ["arrest"],
    "death_penalty": "answer", "discreet_hits": "tell_both", "offences": None, "categories": ["arson"],
    "minimum_penalty_months": 5, "barred_natures": [], "answer": None, "hit_score": 0.25, "reference_score": 0.49,
    "bit_budget": 30, "maximum_candidates": 3, "release": None, "maximum": 1, "core_score": 0.75,
    "supplementary_score": 0.96, "core_fields": ["names"], "supplementary_fields": ["phones"], "confirmations": 2,
    "approval": None, "needed": 3, "clock_hours": 72, "urgent_clock_hours": 2, "quotas": None, "queries_a_day": 7,
    "queries_a_year": 7, "queries_a_case": 7, "requests_a_day": 7, "protection": None, "own_nationals": 0,
    "minors": 0, "victims": 1, "witnesses": 1, "handling": None, "code": "H3", "caveats": [],
    "onward_transfer": "never", "change_of_purpose": "with_consent", "retention_days": 7, "feedback_days": 7,
    "emergency": None, "review_days": 3, "uses_a_month": 7, "joint_team": None, "case": "x", "members": None,
    "officer": "x.y",
}  # fmt: skip
"""Another value for each field, by its name; none for clauses and where others change with it."""


def _changed(values: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(values))
    inner: Any = copy
    for step in path[:-1]:
        inner = inner[step]
    if value is _ABSENT:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


def _at(values: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        values = values[step]
    return values


_ABSENT = object()
PLACES = list(_places(_values()))
CLAUSES = [(), *(path for path in PLACES if isinstance(_at(_values(), path), dict))]
_named = pytest.mark.parametrize("path", PLACES, ids=lambda path: ".".join(map(str, path)))


@_named
def test_any_clause_changes_the_hash(path: tuple[Any, ...]) -> None:
    other = _OTHER[path[-1]]
    if path[-2:] == ("approval", "roles"):
        other = ["judge"]
    values = _changed(_values(), path, other) if other is not None else None
    if path == ("answer", "reference_score") and values:
        values["answer"]["hit_score"] = 0.4
    if values is not None:
        assert read_canonical(values).hash != read_canonical(_values()).hash


@_named
def test_no_clause_may_be_left_out_but_the_joint_team(path: tuple[Any, ...]) -> None:
    fault = _fault(_changed(_values(), path, _ABSENT))
    if path == ("joint_team",):
        assert fault is None
        return
    assert fault is not None
    assert fault.place == ".".join(map(str, path))
    assert "every clause is required" in fault.reason


@_named
def test_no_clause_takes_a_value_of_another_kind_and_no_fault_quotes_it(path: tuple[Any, ...]) -> None:
    wrong: list[Any] = [None, [None], {"x": 1}, True, -1, 1e99, "§Melanos\u0007", "", [[]]]
    nothing: dict[str, Any] = {"joint_team": None, "supersedes": ""}
    for value in wrong:
        if path[-1] in nothing and nothing[path[-1]] == value:
            continue
        fault = _fault(_changed(_values(), path, value))
        assert fault is not None, value
        assert fault.place.startswith((str(path[0]), "the agreement")), value
        assert "Melanos" not in str(fault)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda path: ".".join(path) or "the agreement")
def test_no_clause_takes_a_field_that_is_not_in_the_schema(clause: tuple[str, ...]) -> None:
    fault = _fault(_changed(_values(), (*clause, "allow_everything"), True))
    assert fault is not None
    assert fault.place == ".".join((*clause, "allow_everything"))
    assert fault.reason == "is no clause of schema 2: correct its spelling, or remove it"


def test_a_day_in_utc_is_the_same_everywhere_and_a_time_without_zone_has_none() -> None:
    paris = timezone(timedelta(hours=1))
    assert utc_day(datetime(2027, 1, 1, 0, 30, tzinfo=paris)) == date(2026, 12, 31)
    assert utc_day(datetime(2027, 1, 1, 0, 30, tzinfo=UTC)) == date(2027, 1, 1)
    assert utc_day(datetime(2027, 1, 1)) is None


def test_both_first_and_last_day_are_covered() -> None:
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2027, 12, 31), date(2028, 1, 1)]
    assert [AGREEMENT.covers(day) for day in days] == [False, True, True, False]


def test_a_role_is_only_that_of_a_party() -> None:
    assert AGREEMENT.has_role("FR-DNMS", "asks")
    assert not AGREEMENT.has_role("GR-YPAM", "asks")
