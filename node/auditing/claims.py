"""Claims of all logs, sorted by what they are about, on disk while a comparison runs: SQLite without a name.

Exports may have a million entries each. SQLite sorts them outside memory, in a file that is gone with the process; what
is in it is what the entries say in clear.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any, Self

from auditing.reconciliation import MOST_CLAIMS, Group
from auditing.reconciliation_claims import Claim

_TOGETHER = 5_000
"""Rows inserted at a time."""

_COLUMNS = "topic, key, log, number, time, event, facts"


class ClaimStore:
    """Takes claims in any order and gives them in groups, as often as wanted."""

    def __init__(self) -> None:
        """Make the file; SQLite deletes it when it is closed or the process dies."""
        self._connection = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32768", "temp_store=FILE"):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.execute(f"CREATE TABLE claim ({_COLUMNS})")
        self._waiting: list[tuple[object, ...]] = []

    def __enter__(self) -> Self:
        """Give the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the file."""
        self._connection.close()

    def add(self, claims: Iterable[Claim]) -> None:
        """Take claims."""
        for one in claims:
            facts = json.dumps(one.facts, separators=(",", ":"), default=list)
            self._waiting.append((one.topic, one.key, one.log, one.number, one.time, one.event, facts))
        if len(self._waiting) >= _TOGETHER:
            self._flush()

    def sort(self) -> None:
        """Sort what was taken; no more is."""
        self._flush()
        order = "ORDER BY topic, key, log, number"
        self._connection.execute(f"CREATE TABLE sorted AS SELECT {_COLUMNS} FROM claim {order}")  # noqa: S608
        self._connection.execute("DROP TABLE claim")

    def groups(self) -> Iterator[Group]:
        """Give the claims about one thing after the other."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM sorted ORDER BY rowid")  # noqa: S608  # constants
        for _, group in groupby(rows, key=lambda row: (row[0], row[1])):
            yield [_claim(row) for row in islice(group, MOST_CLAIMS + 1)]

    def _flush(self) -> None:
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?)", self._waiting)
        self._connection.execute("COMMIT")
        self._waiting.clear()


def _claim(row: tuple[Any, ...]) -> Claim:
    topic, key, log, number, time, event, facts = row
    return Claim(topic, key, log, number, time, event, json.loads(facts))
