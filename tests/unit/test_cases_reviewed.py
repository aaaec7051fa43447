"""Emergencies: who answers for them, how often, and the review of what was released in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState
from node.cases import asking, holding
from node.cases.alerts import alerts_of_case, alerts_of_referral
from node.cases.correcting import correct
from node.cases.reviewing import review
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import (
    ROW,
    SECOND_ANALYST,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    held,
    officer,
    refusal,
    two_desks,
)

APPEAL = {"responsible": "m.chef", "danger": "forty people at sea"}
LEGAL = officer("n.juge", "legal_adviser")


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


def to_emergency(desks: TwoDesks, **details: Any) -> None:
    """Go on to a request in an emergency."""
    desks.ask(asking.request, facts="a boat without a pilot", emergency=APPEAL, **details)


def to_release(desks: TwoDesks) -> None:
    """Go on from there to readable content."""
    desks.carry()
    desks.hold(holding.approve)
    desks.carry()
    desks.acknowledge()
    desks.carry()


def reviews(desks: TwoDesks) -> tuple[str, str]:
    """Give where the reviews stand on both sides."""
    return desks.case().review.state, desks.referral().review.state


def review_both(desks: TwoDesks) -> None:
    """Review on both sides, by people who had no part."""
    desks.ask(review, by=LEGAL, result="in order")
    desks.hold(review, by=SUPERVISOR, result="in order")


def test_an_emergency_needs_one_approval_and_a_review_on_both_sides(desks: TwoDesks) -> None:
    to_emergency(desks)
    desks.carry()
    to_release(desks)
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


@pytest.mark.parametrize(
    ("responsible", "code"), [("a.durand", ErrorCode.NOT_THIS_OFFICER), ("nobody", ErrorCode.INVALID_INPUT)]
)
def test_who_answers_for_an_emergency_is_another_active_officer(
    desks: TwoDesks, responsible: str, code: ErrorCode
) -> None:
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.request, facts="a boat", emergency={"responsible": responsible, "danger": "forty at sea"})
    assert refusal(error)[0] is code
    assert desks.case().state is CaseState.HIT


def test_who_put_the_query_does_not_review_the_emergency(desks: TwoDesks) -> None:
    to_emergency(desks, by=SECOND_ANALYST)
    to_release(desks)
    with pytest.raises(SymbolonError) as error:
        desks.ask(review, result="in order")
    assert refusal(error)[0] is ErrorCode.NOT_THIS_OFFICER


def test_emergencies_are_counted(tmp_path: Path) -> None:
    text = agreement(emergency__uses_a_month=1)
    for desks in two_desks(tmp_path, text):
        to_emergency(desks)
        desks.carry()
        assert desks.case().state is CaseState.REQUESTED
        desks.hit(text, "QRSTUVWXYZ234567")
        desks.ask(asking.request, facts="a boat", emergency=APPEAL, reference="QRSTUVWXYZ234567")
        desks.carry()
        assert desks.case("QRSTUVWXYZ234567").state is CaseState.HIT  # nobody has confirmed it
        assert desks.case("QRSTUVWXYZ234567").review.state == "none"


def test_a_review_waits_for_those_who_had_no_part(desks: TwoDesks) -> None:
    to_emergency(desks)
    desks.carry()
    to_release(desks)

    def waits_for(by: Officer) -> list[bool]:
        alerts = alerts_of_case(desks.case(), desks.asker.desk.scene(), by)
        return [one.is_for(by) for one in alerts if one.kind == "reviewing"]

    assert waits_for(LEGAL) == [True]
    assert waits_for(officer(APPEAL["responsible"], "supervisor")) == [False]


def test_who_only_took_note_had_no_part(desks: TwoDesks) -> None:
    to_emergency(desks)
    desks.carry()
    to_release(desks)
    desks.hold(holding.recall, by=SUPERVISOR, reason="another person")
    desks.carry()
    taker = officer("n.new", "supervisor")
    desks.ask(asking.see, by=taker)
    desks.ask(review, by=taker, result="in order")
    assert desks.case().review.by == "n.new"


def test_a_review_comes_after_the_release_it_reviews(desks: TwoDesks) -> None:
    def not_yet(desks: TwoDesks) -> None:
        for take, by in ((desks.ask, LEGAL), (desks.hold, SUPERVISOR)):
            with pytest.raises(SymbolonError) as error:
                take(review, by=by, result="in order")
            assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE

    to_emergency(desks)
    desks.carry()
    not_yet(desks)
    desks.hold(holding.approve)
    desks.carry()
    not_yet(desks)
    desks.acknowledge()
    not_yet(desks)
    desks.carry()
    review_both(desks)
    assert reviews(desks) == ("reviewed", "reviewed")


def test_the_days_of_a_review_are_counted_from_the_release(desks: TwoDesks) -> None:
    to_emergency(desks)
    desks.wait(timedelta(days=6))  # on the way, and 7 days are agreed
    to_release(desks)
    desks.wait(timedelta(days=6))
    assert reviews(desks) == ("due", "due")
    desks.wait(timedelta(days=1))
    assert reviews(desks) == ("overdue", "overdue")


def _declined(desks: TwoDesks) -> None:
    desks.hold(holding.decline, reason="a source")


def _recalled(desks: TwoDesks) -> None:
    desks.hold(holding.recall, reason="entered by mistake")


def _left_alone(desks: TwoDesks) -> None:
    desks.wait(timedelta(days=4))
    desks.wait(timedelta(days=90))


@pytest.mark.parametrize("refused", [_declined, _recalled, _left_alone])
def test_where_nothing_was_released_no_review_is_due(desks: TwoDesks, refused: Callable[[TwoDesks], None]) -> None:
    to_emergency(desks)
    desks.carry()
    refused(desks)
    desks.carry()
    case, referral = desks.case(), desks.referral()
    assert case.is_over
    assert referral.is_over
    assert reviews(desks) == ("none", "none")
    assert {one.kind for one in alerts_of_case(case, desks.asker.desk.scene())} <= {"told"}
    assert alerts_of_referral(referral, desks.holder.desk.scene()) == []


def test_what_is_released_after_a_review_is_reviewed_too(desks: TwoDesks) -> None:
    to_emergency(desks)
    to_release(desks)
    review_both(desks)
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    desks.carry()
    assert desks.case().state is CaseState.CORRECTED
    assert reviews(desks) == ("due", "due")
