"""What a node writes into its disclosure log about its own list: imports, who saw or removed what."""

from __future__ import annotations

from ledger.entries import Statement
from ledger.events import RecordRemoved, RecordRestored, RecordShown, RecordsImported, RecordsListed
from ledger.log import Ledger
from node.records.store import ImportRun


def records_imported(ledger: Ledger, run: ImportRun, user: str) -> None:
    """Node: an import ends."""
    tally = run.tally
    event = RecordsImported(
        added=tally.added,
        changed=tally.changed,
        unchanged=tally.unchanged,
        rejected=tally.rejected,
        removed=run.removed or 0,
    )
    ledger.append(Statement(event, {"user": user}))


def records_listed(ledger: Ledger, what: str, user: str) -> None:
    """Node: before somebody sees many records at once; ``what`` says which."""
    ledger.append(Statement(RecordsListed(what=what), {"user": user}))


def record_shown(ledger: Ledger, record_id: str, user: str) -> None:
    """Node: before somebody sees a record."""
    ledger.append(Statement(RecordShown(), {"record_id": record_id, "user": user}))


def record_removed(ledger: Ledger, record_id: str, user: str) -> None:
    """Node: before a record is removed by hand."""
    ledger.append(Statement(RecordRemoved(), {"record_id": record_id, "user": user}))


def record_restored(ledger: Ledger, record_id: str, user: str) -> None:
    """Node: before a record removed by hand is let in again."""
    ledger.append(Statement(RecordRestored(), {"record_id": record_id, "user": user}))
