"""Reading a log: its entries one by one, each checked against the one before it, and what of them is personal.

Reading changes nothing and refuses nothing beforehand, so that a damaged log can still be read up to the damage. What a
chain and a tree show: an entry changed, dropped, put in or moved. What they cannot show: that the end was cut off, or
everything rewritten, by whoever may write the file. That takes a head that somebody else has seen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path

from ledger.ends import acknowledged, check_acknowledged
from ledger.entries import FIRST_PREVIOUS, DamagedLogError, Entry, Opening, check_committed, read_entry
from ledger.erasures import ErasureCheck, says_erased
from ledger.federation_events import HoldLifted, HoldPlaced
from ledger.heads import check_last_head, has_heads, head_of, last_cosigned
from ledger.merkle import ProofError, TreeHead, check_inclusion, hash_leaf
from ledger.notes import Note
from ledger.tree import GrowingTree, is_hash, stored_tree

_OpeningRow = tuple[int, str, bytes, str]
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY_CODE = 0xFF  # the rest of an SQLite error code says where it came from


class LedgerReader:
    """A log on disk, read only. Any thread may call."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is opened by each call."""
        self._path = path

    def count(self) -> int:
        """Give the number of entries."""
        with self._reading() as connection:
            return last_entry(connection)[0]

    def entries(self, first: int = 1) -> Generator[Entry, None, None]:
        """Give the entries from a number on, as they stand now, in constant memory.

        Raises `DamagedLogError` naming the first entry that does not verify.
        """
        with self._reading() as connection:
            yield from checked_entries(connection, first)

    def those(self, numbers: Iterable[int]) -> Generator[Entry, None, None]:
        """Give the entries of these numbers, each checked with its link; raise `DamagedLogError` as `entries` does."""
        with self._reading() as connection:
            for number in numbers:
                entry = next(checked_entries(connection, number), None)
                if entry is None:
                    raise DamagedLogError(f"entry {number} is missing")
                yield entry

    def bodies(self, first: int, most: int) -> list[tuple[int, bytes]]:
        """Give number and bytes of at most so many entries from a number on, unread: for an index over them."""
        query = "SELECT number, body FROM entry WHERE number >= ? ORDER BY number LIMIT ?"
        with self._reading() as connection:
            return connection.execute(query, (first, most)).fetchall()

    def hash_of(self, number: int) -> bytes:
        """Give the hash an entry is stored with; empty where there is none of that number."""
        with self._reading() as connection:
            row = connection.execute("SELECT hash FROM entry WHERE number = ?", (number,)).fetchone()
        return bytes(row[0]) if row is not None and is_hash(row[0]) else b""

    def head_at(self, size: int) -> TreeHead:
        """Give the head that the log's tree had over its first ``size`` entries; raise `DamagedLogError`."""
        with self._reading() as connection:
            if size > last_entry(connection)[0]:
                raise DamagedLogError(f"entry {size} is missing")
            return stored_tree(connection, size).head()

    def last_of(self, types: Collection[str]) -> Entry | None:
        """Give the last entry of one of these types, read but for its link; it looks through the log from its end."""
        marks = " OR ".join("instr(body, ?)" for _ in types)
        query = f"SELECT number, body FROM entry WHERE {marks} ORDER BY number DESC"  # noqa: S608
        with self._reading() as connection:
            for number, body in connection.execute(query, [f'"type":"{one}"'.encode() for one in types]):
                entry = read_entry(body, number, None)
                if entry.event.type in types:
                    return entry
        return None

    def openings(self, number: int) -> tuple[Opening, ...]:
        """Give what is personal in an entry and not erased. Whoever shows it writes `AuditorAccess` first."""
        with self._reading() as connection:
            return _openings(connection, number)

    def says_erased(self, number: int) -> bool:
        """Say whether a later entry says that what is personal in this one was erased."""
        named = "SELECT number FROM entry WHERE number > ? AND instr(body, CAST('\"personal_erased\"' AS BLOB)) > 0"
        with self._reading() as connection:
            later = connection.execute(named, (number,))
            return any(says_erased(next(checked_entries(connection, found)), number) for (found,) in later)

    def opened(self, fields: Collection[str], last: int) -> Generator[tuple[Entry, dict[str, str]], None, None]:
        """Give the entries up to a number, each with those of the named fields that are not erased.

        Each entry, its link and each opening is checked (`DamagedLogError`); constant memory. Whoever names a field has
        written `AuditorAccess` first.
        """
        with self._reading() as connection:
            for entry, openings in _with_openings(connection, fields, last):
                for _, field, salt, value in openings:
                    check_committed(entry, field, salt, value)
                yield entry, {field: value for _, field, _, value in openings}

    def verified(self) -> Generator[Entry, None, None]:
        """Give every entry once it, its link, its openings that are still there and the tree over it have been checked.

        An opening that is gone must have been erased by an entry that says so. Raises `DamagedLogError` naming the
        first entry that fails, be it after the last one.
        """
        number, erasures, named = 0, ErasureCheck(), acknowledged(self._path)
        standing: dict[int, bool] = {}
        with self._reading() as connection:
            tree = GrowingTree(connection)
            for entry, openings in _with_openings(connection):
                for row in openings:
                    _check_types(row)
                    _, field, salt, value = row
                    check_committed(entry, field, salt, value)
                tree.append(entry.leaf_hash)
                erasures.take(entry, lacks_opening=len(openings) < len(entry.commitments))
                if isinstance(entry.event, HoldPlaced):
                    standing[entry.number] = any(field == "value" for _, field, _, _ in openings)
                elif isinstance(entry.event, HoldLifted):
                    standing.pop(entry.event.hold, None)
                yield entry
                number = entry.number
            stray = connection.execute("SELECT entry FROM opening WHERE entry < 1 OR entry > ? LIMIT 1", (number,))
            if (found := stray.fetchone()) is not None:
                raise DamagedLogError(f"entry {found[0]} is missing, though openings of it are there")
            tree.end()
            if has_heads(connection):
                check_last_head(connection, number)
            check_acknowledged(named, connection, number)
            _check_erasures(erasures)
            for hold in (hold for hold, is_named in standing.items() if not is_named):
                raise DamagedLogError(f"hold {hold} stands, but what it names is gone")

    def head(self) -> TreeHead:
        """Give the head of the log's tree."""
        with self._reading() as connection:
            return stored_tree(connection, last_entry(connection)[0]).head()

    def prove_entry(self, number: int, size: int) -> tuple[bytes, tuple[bytes, ...]]:
        """Give an entry's bytes and the proof that it is among the first ``size`` entries.

        Raises `ProofError` when it is not, `DamagedLogError` when what is stored does not prove it.
        """
        with self._reading() as connection:
            tree = stored_tree(connection, size)
            proof = tuple(tree.prove_inclusion(number - 1))
            (body,) = connection.execute("SELECT body FROM entry WHERE number = ?", (number,)).fetchone() or (None,)
            if not isinstance(body, bytes):
                raise DamagedLogError(f"entry {number} cannot be read")
            try:
                check_inclusion(hash_leaf(body), number - 1, tree.head(), proof)
            except ProofError:
                raise DamagedLogError(f"entry {number} is not what the tree has in its place") from None
        return body, proof

    def prove_growth(self, old: int, new: int) -> tuple[bytes, ...]:
        """Give the proof that the first ``old`` entries are the beginning of the first ``new``; raise `ProofError`."""
        with self._reading() as connection:
            return tuple(stored_tree(connection, new).prove_consistency(old))

    def signed_head(self, size: int) -> Note | None:
        """Give the head signed over ``size`` entries, with the cosignatures there are."""
        with self._reading() as connection:
            return head_of(connection, size)

    def witnessed_head(self) -> Note | None:
        """Give the largest head that a witness has cosigned."""
        with self._reading() as connection:
            return last_cosigned(connection)

    def verify(self) -> int:
        """Check the whole log as `verified` does; give the number of entries, or raise `DamagedLogError`."""
        return sum(1 for _ in self.verified())

    def check_bodies(self) -> None:
        """Raise `DamagedLogError` naming the first entry whose bytes are not those that were stored."""
        with self._reading() as connection:
            for _ in checked_bodies(connection):
                pass

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return reading(self._path)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a log to read one state of it, whatever is appended meanwhile; raise `DamagedLogError` where it is none."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            # Text that a damaged file has garbled is to fail its commitment, which names the entry, not its decoding.
            connection.text_factory = partial(str, encoding="utf-8", errors="replace")
            connection.execute("BEGIN")
            yield connection
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise DamagedLogError(damage_of(path)) from None
        raise


def damage_of(path: Path) -> str:
    """Say what is wrong with a file that SQLite calls damaged: the first entry that cannot be read, if any."""
    read = 0
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            for number, _, _ in checked_bodies(connection):
                read = number
    except DamagedLogError as error:
        return f"the file is damaged: {error}"
    except sqlite3.Error:
        return f"the file is damaged: entry {read + 1} cannot be read" if read else "the file is damaged, or is no log"
    return f"the file is damaged, though each of its {read:,} entries can be read"


def checked_bodies(connection: sqlite3.Connection) -> Iterator[tuple[int, bytes, bytes]]:
    """Give number, hash and bytes of every entry once these are what was stored; raise `DamagedLogError`.

    It tells damage from none, at a fraction of what `checked_entries` costs; what was put in or moved it does not tell.
    """
    rows = connection.execute("SELECT number, hash, body FROM entry ORDER BY number")
    for expected, (number, stored, body) in enumerate(rows, 1):
        if number != expected:
            raise DamagedLogError(f"entry {expected} is missing")
        if not isinstance(body, bytes) or hash_leaf(body) != stored:
            raise DamagedLogError(f"entry {number} has not the hash it was stored with")
        yield number, stored, body


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether SQLite found the file itself broken, as against locked, full or out of reach."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY_CODE in _DAMAGE


def last_entry(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Give number and hash of the last entry; 0 and `FIRST_PREVIOUS` of an empty log."""
    row = connection.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
    if row is not None and not is_hash(row[1]):
        raise DamagedLogError(f"entry {row[0]} has not the hash it was stored with")
    return row or (0, FIRST_PREVIOUS)


def checked_entries(connection: sqlite3.Connection, first: int) -> Iterator[Entry]:
    """Give the entries from a number on; raise `DamagedLogError` naming the first that does not verify."""
    previous = _hash_before(connection, first)
    number = first
    rows = connection.execute("SELECT number, hash, body FROM entry WHERE number >= ? ORDER BY number", (first,))
    for found, stored_hash, body in rows:
        if found != number:
            raise DamagedLogError(f"entry {number} is missing")
        if not isinstance(body, bytes):  # a damaged file gives values of any type
            raise DamagedLogError(f"entry {number} cannot be read")
        entry = read_entry(body, number, previous)
        if entry.leaf_hash != stored_hash:
            raise DamagedLogError(f"entry {number} has not the hash it was stored with")
        yield entry
        previous, number = entry.leaf_hash, number + 1


def _hash_before(connection: sqlite3.Connection, number: int) -> bytes:
    if number <= 1:
        return FIRST_PREVIOUS
    row = connection.execute("SELECT hash FROM entry WHERE number = ?", (number - 1,)).fetchone()
    if row is None or not is_hash(row[0]):
        raise DamagedLogError(f"entry {number - 1} is missing")
    previous: bytes = row[0]
    return previous


def _with_openings(
    connection: sqlite3.Connection, fields: Collection[str] | None = None, last: int | None = None
) -> Iterator[tuple[Entry, list[_OpeningRow]]]:
    """Give each checked entry with the rows of its openings, of which there may be fewer than it has commitments.

    With ``fields`` only openings of those, with ``last`` only entries up to it.
    """
    rows = _opening_rows(connection, fields)
    waiting = next(rows, None)
    for entry in checked_entries(connection, 1):
        if last is not None and entry.number > last:
            return
        openings = []
        while waiting is not None and waiting[0] == entry.number:
            openings.append(waiting)
            waiting = next(rows, None)
        yield entry, openings


def _opening_rows(connection: sqlite3.Connection, fields: Collection[str] | None) -> Iterator[_OpeningRow]:
    """Give the openings of all entries in their order; of fields that are not named nothing is read."""
    named = "" if fields is None else f" AND field IN ({', '.join('?' * len(fields))})"
    query = f"SELECT entry, field, salt, value FROM opening WHERE entry > 0{named} ORDER BY entry, field"  # noqa: S608
    return iter(connection.execute(query, tuple(fields or ())))


def _openings(connection: sqlite3.Connection, number: int) -> tuple[Opening, ...]:
    rows = connection.execute("SELECT entry, field, salt, value FROM opening WHERE entry = ? ORDER BY field", (number,))
    return tuple(Opening(*_check_types(row)[1:]) for row in rows)


def _check_erasures(erasures: ErasureCheck) -> None:
    for number in erasures.unexplained():
        raise DamagedLogError(f"entry {number} lacks an opening, and no entry says that it was erased")
    if surplus := erasures.surplus():
        raise DamagedLogError(f"{surplus:,} entries more lack an opening than the log says were erased")


def _check_types(row: _OpeningRow) -> _OpeningRow:
    """Give the row; raise `DamagedLogError` where a value is not of its type, as in a damaged file."""
    number, field, salt, value = row
    if not (isinstance(field, str) and isinstance(salt, bytes) and isinstance(value, str)):
        raise DamagedLogError(f"entry {number}: an opening cannot be read")
    return row
