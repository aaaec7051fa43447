"""Own records with a value that cannot be meant (`matching.slips`): kept as they are, counted and named.

A list is its agency's own: nobody here knows what was meant, and a record left out would be missed by every query. So
its record stays, with what else it says, and whoever runs the node is told which to mend in the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from matching.slips import Slip, may_slip, slips_of_subject
from node.records.store import RecordStore, StoredRecord


def count_doubtful(store: RecordStore, today: date) -> int:
    """Count these records."""
    return sum(1 for _ in doubtful(store, today))


def doubtful(store: RecordStore, today: date, after: str = "") -> Iterator[tuple[StoredRecord, tuple[Slip, ...]]]:
    """Give the current records with a birth in the future, or a country that no list knows, and what is wrong.

    In the order of their ids, those after one id. A damaged row is left out: others tell of it.
    """
    for record_id in store.ids_by_slips(lambda row: may_slip(row, today), after):
        try:
            stored = store.current(record_id)
        except ValueError:
            continue
        slips = tuple(slips_of_subject(stored.record.subject, today)) if stored else ()
        if stored and slips:
            yield stored, slips
