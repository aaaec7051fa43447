"""An auditor's page while the log is being indexed: it looks again by itself, and has the form meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from symbolon.v1 import audit_pb2 as wire
from tests.unit.chromium import drawn, needs_chromium
from tests.unit.console_desk import ORIGIN, ConsoleDesk

PATHS = ("/audit", "/audit/denials", "/viewings")


@dataclass
class TaughtLog:
    """Tells that so many entries are not indexed, until a test says otherwise."""

    lacking: int = 5312

    async def search_log(self, *_: object) -> wire.SearchLogResponse:
        choices = [] if self.lacking else [wire.SearchChoice(kind="purpose", value="terrorism", entries=1)]
        return wire.SearchLogResponse(not_indexed=self.lacking, total=9000, choices=choices)

    async def list_viewings(self, *_: object) -> wire.ListViewingsResponse:
        return wire.ListViewingsResponse(not_indexed=self.lacking)


@pytest.fixture
def log() -> TaughtLog:
    return TaughtLog()


@pytest.fixture
def desk(tmp_path: Path, log: TaughtLog) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path, audit=log) as made:
        made.enter("i.auditor", "auditor")
        yield made


@pytest.mark.parametrize("path", PATHS)
async def test_it_looks_again_until_the_log_is_indexed(desk: ConsoleDesk, log: TaughtLog, path: str) -> None:
    browser = desk.browser("i.auditor")
    page = (await browser.get(path)).text
    assert "5,312 entries to go" in page
    assert "data-runs" in page
    assert "progress.js" in page
    assert ('id="officer"' in page) is (path != "/viewings")
    assert "No entry is like that" not in page
    log.lacking = 0
    assert "data-runs" not in (await browser.get(f"{path}?look")).text


@pytest.mark.parametrize("path", PATHS)
async def test_what_a_form_asked_for_is_not_replaced_by_what_it_did_not(desk: ConsoleDesk, path: str) -> None:
    browser = desk.browser("i.auditor")
    await browser.get("/audit")
    page = (await browser.send(path, officer="a.martin")).text
    assert "Try again in a moment." in page
    assert "data-runs" not in page
    assert ('value="a.martin"' in page) is (path != "/viewings")


class TestInABrowser:
    pytestmark = needs_chromium

    async def test_what_is_typed_meanwhile_stays(self, desk: ConsoleDesk, log: TaughtLog) -> None:
        async with drawn(desk.browser("i.auditor")) as page:
            await page.goto(f"{ORIGIN}/audit")
            await page.fill("#officer", "a.martin")
            await page.check("#names")
            log.lacking = 0
            await page.get_by_text("No entry is like that.").wait_for()
            assert await page.input_value("#officer") == "a.martin"
            assert await page.is_checked("#names")
            assert await page.locator("#purpose option").count() == 2
            assert await page.evaluate("document.activeElement.id") == "names"
