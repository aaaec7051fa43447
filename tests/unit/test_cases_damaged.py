"""A file that nobody can read keeps no copy beyond its day, and leaves no partner without an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding, store
from node.cases.messages import DeletionReceipt, write_message
from tests.unit.two_desks import ASKER, HOLDER, REFERENCE, SUPERVISOR, TEXT, Desk, TwoDesks, in_force, two_desks


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


def damage(desk: Desk) -> None:
    """Let nobody read the file of this side."""
    table = "hit_case" if desk.name == ASKER else "referral"
    with desk.file.transaction() as connection:
        connection.execute(f"UPDATE {table} SET document = replace(document, '\"version\":', '\"Melanos\":')")  # noqa: S608  # tables of ours


def repair(desk: Desk) -> None:
    """Undo it."""
    table = "hit_case" if desk.name == ASKER else "referral"
    with desk.file.transaction() as connection:
        connection.execute(f"UPDATE {table} SET document = replace(document, '\"Melanos\":', '\"version\":')")  # noqa: S608  # tables of ours


def kept(desk: Desk) -> int:
    """Give how many files there are."""
    table = "hit_case" if desk.name == ASKER else "referral"
    return int(desk.file.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # tables of ours


# At the asker: the copy


def test_a_recall_erases_a_case_that_nobody_can_read_and_is_confirmed(desks: TwoDesks) -> None:
    desks.to_content()
    damage(desks.asker)
    desks.hold(holding.recall, by=SUPERVISOR, reason="entered by mistake")
    desks.carry()
    assert kept(desks.asker) == 0
    assert desks.asker.events()[-3:] == ["recall_received", "content_deleted", "case_erased"]
    assert desks.referral().state is ReferralState.RECALL_CONFIRMED


def test_a_recall_that_died_in_between_is_written_once(desks: TwoDesks, monkeypatch: pytest.MonkeyPatch) -> None:
    desks.to_content()
    damage(desks.asker)
    desks.hold(holding.recall, by=SUPERVISOR, reason="entered by mistake")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(store, "erase_damaged", die)
        with pytest.raises(KeyboardInterrupt):
            desks.carry()
    assert kept(desks.asker) == 1
    desks.clock[0] += timedelta(seconds=1)
    desks.carry()
    assert kept(desks.asker) == 0
    assert desks.asker.events().count("recall_received") == 1


def test_a_copy_that_nobody_can_read_is_erased_on_its_day_with_its_receipt(desks: TwoDesks) -> None:
    desks.to_content()
    due = desks.case().due
    assert due is not None
    damage(desks.asker)
    desks.wait(timedelta(days=364))
    assert kept(desks.asker) == 1  # there is time to repair it
    desks.wait(timedelta(days=1))
    desks.carry()
    assert desks.clock[0].date() == due
    assert kept(desks.asker) == 0
    assert (desks.referral().state, desks.referral().receipt) == (ReferralState.DELETED_THERE, "due")
    assert b"Melanos" not in (desks.asker.folder / "cases.db").read_bytes()


def test_a_copy_that_nobody_can_read_is_erased_when_its_agreement_ends(desks: TwoDesks) -> None:
    desks.to_content()
    damage(desks.asker)
    ended = (desks.clock[0] + timedelta(days=1)).date()
    desks.asker.agreements = in_force(TEXT, ended={ASKER: ended})
    desks.wait(timedelta(days=2))
    desks.carry()
    assert kept(desks.asker) == 0
    assert desks.referral().receipt == "agreement_ended"


def test_a_case_without_a_copy_that_nobody_can_read_goes_when_its_time_has_passed(desks: TwoDesks) -> None:
    desks.to_offer()
    damage(desks.asker)
    desks.wait(timedelta(days=89))
    assert kept(desks.asker) == 1
    desks.wait(timedelta(days=1))
    assert kept(desks.asker) == 0
    assert desks.asker.events()[-1] == "case_erased"


@pytest.mark.parametrize("way", ["content", "offer"])
def test_what_comes_for_a_case_that_nobody_can_read_is_taken_again_when_it_is_repaired(
    desks: TwoDesks, way: str
) -> None:
    if way == "content":
        desks.to_offer()
        desks.acknowledge()
        (row,) = desks.asker.posted()
        desks.holder.take(ASKER, bytes(row["content"]))
    else:
        desks.to_request()
        desks.hold(holding.approve)
        desks.hold(holding.approve, by=SUPERVISOR)
    damage(desks.asker)
    (row,) = desks.holder.posted()
    with pytest.raises(store.UnreadableFileError):  # the mail sets it aside
        desks.asker.take(HOLDER, bytes(row["content"]))
    repair(desks.asker)
    desks.asker.take(HOLDER, bytes(row["content"]))
    assert desks.case().state is (CaseState.READABLE if way == "content" else CaseState.OFFERED)


# At the holder: the answer


def test_a_request_about_a_referral_that_nobody_can_read_is_answered_like_one_about_nothing(desks: TwoDesks) -> None:
    desks.ask(asking.confirm)
    desks.ask(asking.request, facts="seen twice")
    damage(desks.holder)
    desks.carry()
    assert desks.case().state is CaseState.DECLINED
    assert desks.holder.events()[-1] == "request_refused"
    assert kept(desks.holder) == 1


def test_an_acknowledgement_about_a_referral_that_nobody_can_read_is_answered(desks: TwoDesks) -> None:
    desks.to_offer()
    desks.acknowledge()
    damage(desks.holder)
    desks.carry()
    assert desks.case().state is CaseState.DECLINED


def test_a_request_whose_referral_is_damaged_is_declined_when_its_clock_runs_out(desks: TwoDesks) -> None:
    desks.to_request()
    damage(desks.holder)
    desks.wait(timedelta(hours=47))
    assert (kept(desks.holder), desks.case().state) == (1, CaseState.REQUESTED)
    desks.wait(timedelta(hours=1))
    desks.carry()
    assert (kept(desks.holder), desks.case().state) == (0, CaseState.DECLINED)
    assert desks.holder.events()[-2:] == ["request_declined", "case_erased"]


def test_a_referral_that_was_repaired_in_time_goes_on(desks: TwoDesks) -> None:
    desks.to_request()
    damage(desks.holder)
    desks.wait(timedelta(hours=47))
    repair(desks.holder)
    desks.wait(timedelta(hours=1))
    assert desks.referral().state is ReferralState.OVERDUE


def test_a_receipt_for_a_referral_that_nobody_can_read_waits_for_its_repair(desks: TwoDesks) -> None:
    desks.to_content()
    damage(desks.holder)
    receipt = write_message(DeletionReceipt(reference=REFERENCE, cause="officer"))
    with pytest.raises(store.UnreadableFileError):
        desks.holder.take(ASKER, receipt)
    desks.wait(timedelta(days=400))
    assert kept(desks.holder) == 1  # what was released may have to be recalled
    repair(desks.holder)
    desks.holder.take(ASKER, receipt)
    assert desks.referral().state is ReferralState.DELETED_THERE
