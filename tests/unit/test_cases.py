"""What follows a hit, between two desks: the whole way, who takes its steps, and what dies on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding
from node.cases.alerts import receipt_is_overdue
from node.cases.leave import answer_consent
from node.cases.messages import Decline, Recall, StateNotice, write_message
from node.cases.work import CaseWork
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import (
    ANALYST,
    SECOND_ANALYST,
    SUPERVISOR,
    TEXT,
    Desk,
    TwoDesks,
    agreement,
    officer,
    refusal,
    two_desks,
)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


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
    assert not receipt_is_overdue(desks.referral(), desks.holder.desk.scene())


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
        for secret in ("Melanos", "1984-08-16", "Z-1", "ABCDEFGHIJKLMNOP", "durand", "weber", "border"):
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
    assert bytes(row["content"]) == b'{"over_quota":null,"reference":"ABCDEFGHIJKLMNOP","type":"decline"}'
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


# Consent


def test_leave_to_pass_on_is_asked_given_and_recorded(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="the same network")
    desks.carry()
    desks.hold(answer_consent, number=1, given=True)
    assert desks.holder.posted() == []  # it takes as many as a release
    desks.hold(answer_consent, by=SUPERVISOR, number=1, given=True)
    desks.carry()
    assert [note.given for note in desks.case().consents] == [True]
    assert "consent_decided" in desks.holder.events()


def test_what_is_never_allowed_is_not_even_asked(desks: TwoDesks) -> None:
    desks.to_content()
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.ask_consent, wanted="change_of_purpose", to="terrorism", reason="another case")
    assert refusal(error) == (ErrorCode.AGREEMENT_REFUSES, "handling.change_of_purpose")


def test_the_holder_asks_about_a_request_from_a_closed_list_and_is_answered(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.ask_about, about="legal_basis")
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.ask_about, about="is it the man with the scar")
    assert refusal(error)[0] is ErrorCode.INVALID_INPUT
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.ask_about, about="legal_basis")
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE
    desks.carry()
    desks.ask(asking.answer, number=1, words="article 25")
    desks.carry()
    assert [(note.about, note.answer) for note in desks.referral().clarifications] == [("legal_basis", "article 25")]
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.answer, number=1, words="article 26")
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


# What dies in between


@pytest.mark.parametrize("where", ["write", "post"])
def test_a_step_that_died_in_between_is_taken_again_and_written_once(
    desks: TwoDesks, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.ask(asking.confirm)
    work = desks.asker.work
    real = getattr(work, where)

    def die(*arguments: object, **named: object) -> None:
        real(*arguments, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(work, where, die)
    with pytest.raises(KeyboardInterrupt):
        desks.ask(asking.request, facts="seen twice")
    monkeypatch.undo()
    assert desks.case().state is CaseState.CONFIRMED
    assert desks.asker.posted() == []
    desks.clock[0] += timedelta(seconds=1)
    desks.ask(asking.request, facts="seen twice")
    assert len(desks.asker.posted()) == 1
    assert desks.asker.events() == ["hit_confirmed", "request_sent"]


WAY: dict[str, Callable[[TwoDesks], object]] = {
    "confirm": lambda desks: desks.ask(asking.confirm),
    "request": lambda desks: desks.ask(asking.request, facts="seen twice"),
    "request comes": lambda desks: _come(desks.asker, desks.holder),
    "notice comes": lambda desks: _come(desks.holder, desks.asker),
    "approve": lambda desks: desks.hold(holding.approve),
    "approve and offer": lambda desks: desks.hold(holding.approve, by=SUPERVISOR),
    "offer comes": lambda desks: _come(desks.holder, desks.asker),
    "acknowledge": lambda desks: desks.acknowledge(),
    "acknowledgement comes, content goes": lambda desks: _come(desks.asker, desks.holder),
    "content comes": lambda desks: _come(desks.holder, desks.asker),
}
"""The way to content, step by step."""


def _come(sender: Desk, receiver: Desk) -> None:
    (row,) = sender.posted()
    receiver.take(sender.name, bytes(row["content"]), bytes(row["message"]))
    with sender.file.transaction() as connection:
        connection.execute("UPDATE mail_outbox SET ended = 'delivered', content = NULL")


@pytest.mark.parametrize("cut", WAY)
def test_a_step_taken_again_at_another_moment_writes_no_second_entry(
    desks: TwoDesks, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, take in WAY.items():
        if name == cut:
            with monkeypatch.context() as patched:
                patched.setattr(CaseWork, "keep", _die)
                with pytest.raises(KeyboardInterrupt):
                    take(desks)
            desks.clock[0] += timedelta(seconds=1)
        take(desks)
    for desk in (desks.asker, desks.holder):
        twice = {event: count for event, count in Counter(desk.events()).items() if count > 1}
        assert twice == ({"approval_given": 2} if desk is desks.holder else {})
    assert desks.case().state is CaseState.READABLE


def test_a_clock_that_died_in_between_runs_out_once(desks: TwoDesks, monkeypatch: pytest.MonkeyPatch) -> None:
    desks.to_request()
    with monkeypatch.context() as patched:
        patched.setattr(CaseWork, "keep", _die)
        with pytest.raises(KeyboardInterrupt):
            desks.wait(timedelta(hours=48))
    desks.wait(timedelta(minutes=1))
    assert desks.referral().state is ReferralState.OVERDUE
    assert desks.holder.events().count("request_overdue") == 1


def _die(*_: object) -> None:
    raise KeyboardInterrupt


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
    for message in (
        StateNotice(reference="ABCDEFGHIJKLMNOP", state="requested"),
        Decline(reference="ABCDEFGHIJKLMNOP"),
        Recall(reference="UUUUUUUUUUUUUUUU", reason="nothing"),
    ):
        desks.asker.take("DE-ZASM", write_message(message))
    assert desks.case().state is CaseState.READABLE
    assert desks.asker.events().count("case_message_ignored") == 3


def test_every_refusal_is_in_the_log_however_often_the_same_request_comes(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.decline, reason="a source")
    desks.carry()
    request = desks.case().request
    assert request is not None
    for _ in range(3):
        desks.holder.take("FR-DNMS", write_message(request))
    assert desks.holder.events().count("request_refused") == 3


def test_a_refusal_that_died_in_between_is_written_once(desks: TwoDesks, monkeypatch: pytest.MonkeyPatch) -> None:
    desks.to_request()
    desks.hold(holding.decline, reason="a source")
    request = desks.case().request
    assert request is not None
    real = desks.holder.work.post

    def die(*arguments: Any) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(desks.holder.work, "post", die)
    with pytest.raises(KeyboardInterrupt):
        desks.holder.take("FR-DNMS", write_message(request), b"n" * 16)
    monkeypatch.undo()
    desks.clock[0] += timedelta(seconds=1)
    desks.holder.take("FR-DNMS", write_message(request), b"n" * 16)
    assert desks.holder.events().count("request_refused") == 1


def _words_logged(desk: Desk, event: str) -> set[str]:
    """Give the words and reasons in the entries of an event."""
    return {
        opening.value
        for entry in desk.ledger.entries()
        if entry.event.type == event
        for opening in desk.ledger.openings(entry.number)
        if opening.name in ("words", "reason", "facts")
    }


def test_what_an_officer_wrote_is_kept_and_logged_as_it_was_sent(desks: TwoDesks) -> None:
    desks.ask(asking.confirm)
    desks.ask(asking.request, facts=" seen twice \n")
    desks.carry()
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    desks.ask(asking.dispute, words=" the passport says 1985\n")
    desks.carry()
    assert desks.case().disputed == desks.referral().disputed == "the passport says 1985"
    desks.hold(holding.settle, by=SUPERVISOR, words="\tseen by us ")
    desks.carry()
    assert desks.case().settled == desks.referral().settled == "seen by us"
    desks.ask(asking.give_feedback, use="located", words=" in Calais ")
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason=" the same network ")
    desks.carry()
    desks.hold(holding.recall, by=SUPERVISOR, reason=" entered by mistake ")
    desks.carry()
    for sent, received, by_asker in (
        ("request_sent", "request_received", True),
        ("dispute_sent", "dispute_received", True),
        ("dispute_settled", "settlement_received", False),
        ("feedback_sent", "feedback_received", True),
        ("consent_asked", "consent_requested", True),
        ("recall_sent", "recall_received", False),
    ):
        first, second = (desks.asker, desks.holder) if by_asker else (desks.holder, desks.asker)
        assert _words_logged(first, sent) == _words_logged(second, received), sent
