"""Leave to pass on or to use otherwise: while the copy is there, by as many as a release, decided anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agreements.stages import CaseState
from node.cases import asking, holding
from node.cases.leave import answer_consent
from node.cases.messages import ConsentAnswer, write_message
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import (
    REFERENCE,
    RELEASE,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    held,
    officer,
    refusal,
    two_desks,
)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks between which leave is asked."""
    for desks in two_desks(tmp_path, TEXT):
        desks.to_content()
        desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="the same network")
        desks.carry()
        yield desks


def _given(desks: TwoDesks) -> None:
    desks.hold(answer_consent, number=1, given=True)
    desks.hold(answer_consent, by=SUPERVISOR, number=1, given=True)


def test_nobody_gives_leave_alone_or_in_another_role(desks: TwoDesks) -> None:
    desks.hold(answer_consent, number=1, given=True)
    for by in (RELEASE, officer("j.amt", "legal_adviser")):
        with pytest.raises(SymbolonError) as error:
            desks.hold(answer_consent, by=by, number=1, given=True)
        assert refusal(error)[0] is ErrorCode.NOT_THIS_OFFICER
    assert [note.given for note in desks.referral().consents] == [None]


def test_one_officer_refuses_leave(desks: TwoDesks) -> None:
    desks.hold(answer_consent, number=1, given=False)
    desks.carry()
    assert [note.given for note in desks.case().consents] == [False]


def test_leave_is_decided_anew(desks: TwoDesks) -> None:
    desks.hold(answer_consent, number=1, given=True)
    desks.agree(TEXT, suspended_by=frozenset({"FR-DNMS"}))
    with pytest.raises(SymbolonError) as error:
        desks.hold(answer_consent, by=SUPERVISOR, number=1, given=True)
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "in_force")
    desks.agree(TEXT)
    desks.holder.records["Z-1"] = held(sealed="yes")
    with pytest.raises(SymbolonError) as error:
        desks.hold(answer_consent, by=SUPERVISOR, number=1, given=True)
    assert refusal(error)[0] is ErrorCode.AGREEMENT_REFUSES


def test_a_recall_refuses_what_is_open_and_leave_is_not_given_after_it(desks: TwoDesks) -> None:
    desks.hold(holding.recall, reason="entered by mistake")
    with pytest.raises(SymbolonError) as error:
        desks.hold(answer_consent, number=1, given=True)
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE
    desks.carry()
    assert [note.given for note in (*desks.case().consents, *desks.referral().consents)] == [False, False]


def test_a_deletion_refuses_what_is_open(desks: TwoDesks) -> None:
    desks.ask(asking.delete)
    desks.carry()
    assert [note.given for note in (*desks.case().consents, *desks.referral().consents)] == [False, False]


def test_an_answer_after_the_end_or_a_second_one_changes_nothing(desks: TwoDesks) -> None:
    _given(desks)
    desks.ask(asking.delete)
    desks.carry()
    assert desks.case().state is CaseState.DELETED
    assert [note.given for note in desks.case().consents] == [False]


def test_a_second_answer_changes_nothing(desks: TwoDesks) -> None:
    desks.hold(answer_consent, number=1, given=False)
    desks.carry()
    late = ConsentAnswer(reference=REFERENCE, number=1, given=True)
    desks.asker.take("DE-ZASM", write_message(late))
    assert [note.given for note in desks.case().consents] == [False]
    assert desks.asker.events()[-1] == "case_message_ignored"


@pytest.mark.parametrize("to", ["FR-DNMS", "DE-ZASM"])
def test_no_leave_is_asked_for_who_has_it_already(desks: TwoDesks, to: str) -> None:
    with pytest.raises(SymbolonError, match="already") as error:
        desks.ask(asking.ask_consent, wanted="onward_transfer", to=to, reason="the same network")
    assert refusal(error)[0] is ErrorCode.INVALID_INPUT
    assert len(desks.case().consents) == 1


def test_leave_is_asked_while_there_is_a_copy(desks: TwoDesks) -> None:
    desks.wait(timedelta(days=366))
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="again")
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE
