"""The agency's identity provider over the network: what it says of itself, its keys, and codes exchanged for tokens.

Only the configured issuer is asked, by its discovery document (OpenID Connect Discovery 1.0), and each address in it
has to lie at the issuer's own origin, over HTTPS, or on this machine. No redirect is followed, no proxy of the
environment is used, an answer has `ANSWER_SECONDS` and `LARGEST_ANSWER` bytes. What was learnt is kept for
`KEPT_SECONDS`; a token that names a key which is not there makes the keys be fetched anew, once in `REFETCH_SECONDS` at
most, so that a provider may change keys at any time and nobody can make this node ask it without end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc.jwk import KeySet

from node.accounts.client import Oidc, is_allowed
from node.accounts.tokens import TokenError, signing_keys
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.node")

DISCOVERY = "/.well-known/openid-configuration"

ANSWER_SECONDS = 10.0
"""Seconds that the provider has for a whole answer."""

LARGEST_ANSWER = 256 * 1024
"""Bytes of an answer of the provider."""

FAILED_SECONDS = 3.0
"""Seconds after a failure for which the provider is not asked again, so that nobody queues up behind its silence."""

KEPT_SECONDS = 900.0
"""Seconds for which the provider's description and keys are used; a key that it withdraws is void by then."""

REFETCH_SECONDS = 10.0
"""Seconds between two fetches of the keys because of a key that is not among them."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a provider says of itself, checked. ``end_session`` is empty where it offers no signing out."""

    authorization: str
    token: str
    keys: str
    end_session: str
    names_itself: bool
    """Whether its answers to the browser carry ``iss`` (RFC 9207)."""


class ProviderError(Exception):
    """An answer of the provider that cannot be used; the text is for this node's operator."""


class Provider:
    """Asks the provider. One object serves all of a node's loop; ``clock`` gives monotonic seconds."""

    def __init__(
        self,
        oidc: Oidc,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Take whom to ask; ``transport`` stands in for the network in tests."""
        self.oidc = oidc
        self._clock = clock
        self._http = httpx.AsyncClient(
            transport=transport,
            verify=_trusted(oidc),
            timeout=ANSWER_SECONDS,
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json", "user-agent": "symbolon"},
        )
        self._lock = asyncio.Lock()
        self._description: Description | None = None
        self._keys = KeySet([])
        self._learnt = float("-inf")
        self._asked_again = float("-inf")
        self._failed = float("-inf")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def description(self) -> Description:
        """Give what the provider says of itself; raise `SymbolonError` (`UNREACHABLE`) where it cannot be had."""
        description, _ = await self._known()
        return description

    async def keys(self, name: str) -> KeySet:
        """Give the signing keys, fetched anew where none has this name; raises as `description`."""
        _, keys = await self._known()
        if not any(key.kid == name for key in keys) and name:
            return await self._rotated(name)
        return keys

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> str:
        """Exchange a code for the ID token; raise `TokenError` where the provider refuses it, or as `description`."""
        description = await self.description()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        proof = self.oidc.proof(int(time.time()))
        try:
            answer = await self._ask("POST", description.token, form | dict(proof.form), proof.headers)
        except _RefusedError:
            raise TokenError("code_refused") from None
        except ProviderError as fault:
            raise _unreachable(fault) from None
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise TokenError("token_form")
        return token

    async def _known(self) -> tuple[Description, KeySet]:
        async with self._lock:
            if self._description is None or self._clock() - self._learnt > KEPT_SECONDS:
                if self._clock() - self._failed < FAILED_SECONDS:
                    raise _unreachable(ProviderError("it failed a moment ago"))
                try:
                    self._description, self._keys = await self._learn()
                except ProviderError as fault:
                    self._failed = self._clock()
                    raise _unreachable(fault) from None
                self._learnt = self._clock()
            return self._description, self._keys

    async def _learn(self) -> tuple[Description, KeySet]:
        issuer = self.oidc.issuer
        description = described(issuer, await self._ask("GET", issuer.rstrip("/") + DISCOVERY))
        return description, signing_keys(await self._ask("GET", description.keys))

    async def _rotated(self, name: str) -> KeySet:
        async with self._lock:
            is_there = any(key.kid == name for key in self._keys)
            if is_there or self._description is None or self._clock() - self._asked_again < REFETCH_SECONDS:
                return self._keys
            self._asked_again = self._clock()
            with contextlib.suppress(ProviderError):  # the keys that are known stay good for as long as they are kept
                self._keys = signing_keys(await self._ask("GET", self._description.keys))
            return self._keys

    async def _ask(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Ask, and give the object that is answered; raise `ProviderError`, on 400 and 401 `_RefusedError`."""
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._http.stream(method, url, data=form, headers=headers) as answer,
            ):
                if answer.status_code in (400, 401):
                    raise _RefusedError(f"{urlsplit(url).path}: it answers {answer.status_code}")
                if answer.status_code != 200:
                    raise ProviderError(f"{urlsplit(url).path}: it answers {answer.status_code}")
                content = await _limited(answer)
        except (httpx.HTTPError, TimeoutError, ssl.SSLError) as error:
            raise ProviderError(f"{urlsplit(url).path}: {type(error).__name__}") from None
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise ProviderError(f"{urlsplit(url).path}: it answers something else than an object of JSON")
        return document


class _RefusedError(ProviderError):
    """The provider answers, and says no."""


def described(issuer: str, document: Mapping[str, Any]) -> Description:
    """Check what a provider says of itself; raise `ProviderError` where it is another's, or lacks what is needed."""
    if document.get("issuer") != issuer:
        raise ProviderError("its description names another issuer than oidc_issuer")
    if "S256" not in _texts(document, "code_challenge_methods_supported"):
        raise ProviderError("its description does not offer PKCE with S256")
    if "code" not in _texts(document, "response_types_supported"):
        raise ProviderError("its description does not offer the authorization code flow")
    return Description(
        _endpoint(issuer, document, "authorization_endpoint"),
        _endpoint(issuer, document, "token_endpoint"),
        _endpoint(issuer, document, "jwks_uri"),
        _endpoint(issuer, document, "end_session_endpoint") if "end_session_endpoint" in document else "",
        document.get("authorization_response_iss_parameter_supported") is True,
    )


def _texts(document: Mapping[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    return value if isinstance(value, list) else []


def _endpoint(issuer: str, document: Mapping[str, Any], name: str) -> str:
    """Give an address of the description; it lies at the issuer's origin, or a description could send us anywhere."""
    address = document.get(name)
    if not isinstance(address, str) or not is_allowed(address):
        raise ProviderError(f"its description has no usable {name}")
    ours, its = urlsplit(issuer), urlsplit(address)
    if (ours.scheme, ours.netloc) != (its.scheme, its.netloc) or its.fragment:
        raise ProviderError(f"{name} in its description is not at the issuer's own host")
    return address


def _unreachable(fault: ProviderError) -> SymbolonError:
    logger.warning("identity provider: %s", fault)
    return SymbolonError(ErrorCode.UNREACHABLE, "the identity provider does not answer as it should")


async def _limited(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > LARGEST_ANSWER:
            raise ProviderError(f"it answers more than {LARGEST_ANSWER} bytes")
    return bytes(content)


def _trusted(oidc: Oidc) -> ssl.SSLContext:
    """Trust the agency's own authority where it gives one, else those of the system; never both."""
    try:
        return ssl.create_default_context(cafile=str(oidc.authority) if oidc.authority else None)
    except (OSError, ssl.SSLError):
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{oidc.authority} holds no certificate in PEM") from None
