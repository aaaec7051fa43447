"""The auditor's pages: what they show, to whom alone, and that what a partner wrote is shown and never obeyed."""

from __future__ import annotations

import asyncio
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

from auditing.people import OTHERS, Showing
from auditing.report import Review
from auditing.selection import Selection
from auditing.statistics import Period, Statistics
from auditing.suppression import WITHHELD
from auditing.thresholds import Thresholds
from console.events import EVENTS, told
from console.languages import languages
from console.pages.audit import PAGES as LOG_PAGES
from console.pages.audit_works import PAGES as WORK_PAGES
from console.pages.audit_works import PERSONAL
from console.wording.audit_texts import TABLE_TEXTS
from console.wording.log_words import LOG_WORDS
from ledger.entries import Statement
from ledger.events import Event, QueryDenied
from node.queries.outcomes import Outcome
from tests.conftest import REPOSITORY
from tests.unit.audited_log import EVIL, PARTNER, Audited, audited_log
from tests.unit.console_desk import Browser
from verifier.command import main as symbolon_verify

KINDS = {event.model_fields["type"].default: event for event in get_args(get_args(Event)[0])}


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Audited]:
    with audited_log(tmp_path) as made:
        yield made


def test_every_event_has_a_sentence_with_its_own_fields_and_a_word() -> None:
    assert EVENTS.keys() == KINDS.keys()
    for kind, sentence in EVENTS.items():
        named = set(re.findall(r"%\((\w+)\)s", sentence))
        assert named <= set(KINDS[kind].model_fields), kind
        assert sentence.replace("%(", "").count("%") == 0
        assert sentence[-1] in string.punctuation
        assert kind in LOG_WORDS


def test_every_field_of_an_event_has_its_word() -> None:
    names = {name for event in KINDS.values() for name in event.model_fields} - {"type"}
    assert names - LOG_WORDS.keys() == set()


def _codes_of_events() -> Iterator[tuple[str, str]]:
    """Give the codes that fields of an event may have, with the event and its field."""
    for kind, event in KINDS.items():
        for name, field in event.model_fields.items():
            yield from ((f"{kind}.{name}", code) for code in _literals(field.annotation) if name != "type")


def _literals(of: Any) -> Iterator[str]:
    for one in get_args(of):
        yield from (one,) if get_origin(of) is Literal and isinstance(one, str) else _literals(one)


def test_every_code_in_an_event_has_its_word() -> None:
    known = list(_codes_of_events())
    assert len(known) > 10
    assert [one for one in known if one[1] not in LOG_WORDS] == []


def test_what_came_of_a_query_is_told_in_words_in_the_log_too() -> None:
    assert [one for one in Outcome if one.value not in LOG_WORDS] == []
    answered = {"member": "symbolon://agency/DE-ZASM", "outcome": "nothing", "level": 0}
    assert told("answer_received", answered, languages()["en"]) == "DE-ZASM answered a query: Nothing, level 0."


@pytest.mark.parametrize("page", [*LOG_PAGES, *WORK_PAGES], ids=lambda page: f"{page.method} {page.path}")
async def test_nobody_but_the_auditor_sees_a_page(audited: Audited, page: object) -> None:
    path = re.sub(r"\{[^}]+\}", "1", page.path)  # type: ignore[attr-defined]  # a Page
    for name in ("a.martin", "l.vogt"):
        if name == "l.vogt" and path == "/viewings":
            continue
        browser = audited.desk.browser(name)
        await browser.get("/")
        answer = await (browser.send(path) if page.method == "POST" else browser.get(path))  # type: ignore[attr-defined]  # a Page
        assert answer.status_code == 403
        assert audited.types()[8:] == []


async def test_the_log_is_searched_shown_and_followed_without_a_script(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    page = (await browser.get("/audit")).text
    assert "A query for Terrorism goes to DE-ZASM." in page
    assert "What you look for here is written into it" in page
    found = await browser.send("/audit", type="query_sent", partner="symbolon://agency/DE-ZASM")
    assert re.findall(r'href="/audit/entries/(\d+)"', found.text) == ["1"]
    assert (await browser.send("/audit/entries", number="2")).headers["location"] == "/audit/entries/2"
    assert (await browser.send("/audit/entries", number="two")).status_code == 422
    entry = (await browser.get("/audit/entries/2")).text
    assert 'href="/audit/entries/1"' in entry
    assert 'href="/audit/entries/3"' in entry
    assert (await browser.get("/audit/entries/999")).status_code == 404
    assert (await browser.get("/audit/entries/x")).status_code == 404


async def test_a_wrong_search_says_what_is_wrong_and_shows_the_form_again(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get("/audit")
    answer = await browser.send("/audit", agreement="Idris Maran")
    assert answer.status_code == 422
    assert "no entry names it" in answer.text


@pytest.mark.parametrize("number", ["9" * 5000, "٣", "²", "-1", ""])
async def test_what_is_no_number_of_an_entry_leads_nowhere(audited: Audited, number: str) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get("/audit")
    assert (await browser.send("/audit/entries", number=number)).status_code == 422


async def test_refusals_have_a_view_of_their_own(audited: Audited) -> None:
    page = (await audited.desk.browser("i.auditor").get("/audit/denials")).text
    assert re.findall(r'th scope="row" role="rowheader"><a href="/audit/entries/(\d+)"', page) == ["8", "7", "5"]
    assert "No day has many of them." in page


async def test_what_is_foreign_is_shown_and_not_obeyed(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    for path in ("/audit", "/audit/denials", "/audit/entries/6", "/audit/entries/7", "/audit/entries/6/proof"):
        page = (await browser.get(path)).text
        assert EVIL not in page
        assert "<b>quota" not in page
    await browser.get("/audit/entries/1")
    opened = (await browser.send("/audit/entries/1/open", reason=EVIL)).text
    assert EVIL not in opened
    assert "&lt;script&gt;alert(&#39;Idris&#39;)" in opened


async def test_personal_fields_are_opened_for_a_reason_only(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    shown = (await browser.get("/audit/entries/1")).text
    assert "2026/117" not in shown
    assert (await browser.send("/audit/entries/1/open", reason="")).status_code == 422
    assert "auditor_access" not in audited.types()
    opened = await browser.send("/audit/entries/1/open", reason="complaint 4")
    assert "2026/117" in opened.text
    assert audited.types()[-1] == "auditor_access"


@pytest.mark.parametrize(
    "path", ["/audit", "/audit/denials", "/audit/entries/1", "/audit/entries/1/proof", "/viewings"]
)
async def test_a_log_that_cannot_be_written_shows_nothing(audited: Audited, path: str) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get("/audit")
    audited.log.close()
    answer = await browser.get(path)
    assert answer.status_code == 503
    for shown in ("DE-ZASM", "terrorism", "Terrorism", "query_id"):
        assert shown not in answer.text
    assert (await browser.send("/audit/entries/1/open", reason="x")).status_code == 503


async def test_a_proof_downloaded_is_what_the_verifier_takes(
    audited: Audited, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audited.cosign()
    browser = audited.desk.browser("i.auditor")
    page = (await browser.get("/audit/entries/3/proof")).text
    assert "symbolon/agency/DE-ZASM/witness" in page
    assert "Verifies" in page
    answer = await browser.get("/audit/entries/3/proof/file")
    assert answer.headers["content-disposition"].startswith("attachment")
    file = tmp_path / "3.tlog-proof"
    file.write_bytes(answer.content)
    assert symbolon_verify([str(file), "--key", str(audited.house.key)]) == 0
    assert "Entry 3 (case shown" in capsys.readouterr().out
    file.write_bytes(answer.content.replace(b"index 2", b"index 1"))
    assert symbolon_verify([str(file), "--key", str(audited.house.key)]) != 0


async def test_a_checkpoint_is_compared_from_its_file(audited: Audited) -> None:
    kept = str(audited.cosign()).encode()
    browser = audited.desk.browser("i.auditor")
    await browser.get("/audit/checkpoint")
    answer = await browser.send("/audit/checkpoint", files={"checkpoint": ("kept", kept)})
    assert "still begins with the 8 entries" in answer.text
    answer = await browser.send("/audit/checkpoint", files={"checkpoint": ("kept", b"<script>")})
    assert answer.status_code == 422


async def test_who_looked_is_shown_to_the_supervisor(audited: Audited) -> None:
    auditor = audited.desk.browser("i.auditor")
    await auditor.get("/audit")
    await auditor.send("/audit", type="query_sent")
    page = (await audited.desk.browser("l.vogt").get("/viewings")).text
    assert "i.auditor" in page
    assert "Type: Query sent" in page
    assert "type=query_sent" not in page
    assert "/audit/entries/" not in page


async def ended(browser: Browser, path: str) -> str:
    for _ in range(600):
        page = (await browser.get(path)).text
        if "data-runs" not in page:
            return page
        await asyncio.sleep(0.02)
    raise AssertionError("the work does not end")


async def test_a_report_is_shown_with_charts_and_downloads(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get("/audit/report")
    started = await browser.send("/audit/report", people="pseudonyms", since="", until="")
    page = await ended(browser, started.headers["location"])
    assert '<svg viewBox="0 0 760' in page
    assert ">Sent · DE-ZASM · Terrorism</text>" in page
    assert " · terrorism</text>" not in page
    assert " style=" not in page
    assert "a.martin" not in page
    for file in ("report.html", "report.json", "tables.zip"):
        assert (await browser.get(f"{started.headers['location']}/files/{file}")).status_code == 200
    assert (await browser.get(f"{started.headers['location']}/files/other")).status_code == 404
    assert "Report" in (await browser.get("/audit/works")).text


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/audit/verification", {}, "entries verify"),
        ("/audit/statistics", {"by": "month"}, "Queries and matches by month"),
        ("/audit/export", {"open": "user", "reason": "for the court"}, "log.export"),
    ],
)
async def test_each_work_is_begun_by_its_form(audited: Audited, path: str, fields: dict[str, str], said: str) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get(path)
    started = await browser.send(path, **fields)
    assert said in await ended(browser, started.headers["location"])


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/audit/report", {"people": "all", "since": "<script>"}),
        ("/audit/statistics", {"by": "week"}),
        ("/audit/export", {"open": "user"}),
        ("/audit/export", {"open": "nothing_such", "reason": "x"}),
        ("/audit/reconciliation", {"own": "yes"}),
        ("/audit/reconciliation", {"own": "yes", "keys": "no key"}),
    ],
)
async def test_a_form_that_cannot_be_taken_is_shown_again(audited: Audited, path: str, fields: dict[str, str]) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get(path)
    files = {"first": ("", b"")} if path == "/audit/reconciliation" else None
    answer = await browser.send(path, files=files, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<script>" not in answer.text


async def test_what_a_work_writes_is_the_node_s_alone(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    for path in ("/audit/export", "/audit/statistics"):
        await browser.get(path)
        started = await browser.send(path, since="", until="", open="", reason="", by="month")
        await ended(browser, started.headers["location"])
    files = [path for path in (audited.house.folder / "works").rglob("*") if path.is_file()]
    assert len(files) > 1
    assert [path for path in files if path.stat().st_mode & 0o077] == []


async def test_exports_are_compared_and_findings_weighed(audited: Audited, tmp_path: Path) -> None:
    browser = audited.desk.browser("i.auditor")
    await browser.get("/audit/export")
    started = await browser.send("/audit/export", since="", until="", open="", reason="")
    await ended(browser, started.headers["location"])
    exported = (await browser.get(f"{started.headers['location']}/files/log.export")).content
    await browser.get("/audit/reconciliation")
    fields = {"own": "yes", "since": "", "until": "", "keys": ""}
    again = await browser.send("/audit/reconciliation", files={"first": ("x", exported)}, **fields)
    page = await ended(browser, again.headers["location"])
    assert "two exports are of the same party" in page
    broken = await browser.send("/audit/reconciliation", files={"first": ("x", b"<script>")}, **fields)
    assert "file 1" in await ended(browser, broken.headers["location"])


def test_every_table_of_a_report_has_its_texts_for_translation() -> None:
    found = Review(Selection(), Thresholds(), Showing.NAMES).report("FR-DNMS", {})
    tables = [*found.tables, *(table for by in Period for table in Statistics(by, Selection()).tables())]
    wanted = {column.title for table in tables for column in table.columns} | {table.title for table in tables}
    wanted |= {table.about for table in tables if isinstance(table.about, str) and table.about}
    assert {WITHHELD, OTHERS} | wanted <= TABLE_TEXTS


async def test_an_opened_entry_is_in_words_and_no_json(audited: Audited) -> None:
    (entry,) = audited.log.append(
        Statement(
            QueryDenied(query_id="04", purpose="terrorism", recipients=(PARTNER,), reason="quota_used"),
            {
                "user": "a.martin",
                "subject.dob": '["1984-08-16"]',
                "subject.category": '"individual"',
                "subject.documents": '[{"number":"AK1","type":"passport"}]',
                "decision": '[{"side":"holder","standing":{"accepted":true,"ended":{}},"considered":[]}]',
                "legal_basis": "[art. 26",
            },
        )
    )
    browser = audited.desk.browser("i.auditor")
    await browser.get(f"/audit/entries/{entry.number}")
    page = (await browser.send(f"/audit/entries/{entry.number}/open", reason="a complaint")).text.partition("<main")[2]
    for raw in ("[&#34;", "{&#34;", "&#34;individual"):
        assert raw not in page
    for said in ("1984-08-16", "AK1", "accepted", "Yes", "[art. 26"):
        assert said in page


def test_every_personal_field_that_an_entry_has_can_be_chosen_for_an_export() -> None:
    table = tomllib.loads((REPOSITORY / "tests/integration/events_of_each_party.toml").read_text(encoding="utf-8"))
    had = {name for events in table.values() for event in events.values() for name in event.get("personal", ())}
    assert had - set(PERSONAL) == set()
    assert len(PERSONAL) == len(set(PERSONAL))


async def test_purposes_and_fields_are_chosen_and_not_typed(audited: Audited) -> None:
    browser = audited.desk.browser("i.auditor")
    assert '<option value="terrorism">' in (await browser.get("/audit/report")).text
    page = (await browser.get("/audit/export")).text
    assert 'type="checkbox" id="open-user" name="open" value="user"' in page
    refused = await browser.send("/audit/export", open=["user", "subject.names"], reason="")
    assert refused.status_code == 422
    assert re.findall(r'value="([^"]+)" checked', refused.text) == ["user", "subject.names"]
