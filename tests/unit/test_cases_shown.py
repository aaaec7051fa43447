"""What an officer who knows only the commands is shown: what was asked, what was told, what is open, and until when."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from agreements.stages import CASE, REFERRAL
from cli.case_output import described
from cli.case_text import _fields, moment, span, text_of
from cli.main import COMMANDS
from node.cases import asking, holding
from node.cases.calls import CaseCalls
from node.cases.desk_steps import CASE_STEPS, REFERRAL_STEPS, Way
from node.cases.reviewing import review
from node.cases.urgency import weighed_case, weighed_referral
from node.cases.wire import case_listed, case_shown, referral_listed, referral_shown
from node.officers.permission import Permission
from node.officers.register import Officer
from symbolon.v1 import cases_pb2 as wire
from tests.unit.two_desks import (
    ANALYST,
    NOW,
    REFERENCE,
    RELEASE,
    SECOND_ANALYST,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    in_force,
    officer,
    two_desks,
)

TWO = agreement(release__confirmations=2)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    yield from two_desks(tmp_path, TEXT)


def case_of(desks: TwoDesks) -> dict[str, Any]:
    """Give the case as ``case show --json`` has it."""
    case = desks.asker.desk.show_case(REFERENCE, "", ANALYST)
    return described(case_shown(case, desks.asker.desk.scene()))


def referral_of(desks: TwoDesks, by: Officer = RELEASE) -> dict[str, Any]:
    """Give the referral as ``referral show --json`` has it."""
    desk = desks.holder.desk
    referral = desk.show_referral(REFERENCE, by)
    release = desk.release_now(referral) if referral.request and by.may("approve") else None
    return described(referral_shown(referral, desk.scene(), release))


def read(noun: str, shown: dict[str, Any], now: datetime = NOW) -> str:
    """Give it as it is printed."""
    console = Console(width=200, highlight=False)
    with console.capture() as printed:
        console.print(text_of(noun, shown, now))
    return printed.get()


def commands(shown: dict[str, Any]) -> list[str]:
    return [step["command"] for step in shown["next_steps"]]


def case_line(desks: TwoDesks) -> wire.CaseShown:
    """Give the case as the asker's list has it."""
    (line,) = desks.asker.desk.cases(ANALYST)
    return case_listed(weighed_case(line, desks.asker.desk.scene()))


def referral_line(desks: TwoDesks) -> wire.ReferralShown:
    """Give the referral as the holder's list has it."""
    (line,) = desks.holder.desk.referrals(RELEASE)
    return referral_listed(weighed_referral(line, desks.holder.desk.scene()))


def test_who_confirms_second_sees_who_was_asked_for_what_was_told_and_why_the_first_confirmed(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TWO):
        desks.ask(asking.confirm, reason="the scar on the left hand")
        shown = case_of(desks)
        assert shown["subject"] == {"category": "individual", "names": ["Giorgos Melanos"], "dob": ["1984-08-16"]}
        assert (shown["band"], shown["reasons"]) == ("strong", ["names: agree"])
        assert [(one["officer"], one["reason"]) for one in shown["confirmations"]] == [
            ("a.durand", "the scar on the left hand")
        ]
        text = read("case", shown)
        for words in (
            "Giorgos Melanos",
            "names: agree",
            "the scar on the left hand",
            "1 of 2 officers",
            "art. 26",
        ):
            assert words in text
        desks.ask(asking.confirm, by=SECOND_ANALYST, reason="the same telephone")
        assert len(case_of(desks)["confirmations"]) == 2


def test_who_decides_sees_why_was_asked_how_it_matched_and_who_still_has_to_approve(desks: TwoDesks) -> None:
    desks.to_request()
    shown = referral_of(desks)
    assert shown["asked"] == {
        "purpose": "migrant_smuggling",
        "legal_basis": "art. 26",
        "case_reference": "2026/117",
        "asked_by": "a.durand",
        "offence": "migrant_smuggling",
        "penalty_months": 60,
        "nature": "ordinary",
        "person_role": "suspect",
        "death_penalty": "no",
        "assurance": False,
    }
    assert shown["reasons"] == ["names: Giorgos Melanos is Giorgos Melanos (+20.1)"]
    clause = TEXT.release.approval
    assert shown["approvals_needed"] == clause.needed
    assert set(shown["approval_roles"]) == set(clause.roles)
    text = read("referral", shown)
    for words in (
        "up to 60 months",
        "suspect",
        "two different officers",
        "0 of 2 for what would be released now",
        "is Giorgos Melanos (+20.1)",
    ):
        assert words in text
    desks.hold(holding.approve)
    shown = referral_of(desks, SUPERVISOR)
    assert [(one["officer"], one["counts"]) for one in shown["approvals"]] == [("DE-ZASM/k.weber", True)]
    assert shown["not_by"] == ["DE-ZASM/k.weber"]
    assert "1 of 2 for what" in read("referral", shown)


def test_an_approval_that_is_void_is_shown_to_be(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.approve)
    desks.holder.staff[RELEASE.name] = frozenset()
    shown = referral_of(desks, SUPERVISOR)
    assert [(one["counts"]) for one in shown["approvals"]] == [False]
    assert shown["not_by"] == []
    assert "void" in read("referral", shown)


def test_a_clock_says_when_it_runs_out_or_who_has_stopped_it(desks: TwoDesks) -> None:
    desks.to_request()
    hours = TEXT.release.clock_hours
    assert f"in {span(timedelta(hours=hours))}" in read("referral", referral_of(desks))
    desks.clock[0] += timedelta(hours=3)
    desks.hold(holding.hand_to_judge)
    desks.clock[0] += timedelta(hours=2)
    shown = referral_of(desks)
    assert (shown["clock_due_at"], shown["clock_paused_by"]) == (None, RELEASE.name)
    assert shown["clock_left_seconds"] == (hours - 3) * 3600
    assert f"for a judge, by {RELEASE.name}; {span(timedelta(hours=hours - 3))} left" in read(
        "referral", shown, desks.clock[0]
    )


def test_a_request_is_open_work_from_its_coming_with_its_due_time(desks: TwoDesks) -> None:
    desks.to_request()
    listed = referral_line(desks)
    assert list(listed.file.alerts) == ["a request: decide it"]
    due = NOW + timedelta(hours=TEXT.release.clock_hours)
    assert listed.file.see_to_by == listed.clock_due_at == int(due.timestamp())
    desks.wait(timedelta(hours=TEXT.release.clock_hours))
    late = referral_line(desks)
    assert list(late.file.alerts) == ["a request whose time has passed: decide it"]
    assert late.file.see_to_by == int(due.timestamp())


def test_a_hit_is_open_work_from_its_coming(desks: TwoDesks) -> None:
    listed = case_line(desks)
    assert list(listed.file.alerts) == ["a hit: confirm that it is the person asked for, or reject it"]


def test_no_list_names_a_person_or_why_it_matched(desks: TwoDesks) -> None:
    desks.to_request()
    for message in (case_line(desks), referral_line(desks)):
        assert "Melanos" not in str(described(message))
        assert described(message)["next_steps"] == []


def test_what_was_compared_goes_with_the_end_of_the_file_and_from_the_disk(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.decline, reason="a source")
    desks.carry()
    assert (desks.case().subject, desks.case().reasons, desks.referral().reasons) == (None, (), ())
    for desk in (desks.asker, desks.holder):
        desk.file.shrink_log()
        assert b"Giorgos Melanos" not in (desk.folder / "cases.db").read_bytes()


def test_who_reviews_an_emergency_can_still_see_who_was_asked_for(desks: TwoDesks) -> None:
    appeal = {"responsible": "c.chef", "danger": "a boat without a pilot"}
    desks.ask(asking.request, facts="now", emergency=appeal)
    desks.carry()
    for by in (RELEASE, SUPERVISOR)[: TEXT.emergency.approval.needed]:
        desks.hold(holding.approve, by=by)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    desks.ask(asking.delete)
    assert (desks.case().is_over, desks.case().awaits_review) == (True, True)
    assert desks.case().subject is not None
    desks.ask(review, by=officer("d.juste", "legal_adviser"), result="in order")
    assert desks.case().subject is None


def test_the_steps_that_are_open_are_told_with_their_commands_and_roles(desks: TwoDesks) -> None:
    assert commands(case_of(desks)) == [
        f"symbolon case confirm {REFERENCE} --reason '...'",
        f"symbolon case reject {REFERENCE} --reason '...'",
        f"symbolon case request {REFERENCE} --facts '...' --danger '...' --responsible '...'",
    ]
    desks.to_offer()
    shown = case_of(desks)
    assert commands(shown) == [f"symbolon case acknowledge {REFERENCE} --offer {shown['offer']['digest']}"]
    assert shown["next_steps"][0]["roles"] == ["analyst"]
    assert f"--offer {shown['offer']['digest']}\n      takes: analyst" in read("case", shown)


def test_the_steps_of_a_request_carry_the_digest_of_what_is_shown(desks: TwoDesks) -> None:
    desks.to_request()
    shown = referral_of(desks)
    steps = {step["step"]: step for step in shown["next_steps"]}
    assert list(steps) == ["approve", "decline", "ask", "judge", "recall"]
    assert steps["approve"]["command"] == f"symbolon referral approve {REFERENCE} --digest {shown['digest']}"
    assert set(steps["approve"]["roles"]) == TEXT.release.approval.roles
    assert steps["approve"]["only_if"] == ""
    assert "--about 'facts|legal_basis|" in steps["ask"]["command"]
    assert steps["judge"]["roles"] == ["release_officer", "legal_adviser", "judge"]


async def test_after_a_step_a_referral_reads_as_when_it_is_shown(desks: TwoDesks) -> None:
    desks.to_request()
    desks.holder.staff[RELEASE.name] = RELEASE.roles

    calls = CaseCalls(Permission(cast("Any", None)), desks.holder.desk)
    step = wire.ActOnReferralRequest(reference=REFERENCE, ask=wire.Question(about="facts"))
    after = (await calls.act_on_referral(step, RELEASE)).referral
    shown = (await calls.show_referral(wire.ShowReferralRequest(reference=REFERENCE), RELEASE)).referral
    assert json.loads(shown.record_json)["record_id"] == "Z-1"
    shown.ClearField("record_json")  # which only looking at it gives, and logs
    shown.ClearField("record_rules_json")
    assert after == shown
    assert f"symbolon referral approve {REFERENCE} --digest {shown.digest}" in commands(described(after))


def test_what_a_suspension_refuses_is_not_told_to_be_open_at_the_asker(desks: TwoDesks) -> None:
    desks.ask(asking.confirm)
    suspended = in_force(TEXT, suspended_by=frozenset({"DE-ZASM"}))
    desks.asker.agreements = suspended
    assert [step["step"] for step in case_of(desks)["next_steps"]] == ["reject"]
    desks.agree(TEXT)
    desks.ask(asking.request, facts="seen twice")
    desks.carry()
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    assert [step["step"] for step in case_of(desks)["next_steps"]] == ["acknowledge"]
    desks.asker.agreements = suspended
    assert case_of(desks)["next_steps"] == []


def test_an_approval_is_not_told_to_be_open_while_a_rule_stands_in_the_way(desks: TwoDesks) -> None:
    desks.to_request()
    record = desks.holder.records.pop("Z-1")
    shown = referral_of(desks)
    assert shown["in_the_way"] == ["record.current"]
    assert "approve" not in [step["step"] for step in shown["next_steps"]]
    desks.holder.records["Z-1"] = record


def test_a_question_and_a_request_for_leave_are_answered_by_number(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.ask_about, about="facts")
    desks.carry()
    assert f"symbolon case answer {REFERENCE} 1 --words '...'" in commands(case_of(desks))


def test_leave_is_asked_and_answered_with_the_options_of_its_kind(desks: TwoDesks) -> None:
    desks.to_content()
    assert f"symbolon case ask-leave {REFERENCE} --reason '...' --to '...'" in commands(case_of(desks))
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="why")
    desks.carry()
    told = [one for one in commands(referral_of(desks)) if "answer-leave" in one]
    assert told == [
        f"symbolon referral answer-leave {REFERENCE} 1 --give",
        f"symbolon referral answer-leave {REFERENCE} 1 --refuse",
    ]


def _ways() -> list[tuple[str, str, Way]]:
    tables = (("case", CASE_STEPS), ("referral", REFERRAL_STEPS))
    return [(noun, name, way) for noun, table in tables for name, step in table.items() for way in step.ways]


@pytest.mark.parametrize(("noun", "name", "way"), _ways(), ids=lambda one: one if isinstance(one, str) else "")
def test_each_step_is_a_step_of_the_desk_a_command_and_an_event_of_the_tables(noun: str, name: str, way: Way) -> None:
    request = wire.ActOnCaseRequest if noun == "case" else wire.ActOnReferralRequest
    assert name in {field.name for field in request.DESCRIPTOR.oneofs_by_name["step"].fields}
    assert name.replace("_", "-") in COMMANDS[noun].load(noun).commands
    events = {event for _, event in (*CASE, *REFERRAL)} | {None}
    assert way.event in events or name == "review"


def test_every_step_of_the_desk_is_in_the_table() -> None:
    for request, table in ((wire.ActOnCaseRequest, CASE_STEPS), (wire.ActOnReferralRequest, REFERRAL_STEPS)):
        assert {field.name for field in request.DESCRIPTOR.oneofs_by_name["step"].fields} == set(table)


def test_every_command_told_is_one_that_its_parser_takes(desks: TwoDesks) -> None:
    told = commands(case_of(desks))
    desks.to_request()
    told += commands(referral_of(desks))
    for command in told:
        _, noun, name, *words = shlex.split(command)
        parsed = COMMANDS[noun].load(noun).commands[name]
        parsed.make_context(name, words)


def test_times_are_utc_and_counted_from_now() -> None:
    assert (
        moment((NOW + timedelta(hours=47, minutes=59)).isoformat(), NOW) == "2026-06-03 08:59 UTC (in 1 day 23 hours)"
    )
    assert moment((NOW - timedelta(minutes=5)).isoformat(), NOW) == "2026-06-01 08:55 UTC (5 minutes ago)"
    assert span(timedelta(seconds=59)) == "less than a minute"
    assert moment(None, NOW) == ""


def test_conditions_are_read_with_the_meaning_of_their_codes(desks: TwoDesks) -> None:
    desks.to_content()
    content = desks.ask(asking.read)
    shown = described(case_shown(content, desks.asker.desk.scene()))
    text = read("case", shown)
    code = shown["conditions"]["code"]
    assert f"{code}: not to be used in court without permission" in text
    assert "For intelligence only; not to be used as evidence without the holder's consent." in text
    assert f"{shown['conditions']['retention_days']} days after the content has come" in text
    assert "+30 21 0000 0000" in text
    assert "{" not in text
    assert "_" not in text.partition("What can be done next")[0]


def test_documents_are_read_as_words() -> None:
    row = {"documents": [{"type": "passport", "country": "GR", "number": "A 1", "note": "lost"}]}
    assert _fields(row) == [("documents", ["passport of GR, number A 1: lost"])]


def test_what_a_partner_wrote_cannot_steer_the_terminal(desks: TwoDesks) -> None:
    desks.ask(asking.confirm)
    desks.ask(asking.request, facts="first\x1b[2Jsecond\nthird")
    desks.carry()
    text = read("referral", referral_of(desks))
    assert "\x1b" not in text
    assert "first\N{REPLACEMENT CHARACTER}[2Jsecond" in text


def test_where_the_copy_is_gone_no_day_of_its_deletion_and_no_conditions_are_told(desks: TwoDesks) -> None:
    desks.to_content()
    assert (case_of(desks)["deleted_on"], "conditions" in case_of(desks)) == ("2027-06-01", True)
    assert referral_of(desks)["deleted_on"] == "2027-06-01"
    desks.hold(holding.recall, by=SUPERVISOR, reason="entered by mistake")
    assert referral_of(desks)["deleted_on"] == ""
    desks.carry()
    for shown in (case_of(desks), referral_of(desks)):
        assert (shown["deleted_on"], "Conditions that bind" in read("case", case_of(desks))) == ("", False)


def test_where_the_copy_was_erased_no_day_of_its_deletion_is_told(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.delete)
    desks.carry()
    assert [shown["deleted_on"] for shown in (case_of(desks), referral_of(desks))] == ["", ""]
    assert "conditions" not in case_of(desks)


def test_no_clock_is_told_of_a_request_that_is_decided(desks: TwoDesks) -> None:
    desks.to_offer()
    assert (referral_of(desks)["clock_due_at"], referral_line(desks).clock_due_at) == (None, 0)
    assert "runs out" not in read("referral", referral_of(desks))
