"""What the hub writes into its own log, and when: a delivery before it starts, an outcome before it is told, mail
before it is carried.

No event speaks of a person: parties, times, agreement, purpose and sizes are all the hub ever sees. What changes
in the directory stands in a log of its own (`coordinator.directory_log`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.entries import Statement
from ledger.events import MailRelayed, QueryRelayed
from ledger.federation_events import AnswerRelayed
from ledger.log import Ledger
from matching.envelope import SealedQuery


async def query_relayed(ledger: Ledger, queries: Sequence[SealedQuery], sizes: Sequence[int]) -> None:
    """Write that the envelopes of one query, of so many bytes each, are about to be delivered."""
    headers = [query.header for query in queries]
    event = QueryRelayed(
        query_id=headers[0].query_id.hex(),
        sender=headers[0].sender,
        recipients=tuple(header.recipient for header in headers),
        purposes=tuple(header.purpose for header in headers),
        agreements=tuple(header.agreement_id for header in headers),
        entries=tuple(int(header.size) for header in headers),
        envelope_bytes=tuple(sizes),
        digests=tuple(query.digest().hex() for query in queries),
    )
    await ledger.record(Statement(event))


async def answer_relayed(ledger: Ledger, query: SealedQuery, outcome: str, seconds: float) -> None:
    """Write that the outcome of an envelope is about to be told to its asker, so many seconds after it was sent on."""
    header = query.header
    event = AnswerRelayed(
        query_id=header.query_id.hex(),
        digest=query.digest().hex(),
        sender=header.sender,
        recipient=header.recipient,
        purpose=header.purpose,
        agreement=header.agreement_id,
        outcome=outcome,
        milliseconds=round(seconds * 1000),
    )
    await ledger.record(Statement(event))


async def mail_relayed(ledger: Ledger, sender: str, recipient: str, bags: int) -> None:
    """Write that up to so many mailbags of a pair are about to be carried."""
    await ledger.record(Statement(MailRelayed(sender=sender, recipient=recipient, bags=bags)))
