"""Who sees a joint team's files: its members, and at the holder whoever may approve what is released of its record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding
from node.cases.reviewing import review
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.two_desks import ANALYST, REFERENCE, SECOND_ANALYST, TwoDesks, agreement, officer, refusal, two_desks

MEMBERS = [{"agency": "FR-DNMS", "officer": "a.durand"}, {"agency": "DE-ZASM", "officer": "t.team"}]
TEXT = agreement(
    joint_team={"case": "2026/117", "members": MEMBERS},
    release__approval__roles=["release_officer"],
    emergency__approval__roles=["supervisor"],
)
MEMBER, STRANGER = officer("t.team", "judge"), officer("s.fremd", "judge", "legal_adviser")
RELEASE, SECOND_RELEASE = officer("k.weber", "release_officer"), officer("n.berg", "release_officer")
SUPERVISOR, SECOND_SUPERVISOR = officer("l.vogt", "supervisor"), officer("o.lang", "supervisor")
SILENT = "SSSSSSSSSSSSSSSS"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit of a joint team between them, none of whose members may approve."""
    yield from two_desks(tmp_path, TEXT)


def test_approvers_who_are_no_members_decide_a_teams_request(desks: TwoDesks) -> None:
    desks.to_request()
    for by in (RELEASE, SUPERVISOR, MEMBER):
        assert [one.reference for one in desks.holder.desk.referrals(by)] == [REFERENCE]
        assert desks.holder.desk.show_referral(REFERENCE, by).reference == REFERENCE
    desks.hold(holding.approve, by=RELEASE)
    desks.hold(holding.approve, by=SECOND_RELEASE)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    assert desks.case().state is CaseState.READABLE
    desks.hold(holding.recall, by=SUPERVISOR, reason="entered by mistake")


def test_who_is_neither_a_member_nor_may_approve_sees_nothing_of_it(desks: TwoDesks) -> None:
    desks.to_request()
    assert desks.holder.desk.referrals(STRANGER, all_of_them=True) == []
    with pytest.raises(SymbolonError) as error:
        desks.holder.desk.show_referral(REFERENCE, STRANGER)
    assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE
    with pytest.raises(SymbolonError) as error:
        desks.hold(holding.decline, by=STRANGER, reason="a source")
    assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE


def test_a_teams_silent_hit_is_seen_by_who_may_approve(desks: TwoDesks) -> None:
    desks.hit(TEXT, SILENT, silent=True)
    assert [one.reference for one in desks.holder.desk.referrals(SUPERVISOR)] == [SILENT]
    desks.holder.desk.see(SILENT, SUPERVISOR)
    assert desks.referral(SILENT).state is ReferralState.SILENT_SEEN


def test_a_teams_emergency_is_decided_and_reviewed(desks: TwoDesks) -> None:
    desks.ask(asking.request, facts="a boat", emergency={"responsible": "c.chef", "danger": "it sinks"})
    desks.carry()
    desks.hold(holding.approve, by=SUPERVISOR)
    desks.carry()
    desks.acknowledge()
    desks.carry()
    desks.hold(review, by=SECOND_SUPERVISOR, result="in order")
    assert desks.referral().review.state == "reviewed"


def test_at_the_asker_the_same_roles_open_nothing(desks: TwoDesks) -> None:
    desks.to_request()
    for by in (SECOND_ANALYST, RELEASE, SUPERVISOR, officer("t.team", "analyst")):
        assert desks.asker.desk.cases(by) == []
        with pytest.raises(SymbolonError) as error:
            desks.asker.desk.show_case(REFERENCE, "", by)
        assert refusal(error)[0] is ErrorCode.NO_SUCH_CASE
    assert len(desks.asker.desk.cases(ANALYST)) == 1


def test_the_roles_of_an_emergency_that_there_is_not_open_nothing(tmp_path: Path) -> None:
    values = {"joint_team": {"case": "2026/117", "members": MEMBERS}, "emergency__uses_a_month": 0}
    text = agreement(**values, release__approval__roles=["release_officer"], emergency__approval__roles=["supervisor"])
    for desks in two_desks(tmp_path, text):
        counts = [len(desks.holder.desk.referrals(by, all_of_them=True)) for by in (RELEASE, SUPERVISOR)]
        assert counts == [1, 0]
