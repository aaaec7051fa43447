"""This agency's word on an agreement of its own: made for all its versions that are not over, logged, kept, announced.

For the command line and the desk alike. Which word is allowed, `node.agreements.signing` and the book decide.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agreements.agreement import Agreement
from agreements.signing import SignedDeclaration
from agreements.standing import Standing
from node.agreements.book import AgreementBook
from node.agreements.mail import by_mail
from node.agreements.recording import Personal, refusing
from node.agreements.signing import Signatory
from node.agreements.state import OVER, account
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party

SHORTEST = 8
"""Characters of a fingerprint that name a text."""

Make = Callable[[Signatory, AgreementBook, Agreement, datetime], SignedDeclaration]
"""Makes the statement about one version."""


def declare(
    book: AgreementBook, signatory: Signatory, name: str, make: Make, now: datetime, personal: Personal
) -> list[Standing]:
    """Let a statement count for all versions of a name; give where they stand after it. Raises `SymbolonError`."""
    with refusing(book.ledger, "declare", Party.agency(book.agency).uri, personal):
        named = _named(book, name, now)
        # All are made before one counts: a rule that forbids the second must not leave the first behind.
        statements = [make(signatory, book, standing.agreement, now) for standing in named]
        with book.transaction() as connection:
            for statement in statements:
                book.declare(connection, statement, now, by_mail(now), personal)
    current = book.current()
    return [found for one in named if (found := current.find(one.agreement.hash)) is not None]


def _named(book: AgreementBook, name: str, now: datetime) -> list[Standing]:
    """Give the accepted agreements of that id or fingerprint that are not over; raise `SymbolonError` if none is."""

    def is_meant(standing: Standing) -> bool:
        agreement_hash = standing.agreement.hash.hex()
        is_hash = len(name) >= SHORTEST and agreement_hash.startswith(name.lower())
        return standing.accepted and (standing.agreement.id == name or is_hash)

    meant = [one for one in book.current() if is_meant(one) and account(one, book.agency, now).state not in OVER]
    if not meant:
        raise SymbolonError(ErrorCode.AGREEMENT_UNKNOWN, "none of that name is accepted here and not over")
    return meant
