"""A real OpenID provider as a process (npm's oidc-provider), and a person at its forms; see ``oidc_provider/``."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import threading
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from deploy.local import free_port

HOUSE = Path(__file__).parent / "oidc_provider"
CLIENT, SECRET = "symbolon-desk", "a secret of the tests, and long enough"
NATIONAL_SYSTEM, ITS_SECRET = "national-system", "another secret of the tests, as long"
CALLBACK = "http://127.0.0.1/back"
"""Where the national system of the tests gets its codes; nobody listens there."""
AUDIENCE = "https://desk.example/api"
INSTALL_SECONDS = 120.0
START_SECONDS = 20.0


def installed() -> Path:
    """Install the provider from its lock file where it is not there; skip the test where there is no Node.js or npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("the identity provider of the tests needs node and npm")
    wanted, there = HOUSE / "package-lock.json", HOUSE / "node_modules" / ".package-lock.json"  # npm writes it last
    if not there.exists() or there.stat().st_mtime < wanted.stat().st_mtime:
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            pytest.skip(f"npm ci cannot install the identity provider: {done.stderr.strip()[-300:]}")
    return Path(node)


@dataclass
class IdentityProvider:
    """The provider; a context manager that ends its process. Keys are drawn anew by `rotate`."""

    redirect_uri: str
    after_sign_out: str = ""
    client_keys: list[dict[str, Any]] = field(default_factory=list)
    """Public keys of the console's client, which then proves itself by a signature."""
    issuer: str = field(default_factory=lambda: f"http://127.0.0.1:{free_port()}")
    keys: list[dict[str, Any]] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.rotate()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def rotate(self) -> None:
        """Start anew with keys nobody has seen; whoever was signed in at the provider is so no longer."""
        self.stop()
        self.keys = [
            dict(RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True).as_dict(private=True)),
            dict(ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True).as_dict(private=True)),
        ]
        self.start()

    def start(self) -> None:
        """Start the process and wait until it serves."""
        self._process = subprocess.Popen(
            [str(installed()), str(HOUSE / "provider.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        json.dump(self._settings(), self._process.stdin)
        self._process.stdin.close()
        hanging = threading.Timer(START_SECONDS, self._process.kill)
        hanging.start()
        line = self._process.stdout.readline()
        hanging.cancel()
        assert line == "serving\n", "the identity provider does not start"

    def stop(self) -> None:
        """End the process, where it runs."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    async def access_token(self, subject: str, audience: str = AUDIENCE) -> str:
        """Get an access token for a person, as a national system gets it: by a code, for one audience."""
        verifier = secrets.token_urlsafe(32)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        parameters = {
            "response_type": "code",
            "client_id": NATIONAL_SYSTEM,
            "redirect_uri": CALLBACK,
            "scope": "openid desk",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "resource": audience,
        }
        async with httpx.AsyncClient() as client:
            address = str(httpx.URL(f"{self.issuer}/auth", params=parameters))
            back = await sign_in_at_provider(client, address, subject)
            form = {
                "grant_type": "authorization_code",
                "code": parse_qs(urlsplit(back).query)["code"][0],
                "redirect_uri": CALLBACK,
                "code_verifier": verifier,
                "resource": audience,
            }
            answer = await client.post(f"{self.issuer}/token", data=form, auth=(NATIONAL_SYSTEM, ITS_SECRET))
            return str(answer.json()["access_token"])

    def _settings(self) -> dict[str, Any]:
        proof: dict[str, Any] = (
            {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": self.client_keys}}
            if self.client_keys
            else {"token_endpoint_auth_method": "client_secret_basic", "client_secret": SECRET}
        )
        console = {
            "client_id": CLIENT,
            "redirect_uris": [self.redirect_uri],
            "post_logout_redirect_uris": [self.after_sign_out] if self.after_sign_out else [],
            **proof,
        }
        national_system = {
            "client_id": NATIONAL_SYSTEM,
            "client_secret": ITS_SECRET,
            "redirect_uris": [CALLBACK],
        }
        return {"issuer": self.issuer, "clients": [console, national_system], "jwks": {"keys": self.keys}}


async def sign_in_at_provider(client: httpx.AsyncClient, address: str, subject: str) -> str:
    """Follow the provider's forms as a person would, and give the address to which it sends the browser back."""
    origin = urlsplit(address).netloc
    for _ in range(12):
        if urlsplit(address).netloc != origin:
            return address
        answer = await client.get(address)
        if answer.is_redirect:
            address = urljoin(address, answer.headers["location"])
            continue
        form = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert form is not None, answer.text[:2000]
        assert prompt is not None
        filled = {"prompt": prompt[1], "login": subject, "password": "x"}
        sent = await client.post(urljoin(address, unescape(form[1])), data=filled)
        address = urljoin(address, sent.headers["location"])
    raise AssertionError("the provider never sends the browser back")
