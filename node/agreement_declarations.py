"""What the parties' statements about one agreement amount to, and the message in which one travels. Pure.

Of each party the latest suspension or resumption counts, by the moment it states, so the order in which they come does
not matter, and an old one that comes again changes nothing. A party takes back its own suspension only. Terminations
are never taken back: the earliest last day counts, and none counts before the notice the agreement asks for is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, ValidationError

from agreements.agreement import Agreement
from agreements.signing import Declaration, SignedDeclaration
from symbolon.rpc.errors import ErrorCode, SymbolonError


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["declaration"] = "declaration"
    declaration: SignedDeclaration


def write_message(signed: SignedDeclaration) -> bytes:
    """Give the content of the message that tells a partner of a declaration: RFC 8785 JSON."""
    return rfc8785.dumps(_Message(declaration=signed).model_dump(mode="json"))


def read_message(content: bytes) -> SignedDeclaration:
    """Read such a content; raise `SymbolonError` (`MALFORMED`) on anything else."""
    try:
        return _Message.model_validate_json(content).declaration
    except ValidationError:
        raise SymbolonError(ErrorCode.MALFORMED, "no declaration about an agreement") from None


def digest(declaration: Declaration) -> bytes:
    """Name a declaration by what it states: signed twice, it is still one."""
    return hashlib.sha256(declaration.statement()).digest()


def suspended_by(declarations: Iterable[Declaration]) -> frozenset[str]:
    """Give the parties whose suspension stands; of two statements of one moment the suspension counts."""
    latest: dict[str, tuple[datetime, bool]] = {}
    for one in declarations:
        if one.kind in ("suspends", "resumes"):
            state = (one.at, one.kind == "suspends")
            latest[one.agency] = max(latest.get(one.agency, state), state)
    return frozenset(agency for agency, (_, suspends) in latest.items() if suspends)


def last_days(agreement: Agreement, declarations: Iterable[Declaration]) -> dict[str, date]:
    """Give each party that has terminated with the last day on which the agreement binds it."""
    days: dict[str, date] = {}
    for one in declarations:
        if one.kind == "ends" and one.last_day is not None:
            day = max(one.last_day, earliest_last_day(agreement, one.at.astimezone(UTC).date()))
            days[one.agency] = min(days.get(one.agency, day), day)
    return days


def earliest_last_day(agreement: Agreement, declared: date) -> date:
    """Give the first day that may be the last one, if notice is given on a day."""
    try:
        return declared + timedelta(days=agreement.validity.notice_days)
    except OverflowError:
        return date.max
