"""The desk in a browser: the story across two agencies, and every page of the console by axe, keyboard and phone.

Real nodes, real mail, HTTPS, Debian's Chromium. One federation for all of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from console.languages import languages
from tests.browser.agencies import ASKER, KEYBOARD, OTHERS, Agencies, Other, two_agencies
from tests.browser.days import DAYS
from tests.browser.looking import Inspection
from tests.browser.screen import Screen, opened
from tests.browser.story import Story
from tests.browser.walk import kind_of, kinds, walk

CHROMIUM = shutil.which("chromium")
LANGUAGES = ("en", "ar")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agencies]:
    with two_agencies(tmp_path_factory.mktemp("agencies"), LANGUAGES) as made:
        yield made


@pytest.fixture(scope="module")
def chromium(agencies: Agencies) -> Iterator[Browser]:
    """Give the browser; it starts after the nodes, for its loop and that of their commands cannot run at once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=agencies.browser_options())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def inspection() -> Inspection:
    """Keep which pages were looked at."""
    return Inspection()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_story_from_query_to_audit_and_each_page_of_it_can_be_used_by_everybody(
    agencies: Agencies, chromium: Browser, inspection: Inspection, code: str
) -> None:
    Story(agencies, chromium, languages()[code], inspection).play()
    assert inspection.found() == []


@pytest.fixture(scope="module")
def reached() -> set[str]:
    """Keep which kinds of pages were reached by anybody."""
    return {"/sign-in", "/enrol"}  # by the story, and by whom the operator invites


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: f"{one.agency}-{one.role}-{one.language}")
def test_each_page_an_officer_reaches_can_be_used_by_everybody(
    agencies: Agencies, chromium: Browser, inspection: Inspection, reached: set[str], other: Other
) -> None:
    language = languages()[other.language]
    with opened(chromium, agencies.origin(other.agency), language, inspection) as window:
        window.sign_in(agencies.accounts[other.agency, other.name])
        if day := DAYS.get(other.role):
            day(window)
        reached |= {kind_of(urlsplit(url).path) for url in window.visited}
        for kind in walk(window):
            reached.add(kind)
            window.seen(kind)
    assert inspection.found() == []


def test_somebody_reached_each_page(reached: set[str]) -> None:
    """By links, or by the forms of his day."""
    assert kinds() - reached == set()


def test_a_query_is_put_by_the_keyboard_alone_and_the_focus_goes_to_what_is_wrong(
    agencies: Agencies, chromium: Browser
) -> None:
    with opened(chromium, agencies.origin(ASKER), languages()["en"], lambda *_: None) as window:
        window.sign_in(agencies.accounts[ASKER, KEYBOARD])
        keys = window.page.keyboard
        keys.press("?")
        dialog = window.page.get_by_role("dialog")
        expect(dialog).to_contain_text(window.say("Queries"))
        keys.press("Escape")
        expect(dialog).to_be_hidden()
        keys.press("g")
        keys.press("q")
        window.expect_heading("Queries")
        tab_to(window, window.page.locator("main").get_by_role("link", name="New query"))
        keys.press("Enter")
        window.expect_heading("New query")
        tab_to(window, window.button("Ask"))
        keys.press("Enter")
        expect(window.page.get_by_role("alert")).to_be_focused()
        keys.press("/")
        for label, typed in (
            ("Purpose", "Migrant"),
            ("Case reference", "2026/300"),
            ("Legal basis", "Article 1"),
            ("Offence", "Migrant"),
            ("Maximum penalty, in months", "120"),
            ("Nature of the offence", "Ordinary"),
            ("What the person is in the case", "Suspect"),
            ("Death penalty", "No"),
            ("Names", "Nobody Zhavelin"),
            ("Birth date", "1990-01-01"),
        ):
            tab_to(window, window.page.locator("main").get_by_label(label, exact=True))
            keys.type(typed)
        tab_to(window, window.button("Ask"))
        keys.press("Enter")
        window.page.wait_for_url("**/queries/*")
        expect(window.within("#summary")).to_contain_text(window.word("query.over"))
        switch_the_keys(window)


def switch_the_keys(window: Screen) -> None:
    """Switch the single keys off, and on again."""
    window.page.keyboard.press("?")
    window.page.get_by_role("dialog").get_by_role("link").click()
    window.press("Switch the keys off")
    expect(window.button("Switch the keys on")).to_be_visible()
    for key in ("?", "g", "q"):
        window.page.keyboard.press(key)
    expect(window.page.get_by_role("dialog")).to_have_count(0)
    window.expect_heading("Your account")
    window.press("Switch the keys on")
    expect(window.button("Switch the keys off")).to_be_visible()
    window.page.keyboard.press("?")
    expect(window.page.get_by_role("dialog")).to_be_visible()


def tab_to(window: Screen, wanted: Locator) -> None:
    """Press the tabulator until something has the focus, which can be seen there."""
    for _ in range(60):
        if wanted.evaluate("one => one === document.activeElement"):
            assert wanted.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
            return
        window.page.keyboard.press("Tab")
    pytest.fail(f"the tabulator does not lead to {wanted}")
