"""Batches in one SQLite file of their own, ``data/batches.db``: lists being asked, and what came of their rows.

The persons are the only thing in it that describes anybody, and each is erased in the commit that stores what came of
its row. A row is marked as being asked before its query leaves, with the query's id, by which the log is asked after an
interruption what became of it (`node.batches.settling`). A copy of this file for anybody else takes persons with it
only while rows wait.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlite_utils import Database, Migrations

from node.batches.reading import ReadList
from node.batches.states import OPEN, OUTCOMES, BatchState, KeptOutcome, Left, merged, result_of, to_ask_again
from node.database import SqliteStore
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.desk_pb2 import QueryRequest

PREPARED_FOR = timedelta(hours=1)
"""How long a list that nobody starts is kept."""

NO_SUCH_BATCH = "no batch of this reference; it may have been erased"

MIGRATIONS = Migrations("batches")


@MIGRATIONS()
def create_tables(database: Database) -> None:
    """Create batches and rows."""
    for statement in (
        """CREATE TABLE batch (
            reference TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT NOT NULL,
            query BLOB NOT NULL,  -- a QueryRequest without a person
            headings TEXT NOT NULL,  -- JSON
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE batch_row (
            batch TEXT NOT NULL,
            number INTEGER NOT NULL,
            line INTEGER NOT NULL,
            reference TEXT NOT NULL,
            state TEXT NOT NULL,
            person TEXT,  -- none once it is known what came of the row
            recipients TEXT NOT NULL,  -- JSON: whom to ask; empty for all that the query names
            query_id BLOB,
            log_from INTEGER,
            field TEXT NOT NULL,
            reason TEXT NOT NULL,
            outcomes TEXT NOT NULL,  -- JSON
            PRIMARY KEY (batch, number)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX batch_row_state ON batch_row (batch, state, number)",
    ):
        database.execute(statement)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch without its rows; ``counts`` are the rows by state."""

    reference: str
    owner: str
    state: BatchState
    reason: str
    query: QueryRequest = field(repr=False)
    headings: tuple[tuple[str, str], ...]
    created_at: datetime
    changed_at: datetime
    counts: dict[str, int]

    @property
    def rows(self) -> int:
        """Give the number of rows of the list."""
        return sum(self.counts.values())

    def count(self, *states: str) -> int:
        """Give the number of rows in some states."""
        return sum(self.counts.get(state, 0) for state in states)

    def kept_until(self, days: int) -> datetime:
        """Give when it is erased unless it is used before."""
        return self.changed_at + (PREPARED_FOR if self.state == "prepared" else timedelta(days=days))


Recording = Callable[[Batch], None]
"""Writes into the disclosure log what is about to be done with a batch; what it raises undoes all of it."""


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row that is marked as being asked."""

    batch: str
    number: int
    person: str = field(repr=False)
    recipients: tuple[str, ...]
    query_id: bytes
    log_from: int


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row as its batch shows it."""

    number: int
    line: int
    reference: str = field(repr=False)
    state: str
    field: str
    reason: str
    outcomes: tuple[KeptOutcome, ...]


class BatchStore(SqliteStore):
    """The batches of a node. Any thread may call; one process asks."""

    migrations = (MIGRATIONS,)

    def add(self, reference: str, owner: str, query: QueryRequest, read: ReadList, now: datetime) -> Batch:
        """Keep a list that was read; it is not asked yet."""
        at = now.isoformat()
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO batch VALUES (?, ?, 'prepared', '', ?, ?, ?, ?)",
                (reference, owner, query.SerializeToString(), json.dumps(read.renamed), at, at),
            )
            connection.executemany(
                "INSERT INTO batch_row VALUES (?, ?, ?, ?, ?, ?, '[]', NULL, NULL, ?, ?, '[]')",
                (
                    (reference, number, row.line, row.reference, row.state, row.person or None, row.field, row.reason)
                    for number, row in enumerate(read.rows, 1)
                ),
            )
        return self.named(reference)

    def named(self, reference: str) -> Batch:
        """Give a batch; raise `SymbolonError` (`NOT_FOUND`) where there is none."""
        row = self._file.connection.execute("SELECT * FROM batch WHERE reference = ?", (reference,)).fetchone()
        if row is None:
            raise SymbolonError(ErrorCode.NOT_FOUND, NO_SUCH_BATCH)
        return self._batch(row)

    def all(self, state: BatchState | None = None) -> list[Batch]:
        """Give all batches, or those in a state, the newest first."""
        rows = self._file.connection.execute(
            "SELECT * FROM batch WHERE ? IS NULL OR state = ? ORDER BY created_at DESC", (state, state)
        )
        return [self._batch(row) for row in rows.fetchall()]

    def rows(self, reference: str, states: Sequence[str], after: int, most: int) -> list[KeptRow]:
        """Give rows of a batch after a number, in the order of the list; of the states named, or of all."""
        marks = ",".join("?" * len(states))
        among = f"AND state IN ({marks})" if states else ""
        found = self._file.connection.execute(
            f"SELECT * FROM batch_row WHERE batch = ? AND number > ? {among} ORDER BY number LIMIT ?",  # noqa: S608
            (reference, after, *states, most),
        )
        return [_kept_row(row) for row in found.fetchall()]

    def begin(self, reference: str, now: datetime, record: Recording, *, ask_unknown: bool) -> None:
        """Let a batch be asked that is not being asked already. Raises where it is over, or has no row."""
        with self._file.transaction() as connection:
            before = self.named(reference)
            _check_not_over(before)
            if ask_unknown:
                connection.execute(
                    "UPDATE batch_row SET state = 'waiting' WHERE batch = ? AND state = 'unknown'", (reference,)
                )
            if not self.named(reference).count("waiting", "asking"):
                raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "no row of the batch waits to be asked")
            if before.state != "running":
                record(before)
            _change(connection, reference, "running", "", now)

    def take(self, reference: str, query_id: bytes, log_from: int) -> TakenRow | None:
        """Mark the next row that waits as being asked, durably; None where none waits or the batch does not run."""
        with self._file.transaction() as connection:
            row = connection.execute(
                "SELECT batch_row.* FROM batch_row JOIN batch ON batch.reference = batch_row.batch"
                " WHERE batch = ? AND batch_row.state = 'waiting' AND batch.state = 'running' ORDER BY number LIMIT 1",
                (reference,),
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE batch_row SET state = 'asking', query_id = ?, log_from = ? WHERE batch = ? AND number = ?",
                (query_id, log_from, reference, row["number"]),
            )
        recipients = tuple(json.loads(row["recipients"]))
        return TakenRow(reference, row["number"], row["person"], recipients, query_id, log_from)

    def put_back(self, row: TakenRow) -> None:
        """Let a row wait again: nothing of it left."""
        self._settle(row, "waiting", row.recipients, None)

    def store(self, row: TakenRow, outcomes: Iterable[KeptOutcome]) -> str:
        """Keep what came of a row, and erase its person; give its state.

        Where a node's quota was used up, the row waits for being asked there again, and its person is kept.
        """
        with self._file.transaction() as connection:
            all_of_them = merged(_outcomes(connection, row), outcomes)
            again = to_ask_again(all_of_them)
            state = "waiting" if again else result_of(all_of_them)
            _write(connection, row, state, again, all_of_them)
        self._shrink()
        return state

    def fail(self, row: TakenRow, reason: str) -> None:
        """Keep that a row cannot be asked as it stands, and erase its person."""
        with self._file.transaction() as connection:
            _write(connection, row, "failed", (), _outcomes(connection, row), reason)
        self._shrink()

    def settle(self, row: TakenRow, left: Left) -> None:
        """Keep what the log says became of a row that was being asked."""
        self._settle(row, left.state, left.again or row.recipients, left.outcomes)

    def interrupted(self) -> list[TakenRow]:
        """Give all rows that are marked as being asked."""
        found = self._file.connection.execute("SELECT * FROM batch_row WHERE state = 'asking' ORDER BY batch, number")
        return [
            TakenRow(
                row["batch"],
                row["number"],
                row["person"],
                tuple(json.loads(row["recipients"])),
                row["query_id"],
                row["log_from"],
            )
            for row in found.fetchall()
        ]

    def change(self, reference: str, state: BatchState, reason: str, now: datetime) -> None:
        """Let a batch that runs stand otherwise; one that was cancelled meanwhile stays so."""
        with self._file.transaction() as connection:
            if connection.execute(
                "SELECT 1 FROM batch WHERE reference = ? AND state = 'running'", (reference,)
            ).fetchone():
                _change(connection, reference, state, reason, now)

    def cancel(self, reference: str, now: datetime, record: Recording) -> Batch:
        """Give up what was not asked, and erase its persons; a row that is being asked still tells what came of it.

        Raises `SymbolonError` (`STEP_NOT_POSSIBLE`) where it is over.
        """
        with self._file.transaction() as connection:
            before = self.named(reference)
            _check_not_over(before)
            record(before)
            connection.execute(
                "UPDATE batch_row SET state = iif(state = 'waiting', 'not_asked', state), person = NULL"
                " WHERE batch = ? AND state IN ('waiting', 'unknown')",
                (reference,),
            )
            _change(connection, reference, "cancelled", "", now)
        self._shrink()
        return self.named(reference)

    def erase(self, reference: str, record: Recording) -> None:
        """Erase a batch with all of its rows; raise `SymbolonError` (`STEP_NOT_POSSIBLE`) where it is being asked."""
        with self._file.transaction() as connection:
            before = self.named(reference)
            if before.state == "running":
                raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "the batch is running: cancel it first")
            record(before)
            connection.execute("DELETE FROM batch_row WHERE batch = ?", (reference,))
            connection.execute("DELETE FROM batch WHERE reference = ?", (reference,))
        self._shrink()

    def _settle(
        self, row: TakenRow, state: str, recipients: tuple[str, ...], outcomes: Iterable[KeptOutcome] | None
    ) -> None:
        with self._file.transaction() as connection:
            before = _outcomes(connection, row)
            _write(connection, row, state, recipients, before if outcomes is None else merged(before, outcomes))
        self._shrink()

    def _shrink(self) -> None:
        """Take what was erased out of the write-ahead log, too."""
        self._file.shrink_log(0.05)

    def _batch(self, row: sqlite3.Row) -> Batch:
        counted = self._file.connection.execute(
            "SELECT state, count(*) AS rows FROM batch_row WHERE batch = ? GROUP BY state", (row["reference"],)
        )
        return Batch(
            row["reference"],
            row["owner"],
            row["state"],
            row["reason"],
            QueryRequest.FromString(row["query"]),
            tuple((written, name) for written, name in json.loads(row["headings"])),
            datetime.fromisoformat(row["created_at"]),
            datetime.fromisoformat(row["changed_at"]),
            {one["state"]: one["rows"] for one in counted.fetchall()},
        )


def _check_not_over(batch: Batch) -> None:
    if batch.state in ("finished", "cancelled"):
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, f"the batch is {batch.state}")


def _change(connection: sqlite3.Connection, reference: str, state: str, reason: str, now: datetime) -> None:
    connection.execute(
        "UPDATE batch SET state = ?, reason = ?, changed_at = ? WHERE reference = ?",
        (state, reason, now.isoformat(), reference),
    )


def _outcomes(connection: sqlite3.Connection, row: TakenRow) -> tuple[KeptOutcome, ...]:
    found = connection.execute(
        "SELECT outcomes FROM batch_row WHERE batch = ? AND number = ?", (row.batch, row.number)
    ).fetchone()
    return OUTCOMES.validate_json(found["outcomes"]) if found else ()


def _write(
    connection: sqlite3.Connection,
    row: TakenRow,
    state: str,
    recipients: tuple[str, ...],
    outcomes: Sequence[KeptOutcome],
    reason: str = "",
) -> None:
    """Write what became of a row, unless it was erased meanwhile; in a cancelled batch nothing waits any more."""
    over = connection.execute(
        "SELECT 1 FROM batch WHERE reference = ? AND state = 'cancelled'", (row.batch,)
    ).fetchone()
    if over and state == "waiting":
        state = result_of(outcomes) if outcomes else "not_asked"
    keeps = state in OPEN and not over
    connection.execute(
        "UPDATE batch_row SET state = ?, person = iif(?, person, NULL), recipients = ?, query_id = NULL,"
        " log_from = NULL, outcomes = ?, reason = ? WHERE batch = ? AND number = ?",
        (
            state,
            keeps,
            json.dumps(recipients),
            OUTCOMES.dump_json(tuple(outcomes)).decode(),
            reason,
            row.batch,
            row.number,
        ),
    )


def _kept_row(row: sqlite3.Row) -> KeptRow:
    outcomes = OUTCOMES.validate_json(row["outcomes"])
    return KeptRow(row["number"], row["line"], row["reference"], row["state"], row["field"], row["reason"], outcomes)
