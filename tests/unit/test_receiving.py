"""The table of who receives what is the decision itself, for each rule on records; troubles say the way out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agreements.decision import Decision, decide
from agreements.facts import Asked, RecordRules
from agreements.rules import may_be_national
from agreements.standing import AgreementSet, Standing
from console.wording.operation_sentences import PATTERNS, WHOLE
from node.operations import receiving as receiving_module
from node.operations.receiving import Receiving, RuledRecords, holding, receiving, ruled_records
from node.operations.troubles import troubles
from node.records.rules import HouseRules
from symbolon.v1 import operations_pb2 as wire
from tests.unit.agreed import AGREEMENT, NOW, RECORD
from tests.unit.holder import OPEN

SIGNED = Standing(AGREEMENT, frozenset(AGREEMENT.party_of), accepted=True)


def table(*records: tuple[RecordRules, int], standing: Standing = SIGNED) -> tuple[Receiving, ...]:
    ruled = [RuledRecords(rules, count) for rules, count in records]
    return receiving(AgreementSet([standing]), AGREEMENT, "DE-ZASM", ruled, NOW)


def test_alike_records_are_one_row_with_what_the_agreement_allows_at_most() -> None:
    (row,) = table((RECORD, 2), (replace(RECORD, nationalities=("AF",)), 3))
    assert (row.partner, row.records, row.at_once.level) == ("FR-DNMS", 5, AGREEMENT.answer.maximum)
    assert row.released.level == AGREEMENT.release.maximum
    assert holding(row.at_once) == ("answer.maximum",)


def test_what_a_rule_keeps_back_is_a_row_of_its_own_that_names_the_rule() -> None:
    told, sealed = table((replace(RECORD, sealed="yes"), 4), (RECORD, 1))
    assert told.at_once.level > 0 == sealed.at_once.level == sealed.released.level
    assert sealed.records == 4
    assert holding(sealed.at_once) == ("record.sealed",)


def test_withheld_fields_are_not_among_those_received() -> None:
    (row,) = table((replace(RECORD, withheld=frozenset({"names"})), 1))
    assert "names" not in row.released.fields


def test_nothing_is_received_while_the_agreement_is_suspended() -> None:
    (row,) = table((RECORD, 1), standing=replace(SIGNED, suspended_by=frozenset({"FR-DNMS"})))
    assert (row.at_once.level, row.released.level) == (0, 0)
    assert "in_force" in holding(row.at_once)


def test_nationalities_cost_no_decisions_beyond_whether_one_may_be_the_holders(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[RecordRules] = []

    def counted(agreements: AgreementSet, about: Asked, rules: RecordRules, **facts: Any) -> Decision:
        asked.append(rules)
        return decide(agreements, about, rules, **facts)

    monkeypatch.setattr(receiving_module, "decide", counted)
    several = [("DE",), ("SY", "DE"), (), ("SY",), ("AF", "SY"), ("XXA",)]
    rows = table(*((replace(RECORD, nationalities=of), 1) for of in several))
    assert len(asked) == 2 * 2
    assert sum(row.records for row in rows) == len(several)
    assert {own for one in several for own in [may_be_national("DE", one)]} == {True, False}


def outline(*births: str, rules: dict[str, object] | None = None) -> str:
    return json.dumps(["individual", list(births), ["SY"], rules])


def test_rules_are_worked_out_once_for_all_who_are_surely_adult_and_never_for_the_young() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    outlines = [(outline("1970-01-02"), 2), (outline("1981-05-05"), 3), (outline("2015-05-05"), 1), ("", 1)]
    ruled = ruled_records(outlines, OPEN, now)
    assert sorted((one.rules.minor, one.records) for one in ruled) == [("no", 5), ("unknown", 1), ("unknown", 1)]
    assert any(one.rules == RecordRules() for one in ruled), "a damaged row tells nothing"
    assert ruled_records([], HouseRules(), now) == ()


def test_each_trouble_says_the_way_out_and_the_grave_ones_come_first() -> None:
    shown = wire.ShowNodeResponse(pending=3, unfindable=1, free_bytes=1)
    shown.status.directory_waiting.append("entry 3")
    shown.certificates.add(name="party", days_left=12)
    shown.certificates.add(name="console", days_left=-1)
    found = troubles(shown, [wire.PeerShown(member="symbolon://agency/DE-ZASM")])
    assert [one.gravity for one in found] == sorted(one.gravity for one in found)
    assert all(one.what and one.way_out for one in found)
    told = [one.what for one in found]
    assert "The certificate of this node ends in 12 days." in told
    assert "The certificate of the console is over." in told
    assert any("DE-ZASM" in one for one in told)


def test_every_trouble_is_among_the_sentences_that_the_console_translates() -> None:
    shown = wire.ShowNodeResponse(pending=3, unfindable=1, free_bytes=1)
    state = shown.status
    state.stopped = "x"
    for listed in (
        state.contradicting_logs,
        state.refusing_witnesses,
        state.logs_not_seen,
        state.directory_disputes,
        state.directory_waiting,
    ):
        listed.append("x")
    state.directory_trouble, state.messages_set_aside = "x", 2
    for name in ("party", "authority", "console", "systems_authority", "system"):
        shown.certificates.add(name=name, subject="symbolon://system/X", days_left=3)
        shown.certificates.add(name=name, subject="symbolon://system/X", days_left=-3)
    found = troubles(shown, [wire.PeerShown(member="symbolon://agency/DE-ZASM")])
    said = [sentence for one in found for sentence in (one.what, one.way_out)]
    assert len(found) == 25
    assert [one for one in said if one not in WHOLE and not _has_pattern(one)] == []


def _has_pattern(said: str) -> bool:
    return any(pattern.fullmatch(said) for pattern, _ in PATTERNS)
