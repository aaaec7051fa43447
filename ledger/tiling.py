"""A log laid out as files after C2SP (c2sp.org/tlog-tiles), for whoever reads logs so: `ledger.tiles` reads them too.

``checkpoint``, ``tile/LEVEL/NUMBER`` and ``tile/entries/NUMBER``. Nothing personal is in it: entries hold commitments.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ledger.checkpoints import parse_checkpoint
from ledger.entries import DamagedLogError
from ledger.notes import Note
from ledger.reading import reading
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, TileError, pack_bundle, tile_path, tile_width
from ledger.tree import read_tile, stored_tree


def write_tiles(log: Path, note: Note, folder: Path) -> int:
    """Write the entries under a head of this log, and every tile over them, into a new folder; give how many entries.

    Constant memory. Raises `DamagedLogError` where the log does not lead to the head, or has an entry too long for a
    tile, and `FileExistsError`.
    """
    head = parse_checkpoint(note.text).head
    folder.mkdir(parents=True)
    with reading(log) as connection:
        if stored_tree(connection, head.size).head() != head:
            raise DamagedLogError(f"the entries up to {head.size} are not those whose head has been signed")
        for level, number, width in _tiles(head.size):
            hashes = read_tile(connection, level, number, width)
            _put(folder / tile_path(str(level), number, width), b"".join(hashes))
            if not level:
                _put(folder / tile_path("entries", number, width), _bundle(connection, number, width))
    (folder / "checkpoint").write_bytes(str(note).encode())  # at the end: what is not whole has none
    return head.size


def _tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """Give level, number and width of every tile of a tree."""
    level = 0
    while size >> TILE_HEIGHT * level:
        number = 0
        while width := tile_width(size, level, number):
            yield level, number, width
            number += 1
        level += 1


def _bundle(connection: sqlite3.Connection, number: int, width: int) -> bytes:
    first = number * TILE_WIDTH + 1
    rows = connection.execute(
        "SELECT body FROM entry WHERE number BETWEEN ? AND ? ORDER BY number", (first, first + width - 1)
    )
    try:
        return pack_bundle(body for (body,) in rows)
    except TileError as error:
        raise DamagedLogError(f"entries {first} to {first + width - 1}: {error}") from None


def _put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
