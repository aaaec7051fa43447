"""Bundles as they come from outside: read, and every signature under them checked, with the reason where one fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from agreements.agreement import Agreement
from agreements.reading import AgreementFormatError
from agreements.signing import DeclarationError, SignedDeclaration, read_bundle, verify
from symbolon.rpc.errors import ErrorCode, SymbolonError


def read(content: bytes) -> tuple[Agreement, tuple[SignedDeclaration, ...]]:
    """Read a bundle; raise `SymbolonError` (`INVALID_INPUT`) with the place and the reason."""
    try:
        return read_bundle(content)
    except AgreementFormatError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None


def signers(
    agreement: Agreement, signatures: Sequence[SignedDeclaration], authority: x509.Certificate, now: datetime | None
) -> frozenset[str]:
    """Give who signed; raise `SymbolonError` (`AGREEMENT_UNSIGNED`) where any signature in the bundle does not hold.

    One that does not hold is no reason to look away: somebody changed the text, or signed for another. What comes is
    checked at ``now`` as well: not dated in the future, by a certificate that is still valid. Without ``now`` it is
    what was checked so when it came; neither a clock set back since nor a certificate's end must end an agreement.
    """
    for signed in signatures:
        fault = _fault(agreement, signed, authority, now)
        if fault:
            raise SymbolonError(ErrorCode.AGREEMENT_UNSIGNED, f"signature of {signed.declaration.agency}: {fault}")
    return frozenset(signed.declaration.agency for signed in signatures)


def check_complete(agreement: Agreement, signed_by: frozenset[str]) -> None:
    """Raise `SymbolonError` (`AGREEMENT_UNSIGNED`) naming the parties that have not signed."""
    missing = sorted(agreement.party_of.keys() - signed_by)
    if missing:
        raise SymbolonError(ErrorCode.AGREEMENT_UNSIGNED, f"not signed yet by {', '.join(missing)}")


def check_party(agreement: Agreement, agency: str) -> None:
    """Raise `SymbolonError` (`AGREEMENT_REFUSED`) unless the agency is a party: others' agreements are not kept."""
    if agency not in agreement.party_of:
        raise SymbolonError(ErrorCode.AGREEMENT_REFUSED, f"{agency} is no party to {agreement.id}")


def _fault(agreement: Agreement, signed: SignedDeclaration, authority: x509.Certificate, now: datetime | None) -> str:
    if now is not None and signed.declaration.at > now:
        return "it is dated in the future"
    try:
        declaration = verify(signed, authority, now)
    except DeclarationError as error:
        return str(error)
    if declaration.kind != "signs":
        return "it is a statement of another kind"
    if declaration.agreement != agreement.hash.hex():
        return "it is under another text"
    if declaration.agency not in agreement.party_of:
        return "it is no party"
    return ""
