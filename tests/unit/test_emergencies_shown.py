"""That an appeal to danger of life stands out on both sides: in lists, on first pages, at the head of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from cli.case_output import _list, described
from cli.case_text import text_of
from node.cases import asking, holding
from node.cases.urgency import most_urgent_first, weighed_case, weighed_referral
from node.cases.wire import case_listed, case_shown, referral_listed
from symbolon.v1 import cases_pb2 as wire
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import ANALYST, HOLDER, NOW, REFERENCE, RELEASE, TEXT, TwoDesks, agreement, officer, two_desks

CHIEF = officer("m.chef", "supervisor")
APPEAL = {"danger": "forty people at sea", "responsible": CHIEF.name}
HOURS = timedelta(hours=TEXT.release.urgent_clock_hours)
MARK = '<strong class="state life">Danger to life</strong>'


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    for made in two_desks(tmp_path, TEXT):
        made.asker.staff[CHIEF.name] = CHIEF.roles
        yield made


def urgent(desks: TwoDesks, count: int) -> list[str]:
    """Make requests with the clock of an emergency, and give their references."""
    references = [f"URGENT{letter}AAAAAAAAA" for letter in "ABCDEFGH"[:count]]
    for reference in references:
        desks.hit(TEXT, reference)
        desks.ask(asking.confirm, reference=reference)
        desks.ask(asking.request, reference=reference, facts="seen twice", urgency="urgent")
    return references


def appeal(desks: TwoDesks) -> None:
    desks.ask(asking.request, facts="a boat without a pilot", emergency=APPEAL)
    desks.carry()


def printed(shown: object) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()


def queue(desks: TwoDesks) -> list[wire.ReferralShown]:
    scene = desks.holder.desk.scene()
    lines = [weighed_referral(line, scene, RELEASE) for line in desks.holder.desk.referrals(RELEASE)]
    return [referral_listed(line) for line in most_urgent_first(lines)]


def test_an_emergency_stands_before_all_that_runs_out_at_the_same_time(desks: TwoDesks) -> None:
    (other,) = urgent(desks, 1)
    appeal(desks)
    desks.hit(TEXT, "QUIETAAAAAAAAAAA")
    listed = queue(desks)
    assert [one.file.reference for one in listed] == [REFERENCE, other]
    assert [one.file.emergency for one in listed] == [True, False]
    assert len({one.file.see_to_by for one in listed}) == 1
    scene = desks.asker.desk.scene()
    own = most_urgent_first(weighed_case(line, scene, ANALYST) for line in desks.asker.desk.cases(ANALYST))
    first = case_listed(own[0])
    assert first.file.reference == REFERENCE
    assert first.file.emergency


def test_the_asker_sees_when_the_holders_time_ends_until_a_judge_stops_it(desks: TwoDesks) -> None:
    appeal(desks)
    shown = case_shown(desks.case(), desks.asker.desk.scene(), ANALYST).file
    assert list(shown.alerts) == ["danger to life: the holder has to decide the request"]
    assert shown.see_to_by == int((NOW + HOURS).timestamp())
    desks.hold(holding.hand_to_judge)
    desks.carry()
    assert case_shown(desks.case(), desks.asker.desk.scene(), ANALYST).file.see_to_by == 0
    desks.hold(holding.decline, reason="of no concern here")
    desks.carry()
    assert not case_shown(desks.case(), desks.asker.desk.scene(), ANALYST).file.emergency


def test_a_refused_appeal_is_marked_until_an_officer_has_taken_note(tmp_path: Path) -> None:
    none_left = agreement(emergency__uses_a_month=1)
    for desks in two_desks(tmp_path, none_left):
        desks.asker.staff[CHIEF.name] = CHIEF.roles
        appeal(desks)
        other = "OTHERAAAAAAAAAAA"
        desks.hit(none_left, other)
        desks.ask(asking.request, reference=other, facts="another boat", emergency=APPEAL)
        desks.carry()
        assert {one.file.reference: one.file.emergency for one in queue(desks)} == {REFERENCE: True, other: True}
        desks.holder.desk.see(other, RELEASE)
        assert not desks.referral(other).is_emergency


def test_printed_lists_and_files_say_it_in_capitals(desks: TwoDesks) -> None:
    urgent(desks, 1)
    appeal(desks)
    listed = printed(_list({"referrals": [described(one) for one in queue(desks)], "has_more": False}, "referral"))
    assert listed.count("DANGER TO LIFE") == 1
    case = described(case_shown(desks.case(), desks.asker.desk.scene()))
    assert case["emergency"] is True
    assert "DANGER TO LIFE" in printed(text_of("case", case, NOW))


async def test_the_holders_pages_mark_it_and_the_first_page_leaves_none_out(desks: TwoDesks, tmp_path: Path) -> None:
    others = urgent(desks, 6)
    desks.carry()
    desks.clock[0] += timedelta(hours=1)
    appeal(desks)
    with ConsoleDesk(tmp_path, desks.holder.desk, HOLDER) as console:
        console.enter(RELEASE.name, "release_officer")
        browser = console.browser(RELEASE.name)
        first, listed, head = [
            (await browser.get(path)).text for path in ("/", "/referrals", f"/referrals/{REFERENCE}")
        ]
    assert re.findall(r'href="/referrals/(\w{16})"', first) == [*others[:5], REFERENCE]
    for page in (first, listed, head):
        assert page.count(MARK) == 1
    assert MARK in head.partition("Why was asked")[0]


async def test_the_askers_pages_mark_it_and_tell_who_answers_for_it(desks: TwoDesks, tmp_path: Path) -> None:
    appeal(desks)
    with ConsoleDesk(tmp_path, desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        console.enter(CHIEF.name, "supervisor")
        for path in ("/", "/cases", f"/cases/{HOLDER}/{REFERENCE}"):
            named, colleague = [(await console.browser(one).get(path)).text for one in (CHIEF.name, ANALYST.name)]
            assert MARK in named
            assert MARK in colleague
            assert "and you answer for it" in named
            assert "and you answer for it" not in colleague
        assert REFERENCE in (await console.browser(CHIEF.name).get("/")).text
