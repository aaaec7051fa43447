"""What follows a hit, between two desks: the whole way, its people, its decision at each stage, its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.agreement import Agreement
from agreements.stages import CaseState, ReferralState
from agreements.standing import AgreementSet
from node.cases import asking, holding
from node.cases.messages import Decline, Recall, Request, StateNotice, write_message
from node.cases.reviewing import review
from node.cases.sweeping import receipt_is_overdue
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import (
    ANALYST,
    RELEASE,
    ROW,
    SECOND_ANALYST,
    SUPERVISOR,
    TwoDesks,
    agreement,
    held,
    in_force,
    officer,
    two_desks,
)

TEXT = agreement()


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


def refusal(error: pytest.ExceptionInfo[SymbolonError]) -> tuple[ErrorCode, str]:
    """Give an error's code and detail."""
    return error.value.code, error.value.detail


# The way


def test_a_hit_becomes_readable_content_and_ends_with_a_receipt(desks: TwoDesks) -> None:
    desks.to_content()
    case = desks.ask(asking.read)
    assert case.content is not None
    assert case.content["names"] == ["Giorgos Melanos"]
    assert case.content["phones"] == ["+30 21 0000 0000"]
    assert case.conditions is not None
    assert (case.conditions.code, case.due) == ("H1", date(2027, 6, 1))
    desks.ask(asking.give_feedback, use="led_to_inquiry", words="an inquiry was opened")
    desks.carry()
    assert desks.referral().state is ReferralState.FEEDBACK_RECEIVED
    assert desks.referral().feedback[0].words == "an inquiry was opened"
    desks.wait(timedelta(days=366))
    desks.carry()
    assert (desks.case().state, desks.case().content) == (CaseState.DELETED, None)
    assert (desks.referral().state, desks.referral().receipt) == (ReferralState.DELETED_THERE, "due")
    assert not receipt_is_overdue(desks.referral(), desks.holder.work.scene(desks.holder.file.connection))


def test_both_logs_have_every_step_in_order(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.read)
    asker = ["hit_confirmed", "request_sent", "state_received", "offer_received", "conditions_acknowledged"]
    assert desks.asker.events() == [*asker, "content_received", "content_read"]
    holder = ["request_received", "approval_given", "approval_given", "release_offered", "acknowledgement_received"]
    assert desks.holder.events() == [*holder, "content_sent"]


def test_both_logs_name_the_same_content_by_its_digest(desks: TwoDesks) -> None:
    desks.to_content()
    (sent,) = [entry.event for entry in desks.holder.ledger.entries() if entry.event.type == "content_sent"]
    (come,) = [entry.event for entry in desks.asker.ledger.entries() if entry.event.type == "content_received"]
    assert (sent.digest, sent.fields) == (come.digest, come.fields)


def test_no_event_holds_a_persons_data_in_clear(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.dispute, words="the birth date of Melanos is another")
    desks.carry()
    for desk in (desks.asker, desks.holder):
        text = b"".join(entry.body for entry in desk.ledger.entries()).decode()
        for secret in ("Melanos", "1984", "Z-1", "ABCDEFGHIJKLMNOP", "durand", "weber", "border"):
            assert secret not in text


def test_a_rejected_match_goes_no_further(desks: TwoDesks) -> None:
    desks.ask(asking.reject, reason="another birth place")
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.request, facts="seen twice")
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE
    assert desks.carry() == 0


def test_a_request_needs_the_confirmation_before_it(desks: TwoDesks) -> None:
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.request, facts="seen twice")
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


def test_nothing_of_the_content_travels_before_the_acknowledgement(desks: TwoDesks) -> None:
    seen: list[bytes] = []
    post_of = desks.holder.posted
    desks.holder.posted = lambda: [seen.append(bytes(row["content"])) or row for row in post_of()]  # type: ignore[method-assign,func-returns-value]
    desks.to_offer()
    assert len(seen) > 1
    assert b"Melanos" not in b"".join(seen)
    desks.acknowledge()
    desks.carry()
    assert b"Melanos" in b"".join(seen)


def test_other_conditions_than_those_shown_cannot_be_acknowledged(desks: TwoDesks) -> None:
    desks.to_offer()
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.acknowledge, offer_digest="0" * 64)
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


def test_a_decline_says_nothing_and_its_reason_stays_in_the_house(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.decline, reason="a source would be known by it")
    (row,) = desks.holder.posted()
    assert bytes(row["content"]) == b'{"over_quota":false,"reference":"ABCDEFGHIJKLMNOP","type":"decline"}'
    desks.carry()
    assert desks.case().state is CaseState.DECLINED


# People


def test_the_same_officer_never_approves_twice(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.approve)
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.approve)
    assert refusal(error)[0] is ErrorCode.NOT_THIS_OFFICER
    assert desks.referral().state is ReferralState.REQUESTED


def test_an_approval_takes_a_role_of_the_agreement(desks: TwoDesks) -> None:
    desks.to_request()
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.approve, by=officer("j.amt", "legal_adviser"))
    code, detail = refusal(error)
    assert (code, "release_officer" in detail) == (ErrorCode.NOT_THIS_OFFICER, True)


def test_an_officer_of_the_holder_with_the_askers_name_is_another_person(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.approve, by=officer(ANALYST.name, "release_officer"))
    desks.hold(holding.approve, by=SUPERVISOR)
    assert desks.referral().state is ReferralState.OFFERED


def test_two_confirmations_take_two_officers(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, agreement(release__confirmations=2)):
        desks.ask(asking.confirm)
        with pytest.raises(SymbolonError) as error:
            desks.ask(asking.confirm)
        assert refusal(error)[0] is ErrorCode.NOT_THIS_OFFICER
        assert desks.case().state is CaseState.HIT
        desks.ask(asking.confirm, by=SECOND_ANALYST)
        assert desks.case().state is CaseState.CONFIRMED


# The decision, at each stage


def test_a_suspension_before_the_approval_refuses_it(desks: TwoDesks) -> None:
    desks.to_request()
    desks.agree(TEXT, suspended_by=frozenset({"FR-DNMS"}))
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.approve)
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")
    assert desks.referral().approvals == ()


def test_a_suspension_between_approval_and_content_keeps_it_back_and_says_why_inside(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.acknowledge()
    desks.agree(TEXT, suspended_by=frozenset({"DE-ZASM"}))
    desks.carry()
    assert desks.referral().held == ("in_force",)
    assert desks.case().content is None
    assert desks.holder.events()[-1] == "content_withheld"
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.send)
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")
    desks.agree(TEXT)
    desks.hold(holding.send)
    desks.carry()
    assert desks.case().state is CaseState.READABLE


def test_an_end_between_sending_and_coming_leaves_no_copy(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.acknowledge()
    sent_before = desks.holder.agreements
    desks.agree(TEXT, suspended_by=frozenset({"FR-DNMS"}))
    desks.holder.agreements = sent_before  # the holder has not heard of it yet
    desks.carry()
    assert (desks.case().state, desks.case().content) == (CaseState.DELETED, None)
    assert (desks.referral().state, desks.referral().receipt) == (ReferralState.DELETED_THERE, "not_allowed")


def test_a_suspension_refuses_the_acknowledgement(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.agree(TEXT, suspended_by=frozenset({"FR-DNMS"}))
    with pytest.raises(SymbolonError) as error:
        desks.acknowledge()
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")


def test_a_record_removed_after_the_offer_reads_as_declined(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.holder.records.clear()
    desks.acknowledge()
    desks.carry()
    assert desks.case().state is CaseState.DECLINED
    assert desks.referral().state is ReferralState.DECLINED


@pytest.mark.parametrize("rules", [{"sealed": "yes"}, {"barred": frozenset({"FR"})}, {"at_most": 2}])
def test_a_record_closed_after_the_offer_reads_as_declined(desks: TwoDesks, rules: dict[str, Any]) -> None:
    desks.to_offer()
    desks.holder.records["Z-1"] = held(**rules)
    desks.acknowledge()
    desks.carry()
    assert desks.case().state is CaseState.DECLINED


def test_a_record_that_changed_after_the_approval_is_approved_anew(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})
    desks.acknowledge()
    desks.carry()
    assert desks.case().state is CaseState.REQUESTED
    assert (desks.referral().state, desks.referral().approvals) == (ReferralState.REQUESTED, ())
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    content = desks.case().content
    assert content is not None
    assert content["dob"] == ["1985-08-16"]


def test_an_approval_of_what_the_record_said_before_does_not_count(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.approve)
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})
    desks.hold(holding.approve, by=SUPERVISOR)
    assert desks.referral().state is ReferralState.REQUESTED
    desks.hold(holding.approve)
    assert desks.referral().state is ReferralState.OFFERED


def test_exactly_the_allowed_fields_are_released(desks: TwoDesks) -> None:
    desks.holder.records["Z-1"] = held(withheld=frozenset({"dob"}))
    desks.to_content()
    content = desks.case().content
    assert content is not None
    assert set(content) == {"category", "names", "nationality", "phones", "record_category", "person_role", "action"}


def test_the_minimum_of_both_sides_is_kept(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.acknowledge()
    other = agreement(release__supplementary_fields=[])
    desks.asker.agreements = _same_hash(other)
    desks.carry()
    content = desks.case().content
    assert content is not None
    assert "phones" not in content


def _same_hash(other: Agreement) -> AgreementSet:
    """Give a set in which another text stands under the hash of `TEXT`, as with a copy that was tampered with."""
    found = in_force(other)
    found._by_hash = {TEXT.hash: next(iter(found))}  # no other way to have two texts of one hash
    return found


# Quotas and clocks


def test_a_request_over_the_quota_is_told_so_and_may_come_again_the_next_day(tmp_path: Path) -> None:
    text = agreement(quotas__requests_a_day=1)
    for desks in two_desks(tmp_path, text):
        desks.to_request()
        other = "QRSTUVWXYZ234567"
        desks.hit(text, other)
        desks.ask(asking.confirm, reference=other)
        desks.ask(asking.request, facts="seen again", reference=other)
        desks.carry()
        assert desks.case(other).state is CaseState.CONFIRMED
        assert desks.referral(other).state is ReferralState.TOLD
        desks.wait(timedelta(days=1))
        desks.ask(asking.request, facts="seen again", reference=other)
        desks.carry()
        assert desks.case(other).state is CaseState.REQUESTED


def test_the_clock_of_a_request_runs_out_and_both_sides_see_it(desks: TwoDesks) -> None:
    desks.to_request()
    desks.wait(timedelta(hours=47))
    assert desks.referral().state is ReferralState.REQUESTED
    desks.wait(timedelta(hours=1))
    desks.carry()
    assert desks.referral().state is ReferralState.OVERDUE
    assert desks.case().holder_state == "overdue"
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    assert desks.referral().state is ReferralState.OFFERED


def test_an_urgent_request_has_the_shorter_clock(desks: TwoDesks) -> None:
    desks.to_request(urgency="urgent")
    desks.wait(timedelta(hours=8))
    assert desks.referral().state is ReferralState.OVERDUE


def test_the_clock_pauses_for_a_judge_and_the_asker_sees_that(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.hand_to_judge)
    desks.wait(timedelta(days=20))
    desks.carry()
    assert (desks.referral().state, desks.case().holder_state) == (ReferralState.WITH_JUDGE, "with_judge")
    desks.hold(holding.resume, by=officer("r.richter", "judge"))
    desks.wait(timedelta(hours=47))
    assert desks.referral().state is ReferralState.REQUESTED


def test_a_record_removed_before_a_decision_is_declined_when_the_clock_runs_out_not_at_once(desks: TwoDesks) -> None:
    desks.holder.records.clear()
    desks.to_request()
    desks.wait(timedelta(hours=47))
    assert desks.carry() == 0
    desks.wait(timedelta(hours=1))
    desks.carry()
    assert desks.case().state is CaseState.DECLINED


# Withdrawal, correction, dispute


def test_a_recall_erases_the_copy_and_brings_a_receipt(desks: TwoDesks) -> None:
    desks.to_content()
    desks.hold(holding.recall, reason="entered by mistake")
    desks.carry()
    assert (desks.case().state, desks.case().content) == (CaseState.RECALLED, None)
    assert desks.referral().state is ReferralState.RECALL_CONFIRMED
    assert b"Melanos" not in _bytes_of(desks)


def _bytes_of(desks: TwoDesks) -> bytes:
    desks.asker.file.shrink_log()
    return (desks.asker.folder / "cases.db").read_bytes()


def test_a_correction_replaces_the_copy_and_brings_a_receipt(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.dispute, words="born a year later")
    desks.carry()
    assert (desks.referral().state, desks.referral().disputed) == (ReferralState.DISPUTED, "born a year later")
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})
    desks.hold(holding.correct)
    desks.carry()
    content = desks.case().content
    assert content is not None
    assert content["dob"] == ["1985-08-16"]
    assert (desks.case().state, desks.referral().correction_confirmed) == (CaseState.CORRECTED, 1)


def test_a_dispute_that_is_settled_is_seen_on_both_sides(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.dispute, words="born a year later")
    desks.carry()
    desks.hold(holding.settle, words="the birth date is that of the passport")
    desks.carry()
    assert desks.case().settled == "the birth date is that of the passport"
    assert desks.case().state is CaseState.READABLE


def test_a_recall_of_a_case_that_is_erased_still_gets_its_receipt(desks: TwoDesks) -> None:
    desks.wait(timedelta(days=15))
    desks.ask(asking.reject, reason="another person")
    desks.asker.work.sweep()
    desks.hold(holding.recall, reason="entered by mistake")
    desks.carry()
    assert desks.referral().state is ReferralState.RECALL_CONFIRMED


# Silent hits, emergencies, teams


def test_a_silent_hit_reaches_the_holders_officer_and_reads_like_nothing_outside(desks: TwoDesks) -> None:
    silent, unknown = "SSSSSSSSSSSSSSSS", "UUUUUUUUUUUUUUUU"
    desks.hit(TEXT, silent, silent=True)
    assert [one.reference for one in desks.holder.work.referrals(RELEASE)][-1] == silent
    answers = []
    for reference in (silent, unknown):
        content = desks_request(reference)
        with desks.holder.file.transaction() as connection:
            desks.holder.work.handle(connection, "symbolon://agency/FR-DNMS", content)
        answers.append(bytes(desks.holder.posted()[-1]["content"]).replace(reference.encode(), b"REFERENCE"))
    assert answers[0] == answers[1]
    desks.hold(holding.see_silent, reference=silent)
    assert "hit_silent_seen" in desks.holder.events()


def desks_request(reference: str) -> bytes:
    """Give a request about a reference that was never told."""
    return write_message(
        Request(
            reference=reference,
            confirmed_by=("a.durand",),
            requested_by="a.durand",
            facts="a guess",
            offence="migrant_smuggling",
            purpose="migrant_smuggling",
            urgency="normal",
        )
    )


def test_a_reference_told_to_another_agency_is_nothing_to_this_one(desks: TwoDesks) -> None:
    with desks.holder.file.transaction() as connection:
        desks.holder.work.handle(connection, "symbolon://agency/IT-ALTRA", desks_request("ABCDEFGHIJKLMNOP"))
    assert desks.referral().state is ReferralState.TOLD
    assert b'"type":"decline"' in bytes(desks.holder.posted()[-1]["content"])


def test_an_emergency_needs_one_approval_and_a_review_on_both_sides(desks: TwoDesks) -> None:
    desks.ask(
        asking.request,
        facts="a boat without a pilot",
        emergency={"responsible": "m.chef", "danger": "forty people at sea"},
    )
    desks.carry()
    desks.hold(holding.approve)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    case = desks.case()
    assert case.content is not None
    assert "phones" not in case.content  # the emergency clause allows core fields only
    assert (case.review.state, desks.referral().review.state) == ("due", "due")
    desks.wait(timedelta(days=8))
    assert (desks.case().review.state, desks.referral().review.state) == ("overdue", "overdue")
    with pytest.raises(SymbolonError) as error:
        desks.hold(review, result="in order")
    assert refusal(error)[0] is ErrorCode.NOT_THIS_OFFICER
    desks.hold(review, by=SUPERVISOR, result="in order")
    with pytest.raises(SymbolonError):
        desks.ask(review, by=officer("m.chef", "supervisor"), result="in order")
    desks.ask(review, by=officer("n.juge", "legal_adviser"), result="in order")
    assert (desks.case().review.state, desks.referral().review.state) == ("reviewed", "reviewed")
    assert {"emergency_used", "emergency_review_overdue", "emergency_reviewed"} <= set(desks.holder.events())


def test_emergencies_are_counted(tmp_path: Path) -> None:
    text = agreement(emergency__uses_a_month=1)
    appeal = {"responsible": "m.chef", "danger": "forty people at sea"}
    for desks in two_desks(tmp_path, text):
        desks.ask(asking.request, facts="a boat", emergency=appeal)
        desks.carry()
        assert desks.case().state is CaseState.REQUESTED
        desks.hit(text, "QRSTUVWXYZ234567")
        desks.ask(asking.request, facts="a boat", emergency=appeal, reference="QRSTUVWXYZ234567")
        desks.carry()
        assert desks.case("QRSTUVWXYZ234567").state is CaseState.CONFIRMED


def test_a_teams_case_is_seen_by_its_members_only_and_deleted_with_its_end(tmp_path: Path) -> None:
    members = [{"agency": "FR-DNMS", "officer": "a.durand"}, {"agency": "DE-ZASM", "officer": "k.weber"}]
    members.append({"agency": "DE-ZASM", "officer": "l.vogt"})
    text = agreement(joint_team={"case": "2026/117", "members": members})
    for desks in two_desks(tmp_path, text):
        desks.to_content()
        assert desks.asker.work.cases(SECOND_ANALYST) == []
        with pytest.raises(SymbolonError) as error:
            desks.ask(asking.read, by=SECOND_ANALYST)
        assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE
        desks.agree(text, ended={"DE-ZASM": date(2026, 6, 10)})
        desks.wait(timedelta(days=9))
        assert desks.case().content is not None
        desks.wait(timedelta(days=1))
        desks.carry()
        assert desks.case().content is None
        assert desks.referral().receipt == "agreement_ended"


def test_what_may_be_kept_is_kept_after_the_end(tmp_path: Path) -> None:
    text = agreement(validity__after_end="keep_under_conditions")
    for desks in two_desks(tmp_path, text):
        desks.to_content()
        desks.agree(text, ended={"DE-ZASM": date(2026, 6, 10)})
        desks.wait(timedelta(days=30))
        assert desks.case().content is not None


# Consent


def test_leave_to_pass_on_is_asked_given_and_recorded(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="the same network")
    desks.carry()
    desks.hold(holding.answer_consent, number=1, given=True)
    desks.carry()
    assert [note.given for note in desks.case().consents] == [True]
    assert "consent_decided" in desks.holder.events()


def test_what_is_never_allowed_is_not_even_asked(desks: TwoDesks) -> None:
    desks.to_content()
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.ask_consent, wanted="change_of_purpose", to="terrorism", reason="another case")
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "handling.change_of_purpose")


# Time


def test_hits_nobody_pursues_are_erased(desks: TwoDesks) -> None:
    desks.wait(timedelta(days=29))
    assert desks.case().state is CaseState.HIT
    desks.wait(timedelta(days=1))
    for find in (desks.case, desks.referral):
        with pytest.raises(SymbolonError) as error:
            find()
        assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE


def test_a_missing_receipt_is_seen_at_the_holder(desks: TwoDesks) -> None:
    desks.to_content()
    desks.clock[0] += timedelta(days=367)  # the asker's node is down
    scene = desks.holder.work.scene(desks.holder.file.connection)
    assert receipt_is_overdue(desks.referral(), scene)


# What dies in between


@pytest.mark.parametrize("where", ["_write", "_post"])
def test_a_step_that_died_in_between_is_taken_again_and_written_once(
    desks: TwoDesks, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.ask(asking.confirm)
    work = desks.asker.work
    real = getattr(work, where)

    def die(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(work, where, die)
    with pytest.raises(KeyboardInterrupt):
        desks.ask(asking.request, facts="seen twice")
    monkeypatch.undo()
    assert desks.case().state is CaseState.CONFIRMED
    assert desks.asker.posted() == []
    desks.ask(asking.request, facts="seen twice")
    assert len(desks.asker.posted()) == 1
    assert desks.asker.events() == ["hit_confirmed", "request_sent"]


def test_a_log_that_cannot_be_written_stops_the_step(desks: TwoDesks) -> None:
    desks.ask(asking.confirm)
    desks.asker.ledger.close()
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.request, facts="seen twice")
    assert refusal(error)[0] is ErrorCode.LOG_NOT_WRITABLE
    assert (desks.case().state, desks.asker.posted()) == (CaseState.CONFIRMED, [])


def test_messages_in_any_state_never_fail_and_never_open_anything(desks: TwoDesks) -> None:
    """A partner's odd message is ignored, noted, and answered where an answer is due."""
    desks.to_content()
    uri = "symbolon://agency/DE-ZASM"
    for message in (
        StateNotice(reference="ABCDEFGHIJKLMNOP", state="requested"),
        Decline(reference="ABCDEFGHIJKLMNOP"),
        Recall(reference="UUUUUUUUUUUUUUUU", reason="nothing"),
    ):
        with desks.asker.file.transaction() as connection:
            desks.asker.work.handle(connection, uri, write_message(message))
    assert desks.case().state is CaseState.READABLE
    assert desks.asker.events().count("case_message_ignored") == 3
