"""A browser without a window at a real node's console: enrols officers and signs them in, over HTTPS, as people do.

The federation is made with ``consoles=(agency, ...)``.
"""

from __future__ import annotations

import re
import ssl
import time
from typing import Any

import httpx
import pyotp

from deploy.local import LocalFederation
from node.config import load_home

PASSWORD = "quiet harbour nine lamps"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class ConsoleBrowser:
    """Asks for pages and sends forms with the origin and the token, keeps cookies; a context manager."""

    def __init__(self, federation: LocalFederation, agency: str) -> None:
        home = load_home(federation.home(agency))
        self.origin = home.settings.console_origin or f"https://{home.settings.console_listen}"
        context = ssl.create_default_context(cafile=str(home.console_certificate))
        self.client = httpx.AsyncClient(verify=context, base_url=self.origin, timeout=60)
        self.token = ""

    async def __aenter__(self) -> ConsoleBrowser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def get(self, path: str) -> httpx.Response:
        """Ask for a page, and keep the token in it."""
        answer = await self.client.get(path)
        found = _TOKEN.search(answer.text)
        self.token = found[1] if found else self.token
        return answer

    async def send(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form; where it leads to another page, the answer says only where."""
        headers = {"origin": self.origin, "sec-fetch-site": "same-origin"}
        answer = await self.client.post(path, data={"csrf": self.token, **fields}, headers=headers)
        found = _TOKEN.search(answer.text)
        self.token = found[1] if found else self.token
        return answer

    async def enrol(self, name: str, invitation: str, password: str = PASSWORD) -> str:
        """Set an account up; give the authenticator's secret. The browser is signed in then."""
        shown = await self.send("/enrol", name=name, invitation=invitation)
        found = re.search(r'id="secret"[^>]*>([A-Z2-7]+)<', shown.text)
        assert found, shown.status_code
        secret = found[1]
        done = await self.send(
            "/enrol/finish",
            name=name,
            invitation=invitation,
            password=password,
            again=password,
            code=pyotp.TOTP(secret).now(),
        )
        assert done.status_code == 200, done.text
        return secret

    async def sign_in(self, name: str, secret: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in."""
        return await self.send("/sign-in", name=name, password=password, code=next_code(secret), next="/")


def next_code(secret: str) -> str:
    """Give the code of the step to come, which counts already: that of now may have been used for enrolment."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30)


async def enrol(federation: LocalFederation, agency: str, name: str, password: str = PASSWORD) -> str:
    """Invite an officer that there is and set the account up at the running console; give the authenticator's secret.

    The account's code of now is used up: sign in with `next_code`, once, or wait for another step.
    """
    invited = await federation.command(agency, "node", "account", "invite", name, "--user", "demo")
    async with ConsoleBrowser(federation, agency) as browser:
        return await browser.enrol(name, invited["code"], password)
