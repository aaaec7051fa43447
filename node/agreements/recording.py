"""What a node writes into its disclosure log about its agreements; each entry is durable before what it says counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import rfc8785

from agreements.agreement import Agreement
from agreements.signing import SignedDeclaration
from ledger.agreement_events import (
    AgreementAccepted,
    AgreementEnded,
    AgreementRefused,
    AgreementResumed,
    AgreementSigned,
    AgreementSuperseded,
    AgreementSuspended,
)
from ledger.entries import Statement
from ledger.events import Event
from ledger.log import Ledger
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party

Personal = Mapping[str, str]
"""The user who acted and the reason given, kept as commitments only."""


def agreement_signed(ledger: Ledger, agreement: Agreement, agency: str, personal: Personal) -> None:
    """Node: before this agency's signature is made."""
    event = AgreementSigned(
        agreement=agreement.id,
        version=agreement.version,
        agreement_hash=agreement.hash.hex(),
        party=Party.agency(agency).uri,
    )
    ledger.append(Statement(event, personal))


def agreement_accepted(
    ledger: Ledger,
    agreement: Agreement,
    agency: str,
    superseded: tuple[tuple[int, bytes], ...],
    from_day: date,
    personal: Personal,
) -> None:
    """Node: before the agreement counts here; with the versions and hashes whose place it takes from a day on."""
    accepted = AgreementAccepted(
        agreement=agreement.id,
        version=agreement.version,
        agreement_hash=agreement.hash.hex(),
        party=Party.agency(agency).uri,
    )
    replaced = [
        AgreementSuperseded(
            agreement=agreement.id,
            version=version,
            agreement_hash=agreement_hash.hex(),
            party=Party.agency(agency).uri,
            by_hash=agreement.hash.hex(),
            from_day=from_day.isoformat(),
        )
        for version, agreement_hash in superseded
    ]
    ledger.append(Statement(accepted, personal), *map(Statement, replaced))


def agreement_declared(
    ledger: Ledger, signed: SignedDeclaration, agreement: Agreement | None, personal: Personal
) -> None:
    """Node: before a party's suspension, resumption or termination counts here."""
    ledger.append(Statement(_declared(signed, agreement), personal))


@contextmanager
def refusing(ledger: Ledger, step: str, party: str, personal: Personal, agreement_hash: str = "") -> Iterator[None]:
    """Node: write down that what the block does is refused, before the refusal is told; ``party`` is who acts."""
    try:
        yield
    except SymbolonError as error:
        if error.code is not ErrorCode.LOG_NOT_WRITABLE:
            event = AgreementRefused(
                agreement="",
                version=0,
                agreement_hash=agreement_hash,
                party=party,
                step=step,
                reason=error.code.code,
            )
            ledger.append(Statement(event, personal))
        raise


def _declared(signed: SignedDeclaration, agreement: Agreement | None) -> Event:
    declaration = signed.declaration
    named: dict[str, Any] = {
        "agreement": agreement.id if agreement else "",
        "version": agreement.version if agreement else 0,
        "agreement_hash": declaration.agreement,
        "party": Party.agency(declaration.agency).uri,
        "statement": rfc8785.dumps(signed.model_dump(mode="json")).decode(),
    }
    if declaration.last_day is not None:
        return AgreementEnded(**named, last_day=declaration.last_day.isoformat())
    return AgreementSuspended(**named) if declaration.kind == "suspends" else AgreementResumed(**named)
