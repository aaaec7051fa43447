"""The pages of a query: the form and its hint, sending, and the page that fills as nodes answer."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.query_form import CASE_FIELDS, empty, request_of
from console.wording.query_words import QUERY_WORDS
from ledger.log import Ledger
from node.cases.cleared import Cleared
from node.cases.messages import RequestsLeft
from node.database import DatabaseFile
from node.investigations.store import MIGRATIONS
from node.queries.answers import Answer, Candidate, Left
from node.queries.outcomes import NodeOutcome, Outcome
from symbolon.rpc.errors import ErrorCode
from tests.unit.asked_desk import CASE, DE, GR, TaughtAsker, calls, investigations
from tests.unit.console_desk import ORIGIN, Browser, ConsoleDesk
from tests.unit.test_check import ALL_ASKED
from tests.unit.two_desks import NOW

NASTY = '<script>alert("x")</script> Melanos'
HEBREW = "גיאורגוס מלאנוס"
TYPED: dict[str, Any] = {**CASE, "penalty_months": "120", "do": "send"}
PERSON = {"names": "Giorgos Melanos", "dob": "1984-08-16", "nationality": "GR"}
LEFT = Left(
    today=7, this_year=8, in_case=9, requests=RequestsLeft(day=NOW.date(), requests_today=5, emergencies_this_month=3)
)
HIT = NodeOutcome(
    DE,
    "Agency DE-ZASM",
    Outcome.HIT,
    Answer(
        level=2,
        candidates=(Candidate(reference="A" * 16, band="strong", reasons=("name: agrees",), code="H2"),),
        contact="desk@zasm.example",
        left=LEFT,
    ),
    milliseconds=40.0,
)
LATE = NodeOutcome(GR, "Agency GR-YPAM", Outcome.TIMED_OUT, explanation="the node did not answer in time")


@pytest.fixture
async def asker() -> TaughtAsker:
    return TaughtAsker(HIT, LATE, text=ALL_ASKED)


@pytest.fixture
async def desk(tmp_path: Path, asker: TaughtAsker) -> AsyncIterator[ConsoleDesk]:
    with (
        Ledger(tmp_path / "ledger.db") as ledger,
        DatabaseFile(tmp_path / "cases.db", MIGRATIONS) as file,
        ConsoleDesk(tmp_path, queries=calls(ledger, asker), investigations=investigations(ledger, file)) as made,
    ):
        made.enter("a.martin", "analyst")
        made.enter("b.other", "analyst")
        made.enter("k.weber", "release_officer")
        yield made


async def _form(desk: ConsoleDesk, officer: str = "a.martin") -> Browser:
    browser = desk.browser(officer)
    assert (await browser.get("/queries/new")).status_code == 200
    return browser


async def _sent(desk: ConsoleDesk, **fields: Any) -> tuple[Browser, str]:
    browser = await _form(desk)
    answer = await browser.send("/queries/new", **{**TYPED, **PERSON, **fields})
    assert answer.status_code == 303, answer.text
    return browser, answer.headers["location"]


async def test_the_form_offers_what_an_agreement_in_force_allows(desk: ConsoleDesk) -> None:
    page = (await desk.browser("a.martin").get("/queries/new")).text
    purposes = re.search(r'<select id="purpose".*?</select>', page, re.S)
    assert purposes is not None
    assert re.findall(r'<option value="(\w+)"', purposes[0]) == ["migrant_smuggling"]
    assert "Agency DE-ZASM" in page
    assert "It cannot be put yet." in page


async def test_what_is_missing_is_said_at_its_field_with_a_button_and_beside_it_by_the_script(
    desk: ConsoleDesk,
) -> None:
    browser = await _form(desk)
    page = (await browser.send("/queries/new", do="check", names="Giorgos Melanos", dob="yesterday")).text
    assert 'aria-describedby="legal_basis-error' in page
    assert re.search(r'id="dob-error">expected', page)
    assert ">Giorgos Melanos</textarea>" in page
    part = await browser.send("/queries/hint", **PERSON)
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "Legal basis: is required" in part.text
    whole = (await browser.send("/queries/hint", **{**TYPED, **PERSON})).text
    assert "It can be put as it is." in whole


async def test_another_language_leads_back_to_the_form_that_is_shown_again(desk: ConsoleDesk) -> None:
    browser = await _form(desk)
    page = (await browser.send("/queries/new", do="check", names="Giorgos Melanos")).text
    assert 'name="back" value="/queries/new"' in page


async def test_a_query_is_sent_and_its_page_shows_each_node(desk: ConsoleDesk, asker: TaughtAsker) -> None:
    browser, where = await _sent(desk, names=f"Giorgos Melanos\n{HEBREW}", recipients=[DE, GR])
    assert re.fullmatch(r"/queries/[\w-]{22}", where)
    page = (await _over(browser, where)).text
    assert f'href="/cases/DE-ZASM/{"A" * 16}"' in page
    assert "desk@zasm.example" in page
    assert 'class="code-H2">H2' in page
    assert 'class="code-H1">H1' in page
    assert "7 today, 8 this year, 9 in this case" in page
    assert "A match there is not excluded." in page
    assert "1 agency gave no answer: a match there is not excluded." in page
    assert f"<bdi>{HEBREW}</bdi>" in page
    assert "http-equiv" not in page
    question = asker.asked[0]
    assert question.user == "a.martin"
    assert question.recipients == (DE, GR)
    assert [(name.text, name.kind) for name in question.subject.names] == [
        ("Giorgos Melanos", "primary"),
        (HEBREW, "original"),
    ]


async def _over(browser: Browser, where: str) -> httpx.Response:
    for _ in range(100):
        page = await browser.get(where)
        if "data-events" not in page.text:
            return page
        await asyncio.sleep(0.01)
    raise AssertionError("the query does not end")


async def test_a_hit_that_was_cleared_is_folded_with_who_and_why_and_leads_to_no_case(
    desk: ConsoleDesk, asker: TaughtAsker
) -> None:
    cleared = Cleared(
        DE, "a" * 32, "F" * 16, "0" * 64, "migrant_smuggling", "1", "strong", "b.moreau", NASTY, NOW, None, 1, NOW
    )
    asker.outcomes = [replace(HIT, cleared={"A" * 16: cleared})]
    browser, path = await _sent(desk)
    await asyncio.sleep(0.1)
    page = (await browser.get(path)).text
    assert "Cleared before: it opens no case" in page
    assert "0 hits." in page
    assert "1 agency told only of what was cleared before." in page
    assert "b.moreau" in page
    assert NASTY not in page
    assert f"/{'A' * 16}" not in page


async def test_a_query_goes_on_while_nobody_watches_and_reloads_without_a_script(
    desk: ConsoleDesk, asker: TaughtAsker
) -> None:
    asker.gate = asyncio.Semaphore(0)
    browser, where = await _sent(desk)
    page = (await browser.get(where)).text
    assert '<noscript><meta http-equiv="refresh" content="2;url=?look"></noscript>' in page
    assert page.count("The query is under way to this agency.") == 2
    asker.gate.release()
    asker.gate.release()
    await asyncio.sleep(0.05)
    assert "Agency GR-YPAM" in (await _over(desk.browser("a.martin"), where)).text


async def test_answers_come_as_events_until_the_end(desk: ConsoleDesk, asker: TaughtAsker) -> None:
    asker.gate = asyncio.Semaphore(1)
    browser, where = await _sent(desk)
    asyncio.get_running_loop().call_later(0.1, asker.gate.release)
    answer = await browser.client.get(f"{where}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = re.findall(r"event: (\w+)\ndata: (.*)\n\n", answer.text)
    assert events[-1] == ("end", "{}")
    first = json.loads(events[0][1])
    assert first["place"] == 0
    assert 'id="node-0"' in first["html"]
    told = [json.loads(data)["html"] for kind, data in events if kind == "node"]
    assert any("The query is under way" in one for one in told)
    assert "Too late" in told[-1]


@pytest.mark.parametrize("way", ["signed out", "disabled", "role taken away", "password changed"])
async def test_the_events_end_with_the_session(
    desk: ConsoleDesk, asker: TaughtAsker, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("console.pages.query_answers.ALIVE_SECONDS", 0.02)
    asker.gate = asyncio.Semaphore(0)
    browser, where = await _sent(desk)
    watching = asyncio.create_task(browser.client.get(f"{where}/events"))
    await asyncio.sleep(0.1)
    assert not watching.done()
    now = desk.officers.entries()[0].changed_at
    if way == "signed out":
        assert (await browser.send("/account/session", session="none")).status_code == 303
        desk.sessions.end_all_of("a.martin")
    elif way == "disabled":
        desk.officers.disable("a.martin", "test", now, lambda _: None)
    elif way == "role taken away":
        desk.officers.change("a.martin", ["auditor"], "", "test", now, lambda _: None)
    else:
        account = desk.store.find("a.martin")
        assert account is not None
        desk.store.change_password(account, "another hash", now, lambda: None)
    asker.gate.release()  # an answer that comes now is nobody's to see there
    answer = await asyncio.wait_for(watching, 5.0)
    assert "Melanos" not in answer.text
    assert "event: end" not in answer.text
    assert 'href="/cases/' not in answer.text


async def test_watching_takes_no_text_from_the_next_page(desk: ConsoleDesk) -> None:
    browser, where = await _sent(desk)
    await _over(browser, where)
    (session,) = desk.sessions.of("a.martin")
    session.said = "The case is saved."
    await browser.client.get(f"{where}/events")
    assert "The case is saved." in (await browser.get("/queries")).text


async def test_nobody_else_sees_a_query(desk: ConsoleDesk) -> None:
    _, where = await _sent(desk)
    other = desk.browser("b.other")
    assert (await other.get(where)).status_code == 404
    assert (await other.get(f"{where}/events")).status_code == 404
    await other.get("/queries/new")
    assert (await other.send(f"{where}/again")).status_code == 404
    assert (await other.send("/queries/new", do="again", query=where.rpartition("/")[2])).status_code == 404
    assert where not in (await other.get("/queries")).text
    assert where in (await desk.browser("a.martin").get("/queries")).text


@pytest.mark.parametrize("path", ["/queries", "/queries/new", "/queries/x", "/queries/x/events"])
async def test_only_who_may_query_gets_there(desk: ConsoleDesk, path: str) -> None:
    assert (await desk.browser("k.weber").get(path)).status_code == 403


async def test_a_query_that_cannot_be_put_shows_the_form_again_with_all_that_was_typed(desk: ConsoleDesk) -> None:
    browser = await _form(desk)
    answer = await browser.send("/queries/new", **{**TYPED, "names": "Melanos", "legal_basis": "art. 26"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert ">Melanos</textarea>" in answer.text
    assert 'value="art. 26"' in answer.text
    assert "/queries/" not in (await browser.get("/queries")).text.replace("/queries/new", "")


async def test_what_fails_later_is_told_on_the_page(desk: ConsoleDesk, asker: TaughtAsker) -> None:
    asker.error = ErrorCode.BUSY
    browser = await _form(desk)
    answer = await browser.send("/queries/new", **{**TYPED, **PERSON})
    assert answer.status_code == 422
    assert ErrorCode.BUSY.value.text in html.unescape(answer.text)


async def test_those_that_gave_no_answer_are_asked_again_and_no_other(desk: ConsoleDesk, asker: TaughtAsker) -> None:
    browser, where = await _sent(desk)
    await _over(browser, where)
    again = await browser.send(f"{where}/again")
    assert again.status_code == 303
    assert again.headers["location"] != where
    assert [question.recipients for question in asker.asked] == [(), (GR,)]


async def test_asking_again_tells_an_error_by_the_status_that_every_page_has_for_it(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, where = await _sent(desk)
    await _over(browser, where)
    monkeypatch.setattr("console.running.MOST_AT_ONCE", 0)
    answer = await browser.send(f"{where}/again")
    assert answer.status_code == 503
    assert ErrorCode.BUSY.value.text in html.unescape(answer.text)


async def test_a_query_can_be_changed_and_asked_anew(desk: ConsoleDesk) -> None:
    browser, where = await _sent(desk, dob="1984-08-16")
    await _over(browser, where)
    page = (await browser.send("/queries/new", do="again", query=where.rpartition("/")[2])).text
    assert ">Giorgos Melanos</textarea>" in page
    assert 'value="2026/117"' in page


FIELDS = """names aliases dob pob nationality legal_basis case_reference document_number_0 document_type_0
document_country_0 phones emails penalty_months agreement born_from recipients mrz purpose gender"""


@pytest.mark.parametrize("field", FIELDS.split())
async def test_nothing_typed_becomes_markup(desk: ConsoleDesk, field: str) -> None:
    browser = await _form(desk)
    for do in ("check", "send", "mrz", "row"):
        page = (await browser.send("/queries/new", **{**TYPED, **PERSON, field: NASTY, "do": do})).text
        assert "<script>alert" not in page
    assert "<script>alert" not in (await browser.send("/queries/hint", **{**TYPED, **PERSON, field: NASTY})).text


async def test_a_name_with_markup_is_text_on_the_page_of_its_query(desk: ConsoleDesk) -> None:
    browser, where = await _sent(desk, names=NASTY)
    page = (await _over(browser, where)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_a_pasted_zone_fills_the_form_and_says_what_its_check_digits_say(desk: ConsoleDesk) -> None:
    zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
    browser = await _form(desk)
    page = (await browser.send("/queries/new", do="mrz", mrz=zone, case_reference="2026/1")).text
    assert ">ERIKSSON, ANNA MARIA</textarea>" in page
    assert 'value="L898902C3"' in page
    assert 'value="2026/1"' in page
    assert page.count("Check digit right") == 5
    assert "Take out what is of another person." not in page
    both = (await browser.send("/queries/new", do="mrz", mrz=zone, names="Somebody Else")).text
    assert "Take out what is of another person." in both
    other = (await browser.send("/queries/new", do="mrz", mrz=zone, document_number_0="X1")).text
    assert "Take out what is of another person." in other
    wrong = (await browser.send("/queries/new", do="mrz", mrz=zone.replace("L898902C36", "L898902C35"))).text
    assert "Check digit wrong: read it again" in wrong
    assert "ERIKSSON, ANNA" not in wrong
    assert "ERIKSSON&lt;&lt;ANNA" in wrong  # the lines stay, to be mended
    seen = await browser.send("/queries/new", **{**TYPED, "do": "send", "mrz": zone})
    assert (seen.status_code, ">ERIKSSON, ANNA MARIA</textarea>" in seen.text) == (200, True)
    refused = await browser.send("/queries/new", do="mrz", mrz="nothing")
    assert (refused.status_code, "Machine readable zone: expected 3 lines" in refused.text) == (422, True)


async def test_what_is_typed_and_no_number_is_not_said_to_be_missing(desk: ConsoleDesk, asker: TaughtAsker) -> None:
    browser = await _form(desk)
    for do in ("check", "send"):
        page = (await browser.send("/queries/new", **{**TYPED, **PERSON, "penalty_months": "abc", "do": do})).text
        assert re.search(
            r'<p class="error" id="penalty_months-error">Expected a number of months<', page, re.IGNORECASE
        )
        assert "s required" not in page
        assert 'value="abc"' in page
        assert page.count("xpected a number of months") == (3 if do == "send" else 2)
    assert (
        "xpected a number of months"
        in (await browser.send("/queries/hint", **(TYPED | {"penalty_months": "abc"}))).text
    )
    assert asker.asked == []
    case = (await browser.send("/investigations/new", **{**TYPED, "penalty_months": "abc"})).text
    assert 'id="penalty_months-error"' in case


@pytest.mark.parametrize(("dob", "marked"), [("", ["born_from", "born_to"]), ("x", ["born_from", "born_to", "dob"])])
async def test_a_span_of_birth_that_cannot_be_is_marked_where_it_was_typed(
    desk: ConsoleDesk, dob: str, marked: list[str]
) -> None:
    browser = await _form(desk)
    span = {"dob": dob, "born_from": "1990", "born_to": "1980"}
    page = (await browser.send("/queries/new", **{**TYPED, **PERSON, **span, "do": "check"})).text
    wrong = re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"[^>]* aria-invalid="true"', page)
    assert sorted(wrong) == marked


def test_every_outcome_has_its_words() -> None:
    for outcome in Outcome:
        assert f"outcome.{outcome.value}" in QUERY_WORDS
        assert f"means.{outcome.value}" in QUERY_WORDS
        means = QUERY_WORDS[f"means.{outcome.value}"]
        assert outcome.answered or outcome is Outcome.NOT_ASKED or "A match there is not excluded." in means


async def test_a_hint_of_a_draft_without_purpose_leaves_open_who_would_be_asked(desk: ConsoleDesk) -> None:
    browser = await _form(desk)
    part = (await browser.send("/queries/hint", names="Ali Hassan")).text
    assert "Too many people fit what is there." in part
    assert "<strong>not known yet</strong>" in part
    assert "the purpose is not stated yet" in part
    assert "covers this purpose" not in part


async def test_a_hint_takes_the_token_of_the_session(desk: ConsoleDesk) -> None:
    browser = await _form(desk)
    assert (await browser.send("/queries/hint", token="x", **PERSON)).status_code == 403
    answer = await browser.client.post("/queries/hint", data={"csrf": browser.token}, headers={"origin": f"{ORIGIN}0"})
    assert answer.status_code == 403


def test_an_empty_form_states_nothing_in_an_officers_name() -> None:
    stated = request_of(empty())
    assert {name: getattr(stated, name) for name in CASE_FIELDS} == dict.fromkeys(CASE_FIELDS, "")
    assert not stated.assurance
    assert not stated.HasField("penalty_months")
