"""What this agency itself does to its agreements: sign, suspend, resume, terminate, with the key of its certificate.

The rules for its own statements stand here: it resumes what it suspended, gives the notice agreed, and cannot put off
an end it has declared. What counts of a statement, own or a partner's, is decided by ``node.agreements.book``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from agreements.agreement import Agreement
from agreements.declarations import earliest_last_day
from agreements.signing import Declaration, Kind, SignedDeclaration, bundle_of, sign, write_bundle
from agreements.standing import Standing
from ledger.log import Ledger
from node.agreements import bundles
from node.agreements.book import AgreementBook
from node.agreements.recording import Personal, agreement_signed
from node.config import NodeHome
from node.database import DatabaseFile
from symbolon.rpc import certificates
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import read_secret

_MOMENT = timedelta(milliseconds=1)
_WRONG = timedelta(days=1)  # further ahead no clock is that is right now


@dataclass(frozen=True)
class Signatory:
    """Who signs for an agency: its certified key, and the authority that certified it."""

    agency: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    authority: x509.Certificate


def load_signatory(home: NodeHome) -> Signatory:
    """Read the TLS key and certificates of a node; raise `SymbolonError` where one is missing or another party's."""
    files = home.tls
    return Signatory(
        home.settings.agency,
        certificates.load_key(read_secret(files.key)),
        certificates.load_certificate(files.certificate.read_bytes()),
        certificates.load_certificate(files.authority.read_bytes()),
    )


def book_of(home: NodeHome, file: DatabaseFile, ledger: Ledger) -> AgreementBook:
    """Give the book of a node over its open database and log."""
    authority = certificates.load_certificate(home.tls.authority.read_bytes())
    return AgreementBook(file, home.settings.agency, authority, ledger)


def add_signature(
    book: AgreementBook, signatory: Signatory, content: bytes, now: datetime, personal: Personal | None = None
) -> bytes:
    """Give a bundle with this agency's signature and those kept here added, and keep it; it signs a text once.

    Raises `SymbolonError` where the agency is no party, a signature that is there does not hold, or the text could
    never be accepted here.
    """
    agreement, signatures = bundles.read(content)
    bundles.check_party(agreement, signatory.agency)
    bundles.signers(agreement, signatures, signatory.authority, now)
    with book.transaction() as connection:
        book.check_place(connection, agreement, now)
        signatures = _with_those_kept(book, agreement, signatures)
        if signatory.agency not in {one.declaration.agency for one in signatures}:
            agreement_signed(book.ledger, agreement, signatory.agency, personal or {})
            signatures = (*signatures, _signed(signatory, agreement, "signs", now))
        bundle = write_bundle(bundle_of(agreement, signatures))
        book.keep(connection, bundle, now)
    return bundle


def _with_those_kept(
    book: AgreementBook, agreement: Agreement, signatures: tuple[SignedDeclaration, ...]
) -> tuple[SignedDeclaration, ...]:
    """Add the signatures kept of a text: a bundle with fewer of them must not take the place of what is here."""
    standing = book.current().find(agreement.hash)
    kept = bundles.read(book.bundle(agreement.hash))[1] if standing is not None else ()
    there = {one.declaration.agency for one in signatures}
    return (*signatures, *(one for one in kept if one.declaration.agency not in there))


def suspend(signatory: Signatory, book: AgreementBook, agreement: Agreement, now: datetime) -> SignedDeclaration:
    """State that this agency suspends an agreement at once; stated again, it says so again."""
    return _signed(signatory, agreement, "suspends", _moment(signatory, book, agreement, now))


def resume(signatory: Signatory, book: AgreementBook, agreement: Agreement, now: datetime) -> SignedDeclaration:
    """State that it resumes what it suspended; raise `SymbolonError` where it suspended nothing."""
    if signatory.agency not in _standing(book, agreement).suspended_by:
        raise SymbolonError(ErrorCode.DECLARATION_REFUSED, f"{signatory.agency} has not suspended {agreement.id}")
    return _signed(signatory, agreement, "resumes", _moment(signatory, book, agreement, now))


def terminate(
    signatory: Signatory, book: AgreementBook, agreement: Agreement, now: datetime, last_day: date | None = None
) -> SignedDeclaration:
    """State that it ends an agreement on a last day, without one as soon as the notice allows.

    Raises `SymbolonError` where the notice would be too short, or where it ends no later already.
    """
    earliest = earliest_last_day(agreement, now.astimezone(UTC).date())
    last_day = last_day or earliest
    if last_day < earliest:
        raise SymbolonError(ErrorCode.DECLARATION_REFUSED, f"the notice agreed allows {earliest} at the earliest")
    declared = _standing(book, agreement).ended.get(signatory.agency)
    if declared is not None and declared <= last_day:
        raise SymbolonError(ErrorCode.DECLARATION_REFUSED, f"it ends on {declared} already, which cannot be taken back")
    moment = _moment(signatory, book, agreement, now)
    return _signed(signatory, agreement, "ends", moment, last_day)


def _signed(
    signatory: Signatory, agreement: Agreement, kind: Kind, at: datetime, last_day: date | None = None
) -> SignedDeclaration:
    declaration = Declaration(
        kind=kind, agency=signatory.agency, agreement=agreement.hash.hex(), at=at.astimezone(UTC), last_day=last_day
    )
    return sign(declaration, signatory.key, signatory.certificate)


def _moment(signatory: Signatory, book: AgreementBook, agreement: Agreement, now: datetime) -> datetime:
    """Give a moment later than this agency's last statement: the latest counts, and clocks are set back.

    One stated far in the future is of a clock that was wrong, and counts as stated now: partners refuse a resumption
    of the future.
    """
    own = [one.at for one in book.declarations(agreement.hash) if one.agency == signatory.agency]
    return max([now, *((now if at - now > _WRONG else at) + _MOMENT for at in own)])


def _standing(book: AgreementBook, agreement: Agreement) -> Standing:
    standing = book.current().find(agreement.hash)
    if standing is None:
        raise SymbolonError(ErrorCode.AGREEMENT_UNKNOWN, agreement.id)
    return standing
