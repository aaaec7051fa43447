"""A signer of tokens that says whatever a test tells it, and a provider in memory that answers with it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from node.accounts.tokens import ALGORITHMS

ISSUER, CLIENT, API, NONCE = "https://id.example/agency", "symbolon-desk", "https://desk.example/api", "n" * 43
NOW = 1_800_000_000
"""Seconds since 1970 of the tests."""

RSA_KEY = RSAKey.generate_key(2048, {"use": "sig", "kid": "rsa"})
EC_KEY = ECKey.generate_key("P-256", {"use": "sig", "kid": "ec"})
ED_KEY = OKPKey.generate_key("Ed25519", {"use": "sig", "kid": "ed"})
KEY_OF = {"RS256": RSA_KEY, "PS256": RSA_KEY, "ES256": EC_KEY, "EdDSA": ED_KEY, "Ed25519": ED_KEY}


class _AnyAlgorithm(jws.JWSRegistry):
    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]

    def check_header(self, header: Any) -> None:
        """Let anything pass."""


_any = _AnyAlgorithm(algorithms=[*ALGORITHMS, "none", "HS256"], strict_check_header=False)


def id_token(key: Any = None, header: dict[str, Any] | None = None, algorithm: str = "ES256", **claims: Any) -> str:
    """Sign an ID token; what a test names replaces what a good one says, and None takes it away."""
    said = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "s-1",
        "nonce": NONCE,
        "iat": NOW,
        "exp": NOW + 300,
        "auth_time": NOW,
    } | claims
    return signed(said, key, {"alg": algorithm} | (header or {}))


def access_token(key: Any = None, header: dict[str, Any] | None = None, algorithm: str = "ES256", **claims: Any) -> str:
    """Sign an access token; see `id_token`."""
    said = {"iss": ISSUER, "aud": API, "sub": "s-1", "iat": NOW, "exp": NOW + 300} | claims
    return signed(said, key, {"alg": algorithm, "typ": "at+jwt"} | (header or {}))


def signed(claims: dict[str, Any], key: Any, header: dict[str, Any]) -> str:
    """Sign claims under a header, whatever they say."""
    used: Any = key or KEY_OF[header["alg"]]
    said = json.dumps({name: value for name, value in claims.items() if value is not None})
    whole = {"kid": used.kid} | header
    return jws.serialize_compact({k: v for k, v in whole.items() if v is not None}, said, used, registry=_any)


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Make a token with an empty signature."""
    parts = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join(parts) + "."


def public(*keys: Any) -> dict[str, Any]:
    """Give a key set as a provider publishes it."""
    return {"keys": [dict(key.as_dict(private=False)) for key in keys]}


def description(**changed: Any) -> dict[str, Any]:
    """Give a provider's discovery document."""
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/auth",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/jwks",
        "end_session_endpoint": f"{ISSUER}/over",
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    } | changed


@dataclass
class TaughtProvider:
    """A provider in memory: it answers what it is taught, and remembers what it was asked."""

    described: dict[str, Any] = field(default_factory=description)
    keys: dict[str, Any] = field(default_factory=lambda: public(RSA_KEY, EC_KEY, ED_KEY))
    token: Callable[[dict[str, str]], httpx.Response] = field(
        default=lambda _: httpx.Response(200, json={"id_token": id_token()})
    )
    is_down: bool = False
    asked: list[str] = field(default_factory=list)
    headers: list[httpx.Headers] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        """Give what stands in for the network."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        self.headers.append(request.headers)
        if self.is_down:
            raise httpx.ConnectError("nobody there")
        if request.url.path.endswith("/.well-known/openid-configuration"):
            return httpx.Response(200, json=self.described)
        if request.url.path.endswith("/jwks"):
            return httpx.Response(200, json=self.keys)
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        return self.token(form)
