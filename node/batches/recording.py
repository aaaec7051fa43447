"""What a node writes into its disclosure log about lists, before it goes on; who does it, and why, is personal."""

from __future__ import annotations

from ledger.batch_events import BatchCancelled, BatchErased, BatchFinished, BatchRead, BatchStarted, BatchStopped
from ledger.entries import Statement
from ledger.log import Ledger
from node.batches.store import Batch


def batch_started(ledger: Ledger, batch: Batch, user: str) -> None:
    """Asker: before the first row is asked, or the first after a stop; called by the store, once it can be."""
    event = BatchStarted(
        batch=batch.reference, purpose=batch.query.purpose, rows=batch.count("waiting", "asking", "unknown")
    )
    said = {"user": user, "legal_basis": batch.query.legal_basis, "case_reference": batch.query.case_reference}
    ledger.append(Statement(event, said))


async def batch_stopped(ledger: Ledger, batch: Batch, reason: str) -> None:
    """Asker: once no further row is asked for now."""
    rows = batch.count("waiting", "asking", "unknown")
    await ledger.record(Statement(BatchStopped(batch=batch.reference, reason=reason, rows=rows), {"user": batch.owner}))


async def batch_finished(ledger: Ledger, batch: Batch) -> None:
    """Asker: once every row was asked."""
    event = BatchFinished(batch=batch.reference, rows=batch.rows, hits=batch.count("hit"))
    await ledger.record(Statement(event, {"user": batch.owner}))


def batch_cancelled(ledger: Ledger, batch: Batch, user: str) -> None:
    """Asker: before rows are given up; called by the store, once they can be."""
    event = BatchCancelled(batch=batch.reference, rows=batch.count("waiting"))
    ledger.append(Statement(event, {"user": user}))


async def batch_read(ledger: Ledger, batch: Batch, rows: int, user: str) -> None:
    """Asker: before an officer sees what came of rows."""
    await ledger.record(Statement(BatchRead(batch=batch.reference, rows=rows), {"user": user}))


def batch_erased(ledger: Ledger, batch: Batch, user: str) -> None:
    """Asker: before a list and its results are erased; ``user`` is empty where their time is over."""
    event = BatchErased(batch=batch.reference, rows=batch.rows)
    ledger.append(Statement(event, {"user": user} if user else {}))
