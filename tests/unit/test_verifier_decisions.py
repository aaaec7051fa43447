"""Decisions made again: an insider who discloses more than was allowed is named by entry and clause."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from agreements.decision import Decision
from agreements.facts import QuotaUse, RecordRules, Stage
from agreements.inputs import Considered, DecisionInput, input_of, write_inputs
from agreements.standing import Standing
from ledger.agreement_events import AgreementEnded, AgreementSuperseded, AgreementSuspended
from ledger.entries import Statement
from ledger.events import Event, QueryAnswered, QuerySent
from ledger.exports import ExportedEntry, ExportedOpening
from ledger.log import Ledger
from tests.unit.agreed import AGREEMENT, ASKED, MATCH, QUOTA, RECORD, in_force
from tests.unit.exported import Audited, Forger, Party, accepted, agreement_line, said, saying, texts, verify, walked
from tests.unit.holder import Asking, holder, person
from tests.unit.signatories import Signatories
from tests.unit.two_desks import ASKER, HOLDER
from verifier.report import Report
from verifier.trust import Trust

HASH = AGREEMENT.hash.hex()
DE, FR = Party("symbolon://agency/DE-ZASM"), Party("symbolon://agency/FR-DNMS")
NAME = "agreement fr-de-2026 v1"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return walked(tmp_path_factory.mktemp("walked"))


@pytest.fixture(scope="module")
def keys() -> Signatories:
    return Signatories()


def _made_from(standing: Standing | None = None, **parts: Any) -> DecisionInput:
    """Give what an answer now is made from."""
    asked = replace(ASKED, now=datetime.now(UTC))
    known = {"considered": (Considered(RECORD, MATCH),), "quota": QUOTA} | parts
    return input_of("holder", standing or in_force(AGREEMENT), asked, **known)


def _answered(made_from: DecisionInput, decision: Decision, **changes: Any) -> Statement:
    """Give the entry of an answer, as a node writes it but for the changes."""
    values = {
        "envelope_digest": "00",
        "sender": FR.uri,
        "level": decision.level,
        "agreement_hash": HASH,
        "purpose": ASKED.purpose,
        "trace": decision.trace,
    }
    event = QueryAnswered.model_validate(values | changes)
    return Statement(event, {"decision": write_inputs([(made_from, AGREEMENT)])})


def _honest(**parts: Any) -> Statement:
    made_from = _made_from(**parts)
    return _answered(made_from, made_from.decide(AGREEMENT))


def _report(folder: Path, keys: Signatories, *statements: Statement, trust: Trust | None = None) -> Report:
    """Verify a log of these entries, the acceptance first."""
    with Ledger(folder / "ledger.db") as log:
        for statement in (accepted(AGREEMENT, DE), *statements):
            log.append(statement)
    content = DE.export(folder / "ledger.db", agreement_line(AGREEMENT, keys))
    return verify(content, trust or Trust((DE.key,), authority=keys.authority.certificate))


def test_an_answer_within_the_agreement_is_right(tmp_path: Path, keys: Signatories) -> None:
    report = _report(tmp_path, keys, _honest(), _honest(considered=()), _honest(quota=QuotaUse()))
    assert texts(report) == []
    assert report.checked["decisions"] == 3


def test_a_level_above_what_was_decided_is_named_with_the_clause(tmp_path: Path, keys: Signatories) -> None:
    made_from = _made_from(considered=(Considered(replace(RECORD, sealed="yes"), MATCH),))
    report = _report(tmp_path, keys, _answered(made_from, made_from.decide(AGREEMENT), level=2))
    assert texts(report) == [f"Entry 2 says level 2 was answered, but {NAME}, clause record.sealed, allows at most 0."]


def test_a_level_below_what_was_decided_is_found_too(tmp_path: Path, keys: Signatories) -> None:
    report = _report(tmp_path, keys, _answered(_made_from(), _made_from().decide(AGREEMENT), level=1))
    assert texts(report) == [f"Entry 2 says level 1 was answered, where {NAME} leads to 2."]


def test_a_trace_made_up_is_found(tmp_path: Path, keys: Signatories) -> None:
    decision = _made_from().decide(AGREEMENT)
    false = tuple(line.replace("scores: at most level 2", "scores: at most level 4") for line in decision.trace)
    (found,) = texts(_report(tmp_path, keys, _answered(_made_from(), decision, trace=false)))
    assert found == f"Entry 2 has another reckoning than {NAME} leads to: scores: at most level 2."


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "symbolon://agency/GR-YPAM"},
        {"sender": "nobody"},
        {"agreement_hash": "ab" * 32},
        {"purpose": "terrorism"},
    ],
)
def test_a_decision_about_something_else_does_not_serve(
    tmp_path: Path, keys: Signatories, change: dict[str, str]
) -> None:
    decision = _made_from().decide(AGREEMENT)
    found = texts(_report(tmp_path, keys, _answered(_made_from(), decision, **change)))
    assert found == ["Entry 2 has a decision that is about something else than the entry."]


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, side="asker"),
        lambda one: replace(one, asked=replace(one.asked, now=one.asked.now - timedelta(hours=1))),
        lambda one: replace(one, asked=replace(one.asked, now=one.asked.now.replace(tzinfo=None))),
        lambda one: replace(one, asked=replace(one.asked, holder="GR-YPAM")),
    ],
)
def test_a_decision_of_another_side_or_time_does_not_serve(
    tmp_path: Path, keys: Signatories, change: Callable[[DecisionInput], DecisionInput]
) -> None:
    made_from = change(_made_from())
    found = texts(_report(tmp_path, keys, _answered(made_from, _made_from().decide(AGREEMENT))))
    assert found == ["Entry 2 has a decision that is about something else than the entry."]


@pytest.mark.parametrize("text", ["", "[]", "{}", '["x"]'])
def test_a_decision_that_cannot_be_read_is_found(tmp_path: Path, keys: Signatories, text: str) -> None:
    statement = replace(_honest(), personal={"decision": text})
    assert texts(_report(tmp_path, keys, statement)) == ["Entry 2 has a decision that cannot be read."]


def test_a_disclosure_without_any_decision_is_found(tmp_path: Path, keys: Signatories) -> None:
    statement = replace(_answered(_made_from(), _made_from().decide(AGREEMENT), trace=("nothing opened",)), personal={})
    assert texts(_report(tmp_path, keys, statement)) == ["Entry 2 discloses something without a decision."]


def test_an_entry_that_committed_to_no_decision_is_found(tmp_path: Path, keys: Signatories) -> None:
    """Else a node had only to leave it out, and could release anything."""
    report = _report(tmp_path, keys, replace(_honest(), personal={}))
    assert texts(report) == ["Entry 2 does not hold what its decision was made from."]
    assert "decisions" not in report.checked


def test_a_decision_under_an_agreement_never_accepted_is_found(tmp_path: Path, keys: Signatories) -> None:
    with Ledger(tmp_path / "ledger.db") as log:
        log.append(_honest())
    content = DE.export(tmp_path / "ledger.db", agreement_line(AGREEMENT, keys))
    found = texts(verify(content, Trust((DE.key,), authority=keys.authority.certificate)))
    assert found == [f"Entry 1 decided under {NAME}, which by this log was never accepted."]


def test_of_an_export_that_begins_later_the_standing_is_said_to_be_unknown(tmp_path: Path, keys: Signatories) -> None:
    _report(tmp_path, keys, _honest())
    content = DE.export(tmp_path / "ledger.db", agreement_line(AGREEMENT, keys), first=2)
    report = verify(content, Trust((DE.key,), authority=keys.authority.certificate))
    assert texts(report) == []
    assert report.unchecked["where the agreement of a decision stood: accepted before the first entry"] == 1


_BY_FR: dict[str, Any] = {"agreement": AGREEMENT.id, "version": 1, "agreement_hash": HASH, "party": FR.uri}
_STATED: list[tuple[type[Any], dict[str, Any]]] = [
    (AgreementSuspended, {}),
    (AgreementEnded, {"last_day": "2026-01-01"}),
    (AgreementSuperseded, {"by_hash": "ab" * 32, "from_day": "2026-01-01"}),
]


def _aged(content: bytes, party: Party, days: int) -> bytes:
    """Date all entries but the last back, as if the log had been written over time."""
    forger = Forger(content, party)
    entries = [one for one in forger.lines if isinstance(one, ExportedEntry)]
    lines = []
    for one in forger.lines:
        if isinstance(one, ExportedEntry) and one is not entries[-1]:
            time = datetime.fromisoformat(said(one)["time"]) - timedelta(days=days)
            one = saying({**said(one), "time": time.isoformat()})  # noqa: PLW2901
        lines.append(one)
    return forger.rewritten(lines)


@pytest.mark.parametrize(("event", "details"), _STATED, ids=lambda one: getattr(one, "__name__", ""))
def test_a_decision_that_overlooks_a_change_of_the_agreement_is_found(
    tmp_path: Path, keys: Signatories, event: type[Any], details: dict[str, Any]
) -> None:
    changed = Statement(event(**_BY_FR, **details))
    _report(tmp_path, keys, changed, _honest())
    line = agreement_line(AGREEMENT, keys)
    content = DE.export(tmp_path / "ledger.db", line)
    expected = f"Entry 3 took {NAME} to stand otherwise than it did (last changed by entry 2)."
    notice = AGREEMENT.validity.notice_days
    assert texts(verify(_aged(content, DE, 1 + notice), Trust((DE.key,)))) == [expected]
    assert texts(verify(content, Trust((DE.key,)))) == [], "a decision under way when the change was logged is no fault"


def test_a_statement_is_checked_with_its_signature(tmp_path: Path, keys: Signatories) -> None:
    def stated(agency: str, **changes: Any) -> Statement:
        signed = keys.declare("suspends", agency, AGREEMENT, datetime.now(UTC))
        return Statement(AgreementSuspended(**(_BY_FR | changes), statement=signed.model_dump_json()))

    other = keys.declare("resumes", "FR-DNMS", AGREEMENT, datetime.now(UTC)).model_dump_json()
    report = _report(
        tmp_path,
        keys,
        stated("FR-DNMS"),
        stated("DE-ZASM"),
        Statement(AgreementSuspended(**_BY_FR, statement=other)),
        Statement(AgreementSuspended(**_BY_FR, statement="{}")),
        Statement(AgreementSuspended(**_BY_FR)),
    )
    assert report.checked["statements about agreements"] == 1
    assert texts(report) == [
        "Entry 3 has a statement that says something else.",
        "Entry 4 has a statement that says something else.",
        "Entry 5 has a statement whose signature does not hold.",
        "Entry 6 has a statement whose signature does not hold.",
    ]


def test_an_end_counts_from_the_day_that_its_notice_allows(tmp_path: Path, keys: Signatories) -> None:
    today = datetime.now(UTC).date()
    ended = keys.declare("ends", "FR-DNMS", AGREEMENT, datetime.now(UTC), today)
    event = AgreementEnded(**_BY_FR, last_day=today.isoformat(), statement=ended.model_dump_json())
    last = today + timedelta(days=AGREEMENT.validity.notice_days)
    seen = in_force(AGREEMENT, ended={"FR-DNMS": last})
    report = _report(tmp_path, keys, Statement(event), _honest(standing=seen))
    assert texts(report) == []
    assert report.checked["decisions"] == 1


def test_a_query_put_without_leave_is_found(tmp_path: Path, keys: Signatories) -> None:
    with Ledger(tmp_path / "ledger.db") as log:
        log.append(accepted(AGREEMENT, FR))
        for purpose in ("migrant_smuggling", "document_fraud"):
            asked = replace(ASKED, now=datetime.now(UTC), purpose=purpose)
            made_from = input_of("asker", in_force(AGREEMENT), asked)
            event = QuerySent(
                query_id="ab",
                purpose=purpose,
                recipients=(DE.uri,),
                agreements=(AGREEMENT.id,),
                agreement_hashes=(HASH,),
            )
            log.append(Statement(event, {"decision": write_inputs([(made_from, AGREEMENT)])}))
        event = event.model_copy(update={"agreement_hashes": ()})
        log.append(Statement(event))
    content = FR.export(tmp_path / "ledger.db", agreement_line(AGREEMENT, keys))
    assert texts(verify(content, Trust((FR.key,), authority=keys.authority.certificate))) == [
        f"Entry 3 put a query that {NAME}, clause purposes, allows at most 0.",
        "Entry 4 does not name one agreement for each agency asked.",
    ]


def _opened(forger: Forger, number: int) -> dict[str, str]:
    return {one.name: one.value for one in forger.lines if isinstance(one, ExportedOpening) and one.entry == number}


def _numbered(forger: Forger, kind: str) -> tuple[int, dict[str, Any]]:
    entries = [said(one) for one in forger.lines if isinstance(one, ExportedEntry)]
    values = next(one for one in entries if one["event"]["type"] == kind)
    return values["number"], dict(values["event"])


@pytest.mark.parametrize(
    ("side", "kind", "fields", "expected"),
    [
        (HOLDER, "content_sent", ["names", "programs"], "has fields that {name} does not let out at level 4"),
        (HOLDER, "correction_sent", ["email"], "has fields that {name} does not let out at level 4"),
        (ASKER, "content_received", ["email", "names"], "has fields that {name} does not let out at level 4"),
    ],
)
def test_fields_beyond_the_decision_are_found(
    audited: Audited, side: str, kind: str, fields: list[str], expected: str
) -> None:
    forger = Forger(audited.exports[side], audited.parties[side])
    number, event = _numbered(forger, kind)
    changed = TypeAdapter(Event).validate_python({**event, "fields": fields})
    content = forger.restated(number, changed, _opened(forger, number))
    (found,) = texts(verify(content, audited.trust(side)))
    assert found == f"Entry {number} {expected.format(name=NAME)}."


def test_a_release_that_the_record_s_owner_barred_is_named(audited: Audited) -> None:
    forger = Forger(audited.exports[HOLDER], audited.parties[HOLDER])
    number, event = _numbered(forger, "content_sent")
    personal = _opened(forger, number)
    inputs = json.loads(personal["decision"])
    inputs[0]["considered"][0]["record"]["at_most"] = 2
    personal["decision"] = json.dumps(inputs)
    content = forger.restated(number, TypeAdapter(Event).validate_python(event), personal)
    (found,) = texts(verify(content, audited.trust(HOLDER)))
    level = 4 if set(event["fields"]) - AGREEMENT.release.core_fields else 3
    assert found == (
        f"Entry {number} says level {level} was released, but {NAME}, clause record.at_most, allows at most 2."
    )


async def test_the_answers_of_a_responder_are_right(tmp_path: Path) -> None:
    """What a real responder logs of real queries, told, capped, silent and empty, is made again as it was."""
    rows: list[dict[str, Any]] = [
        {"record_id": "DE-1", "names": ["MELANOS Georgios"], "dob": ["1984-08-16"], "nationality": ["GR"]},
        {"record_id": "DE-2", "names": ["Anna Probst"], "dob": ["1990-02-03"], "rules": {"discreet": "yes"}},
        {"record_id": "DE-3", "names": ["Karl Muster"], "dob": ["1970-02-03"], "rules": {"sealed": "yes"}},
    ]
    asked = [{"names": row["names"], "dob": row["dob"]} for row in rows] + [{"names": ["Ida Other"], "dob": ["1999"]}]
    with holder(tmp_path, "\n".join(map(json.dumps, rows))) as one:
        one.ledger.append(accepted(one.agreement, DE))
        levels = [(await one.ask(Asking(person(**row)))).level for row in asked]
        one.declare("suspends")
        await one.ask(Asking(person(**asked[0])))
        party = Party(DE.uri)
        content = party.export(tmp_path / "data" / "ledger.db", agreement_line(one.agreement, one.signatories))
        report = verify(content, Trust((party.key,), authority=one.signatories.authority.certificate))
    assert levels == [2, 0, 0, 0]
    assert texts(report) == []
    assert report.checked["decisions"] == 3
    assert not [one for one in report.unchecked if one.startswith("decisions")]


def test_more_records_than_a_node_compares_are_none(tmp_path: Path, keys: Signatories) -> None:
    record = RecordRules(hidden_until=datetime.max)
    made_from = _made_from(considered=(Considered(record, MATCH),) * 65)
    report = _report(tmp_path, keys, _answered(made_from, made_from.decide(AGREEMENT)))
    assert texts(report) == ["Entry 2 has a decision that cannot be read."]


def test_an_answer_may_not_be_decided_as_a_correction_for_which_no_agreement_has_to_be_in_force(
    tmp_path: Path, keys: Signatories
) -> None:
    found = _report(tmp_path, keys, _honest(stage=Stage.CORRECTION)).findings
    assert any("has a decision that is about something else than the entry" in str(one) for one in found)
