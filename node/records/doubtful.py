"""Own records with a value that cannot be meant (`matching.slips`): kept as they are, counted and named.

A list is its agency's own: nobody here knows what was meant, and a record left out would be missed by every query. So
its record stays, with what else it says, and whoever runs the node is told which to mend in the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from matching.slips import Slip, slips_of_subject
from node.records.rows import RowError, read_outline
from node.records.store import RecordStore, StoredRecord


def count_doubtful(store: RecordStore, today: date) -> int:
    """Count the current records with a birth in the future, or a nationality that no list knows."""
    return sum(records for outline, records in store.outline_counts() if _is_doubtful(outline, today))


def doubtful(store: RecordStore, today: date, after: str = "") -> Iterator[tuple[StoredRecord, tuple[Slip, ...]]]:
    """Give these records, and those with such a country of an address, with what is wrong.

    In the order of their ids, those after one id.
    """
    for stored in store.records(after):
        slips = tuple(slips_of_subject(stored.record.subject, today))
        if slips:
            yield stored, slips


def _is_doubtful(outline: str, today: date) -> bool:
    try:
        _, subject = read_outline(outline)
    except (RowError, ValueError):  # a damaged row, which others tell of
        return False
    return any(slips_of_subject(subject, today))
