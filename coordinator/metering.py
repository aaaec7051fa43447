"""Quotas: counts of what an agency used on a UTC day, durable before they are used.

`DailyMeter.take` adds to a count only if the sum stays within the limit, in one SQLite statement with
``synchronous=FULL``: when it has returned, the amount is on disk. A process killed afterwards has counted what it may
not have answered, never the other way round. Counts are per day, agency and kind; nothing else is kept.
"""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import open_database

_TABLE = """
CREATE TABLE IF NOT EXISTS counted (
  day TEXT NOT NULL, agency TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY (day, agency, kind)
) WITHOUT ROWID, STRICT
"""
_TAKE = """
INSERT INTO counted (day, agency, kind, amount) VALUES (:day, :agency, :kind, :amount)
ON CONFLICT DO UPDATE SET amount = amount + excluded.amount WHERE amount + excluded.amount <= :limit
"""


class DailyMeter:
    """The counts in one database file. Methods block for a disk commit: call them from a thread."""

    def __init__(self, path: Path) -> None:
        """Open or make the file."""
        self._lock = threading.Lock()
        self._database = open_database(path, _TABLE)

    def take(self, moment: datetime, agency: str, kind: str, amount: int, limit: int) -> None:
        """Count ``amount`` on the UTC day of ``moment``, or raise `SymbolonError` and count nothing.

        `QUOTA_EXHAUSTED` when the day's limit would be passed, `LOG_NOT_WRITABLE` when the file cannot be written.
        """
        values = {"day": _day(moment), "agency": agency, "kind": kind, "amount": amount, "limit": limit}
        try:
            with self._lock:
                taken = amount <= limit and self._database.execute(_TAKE, values).rowcount == 1
        except sqlite3.Error as error:  # what cannot be counted is not done
            raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE, f"the daily counts: {type(error).__name__}") from None
        if not taken:
            raise SymbolonError(ErrorCode.QUOTA_EXHAUSTED, f"{kind}, {limit} a day")

    def counted(self, moment: datetime, agency: str, kind: str) -> int:
        """Give what was counted on the UTC day of ``moment``."""
        query = "SELECT amount FROM counted WHERE day = ? AND agency = ? AND kind = ?"
        with self._lock:
            row = self._database.execute(query, (_day(moment), agency, kind)).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> DailyMeter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
