"""The records of one agency in one SQLite file (`node.records.store` says what each method promises)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from matching.slips import SLIP_FIELDS
from node.database import SqliteStore
from node.records.intake import Intake, counted
from node.records.row_files import Position, RowFormat
from node.records.rows import Record, parse_record
from node.records.seeking import find_rows
from node.records.store import (
    ImportBatch,
    ImportRun,
    KeptRun,
    RecordCounts,
    RecordRun,
    RecordState,
    Reject,
    RemovalReason,
    StoredRecord,
    Tally,
)
from node.records.tables import MIGRATIONS
from symbolon.rpc.errors import ErrorCode, SymbolonError

_PAGE = 1000  # rows that a reading holds in memory, each page in a read transaction of its own

_STORED = (
    "SELECT r.number, r.record_id, v.revision, v.row_json, v.digest, v.imported_at"
    " FROM record r JOIN revision v ON v.number = r.number"
)

_OUTLINES = (
    "SELECT r.number, v.outline FROM json_each(?) wanted JOIN record r ON r.number = wanted.value"
    " JOIN revision v ON v.number = r.number AND v.revision = r.current WHERE r.removed_at IS NULL"
)

_OUTLINE_COUNTS = (
    "SELECT v.alike AS outline, count(*) AS records FROM revision v INDEXED BY revision_alike"
    " JOIN record r ON r.number = v.number AND r.current = v.revision WHERE r.removed_at IS NULL GROUP BY v.alike"
)

_DIFFERENT_SLIPS = "SELECT DISTINCT slip_fields FROM revision INDEXED BY revision_slips"
_WITH_SLIPS = (
    "SELECT r.record_id FROM json_each(?) wanted"
    " CROSS JOIN revision v INDEXED BY revision_slips ON v.slip_fields = wanted.value"
    " JOIN record r ON r.number = v.number AND r.current = v.revision"
    " WHERE r.removed_at IS NULL AND r.record_id > ? ORDER BY r.record_id"
)


class SqliteRecordStore(SqliteStore):
    """A `node.records.store.RecordStore` in one SQLite file."""

    migrations = (MIGRATIONS,)

    # Imports

    def begin_import(self, source: str, row_format: RowFormat, at: datetime) -> ImportRun:
        """Give the unfinished run of this source and format, or a new one; unfinished runs of others end here."""
        with self._file.transaction() as connection:
            # Only the newest may go on: what others stored since would count as absent from an older file.
            connection.execute(
                "UPDATE import_run SET ended_at = ? WHERE ended_at IS NULL AND (source <> ? OR row_format <> ?)",
                (at.isoformat(), source, row_format),
            )
            row = connection.execute("SELECT * FROM import_run WHERE ended_at IS NULL").fetchone()
            return _run(row) if row else _new_run(connection, source, row_format, at)

    def restart_import(self, run: ImportRun, at: datetime) -> ImportRun:
        """Give up a run whose file has changed, and begin another for the same source."""
        with self._file.transaction() as connection:
            _end_run(connection, run, at)
            return _new_run(connection, run.source, run.row_format, at)

    def take(
        self, run: ImportRun, batch: ImportBatch, at: datetime, set_aside: Callable[[Sequence[Reject]], int]
    ) -> ImportRun:
        """Store a batch and its position in one transaction, and give the run as it then stands."""
        with self._file.transaction() as connection:
            intake = Intake(connection, run, at)
            outcomes, refused = intake.store(batch.accepted)
            rejects = sorted([*batch.rejects, *refused], key=lambda reject: reject.offset)
            intake.keep_listed([reject.record_id for reject in rejects if reject.record_id])
            taken = replace(
                run,
                position=batch.position,
                tally=counted(run.tally, outcomes, rejects),
                rejects_bytes=set_aside(rejects) if rejects else run.rejects_bytes,
            )
            connection.execute(
                "UPDATE import_run SET position = ?, tally = ?, rejects_bytes = ? WHERE run_id = ?",
                (_dump(taken.position), _dump(taken.tally), taken.rejects_bytes, taken.run_id),
            )
        return taken

    def finish_import(self, run: ImportRun, at: datetime, record: RecordRun = lambda _: None) -> None:
        """Mark a run as complete, with its record."""
        with self._file.transaction() as connection:
            _end_run(connection, run, at)
            record(run)

    def count_absent(self, run: ImportRun) -> int:
        """Count the records that the file of this run does not list."""
        return len(_absent(self._file.connection, run))

    def remove_absent(self, run: ImportRun, expected: int, at: datetime) -> ImportRun:
        """Remove the records that the file does not list, if they are as many as expected; give the run with that."""
        with self._file.transaction() as connection:
            numbers = _absent(connection, run)
            if len(numbers) != expected:
                detail = f"{len(numbers)} records are not in the file, not {expected}: none was removed"
                raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
            for number in numbers:
                _erase(connection, number, at, "absent")
            connection.execute("UPDATE import_run SET removed = ? WHERE run_id = ?", (expected, run.run_id))
        self._file.shrink_log()
        return replace(run, removed=expected)

    def latest_run(self) -> ImportRun | None:
        """Give the newest run, finished or not, or None before the first."""
        row = self._one("SELECT * FROM import_run ORDER BY run_id DESC LIMIT 1")
        return _run(row) if row else None

    def runs(self, most: int) -> list[KeptRun]:
        """Give the newest runs, newest first."""
        return [
            KeptRun(_run(row), datetime.fromisoformat(row["started_at"]), _moment(row["ended_at"]))
            for row in self._all("SELECT * FROM import_run ORDER BY run_id DESC LIMIT ?", most)
        ]

    def run(self, run_id: int) -> ImportRun | None:
        """Give one run, or None where there is none of that number."""
        row = self._one("SELECT * FROM import_run WHERE run_id = ?", run_id)
        return _run(row) if row else None

    # Records

    def find(self, text: str, after: str, most: int) -> list[tuple[StoredRecord, bool]]:
        """Give current revisions by the beginning of the id or part of a name, and whether each is enrolled."""
        rows = find_rows(self._file.connection, text, after, most)
        return [(_stored(row), bool(row["is_enrolled"])) for row in rows]

    def outline_counts(self) -> Iterator[tuple[str, int]]:
        """Give what rules are worked out from, with how many records have just that."""
        for row in self._all(_OUTLINE_COUNTS):
            yield row["outline"], row["records"]

    def current(self, record_id: str) -> StoredRecord | None:
        """Give the current revision, or None when there is no such record or it was removed."""
        row = self._one(f"{_STORED} AND v.revision = r.current WHERE r.record_id = ?", record_id)
        return _stored(row) if row else None

    def get(self, record_id: str, revision: int) -> StoredRecord | None:
        """Give one revision, or None when it is not kept or the record was removed."""
        row = self._one(f"{_STORED} WHERE r.record_id = ? AND v.revision = ?", record_id, revision)
        return _stored(row) if row else None

    def revision(self, number: int, revision: int) -> Record | None:
        """Give the record behind an index entry as it was enrolled, or None when it is removed or not kept."""
        row = self._one("SELECT row_json FROM revision WHERE number = ? AND revision = ?", number, revision)
        return _read(row["row_json"]) if row else None

    def current_of(self, number: int) -> Record | None:
        """Give the record of that number as it stands now, or None when it is removed or unknown."""
        row = self._one(f"{_STORED} AND v.revision = r.current WHERE r.number = ?", number)
        return _read(row["row_json"]) if row else None

    def records(self, after: str = "") -> Iterator[StoredRecord]:
        """Give all current revisions in the order of their ids, those after one id, in constant memory."""
        last = after
        query = f"{_STORED} AND v.revision = r.current WHERE r.record_id > ? ORDER BY r.record_id LIMIT ?"
        while page := self._all(query, last, _PAGE):
            yield from map(_stored, page)
            last = page[-1]["record_id"]

    def ids_by_slips(self, may_slip: Callable[[Mapping[str, Any]], bool], after: str = "") -> list[str]:
        """Give the ids of the current records that may have a slip."""
        different = (row["slip_fields"] for row in self._all(_DIFFERENT_SLIPS) if row["slip_fields"])
        suspected = [text for text in different if may_slip(dict(zip(SLIP_FIELDS, json.loads(text), strict=True)))]
        return [row["record_id"] for row in self._all(_WITH_SLIPS, json.dumps(suspected), after)]

    def states(self) -> Iterator[RecordState]:
        """Give the state of every record, removed ones too, in the order of their numbers, in constant memory."""
        last = -1
        query = "SELECT number, current, enrolled, removed_at FROM record WHERE number > ? ORDER BY number LIMIT ?"
        while page := self._all(query, last, _PAGE):
            for row in page:
                yield RecordState(row["number"], row["current"], row["enrolled"], row["removed_at"] is not None)
            last = page[-1]["number"]

    def load(self, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Record]:
        """Give the records of these (number, revision) pairs; those removed or not kept are left out."""
        found = {pair: self.revision(*pair) for pair in wanted}
        return {pair: record for pair, record in found.items() if record is not None}

    def outlines(self, numbers: Sequence[int]) -> dict[int, str]:
        """Give of each of these records what its rules are worked out from; those removed or unknown are left out."""
        rows = self._all(_OUTLINES, json.dumps(list(numbers)))
        return {row["number"]: row["outline"] for row in rows}

    def identify(self, numbers: Sequence[int]) -> dict[int, str]:
        """Give the record ids of these numbers."""
        rows = (self._one("SELECT number, record_id FROM record WHERE number = ?", number) for number in numbers)
        return {row["number"]: row["record_id"] for row in rows if row}

    def remove(self, record_id: str, at: datetime, reason: RemovalReason = "operator") -> int | None:
        """Erase a record and leave a tombstone; give its number, or None if unknown."""
        with self._file.transaction() as connection:
            row = connection.execute("SELECT number FROM record WHERE record_id = ?", (record_id,)).fetchone()
            if row is None:
                return None
            number = int(row["number"])
            _erase(connection, number, at, reason)
        self._file.shrink_log()
        return number

    def restore(self, record_id: str) -> bool:
        """Let the next import bring back a record that was removed by hand; give False when there is none such."""
        with self._file.transaction() as connection:
            changed = connection.execute(
                "UPDATE record SET removed_why = 'absent' WHERE removed_why = 'operator' AND record_id = ?",
                (record_id,),
            )
            return changed.rowcount > 0

    def mark_enrolled(self, enrolled: Sequence[tuple[int, int]], at: datetime) -> None:
        """Note that the index holds these (number, revision) pairs, which makes older revisions superseded."""
        with self._file.transaction() as connection:
            connection.executemany(
                "UPDATE record SET enrolled = ? WHERE number = ?", [(revision, number) for number, revision in enrolled]
            )
            connection.executemany(
                "UPDATE revision SET superseded_at = ? WHERE number = ? AND revision < ? AND superseded_at IS NULL",
                [(at.isoformat(), number, revision) for number, revision in enrolled],
            )

    def forget_superseded(self, before: datetime) -> int:
        """Erase revisions superseded before then; give how many."""
        with self._file.transaction() as connection:
            erased = connection.execute("DELETE FROM revision WHERE superseded_at < ?", (before.isoformat(),)).rowcount
        if erased:
            self._file.shrink_log()
        return erased

    def has_pending(self) -> bool:
        """Say whether some record's current revision is not enrolled, as far as the store was told."""
        found = self._one(
            "SELECT EXISTS (SELECT 1 FROM record WHERE enrolled <> current AND removed_at IS NULL) AS pending"
        )
        return bool(found["pending"])

    def counts(self) -> RecordCounts:
        """Count."""
        row = self._one(
            "SELECT count(*) - count(removed_at) AS records, count(removed_at) AS removed,"
            " (SELECT count(*) FROM revision) AS revisions,"
            " (SELECT count(*) FROM record WHERE enrolled <> current AND removed_at IS NULL) AS pending FROM record"
        )
        return RecordCounts(**row)

    def _one(self, query: str, *values: Any) -> Any:
        return self._file.connection.execute(query, values).fetchone()

    def _all(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return self._file.connection.execute(query, values).fetchall()


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _absent(connection: sqlite3.Connection, run: ImportRun) -> list[int]:
    rows = connection.execute(
        "SELECT number FROM record WHERE run <> ? AND kept_run <> ? AND removed_at IS NULL", (run.run_id, run.run_id)
    )
    return [row["number"] for row in rows]


def _erase(connection: sqlite3.Connection, number: int, at: datetime, reason: RemovalReason) -> None:
    connection.execute("DELETE FROM revision WHERE number = ?", (number,))
    connection.execute(
        "UPDATE record SET digest = '', removed_why = ?, removed_at = coalesce(removed_at, ?) WHERE number = ?",
        (reason, at.isoformat(), number),
    )


def _new_run(connection: sqlite3.Connection, source: str, row_format: RowFormat, at: datetime) -> ImportRun:
    inserted = connection.execute(
        "INSERT INTO import_run (source, row_format, started_at, position, tally, rejects_bytes)"
        " VALUES (?, ?, ?, ?, ?, 0)",
        (source, row_format, at.isoformat(), _dump(Position()), _dump(Tally())),
    )
    return ImportRun(int(inserted.lastrowid or 0), source, row_format, Position(), Tally(), 0)


def _end_run(connection: sqlite3.Connection, run: ImportRun, at: datetime) -> None:
    connection.execute("UPDATE import_run SET ended_at = ? WHERE run_id = ?", (at.isoformat(), run.run_id))


def _run(row: sqlite3.Row) -> ImportRun:
    position, tally = Position(**json.loads(row["position"])), Tally(**json.loads(row["tally"]))
    return ImportRun(
        row["run_id"], row["source"], row["row_format"], position, tally, row["rejects_bytes"], row["removed"]
    )


def _stored(row: sqlite3.Row) -> StoredRecord:
    imported_at = datetime.fromisoformat(row["imported_at"])
    return StoredRecord(row["number"], row["revision"], _read(row["row_json"]), row["digest"], imported_at)


def _read(row_json: str) -> Record:
    return parse_record(json.loads(row_json))


def _dump(value: Position | Tally) -> str:
    return json.dumps(asdict(value))
