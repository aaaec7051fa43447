"""Debian's Chromium before a console in memory: what a person sees and prints, without a socket between them.

Every request of the browser is answered by the application itself; one to another host fails the test.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, async_playwright

from tests.unit.console_desk import ORIGIN, Browser

CHROMIUM = shutil.which("chromium") or ""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Debian's chromium is not installed"),
    pytest.mark.timeout(120),
]
"""Marks of a test that draws pages."""


@asynccontextmanager
async def drawn(browser: Browser, *, dark: bool = False, narrow: bool = False) -> AsyncIterator[Page]:
    """Give a page of Chromium that asks what this browser asks, signed in as it is."""
    elsewhere: list[str] = []

    async def answer(route: Route) -> None:
        request = route.request
        if not request.url.startswith(f"{ORIGIN}/"):
            elsewhere.append(request.url)
            await route.abort()
            return
        sent = {name: value for name, value in request.headers.items() if name in ("content-type", "accept-language")}
        if request.method == "POST":
            sent |= {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
        got = await browser.client.request(
            request.method, request.url, content=request.post_data_buffer, headers=sent, follow_redirects=True
        )
        await route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.content)

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page(
            viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]  # a dict of the right keys
            color_scheme="dark" if dark else "light",
            extra_http_headers={"accept-language": browser.client.headers["accept-language"]},
        )
        await page.route("**/*", answer)
        try:
            yield page
        finally:
            await chromium.close()
    assert elsewhere == [], "the page asked another host"
