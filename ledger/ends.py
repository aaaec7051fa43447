"""How far a log was acknowledged, in a small file beside it: so that a lost end is noticed at the next start.

The database alone cannot tell: a write-ahead log that is cut short reads like a shorter one, and so does a database
that was copied back without it. The file names the number and the leaf hash of an entry that was on disk when it was
named; it may lag behind the log (it is not synchronised, and several processes write it), and is never ahead of it.
Two lines are written in turn, each with a checksum, so that a write cut short spoils one of them only.

Whoever may write both files can cut both. That is for witnesses to see.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from ledger.entries import FIRST_PREVIOUS, DamagedLogError
from ledger.tree import is_hash
from symbolon.rpc.folder import write_whole

_LINE_BYTES = 103


class EndFile:
    """The file beside one log, open for writing; `close` it."""

    def __init__(self, log: Path) -> None:
        """Open the file, which `check_end` has made."""
        self._file = os.open(_beside(log), os.O_WRONLY)

    def put(self, number: int, leaf_hash: bytes) -> None:
        """Name an entry that is on disk; a name that cannot be written is none, and says nothing of the entry."""
        with suppress(OSError):
            os.pwrite(self._file, _line(number, leaf_hash), number % 2 * _LINE_BYTES)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def check_end(log: Path, connection: sqlite3.Connection, size: int) -> None:
    """Raise `DamagedLogError` where entries that were acknowledged are missing, or others stand in their place.

    Makes the file where there is none: a new log, or one of an earlier release.
    """
    if not _beside(log).exists():
        write_whole(_beside(log), _line(size, _leaf_hash(connection, size)) * 2, secret=True)
    check_acknowledged(acknowledged(log), connection, size)


def acknowledged(log: Path) -> tuple[int, bytes] | None:
    """Give number and hash of the entry that the file names, or None where there is no file.

    To be read before the log is: it is never ahead of a log that is looked at after it.
    """
    return _read(_beside(log)) if _beside(log).exists() else None


def check_acknowledged(named: tuple[int, bytes] | None, connection: sqlite3.Connection, size: int) -> None:
    """Raise `DamagedLogError` as `check_end`; where nothing was named, nobody can say."""
    if named is None:
        return
    number, leaf_hash = named
    if number > size:
        raise DamagedLogError(f"entries {size + 1} to {number} are missing, which were acknowledged")
    if _leaf_hash(connection, number) != leaf_hash:
        raise DamagedLogError(f"entry {number} is not the one that was acknowledged")


def _beside(log: Path) -> Path:
    return log.with_suffix(".end")


def _leaf_hash(connection: sqlite3.Connection, number: int) -> bytes:
    row = connection.execute("SELECT hash FROM entry WHERE number = ?", (number,)).fetchone()
    return row[0] if row and is_hash(row[0]) else FIRST_PREVIOUS


def _line(number: int, leaf_hash: bytes) -> bytes:
    text = f"{number:020d} {leaf_hash.hex()}"
    return f"{text} {_checksum(text)}\n".encode()


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(path: Path) -> tuple[int, bytes]:
    content = path.read_bytes()
    lines = (content[start : start + _LINE_BYTES] for start in (0, _LINE_BYTES))
    read = [values for values in map(_values, lines) if values is not None]
    if not read:
        raise DamagedLogError(f"{path.name} beside it is damaged, so nobody can say where the log should end")
    return max(read)


def _values(line: bytes) -> tuple[int, bytes] | None:
    """Read one line, or give None where its checksum does not hold."""
    try:
        text, checksum = line.decode().rstrip("\n").rsplit(" ", 1)
        number, leaf_hash = text.split(" ")
        return (int(number), bytes.fromhex(leaf_hash)) if checksum == _checksum(text) else None
    except ValueError:
        return None
