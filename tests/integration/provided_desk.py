"""Two real nodes, one of which knows its people by a real identity provider."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from deploy.local import LocalFederation
from node.accounts.client import SECRET_FILE
from tests.integration.commands import CommandedFederation
from tests.integration.identity_provider import AUDIENCE, CLIENT, SECRET, IdentityProvider

AGENCY = "AA-ASK"
SUBJECT = "3f0c9f6e"
"""Who the analyst is at the provider."""
STRONG = "urn:symbolon:strong"


def console_origin(federation: LocalFederation) -> str:
    """Give the origin of the agency's console."""
    return f"https://{federation.console_address(AGENCY)}"


def provider_of(federation: LocalFederation) -> IdentityProvider:
    """Give the provider that knows the agency's console; it does not run yet."""
    origin = console_origin(federation)
    return IdentityProvider(f"{origin}/sign-in/oidc/return", f"{origin}/sign-in")


def nodes(folder: Path) -> CommandedFederation:
    """Give the federation; its lists are empty, for what is asked is who may ask."""
    return CommandedFederation(folder, {AGENCY: "Asking", "BB-HOLD": "Holding"}, consoles=(AGENCY,))


def settle(federation: LocalFederation, provider: IdentityProvider, **changed: Any) -> None:
    """Name the provider in the settings of the node, and give the node its secret."""
    home = federation.home(AGENCY)
    settings = {
        "oidc_issuer": provider.issuer,
        "oidc_client": CLIENT,
        "oidc_api_audience": AUDIENCE,
        "oidc_acr": STRONG,
        "oidc_amr": "otp",
    } | changed
    text = (home / "node.toml").read_text(encoding="utf-8")
    for name, value in settings.items():
        text, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {json.dumps(value)}", text)
        assert count == 1, name
    (home / "node.toml").write_text(text, encoding="utf-8")
    secret = home / "keys" / SECRET_FILE
    secret.touch(mode=0o600)
    secret.write_text(SECRET, encoding="utf-8")
