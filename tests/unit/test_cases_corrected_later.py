"""What was released is put right after its agreement was replaced, suspended or has ended: that, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding
from node.cases.correcting import correct
from node.cases.leave import answer_consent
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import ROW, SUPERVISOR, TwoDesks, agreement, held, refusal, two_desks

TEXT = agreement(validity__after_end="keep_under_conditions", handling__onward_transfer="with_consent")
DELETING = agreement(validity__after_end="delete")
CHANGED = ROW | {"dob": ["1985-08-16"]}
WITHOUT_FORCE: dict[str, dict[str, Any]] = {
    "replaced": {"superseded_from": date(2026, 6, 1)},
    "suspended by the holder": {"suspended_by": frozenset({"DE-ZASM"})},
    "suspended by the asker": {"suspended_by": frozenset({"FR-DNMS"})},
    "ended": {"ended": {"FR-DNMS": date(2026, 5, 31)}},
}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks between which content was released."""
    for desks in two_desks(tmp_path, TEXT):
        desks.to_content()
        yield desks


def _corrected(desks: TwoDesks) -> None:
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    desks.hold(correct, by=SUPERVISOR)
    desks.carry()


@pytest.mark.parametrize("name", WITHOUT_FORCE)
def test_what_was_released_is_put_right(desks: TwoDesks, name: str) -> None:
    desks.agree(TEXT, **WITHOUT_FORCE[name])
    desks.holder.records["Z-1"] = held(CHANGED)
    _corrected(desks)
    content = desks.case().content
    assert content is not None
    assert (desks.case().state, content["dob"]) == (CaseState.CORRECTED, ["1985-08-16"])
    assert (desks.referral().state, desks.referral().correction_confirmed) == (ReferralState.CORRECTED, 1)


def test_no_field_more_comes_and_the_conditions_are_the_stricter_of_both(desks: TwoDesks) -> None:
    desks.agree(TEXT, **WITHOUT_FORCE["replaced"])
    before = desks.case().content
    row = CHANGED | {"emails": ["g@melanos.example"]}
    desks.holder.records["Z-1"] = held(row, code="H3", caveats=("not before a court",))
    _corrected(desks)
    case = desks.case()
    assert before is not None
    assert case.content is not None
    assert case.conditions is not None
    assert case.content.keys() == before.keys()
    assert (case.conditions.code, "not before a court" in case.conditions.caveats) == ("H3", True)


@pytest.mark.parametrize("rules", [{"sealed": "yes"}, {"barred": frozenset({"FR"})}, {"at_most": 2}])
def test_a_record_that_may_not_be_told_of_is_not_corrected_either(desks: TwoDesks, rules: dict[str, Any]) -> None:
    desks.agree(TEXT, **WITHOUT_FORCE["replaced"])
    desks.holder.records["Z-1"] = held(CHANGED, **rules)
    with pytest.raises(SymbolonError) as error:
        desks.hold(correct)
    assert refusal(error)[0] is ErrorCode.AGREEMENT_REFUSES


def test_nothing_is_corrected_where_the_copy_ends_with_the_agreement(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, DELETING):
        desks.to_content()
        desks.agree(DELETING, **WITHOUT_FORCE["ended"])
        desks.holder.records["Z-1"] = held(CHANGED)
        with pytest.raises(SymbolonError) as error:
            desks.hold(correct)
        assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")


def test_leave_takes_an_agreement_in_force_as_ever(desks: TwoDesks) -> None:
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="the same network")
    desks.carry()
    desks.agree(TEXT, **WITHOUT_FORCE["suspended by the holder"])
    with pytest.raises(SymbolonError) as error:
        desks.hold(answer_consent, number=1, given=True)
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")


def test_what_was_never_released_still_takes_an_agreement_in_force(tmp_path: Path) -> None:
    for desks in two_desks(tmp_path, TEXT):
        desks.to_request()
        desks.wait(timedelta(hours=1))
        desks.agree(TEXT, **WITHOUT_FORCE["replaced"])
        with pytest.raises(SymbolonError) as error:
            desks.hold(holding.approve)
        assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")
