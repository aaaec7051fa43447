"""What is looked at on a page that stands in a window: axe's findings, its width on a phone, and a picture of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.screen import NARROW, WIDE, Screen

_TOO_MUCH = ("serious", "critical")
_CONTRAST = "color-contrast"
_AXE = Axe()


def findings(page: Page, only: Mapping[str, Any] | None = None) -> list[str]:
    """Run axe on a page; give what is serious or critical, with the places. Our sheet is of the page's own origin."""
    response = _AXE.run(page, options={"resultTypes": ["violations"], "preload": False, **(only or {})}).response
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:120]}"
        for one in response["violations"]
        if one["impact"] in _TOO_MUCH
        for node in one["nodes"]
    ]


def is_wider_than_a_phone(page: Page) -> bool:
    """Say whether the page has to be moved sideways at the width of a phone."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a dict of the right keys
    try:
        return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
    finally:
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a dict of the right keys


class Inspection:
    """Looks at pages and keeps what is wrong with them: all rules of axe, and in dark those of contrast again.

    Axe is run once on a page of one name and language, and for contrast, where words say nothing, once on a name;
    the width of a phone is tried each time, for it hangs on what stands in a page.
    """

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self._seen: set[str] = set()

    def __call__(self, window: Screen, name: str) -> None:
        page = window.page
        place = f"{name} ({window.language.code})"
        if place not in self._seen:
            rest = {"rules": {_CONTRAST: {"enabled": name not in self._seen}}}
            self.wrong += [f"{place}, light: {one}" for one in findings(page, rest)]
        if name not in self._seen:
            page.emulate_media(color_scheme="dark")
            contrast = {"runOnly": {"type": "rule", "values": [_CONTRAST]}}
            self.wrong += [f"{place}, dark: {one}" for one in findings(page, contrast)]
            page.emulate_media(color_scheme="light")
        self._seen |= {place, name}
        if is_wider_than_a_phone(page):
            self.wrong.append(f"{place}: wider than a phone")

    def found(self) -> list[str]:
        """Give what is wrong since this was asked last."""
        found, self.wrong = self.wrong, []
        return found


class Photographer:
    """Takes pictures of each page into a folder: wide and light, narrow and dark."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0

    def __call__(self, window: Screen, name: str) -> None:
        page = window.page
        self._number += 1
        stem = self._folder / f"{self._number:03}-{window.language.code}-{name}"
        page.screenshot(path=f"{stem}-wide.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a dict of the right keys
        page.screenshot(path=f"{stem}-phone.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a dict of the right keys
