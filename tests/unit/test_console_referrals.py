"""The release officer's pages: the queue, what leaves and what stays, four eyes by forms, what has changed since."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agreements.stages import ReferralState
from console.languages import languages
from node.cases import asking
from node.officers.register import Role
from tests.unit.console_desk import Browser, ConsoleDesk
from tests.unit.two_desks import HOLDER, REFERENCE, ROW, TEXT, TwoDesks, held, two_desks

STAFF: dict[str, tuple[Role, ...]] = {
    "k.weber": ("release_officer",),
    "l.vogt": ("supervisor",),
    "r.recht": ("legal_adviser",),
    "j.richter": ("judge",),
    "p.pruefer": ("auditor",),
    "a.blind": ("analyst",),
}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    for made in two_desks(tmp_path, TEXT):
        made.holder.staff |= {name: frozenset(roles) for name, roles in STAFF.items()}
        yield made


@pytest.fixture
def console(tmp_path: Path, desks: TwoDesks) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path, desks.holder.desk, HOLDER) as made:
        for name, roles in STAFF.items():
            made.enter(name, *roles)
        yield made


@pytest.fixture(autouse=True)
def at_the_time_of_the_desks(desks: TwoDesks, monkeypatch: pytest.MonkeyPatch) -> None:
    def now() -> float:
        return desks.clock[0].timestamp()

    monkeypatch.setattr("console.pages.referrals.now", now)


def text_of(page: str) -> str:
    """Give what a person reads of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def digest_in(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


async def test_the_queue_has_what_runs_out_first_before_all_else(desks: TwoDesks, console: ConsoleDesk) -> None:
    for reference, waited in (("FIRSTAAAAAAAAAAA", 0), ("SECONDAAAAAAAAAA", 1)):
        desks.hit(TEXT, reference)
        desks.clock[0] += timedelta(hours=waited)
        desks.ask(asking.confirm, reference=reference)
        desks.ask(asking.request, reference=reference, facts="seen twice", urgency="normal")
    desks.hit(TEXT, "URGENTAAAAAAAAAA")
    desks.ask(asking.confirm, reference="URGENTAAAAAAAAAA")
    desks.ask(asking.request, reference="URGENTAAAAAAAAAA", facts="seen twice", urgency="urgent")
    desks.hit(TEXT, "SILENTAAAAAAAAAA", silent=True)
    desks.carry()
    page = (await console.browser("k.weber").get("/referrals")).text
    order = re.findall(r'href="/referrals/(\w{16})"', page)
    assert order == ["URGENTAAAAAAAAAA", "FIRSTAAAAAAAAAAA", "SECONDAAAAAAAAAA", "SILENTAAAAAAAAAA"]
    assert REFERENCE not in page  # nobody has asked about it
    everything = (await console.browser("k.weber").get("/referrals?all=1")).text
    assert REFERENCE in everything


async def test_the_queue_says_how_long_is_left_and_what_is_overdue_or_stands_still(
    desks: TwoDesks, console: ConsoleDesk
) -> None:
    desks.to_request()
    browser = console.browser("k.weber")
    assert "2 days left" in text_of((await browser.get("/referrals")).text)
    await browser.get(f"/referrals/{REFERENCE}")
    assert (await browser.send(f"/referrals/{REFERENCE}/judge")).status_code == 303
    listed = text_of((await browser.get("/referrals")).text)
    assert "Stands still, at a judge" in listed
    desks.wait(timedelta(days=5))
    shown = text_of((await browser.get(f"/referrals/{REFERENCE}")).text)
    assert "Handed to a judge by k.weber" in shown
    assert "2 days left" in shown
    await browser.send(f"/referrals/{REFERENCE}/resume")
    desks.wait(timedelta(days=3))
    assert "Overdue for" in text_of((await browser.get("/referrals")).text)


async def test_a_filter_leaves_its_kind_alone(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    desks.hit(TEXT, "SILENTAAAAAAAAAA", silent=True)
    browser = console.browser("k.weber")
    silent = (await browser.get("/referrals?kind=silent_hit")).text
    assert "SILENTAAAAAAAAAA" in silent
    assert REFERENCE not in silent
    decide = (await browser.get("/referrals?kind=decide")).text
    assert REFERENCE in decide
    assert "SILENTAAAAAAAAAA" not in decide
    assert "There is nothing to see to here." in (await browser.get("/referrals?kind=<b>")).text


async def test_every_field_of_the_record_leaves_or_has_its_reason(desks: TwoDesks, console: ConsoleDesk) -> None:
    row = ROW | {"gender": "M", "emails": ["g@example.org"], "aliases": ["Giorgis"], "addresses": ["Kifisias 1"]}
    desks.holder.records["Z-1"] = held(row, withheld=frozenset({"emails"}))
    desks.to_request()
    page = (await console.browser("k.weber").get(f"/referrals/{REFERENCE}")).text
    leaves = page.partition("What would leave")[2].partition("What stays here, and why")[0]
    stays = page.partition("What stays here, and why")[2].partition("<details")[0]
    assert "Giorgos Melanos" in leaves
    assert "g@example.org" not in leaves
    assert "g@example.org" in stays
    assert "releases this field to nobody" in text_of(stays)
    assert "Number of the record" in stays  # never leaves
    assert "no agreement can name it" in text_of(stays)


@pytest.mark.parametrize("code", ["fr", "ar"])
async def test_the_parts_of_a_name_are_called_as_names_are(desks: TwoDesks, console: ConsoleDesk, code: str) -> None:
    """A leave that is given is another word in most languages, and so is the last entry of a log."""
    row = ROW | {"name_parts": {"given": "Giorgos", "last": "Melanos", "of_the_house": "Argyros"}}
    desks.holder.records["Z-1"] = held(row)
    desks.to_request()
    page = text_of((await console.browser("k.weber", code).get(f"/referrals/{REFERENCE}")).text)
    say = languages()[code].say
    for part in (f"{say('Given name')} Giorgos", f"{say('Last name')} Melanos", "of the house Argyros"):
        assert part in page


async def test_what_leaves_says_by_which_article_as_what_stays_does(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    browser = console.browser("k.weber")
    page = (await browser.get(f"/referrals/{REFERENCE}")).text
    leaves = page.partition("What would leave")[2].partition("What stays here, and why")[0]
    groups = re.findall(r"<section>(.*?)</section>", leaves, re.DOTALL)
    assert sum(one.count("<dt>") for one in groups) == len(desks.holder.desk.release_now(desks.referral()).content)
    for one in groups:
        assert "release.core_fields" in one or "release.supplementary_fields" in one
        (number,) = re.findall(r'href="#article-(\d+)"', one)
        assert f'id="article-{number}"' in page
    assert "handling.conditions" in leaves
    shown = await browser.send(f"/referrals/{REFERENCE}/approve", digest=digest_in(page))
    assert f'href="/referrals/{REFERENCE}#article-' in shown.text


async def test_the_record_is_shown_to_who_may_approve_and_that_is_logged(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    page = (await console.browser("k.weber").get(f"/referrals/{REFERENCE}")).text
    assert "The record whole" in page
    assert "+30 21 0000 0000" in page
    entries = [one.event for one in desks.holder.ledger.entries() if one.event.type == "case_shown"]
    assert [one.record for one in entries] == [True]
    audited = (await console.browser("p.pruefer").get(f"/referrals/{REFERENCE}")).text
    assert "The record whole" not in audited
    assert "+30 21 0000 0000" not in audited
    entries = [one.event for one in desks.holder.ledger.entries() if one.event.type == "case_shown"]
    assert [one.record for one in entries] == [True, False]


async def test_what_is_over_shows_no_record(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    browser = console.browser("k.weber")
    await browser.get(f"/referrals/{REFERENCE}")
    sent = await browser.send(f"/referrals/{REFERENCE}/decline", words="a source would be known by it")
    assert sent.status_code == 303
    assert "+30 21 0000 0000" not in (await browser.get(f"/referrals/{REFERENCE}")).text


async def approve(browser: Browser, path: str = f"/referrals/{REFERENCE}") -> str:
    """Approve on both pages, and give the page after it."""
    digest = digest_in((await browser.get(path)).text)
    review = await browser.send(f"{path}/approve", digest=digest)
    assert review.status_code == 200
    assert digest_in(review.text) == digest
    assert "Giorgos Melanos" in review.text
    assert (await browser.send(f"{path}/approve", digest=digest, confirmed="yes")).headers["location"] == path
    return (await browser.get(path)).text


async def test_four_eyes_by_forms_with_two_officers(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    first, second = console.browser("k.weber"), console.browser("l.vogt")
    page = text_of(await approve(first))
    assert "Your approval is noted." in page
    assert "1 approval is missing." in page
    assert "Another officer has to approve it, too." in page
    assert desks.referral().state is ReferralState.REQUESTED
    again = await first.send(f"/referrals/{REFERENCE}/approve", digest=_digest(desks), confirmed="yes")
    assert again.status_code == 403
    assert "this officer has approved already" in again.text
    await approve(second)
    assert desks.referral().state is ReferralState.OFFERED
    assert {one.officer for one in desks.referral().approvals} == {f"{HOLDER}/k.weber", f"{HOLDER}/l.vogt"}


def _digest(desks: TwoDesks) -> str:
    return desks.holder.desk.release_now(desks.referral()).digest


async def test_approvals_of_what_has_left_are_told_and_no_others_are_asked_for(
    desks: TwoDesks, console: ConsoleDesk
) -> None:
    desks.to_content()
    page = text_of((await console.browser("l.vogt").get(f"/referrals/{REFERENCE}")).text)
    for one in desks.referral().approvals:
        assert one.officer in page
    for said in ("Void", "approvals are missing", "You can approve"):
        assert said not in page
    desks.ask(asking.dispute, words="another birth place")
    desks.carry()
    assert desks.referral().state is ReferralState.DISPUTED
    assert "approvals are missing" in text_of((await console.browser("l.vogt").get(f"/referrals/{REFERENCE}")).text)
    desks.ask(asking.delete)
    desks.carry()
    assert desks.referral().state is ReferralState.DELETED_THERE
    page = text_of((await console.browser("l.vogt").get(f"/referrals/{REFERENCE}")).text)
    for said in ("Void", "approvals are missing", "You can approve"):
        assert said not in page


async def test_nothing_is_approved_by_the_first_of_both_pages(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    browser = console.browser("k.weber")
    digest = digest_in((await browser.get(f"/referrals/{REFERENCE}")).text)
    await browser.send(f"/referrals/{REFERENCE}/approve", digest=digest)
    await browser.send(f"/referrals/{REFERENCE}/recall", words="by mistake")
    assert desks.referral().approvals == ()
    assert desks.referral().state is ReferralState.REQUESTED


async def test_what_has_changed_between_look_and_approval_is_refused_and_shown_anew(
    desks: TwoDesks, console: ConsoleDesk
) -> None:
    desks.to_request()
    browser = console.browser("k.weber")
    digest = digest_in((await browser.get(f"/referrals/{REFERENCE}")).text)
    desks.holder.records["Z-1"] = held(withheld=frozenset({"nationality"}))
    for confirmed in ({}, {"confirmed": "yes"}):
        refused = await browser.send(f"/referrals/{REFERENCE}/approve", digest=digest, **confirmed)
        assert refused.status_code == 409
        assert "What would leave has changed since you looked." in refused.text
        assert digest_in(refused.text) == _digest(desks) != digest
        assert desks.referral().approvals == ()


async def test_a_changed_person_is_confirmed_before_anything_is_approved(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    desks.holder.records["Z-1"] = held(ROW | {"dob": ["1984-08-17"]})
    browser = console.browser("k.weber")
    page = (await browser.get(f"/referrals/{REFERENCE}")).text
    assert "compare it again and confirm the match" in page
    assert "Review what leaves" not in page
    await browser.send(f"/referrals/{REFERENCE}/confirm-match", digest=digest_in(page))
    assert "Review what leaves" in (await browser.get(f"/referrals/{REFERENCE}")).text


async def test_rules_in_the_way_are_told_in_plain_words_with_their_article(
    desks: TwoDesks, console: ConsoleDesk
) -> None:
    desks.to_request()
    desks.holder.records["Z-1"] = held(barred=frozenset({"FR"}), minor="yes")
    page = (await console.browser("k.weber").get(f"/referrals/{REFERENCE}")).text
    assert "The record is barred for the asker&#39;s country or agency." in page
    assert 'href="#article-4">Article 4</a>' in page
    assert 'id="article-4"' in page
    assert "Nothing would leave." in page
    assert "You cannot approve while a rule stands in the way." in page


async def test_a_recall_takes_two_pages(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_content()
    browser = console.browser("l.vogt")
    await browser.get(f"/referrals/{REFERENCE}")
    review = await browser.send(f"/referrals/{REFERENCE}/recall", words="entered by mistake")
    assert "This cannot be undone." in review.text
    assert desks.referral().state is ReferralState.CONTENT_SENT
    await browser.send(f"/referrals/{REFERENCE}/recall", words="entered by mistake", confirmed="yes")
    assert desks.referral().state is ReferralState.RECALLED


@pytest.mark.parametrize("is_requested", [False, True])
async def test_before_content_has_left_only_the_hit_is_taken_back_and_that_is_no_refusal(
    desks: TwoDesks, console: ConsoleDesk, is_requested: bool
) -> None:
    if is_requested:
        desks.to_request()
    browser = console.browser("l.vogt")
    page = (await browser.get(f"/referrals/{REFERENCE}")).text
    assert "<summary>Take back the hit itself</summary>" in page
    assert "To refuse what is asked, decline it." in page
    review = (await browser.send(f"/referrals/{REFERENCE}/recall", words="another person")).text
    assert "is told that the hit was a mistake" in review
    for one in (page, review):
        assert "Its copy is erased" not in one
        assert "Recall" not in one.partition("<main")[2]
    await browser.send(f"/referrals/{REFERENCE}/recall", words="another person", confirmed="yes")
    assert desks.referral().state is ReferralState.RECALLED


async def test_a_step_without_its_words_shows_the_form_again(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_request()
    browser = console.browser("k.weber")
    await browser.get(f"/referrals/{REFERENCE}")
    for step, typed in (("decline", {"words": " "}), ("recall", {}), ("ask", {"about": "everything"})):
        refused = await browser.send(f"/referrals/{REFERENCE}/{step}", **typed)
        assert refused.status_code == 422, step
        assert 'role="alert"' in refused.text
    long = await browser.send(f"/referrals/{REFERENCE}/decline", words="x" * 4001)
    assert long.status_code == 422
    assert "x" * 4001 in long.text  # what was typed is not lost


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("k.weber", ["Review what leaves", "Decline the request", "Hand it to a judge", "Take back the hit"]),
        ("l.vogt", ["Review what leaves", "Decline the request", "Take back the hit"]),
        ("r.recht", ["Decline the request", "Hand it to a judge"]),
        ("j.richter", ["Decline the request", "Hand it to a judge"]),
        ("p.pruefer", []),
    ],
)
async def test_each_role_has_the_forms_of_its_steps(
    desks: TwoDesks, console: ConsoleDesk, name: str, reads: list[str]
) -> None:
    desks.to_request()
    buttons = ["Review what leaves", "Decline the request", "Hand it to a judge", "Take back the hit"]
    page = (await console.browser(name).get(f"/referrals/{REFERENCE}")).text
    assert [one for one in buttons if f">{one}</button>" in page] == reads


async def test_who_may_not_see_referrals_sees_none(desks: TwoDesks, console: ConsoleDesk) -> None:
    for path in ("/referrals", f"/referrals/{REFERENCE}"):
        assert (await console.browser("a.blind").get(path)).status_code == 403
    auditor = console.browser("p.pruefer")
    await auditor.get(f"/referrals/{REFERENCE}")
    assert (await auditor.send(f"/referrals/{REFERENCE}/decline", words="x")).status_code == 403
    assert (await auditor.get("/referrals/NOSUCHREFERENCEA")).status_code == 404


async def test_what_others_wrote_is_text_and_never_markup(desks: TwoDesks, console: ConsoleDesk) -> None:
    nasty = "<img src=x onerror=alert(1)>\"'&"
    desks.holder.records["Z-1"] = held(ROW | {"names": [nasty], "addresses": [nasty]}, caveats=(nasty,))
    desks.hit(TEXT, "NASTYAAAAAAAAAAA", case=nasty)
    desks.ask(asking.confirm, reference="NASTYAAAAAAAAAAA")
    desks.ask(asking.request, reference="NASTYAAAAAAAAAAA", facts=nasty)
    desks.carry()
    browser = console.browser("k.weber")
    page = (await browser.get("/referrals/NASTYAAAAAAAAAAA")).text
    refused = (await browser.send("/referrals/NASTYAAAAAAAAAAA/ask", about=nasty)).text
    recall = (await browser.send("/referrals/NASTYAAAAAAAAAAA/recall", words=nasty)).text
    for one in (page, refused, recall):
        assert "<img src=x" not in one
        assert html.escape("<img src=x") in one


async def test_a_silent_hit_is_noted_and_leaves_the_queue(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.hit(TEXT, "SILENTAAAAAAAAAA", silent=True)
    browser = console.browser("k.weber")
    page = (await browser.get("/referrals/SILENTAAAAAAAAAA")).text
    assert "the asker was told nothing of this hit" in page
    assert (await browser.send("/referrals/SILENTAAAAAAAAAA/see")).status_code == 303
    assert "SILENTAAAAAAAAAA" not in (await browser.get("/referrals")).text


async def test_leave_is_answered_by_forms(desks: TwoDesks, console: ConsoleDesk) -> None:
    desks.to_content()
    desks.ask(asking.ask_consent, wanted="onward_transfer", to="IT-ALTRA", reason="the same network")
    desks.carry()
    browser = console.browser("k.weber")
    page = (await browser.get(f"/referrals/{REFERENCE}")).text
    assert "IT-ALTRA" in page
    assert (await browser.send(f"/referrals/{REFERENCE}/answer-leave", number="1", given="no")).status_code == 303
    assert desks.referral().consents[0].given is False
    assert (await browser.send(f"/referrals/{REFERENCE}/answer-leave", number="9" * 30)).status_code == 409
