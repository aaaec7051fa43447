"""Whether a token of the identity provider is genuine, and meant for this node, now. No network, no state.

A token (RFC 7519) passes when all of this holds, in this order:

1. it is signed by a key of the provider, with an algorithm of `ALGORITHMS`: never ``none``, never a shared secret;
2. its type is that of its use: an ID token is no access token (RFC 9068 section 2.1), and the other way round;
3. the issuer is the provider, letter for letter, and the audience is this node and nobody else;
4. it is valid now, with `LEEWAY_SECONDS` for clocks that differ, and was issued no longer ago than its use allows;
5. an ID token answers this very sign-in: its ``nonce`` is ours, ``azp`` our client or absent (OpenID Connect Core
   section 3.1.3.7), and the person showed who he is not long ago (``auth_time``, which ``max_age`` asks for): a session
   that ended here does not go on because one at the provider has not;
6. an access token is bound to no other key (``cnf``): a proof that is not asked for here would not be checked;
7. where the agency demands it, ``acr`` and ``amr`` say that the authentication was strong.

Which officer the subject is, is decided elsewhere. Why a token fails is for the log, and leaves the node never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""What a provider may sign with; Ed25519 is the later name of EdDSA over that curve (RFC 9864)."""

LEEWAY_SECONDS = 60
"""Seconds by which the clocks of node and provider may differ."""

ID_TOKEN_SECONDS = 600
"""Seconds since it was issued after which an ID token is too old: it is read within moments."""

SHOWN_SECONDS = 1800
"""Seconds since a person showed the provider who he is, after which he has to do it again to be signed in here."""

ACCESS_TOKEN_SECONDS = 3600
"""Seconds since it was issued after which an access token is too old, whatever it says itself."""

LONGEST_TOKEN = 16 * 1024
"""Characters of a token."""

SMALLEST_RSA_BITS = 2048
MOST_KEYS = 50
"""Keys of a provider that are read; more than that is no set of signing keys."""


_ODD = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What the library raises on a token or key that is odd; a test gives it anything."""


class TokenError(Exception):
    """A token that does not pass; ``reason`` is a code for the log and holds nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Strength:
    """How strongly a person has to have been authenticated; empty where the agency leaves it to the provider."""

    acr: str = ""
    amr: str = ""


NOT_DEMANDED = Strength()


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to say. ``nonce`` is that of a sign-in and makes it an ID token; without, an access token."""

    issuer: str
    audience: str
    strength: Strength = NOT_DEMANDED
    nonce: str = ""


class _OurAlgorithms(JWSRegistry):
    """Knows `ALGORITHMS` only; the library's own list changes with its versions."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_registry = _OurAlgorithms(algorithms=ALGORITHMS)


def signing_keys(document: Mapping[str, Any]) -> KeySet:
    """Read a provider's key set (RFC 7517), without what no token may be signed with; it may end up empty."""
    entries = document.get("keys")
    found = [_signing_key(entry) for entry in entries[:MOST_KEYS]] if isinstance(entries, list) else []
    return KeySet([key for key in found if key is not None])


def _signing_key(entry: Any) -> Key | None:
    """Read one key; None where it is none of ours: a secret, too short, for another use, or not understood."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    try:
        if entry.get("kty") == "RSA" and 6 * len(entry["n"]) >= SMALLEST_RSA_BITS:  # base64: six bits a character
            return RSAKey.import_key(entry)
        if entry.get("kty") == "EC" and entry.get("crv") == "P-256":
            return ECKey.import_key(entry)
        if entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519":
            return OKPKey.import_key(entry)
    except _ODD:  # one key that is odd does not void the others
        return None
    return None


def key_named(token: str) -> str:
    """Give the name of the key a token says it is signed with, unproved; raise `TokenError` where it is no token."""
    header = _header(token)
    name = header.get("kid", "")
    if not isinstance(name, str):
        raise TokenError("token_form")
    return name


def subject_of(token: str, keys: KeySet, expected: Expected, now: int) -> str:
    """Give the subject of a token that passes; raise `TokenError`. ``now`` are seconds since 1970."""
    header, claims = _verified(token, keys)
    _check_type(header, is_access=not expected.nonce)
    _check_claims(claims, expected, now)
    if expected.nonce:
        _check_sign_in(claims, expected, now)
    elif "cnf" in claims:
        raise TokenError("token_bound")
    _check_strength(claims, expected.strength)
    subject: str = claims["sub"]
    return subject


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise TokenError("token_form")
    try:
        header: Mapping[str, Any] = extract_compact(token.encode("ascii")).headers()
    except _ODD:
        raise TokenError("token_form") from None
    return header


def _verified(token: str, keys: KeySet) -> tuple[Mapping[str, Any], dict[str, Any]]:
    if _header(token).get("alg") not in ALGORITHMS:
        raise TokenError("token_algorithm")
    try:
        read = jwt.decode(token, keys, registry=_registry)
    except _ODD:
        raise TokenError("token_signature") from None
    return read.header, read.claims


def _check_type(header: Mapping[str, Any], *, is_access: bool) -> None:
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    if kind != "at+jwt" if is_access else kind not in ("", "jwt"):
        raise TokenError("token_type")


def _check_claims(claims: dict[str, Any], expected: Expected, now: int) -> None:
    audience = claims.get("aud")
    if claims.get("iss") != expected.issuer:
        raise TokenError("token_issuer")
    if audience not in (expected.audience, [expected.audience]):
        raise TokenError("token_audience")
    needed: Any = {"essential": True}  # of a type that the library does not name
    rules = jwt.JWTClaimsRegistry(now, LEEWAY_SECONDS, sub=needed, exp=needed, iat=needed)
    try:
        rules.validate(claims)
    except ExpiredTokenError:
        raise TokenError("token_expired") from None
    except (InvalidClaimError, MissingClaimError):
        raise TokenError("token_claims") from None
    age = now - claims["iat"]
    if age > LEEWAY_SECONDS + (ID_TOKEN_SECONDS if expected.nonce else ACCESS_TOKEN_SECONDS):
        raise TokenError("token_expired")


def _check_sign_in(claims: Mapping[str, Any], expected: Expected, now: int) -> None:
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode(), expected.nonce.encode()):
        raise TokenError("token_nonce")
    if claims.get("azp", expected.audience) != expected.audience:
        raise TokenError("token_audience")
    shown = claims.get("auth_time")
    if type(shown) is not int or now - shown > SHOWN_SECONDS + LEEWAY_SECONDS:
        raise TokenError("token_stale")


def _check_strength(claims: Mapping[str, Any], strength: Strength) -> None:
    if strength.acr and claims.get("acr") != strength.acr:
        raise TokenError("token_weak")
    said = claims.get("amr")
    methods = said if isinstance(said, list) else []
    if strength.amr and strength.amr not in methods:
        raise TokenError("token_weak")
