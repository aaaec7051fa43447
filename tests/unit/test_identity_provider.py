"""The identity provider as it is asked: only where it may be, not without end, and what it answers is not believed."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from node.accounts.client import ANY_STRENGTH, KEY_FILE, SECRET_FILE, Oidc, is_allowed, oidc_of
from node.accounts.provider import (
    FAILED_SECONDS,
    KEPT_SECONDS,
    LARGEST_ANSWER,
    REFETCH_SECONDS,
    Provider,
    ProviderError,
    described,
)
from node.accounts.tokens import Strength, TokenError
from node.config import NodeHome, NodeSettings, checked_settings
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.taught_signer import CLIENT, EC_KEY, ISSUER, RSA_KEY, TaughtProvider, description, public

OIDC = Oidc(ISSUER, CLIENT, secret="a secret: long & odd")
BACK = "https://desk.example/sign-in/oidc/return"


class Clock:
    """Monotonic seconds that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def made(taught: TaughtProvider, clock: Clock | None = None, oidc: Oidc = OIDC) -> Provider:
    return Provider(oidc, clock or Clock(), taught.transport())


def always(answer: httpx.Response) -> Callable[[dict[str, str]], httpx.Response]:
    return lambda _: answer


# What it says of itself


def test_a_description_is_the_issuer_s_own_and_offers_what_is_needed() -> None:
    assert described(ISSUER, description()).token == f"{ISSUER}/token"
    assert described(ISSUER, description(end_session_endpoint="https://id.example/x")).end_session.endswith("/x")
    for changed in (
        {"issuer": "https://id.example"},
        {"issuer": None},
        {"response_types_supported": ["id_token"]},
        {"code_challenge_methods_supported": ["plain"]},
        {"code_challenge_methods_supported": None},
        {"code_challenge_methods_supported": "S256"},
        {"token_endpoint": "https://elsewhere.example/token"},
        {"token_endpoint": "https://id.example:8443/token"},
        {"token_endpoint": "http://id.example/token"},
        {"token_endpoint": "https://id.example@elsewhere.example/"},
        {"token_endpoint": "https://user@id.example/"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://127.0.0.1/jwks"},
        {"jwks_uri": None},
        {"jwks_uri": ["https://id.example/jwks"]},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://id.example/a\nb"},
        {"authorization_endpoint": "https://id.example/auth#x"},
        {"end_session_endpoint": "https://elsewhere.example/over"},
    ):
        with pytest.raises(ProviderError):
            described(ISSUER, description(**changed))


@pytest.mark.parametrize(
    ("address", "is_fine"),
    [
        ("https://id.example/x", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:3000", True),
        ("http://localhost:3000", True),
        ("http://id.example", False),
        ("http://127.0.0.1.example", False),
        ("http://127.0.0.1@id.example", False),
        ("http://localhost.example", False),
        ("ftp://id.example", False),
        ("https://", False),
        ("https://id.example:port", False),
        ("https://[::1", False),
        ("https://idé.example", False),
        ("", False),
    ],
)
def test_only_https_is_asked_and_this_machine(address: str, is_fine: bool) -> None:
    assert is_allowed(address) is is_fine


# How it is asked


async def test_what_was_learnt_is_kept_for_a_while_and_then_learnt_anew() -> None:
    taught, clock = TaughtProvider(), Clock()
    provider = made(taught, clock)
    for _ in range(5):
        await provider.description()
        await provider.keys("ec")
    assert taught.asked == [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/jwks"]
    clock.now += KEPT_SECONDS + 1
    taught.keys = public(RSA_KEY)  # a key that was withdrawn is void by then
    assert [key.kid for key in await provider.keys("rsa")] == ["rsa"]
    taught.is_down = True
    clock.now += KEPT_SECONDS + 1
    with pytest.raises(SymbolonError) as caught:
        await provider.keys("rsa")
    assert caught.value.code is ErrorCode.UNREACHABLE


async def test_new_keys_are_fetched_when_a_token_names_one_and_not_without_end() -> None:
    taught, clock = TaughtProvider(keys=public(RSA_KEY)), Clock()
    provider = made(taught, clock)
    assert [key.kid for key in await provider.keys("ec")] == ["rsa"]
    asked = len(taught.asked)
    taught.keys = public(EC_KEY)
    for number in range(50):
        await provider.keys(f"invented-{number}")
    assert len(taught.asked) == asked
    clock.now += REFETCH_SECONDS
    assert [key.kid for key in await provider.keys("ec")] == ["ec"]
    assert len(taught.asked) == asked + 1


async def test_keys_that_are_known_stay_good_while_new_ones_cannot_be_had() -> None:
    taught = TaughtProvider(keys=public(RSA_KEY))
    provider = made(taught)
    await provider.keys("rsa")
    taught.is_down = True
    assert [key.kid for key in await provider.keys("ec")] == ["rsa"]


async def test_a_provider_that_is_down_is_left_alone_for_a_moment() -> None:
    taught, clock = TaughtProvider(is_down=True), Clock()
    provider = made(taught, clock)
    for _ in range(20):
        with pytest.raises(SymbolonError, match="does not answer") as caught:
            await provider.description()
        assert caught.value.code is ErrorCode.UNREACHABLE
    assert len(taught.asked) == 1
    taught.is_down = False
    clock.now += FAILED_SECONDS
    assert (await provider.description()).names_itself


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "https://elsewhere.example/token"}),
        httpx.Response(200, content=b"x" * (LARGEST_ANSWER + 1)),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b"[]"),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(500, json={"id_token": "x"}),
    ],
)
async def test_an_answer_that_is_odd_is_no_answer_and_no_redirect_is_followed(answer: httpx.Response) -> None:
    taught = TaughtProvider(token=lambda _: answer)
    with pytest.raises(SymbolonError) as caught:
        await made(taught).exchange("code", "verifier", BACK)
    assert caught.value.code is ErrorCode.UNREACHABLE
    assert all(address.startswith(ISSUER) for address in taught.asked)


async def test_a_code_that_the_provider_refuses_and_an_answer_without_a_token_let_nobody_in() -> None:
    for answered, reason in (
        (httpx.Response(400, json={"error": "invalid_grant"}), "code_refused"),
        (httpx.Response(401, json={"error": "invalid_client"}), "code_refused"),
        (httpx.Response(200, json={"access_token": "x"}), "token_form"),
        (httpx.Response(200, json={"id_token": ["x"]}), "token_form"),
    ):
        with pytest.raises(TokenError, match=reason):
            await made(TaughtProvider(token=always(answered))).exchange("code", "verifier", BACK)


async def test_a_secret_goes_into_the_header_and_code_and_verifier_into_the_form() -> None:
    forms: list[dict[str, str]] = []

    def token(form: dict[str, str]) -> httpx.Response:
        forms.append(form)
        return httpx.Response(200, json={"id_token": "a.b.c"})

    taught = TaughtProvider(token=token)
    assert await made(taught).exchange("the code", "the verifier", BACK) == "a.b.c"
    assert forms == [
        {
            "grant_type": "authorization_code",
            "code": "the code",
            "redirect_uri": BACK,
            "code_verifier": "the verifier",
        }
    ]
    scheme, _, pair = taught.headers[-1]["authorization"].partition(" ")
    assert scheme == "Basic"
    assert [unquote_plus(part) for part in b64decode(pair).decode().split(":")] == [CLIENT, OIDC.secret]
    assert OIDC.secret not in repr(OIDC)


async def test_a_client_with_a_key_signs_a_short_proof_for_this_provider_only() -> None:
    forms: list[dict[str, str]] = []

    def token(form: dict[str, str]) -> httpx.Response:
        forms.append(form)
        return httpx.Response(200, json={"id_token": "a.b.c"})

    key = ECKey.generate_key("P-256")
    provider = made(TaughtProvider(token=token), oidc=Oidc(ISSUER, CLIENT, key=key))
    for _ in range(2):
        await provider.exchange("code", "verifier", BACK)
    proofs = [jwt.decode(form["client_assertion"], key, algorithms=["ES256"]).claims for form in forms]
    assert {proof["iss"] for proof in proofs} == {proof["sub"] for proof in proofs} == {CLIENT}
    assert {proof["aud"] for proof in proofs} == {ISSUER}
    assert proofs[0]["jti"] != proofs[1]["jti"]
    assert all(proof["exp"] - proof["iat"] <= 60 for proof in proofs)


# What the node's folder says


def settled(folder: Path, **changed: str) -> NodeHome:
    settings: dict[str, Any] = {
        "agency": "AA-ASK",
        "display_name": "Asking",
        "listen": "127.0.0.1:1",
        "address": "127.0.0.1:1",
        "coordinator": "HUB",
        "coordinator_address": "127.0.0.1:2",
        "contact": "desk@aa.example",
        "declared_records": 10,
        "oidc_issuer": ISSUER,
        "oidc_client": CLIENT,
        "oidc_acr": ANY_STRENGTH,
    }
    (folder / "keys").mkdir(exist_ok=True)
    return NodeHome(folder, checked_settings(**(settings | changed)))


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def test_without_an_issuer_there_is_no_provider(tmp_path: Path) -> None:
    assert oidc_of(settled(tmp_path, oidc_issuer="")) is None
    assert NodeSettings.model_fields["oidc_issuer"].default == ""


def test_what_proof_of_a_person_counts_has_to_be_said(tmp_path: Path) -> None:
    put(settled(tmp_path).keys / SECRET_FILE, b"a secret of the provider\n")
    with pytest.raises(SymbolonError, match="oidc_acr"):
        oidc_of(settled(tmp_path, oidc_acr=""))
    for said, demanded in (({}, Strength()), ({"oidc_acr": "", "oidc_amr": "otp"}, Strength(amr="otp"))):
        oidc = oidc_of(settled(tmp_path, **said))
        assert oidc is not None
        assert oidc.strength == demanded


def test_the_secret_lies_in_a_private_file_and_the_rest_in_the_settings(tmp_path: Path) -> None:
    home = settled(tmp_path, oidc_acr="strong", oidc_amr="otp", oidc_api_audience="api")
    with pytest.raises(SymbolonError, match=r"oidc\.secret is missing"):
        oidc_of(home)
    put(home.keys / SECRET_FILE, b"a secret of the provider\n")
    oidc = oidc_of(home)
    assert oidc is not None
    assert (oidc.secret, oidc.strength, oidc.api_audience, oidc.authority) == (
        "a secret of the provider",
        Strength("strong", "otp"),
        "api",
        None,
    )
    (home.keys / SECRET_FILE).chmod(0o644)
    with pytest.raises(SymbolonError, match="chmod 600"):
        oidc_of(home)
    put(home.keys / SECRET_FILE, b"short")
    with pytest.raises(SymbolonError, match="at least 16 characters") as caught:
        oidc_of(home)
    assert "short" not in str(caught.value)


@pytest.mark.parametrize("kind", ["RSA", "P-256", "Ed25519"])
def test_a_key_of_each_usable_kind_proves_the_client(tmp_path: Path, kind: str) -> None:
    home = settled(tmp_path, oidc_client_authentication="private_key_jwt")
    kinds: dict[str, Callable[[], rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey]] = {
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
        "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate,
    }
    drawn = kinds[kind]()
    put(home.keys / KEY_FILE, drawn.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    oidc = oidc_of(home)
    assert oidc is not None
    assert oidc.key is not None
    proof = oidc.proof(1_800_000_000)
    assert proof.headers == {}
    header = jwt.decode(proof.form["client_assertion"], oidc.key, algorithms=["PS256", "ES256", "Ed25519"]).header
    assert header["alg"] == {"RSA": "PS256", "P-256": "ES256", "Ed25519": "Ed25519"}[kind]


def test_a_key_that_is_weak_public_or_none_is_refused(tmp_path: Path) -> None:
    home = settled(tmp_path, oidc_client_authentication="private_key_jwt")
    weak = [
        rsa.generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),  # noqa: S505
        ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        EC_KEY.as_pem(private=False),
        b"text",
        b"",
    ]
    for content in weak:
        put(home.keys / KEY_FILE, content)
        with pytest.raises(SymbolonError, match="expected a private key"):
            oidc_of(home)


def test_settings_that_would_let_the_wrong_in_stop_the_node(tmp_path: Path) -> None:
    put(settled(tmp_path).keys / SECRET_FILE, b"a secret of the provider")
    for changed, named in (({"oidc_client": ""}, "oidc_client"), ({"oidc_api_audience": CLIENT}, "oidc_api_audience")):
        with pytest.raises(SymbolonError, match=named):
            oidc_of(settled(tmp_path, **changed))
    for issuer in (
        "http://id.example",
        "https://id.example?x",
        "id.example",
        "https://u@id.example",
        "http://127.0.0.2",
    ):
        with pytest.raises(SymbolonError, match="oidc_issuer"):
            settled(tmp_path, oidc_issuer=issuer)


def test_an_authority_of_the_agency_s_own_is_trusted_alone(tmp_path: Path) -> None:
    home = settled(tmp_path)
    put(home.keys / SECRET_FILE, b"a secret of the provider")
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "oidc-authority.pem").write_text("no certificate")
    oidc = oidc_of(home)
    assert oidc is not None
    with pytest.raises(SymbolonError, match="holds no certificate"):
        Provider(oidc)


def test_a_description_is_json_and_its_extra_parts_do_not_matter() -> None:
    assert described(ISSUER, json.loads(json.dumps(description(extra={"deep": [1]})))).keys == f"{ISSUER}/jwks"
