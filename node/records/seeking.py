"""Finding records by what a person types: the beginning of an id, or part of a name, letters of either case alike."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

_LISTED = (
    "SELECT r.number, r.record_id, v.revision, v.row_json, v.digest, v.imported_at,"
    " r.enrolled = r.current AS is_enrolled FROM {} WHERE r.record_id > ? AND {} ORDER BY r.record_id LIMIT ?"
)
_ALL = _LISTED.format(
    "record r JOIN revision v ON v.number = r.number AND v.revision = r.current", "json_valid(v.row_json)"
)
# Rows in the order in which they lie, since all are looked at.
_SOUGHT = _LISTED.format(
    "revision v CROSS JOIN record r ON r.number = v.number AND r.current = v.revision", "is_sought(v.row_json)"
)
_NAMES = ("names", "aliases", "names_original")


def find_rows(connection: sqlite3.Connection, text: str, after: str, most: int) -> list[sqlite3.Row]:
    """Give the rows of current revisions in the order of their ids, those after one id; without a text of all.

    A damaged row is left out: it has no id or name to be found by.
    """
    connection.create_function("is_sought", 1, _seeker(text.casefold()), deterministic=True)
    return connection.execute(_SOUGHT if text else _ALL, (after, most)).fetchall()


def _seeker(sought: str) -> Callable[[str], bool]:
    written = json.dumps(sought, ensure_ascii=False)[1:-1]  # as it stands in a row: few rows have to be parsed

    def is_sought(row_json: str) -> bool:
        if written not in row_json.casefold():
            return False
        try:
            row = json.loads(row_json)
        except ValueError:
            return False
        names = (name for part in _NAMES for name in row.get(part, ()))
        return row["record_id"].casefold().startswith(sought) or any(sought in name.casefold() for name in names)

    return is_sought
