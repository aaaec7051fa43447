"""The agency's own records: what a store of them has to do, whatever database it stands on.

A record has *revisions*; the newest is the current one. What is compared never changes within a revision; what is not
(provenance, rules) is amended in the current one and holds at once. An edit is found by its old revision until the new
one is enrolled, so older revisions are kept that long and a little longer (`forget_superseded`): an edit never opens a
window in which a query would miss. A removal is effective at once and erases all content; what remains is the record's
id with a tombstone. Revisions are stored in the one JSON text of a record, so equal content is known again by its
digest.

Outside this store a record is known by its *number*, a random one, which is all that the index holds of it.

An import is a run of batches. The batch, the position in the file that it reaches and the length of the rejects file
are one transaction, so a run that is killed goes on where it stopped. ``tests/contract/test_stores.py`` is the contract
in full; SQLite (`node.records.sqlite`) is the first to fulfil it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, Self

from node.records.row_files import Position, RowFormat
from node.records.rows import Record

RemovalReason = Literal["operator", "absent"]
"""Removed by hand, and then no import brings it back unasked; or absent from a file imported with ``--replace``."""

Outcome = Literal["added", "changed", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A revision of a record as stored. ``digest`` is the SHA-256 of the record's JSON text in hexadecimal."""

    number: int
    revision: int
    record: Record
    digest: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class RecordState:
    """Which revision of a record is current (a removed record has none), and which was last noted as enrolled."""

    number: int
    revision: int
    enrolled: int
    removed: bool


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """How many records there are, how many were removed, how many revisions are kept, how many are not yet enrolled.

    ``pending`` is what the store was told; `node.enrolment.enrolling` compares with the index itself.
    """

    records: int
    removed: int
    revisions: int
    pending: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the rows of a file so far; ``nameless`` are rejected rows whose record_id could not be read."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    nameless: int = 0


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import under way, as of its last committed batch. ``rejects_bytes`` is how much of its rejects file counts.

    ``removed`` is how many records were removed because the file does not list them; None before that was done.
    """

    run_id: int
    source: str
    row_format: RowFormat
    position: Position
    tally: Tally
    rejects_bytes: int
    removed: int | None = None


RecordRun = Callable[[ImportRun], None]
"""Writes down in the disclosure log what an import came to."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """An import as kept: the run, when it began and, where it has, ended."""

    run: ImportRun
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row set aside: where it stands, what is wrong with which field, and the row itself, for the rejects file."""

    line: int
    offset: int
    field: str
    reason: str
    content: bytes = dataclasses.field(repr=False)
    record_id: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """A row that is a record; the store may still refuse it (a duplicate, or removed by hand)."""

    line: int
    offset: int
    record: Record
    content: bytes = dataclasses.field(repr=False)


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """The next rows of a file, and the position behind them."""

    accepted: Sequence[AcceptedRow]
    rejects: Sequence[Reject]
    position: Position


class RecordStore(Protocol):
    """The agency's records. Every method is one short transaction or a read; several processes may share the store.

    Any thread may call. A store is a context manager that closes itself.
    """

    def __enter__(self) -> Self:
        """Give the store."""

    def __exit__(self, *_: object) -> None:
        """Close the store."""

    def begin_import(self, source: str, row_format: RowFormat, at: datetime) -> ImportRun:
        """Give the unfinished run of this source and format, or a new one; unfinished runs of others end here."""

    def restart_import(self, run: ImportRun, at: datetime) -> ImportRun:
        """Give up a run whose file has changed, and begin another for the same source."""

    def take(
        self, run: ImportRun, batch: ImportBatch, at: datetime, set_aside: Callable[[Sequence[Reject]], int]
    ) -> ImportRun:
        """Store a batch and its position in one transaction, and give the run as it then stands.

        ``set_aside`` is called inside the transaction with the rejects in the order of their lines, when there are
        any. It makes them durable and gives the length of the rejects file; if it raises, nothing is stored.
        """

    def finish_import(self, run: ImportRun, at: datetime, record: RecordRun = lambda _: None) -> None:
        """Mark a run as complete; ``record`` is called inside the transaction, and where it raises none is."""

    def count_absent(self, run: ImportRun) -> int:
        """Count the records that the file of this run does not list."""

    def remove_absent(self, run: ImportRun, expected: int, at: datetime) -> ImportRun:
        """Remove the records that the file does not list, if they are as many as expected; give the run with that.

        That they were removed is kept with the run in one transaction. Raises `SymbolonError` (`INVALID_INPUT`) with
        the number found otherwise.
        """

    def latest_run(self) -> ImportRun | None:
        """Give the newest run, finished or not, or None before the first."""

    def runs(self, most: int) -> list[KeptRun]:
        """Give the newest runs, newest first."""

    def run(self, run_id: int) -> ImportRun | None:
        """Give one run, or None where there is none of that number."""

    def find(self, text: str, after: str, most: int) -> list[tuple[StoredRecord, bool]]:
        """Give current revisions whose id begins with a text or of which a name has it, and whether each is enrolled.

        In the order of the ids, those after one id, at most so many; without a text all. Letters of either case count.
        """

    def outline_counts(self) -> Iterator[tuple[str, int]]:
        """Give what rules are worked out from (`read_outline` reads it), with how many records have just that.

        Of a damaged row it is an empty text. Who is of age for good may be counted under another day of birth.
        """

    def current(self, record_id: str) -> StoredRecord | None:
        """Give the current revision, or None when there is no such record or it was removed."""

    def get(self, record_id: str, revision: int) -> StoredRecord | None:
        """Give one revision, or None when it is not kept or the record was removed."""

    def records(self, after: str = "") -> Iterator[StoredRecord]:
        """Give all current revisions in the order of their ids, those after one id, in constant memory."""

    def ids_by_slips(self, may_slip: Callable[[Mapping[str, Any]], bool], after: str = "") -> list[str]:
        """Give the ids of the current records that may have a slip, in their order after one.

        ``may_slip`` is asked once for all rows that say the same in `matching.slips.SLIP_FIELDS`; of a single birth
        before 2000 it is not told. A damaged row is left out.
        """

    def states(self) -> Iterator[RecordState]:
        """Give the state of every record, removed ones too, in the order of their numbers, in constant memory."""

    def load(self, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Record]:
        """Give the records of these (number, revision) pairs; those removed or not kept are left out."""

    def revision(self, number: int, revision: int) -> Record | None:
        """Give the record behind an index entry as it was enrolled, or None when it is removed or not kept."""

    def current_of(self, number: int) -> Record | None:
        """Give the record of that number as it stands now, or None when it is removed or unknown."""

    def outlines(self, numbers: Sequence[int]) -> dict[int, str]:
        """Give of each of up to thousands of records what its rules are worked out from, as `read_outline` reads it.

        Those removed or unknown are left out.
        """

    def identify(self, numbers: Sequence[int]) -> dict[int, str]:
        """Give the record ids of these numbers."""

    def remove(self, record_id: str, at: datetime, reason: RemovalReason = "operator") -> int | None:
        """Erase a record and leave a tombstone; give its number, also when it was removed before, or None if unknown.

        Effective at once: `revision`, `current_of` and `load` no longer give it, whatever the index still holds.
        """

    def restore(self, record_id: str) -> bool:
        """Let the next import bring back a record that was removed by hand; give False when there is none such."""

    def mark_enrolled(self, enrolled: Sequence[tuple[int, int]], at: datetime) -> None:
        """Note that the index holds these (number, revision) pairs, which makes older revisions superseded."""

    def forget_superseded(self, before: datetime) -> int:
        """Erase revisions superseded before then; give how many."""

    def has_pending(self) -> bool:
        """Say whether some record's current revision is not enrolled, as far as the store was told."""

    def counts(self) -> RecordCounts:
        """Count."""

    def close(self) -> None:
        """Close the store."""
