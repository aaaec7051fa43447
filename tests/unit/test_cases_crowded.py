"""What a partner can make of one file: a bounded one, that officers can still use, with everybody named in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState
from node.cases import asking, holding
from node.cases.files import MOST_LINES, MOST_NOTES, Line, shortened
from node.cases.messages import (
    Clarification,
    ConsentAnswer,
    ConsentRequest,
    FeedbackGiven,
    Message,
    MessageFormatError,
    StateNotice,
    write_message,
)
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import NOW, REFERENCE, TEXT, Desk, TwoDesks, refusal, two_desks


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


def sent(desk: Desk, sender: str, message: Message) -> None:
    """Let a message come, whatever its sender's program would say to it."""
    desk.take(sender, write_message(message))


def test_a_file_takes_so_many_uses_and_requests_for_leave_and_no_more(desks: TwoDesks) -> None:
    desks.to_content()
    for number in range(1, MOST_NOTES + 10):
        sent(desks.holder, "FR-DNMS", FeedbackGiven(reference=REFERENCE, use="no_use", words="x" * 4000))
        leave = ConsentRequest(
            reference=REFERENCE, number=number, wanted="onward_transfer", to="IT-ALTRA", reason="y", requested_by="z"
        )
        sent(desks.holder, "FR-DNMS", leave)
    assert (len(desks.referral().feedback), len(desks.referral().consents)) == (MOST_NOTES, MOST_NOTES)


def test_a_file_takes_so_many_questions_and_no_more(desks: TwoDesks) -> None:
    desks.to_request()
    for number in range(1, MOST_NOTES + 10):
        sent(desks.asker, "DE-ZASM", Clarification(reference=REFERENCE, number=number, about="facts"))
    assert len(desks.case().clarifications) == MOST_NOTES


def test_notices_that_say_nothing_new_leave_the_file_as_it_is(desks: TwoDesks) -> None:
    desks.to_request()
    sent(desks.asker, "DE-ZASM", StateNotice(reference=REFERENCE, state="overdue"))
    before = desks.case()
    for _ in range(10):
        sent(desks.asker, "DE-ZASM", StateNotice(reference=REFERENCE, state="overdue"))
    assert desks.case() == before


def test_notices_that_go_to_and_fro_do_not_grow_the_file(desks: TwoDesks) -> None:
    desks.to_request()
    for _ in range(MOST_LINES):
        for state in ("overdue", "with_judge"):
            sent(desks.asker, "DE-ZASM", StateNotice.model_validate({"reference": REFERENCE, "state": state}))
    case = desks.case()
    assert len(case.history) <= MOST_LINES + 1
    assert "a.durand" in {line.by for line in case.history}  # who confirmed; a review asks for that
    assert case.state is CaseState.REQUESTED


def test_a_history_keeps_the_first_line_of_everybody_who_had_a_part() -> None:
    people = tuple(Line(at=NOW, event="confirm_in_part", by=name) for name in ("a", "b", "a"))
    history = (*people, *(Line(at=NOW + timedelta(days=day), event="read", by="c") for day in range(MOST_LINES)))
    kept = shortened(history)
    assert kept == (*people[:2], *history[-MOST_LINES:])
    assert shortened(kept) == kept


def test_an_officer_is_told_when_the_partner_would_take_no_more(desks: TwoDesks) -> None:
    desks.to_request()
    for number in range(1, MOST_NOTES + 1):
        desks.hold(holding.ask_about, about="facts")
        desks.carry()
        desks.ask(asking.answer, number=number, words="seen twice")
        desks.carry()
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.ask_about, about="facts")
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


def test_an_asker_is_told_when_the_holder_would_take_no_more(desks: TwoDesks) -> None:
    desks.to_content()
    leave = {"wanted": "onward_transfer", "to": "IT-ALTRA", "reason": "the same network"}
    steps: list[tuple[Any, dict[str, Any]]] = [(asking.give_feedback, {"use": "no_use"}), (asking.ask_consent, leave)]
    for step, details in steps:
        for _ in range(MOST_NOTES):
            desks.ask(step, **details)
        with pytest.raises(SymbolonError) as error:
            desks.ask(step, **details)
        assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


def test_a_number_beyond_all_use_is_no_message(desks: TwoDesks) -> None:
    written = write_message(ConsentAnswer(reference=REFERENCE, number=7, given=True))
    with pytest.raises(MessageFormatError):
        desks.asker.take("DE-ZASM", written.replace(b'"number":7', b'"number":' + b"7" * 4000))
