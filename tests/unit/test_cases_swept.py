"""What a sweep reads and takes: every file that time does something with, no other, whatever lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding, store, sweeping
from node.cases.alerts import alerts_of_referral
from node.cases.clockwork import KEEPING
from node.cases.correcting import correct
from node.cases.ending import PATIENCE, good_until
from node.cases.files import Referral
from node.cases.messages import Decline, Recall
from node.cases.work import CaseWork
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import NOW, ROW, SUPERVISOR, TEXT, TwoDesks, held, refusal, two_desks

OTHER = "QRSTUVWXYZ234567"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


def numbered(number: int) -> str:
    """Give a reference."""
    return f"{number:016d}".translate(str.maketrans("0189", "ABCD"))


def read(desks: TwoDesks) -> list[str]:
    """Give the references of the holder's files that a sweep would read now."""
    woken_by = sweeping.woken_by(desks.clock[0], KEEPING.unpursued, KEEPING.closed)
    pages = store.ripe(desks.holder.file.connection, woken_by)
    return [store.read_ripe(row).reference for page in pages for row in page]


def is_gone(desks: TwoDesks, reference: str) -> bool:
    """Say whether the holder's file is erased."""
    return store.find_referral(desks.holder.file.connection, reference) is None


def _keep_closed(desks: TwoDesks, count: int) -> None:
    """Put files aside that ended lately and are kept for a year."""
    desks.hit(TEXT, OTHER)
    desks.to_request()
    closed: Referral = desks.hold(holding.decline, reason="a source")
    with desks.holder.file.transaction() as connection:
        for number in range(count):
            reference = numbered(number)
            connection.execute(
                "INSERT INTO referral SELECT ?, asker, ?, state, version, opened_at, since, waits, wakes, agreement,"
                " due, team, document FROM referral WHERE reference = ?",
                (reference, reference, closed.reference),
            )
            named = closed.model_copy(update={"reference": reference, "version": closed.version + 1})
            store.save(connection, named)


def test_a_sweep_reads_no_file_that_time_does_nothing_with(desks: TwoDesks) -> None:
    for number in range(70):
        desks.hit(TEXT, numbered(1000 + number), silent=True)
    _keep_closed(desks, 70)
    assert desks.referral().state is ReferralState.DECLINED
    assert read(desks) == []
    desks.clock[0] += timedelta(days=31)
    assert read(desks) == [OTHER]  # the only one that is ripe, among older ones that are not


def test_a_sweep_reads_no_copy_and_no_request_before_its_moment(desks: TwoDesks) -> None:
    desks.to_content()
    desks.hit(TEXT, OTHER)
    desks.ask(asking.confirm, reference=OTHER)
    desks.ask(asking.request, reference=OTHER, facts="seen twice")
    desks.carry()
    assert [list(desk.clockwork.pages(desk.work.scene())) for desk in (desks.asker, desks.holder)] == [[], []]
    desks.clock[0] += timedelta(hours=48)
    assert read(desks) == [OTHER]


def test_a_file_whose_clock_has_run_out_is_given_once_in_a_sweep(
    desks: TwoDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.to_request()
    given: list[str] = []
    real = store.read_ripe

    def noted(row: Any) -> Any:
        given.append(row["reference"])
        return real(row)

    monkeypatch.setattr(store, "read_ripe", noted)
    desks.clock[0] += timedelta(hours=48)
    assert desks.holder.clockwork.sweep() == 1
    assert given == ["ABCDEFGHIJKLMNOP"]
    assert desks.holder.clockwork.sweep() == 0
    assert given == ["ABCDEFGHIJKLMNOP"]


def test_one_sweep_takes_every_file_that_is_ripe(desks: TwoDesks) -> None:
    references = [numbered(number) for number in range(2 * store.TOGETHER + 1)]
    for reference in references:
        desks.hit(TEXT, reference)
    desks.clock[0] += timedelta(days=30)
    desks.holder.clockwork.sweep()
    desks.holder.clockwork.sweep()
    assert all(is_gone(desks, reference) for reference in references)


def test_a_silent_hit_nobody_sees_lapses_in_the_end(desks: TwoDesks) -> None:
    desks.hit(TEXT, OTHER, silent=True)
    desks.wait(timedelta(days=89))
    assert not is_gone(desks, OTHER)
    desks.wait(timedelta(days=1))
    assert is_gone(desks, OTHER)
    assert "case_lapsed" in desks.holder.events()


def test_a_document_nobody_can_read_stops_no_clock_but_its_own(
    desks: TwoDesks, caplog: pytest.LogCaptureFixture
) -> None:
    desks.hit(TEXT, OTHER)
    broken = desks.referral().model_dump_json().replace('"score":0.97', '"score":"Melanos"')
    with desks.holder.file.transaction() as connection:
        connection.execute("UPDATE referral SET document = ? WHERE reference = 'ABCDEFGHIJKLMNOP'", (broken,))
    desks.clock[0] += timedelta(days=31)
    desks.holder.clockwork.sweep()
    desks.holder.clockwork.sweep()
    assert is_gone(desks, OTHER)
    assert "a file is not to be read: UnreadableFileError at" in caplog.text
    assert "Melanos" not in caplog.text


def test_one_file_that_fails_does_not_stop_the_clock_of_others(
    desks: TwoDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.hit(TEXT, OTHER)
    real = sweeping.next_step

    def fail_once(file: Any, *rest: Any) -> Any:
        if file.reference != OTHER:
            raise ValueError("a file that no step can be made of")
        return real(file, *rest)

    monkeypatch.setattr(sweeping, "next_step", fail_once)
    desks.wait(timedelta(days=31))
    monkeypatch.undo()
    assert desks.referral().state is ReferralState.TOLD
    with pytest.raises(SymbolonError) as error:
        desks.referral(OTHER)
    assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE


@pytest.mark.parametrize("fault", [RuntimeError("a fault"), SymbolonError(ErrorCode.INVALID_INPUT, "too long to post")])
def test_one_file_whose_step_cannot_be_kept_does_not_undo_those_of_others(
    desks: TwoDesks, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    desks.hit(TEXT, OTHER)
    real = CaseWork.keep

    def fail_once(work: CaseWork, connection: Any, before: Any, step: Any) -> None:
        if before.reference != OTHER:
            raise fault
        real(work, connection, before, step)

    monkeypatch.setattr(CaseWork, "keep", fail_once)
    desks.wait(timedelta(days=31))
    monkeypatch.undo()
    assert desks.referral().state is ReferralState.TOLD
    assert is_gone(desks, OTHER)


def test_a_reference_given_again_after_its_file_was_erased_is_logged_as_the_first_time(desks: TwoDesks) -> None:
    def erased() -> int:
        entries = desks.holder.ledger.entries()
        return sum(entry.event.type == "case_erased" for entry in entries)

    desks.hit(TEXT, OTHER)
    before = erased()
    desks.wait(timedelta(days=31))
    once = erased() - before
    assert once
    desks.hit(TEXT, OTHER)
    before = erased()
    desks.wait(timedelta(days=31))
    assert erased() - before >= 1
    assert is_gone(desks, OTHER)


@pytest.mark.parametrize("state", ["overdue", "with_judge", "acknowledged"])
def test_a_request_left_alone_lapses_at_the_holder_as_at_the_asker(desks: TwoDesks, state: str) -> None:
    desks.to_request()
    if state == "with_judge":
        desks.hold(holding.hand_to_judge)
    elif state == "acknowledged":
        desks.hold(holding.approve)
        desks.hold(holding.approve, by=SUPERVISOR)
        desks.carry()
        desks.acknowledge()
        desks.agree(TEXT, suspended_by=frozenset({"DE-ZASM"}))
        desks.carry()
        assert desks.referral().held
    else:
        desks.wait(timedelta(days=4))
    desks.carry()
    assert desks.referral().state == state
    desks.wait(timedelta(days=90))
    assert (desks.referral().state, desks.case().state) == (ReferralState.LAPSED, CaseState.LAPSED)
    assert alerts_of_referral(desks.referral(), desks.holder.desk.scene()) == []


def test_a_recall_waits_for_as_long_as_the_copy_may_be_there(desks: TwoDesks) -> None:
    desks.to_content()
    due = desks.referral().due
    assert due is not None
    desks.hold(holding.recall, reason="entered by mistake")
    (row,) = desks.holder.posted()
    assert datetime.fromtimestamp(row["expires_at"] / 1000, UTC).date() == due
    desks.wait(timedelta(days=100))  # the asker's node gets no mail
    alerts = alerts_of_referral(desks.referral(), desks.holder.desk.scene())
    assert [alert.words for alert in alerts] == ["the recall is not confirmed yet"]
    desks.carry()
    assert desks.referral().state is ReferralState.RECALL_CONFIRMED
    assert alerts_of_referral(desks.referral(), desks.holder.desk.scene()) == []


def test_an_offer_in_place_of_a_copy_waits_for_as_long_as_the_copy_may_be_there(desks: TwoDesks) -> None:
    desks.to_content()
    desks.holder.records["Z-1"] = held(ROW | {"aliases": ["Gio Melanos"]})
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    desks.hold(correct, by=SUPERVISOR)
    assert desks.referral().state is ReferralState.OFFERED
    desks.wait(timedelta(days=100))  # the asker's node gets no mail, and has the old copy
    assert desks.referral().state is ReferralState.OFFERED
    assert desks.case().content is not None
    desks.carry()
    assert (desks.case().state, desks.case().content) == (CaseState.OFFERED, None)
    desks.wait(timedelta(days=270))
    assert desks.referral().state is ReferralState.LAPSED


def test_mail_about_a_copy_that_is_due_soon_waits_no_shorter_than_other_mail() -> None:
    recall = Recall(reference=OTHER, reason="entered by mistake")
    assert good_until(recall, (NOW + timedelta(days=3)).date(), NOW) == NOW + PATIENCE
    assert good_until(recall, None, NOW) == NOW + PATIENCE
    assert good_until(Decline(reference=OTHER), (NOW + timedelta(days=365)).date(), NOW) == NOW + PATIENCE
