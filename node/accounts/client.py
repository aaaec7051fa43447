"""This node as a client of the agency's identity provider: which provider, under which name, by which proof.

Settings stand in ``node.toml``, the proof in ``keys/``: ``oidc.secret``, the text the provider gave, or ``oidc.key``, a
private key in PEM whose public half the provider was given (RSA, P-256 or Ed25519; RFC 7523).
"""

from __future__ import annotations

import ipaddress
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from node.accounts.tokens import NOT_DEMANDED, SMALLEST_RSA_BITS, Strength
from node.config import NodeHome
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import read_secret

SECRET_FILE = "oidc.secret"  # noqa: S105  # a file's name
KEY_FILE = "oidc.key"
ASSERTION_SECONDS = 60
"""Seconds for which a signed proof of this client is good."""

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a request to the token endpoint carries so that the provider knows this client."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Oidc:
    """A provider and this node's place at it. ``api_audience`` is empty where no token counts at the desk itself."""

    issuer: str
    client: str
    secret: str = field(default="", repr=False)
    key: RSAKey | ECKey | OKPKey | None = field(default=None, repr=False)
    strength: Strength = NOT_DEMANDED
    api_audience: str = ""
    authority: Path | None = None

    def proof(self, now: int) -> Proof:
        """Prove this client: by its key where there is one, else by its secret (RFC 6749 section 2.3.1)."""
        if self.key is None:
            pair = f"{quote_plus(self.client)}:{quote_plus(self.secret)}".encode()
            return Proof(headers={"authorization": f"Basic {b64encode(pair).decode()}"})
        claims = {
            "iss": self.client,
            "sub": self.client,
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        algorithm = _ALGORITHM_OF[self.key.key_type]
        # Without "kid": a provider that was given the key in PEM has a name of its own for it.
        assertion = jwt.encode({"alg": algorithm}, claims, self.key, algorithms=[algorithm])
        form = {"client_id": self.client, "client_assertion_type": _ASSERTION, "client_assertion": assertion}
        return Proof(form=form)


_ALGORITHM_OF = {"RSA": "PS256", "EC": "ES256", "OKP": "Ed25519"}


ANY_STRENGTH = "any"
"""The setting ``oidc_acr`` of an agency that leaves it to its provider how a person proves who he is."""


def oidc_of(home: NodeHome) -> Oidc | None:
    """Read what the node's folder says of a provider; None without one. Raises `SymbolonError` naming what is wrong."""
    settings = home.settings
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "oidc_client: it is needed where oidc_issuer is set")
    if settings.oidc_api_audience == settings.oidc_client:
        detail = "oidc_api_audience: it has to differ from oidc_client, or a token for signing in would count as a call"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    if not settings.oidc_acr and not settings.oidc_amr:
        detail = f"oidc_acr: say what proof of a person counts, or {ANY_STRENGTH!r} where one password may be enough"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    by_key = settings.oidc_client_authentication == "private_key_jwt"
    own_authority = home.folder / "tls" / "oidc-authority.pem"
    return Oidc(
        settings.oidc_issuer,
        settings.oidc_client,
        "" if by_key else _secret(home.keys / SECRET_FILE),
        _key(home.keys / KEY_FILE) if by_key else None,
        Strength("" if settings.oidc_acr == ANY_STRENGTH else settings.oidc_acr, settings.oidc_amr),
        settings.oidc_api_audience,
        own_authority if own_authority.exists() else None,
    )


def is_allowed(address: str) -> bool:
    """Say whether an address may be asked: HTTPS, or on this machine; no user, no fragment."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.fragment or not address.isascii() or not address.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(path: Path) -> str:
    text = read_secret(path).decode("utf-8", "replace").strip()
    if not text.isascii() or not text.isprintable() or len(text) < 16:
        detail = f"{path}: expected the client's secret in one line, at least 16 characters"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    return text


def _key(path: Path) -> RSAKey | ECKey | OKPKey:
    pem = read_secret(path)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SMALLEST_RSA_BITS:
        return RSAKey.import_key(pem)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return ECKey.import_key(pem)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return OKPKey.import_key(pem)
    detail = f"{path}: expected a private key in PEM: RSA of {SMALLEST_RSA_BITS} bits or more, P-256 or Ed25519"
    raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
