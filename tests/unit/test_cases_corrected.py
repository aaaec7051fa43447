"""A correction is a release: by as many, of exactly what was shown, under conditions that are acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding
from node.cases.correcting import correct
from node.cases.messages import Content, Correction, digest_of_offer, write_message
from node.cases.wire import case_shown
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

CHANGED = ROW | {"dob": ["1985-08-16"]}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks between which content was released."""
    for desks in two_desks(tmp_path, TEXT):
        desks.to_content()
        yield desks


def _change(desks: TwoDesks, row: dict[str, Any] = CHANGED, **rules: Any) -> None:
    desks.holder.records["Z-1"] = held(row, **rules)


def _corrected(desks: TwoDesks) -> None:
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    desks.hold(correct, by=SUPERVISOR)


def test_nobody_corrects_alone(desks: TwoDesks) -> None:
    _change(desks)
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    with pytest.raises(SymbolonError) as error:
        desks.hold(correct)
    assert refusal(error)[0] is ErrorCode.NOT_THIS_OFFICER
    with pytest.raises(SymbolonError) as error:
        desks.hold(correct, by=officer("j.amt", "legal_adviser"))
    assert refusal(error)[0] is ErrorCode.NOT_THIS_OFFICER
    assert desks.holder.posted() == []


def test_approvals_of_another_correction_do_not_count(desks: TwoDesks) -> None:
    _change(desks)
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    _change(desks, ROW | {"dob": ["1986-08-16"]})
    desks.hold(holding.confirm_match)
    desks.hold(correct, by=SUPERVISOR)
    assert (desks.referral().state, desks.holder.posted()) == (ReferralState.CONTENT_SENT, [])


def test_other_conditions_or_a_field_more_are_offered_anew_and_the_copy_goes_until_then(tmp_path: Path) -> None:
    changes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("stricter", CHANGED, {"code": "H3", "caveats": ("not before a court",)}),
        ("more", CHANGED | {"emails": ["g@melanos.example"]}, {}),
    ]
    for name, row, rules in changes:
        (tmp_path / name).mkdir()
        for desks in two_desks(tmp_path / name, TEXT):
            desks.to_content()
            _change(desks, row, **rules)
            _corrected(desks)
            assert b"1985" not in bytes(desks.holder.posted()[-1]["content"])
            desks.carry()
            assert (desks.case().state, desks.case().content) == (CaseState.OFFERED, None)
            assert desks.asker.events()[-2:] == ["content_deleted", "offer_received"]
            desks.acknowledge()
            desks.carry()
            case = desks.case()
            assert case.content is not None
            assert case.conditions is not None
            assert case.content["dob"] == ["1985-08-16"]
            assert case.conditions.code == rules.get("code", "H1")


def test_the_asker_is_told_which_fields_a_correction_changed_and_not_what_stood_there(desks: TwoDesks) -> None:
    before = desks.case().content
    assert before is not None
    assert "phones" in before
    _change(desks, {name: value for name, value in CHANGED.items() if name != "phones"})
    _corrected(desks)
    desks.carry()
    case, scene = desks.case(), desks.asker.desk.scene()
    assert case.corrected == ("dob", "phones")
    assert list(case_shown(case, scene).corrected) == ["dob", "phones"]
    assert case.content == {name: value for name, value in before.items() if name != "phones"} | {"dob": ["1985-08-16"]}
    desks.ask(asking.delete)
    assert desks.case().corrected == ()


def test_what_is_acknowledged_anew_is_no_correction(desks: TwoDesks) -> None:
    _change(desks)
    _corrected(desks)
    desks.carry()
    assert desks.case().corrected == ("dob",)
    _change(desks, CHANGED | {"emails": ["g@melanos.example"]})
    _corrected(desks)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    case = desks.case()
    assert case.content is not None
    assert "emails" in case.content
    assert case.corrected == ()


def test_a_digest_of_the_new_offer_is_not_made_with_the_salt_that_was_told(desks: TwoDesks) -> None:
    first = desks.case().offer
    desks.holder.records["Z-1"] = held(code="H3")
    _corrected(desks)
    desks.carry()
    second = desks.case().offer
    assert first is not None
    assert second is not None
    assert first.content_digest != second.content_digest  # of the same content


def test_a_copy_deleted_while_it_was_offered_anew_ends_the_referral(desks: TwoDesks) -> None:
    _change(desks, code="H3")
    desks.ask(asking.delete)
    _corrected(desks)
    desks.carry()
    assert (desks.case().state, desks.referral().state) == (CaseState.DELETED, ReferralState.DELETED_THERE)


def test_content_that_comes_twice_is_answered_with_no_receipt_while_the_copy_is_here(desks: TwoDesks) -> None:
    offer = desks.case().offer
    assert offer is not None
    second = Content.model_validate(
        {
            "reference": REFERENCE,
            "offer_digest": digest_of_offer(offer),
            "salt": "0" * 64,
            "content": {},
            "conditions": offer.conditions,
            "due": "2027-01-01",
        }
    )
    for state in (CaseState.READABLE, CaseState.DELETED):
        desks.asker.take("DE-ZASM", write_message(second))
        assert desks.case().state is state
        receipts = [row for row in desks.asker.posted() if b"deletion_receipt" in bytes(row["content"])]
        assert len(receipts) == (0 if state is CaseState.READABLE else 2)
        if state is CaseState.READABLE:
            desks.ask(asking.delete)


def test_a_record_that_is_closed_is_not_corrected(desks: TwoDesks) -> None:
    _change(desks, sealed="yes")
    with pytest.raises(SymbolonError) as error:
        desks.hold(correct)
    assert refusal(error)[0] is ErrorCode.AGREEMENT_REFUSES


def test_a_correction_the_receivers_own_decision_does_not_allow_is_not_kept(desks: TwoDesks) -> None:
    _change(desks)
    _corrected(desks)
    desks.asker.agreements = in_force(TEXT, accepted=False)
    desks.carry()
    assert (desks.case().state, desks.case().content) == (CaseState.DELETED, None)
    assert desks.referral().receipt == "not_allowed"


def test_a_new_offer_the_receivers_own_decision_does_not_allow_leaves_no_copy(desks: TwoDesks) -> None:
    _change(desks, code="H3")
    _corrected(desks)
    desks.asker.agreements = in_force(TEXT, suspended_by=frozenset({"FR-DNMS"}))
    desks.carry()
    assert (desks.case().state, desks.case().content) == (CaseState.DELETED, None)


def test_a_correction_keeps_the_fields_of_both_sides(desks: TwoDesks) -> None:
    _change(desks)
    _corrected(desks)
    other = in_force(agreement(release__supplementary_fields=[]))
    other._by_hash = {TEXT.hash: next(iter(other))}  # as with a copy that was tampered with
    desks.asker.agreements = other
    desks.carry()
    content = desks.case().content
    assert content is not None
    assert "phones" not in content
    (entry,) = [one.event for one in desks.asker.ledger.entries() if one.event.type == "correction_received"]
    assert "phones" not in entry.fields
    assert entry.trace


@pytest.mark.parametrize("odd", ["offer", "conditions", "fields"])
def test_a_correction_of_what_was_never_acknowledged_leaves_no_copy(desks: TwoDesks, odd: str) -> None:
    offer = desks.case().offer
    assert offer is not None
    conditions = offer.conditions.model_copy(update={"code": "H0"} if odd == "conditions" else {})
    message = Correction.model_validate(
        {
            "reference": REFERENCE,
            "number": 1,
            "offer_digest": "0" * 64 if odd == "offer" else digest_of_offer(offer),
            "salt": "0" * 64,
            "content": {"names": ["Another"]} | ({"listed_on": ["X"]} if odd == "fields" else {}),
            "conditions": conditions,
        }
    )
    desks.asker.take("DE-ZASM", write_message(message))
    assert (desks.case().state, desks.case().content) == (CaseState.DELETED, None)


# What an officer saw


def test_an_approval_is_of_what_was_shown(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        desks.to_request()
        shown = desks.holder.desk.release_now(desks.referral()).digest
        _change(desks)
        with pytest.raises(SymbolonError) as error:
            desks.hold(holding.approve, digest=shown)
        assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE
        assert desks.referral().approvals == ()


def test_a_correction_and_what_was_held_back_are_of_what_was_shown(desks: TwoDesks) -> None:
    shown = desks.holder.desk.release_now(desks.referral()).digest
    _change(desks)
    with pytest.raises(SymbolonError) as error:
        desks.hold(correct, digest=shown)
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


def test_what_was_held_back_is_sent_as_shown(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        desks.to_offer()
        desks.acknowledge()
        desks.agree(TEXT, suspended_by=frozenset({"DE-ZASM"}))
        desks.carry()
        desks.agree(TEXT)
        with pytest.raises(SymbolonError) as error:
            desks.hold(holding.send, digest="0" * 64)
        assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE
        assert desks.referral().state is ReferralState.ACKNOWLEDGED


def test_an_offer_says_nothing_of_what_to_do_where_the_person_is_found(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        desks.to_offer()
        offer = desks.case().offer
        assert offer is not None
        assert b"action" not in write_message(offer).replace(b'"action"', b"", 1)  # only as the name of a field
        desks.acknowledge()
        desks.carry()
        content = desks.case().content
        assert content is not None
        assert "action" in content


# Who the record is of, and who stands for it


def test_a_record_that_changed_after_the_hit_is_compared_by_an_officer_before_it_is_approved(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        desks.to_request()
        _change(desks, ROW | {"names": ["Somebody Else"]})
        with pytest.raises(SymbolonError) as error:
            desks.hold(holding.approve)
        assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "record.match_confirmed")
        desks.hold(holding.confirm_match)
        assert "match_confirmed" in desks.holder.events()
        desks.hold(holding.approve)
        _change(desks, CHANGED)
        with pytest.raises(SymbolonError) as error:
            desks.hold(holding.approve, by=SUPERVISOR)
        assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "record.match_confirmed")


def test_a_record_that_changes_in_what_is_withheld_does_not_leave_either(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        _change(desks, ROW, withheld=frozenset({"dob"}))
        desks.to_offer()
        desks.acknowledge()
        _change(desks, CHANGED, withheld=frozenset({"dob"}))
        desks.carry()
        assert (desks.case().state, desks.case().content) == (CaseState.REQUESTED, None)


def test_an_approval_does_not_outlive_its_officer(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        desks.to_request()
        desks.hold(holding.approve)
        desks.holder.staff.clear()
        desks.hold(holding.approve, by=SUPERVISOR)
        assert desks.referral().state is ReferralState.REQUESTED


def test_an_officer_who_goes_after_the_offer_takes_the_release_along(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        desks.to_offer()
        desks.acknowledge()
        del desks.holder.staff[SUPERVISOR.name]
        desks.carry()
        assert (desks.case().state, desks.case().content) == (CaseState.REQUESTED, None)


def test_the_use_is_told_while_a_dispute_is_open_and_leaves_it_open(desks: TwoDesks) -> None:
    desks.ask(asking.dispute, words="the passport says 1985")
    desks.ask(asking.give_feedback, use="located")
    desks.carry()
    assert (desks.case().state, desks.referral().state) == (CaseState.DISPUTED, ReferralState.DISPUTED)
    assert [one.use for one in desks.referral().feedback] == ["located"]
    desks.hold(holding.settle, by=SUPERVISOR, words="seen by us")
    desks.carry()
    assert (desks.case().state, desks.referral().state) == (CaseState.READABLE, ReferralState.CONTENT_SENT)
