"""Tiles after C2SP (c2sp.org/tlog-tiles): a tree as rows of 256 hashes, and a log laid out as files of them.

Tile level 0 holds the leaf hashes; each hash of a higher level is that of a full tile below. Everything else of a tree
(`TiledTree`) is computed from few tiles, wherever they are read from: the files of a published log, or our database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ledger.checkpoints import Checkpoint, verify_checkpoint
from ledger.merkle import (
    HASH_BYTES,
    CompactRange,
    TreeHead,
    fold,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
    root_at,
)
from ledger.notes import VerifierKey, parse_note

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MOST_ENTRY_BYTES = 0xFFFF
"""Bytes of an entry that stands in an entry bundle at most."""

_LENGTH_BYTES = 2

ReadTile = Callable[[int, int, int], Sequence[bytes]]
"""Give the first ``width`` hashes of the tile with that level and number."""


class TileError(ValueError):
    """A tile is missing or is not what the log's checkpoint says; the message names it."""


class TiledTree:
    """A tree of ``size`` leaves over tiles; each tile is read once."""

    def __init__(self, size: int, read_tile: ReadTile) -> None:
        """Name the size, and where tiles are read from."""
        self.size = size
        self._read_tile = read_tile
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def hash(self, level: int, index: int) -> bytes:
        """Give the hash of a full subtree, as `ledger.merkle.ReadHash`."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        number, offset = divmod(index << height, TILE_WIDTH)
        return fold(self._tile(tile_level, number)[offset : offset + (1 << height)])

    def head(self) -> TreeHead:
        """Give size and root hash."""
        return TreeHead(self.size, root_at(self.size, self.hash))

    def prove_inclusion(self, index: int) -> list[bytes]:
        """Prove that a leaf is in this tree."""
        return prove_inclusion(index, self.size, self.hash)

    def prove_consistency(self, old: int) -> list[bytes]:
        """Prove that the tree of ``old`` leaves is the beginning of this one."""
        return prove_consistency(old, self.size, self.hash)

    def _tile(self, level: int, number: int) -> Sequence[bytes]:
        if (level, number) not in self._tiles:
            width = tile_width(self.size, level, number)
            hashes = self._read_tile(level, number, width)
            if len(hashes) != width or any(len(one) != HASH_BYTES for one in hashes):
                raise TileError(f"{tile_path(str(level), number, width)} has not {width} hashes")
            self._tiles[level, number] = hashes
        return self._tiles[level, number]


def tile_width(size: int, level: int, number: int) -> int:
    """Give how many hashes a tile has in a tree of that size: 256, or fewer at the right edge; 0 beyond it."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - TILE_WIDTH * number))


def tile_path(level: str, number: int, width: int = TILE_WIDTH) -> str:
    """Name the file of a tile; ``level`` is a number, or ``entries`` for a bundle of entries."""
    last = f"{number % 1000:03d}"
    while number := number // 1000:
        last = f"x{number % 1000:03d}/{last}"
    return f"tile/{level}/{last}" + (f".p/{width}" if width < TILE_WIDTH else "")


class TiledFolder:
    """A log laid out as files."""

    def __init__(self, folder: Path) -> None:
        """Name the folder that holds ``checkpoint`` and ``tile/``."""
        self.folder = folder

    def read_tile(self, level: int, number: int, width: int) -> list[bytes]:
        """Give hashes of a tile, as `ReadTile`; raise `TileError` where it is missing or cut off."""
        content = self._read(str(level), number, width)
        if len(content) % HASH_BYTES or len(content) < width * HASH_BYTES:
            raise TileError(f"{tile_path(str(level), number, width)} has not {width} hashes")
        return [content[place : place + HASH_BYTES] for place in range(0, width * HASH_BYTES, HASH_BYTES)]

    def entries(self, size: int) -> Iterator[bytes]:
        """Give the first ``size`` entries; raise `TileError` where a bundle is missing or cut off."""
        for number in range(-(-size // TILE_WIDTH)):
            width = tile_width(size, 0, number)
            bundle = list(_split_bundle(self._read("entries", number, width)))
            if len(bundle) < width:
                raise TileError(f"{tile_path('entries', number, width)} has not {width} entries")
            yield from bundle[:width]

    def _read(self, level: str, number: int, width: int) -> bytes:
        """Read a tile; a partial one may have been deleted once it was full."""
        for path in (tile_path(level, number, width), tile_path(level, number)):
            file = self.folder / path
            if file.is_file():
                return file.read_bytes()
        raise TileError(f"{tile_path(level, number, width)} is missing")


def verify_folder(folder: Path, key: VerifierKey) -> Checkpoint:
    """Check a whole log of files: its checkpoint's signature, every entry and every tile up to the root.

    Raises `NoteError`, or `TileError` naming the first place that does not verify. Constant memory.
    """
    log = TiledFolder(folder)
    checkpoint = verify_checkpoint(parse_note((folder / "checkpoint").read_bytes()), key.name, [key])
    size = checkpoint.head.size
    tree = TiledTree(size, log.read_tile)
    for level, index, computed in _tile_hashes(map(hash_leaf, log.entries(size))):
        if tree.hash(level * TILE_HEIGHT, index) != computed:
            number, offset = divmod(index, TILE_WIDTH)
            raise TileError(f"{tile_path(str(level), number)}: hash {offset} is not that of what is below it")
    if tree.head() != checkpoint.head:
        raise TileError("the tiles do not lead to the root of the checkpoint")
    return checkpoint


def pack_bundle(entries: Iterable[bytes]) -> bytes:
    """Give a bundle of entries, each with its length in two bytes; raise `TileError` for one that is too long."""
    packed = bytearray()
    for entry in entries:
        if len(entry) > MOST_ENTRY_BYTES:
            raise TileError(f"an entry has more than {MOST_ENTRY_BYTES} bytes")
        packed += len(entry).to_bytes(_LENGTH_BYTES, "big") + entry
    return bytes(packed)


def _tile_hashes(leaf_hashes: Iterable[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Give every hash of every tile level, with level and index, as leaves complete it."""
    growing = CompactRange()
    for leaf_hash in leaf_hashes:
        completed = growing.append(leaf_hash)
        for level, one in enumerate(completed[::TILE_HEIGHT]):
            yield level, (growing.size >> level * TILE_HEIGHT) - 1, one


def _split_bundle(content: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(content):
        begin = place + _LENGTH_BYTES
        place = begin + int.from_bytes(content[place:begin], "big")
        if begin > len(content) or place > len(content):
            return  # cut off; the caller counts
        yield content[begin:place]
