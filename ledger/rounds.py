"""When a log was last shown to its witnesses, and when enough of them had last cosigned it; for the log's own party.

Times are those of the party's own clock. How long ago one was is measured by two clocks, and the longer counts: a clock
that is set back makes nothing younger, and a machine that slept makes nothing younger either. A time that lies ahead of
the clock when the program starts says nothing, so it counts as infinitely long ago.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass

TOLERANCE = 120.0
"""Seconds by which a time read at the start may lie ahead of the clock."""

ROUNDS_TABLE = """
CREATE TABLE IF NOT EXISTS round (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  began INTEGER NOT NULL, asked INTEGER NOT NULL, size INTEGER NOT NULL, witnessed INTEGER NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Rounds:
    """When the log was first served, when witnesses were last asked about which size, when enough had cosigned.

    In Unix seconds; 0 for never.
    """

    began: int = 0
    asked: int = 0
    size: int = 0
    witnessed: int = 0


class Elapsed:
    """How long ago a moment was, by the wall clock and the monotonic one; the longer counts. Seconds."""

    def __init__(self, moment: float, wall: float, monotonic: float) -> None:
        """Take the moment and what both clocks show now."""
        self._moment = moment
        self._monotonic = monotonic
        self._before = wall - moment if wall - moment >= -TOLERANCE else math.inf

    def seconds(self, wall: float, monotonic: float) -> float:
        """Give the seconds since the moment."""
        return max(self._before + monotonic - self._monotonic, wall - self._moment)


def read_rounds(connection: sqlite3.Connection) -> Rounds:
    """Give what is noted; nothing yet in a log that was never served."""
    row = connection.execute("SELECT began, asked, size, witnessed FROM round").fetchone()
    return Rounds(*row) if row else Rounds()


def write_rounds(connection: sqlite3.Connection, rounds: Rounds) -> None:
    """Note it. To be called in a transaction that writes."""
    values = (rounds.began, rounds.asked, rounds.size, rounds.witnessed)
    connection.execute("INSERT OR REPLACE INTO round VALUES (1, ?, ?, ?, ?)", values)
