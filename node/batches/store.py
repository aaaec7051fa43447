"""Batches in one SQLite file of their own, ``data/batches.db``: lists being asked, and what came of their rows.

The persons are the only thing in it that describes anybody, and each is erased in the commit that stores what came of
its row. A row is marked as being asked before its query leaves, with the query's id, by which the log is asked after an
interruption what became of it (`node.batches.settling`). A copy of this file for anybody else takes persons with it
only while rows wait.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlite_utils import Database, Migrations

from node.batches.kept import Batch, KeptRow, Recording, TakenRow
from node.batches.reading import ReadList
from node.batches.states import (
    OPEN,
    OUTCOMES,
    BatchState,
    KeptOutcome,
    Left,
    given_up,
    merged,
    out_of_reach,
    result_of,
    to_ask_again,
)
from node.database import SqliteStore
from node.disk import check_room
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.desk_pb2 import QueryRequest

MOST_PREPARED = 5
"""Lists of one officer that wait for their start."""

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


class BatchStore(SqliteStore):
    """The batches of a node. Any thread may call; one process asks."""

    migrations = (MIGRATIONS,)

    def add(self, reference: str, owner: str, query: QueryRequest, read: ReadList, now: datetime) -> Batch:
        """Keep a list that was read; it is not asked yet. Of an officer's that wait for a start, the oldest give way.

        Raises `SymbolonError` (`BUSY`) where the disk has no room for it.
        """
        check_room(self._file.path.parent, sum(len(row.person) for row in read.rows))
        at = now.isoformat()
        with self._file.transaction() as connection:
            for before in self.prepared_by(owner)[MOST_PREPARED - 1 :]:
                _erase(connection, before)
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
        self._shrink()
        return self.named(reference)

    def prepared_by(self, owner: str) -> list[str]:
        """Give an officer's batches that wait for their start, the newest first."""
        rows = self._file.connection.execute(
            "SELECT reference FROM batch WHERE state = 'prepared' AND owner = ? ORDER BY created_at DESC", (owner,)
        )
        return [row["reference"] for row in rows.fetchall()]

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
        with self._file.transaction() as connection:
            _write(connection, row, "waiting", row.recipients, _outcomes(connection, row))
        self._shrink()

    def store(self, row: TakenRow, outcomes: Iterable[KeptOutcome]) -> str:
        """Keep what came of a row, and erase its person; give its state.

        Where a node's quota was used up, the row waits for being asked there again, and its person is kept.
        """
        return self._keep(row, outcomes, ())

    def fail(self, row: TakenRow, reason: str) -> None:
        """Keep that a row cannot be asked as it stands, and erase its person; what came of it before stays."""
        with self._file.transaction() as connection:
            before = _outcomes(connection, row)
            _write(connection, row, given_up("failed", before, row.recipients), (), before, reason)
        self._shrink()

    def settle(self, row: TakenRow, left: Left | None) -> None:
        """Keep what the log says became of a row that was being asked; none where nothing of it left."""
        if left is None:
            self.put_back(row)
        else:
            self._keep(row, left.outcomes, left.missing)

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
            _check_not_over(self.named(reference))
            given = connection.execute(
                "SELECT * FROM batch_row WHERE batch = ? AND state IN ('waiting', 'unknown')", (reference,)
            )
            connection.executemany(
                "UPDATE batch_row SET state = ?, person = NULL WHERE batch = ? AND number = ?",
                [(_given_up(row), reference, row["number"]) for row in given.fetchall()],
            )
            _change(connection, reference, "cancelled", "", now)
            record(self.named(reference))
        self._shrink()
        return self.named(reference)

    def erase(self, reference: str, record: Recording) -> None:
        """Erase a batch with all of its rows; raise `SymbolonError` (`STEP_NOT_POSSIBLE`) where it is being asked."""
        with self._file.transaction() as connection:
            before = self.named(reference)
            if before.state == "running":
                raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "the batch is running: cancel it first")
            record(before)
            _erase(connection, reference)
        self._shrink()

    def _keep(self, row: TakenRow, outcomes: Iterable[KeptOutcome], missing: tuple[str, ...]) -> str:
        """Keep what is known of a row by now, and whom to ask about it again; give its state."""
        with self._file.transaction() as connection:
            now = map(out_of_reach, outcomes) if row.recipients else outcomes
            known = merged(_outcomes(connection, row), now)
            again = missing or to_ask_again(known)
            state = "unknown" if missing else "waiting" if again else result_of(known)
            _write(connection, row, state, again, known)
        self._shrink()
        return state

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


def _erase(connection: sqlite3.Connection, reference: str) -> None:
    connection.execute("DELETE FROM batch_row WHERE batch = ?", (reference,))
    connection.execute("DELETE FROM batch WHERE reference = ?", (reference,))


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
    if over and state in OPEN:
        state = given_up(state, outcomes, recipients)
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


def _given_up(row: sqlite3.Row) -> str:
    return given_up(row["state"], OUTCOMES.validate_json(row["outcomes"]), json.loads(row["recipients"]))


def _kept_row(row: sqlite3.Row) -> KeptRow:
    outcomes = OUTCOMES.validate_json(row["outcomes"])
    return KeptRow(row["number"], row["line"], row["reference"], row["state"], row["field"], row["reason"], outcomes)
