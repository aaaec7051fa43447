"""Cases at the console: the whole follow-up of a hit by forms, what is shown to whom, and what a refusal looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest

from agreements.stages import CaseState
from node.cases import asking, holding
from node.officers.register import ROLES
from tests.unit.console_desk import Browser, ConsoleDesk
from tests.unit.two_desks import (
    ANALYST,
    HOLDER,
    REFERENCE,
    SUPERVISOR,
    TEXT,
    TwoDesks,
    agreement,
    held,
    opened_desks,
)

CASE = f"/cases/{HOLDER}/{REFERENCE}"
PHONE = "+30 21 0000 0000"


@dataclass
class Scene:
    """Two desks, and the console of the asker's."""

    desks: TwoDesks
    console: ConsoleDesk

    def browser(self, name: str = ANALYST.name, language: str = "en") -> Browser:
        return self.console.browser(name, language)

    async def at_case(self, name: str = ANALYST.name) -> Browser:
        browser = self.browser(name)
        assert (await browser.get(CASE)).status_code == 200
        return browser


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with (
        opened_desks(tmp_path, TEXT) as desks,
        ConsoleDesk(tmp_path, cases=desks.asker.desk) as console,
    ):
        for role in ROLES:
            console.enter(f"only.{role.replace('_', '-')}", role)
        console.enter(ANALYST.name, "analyst")
        console.enter("m.chef", "supervisor")
        yield Scene(desks, console)


def text_of(answer: httpx.Response) -> str:
    """Give what a page says, without its tags."""
    main = answer.text.partition("<main")[2].partition(">")[2]
    lines = re.sub(r"</?(?:h\d|p|li|dt|dd|div|td|th|tr|ul|details|label|br)\b[^>]*>", "\n", main)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", lines)))


async def send(browser: Browser, step: str, name: str = "", path: str = "", **fields: str) -> httpx.Response:
    """Send the form of a step with its fields by their own names."""
    form = name or step
    return await browser.send(
        path or f"{CASE}/{step}", form=form, **{f"{form}_{key}": one for key, one in fields.items()}
    )


async def test_conditions_are_taken_on_in_exact_days(tmp_path: Path) -> None:
    text = agreement(handling__retention_days=200, handling__feedback_days=10)
    with opened_desks(tmp_path, text) as desks, ConsoleDesk(tmp_path, cases=desks.asker.desk) as console:
        console.enter(ANALYST.name, "analyst")
        desks.to_offer()
        said = text_of(await console.browser(ANALYST.name).get(CASE))
    assert "Deleted after 200 days" in said
    assert "Use reported within 10 days" in said


async def test_a_hit_is_followed_up_by_forms_alone(scene: Scene) -> None:
    browser = scene.browser()
    listed = await browser.get("/cases")
    assert f'href="{CASE}"' in listed.text
    page = await browser.get(CASE)
    assert "Nobody here has said yet" in text_of(page)

    done = await send(browser, "confirm", words="the scar on the left hand")
    assert (done.status_code, done.headers["location"]) == (303, CASE)
    page = await browser.get(CASE)
    assert "Your confirmation is noted." in text_of(page)
    assert "the scar on the left hand" in text_of(page)

    assert (await send(browser, "request", facts="seen twice at the border", urgency="urgent")).status_code == 303
    scene.desks.carry()
    scene.desks.hold(holding.approve)
    scene.desks.hold(holding.approve, by=SUPERVISOR)
    scene.desks.carry()

    page = await browser.get(CASE)
    said = text_of(page)
    assert "Only with the giver's prior consent" in said
    found = re.search(r'name="acknowledge_digest" value="([0-9a-f]{64})"', page.text)
    assert found
    untaken = await send(browser, "acknowledge", digest=found[1])
    assert untaken.status_code == 409
    assert "tick that you take on exactly these conditions" in text_of(untaken)
    assert (await send(browser, "acknowledge", digest=found[1], sure="yes")).status_code == 303
    scene.desks.carry()

    page = await browser.get(CASE)
    assert PHONE not in page.text
    assert "content_read" not in scene.desks.asker.events()
    read = await send(browser, "read")
    assert read.status_code == 200
    assert read.headers["cache-control"] == "no-store"
    assert PHONE in read.text
    assert scene.desks.asker.events().count("content_read") == 1
    assert PHONE not in (await browser.get(CASE)).text

    assert (await send(browser, "feedback", use="led_to_inquiry", words="an inquiry was opened")).status_code == 303
    assert "Led to an inquiry" in text_of(await browser.get(CASE))
    assert scene.desks.case().state is CaseState.FEEDBACK_GIVEN


async def test_the_further_steps_are_taken_by_forms_too(scene: Scene) -> None:
    scene.desks.to_content()
    browser = await scene.at_case()
    asked = await send(
        browser, "ask-leave", "ask_leave-to", wanted="onward_transfer", to="IT-ALTRA", reason="the same network"
    )
    assert asked.status_code == 303
    for_another = {"wanted": "change_of_purpose", "to": "document_fraud", "reason": "the passport was bought"}
    barred = await send(browser, "ask-leave", "ask_leave-purpose", **for_another)
    assert "The conditions never allow another purpose." in text_of(barred)
    assert (await send(browser, "dispute", words="the passport says 1985")).status_code == 303
    said = text_of(await browser.get(CASE))
    assert "IT-ALTRA: the same network (not answered yet)" in said
    assert "the passport says 1985" in said
    assert (await send(browser, "delete")).status_code == 409
    assert (await send(browser, "delete", sure="yes")).status_code == 303
    assert scene.desks.case().state is CaseState.DELETED


async def test_a_question_of_the_holder_is_answered_by_its_form(scene: Scene) -> None:
    scene.desks.to_request()
    scene.desks.hold(holding.ask_about, about="legal_basis")
    scene.desks.carry()
    browser = await scene.at_case()
    page = text_of(await browser.get(CASE))
    assert "The holder asks about: The legal basis" in page
    assert "Within 48 hours of reaching the holder" in page
    answered = await send(browser, "answer", "answer-1", number="1", words="article 25 (EU) 2024/982")
    assert answered.status_code == 303
    assert scene.desks.case().clarifications[0].answer == "article 25 (EU) 2024/982"


async def test_an_emergency_names_another_officer_and_is_reviewed_by_one_who_had_no_part(scene: Scene) -> None:
    browser = await scene.at_case()
    asked = {"facts": "a boat without a pilot", "emergency": "yes", "danger": "forty people at sea"}
    own = await send(browser, "request", "request-emergency", responsible=ANALYST.name, **asked)
    assert own.status_code == 409
    assert "who asks does not answer for the emergency" in text_of(own)
    assert "forty people at sea" in own.text  # what was typed stays
    nobody = await send(browser, "request", "request-emergency", responsible="m.shef", **asked)
    assert "is no active officer here: name one who is" in text_of(nobody)
    assert "had no part in it" not in text_of(nobody)
    assert (await send(browser, "request", "request-emergency", responsible="m.chef", **asked)).status_code == 303
    scene.desks.carry()
    scene.desks.hold(holding.approve)
    scene.desks.carry()
    scene.desks.acknowledge()
    scene.desks.carry()
    answers_for_it = await scene.at_case("m.chef")
    assert (await send(answers_for_it, "review", words="the danger was real")).status_code == 409
    reviewer = await scene.at_case("only.supervisor")
    assert (await send(reviewer, "review", words="the danger was real")).status_code == 303
    assert "The use of the emergency clause was reviewed." in text_of(await reviewer.get(CASE))


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("confirm", {"words": " "}),
        ("reject", {"words": ""}),
        ("request", {"facts": "of no use yet"}),
        ("answer", {"number": "1", "words": "x"}),
        ("answer", {"number": "²", "words": "x"}),
        ("acknowledge", {"digest": "0" * 64, "sure": "yes"}),
        ("read", {}),
        ("feedback", {"use": "no_use"}),
        ("feedback", {"use": "no such use"}),
        ("dispute", {"words": "x"}),
        ("ask-leave", {"wanted": "onward_transfer", "to": "IT-ALTRA", "reason": "x"}),
        ("delete", {"sure": "yes"}),
    ],
)
async def test_a_step_that_is_refused_shows_the_case_as_it_is_and_why(
    scene: Scene, step: str, fields: dict[str, str]
) -> None:
    browser = await scene.at_case()
    answer = await send(browser, step, **fields)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "Nobody here has said yet" in text_of(answer)
    assert scene.desks.case().state is CaseState.HIT


async def test_a_step_taken_meanwhile_by_another_is_not_taken_twice(scene: Scene) -> None:
    browser = await scene.at_case()
    scene.desks.ask(asking.reject, reason="another birth place")
    answer = await send(browser, "confirm", words="the scar")
    assert answer.status_code == 409
    assert "confirm: not possible while the state is rejected" in text_of(answer)
    assert "It is not the person, as an officer here has said." in text_of(answer)


async def test_roles_see_the_steps_that_are_theirs_and_who_takes_the_others(scene: Scene) -> None:
    auditor = await (await scene.at_case("only.auditor")).get(CASE)
    assert f'action="{CASE}/confirm"' not in auditor.text
    assert "What others here can do Confirm the match: Analyst" in text_of(auditor)
    analyst = await (await scene.at_case()).get(CASE)
    assert f'action="{CASE}/confirm"' in analyst.text
    assert "What has to hold: as many different officers as the agreement asks" in text_of(analyst)
    for role in ("judge", "release_officer", "operator"):
        assert (await scene.browser(f"only.{role.replace('_', '-')}").get(CASE)).status_code == 403
        assert (await scene.browser(f"only.{role.replace('_', '-')}").get("/cases")).status_code == 403


async def test_who_may_not_read_gets_no_content_by_the_report_either(scene: Scene) -> None:
    scene.desks.to_content()
    for name in ("only.auditor", "only.legal-adviser"):
        browser = await scene.at_case(name)
        assert (await browser.send(f"{CASE}/read", form="read")).status_code == 403
        answer = await browser.send(f"{CASE}/report", report_content="yes")
        assert answer.status_code == 409
        assert PHONE not in answer.text
    assert "content_read" not in scene.desks.asker.events()


async def test_a_report_with_content_is_a_reading_and_without_it_a_showing(scene: Scene) -> None:
    scene.desks.to_content()
    browser = await scene.at_case()
    without = await browser.send(f"{CASE}/report")
    assert PHONE not in without.text
    assert scene.desks.asker.events()[-1] == "case_shown"
    whole = await browser.send(f"{CASE}/report", report_content="yes")
    assert PHONE in whole.text
    assert scene.desks.asker.events()[-1] == "content_read"
    assert 'class="code-H' in whole.text.partition("<thead>")[2]


async def test_cases_are_found_by_holder_state_and_own_reference(scene: Scene) -> None:
    scene.desks.hit(TEXT, "BBBBBBBBBBBBBBBB", case="2026/200")
    browser = scene.browser()
    await browser.get("/cases")

    async def found(**wanted: str) -> set[str]:
        answer = await browser.send("/cases", **wanted)
        return set(re.findall(r'href="/cases/[^/"]+/([A-Z2-7]{16})"', answer.text))

    both = {REFERENCE, "BBBBBBBBBBBBBBBB"}
    assert await found() == both
    assert await found(case_reference="2026/200") == {"BBBBBBBBBBBBBBBB"}
    assert await found(partner=HOLDER) == both
    assert await found(partner="IT-ALTRA") == set()
    scene.desks.ask(asking.reject, reason="another birth place")
    assert await found() == {"BBBBBBBBBBBBBBBB"}
    assert await found(over_too="yes") == both
    assert await found(state="rejected") == {REFERENCE}
    assert (await browser.send("/cases", state="no-such-state")).status_code == 422
    assert (await browser.send("/cases", partner="no agency")).status_code == 422


async def test_what_others_wrote_is_text_and_never_markup(scene: Scene) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    scene.desks.holder.records["Z-1"] = held({"names": ["Giorgos Melanos"], "addresses": [evil], "phones": [PHONE]})
    with scene.desks.asker.file.transaction() as connection:
        document = scene.desks.case().model_copy(update={"reasons": (evil, f"name: {evil} against x (+1.0)")})
        connection.execute("UPDATE hit_case SET document = ?", (document.model_dump_json(),))
    browser = await scene.at_case()
    await send(browser, "confirm", words=evil)
    page = await browser.get(CASE)
    refused = await send(
        browser, "request", "request-emergency", facts=evil, emergency="yes", danger=evil, responsible=evil
    )
    for answer in (page, refused):
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text


@pytest.mark.parametrize(
    "path", ["/cases/nobody/ABC", "/cases/..%2f/ABC", f"/cases/IT-ALTRA/{REFERENCE}", f"/cases/{HOLDER}/X"]
)
async def test_a_case_that_is_not_there_is_told_like_one_that_may_not_be_seen(scene: Scene, path: str) -> None:
    assert (await scene.browser().get(path)).status_code == 404


async def test_the_course_names_both_sides_in_order_of_time(scene: Scene) -> None:
    scene.desks.to_offer()
    page = await (await scene.at_case()).get(CASE)
    course = text_of(page).partition("What happened")[2]
    places = [course.index(one) for one in ("Hit", "Match confirmed", "Request made", "Offer received")]
    assert places == sorted(places)
    assert f"{HOLDER} Offer received" in course
    assert f", {ANALYST.name} Request made" in course


async def test_a_confirmation_by_two_says_how_many_there_are(scene: Scene) -> None:
    text = agreement(release__confirmations=2)
    scene.desks.agree(TEXT, text)
    scene.desks.hit(text, "BBBBBBBBBBBBBBBB")
    scene.console.enter("b.moreau", "analyst")
    path = f"/cases/{HOLDER}/BBBBBBBBBBBBBBBB"
    browser = scene.browser()
    await browser.get(path)
    assert (await send(browser, "confirm", path=f"{path}/confirm", words="the scar")).status_code == 303
    assert "Confirmations so far: 1 of 2." in text_of(await browser.get(path))
    again = await send(browser, "confirm", path=f"{path}/confirm", words="once more")
    assert "this officer has confirmed the match already" in text_of(again)
    second = scene.browser("b.moreau")
    await second.get(path)
    assert (await send(second, "confirm", path=f"{path}/confirm", words="the tattoo")).status_code == 303
    assert scene.desks.case("BBBBBBBBBBBBBBBB").state is CaseState.CONFIRMED


async def test_what_an_auditor_is_shown_of_cases_stands_among_what_auditors_looked_at(scene: Scene) -> None:
    browser = scene.browser("only.auditor")
    for path in ("/cases", CASE, "/cases/cleared"):
        assert (await browser.get(path)).status_code == 200
    await scene.browser().get("/cases")  # an analyst's list is no audit
    seen = [one.event.view for one in scene.desks.asker.ledger.entries() if one.event.type == "audit_viewed"]
    lists = [one.event.view for one in scene.console.ledger.entries() if one.event.type == "audit_viewed"]
    assert (seen, lists) == (["case"], ["cases", "cleared"])


async def test_a_recalled_case_says_nothing_of_a_copy_or_of_conditions_to_come(scene: Scene) -> None:
    scene.desks.to_content()
    browser = await scene.at_case()
    assert "At the holder" in text_of(await browser.get(CASE))
    scene.desks.hold(holding.recall, reason="entered by mistake")
    scene.desks.carry()
    page = text_of(await browser.get(CASE))
    assert "Recalled because entered by mistake" in page
    for stale in ("At the holder", "Content sent", "No conditions are attached yet"):
        assert stale not in page
