"""Pages in a browser that go on by themselves, or might take what somebody types: what they do when the line is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from ledger.log import Ledger
from node.database import DatabaseFile
from node.investigations.store import MIGRATIONS
from symbolon.v1 import operations_pb2
from tests.browser.wire import CHROMIUM, looked_at
from tests.unit.asked_desk import CASE, TaughtAsker, calls, investigations
from tests.unit.console_desk import ORIGIN, ConsoleDesk
from tests.unit.test_console_query import HIT, LATE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
]

LOST = "The connection to the node is lost."
SOON = 20_000.0  # milliseconds


@dataclass
class TaughtWork:
    """Tells of an import that is as far as a test says."""

    done: int = 10
    state: str = "running"
    asked: list[object] = field(default_factory=list)

    async def show_work(self, request: object, _: object) -> operations_pb2.ShowWorkResponse:
        self.asked.append(request)
        work = operations_pb2.Work(kind="import", state=self.state, done=self.done, total=100, began_at=1)
        return operations_pb2.ShowWorkResponse(work=work)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ConsoleDesk]:
    asker = TaughtAsker(HIT, LATE)
    asker.gate = asyncio.Semaphore(0)
    with (
        Ledger(tmp_path / "ledger.db") as ledger,
        DatabaseFile(tmp_path / "cases.db", MIGRATIONS) as file,
        ConsoleDesk(
            tmp_path, queries=calls(ledger, asker), investigations=investigations(ledger, file), lists=TaughtWork()
        ) as made,
    ):
        made.enter("a.martin", "analyst", "operator")
        yield made


async def put(desk: ConsoleDesk) -> str:
    browser = desk.browser("a.martin")
    await browser.get("/queries/new")
    fields: dict[str, Any] = {**CASE, "penalty_months": "120", "do": "send", "names": "Giorgos Melanos"}
    answer = await browser.send("/queries/new", **fields, dob="1984-08-16", nationality="GR")
    return str(answer.headers["location"])


async def test_a_query_of_which_nothing_is_heard_is_not_said_to_be_under_way(desk: ConsoleDesk, tmp_path: Path) -> None:
    where = await put(desk)
    async with looked_at(desk, "a.martin", tmp_path) as (page, line):
        await page.goto(where)
        waits = page.get_by_text("The query is under way to this agency.")
        await expect(waits.first).to_be_visible()
        line.cut()
        await expect(page.get_by_text(LOST)).to_be_visible(timeout=SOON)
        await expect(page.get_by_role("link", name="Load the page again")).to_be_visible()
        for one in await waits.all():
            await expect(one).to_be_hidden()
        line.mend()
        await expect(page.get_by_text(LOST)).to_be_hidden(timeout=SOON)
        await expect(waits.first).to_be_visible()


async def test_work_of_which_nothing_is_heard_is_said_to_be_lost_and_goes_on_when_it_is_again(
    desk: ConsoleDesk, tmp_path: Path
) -> None:
    work = desk.desk.lists
    assert isinstance(work, TaughtWork)
    async with looked_at(desk, "a.martin", tmp_path) as (page, line):
        await page.goto("/node/list")
        await page.get_by_label("Records to remove").fill("12")
        line.cut()
        await expect(page.get_by_text(LOST)).to_be_visible(timeout=SOON)
        line.mend()
        work.done = 70
        await expect(page.get_by_role("progressbar")).to_have_attribute("value", "70", timeout=SOON)
        await expect(page.get_by_text(LOST)).to_be_hidden()
        work.state = "done"
        await expect(page.get_by_role("status")).to_have_text("Done", timeout=SOON)
        await expect(page.get_by_label("Records to remove")).to_have_value("12")


async def test_a_page_that_goes_on_keeps_no_forgotten_session_awake(desk: ConsoleDesk, tmp_path: Path) -> None:
    work = desk.desk.lists
    assert isinstance(work, TaughtWork)
    async with looked_at(desk, "a.martin", tmp_path) as (page, _):
        await page.goto("/node/list")
        (session,) = desk.sessions.of("a.martin")
        seen, asked = session.seen, len(work.asked)
        await page.wait_for_timeout(5_000)
        assert len(work.asked) > asked
        assert session.seen == seen


async def test_a_link_of_another_site_leads_to_the_page_with_one_step_more(desk: ConsoleDesk, tmp_path: Path) -> None:
    async with looked_at(desk, "a.martin", tmp_path) as (page, _):
        await page.goto(f"data:text/html,<a href='{ORIGIN}/node/list'>our list</a>")
        await page.get_by_role("link", name="our list").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await page.get_by_role("link", name="Go on to the page").click()
        await page.wait_for_url("**/node/list")


async def test_an_arrow_key_in_the_list_of_themes_sends_nothing(desk: ConsoleDesk, tmp_path: Path) -> None:
    async with looked_at(desk, "a.martin", tmp_path) as (page, _):
        await page.goto("/node/list")
        await page.evaluate("document.body.dataset.same = 'yes'")
        await page.get_by_label("Light or dark").focus()
        await page.keyboard.press("ArrowDown")
        await page.wait_for_timeout(1_000)
        await expect(page.locator("body")).to_have_attribute("data-same", "yes")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")
        await expect(page).to_have_url(f"{ORIGIN}/node/list")


async def test_what_is_typed_is_not_thrown_away_by_another_language_unasked(desk: ConsoleDesk, tmp_path: Path) -> None:
    async with looked_at(desk, "a.martin", tmp_path) as (page, _):
        await page.goto("/node/list")
        await page.get_by_label("Records to remove").fill("12")
        await page.get_by_label("Light or dark").select_option("dark")
        await page.get_by_role("button", name="Apply").click()
        await page.get_by_role("button", name="Stay here").click()
        await expect(page.get_by_label("Records to remove")).to_have_value("12")
        await page.get_by_role("button", name="Apply").click()
        await page.get_by_role("button", name="Load it again").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await expect(page.get_by_label("Records to remove")).to_have_value("")
