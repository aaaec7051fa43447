"""Which holds stand in a log, and the values they name: from its entries alone, since no proof covers anything else.

A hold keeps its own entry too, which names the value. So while it stands, the opening of that value has to be there and
to be what the entry committed to; where it is not, nobody knows what was to be kept, and nothing may be erased.
"""

from __future__ import annotations

import sqlite3

from ledger.entries import DamagedLogError, Entry, check_committed
from ledger.federation_events import HoldLifted, HoldPlaced
from ledger.reading import checked_entries, last_entry

_ABOUT_HOLDS = (
    "SELECT number FROM entry WHERE number > ?"
    " AND (instr(body, CAST('\"hold_placed\"' AS BLOB)) OR instr(body, CAST('\"hold_lifted\"' AS BLOB)))"
)


class Holds:
    """The holds that stand in one log, as far as it was followed."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self._seen = 0
        self._placed: dict[int, Entry] = {}

    def follow(self, connection: sqlite3.Connection) -> None:
        """Read what was written about holds since the last time."""
        size = last_entry(connection)[0]
        for (number,) in connection.execute(_ABOUT_HOLDS, (self._seen,)).fetchall():
            entry = next(checked_entries(connection, number))
            if isinstance(entry.event, HoldPlaced):
                self._placed[number] = entry
            elif isinstance(entry.event, HoldLifted):
                self._placed.pop(entry.event.hold, None)
        self._seen = size

    def numbers(self) -> list[int]:
        """Give the numbers of the holds that stand, ascending."""
        return list(self._placed)

    def values(self, connection: sqlite3.Connection) -> list[str]:
        """Give the values they name; raise `DamagedLogError` where one is not what its entry committed to."""
        return [_value(connection, entry) for entry in self._placed.values()]


def _value(connection: sqlite3.Connection, entry: Entry) -> str:
    named = "SELECT salt, value FROM opening WHERE entry = ? AND field = 'value'"
    row = connection.execute(named, (entry.number,)).fetchone()
    if row is None:
        raise DamagedLogError(f"hold {entry.number} stands, but what it names is gone")
    check_committed(entry, "value", *row)
    value: str = row[1]
    return value
