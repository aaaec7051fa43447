"""What a node writes into its disclosure log about lists, before it goes on; who does it, and why, is personal."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import rfc8785

from ledger.batch_events import BatchCancelled, BatchErased, BatchFinished, BatchRead, BatchStarted, BatchStopped
from ledger.entries import Statement
from ledger.log import Ledger
from node.batches.kept import Batch

ONCE_FOR = timedelta(days=180)
"""How long it is remembered that the end of a list is in the log."""


def batch_started(ledger: Ledger, batch: Batch, user: str) -> None:
    """Asker: before the first row is asked, or the first after a stop; called by the store, once it can be."""
    event = BatchStarted(
        batch=batch.reference, purpose=batch.query.purpose, rows=batch.count("waiting", "asking", "unknown")
    )
    said = {"user": user, "legal_basis": batch.query.legal_basis, "case_reference": batch.query.case_reference}
    ledger.append(Statement(event, said))


def batch_ended(ledger: Ledger, batch: Batch, reason: str) -> None:
    """Asker: once no further row is asked, for a reason and for now, or since every row was, before it is kept.

    Written once for each time that the list was let go on, however often it takes to keep that it has ended.
    """
    event = (
        BatchStopped(batch=batch.reference, reason=reason, rows=batch.count("waiting", "asking", "unknown"))
        if reason
        else BatchFinished(batch=batch.reference, rows=batch.rows, hits=batch.count("hit"))
    )
    run = f"{batch.reference}/{batch.changed_at.isoformat()}"
    digest = hashlib.sha256(rfc8785.dumps([run, event.model_dump(mode="json")])).digest()
    until = int((datetime.now(UTC) + ONCE_FOR).timestamp())
    ledger.append_once({digest: [Statement(event, {"user": batch.owner})]}, until)


def batch_cancelled(ledger: Ledger, batch: Batch, user: str) -> None:
    """Asker: before rows are given up; called by the store, with the batch as it then stands."""
    event = BatchCancelled(batch=batch.reference, rows=batch.count("not_asked"))
    ledger.append(Statement(event, {"user": user}))


async def batch_read(ledger: Ledger, batch: Batch, rows: int, user: str) -> None:
    """Asker: before an officer sees what came of rows."""
    await ledger.record(Statement(BatchRead(batch=batch.reference, rows=rows), {"user": user}))


def batch_erased(ledger: Ledger, batch: Batch, user: str) -> None:
    """Asker: before a list and its results are erased; ``user`` is empty where their time is over."""
    event = BatchErased(batch=batch.reference, rows=batch.rows)
    ledger.append(Statement(event, {"user": user} if user else {}))
