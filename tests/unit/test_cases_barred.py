"""A record that may not be told of any more: what nobody decided reads outside as of every other, to the moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import holding
from node.cases.correcting import correct
from node.disclosing import NOT_WITNESSED
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import ROW, SUPERVISOR, TEXT, TwoDesks, held, opened_desks, refusal

Become = Callable[[TwoDesks], None]

HOURS = (1, 40, 8, 24, 24 * 40, 24 * 60)
"""How long is waited, again and again: past the clock, and past the 90 days in which what nobody decides has lapsed."""


def _ruled(**rules: Any) -> Become:
    def become(desks: TwoDesks) -> None:
        desks.holder.records["Z-1"] = held(**rules)

    return become


def _changed(desks: TwoDesks) -> None:
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})


def _damaged(desks: TwoDesks) -> None:
    def read(*_: Any) -> None:
        raise ValueError("Melanos")

    desks.holder.work._record = read


BARRED: dict[str, Become] = {
    "barred": _ruled(barred=frozenset({"FR"})),
    "sealed": _ruled(sealed="yes"),
    "less": _ruled(at_most=2),
    "discreet": _ruled(discreet="yes"),
    "removed": lambda desks: desks.holder.records.clear(),
    "damaged": _damaged,
}


def _read_outside(desks: TwoDesks) -> list[tuple[Any, ...]]:
    """Let time pass with nobody deciding, and give what the asker reads, at which moment."""
    seen: list[tuple[Any, ...]] = []
    for hours in HOURS:
        desks.wait(timedelta(hours=hours))
        desks.carry()
        case = desks.case()
        seen.append(
            (case.state, case.holder_state, case.offer is None, [(line.event, line.at) for line in case.history])
        )
    return seen


def _course(folder: Path, come: Callable[[TwoDesks], None], become: Become) -> list[tuple[Any, ...]]:
    folder.mkdir()
    with opened_desks(folder, TEXT) as desks:
        come(desks)
        become(desks)
        return _read_outside(desks)


@pytest.mark.parametrize("name", BARRED)
def test_a_request_that_nobody_decides_reads_alike_whatever_the_record_is_by_then(tmp_path: Path, name: str) -> None:
    def come(desks: TwoDesks) -> None:
        desks.to_request()

    fine = _course(tmp_path / "fine", come, lambda _: None)
    assert [one[1] for one in fine[:3]] == ["requested", "requested", "overdue"]
    assert fine[-1][0] is CaseState.LAPSED
    assert _course(tmp_path / name, come, BARRED[name]) == fine


def _acknowledged_after(folder: Path, become: Become) -> tuple[list[tuple[Any, ...]], ReferralState]:
    folder.mkdir()
    with opened_desks(folder, TEXT) as desks:
        desks.to_offer()
        desks.acknowledge()
        become(desks)
        desks.carry()
        first = (desks.case().state, desks.case().holder_state)
        return [first, *_read_outside(desks)], desks.referral().state


@pytest.mark.parametrize("name", BARRED)
def test_an_acknowledgement_reads_as_where_the_record_was_only_changed(tmp_path: Path, name: str) -> None:
    changed = _acknowledged_after(tmp_path / "changed", _changed)
    assert changed[0][0] == (CaseState.REQUESTED, "requested")
    assert changed[1] is ReferralState.LAPSED
    assert _acknowledged_after(tmp_path / name, BARRED[name]) == changed


@pytest.mark.parametrize("name", BARRED)
@pytest.mark.parametrize("reason", ["suspended", "stopped"])
def test_what_both_sides_know_keeps_it_back_whatever_the_record_is(tmp_path: Path, name: str, reason: str) -> None:
    def keep_back(desks: TwoDesks, become: Become) -> None:
        become(desks)
        if reason == "stopped":
            desks.holder.work._stopped = lambda: NOT_WITNESSED
        else:
            desks.agree(TEXT, suspended_by=frozenset({"DE-ZASM"}))

    courses = [
        _acknowledged_after(tmp_path / str(number), partial(keep_back, become=become))
        for number, become in enumerate((_changed, BARRED[name]))
    ]
    assert courses[0][0][0] == (CaseState.ACKNOWLEDGED, "offered")
    assert courses[0] == courses[1]


def test_what_was_kept_back_is_not_declined_in_the_name_of_an_officer_who_sends_it(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_offer()
        desks.acknowledge()
        desks.agree(TEXT, suspended_by=frozenset({"DE-ZASM"}))
        desks.carry()
        desks.agree(TEXT)
        desks.holder.records["Z-1"] = held(sealed="yes")
        with pytest.raises(SymbolonError) as error:
            desks.hold(holding.send)
        assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "record.sealed")
        assert desks.referral().state is ReferralState.ACKNOWLEDGED
        desks.hold(holding.decline, reason="it was sealed")
        desks.carry()
        assert desks.case().state is CaseState.DECLINED


def test_what_is_approved_anew_after_a_copy_has_a_clock_again(tmp_path: Path) -> None:
    with opened_desks(tmp_path, TEXT) as desks:
        desks.to_content()
        desks.holder.records["Z-1"] = held(code="H3")
        desks.hold(correct)
        desks.hold(correct, by=SUPERVISOR)
        desks.carry()
        desks.holder.records["Z-1"] = held(sealed="yes")
        desks.acknowledge()
        desks.carry()
        assert desks.referral().state is ReferralState.REQUESTED
        desks.wait(timedelta(hours=48))
        assert desks.referral().state is ReferralState.OVERDUE
