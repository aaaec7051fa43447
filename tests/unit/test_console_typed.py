"""What is typed outlives the session: in Chromium, the form stays until its officer has signed in again."""

from __future__ import annotations

from console.session import COOKIE, IDLE_SECONDS
from tests.unit.asked_desk import TaughtAsker
from tests.unit.chromium import drawn, needs_chromium
from tests.unit.console_desk import ORIGIN, ConsoleDesk
from tests.unit.test_console_query import asker, desk

LISTENS = "import(document.body.dataset.session).then(() => true)"
"""Waits for what keeps a session: it is loaded once, after its page."""

__all__ = ["asker", "desk"]
pytestmark = needs_chromium


async def test_a_form_is_sent_by_nobody_but_its_officer_and_until_then_stays_as_typed(
    desk: ConsoleDesk, asker: TaughtAsker
) -> None:
    browser = desk.browser("a.martin")
    async with drawn(browser) as page:
        await page.clock.install()
        await page.goto(f"{ORIGIN}/queries/new")
        assert await page.evaluate(LISTENS)
        await page.fill("#names", "Giorgos Melanos")
        await page.clock.fast_forward(61_000)
        desk.sessions.end_all_of("a.martin")
        ended = page.locator("#not-sent")
        for officer in ("", "b.other"):
            if officer:
                browser.client.cookies.set(COOKIE, desk.token(officer))
            await page.click("button[value=check]:not(.unseen)")
            await ended.wait_for()
            await ended.locator("button").click()
        assert await page.input_value("#names") == "Giorgos Melanos"
        browser.client.cookies.set(COOKIE, desk.token("a.martin"))
        await page.click("button[value=check]:not(.unseen)")
        await page.wait_for_selector("#legal_basis-error")
        assert await page.input_value("#names") == "Giorgos Melanos"


async def test_before_its_end_a_session_can_be_kept_by_a_press_and_typing_keeps_it(desk: ConsoleDesk) -> None:
    browser = desk.browser("a.martin")
    async with drawn(browser) as page:
        await page.clock.install()
        await page.goto(f"{ORIGIN}/investigations/new")
        assert await page.evaluate(LISTENS)
        (session,) = desk.sessions.of("a.martin")
        session.seen -= IDLE_SECONDS - 60
        before = session.seen
        await page.clock.fast_forward((int(IDLE_SECONDS) - 60) * 1000)
        await page.locator("#ending").wait_for()
        async with page.expect_response("**/session"):
            await page.keyboard.press("Enter")
        assert session.seen > before
        session.seen = before
        await page.clock.fast_forward(301_000)
        async with page.expect_response("**/session"):
            await page.fill("#legal_basis", "art. 26")
        assert session.seen > before


async def test_after_its_end_the_page_says_that_the_session_has_ended(desk: ConsoleDesk) -> None:
    browser = desk.browser("a.martin")
    async with drawn(browser) as page:
        await page.clock.install()
        await page.goto(f"{ORIGIN}/investigations/new")
        assert await page.evaluate(LISTENS)
        await page.fill("#legal_basis", "art. 26")
        await page.clock.fast_forward((int(IDLE_SECONDS) - 60) * 1000)
        await page.locator("#ending").wait_for()
        desk.sessions.end_all_of("a.martin")
        await page.clock.fast_forward(130_000)
        await page.locator("#not-sent").wait_for()
        assert not await page.locator("#ending").is_visible()
        assert await page.input_value("#legal_basis") == "art. 26"
