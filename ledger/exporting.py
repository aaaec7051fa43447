"""Reading a log on disk into the lines of an export (`ledger.exports`), in constant memory.

The entries go out as they lie there, not checked: whoever reads the export checks them, and a damaged log has to be
seen as it is. That fields are opened at all is for the caller to have logged before (`AuditorAccess`).
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from ledger.entries import FIRST_PREVIOUS, DamagedLogError
from ledger.exports import (
    ExportedAgreement,
    ExportedCheckpoint,
    ExportedOpening,
    ExportedWitness,
    ExportEnd,
    ExportHead,
    opens,
)
from ledger.heads import notes_between
from ledger.notes import Note
from ledger.reading import last_entry, reading
from ledger.tree import stored_tree

_HASH = re.compile(rb'"([0-9a-f]{64})"')
_TIME = b'"time":"'
_EVENT = b'},"event":{'
_DAY = len("2026-11-24")


@dataclass(frozen=True, slots=True)
class Scope:
    """Entries ``first`` to ``last``; of those up to ``opened_to`` the personal ``fields`` are opened."""

    first: int
    last: int
    fields: frozenset[str] = frozenset()
    opened_to: int = 0


@dataclass(frozen=True, slots=True)
class House:
    """What an export says beside its log: the party's names, key, witnesses and agreements, and when it is made.

    ``to_end`` says that it goes to the end that the log had then; ``head`` is the signed head over the last entry.
    """

    origin: str
    party: str
    key: str
    made_at: str
    witnesses: tuple[ExportedWitness, ...] = ()
    agreements: tuple[ExportedAgreement, ...] = ()
    to_end: bool = False
    head: Note | None = None


def period(path: Path, since: date | None, until: date | None) -> tuple[int, int]:
    """Give first and last number of the entries from one UTC day to another, both included.

    Every entry is looked at, for a clock may have gone back: those between two of the period belong to it. Where there
    is none, the last is one less than the first.
    """
    with reading(path) as connection:
        size = last_entry(connection)[0]
        if since is None and until is None:
            return 1, size
        earliest = since.isoformat().encode() if since else b""
        latest = until.isoformat().encode() if until else b"\xff"
        first, last, before = 0, 0, 0
        for number, body in connection.execute("SELECT number, body FROM entry ORDER BY number"):
            begin = body.rfind(_TIME) + len(_TIME)
            day = body[begin : begin + _DAY]
            if earliest <= day <= latest:
                first, last = first or number, number
            elif day < earliest:
                before = number
    return (first, last) if first else (before + 1, before)


def unknown_fields(path: Path, names: Iterable[str]) -> list[str]:
    """Give which of these are personal fields of no entry in the log, be they erased."""
    # An entry's commitments stand before its event, and names in their canonical form.
    commits = "SELECT 1 FROM entry WHERE instr(body, ?1) > 0 AND instr(body, ?1) < instr(body, ?2) LIMIT 1"
    with reading(path) as connection:
        return [
            name
            for name in names
            if connection.execute(commits, (f"{json.dumps(name)}:".encode(), _EVENT)).fetchone() is None
        ]


def export_lines(path: Path, scope: Scope, house: House) -> Iterator[bytes]:
    """Give the lines of an export, its agreements those that its entries name.

    Raises `DamagedLogError` where the tree left of the first entry cannot be read.
    """
    with reading(path) as connection:
        frontier, previous = _frontier(connection, scope.first)
        names = (house.origin, house.party, house.key)
        opened = (tuple(sorted(scope.fields)), min(scope.last, scope.opened_to))
        head = ExportHead(
            *names, scope.first, scope.last, house.made_at, frontier, previous, *opened, to_end=house.to_end
        )
        yield head.line()
        for witness in house.witnesses:
            yield witness.line()
        named = _named(connection, scope, {one.hash for one in house.agreements})
        for agreement in house.agreements:
            if agreement.hash in named:
                yield agreement.line()
        yield from _entries(connection, scope, house.head)
        yield ExportEnd(max(0, scope.last - scope.first + 1)).line()


def _frontier(connection: sqlite3.Connection, first: int) -> tuple[tuple[bytes, ...], bytes]:
    """Give the hashes of the full subtrees before an entry, the largest first, and the leaf hash before it."""
    size = first - 1
    if not size:
        return (), FIRST_PREVIOUS
    row = connection.execute("SELECT hash FROM entry WHERE number = ?", (size,)).fetchone()
    if row is None:
        raise DamagedLogError(f"entry {size} is missing")
    tree = stored_tree(connection, size)
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return tuple(tree.hash(level, (size >> level) - 1) for level in levels), row[0]


def _named(connection: sqlite3.Connection, scope: Scope, known: Collection[str]) -> set[str]:
    """Give which hashes the entries name; reading stops when all of them are found."""
    missing = {one.encode() for one in known}
    for _, body in _rows(connection, scope):
        if not missing:
            break
        missing.difference_update(_HASH.findall(body))
    return {one for one in known if one.encode() not in missing}


def _entries(connection: sqlite3.Connection, scope: Scope, head: Note | None) -> Iterator[bytes]:
    openings = _openings(connection, scope) if scope.fields else iter(())
    notes = iter(notes_between(connection, scope.first, scope.last))
    if head is not None:
        notes = chain(notes_between(connection, scope.first, scope.last - 1), [(scope.last, str(head))])
    opening, note = next(openings, None), next(notes, None)
    for number, body in _rows(connection, scope):
        yield body + b"\n"
        while opening is not None and opening.entry <= number:
            if opening.entry == number:
                yield opening.line()
            opening = next(openings, None)
        while note is not None and note[0] <= number:
            yield ExportedCheckpoint(note[1]).line()
            note = next(notes, None)


def _openings(connection: sqlite3.Connection, scope: Scope) -> Iterator[ExportedOpening]:
    rows: Iterable[tuple[int, str, bytes, str]] = connection.execute(
        "SELECT entry, field, salt, value FROM opening WHERE entry BETWEEN ? AND ? ORDER BY entry, field",
        (scope.first, min(scope.last, scope.opened_to)),
    )
    return (ExportedOpening(*row) for row in rows if opens(scope.fields, row[1]))


def _rows(connection: sqlite3.Connection, scope: Scope) -> Iterator[tuple[int, bytes]]:
    query = "SELECT number, body FROM entry WHERE number BETWEEN ? AND ? ORDER BY number"
    return connection.execute(query, (scope.first, scope.last))
