"""What is decided of a release at each stage, and its quotas and clocks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.agreement import Agreement
from agreements.stages import CaseState, ReferralState
from agreements.standing import AgreementSet
from node.cases import asking, holding
from node.cases.alerts import alerts_of_case
from node.cases.messages import StateNotice, write_message
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import (
    REFERENCE,
    ROW,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    held,
    in_force,
    officer,
    refusal,
    two_desks,
)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


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


def test_an_offer_that_comes_during_a_suspension_is_taken_on_after_it(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.asker.agreements = in_force(TEXT, suspended_by=frozenset({"FR-DNMS"}))
    desks.carry()  # nothing brings it again
    assert desks.case().state is CaseState.OFFERED
    (alert,) = alerts_of_case(desks.case(), desks.asker.work.scene())
    assert alert.words.startswith("nothing is asked or taken on: the agreement is suspended by FR-DNMS")
    with pytest.raises(SymbolonError) as error:
        desks.acknowledge()
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")
    desks.agree(TEXT)
    desks.acknowledge()
    desks.carry()
    assert desks.case().state is CaseState.READABLE


def test_a_record_that_changed_after_the_approval_is_approved_anew(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})
    desks.acknowledge()
    desks.carry()
    assert desks.case().state is CaseState.REQUESTED
    assert (desks.referral().state, desks.referral().approvals) == (ReferralState.REQUESTED, ())
    desks.hold(holding.confirm_match)
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
    desks.hold(holding.confirm_match)
    desks.hold(holding.approve, by=SUPERVISOR)
    assert desks.referral().state is ReferralState.REQUESTED
    desks.hold(holding.approve)
    assert desks.referral().state is ReferralState.OFFERED


def test_exactly_the_allowed_fields_are_released(desks: TwoDesks) -> None:
    desks.holder.records["Z-1"] = held(withheld=frozenset({"dob"}))
    desks.to_content()
    content = desks.case().content
    assert content is not None
    assert set(content) == {
        *("category", "names", "nationality", "documents", "phones"),
        *("record_category", "person_role", "action"),
    }


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


def test_a_request_that_the_holder_works_on_does_not_lapse_at_the_asker(desks: TwoDesks) -> None:
    desks.to_request()
    desks.wait(timedelta(days=3))
    desks.carry()
    desks.wait(timedelta(days=80))
    desks.hold(holding.hand_to_judge)
    desks.carry()
    desks.wait(timedelta(days=80))
    assert (desks.case().state, desks.case().holder_state) == (CaseState.REQUESTED, "with_judge")
    desks.hold(holding.resume, by=officer("r.richter", "judge"))
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    assert desks.case().state is CaseState.OFFERED


def test_a_request_of_which_the_holder_says_nothing_new_lapses(desks: TwoDesks) -> None:
    desks.to_request()
    desks.wait(timedelta(days=3))
    desks.carry()
    desks.wait(timedelta(days=89))
    notice = StateNotice(reference=REFERENCE, state="overdue")
    desks.asker.take("DE-ZASM", write_message(notice))  # which it knows
    desks.wait(timedelta(days=1))
    assert desks.case().state is CaseState.LAPSED


# A record that nobody can read


def _damaged(desks: TwoDesks, error: Exception) -> None:
    def read(*_: Any) -> None:
        raise error

    desks.holder.work._record = read


def test_a_clock_runs_out_although_the_record_is_damaged(desks: TwoDesks, caplog: pytest.LogCaptureFixture) -> None:
    desks.to_request()
    _damaged(desks, ValueError("Melanos"))
    assert desks.holder.desk.release_now(desks.referral()).rules_in_the_way == ("record.current",)
    desks.wait(timedelta(hours=48))
    desks.carry()
    assert (desks.referral().state, desks.case().holder_state) == (ReferralState.OVERDUE, "overdue")
    assert "a record is not to be read: ValueError at" in caplog.text
    assert "Melanos" not in caplog.text


def test_a_clock_does_not_wait_for_a_record_that_is_not_to_be_had_for_an_hour(desks: TwoDesks) -> None:
    desks.to_request()
    _damaged(desks, sqlite3.OperationalError("database is locked"))
    desks.wait(timedelta(hours=48))
    assert desks.referral().state is ReferralState.OVERDUE
