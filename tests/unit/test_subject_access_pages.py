"""A data subject's request at the console: looked for, decided, answered; each step in the log before it is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.subject_events import SubjectAccessDecided
from tests.unit.audited_log import EVIL, Audited, audited_log
from tests.unit.console_desk import Browser

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
    assert audited.types()[8] == "auditor_access"
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
