"""Agencies with certified keys, and the agreements they sign: what real ministries would exchange, without folders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from agreements.agreement import Agreement
from agreements.signing import Declaration, Kind, SignedDeclaration, bundle_of, sign, write_bundle
from ledger.log import Ledger
from node.agreements.book import AgreementBook
from node.agreements.signing import Signatory
from node.database import DatabaseFile
from symbolon.rpc import certificates
from symbolon.rpc.identity import Party

CERTIFIED = datetime(2026, 1, 1, tzinfo=UTC)
"""Since when the certificates are valid; they are for a year."""


def _authority() -> certificates.Authority:
    return certificates.create_authority("Authority of the tests", CERTIFIED - timedelta(days=1))


@dataclass
class Signatories:
    """Whoever is named gets a certificate of one authority."""

    authority: certificates.Authority = field(default_factory=_authority)
    known: dict[str, Signatory] = field(default_factory=dict)

    def of(self, agency: str) -> Signatory:
        """Give an agency's key and certificate."""
        if agency not in self.known:
            party, key = Party.agency(agency), certificates.create_key()
            pem = certificates.issue(self.authority, certificates.create_request(party, key), party, CERTIFIED)
            certificate = certificates.load_certificate(pem)
            self.known[agency] = Signatory(agency, key, certificate, self.authority.certificate)
        return self.known[agency]

    def declare(
        self, kind: Kind, agency: str, agreement: Agreement, at: datetime, last_day: date | None = None
    ) -> SignedDeclaration:
        """Have an agency state something of an agreement, whether it may or not."""
        who = self.of(agency)
        stated = Declaration(kind=kind, agency=agency, agreement=agreement.hash.hex(), at=at, last_day=last_day)
        return sign(stated, who.key, who.certificate)

    def bundle(self, agreement: Agreement, by: Iterable[str] | None = None, at: datetime = CERTIFIED) -> bytes:
        """Give the agreement signed by its parties, or by those named."""
        signers = sorted(agreement.party_of) if by is None else by
        return write_bundle(bundle_of(agreement, [self.declare("signs", one, agreement, at) for one in signers]))

    def book(self, file: DatabaseFile, agency: str, ledger: Ledger, *agreements: Agreement) -> AgreementBook:
        """Give an agency's book, in which these agreements are accepted."""
        book = AgreementBook(file, agency, self.authority.certificate, ledger)
        for agreement in agreements:
            with file.transaction() as connection:
                book.accept(connection, self.bundle(agreement), CERTIFIED)
        return book
