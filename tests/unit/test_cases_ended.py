"""How cases end: recall, correction, dispute, silence, team, time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from agreements.stages import CaseState, ReferralState
from agreements.standing import AgreementSet
from node.cases import asking, holding
from node.cases.alerts import receipt_is_overdue
from node.cases.correcting import correct
from node.cases.messages import Request, write_message
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import (
    ANALYST,
    REFERENCE,
    RELEASE,
    ROW,
    SECOND_ANALYST,
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

TEAM = {
    "case": "2026/117",
    "members": [
        {"agency": "FR-DNMS", "officer": "a.durand"},
        {"agency": "DE-ZASM", "officer": "k.weber"},
        {"agency": "DE-ZASM", "officer": "l.vogt"},
    ],
}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them."""
    yield from two_desks(tmp_path, TEXT)


# Withdrawal, correction, dispute


def test_a_recall_erases_the_copy_and_brings_a_receipt(desks: TwoDesks) -> None:
    desks.to_content()
    desks.hold(holding.recall, reason="entered by mistake")
    desks.carry()
    assert (desks.case().state, desks.case().content) == (CaseState.RECALLED, None)
    assert desks.referral().state is ReferralState.RECALL_CONFIRMED
    assert b"Melanos" not in _bytes_of(desks)


def _bytes_of(desks: TwoDesks) -> bytes:
    desks.asker.file.shrink_log()
    return (desks.asker.folder / "cases.db").read_bytes()


def test_a_correction_replaces_the_copy_and_brings_a_receipt(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.dispute, words="born a year later")
    desks.carry()
    assert (desks.referral().state, desks.referral().disputed) == (ReferralState.DISPUTED, "born a year later")
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1985-08-16"]})
    desks.hold(holding.confirm_match)
    desks.hold(correct)
    desks.carry()
    assert desks.case().corrections == 0  # one approval is not enough
    desks.hold(correct, by=SUPERVISOR)
    desks.carry()
    content = desks.case().content
    assert content is not None
    assert content["dob"] == ["1985-08-16"]
    assert (desks.case().state, desks.referral().correction_confirmed) == (CaseState.CORRECTED, 1)


def test_a_dispute_that_is_settled_is_seen_on_both_sides(desks: TwoDesks) -> None:
    desks.to_content()
    desks.ask(asking.dispute, words="born a year later")
    desks.carry()
    desks.hold(holding.settle, words="the birth date is that of the passport")
    desks.carry()
    assert desks.case().settled == "the birth date is that of the passport"
    assert desks.case().state is CaseState.READABLE


def test_a_recall_of_a_case_that_is_erased_still_gets_its_receipt(desks: TwoDesks) -> None:
    desks.wait(timedelta(days=15))
    desks.ask(asking.reject, reason="another person")
    desks.asker.clockwork.sweep()
    desks.hold(holding.recall, reason="entered by mistake")
    desks.carry()
    assert desks.referral().state is ReferralState.RECALL_CONFIRMED


# Silent hits, teams


def test_a_silent_hit_reaches_the_holders_officer_and_reads_like_nothing_outside(desks: TwoDesks) -> None:
    silent, unknown = "SSSSSSSSSSSSSSSS", "UUUUUUUUUUUUUUUU"
    desks.hit(TEXT, silent, silent=True)
    assert [one.reference for one in desks.holder.desk.referrals(RELEASE)][-1] == silent
    answers = []
    for reference in (silent, unknown):
        content = desks_request(reference)
        desks.holder.take("FR-DNMS", content)
        answers.append(bytes(desks.holder.posted()[-1]["content"]).replace(reference.encode(), b"REFERENCE"))
    assert answers[0] == answers[1]
    desks.hold(holding.see, reference=silent)
    assert "hit_silent_seen" in desks.holder.events()


def desks_request(reference: str) -> bytes:
    """Give a request about a reference that was never told."""
    return write_message(
        Request(
            reference=reference,
            confirmed_by=("a.durand",),
            requested_by="a.durand",
            facts="a guess",
            offence="migrant_smuggling",
            purpose="migrant_smuggling",
            urgency="normal",
        )
    )


def test_a_reference_told_to_another_agency_is_nothing_to_this_one(desks: TwoDesks) -> None:
    desks.holder.take("IT-ALTRA", desks_request("ABCDEFGHIJKLMNOP"))
    assert desks.referral().state is ReferralState.TOLD
    assert b'"type":"decline"' in bytes(desks.holder.posted()[-1]["content"])


def test_a_teams_case_is_seen_by_its_members_only_and_deleted_with_its_end(tmp_path: Path) -> None:
    text = agreement(joint_team=TEAM)
    for desks in two_desks(tmp_path, text):
        desks.to_content()
        assert desks.asker.desk.cases(SECOND_ANALYST) == []
        with pytest.raises(SymbolonError) as error:
            desks.ask(asking.read, by=SECOND_ANALYST)
        assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE
        desks.agree(text, ended={"DE-ZASM": date(2026, 6, 10)})
        desks.wait(timedelta(days=9))
        assert desks.case().content is not None
        desks.wait(timedelta(days=1))
        desks.carry()
        assert desks.case().content is None
        assert desks.referral().receipt == "agreement_ended"


def test_a_teams_case_stays_its_members_own_while_its_agreement_cannot_be_read(tmp_path: Path) -> None:
    auditor, other = officer("r.cour", "auditor"), officer("m.klug", "judge")
    for desks in two_desks(tmp_path, agreement(joint_team=TEAM)):
        desks.agree()
        cases = [len(desks.asker.desk.cases(by)) for by in (ANALYST, auditor, SECOND_ANALYST)]
        referrals = [len(desks.holder.desk.referrals(by, all_of_them=True)) for by in (RELEASE, auditor, other)]
        assert cases == referrals == [1, 1, 0]
        desks.holder.desk.show_referral(REFERENCE, officer("m.klug", "supervisor"))  # who may approve
        with pytest.raises(SymbolonError) as error:
            desks.asker.desk.show_case(REFERENCE, "", SECOND_ANALYST)
        assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE
        with pytest.raises(SymbolonError) as error:
            desks.holder.desk.show_referral(REFERENCE, other)
        assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE


def test_files_an_officer_may_not_see_take_no_place_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.cases.desk.MOST_LISTED", 2)
    for desks in two_desks(tmp_path, TEXT):
        desks.clock[0] += timedelta(hours=1)
        for number in range(3):
            desks.hit(agreement(joint_team=TEAM), f"QRSTUVWXYZ23456{number + 2}")
        assert [case.reference for case in desks.asker.desk.cases(SECOND_ANALYST)] == [REFERENCE]
        assert len(desks.asker.desk.cases(ANALYST)) == 2


@pytest.mark.parametrize(
    ("standing", "is_kept"),
    [
        ({}, True),
        ({"suspended_by": frozenset({"DE-ZASM"})}, True),
        ({"accepted": False}, False),
        ({"signed_by": frozenset({"DE-ZASM"})}, False),
        ({"ended": {"FR-DNMS": date(2026, 6, 12)}}, False),
        ({"superseded_from": date(2026, 6, 12)}, False),
    ],
)
def test_what_was_shared_stays_while_a_successor_is_agreed_on(
    desks: TwoDesks, standing: dict[str, Any], is_kept: bool
) -> None:
    desks.to_content()
    later = agreement(
        version=2, supersedes=TEXT.hash.hex(), validity__from=date(2026, 7, 1), validity__until=date(2027, 6, 30)
    )
    for desk in (desks.asker, desks.holder):
        (first,) = in_force(TEXT, ended={"DE-ZASM": date(2026, 6, 10)})
        (second,) = in_force(later, **standing)
        desk.agreements = AgreementSet([first, second])
    desks.wait(timedelta(days=12))
    assert (desks.case().content is not None) == is_kept


@pytest.mark.parametrize("ends_by", ["due", "agreement"])
def test_a_copy_past_its_end_is_not_read_before_it_is_erased(desks: TwoDesks, ends_by: str) -> None:
    desks.to_content()
    if ends_by == "agreement":
        desks.agree(TEXT, ended={"DE-ZASM": date(2026, 6, 10)})
    last_day = timedelta(days=9 if ends_by == "agreement" else 364)
    desks.clock[0] += last_day
    desks.ask(asking.read)
    desks.clock[0] += timedelta(days=1)  # and no sweep
    with pytest.raises(SymbolonError) as error:
        desks.ask(asking.read)
    assert refusal(error)[0] is ErrorCode.STEP_NOT_POSSIBLE


def test_what_may_be_kept_is_kept_after_the_end(tmp_path: Path) -> None:
    text = agreement(validity__after_end="keep_under_conditions")
    for desks in two_desks(tmp_path, text):
        desks.to_content()
        desks.agree(text, ended={"DE-ZASM": date(2026, 6, 10)})
        desks.wait(timedelta(days=30))
        assert desks.case().content is not None


# Time


def test_hits_nobody_pursues_are_erased(desks: TwoDesks) -> None:
    desks.wait(timedelta(days=29))
    assert desks.case().state is CaseState.HIT
    desks.wait(timedelta(days=1))
    for find in (desks.case, desks.referral):
        with pytest.raises(SymbolonError) as error:
            find()
        assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE


def test_a_missing_receipt_is_seen_at_the_holder(desks: TwoDesks) -> None:
    desks.to_content()
    desks.clock[0] += timedelta(days=367)  # the asker's node is down
    scene = desks.holder.desk.scene()
    assert receipt_is_overdue(desks.referral(), scene)


def test_a_file_that_cannot_be_read_stops_no_deletion(desks: TwoDesks) -> None:
    desks.to_content()
    desks.hit(TEXT, "QRSTUVWXYZ234567")
    with desks.asker.file.transaction() as connection:
        connection.execute("UPDATE hit_case SET document = '{}' WHERE reference = 'QRSTUVWXYZ234567'")
    desks.wait(timedelta(days=367))
    assert desks.case().content is None
