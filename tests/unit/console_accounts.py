"""People with accounts at a console in memory, and how they get in; invented people only."""

from __future__ import annotations

import re

import httpx
import pyotp

from node.accounts.keeping import AccountKeeping
from tests.unit.console_desk import Browser, ConsoleDesk

NOW = 1_800_000_000.0
MARTIN, KEEPER = "a.martin", "o.keeper"
GOOD, BETTER = "quiet harbour nine lamps", "seven slow green kettles"


def keeping(desk: ConsoleDesk) -> AccountKeeping:
    return AccountKeeping(desk.store, desk.officers, desk.ledger, "op", desk.clock())


async def enrolled(desk: ConsoleDesk, name: str = MARTIN) -> tuple[Browser, str, list[str]]:
    """Enrol somebody; give the browser, which is signed in, the secret and the recovery codes."""
    code = keeping(desk).invite(name, reset=True, confirmed=True).code
    browser = desk.browser()
    shown = await browser.send("/enrol", name=name, invitation=code)
    secret = re.findall(r'id="secret"[^>]*>([A-Z2-7]+)<', shown.text)[0]
    fields = {"name": name, "invitation": code, "password": GOOD, "again": GOOD, "code": code_of(desk, secret)}
    done = await browser.send("/enrol/finish", **fields)
    assert done.status_code == 200, done.text
    desk.now += 60  # the code is used up
    return browser, secret, re.findall(r"<li><code>([a-z0-9-]+)</code>", done.text)


def code_of(desk: ConsoleDesk, secret: str) -> str:
    return pyotp.TOTP(secret).at(int(desk.now))


async def sign_in(browser: Browser, name: str, password: str, code: str, back: str = "/") -> httpx.Response:
    return await browser.send("/sign-in", name=name, password=password, code=code, next=back)
