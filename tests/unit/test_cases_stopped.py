"""The stop rule and cases: what would disclose waits, nothing of it is lost, and it goes on by itself, decided anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding
from node.cases.correcting import correct
from node.cases.leave import answer_consent
from node.cases.release import STOPPED
from node.disclosing import NOT_WITNESSED
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import ROW, SUPERVISOR, TEXT, TwoDesks, held, refusal, two_desks

CHANGED = ROW | {"dob": ["1985-08-16"]}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a request between them."""
    for desks in two_desks(tmp_path, TEXT):
        desks.to_request()
        yield desks


def _stop(desks: TwoDesks, reason: str = NOT_WITNESSED) -> None:
    desks.holder.work._stopped = lambda: reason


def _go_on(desks: TwoDesks) -> None:
    _stop(desks, "")
    desks.wait(timedelta(minutes=1))
    desks.carry()


def _types(desks: TwoDesks) -> list[str]:
    return desks.holder.events()


def test_an_offer_waits_and_goes_out_by_itself(desks: TwoDesks) -> None:
    _stop(desks)
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.wait(timedelta(minutes=1))
    assert desks.carry() == 0
    referral = desks.referral()
    assert (referral.state, referral.held) == (ReferralState.REQUESTED, (STOPPED,))
    assert _types(desks)[-2:] == ["approval_given", "content_withheld"]
    _go_on(desks)
    assert (desks.case().state, desks.referral().held) == (CaseState.OFFERED, ())


def test_content_waits_after_its_acknowledgement_and_goes_out_by_itself(desks: TwoDesks) -> None:
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    _stop(desks)
    desks.carry()
    desks.wait(timedelta(minutes=1))
    referral = desks.referral()
    assert (referral.state, referral.held) == (ReferralState.ACKNOWLEDGED, (STOPPED,))
    assert "content_sent" not in _types(desks)
    (withheld,) = [one.event for one in desks.holder.ledger.entries() if one.event.type == "content_withheld"]
    assert withheld.model_dump()["stopped"] == NOT_WITNESSED
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.send)
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, STOPPED)
    _go_on(desks)
    case = desks.case()
    assert case.content is not None
    assert case.content["dob"] == ROW["dob"]
    assert (desks.referral().state, desks.referral().held) == (ReferralState.CONTENT_SENT, ())


def test_content_that_changed_while_it_waited_does_not_go_out(desks: TwoDesks) -> None:
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    _stop(desks)
    desks.carry()
    desks.holder.records["Z-1"] = held(CHANGED)
    _go_on(desks)
    assert (desks.case().content, desks.referral().state) == (None, ReferralState.REQUESTED)


def test_a_record_sealed_while_its_content_waited_goes_back_to_the_officers(
    desks: TwoDesks,
) -> None:
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    _stop(desks)
    desks.carry()
    desks.holder.records["Z-1"] = held(sealed="yes")
    _go_on(desks)
    assert (desks.case().state, desks.referral().held) == (CaseState.REQUESTED, ())


@pytest.mark.parametrize("rules", [{}, {"code": "H3"}], ids=["within what was acknowledged", "offered anew"])
def test_a_correction_waits_and_goes_out_by_itself(desks: TwoDesks, rules: dict[str, str]) -> None:
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    _stop(desks)
    desks.holder.records["Z-1"] = held(CHANGED, **rules)
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    desks.hold(correct, by=SUPERVISOR)
    desks.wait(timedelta(minutes=1))
    assert (desks.carry(), desks.referral().held) == (0, (STOPPED,))
    _go_on(desks)
    assert desks.referral().held == ()
    if rules:
        assert desks.case().state is CaseState.OFFERED
    else:
        case = desks.case()
        assert case.content is not None
        assert case.content["dob"] == CHANGED["dob"]


def test_approvals_that_ended_while_they_waited_send_nothing(desks: TwoDesks) -> None:
    _stop(desks)
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.holder.staff[SUPERVISOR.name] = frozenset()
    _go_on(desks)
    referral = desks.referral()
    assert (referral.state, referral.held, referral.history[-1].event) == (
        ReferralState.REQUESTED,
        (),
        "disclosure_resumed",
    )
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    assert desks.case().state is CaseState.OFFERED


def test_a_request_handed_to_a_judge_while_its_offer_waited_is_not_offered_after(desks: TwoDesks) -> None:
    _stop(desks)
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.hold(holding.hand_to_judge)
    _go_on(desks)
    assert (desks.referral().state, desks.referral().held) == (ReferralState.WITH_JUDGE, ())


def test_leave_is_not_given_while_nothing_may_be_disclosed_but_may_be_refused(desks: TwoDesks) -> None:
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="trial")
    desks.carry()
    _stop(desks)
    with pytest.raises(SymbolonError) as error:
        desks.hold(answer_consent, number=1, given=True)
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, STOPPED)
    desks.hold(answer_consent, number=1, given=False)


def test_recalls_and_refusals_do_not_wait(desks: TwoDesks) -> None:
    _stop(desks)
    desks.hold(holding.decline, reason="not ours")
    desks.carry()
    assert desks.case().state is CaseState.DECLINED


def test_the_asker_s_steps_do_not_hang_on_its_own_log_being_witnessed(desks: TwoDesks) -> None:
    desks.asker.work._stopped = lambda: NOT_WITNESSED
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    assert desks.case().content is not None
