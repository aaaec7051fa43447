"""What a node writes into its disclosure log about an enrolment, batch by batch."""

from __future__ import annotations

from ledger.entries import Statement
from ledger.events import BatchEnrolled
from ledger.log import Ledger
from node.enrolment.enrolling import EnrolmentBatch


async def batch_enrolled(ledger: Ledger, custodian: str, epoch: str, batch: EnrolmentBatch, user: str) -> int:
    """Node: before the tokens of a batch of records enter the index; give the number of the entry."""
    event = BatchEnrolled(
        custodian=custodian,
        epoch=epoch,
        records=batch.records,
        tokens=batch.tokens,
        elements=batch.elements,
        commitment=batch.commitment.hex(),
    )
    (entry,) = await ledger.record(Statement(event, {"user": user}))
    return entry.number
