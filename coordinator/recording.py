"""What the hub writes into its log, and when: a delivery before it starts, a directory entry before it counts.

No event speaks of a person: parties, times, agreement, purpose and size class are all the hub ever sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coordinator.entries import Entry
from matching.envelope import SealedQuery


@dataclass(frozen=True)
class QueryRelayed:
    """The envelopes of one query are about to be delivered; the sequences run parallel, one place an envelope."""

    moment: datetime
    query_id: str
    sender: str
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    agreements: tuple[str, ...]
    entries: tuple[int, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class MemberEntered:
    """A member's entry is about to enter the directory."""

    moment: datetime
    member: str
    address: str
    signing_fingerprint: str
    sealing_fingerprint: str
    issued_at: int


RelayEvent = QueryRelayed | MemberEntered


class RelayLog(Protocol):
    """An append-only log."""

    async def record(self, event: RelayEvent) -> None:
        """Return once the event is on disk; raise `SymbolonError` (`LOG_NOT_WRITABLE`) when it cannot be."""


def query_relayed(queries: Sequence[SealedQuery], now: datetime) -> QueryRelayed:
    """Describe the envelopes of one query."""
    headers = [query.header for query in queries]
    return QueryRelayed(
        now,
        headers[0].query_id.hex(),
        headers[0].sender,
        tuple(header.purpose for header in headers),
        tuple(header.recipient for header in headers),
        tuple(header.agreement_id for header in headers),
        tuple(int(header.size) for header in headers),
        tuple(query.digest().hex() for query in queries),
    )


def member_entered(entry: Entry, now: datetime) -> MemberEntered:
    """Describe an entry."""
    keys = entry.signing.fingerprint(), entry.sealing.fingerprint()
    return MemberEntered(now, entry.member.uri, entry.address, *keys, entry.issued_at)
