"""The Merkle tree under the log on disk: the hash of every full tile, written with the entry that completes it.

The leaf hashes stand with their entries. Beside them one row for 256 entries is enough for head, inclusion and
consistency proof to be computed from few tiles. The table is derived: its rows follow from the entries, and where it is
missing, in a log of an earlier release, it is made from them in one transaction. It is never mended in silence.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ledger.entries import DamagedLogError
from ledger.merkle import HASH_BYTES, CompactRange, fold, hash_leaf
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, TiledTree

_TABLE = """
CREATE TABLE tile (
  level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID
"""  # hash of the tile with that level and number, which makes it a hash of the level above


def prepare_tree(connection: sqlite3.Connection, size: int) -> None:
    """Make the table for a log that has none, from the entries' bytes.

    Raises `DamagedLogError` where their hashes are not those stored. To be called in a transaction that writes.
    """
    if _has_tree(connection):
        return
    for number, stored, body in connection.execute("SELECT number, hash, body FROM entry ORDER BY number"):
        if hash_leaf(body) != stored:
            raise DamagedLogError(f"entry {number} has not the hash it was stored with")
    connection.execute(_TABLE)
    grow_tree(connection, 0, size)


def grow_tree(connection: sqlite3.Connection, before: int, after: int) -> None:
    """Write the hashes of the tiles completed when a log of ``before`` entries came to have ``after``.

    To be called in the transaction that writes the entries.
    """
    level = 0
    while before >> TILE_HEIGHT != after >> TILE_HEIGHT:
        before, after = before >> TILE_HEIGHT, after >> TILE_HEIGHT
        for number in range(before, after):
            computed = fold(read_tile(connection, level, number, TILE_WIDTH))
            connection.execute("INSERT INTO tile VALUES (?, ?, ?)", (level, number, computed))
        level += 1


def check_tree(connection: sqlite3.Connection, size: int) -> None:
    """Raise `DamagedLogError` unless each tile has the hash of what is below it; the message says where it fails.

    Tiles of leaf hashes that a full tile above covers are left to `LedgerReader.verify`; their own hashes are not, so
    any row changed, missing or too many is found. At most 65,535 leaf hashes are read.
    """
    level = 0
    while count := size >> TILE_HEIGHT * (level + 1):
        covered = 0 if level else count // TILE_WIDTH * TILE_WIDTH
        for number in range(covered, count):
            check_tile(connection, level, number, fold(read_tile(connection, level, number, TILE_WIDTH)))
        level += 1
    _check_count(connection, size)


class GrowingTree:
    """The tree as entries are read one by one, compared with what is stored of it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Begin before the first entry; a log of an earlier release has nothing to compare with."""
        self._connection = connection
        self._stored = _has_tree(connection)
        self._growing = CompactRange()

    def append(self, leaf_hash: bytes) -> None:
        """Add an entry; raise `DamagedLogError` when a tile that it completes is stored with another hash."""
        completed = self._growing.append(leaf_hash)
        if self._stored:
            for level, computed in enumerate(completed[TILE_HEIGHT::TILE_HEIGHT]):
                number = (self._growing.size >> TILE_HEIGHT * (level + 1)) - 1
                check_tile(self._connection, level, number, computed)

    def end(self) -> None:
        """Raise `DamagedLogError` when there are tiles beyond the last entry."""
        if self._stored:
            _check_count(self._connection, self._growing.size)


def check_tile(connection: sqlite3.Connection, level: int, number: int, computed: bytes) -> None:
    """Raise `DamagedLogError` unless the tile is stored with that hash."""
    row = connection.execute("SELECT hash FROM tile WHERE level = ? AND number = ?", (level, number)).fetchone()
    if row is None:
        raise DamagedLogError(f"the tree's hash over {_covered(level, number)} is missing")
    if row[0] != computed:
        raise DamagedLogError(f"the tree's hash over {_covered(level, number)} is not theirs")


def stored_tree(connection: sqlite3.Connection, size: int) -> TiledTree:
    """Give the tree of the first ``size`` entries."""
    return TiledTree(size, lambda level, number, width: read_tile(connection, level, number, width))


def read_tile(connection: sqlite3.Connection, level: int, number: int, width: int) -> Sequence[bytes]:
    """Give the first hashes of a tile; raise `DamagedLogError` where one is missing."""
    first = number * TILE_WIDTH
    if level:
        query = "SELECT hash FROM tile WHERE level = ? AND number BETWEEN ? AND ? ORDER BY number"
        rows = connection.execute(query, (level - 1, first, first + width - 1))
    else:
        query = "SELECT hash FROM entry WHERE number BETWEEN ? AND ? ORDER BY number"
        rows = connection.execute(query, (first + 1, first + width))
    hashes = [row[0] for row in rows]
    if len(hashes) != width or any(not is_hash(one) for one in hashes):
        raise DamagedLogError(f"the tree lacks a hash under that over {_covered(level, number)}")
    return hashes


def is_hash(value: object) -> bool:
    """Say whether this is a hash: a damaged file gives values of any type."""
    return isinstance(value, bytes) and len(value) == HASH_BYTES


def _check_count(connection: sqlite3.Connection, size: int) -> None:
    (rows,) = connection.execute("SELECT COUNT(*) FROM tile").fetchone()
    expected = 0
    while size := size >> TILE_HEIGHT:
        expected += size
    if rows != expected:
        raise DamagedLogError(f"the tree has {rows} hashes of tiles where its entries make {expected}")


def _has_tree(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tile'").fetchone())


def _covered(level: int, number: int) -> str:
    leaves = TILE_WIDTH ** (level + 1)
    return f"entries {number * leaves + 1} to {(number + 1) * leaves}"
