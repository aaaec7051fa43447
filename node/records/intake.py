"""Taking rows of a list into the SQLite store: what is new, what has changed, what is refused.

All of it happens inside the transaction of the batch (`node.records.sqlite.SqliteRecordStore.take`).
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from node.records.rows import parse_record
from node.records.store import AcceptedRow, ImportRun, Outcome, Reject, Tally


class Intake:
    """Stores accepted rows inside a transaction, each compared with what is there."""

    def __init__(self, connection: sqlite3.Connection, run: ImportRun, at: datetime) -> None:
        """Take the connection of the transaction, and the run and time that new revisions carry."""
        self._connection = connection
        self._run = run
        self._at = at.isoformat()

    def store(self, rows: Sequence[AcceptedRow]) -> tuple[list[Outcome], list[Reject]]:
        """Store the rows; give what became of each, and those refused because of what is already there."""
        outcomes: list[Outcome] = []
        refused = []
        for row in rows:
            outcome, reason = self._store_one(row)
            outcomes.append(outcome)
            if outcome == "refused":
                refused.append(
                    Reject(row.line, row.offset, "record_id", reason, row.content, record_id=row.record.record_id)
                )
        return outcomes, refused

    def keep_listed(self, record_ids: Sequence[str]) -> None:
        """Note that these rows were set aside but are listed, so that replacing a list does not remove the records."""
        self._connection.executemany(
            "UPDATE record SET kept_run = ? WHERE record_id = ?", [(self._run.run_id, one) for one in record_ids]
        )

    def _store_one(self, row: AcceptedRow) -> tuple[Outcome, str]:
        record_id, text = row.record.record_id, row.record.to_json()
        digest = sha256(text.encode()).hexdigest()
        known = self._connection.execute("SELECT * FROM record WHERE record_id = ?", (record_id,)).fetchone()
        if known is None:
            return self._add(row, text, digest), ""
        if known["run"] == self._run.run_id:
            return "refused", f"stands on line {known['line']} of this file already"
        if known["removed_why"] == "operator":
            return "refused", "was removed by hand: restore it first if it is to come back"
        number = known["number"]
        if known["digest"] == digest:
            self._connection.execute(
                "UPDATE record SET run = ?, line = ? WHERE number = ?", (self._run.run_id, row.line, number)
            )
            return "unchanged", ""
        revision = known["current"]
        if self._is_same_subject(row, number, revision):
            self._amend_revision(number, revision, text, digest)
        else:
            revision += 1
            self._add_revision(number, revision, text, digest)
        self._connection.execute(
            "UPDATE record SET current = ?, digest = ?, removed_at = NULL, removed_why = NULL, run = ?, line = ?"
            " WHERE number = ?",
            (revision, digest, self._run.run_id, row.line, number),
        )
        return ("added" if known["removed_at"] else "changed"), ""

    def _add(self, row: AcceptedRow, text: str, digest: str) -> Outcome:
        # Random, so that neither the number nor the order of enrolment tells a record's place in the list.
        number = secrets.randbits(63)
        self._connection.execute(
            "INSERT INTO record (number, record_id, current, digest, run, line) VALUES (?, ?, 1, ?, ?, ?)",
            (number, row.record.record_id, digest, self._run.run_id, row.line),
        )
        self._add_revision(number, 1, text, digest)
        return "added"

    def _is_same_subject(self, row: AcceptedRow, number: int, revision: int) -> bool:
        """Say whether what is compared stays as it is, so that no token changes and nothing has to be enrolled."""
        stored = self._connection.execute(
            "SELECT row_json FROM revision WHERE number = ? AND revision = ?", (number, revision)
        ).fetchone()
        return stored is not None and parse_record(json.loads(stored["row_json"])).subject == row.record.subject

    def _amend_revision(self, number: int, revision: int, text: str, digest: str) -> None:
        self._connection.execute(
            "UPDATE revision SET row_json = ?, digest = ?, imported_at = ? WHERE number = ? AND revision = ?",
            (text, digest, self._at, number, revision),
        )

    def _add_revision(self, number: int, revision: int, text: str, digest: str) -> None:
        self._connection.execute(
            "INSERT INTO revision (number, revision, row_json, digest, imported_at) VALUES (?, ?, ?, ?, ?)",
            (number, revision, text, digest, self._at),
        )


def counted(tally: Tally, outcomes: Sequence[Outcome], rejects: Sequence[Reject]) -> Tally:
    """Give the tally with one more batch; the refused rows are among the rejects."""
    return Tally(
        read=tally.read + len(outcomes) + len(rejects) - outcomes.count("refused"),
        added=tally.added + outcomes.count("added"),
        changed=tally.changed + outcomes.count("changed"),
        unchanged=tally.unchanged + outcomes.count("unchanged"),
        rejected=tally.rejected + len(rejects),
        nameless=tally.nameless + sum(not reject.record_id for reject in rejects),
    )
