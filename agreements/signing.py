"""Signatures under an agreement, and the statements by which one party suspends, resumes or ends it.

A signature is made with the key of a party's certificate over a statement that names the agreement by its hash, so it
needs no directory and can be checked by anybody who knows the federation's authority. A *bundle* is the agreement in
its canonical form with the signatures collected so far: one JSON file that travels from ministry to ministry. Nothing
in a bundle is believed: `verify` says whether a signature holds, and whoever reads a bundle asks it of each.

What this module does not do: keep keys, read clocks, decide what a statement leads to (``agreements.standing``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agreements.agreement import Agreement
from agreements.clauses import AgencyName
from agreements.reading import AgreementFormatError, read_canonical
from symbolon.rpc import certificates
from symbolon.rpc.identity import Party

_LABEL = "symbolon/v1/agreement-statement"
_HexText = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{2})+$", max_length=8192)]
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

Kind = Literal["signs", "suspends", "resumes", "ends"]
"""What a party declares about an agreement."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Declaration(_Closed):
    """What one party declares about one agreement, and when; ``last_day`` is for *ends* only."""

    kind: Kind
    agency: AgencyName
    agreement: _Hash
    at: AwareDatetime
    last_day: date | None = None

    def statement(self) -> bytes:
        """Give the bytes that are signed."""
        return rfc8785.dumps([_LABEL, self.model_dump(mode="json")])


class SignedDeclaration(_Closed):
    """A declaration with its signature and the certificate it was made with, DER, both in hexadecimal."""

    declaration: Declaration
    certificate: _HexText
    signature: _HexText


class DeclarationError(ValueError):
    """A signed declaration that does not hold; the message says why."""


class Bundle(_Closed):
    """An agreement in its canonical form and the signatures under it, as they came."""

    format: Literal["symbolon/v1/agreement-bundle"] = "symbolon/v1/agreement-bundle"
    agreement: dict[str, Any]
    signatures: tuple[SignedDeclaration, ...] = Field(default=(), max_length=60)


def sign(declaration: Declaration, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> SignedDeclaration:
    """Sign a declaration with the key of the party's certificate."""
    return SignedDeclaration(
        declaration=declaration,
        certificate=certificates.certificate_der(certificate).hex(),
        signature=certificates.sign_statement(key, declaration.statement()).hex(),
    )


def verify(signed: SignedDeclaration, authority: x509.Certificate, now: datetime | None = None) -> Declaration:
    """Give the declaration; raise `DeclarationError` unless its agency's certificate, valid then, signed it.

    With ``now`` the certificate has to be valid at that moment too: whoever got hold of an old key can date back.
    """
    declaration = signed.declaration
    party = _signer(signed, authority, declaration.at)
    if now is not None:
        _signer(signed, authority, now)
    if (party.kind, party.name) != ("agency", declaration.agency):
        raise DeclarationError(f"the certificate is that of {party.uri}")
    if (declaration.kind == "ends") != (declaration.last_day is not None):
        raise DeclarationError("a last day belongs to an ending, and only there")
    return declaration


def _signer(signed: SignedDeclaration, authority: x509.Certificate, at: datetime) -> Party:
    try:
        return certificates.verify_statement(
            authority,
            bytes.fromhex(signed.certificate),
            signed.declaration.statement(),
            bytes.fromhex(signed.signature),
            at.astimezone(UTC),
        )
    except certificates.CertificateError as error:
        raise DeclarationError(str(error)) from None
    except (ValueError, OverflowError):
        raise DeclarationError("its date is none that a certificate can be checked at") from None


def bundle_of(agreement: Agreement, signatures: Sequence[SignedDeclaration] = ()) -> Bundle:
    """Put an agreement and signatures together."""
    return Bundle(agreement=json.loads(agreement.canonical), signatures=tuple(signatures))


def write_bundle(bundle: Bundle) -> bytes:
    """Give the file of a bundle: RFC 8785 JSON."""
    return rfc8785.dumps(bundle.model_dump(mode="json"))


def read_bundle(content: bytes) -> tuple[Agreement, tuple[SignedDeclaration, ...]]:
    """Read a bundle; raise `AgreementFormatError` where it is none or its agreement is not canonical."""
    try:
        bundle = Bundle.model_validate_json(content)
    except ValidationError:
        raise AgreementFormatError("the file", "is no bundle of an agreement and its signatures") from None
    agreement = read_canonical(bundle.agreement)
    if rfc8785.dumps(bundle.agreement) != agreement.canonical:
        raise AgreementFormatError("agreement", "is not in its canonical form: sign the text again")
    return agreement, bundle.signatures
