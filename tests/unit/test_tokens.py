"""Tokens of an identity provider: what passes, and that nothing forged, borrowed, old or meant for others does."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from node.accounts.tokens import (
    ACCESS_TOKEN_SECONDS,
    ALGORITHMS,
    ID_TOKEN_SECONDS,
    LEEWAY_SECONDS,
    LONGEST_TOKEN,
    MOST_KEYS,
    SHOWN_SECONDS,
    Expected,
    Strength,
    TokenError,
    key_named,
    signing_keys,
    subject_of,
)
from tests.unit.taught_signer import (
    API,
    CLIENT,
    EC_KEY,
    ED_KEY,
    ISSUER,
    NONCE,
    NOW,
    RSA_KEY,
    access_token,
    id_token,
    public,
    signed,
    unsigned,
)

KEYS = signing_keys(public(RSA_KEY, EC_KEY, ED_KEY))
SIGN_IN = Expected(ISSUER, CLIENT, nonce=NONCE)
CALL = Expected(ISSUER, API)


def refused(token: str, expected: Expected = SIGN_IN, keys: KeySet = KEYS, now: int = NOW) -> str:
    with pytest.raises(TokenError) as caught:
        subject_of(token, keys, expected, now)
    assert caught.value.__cause__ is None
    return caught.value.reason


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_genuine_token_of_each_algorithm_names_its_subject(algorithm: str) -> None:
    assert subject_of(id_token(algorithm=algorithm), KEYS, SIGN_IN, NOW) == "s-1"
    assert subject_of(access_token(algorithm=algorithm), KEYS, CALL, NOW) == "s-1"


def test_a_token_without_a_signature_is_refused() -> None:
    claims = {"iss": ISSUER, "aud": CLIENT, "sub": "s-1", "nonce": NONCE, "iat": NOW, "exp": NOW + 300}
    for name in ("none", "None", "NONE", "nOnE"):
        assert refused(unsigned(claims, {"alg": name})) == "token_algorithm"
        assert refused(unsigned(claims, {"alg": name, "kid": "ec"})) == "token_algorithm"
    assert refused(unsigned(claims, {"alg": "ES256", "kid": "ec"})) == "token_signature"
    assert refused(unsigned(claims, {"kid": "ec"})) in ("token_form", "token_algorithm")


def test_a_public_key_is_no_shared_secret() -> None:
    for material in (RSA_KEY.as_pem(private=False), EC_KEY.as_pem(private=False)):
        forged = OctKey.import_key(material.replace(b"BEGIN", b"BEG1N"))  # the library itself warns of a real one
        for name in ("rsa", "ec"):
            assert refused(id_token(forged, {"kid": name}, algorithm="HS256")) == "token_algorithm"


def test_the_key_of_another_does_not_fit_and_a_token_names_no_key_of_its_own() -> None:
    other = ECKey.generate_key("P-256", {"kid": "ec"})
    assert refused(id_token(other)) == "token_signature"
    assert refused(id_token(other, {"jwk": other.as_dict(private=False)})) == "token_signature"
    assert refused(id_token(other, {"kid": "other"})) == "token_signature"
    assert refused(id_token(EC_KEY, {"kid": None})) == "token_signature"  # of three keys it has to say which


def test_an_algorithm_of_another_kind_of_key_is_refused() -> None:
    assert refused(id_token(RSA_KEY, {"kid": "ec"}, algorithm="RS256")) == "token_signature"
    assert refused(id_token(RSA_KEY, algorithm="RS512")) == "token_algorithm"


def test_a_changed_byte_voids_a_token() -> None:
    token = id_token()
    body = token.split(".")[1]
    changed = token.replace(body, ("A" if body[-1] != "A" else "B") + body[1:])
    assert refused(changed) == "token_signature"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://id.example"}, "token_issuer"),
        ({"iss": ISSUER + "/"}, "token_issuer"),
        ({"iss": [ISSUER]}, "token_issuer"),
        ({"iss": None}, "token_issuer"),
        ({"aud": "another"}, "token_audience"),
        ({"aud": [CLIENT, "another"]}, "token_audience"),
        ({"aud": []}, "token_audience"),
        ({"aud": None}, "token_audience"),
        ({"azp": "another"}, "token_audience"),
        ({"nonce": "m" * 43}, "token_nonce"),
        ({"nonce": None}, "token_nonce"),
        ({"nonce": ""}, "token_nonce"),
        ({"nonce": 7}, "token_nonce"),
        ({"exp": NOW - LEEWAY_SECONDS}, "token_expired"),
        ({"iat": NOW - LEEWAY_SECONDS - ID_TOKEN_SECONDS - 1, "exp": NOW + 999_999}, "token_expired"),
        ({"exp": None}, "token_claims"),
        ({"exp": "never"}, "token_claims"),
        ({"exp": float("nan")}, "token_claims"),
        ({"exp": True}, "token_claims"),
        ({"iat": None}, "token_claims"),
        ({"iat": NOW + LEEWAY_SECONDS + 1}, "token_claims"),
        ({"nbf": NOW + LEEWAY_SECONDS + 1}, "token_claims"),
        ({"sub": None}, "token_claims"),
        ({"sub": ""}, "token_claims"),
        ({"sub": 1}, "token_claims"),
    ],
)
def test_a_genuine_token_that_says_something_else_is_refused(claims: dict[str, Any], reason: str) -> None:
    assert refused(id_token(**claims)) == reason


@pytest.mark.parametrize("shown", [NOW - SHOWN_SECONDS - LEEWAY_SECONDS - 1, None, True, "1", 0])
def test_who_showed_long_ago_who_he_is_or_never_said_when_shows_it_again(shown: object) -> None:
    assert refused(id_token(auth_time=shown)) == "token_stale"
    assert subject_of(id_token(auth_time=NOW - SHOWN_SECONDS), KEYS, SIGN_IN, NOW) == "s-1"


def test_clocks_may_differ_by_the_leeway_and_an_audience_may_be_a_list_of_one() -> None:
    for claims in (
        {"exp": NOW - LEEWAY_SECONDS + 1},
        {"iat": NOW + LEEWAY_SECONDS, "nbf": NOW + LEEWAY_SECONDS},
        {"aud": [CLIENT], "azp": CLIENT},
    ):
        assert subject_of(id_token(**claims), KEYS, SIGN_IN, NOW) == "s-1"


def test_a_token_for_signing_in_is_no_token_for_calls_and_the_other_way_round() -> None:
    assert refused(id_token(aud=API), CALL) == "token_type"
    assert refused(access_token(aud=CLIENT, nonce=NONCE)) == "token_type"
    assert refused(id_token(), CALL) == "token_type"
    assert refused(access_token(header={"typ": None}), CALL) == "token_type"
    assert subject_of(access_token(header={"typ": "application/at+JWT"}), KEYS, CALL, NOW) == "s-1"


def test_an_access_token_that_is_bound_to_a_key_or_too_old_is_refused() -> None:
    assert refused(access_token(cnf={"x5t#S256": "a"}), CALL) == "token_bound"
    assert refused(access_token(cnf=0), CALL) == "token_bound"
    old = NOW - ACCESS_TOKEN_SECONDS - LEEWAY_SECONDS - 1
    assert refused(access_token(iat=old, exp=NOW + 999_999), CALL) == "token_expired"


def test_strong_authentication_that_is_demanded_has_to_be_said() -> None:
    strong = Strength(acr="strong", amr="otp")
    expected = Expected(ISSUER, CLIENT, strong, NONCE)
    good: dict[str, Any] = {"acr": "strong", "amr": ["pwd", "otp"]}
    assert subject_of(id_token(**good), KEYS, expected, NOW) == "s-1"
    assert subject_of(access_token(**good), KEYS, Expected(ISSUER, API, strong), NOW) == "s-1"
    lacking: list[dict[str, Any]] = [
        {"acr": "weak"},
        {"acr": None},
        {"acr": ["strong"]},
        {"amr": ["pwd"]},
        {"amr": None},
        {"amr": "otp"},
    ]
    for weak in lacking:
        assert refused(id_token(**(good | weak)), expected) == "token_weak"
        assert refused(access_token(**(good | weak)), Expected(ISSUER, API, strong)) == "token_weak"


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "ey.ey", "é.a.b", "a" * (LONGEST_TOKEN + 1), "[]", "eyJhbGciOiJFUzI1NiJ9"]
)
def test_what_is_no_token_is_refused_as_such(token: str) -> None:
    assert refused(token) == "token_form"
    with pytest.raises(TokenError, match="token_form"):
        key_named(token)


def test_a_critical_extension_that_is_not_understood_is_refused() -> None:
    assert refused(id_token(header={"crit": ["b64"], "b64": False})) in ("token_form", "token_signature")
    assert refused(id_token(header={"crit": ["exp"], "exp": 1})) in ("token_form", "token_signature")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
HEADERS = JSON | st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x5c"]), JSON).map(
    lambda odd: {"alg": "ES256", "kid": "ec"} | odd
)


@given(header=HEADERS, claims=JSON)
def test_whatever_a_token_or_a_key_set_holds_it_is_refused_and_nothing_breaks(header: Any, claims: Any) -> None:
    assert refused(unsigned(claims, header)).startswith("token_")
    assert refused(unsigned(claims, header) + "A" * 86).startswith("token_")
    assert list(signing_keys({"keys": [header, claims, {"kty": "EC", "crv": "P-256", "x": claims, "y": header}]})) == []


@given(claims=st.dictionaries(st.sampled_from(["iss", "aud", "sub", "exp", "iat", "nbf", "nonce", "azp", "amr"]), JSON))
def test_whatever_a_signed_token_says_it_passes_or_is_refused(claims: dict[str, Any]) -> None:
    token = id_token(**claims)
    with contextlib.suppress(TokenError):  # refused, and by no other error
        assert isinstance(subject_of(token, KEYS, SIGN_IN, NOW), str)


def test_claims_that_are_no_object_are_refused() -> None:
    token = signed({}, EC_KEY, {"alg": "ES256"})
    assert refused(token) == "token_issuer"


def test_only_public_signing_keys_of_strength_are_read() -> None:
    document = {
        "keys": [
            {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short"},
            {"kty": "RSA", "kid": "nothing"},
            {"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "kid": "nowhere"},
            {"kty": "EC", "crv": "secp256k1", "kid": "curve"},
            dict(OKPKey.generate_key("X25519", {"kid": "agreement"}, private=False).as_dict()),
            dict(RSAKey.generate_key(2048, {"use": "enc", "kid": "enc"}).as_dict(private=False)),
            "text",
            None,
            *public(EC_KEY)["keys"],
        ]
    }
    assert [key.kid for key in signing_keys(document)] == ["ec"]
    nothing: list[dict[str, Any]] = [{}, {"keys": None}, {"keys": {}}, {"keys": "text"}]
    for empty in nothing:
        assert list(signing_keys(empty)) == []
    many = {"keys": public(EC_KEY)["keys"] * (MOST_KEYS + 10)}
    assert len(signing_keys(many).keys) == MOST_KEYS
    assert refused(id_token(), keys=signing_keys({})) == "token_signature"
