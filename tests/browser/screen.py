"""One browser window at one console, in one language: elements are found by role and by name, as people find them.

The names are those of the code, in English; `Screen.say` gives what the language makes of them. Nothing is waited for
by time: what is awaited is looked for until it is there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from playwright.sync_api import Browser, Error, Locator, Response, expect
from playwright.sync_api import TimeoutError as NotThereError

from console.languages import Language
from console.wording.log_words import LOG_WORDS
from tests.browser.agencies import Account
from tests.integration.console_browser import PASSWORD

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
LONGEST = 20_000
"""Milliseconds until a page that is not there counts as missing: a busy machine is no finding."""

expect.set_options(timeout=LONGEST)

PATIENCE_SECONDS = 60.0
"""Seconds for what mail between the nodes brings about."""

Watch = Callable[["Screen", str], None]
"""Looks at a page that stands in a window: the window, and a name for the page."""


class Screen:
    """A window. ``watch`` is shown each page that the story comes to."""

    def __init__(self, chromium: Browser, origin: str, language: Language, watch: Watch) -> None:
        self._chromium = chromium
        self.origin = origin
        self.language = language
        viewport: Any = WIDE
        self.context = chromium.new_context(viewport=viewport, locale="en")
        self.page = self.context.new_page()
        self.page.set_default_timeout(LONGEST)
        self._watch = watch
        self.errors: list[str] = []
        self.visited: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("framenavigated", lambda frame: self.visited.append(frame.url))

    def seen(self, name: str) -> None:
        """Have the page looked at."""
        self._watch(self, name)

    def say(self, text: str, **values: Any) -> str:
        """Give a text of the console in the language of this window."""
        said = self.language.say(text)
        return said % values if values else said

    def word(self, code: str) -> str:
        """Give the word of a code."""
        return self.language.say(LOG_WORDS[code])

    def open(self, path: str) -> Response | None:
        """Go to a page by its address; once more where the page before was just loading itself anew."""
        try:
            return self.page.goto(self.origin + path)
        except Error as error:
            if "ERR_ABORTED" not in str(error):
                raise
            return self.page.goto(self.origin + path)

    def within(self, selector: str) -> Locator:
        """Give a part of the page that has an identifier."""
        return self.page.locator(selector)

    def button(self, text: str, part: Locator | None = None) -> Locator:
        """Give a button."""
        return (part or self.page.locator("main")).get_by_role("button", name=self.say(text), exact=True)

    def press(self, text: str, part: Locator | None = None) -> None:
        """Press a button."""
        self.button(text, part).click()

    def go(self, text: str) -> None:
        """Go to a part of the console by its navigation."""
        parts = self.page.get_by_role("navigation", name=self.say("Main"), exact=True)
        parts.get_by_role("link", name=self.say(text), exact=True).click()

    def follow(self, text: str) -> None:
        """Follow a link of the page."""
        self.page.locator("main").get_by_role("link", name=self.say(text), exact=True).click()

    def fill(self, label: str, value: str, part: Locator | None = None) -> None:
        """Type into a field."""
        (part or self.page.locator("main")).get_by_label(self.say(label), exact=True).fill(value)

    def choose(self, label: str, code: str, part: Locator | None = None) -> None:
        """Choose from a list by the word of a code."""
        field = (part or self.page.locator("main")).get_by_label(self.say(label), exact=True)
        field.select_option(label=self.word(code))

    def expect_heading(self, text: str, **values: Any) -> None:
        """Wait for a page with its heading, and for its scripts, which keys go to."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(self.say(text, **values))
        self.page.wait_for_load_state()

    def expect_text(self, text: str, **values: Any) -> None:
        """Wait for a text of the console."""
        expect(self.page.locator("main").get_by_text(self.say(text, **values)).first).to_be_visible()

    def reload_until(self, wanted: Locator) -> None:
        """Look anew until something is there that mail brings about."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                wanted.first.wait_for(timeout=700)
                return
            except NotThereError:
                assert time.monotonic() < end, f"not brought about: {wanted}"
            self.page.reload()

    def opened(self, step: str) -> Locator:
        """Open the form of a case's step, and give it."""
        form = self.page.locator(f"#{step}")
        if form.get_attribute("open") is None:
            form.locator("summary").click()
        return form

    def beside(self) -> AbstractContextManager[Screen]:
        """Give another window, of somebody who has not signed in."""
        return opened(self._chromium, self.origin, self.language, self._watch)

    def choose_language(self) -> None:
        """Choose the window's language on the page that is shown."""
        self.page.locator(".choose").get_by_role("combobox").first.select_option(self.language.code)
        self.page.locator(".choose").get_by_role("button").click()
        expect(self.page.locator("html")).to_have_attribute("lang", self.language.code)

    def sign_in(self, account: Account) -> None:
        """Choose the language, sign in, and arrive at the first page."""
        self.open("/sign-in")
        self.choose_language()
        self.expect_heading("Sign in")
        assert self.page.evaluate("document.documentElement.dir") == self.language.direction
        self.seen("sign-in")
        self.fill("Name", account.name)
        self.fill("Password", PASSWORD)
        self.fill("Code", account.code())
        self.press("Sign in")
        expect(self.page.locator("header")).to_contain_text(account.name)
        self.expect_heading("What waits")
        self.seen(f"home of {account.name}")


@contextmanager
def opened(chromium: Browser, origin: str, language: Language, watch: Watch) -> Iterator[Screen]:
    """Open a window; it closes with the context, and no script of ours failed in it."""
    window = Screen(chromium, origin, language, watch)
    try:
        yield window
        assert window.errors == []
    finally:
        window.context.close()


def reference_in(text: str) -> str:
    """Find the reference of a hit in an address."""
    found = re.search(r"/([^/?#]+)$", text)
    assert found, text
    return found[1]
