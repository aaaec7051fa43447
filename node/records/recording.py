"""What a node writes into its disclosure log about its own list: imports, who saw or removed what."""

from __future__ import annotations

from ledger.entries import Statement
from ledger.events import RecordRemoved, RecordRestored, RecordShown, RecordsImported, RecordsListed
from ledger.log import Ledger


def records_imported(
    ledger: Ledger, *, added: int, changed: int, unchanged: int, rejected: int, removed: int, user: str
) -> None:
    """Node: an import has ended."""
    event = RecordsImported(added=added, changed=changed, unchanged=unchanged, rejected=rejected, removed=removed)
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
