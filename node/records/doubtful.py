"""Own records with a value that cannot be meant (`matching.slips`): kept as they are, counted and named.

A list is its agency's own: nobody here knows what was meant, and a record left out would be missed by every query. So
its record stays, with what else it says, and whoever runs the node is told which to mend in the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from matching.slips import Slip, may_slip, slips_of_subject
from matching.subject import SubjectFormatError, parse_subject
from node.records.store import RecordStore, StoredRecord


def count_doubtful(store: RecordStore, today: date) -> int:
    """Count these records, without reading them: a damaged one by what its row says."""
    return len(store.ids_by_slips(lambda row: _has_slip(row, today)))


def doubtful(store: RecordStore, today: date, after: str = "") -> Iterator[tuple[StoredRecord, tuple[Slip, ...]]]:
    """Give the current records with a birth in the future, or a country that no list knows, and what is wrong.

    In the order of their ids, those after one id.
    """
    for record_id in store.ids_by_slips(lambda row: _has_slip(row, today), after):
        try:
            stored = store.current(record_id)
        except ValueError:  # damaged: to show or enrol it fails, and here it keeps no other from being told
            continue
        slips = tuple(slips_of_subject(stored.record.subject, today)) if stored else ()
        if stored and slips:
            yield stored, slips


def _has_slip(row: Mapping[str, Any], today: date) -> bool:
    if not may_slip(row, today):
        return False
    try:
        subject = parse_subject({field: value for field, value in row.items() if value is not None})
    except SubjectFormatError:  # a damaged row: see above
        return False
    return any(slips_of_subject(subject, today))
