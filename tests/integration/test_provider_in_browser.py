"""Signing in by an identity provider of another site, in a real browser: whether its rules for cookies let it work."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.async_api import Page, Route, async_playwright

from console.app import Console, application
from console.certificate import certify_where_needed
from console.serving import HttpsFiles, serving
from deploy.local import free_port
from tests.unit.taught_signer import ISSUER
from tests.unit.test_console_provider import ProvidedDesk

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[tuple[Page, str]]:
    """Give a page of Chromium, and the origin of a console whose provider is at another site."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Debian's chromium")
    desk = ProvidedDesk(tmp_path)
    origin = f"https://127.0.0.1:{free_port()}"
    files = HttpsFiles(tmp_path / "console.crt", tmp_path / "console.key")
    certify_where_needed(files, origin)
    app = application(Console(desk.console.desk, "FR-DNMS", "Division nationale", origin, desk.console.sessions))

    async def at_provider(route: Route) -> None:
        """Stand in for the provider's pages: a link back, as after its forms."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        if "state" not in asked:
            await route.fulfill(content_type="text/html", body="<h1>Signed out at the provider</h1>")
            return
        desk.nonce = asked["nonce"]
        back = f"{asked['redirect_uri']}?{urlencode({'code': 'c', 'state': asked['state'], 'iss': ISSUER})}"
        link = back.replace("&", "&amp;")
        await route.fulfill(content_type="text/html", body=f'<h1>The provider</h1><a href="{link}">Back</a>')

    with desk.console:
        async with serving(app, origin.removeprefix("https://"), files), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = await browser.new_context(ignore_https_errors=True)
            await context.route("https://id.example/**", at_provider)
            yield await context.new_page(), origin
            await browser.close()
    desk.identities.close()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_browser_comes_back_signed_in_and_leaves_by_the_provider(
    page: tuple[Page, str], *, scripts: bool
) -> None:
    shown, origin = page
    if not scripts:
        await shown.route("**/*.js*", lambda route: route.abort())
    await shown.goto(f"{origin}/sign-in?next=/")
    await shown.get_by_role("link", name="Sign in with the agency's identity provider").click()
    await shown.get_by_role("link", name="Back").click()
    await shown.wait_for_url(f"{origin}/")
    assert "a.martin" in await shown.inner_text("header")
    await shown.get_by_role("button", name="Sign out").click()
    await shown.get_by_role("link", name="Sign out at the identity provider, too").click()
    assert await shown.inner_text("h1") == "Signed out at the provider"
    await shown.goto(f"{origin}/")
    assert urlsplit(shown.url).path == "/sign-in"
