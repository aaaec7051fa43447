"""A data subject's request at the console: looked for, decided, answered; each step in the log before it is shown."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.entries import Statement
from ledger.events import QueryOpened, QueryReceived
from ledger.subject_events import SubjectAccessDecided
from tests.unit.audited_log import EVIL, Audited, audited_log
from tests.unit.audited_log import OTHER as SENDER
from tests.unit.console_desk import Browser
from tests.unit.listed import NAMESAKE, OTHER, PERSON, enter_list

ASKED = {"request": "DSR-7", "names": EVIL, "births": "", "documents": "", "records": "", "references": "REF"}

WITHHELD = {f"category.{one}": "prevention" for one in ("asked", "answers", "follow_up")}


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Audited]:
    with audited_log(tmp_path) as made:
        yield made


async def searched(browser: Browser, **asked: str) -> tuple[str, str]:
    """Search, and give the address and the page of what was found."""
    await browser.get("/subject-access")
    begun = await browser.send("/subject-access", **(ASKED | asked))
    assert begun.status_code == 303, begun.text
    path = begun.headers["location"]
    for _ in range(600):
        page = (await browser.get(path)).text
        if "data-runs" not in page:
            return path, page
        await asyncio.sleep(0.02)
    raise AssertionError("the search does not end")


async def test_only_the_legal_adviser_answers(audited: Audited) -> None:
    for name in ("i.auditor", "l.vogt", "a.martin"):
        browser = audited.desk.browser(name)
        await browser.get("/")
        assert (await browser.get("/subject-access")).status_code == 403
        assert (await browser.send("/subject-access", **ASKED)).status_code == 403


async def test_the_search_is_in_the_log_first_and_the_person_in_no_address(audited: Audited) -> None:
    path, page = await searched(audited.desk.browser("n.jurist"), also="1")
    assert audited.types()[8:10] == ["records_listed", "auditor_access"]
    assert "This agency asked whether you are known to: DE-ZASM." in page
    assert "Idris" not in path
    assert EVIL not in page


async def test_all_is_decided_before_there_is_a_letter_and_nothing_twice(audited: Audited) -> None:
    browser = audited.desk.browser("n.jurist")
    path, _ = await searched(browser, also="1")
    assert (await browser.get(f"{path}/letter/en")).status_code == 404
    assert (await browser.send(path)).status_code == 422
    assert (await browser.send(path, **WITHHELD)).status_code == 422
    assert "subject_access_decided" not in audited.types()
    told = {**WITHHELD, "reason": "an inquiry is under way"}
    assert (await browser.send(path, **told)).status_code == 303
    (entry,) = audited.log.those([audited.log.count()])
    assert isinstance(entry.event, SubjectAccessDecided)
    assert "asked=prevention" in entry.event.withheld
    letter = (await browser.get(f"{path}/letter/en")).text
    assert "DSR-7" in letter
    assert "an inquiry is under way" not in letter
    assert (await browser.send(path, **told)).status_code == 422


async def test_where_the_decision_cannot_be_written_there_is_no_letter(audited: Audited) -> None:
    browser = audited.desk.browser("n.jurist")
    path, _ = await searched(browser, also="1")
    audited.log.close()
    told = {**WITHHELD, "reason": "an inquiry is under way"}
    assert (await browser.send(path, **told)).status_code == 503
    assert (await browser.get(f"{path}/letter/en")).status_code == 404
    assert (await browser.send("/subject-access", **ASKED)).status_code == 503


async def test_a_search_without_particulars_is_refused(audited: Audited) -> None:
    browser = audited.desk.browser("n.jurist")
    await browser.get("/subject-access")
    for asked in ({"names": "", "references": ""}, {"births": "yesterday"}, {"request": ""}):
        assert (await browser.send("/subject-access", **(ASKED | asked))).status_code == 422
    assert audited.log.count() == 8


HIS = {"names": "Idris Maran", "births": "1980-05-17", "references": ""}


def holds(audited: Audited, folder: Path) -> None:
    """Let the agency have a list, of which others asked."""
    enter_list(audited.records, folder, PERSON, NAMESAKE, OTHER)
    for query, record_id in (("05", "r-77"), ("06", "r-other")):
        hit = {"hits": json.dumps([{"record_id": record_id, "reference": f"REF{record_id}"}])}
        digest = query * 32
        received = QueryReceived(
            query_id=query,
            envelope_digest=digest,
            sender=SENDER,
            agreement="fr-gr",
            agreement_hash="12" * 32,
            purpose="terrorism",
            entries=1,
        )
        opened = QueryOpened(
            query_id=query, envelope_digest=digest, sender=SENDER, records=1, rules=("name",), bands=("strong",)
        )
        audited.log.append(Statement(received, {}), Statement(opened, hit))


async def test_what_others_asked_is_found_by_the_name_of_the_person(audited: Audited, tmp_path: Path) -> None:
    holds(audited, tmp_path)
    browser = audited.desk.browser("n.jurist")
    _, page = await searched(browser, **HIS)
    assert "A record of yours fitted a question." in page
    assert re.search(r'value="r-77"[^>]* checked', page)
    assert "r-other" not in page
    assert "was not searched" not in page
    assert "r-77" not in json.dumps([entry.event.model_dump(mode="json") for entry in audited.log.entries()][-2:])


async def test_the_adviser_takes_records_out_and_adds_others(audited: Audited, tmp_path: Path) -> None:
    holds(audited, tmp_path)
    browser = audited.desk.browser("n.jurist")
    _, page = await searched(browser, **HIS, fitting="r-77")
    assert "A record of yours fitted a question." not in page
    assert "was not searched" in page
    assert re.search(r'value="r-77"(?![^>]* checked)[^>]*>', page.replace('type="hidden"', ""))
    assert "Idris Maran" in page  # the form to search again has what was typed
    _, page = await searched(browser, **HIS, fitting="r-77", his="r-other")
    assert page.count("A record of yours fitted a question.") == 1
    assert re.search(r'value="r-other"[^>]* checked', page)


async def test_a_search_of_no_record_says_what_was_not_searched(audited: Audited, tmp_path: Path) -> None:
    holds(audited, tmp_path)
    browser = audited.desk.browser("n.jurist")
    _, page = await searched(browser, **(HIS | {"names": "Nobody Known"}))
    assert "What other agencies asked of this agency was not searched" in page
    assert "None fits the person well enough" in page
    count = audited.types().count("records_listed")
    _, page = await searched(browser, names="", references="REF")
    assert "None was looked up" in page
    assert audited.types().count("records_listed") == count
    _, page = await searched(browser, names="", records="r-77")
    assert "was not searched" not in page
    assert "A record of yours fitted a question." in page
