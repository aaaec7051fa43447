"""Signatures under an agreement: made by the party, under this text, with a certificate valid then; no other."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from agreements.agreement import Agreement
from agreements.reading import AgreementFormatError
from agreements.signing import (
    Declaration,
    DeclarationError,
    SignedDeclaration,
    bundle_of,
    read_bundle,
    sign,
    verify,
    write_bundle,
)
from node.agreements import bundles
from symbolon.rpc.certificates import Authority, create_authority, create_key, create_request, issue, load_certificate
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party
from tests.unit.agreed import AGREEMENT, agreement_like

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AUTHORITY = create_authority("Federation of the test", NOW - timedelta(days=30))
STRANGE_AUTHORITY = create_authority("Another federation", NOW - timedelta(days=30))


class Signer:
    """A party with a key and a certificate, issued ten days before now."""

    def __init__(self, name: str, authority: Authority = AUTHORITY, kind: Any = "agency") -> None:
        self.name = name
        self.key = create_key()
        party = Party(kind, name)
        issued = NOW - timedelta(days=10)
        self.certificate = load_certificate(issue(authority, create_request(party, self.key), party, issued))

    def declares(self, at: datetime = NOW, agreement: Agreement = AGREEMENT, **changes: Any) -> SignedDeclaration:
        """Sign a declaration, by itself unless changed."""
        values = {"kind": "signs", "agency": self.name, "agreement": agreement.hash.hex(), "at": at} | changes
        return sign(Declaration.model_validate(values), self.key, self.certificate)


FRANCE, GERMANY, STRANGER = Signer("FR-DNMS"), Signer("DE-ZASM"), Signer("GR-YPAM")


def _signers(
    *signatures: SignedDeclaration, now: datetime | None = NOW, agreement: Agreement = AGREEMENT
) -> frozenset[str]:
    """Give whose signatures hold, each looked at by itself."""
    holding: frozenset[str] = frozenset()
    for signed in signatures:
        with contextlib.suppress(SymbolonError):
            holding |= bundles.signers(agreement, [signed], AUTHORITY.certificate, now)
    return holding


def _tampered(signed: SignedDeclaration, **changes: Any) -> SignedDeclaration:
    return signed.model_copy(update={"declaration": signed.declaration.model_copy(update=changes)})


def test_the_parties_that_signed_are_found() -> None:
    assert _signers() == frozenset()
    assert _signers(FRANCE.declares()) == {"FR-DNMS"}
    assert _signers(FRANCE.declares(), GERMANY.declares()) == {"FR-DNMS", "DE-ZASM"}


def test_a_signature_given_twice_counts_once() -> None:
    assert _signers(FRANCE.declares(), FRANCE.declares(NOW - timedelta(hours=1))) == {"FR-DNMS"}


OTHER = agreement_like(title="Another text")
MISUSES = {
    "under another agreement": FRANCE.declares(agreement=OTHER),
    "under another agreement, said to be under this": _tampered(
        FRANCE.declares(agreement=OTHER), agreement=AGREEMENT.hash.hex()
    ),
    "with another party's certificate": GERMANY.declares(agency="FR-DNMS"),
    "with another party's certificate in its place": FRANCE.declares().model_copy(
        update={"certificate": GERMANY.declares().certificate}
    ),
    "with another party's signature": FRANCE.declares().model_copy(update={"signature": GERMANY.declares().signature}),
    "by no party": STRANGER.declares(),
    "by a coordinator of the same name": Signer("FR-DNMS", kind="coordinator").declares(),
    "under another federation's authority": Signer("FR-DNMS", STRANGE_AUTHORITY).declares(),
    "before its certificate was valid": FRANCE.declares(NOW - timedelta(days=11)),
    "of the future": FRANCE.declares(NOW + timedelta(seconds=1)),
    "with its time changed afterwards": _tampered(FRANCE.declares(), at=NOW - timedelta(days=1)),
    "that suspends": FRANCE.declares(kind="suspends"),
    "that suspends, said to sign": _tampered(FRANCE.declares(kind="suspends"), kind="signs"),
    "with a last day, which only an ending has": FRANCE.declares(last_day=date(2027, 1, 1)),
    "of the year 1, east of Greenwich": FRANCE.declares(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
    "of the year 9999": FRANCE.declares(datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=14)))),
    "with a certificate that is none": FRANCE.declares().model_copy(update={"certificate": "00ff"}),
    "with a signature that is none": FRANCE.declares().model_copy(update={"signature": "00"}),
}


@pytest.mark.parametrize("signed", MISUSES.values(), ids=MISUSES.keys())
def test_any_other_signature_spoils_the_bundle(signed: SignedDeclaration) -> None:
    assert _signers(signed) == frozenset()
    with pytest.raises(SymbolonError) as caught:
        bundles.signers(AGREEMENT, [GERMANY.declares(), signed], AUTHORITY.certificate, NOW)
    assert caught.value.code is ErrorCode.AGREEMENT_UNSIGNED


def test_a_signature_that_was_taken_outlives_its_certificate_and_none_comes_with_an_expired_one() -> None:
    """The certificate lives 397 days; an agreement outlives it. A stolen old key can date back as it likes."""
    later = NOW + timedelta(days=500)
    assert _signers(FRANCE.declares(), now=None) == {"FR-DNMS"}
    assert _signers(FRANCE.declares(NOW + timedelta(days=400)), now=None) == frozenset()
    assert _signers(FRANCE.declares(), now=later) == frozenset()


def test_a_signature_under_the_version_before_is_none_under_the_amendment() -> None:
    amended = agreement_like(version=2, supersedes=AGREEMENT.hash.hex())
    assert _signers(FRANCE.declares(), agreement=amended) == frozenset()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "ends"}, "a last day belongs to an ending"),
        ({"kind": "resumes", "last_day": date(2027, 1, 1)}, "a last day belongs to an ending"),
        ({"agency": "DE-ZASM"}, "the certificate is that of symbolon://agency/FR-DNMS"),
    ],
)
def test_a_declaration_that_does_not_hold_is_refused_with_the_reason(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        verify(FRANCE.declares(**changes), AUTHORITY.certificate)


def test_a_declaration_that_holds_is_given() -> None:
    ending = FRANCE.declares(kind="ends", last_day=date(2026, 12, 31))
    assert verify(ending, AUTHORITY.certificate) == ending.declaration


def test_a_declaration_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="at"):
        FRANCE.declares(NOW.replace(tzinfo=None))


def test_a_bundle_travels_and_what_it_says_is_checked_again() -> None:
    zoned = NOW.astimezone(timezone(timedelta(hours=2)))
    content = write_bundle(bundle_of(AGREEMENT, [FRANCE.declares(zoned), GERMANY.declares()]))
    agreement, signatures = read_bundle(content)
    assert agreement.hash == AGREEMENT.hash
    assert _signers(*signatures, agreement=agreement) == {"FR-DNMS", "DE-ZASM"}
    assert write_bundle(bundle_of(agreement, signatures)) == content


def test_a_bundle_whose_text_was_changed_has_no_signatures() -> None:
    content = write_bundle(bundle_of(AGREEMENT, [FRANCE.declares(), GERMANY.declares()]))
    agreement, signatures = read_bundle(content.replace(b'"minors":1', b'"minors":4'))
    assert agreement.protection.minors == 4
    assert len(signatures) == 2
    assert _signers(*signatures, agreement=agreement) == frozenset()


def _bundle(**changes: Any) -> bytes:
    return json.dumps(json.loads(write_bundle(bundle_of(AGREEMENT, [FRANCE.declares()]))) | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        _bundle(format="symbolon/v2/agreement-bundle"),
        _bundle(more=1),
        _bundle(agreement={}),
        _bundle(agreement=json.loads(AGREEMENT.canonical) | {"schema": 1}),
        _bundle(agreement=json.loads(AGREEMENT.canonical) | {"version": 10**30}),
        _bundle(agreement=json.loads(AGREEMENT.canonical) | {"purposes": ["migrant_smuggling", "migrant_smuggling"]}),
        _bundle(agreement=json.loads(AGREEMENT.canonical) | {"title": " Padded "}),
        _bundle(signatures=[{}]),
        _bundle(signatures=[json.loads(FRANCE.declares().model_dump_json())] * 61),
    ],
    ids=lambda content: str(content[:20]),
)
def test_what_is_no_bundle_is_refused(content: bytes) -> None:
    with pytest.raises(AgreementFormatError):
        read_bundle(content)
