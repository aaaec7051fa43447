"""This node as a client of a real identity provider: the ways to prove itself, and the provider's own tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from console.oidc.pending import Pending
from node.accounts.client import Oidc
from node.accounts.provider import Provider
from node.accounts.tokens import SHOWN_SECONDS, Expected, TokenError, key_named, subject_of
from tests.integration.identity_provider import CLIENT, SECRET, IdentityProvider, sign_in_at_provider

pytestmark = pytest.mark.timeout(180)

BACK = "https://127.0.0.1:1/sign-in/oidc/return"
OURS: dict[str, RSAKey | ECKey | OKPKey] = {
    "RSA": RSAKey.generate_key(2048),
    "P-256": ECKey.generate_key("P-256"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
}


@pytest.fixture(scope="module")
def by_key() -> Iterator[IdentityProvider]:
    """Run a provider that knows the public halves of our keys."""
    public = [dict(key.as_dict(private=False, use="sig", kid=f"its own name for {kind}")) for kind, key in OURS.items()]
    with IdentityProvider(BACK, client_keys=public) as provider:
        yield provider


@pytest.fixture(scope="module")
def by_secret() -> Iterator[IdentityProvider]:
    """Run a provider that gave us a secret."""
    with IdentityProvider(BACK) as provider:
        yield provider


async def subject(oidc: Oidc, *, nonce: str = "", verifier: str = "") -> str:
    """Sign somebody in at the provider, and give whom its token names; a test may answer with something else."""
    provider, pending = Provider(oidc), Pending(0, "/")
    asked = {
        "response_type": "code",
        "client_id": oidc.client,
        "redirect_uri": BACK,
        "scope": "openid",
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": pending.challenge,
        "code_challenge_method": "S256",
        "max_age": str(SHOWN_SECONDS),
    }
    try:
        address = str(httpx.URL((await provider.description()).authorization, params=asked))
        async with httpx.AsyncClient() as browser:
            back = parse_qs(urlsplit(await sign_in_at_provider(browser, address, "somebody")).query)
        assert back["state"] == [pending.state]
        assert back["iss"] == [oidc.issuer]
        token = await provider.exchange(back["code"][0], verifier or pending.verifier, BACK)
        expected = Expected(oidc.issuer, oidc.client, nonce=nonce or pending.nonce)
        return subject_of(token, await provider.keys(key_named(token)), expected, int(time.time()))
    finally:
        await provider.close()


@pytest.mark.parametrize("kind", OURS)
async def test_a_key_of_each_kind_is_taken_by_a_real_provider(by_key: IdentityProvider, kind: str) -> None:
    assert await subject(Oidc(by_key.issuer, CLIENT, key=OURS[kind])) == "somebody"


async def test_another_key_proves_nobody(by_key: IdentityProvider) -> None:
    with pytest.raises(TokenError, match="code_refused"):
        await subject(Oidc(by_key.issuer, CLIENT, key=ECKey.generate_key("P-256")))


async def test_the_secret_is_taken_and_another_is_not(by_secret: IdentityProvider) -> None:
    assert await subject(Oidc(by_secret.issuer, CLIENT, secret=SECRET)) == "somebody"
    with pytest.raises(TokenError, match="code_refused"):
        await subject(Oidc(by_secret.issuer, CLIENT, secret=SECRET + "x"))


async def test_a_code_without_its_verifier_and_a_token_without_its_nonce_are_worth_nothing(
    by_secret: IdentityProvider,
) -> None:
    with pytest.raises(TokenError, match="code_refused"):
        await subject(Oidc(by_secret.issuer, CLIENT, secret=SECRET), verifier="v" * 64)
    with pytest.raises(TokenError, match="token_nonce"):
        await subject(Oidc(by_secret.issuer, CLIENT, secret=SECRET), nonce="n" * 43)
