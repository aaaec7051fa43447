"""The decision matrix: every case of ``matrix.toml`` is decided as it says. That file explains how to add one."""

from __future__ import annotations

import tomllib
from dataclasses import fields as fields_of
from typing import Any

import pytest

from agreements.agreement import Agreement
from agreements.clauses import MAX_LEVEL
from agreements.decision import Decision, decide, decide_asking
from agreements.facts import Approval, Asked, Emergency, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.meanings import MEANINGS
from agreements.standing import AgreementSet, Standing
from tests.conftest import REPOSITORY
from tests.unit.agreement_page import rules_on_the_page

MATRIX = tomllib.loads((REPOSITORY / "tests" / "decisions" / "matrix.toml").read_text(encoding="utf-8"))
BASE: dict[str, Any] = MATRIX["base"]
CASES: list[dict[str, Any]] = MATRIX["case"]
KEYS = {*BASE, "name", "stage", "side", "level", "rule", "fields", "silent", "conditions"}


def _merged(base: Any, deviation: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(deviation, dict)) or base == {}:
        return deviation
    return base | {name: _merged(base.get(name, {}), value) for name, value in deviation.items()}


def _given(value: Any) -> Any:
    return None if value == "not given" else value


def _facts(case: dict[str, Any], name: str) -> dict[str, Any] | str:
    merged = _merged(BASE[name], case.get(name, {}))
    return merged if isinstance(merged, str) else {key: _given(value) for key, value in merged.items()}


def _agreement(case: dict[str, Any]) -> Agreement:
    values = _merged(BASE["agreement"], case.get("agreement", {}))
    parties = [{"agency": agency, **party} for agency, party in values["parties"].items()]
    return Agreement.model_validate(values | {"parties": parties})


def _agreements(case: dict[str, Any], agreement: Agreement) -> AgreementSet:
    values = _facts(case, "standing")
    assert isinstance(values, dict)
    sets = {name: frozenset(values[name]) for name in ("signed_by", "suspended_by")}
    return AgreementSet([Standing(**{"agreement": agreement, **values, **sets})])


def _asked(case: dict[str, Any], agreement: Agreement) -> Asked:
    values = _facts(case, "asked")
    assert isinstance(values, dict)
    if values["emergency"] is not None:
        values["emergency"] = Emergency(**values["emergency"])
    named = values.pop("agreement_hash", None)
    return Asked(**values, agreement_hash=agreement.hash if named is None else named.encode())


def _record(case: dict[str, Any]) -> RecordRules:
    values = _facts(case, "record")
    if isinstance(values, str):
        return RecordRules()
    sets = {name: _as(frozenset, values[name]) for name in ("barred", "withheld")}
    tuples = {name: tuple(values[name]) for name in ("nationalities", "caveats")}
    return RecordRules(**values | sets | tuples)


def _as(kind: Any, value: Any) -> Any:
    return None if value is None else kind(value)


def _steps(case: dict[str, Any]) -> Steps:
    values = _facts(case, "steps")
    if isinstance(values, str):
        return Steps()
    approvals = tuple(Approval(*one) for one in values["approvals"])
    return Steps(**values | {"approvals": approvals, "confirmed_by": frozenset(values["confirmed_by"])})


def _decided(case: dict[str, Any], agreement: Agreement) -> Decision:
    agreements = _agreements(case, agreement)
    asked, steps = _asked(case, agreement), _steps(case)
    stage: Any = case.get("stage", Stage.ANSWER)
    if case.get("side") == "asker":
        return decide_asking(agreements, asked, stage, steps)
    match, quota = _facts(case, "match"), _facts(case, "quota")
    assert isinstance(quota, dict)
    facts = None if isinstance(match, str) else MatchFacts(**match)
    return decide(agreements, asked, _record(case), facts, stage, steps, QuotaUse(**quota))


def _expected_fields(case: dict[str, Any], agreement: Agreement) -> frozenset[str]:
    release = agreement.release
    named: dict[str, frozenset[str]] = {
        "none": frozenset(),
        "core": frozenset(release.core_fields),
        "all": frozenset(release.core_fields | release.supplementary_fields),
    }
    said = case.get("fields", "none")
    return named[said] if isinstance(said, str) else frozenset(said)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_it_is_decided_as_the_matrix_says(case: dict[str, Any]) -> None:
    assert case.keys() <= KEYS
    agreement = _agreement(case)
    decision = _decided(case, agreement)
    assert decision.level == case["level"]
    assert (decision.conditions is None) == (decision.level == 0)
    lowest = min(level for _, level in decision.caps)
    binding = {rule for rule, level in decision.caps if level == lowest}
    assert decision.level == lowest
    if case["rule"] == "*":
        assert lowest == MAX_LEVEL
    else:
        assert binding == ({case["rule"]} if isinstance(case["rule"], str) else set(case["rule"]))
    assert decision.fields == _expected_fields(case, agreement)
    assert decision.silent == case.get("silent", False)
    assert decision.maximum_candidates == (agreement.answer.maximum_candidates if case["level"] >= 2 else 0)
    for name, value in case.get("conditions", {}).items():
        told = getattr(decision.conditions, name)
        assert told == (tuple(value) if isinstance(value, list) else _given(value)), name


def test_every_deviation_is_of_something_the_base_has() -> None:
    """A misspelt deviation would change nothing, and the case would say something else than it means."""
    places = {"agreement": {place for place in MEANINGS if not place.startswith(("parties.", "joint_team."))}}
    for case in CASES:
        for part in BASE.keys() & case.keys():
            if isinstance(case[part], dict):
                assert set(case[part]) <= {*BASE[part], "agreement_hash", "joint_team"}, case["name"]
        for clause, value in case.get("agreement", {}).items():
            if isinstance(value, dict) and clause not in ("parties", "joint_team"):
                assert {f"{clause}.{name}" for name in value} <= places["agreement"] | {"release.approval"}, case[
                    "name"
                ]


def test_the_base_says_every_fact_there_is() -> None:
    facts = {"asked": Asked, "record": RecordRules, "match": MatchFacts, "steps": Steps, "quota": QuotaUse}
    for name, kind in facts.items():
        assert set(BASE[name]) == {field.name for field in fields_of(kind)} - {"agreement_hash"}
    assert set(BASE["standing"]) == {field.name for field in fields_of(Standing)} - {"agreement", "suspended_since"}


def test_there_are_many_cases_and_each_rule_binds_in_one() -> None:
    assert len(CASES) >= 200
    named = {rule for case in CASES for rule in ([case["rule"]] if isinstance(case["rule"], str) else case["rule"])}
    assert named - {"*"} == set(rules_on_the_page())
