"""The export file: what a party takes out of its log for somebody to check, one JSON object a line (UTF-8).

In this order; ``docs/reference/log-export.md`` has the members of each line:

1. one ``export`` line: whose log, which entries, and what of the tree lies left of the first of them;
2. ``witness`` and ``agreement`` lines;
3. each entry as exactly the bytes that are hashed, after it the ``opening`` lines of what was opened of it, and the
   ``checkpoint`` whose size is its number, where the log has signed one;
4. one ``end`` line, so that a file that was cut is seen.

Pure: lines are made of values and read into values, one at a time, of bounded size. Whether they are true is for the
reader to check: nothing here has looked at a hash or a signature. `ledger.exporting` reads a log into lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.entries import Entry, Opening, check_opening, read_entry

FORMAT = "symbolon-log-export/1"

EVERY_FIELD = "*"
"""Stands for all personal fields where fields are named."""

MOST_LINE_BYTES = 4 * 2**20
"""Bytes of a line at most, its end included; an agreement of sixty parties with its signatures has less than half."""

_HASH = re.compile(r"[0-9a-f]{64}")
_MOST_NUMBER = 2**53 - 1
_ENTRY = b'{"commitments":'


class ExportError(ValueError):
    """The file is no export, or no whole one; the message names the line and never quotes it."""


def opens(fields: Collection[str], name: str) -> bool:
    """Say whether a personal field is opened where these are named."""
    return name in fields or EVERY_FIELD in fields


@dataclass(frozen=True, slots=True)
class ExportHead:
    """The first line: whose log, and which entries of it.

    ``frontier`` has the hashes of the full subtrees left of entry ``first``, the largest first, and ``previous`` the
    leaf hash of the entry before it. ``last`` is ``first - 1`` in an export without entries. ``to_end`` says that at
    the moment ``made_at`` the log had no entry after ``last``. Of the entries up to ``opened_to`` the personal
    ``fields`` are opened that were not erased (`EVERY_FIELD`: all).
    """

    origin: str
    party: str
    key: str
    first: int
    last: int
    made_at: str
    frontier: tuple[bytes, ...]
    previous: bytes
    fields: tuple[str, ...] = ()
    opened_to: int = 0
    to_end: bool = False

    def line(self) -> bytes:
        """Give the line."""
        values = {
            "format": FORMAT,
            "origin": self.origin,
            "party": self.party,
            "key": self.key,
            "first": self.first,
            "last": self.last,
            "made_at": self.made_at,
            "frontier": [one.hex() for one in self.frontier],
            "previous": self.previous.hex(),
            "fields": list(self.fields),
            "opened_to": self.opened_to,
            "to_end": self.to_end,
        }
        return write_line("export", values)


@dataclass(frozen=True, slots=True)
class ExportedWitness:
    """A witness of this log, as its party says."""

    key: str
    party: str

    def line(self) -> bytes:
        """Give the line."""
        return write_line("witness", {"key": self.key, "party": self.party})


@dataclass(frozen=True, slots=True)
class ExportedAgreement:
    """An agreement that the entries name: its hash, its canonical text, and the signatures under it as they came."""

    hash: str
    document: str = field(repr=False)
    signatures: tuple[Any, ...] = field(default=(), repr=False)

    def line(self) -> bytes:
        """Give the line."""
        values = {"hash": self.hash, "document": self.document, "signatures": list(self.signatures)}
        return write_line("agreement", values)


@dataclass(frozen=True, slots=True)
class ExportedEntry:
    """An entry, unread: the bytes that are hashed. `ledger.entries.read_entry` reads them."""

    body: bytes = field(repr=False)

    def line(self) -> bytes:
        """Give the line."""
        return self.body + b"\n"


@dataclass(frozen=True, slots=True)
class ExportedOpening:
    """What a commitment of an entry stands for."""

    entry: int
    name: str
    salt: bytes = field(repr=False)
    value: str = field(repr=False)

    def line(self) -> bytes:
        """Give the line."""
        values = {"entry": self.entry, "field": self.name, "salt": self.salt.hex(), "value": self.value}
        return write_line("opening", values)


@dataclass(frozen=True, slots=True)
class ExportedCheckpoint:
    """A checkpoint with its cosignatures, as a signed note's text."""

    note: str

    def line(self) -> bytes:
        """Give the line."""
        return write_line("checkpoint", {"note": self.note})


@dataclass(frozen=True, slots=True)
class ExportEnd:
    """The last line: how many entries there are."""

    entries: int

    def line(self) -> bytes:
        """Give the line."""
        return write_line("end", {"entries": self.entries})


Line = (
    ExportHead | ExportedWitness | ExportedAgreement | ExportedEntry | ExportedOpening | ExportedCheckpoint | ExportEnd
)


def write_line(kind: str, values: Mapping[str, Any]) -> bytes:
    """Give a line that is no entry."""
    return canonical({"type": kind, **values}) + b"\n"


def read_lines(source: BinaryIO) -> Iterator[Line]:
    """Give the lines of an export one by one, in constant memory.

    Raises `ExportError` where a line is none, stands in the wrong place, or where the file ends without its end.
    """
    stage = 0
    for number, content in _numbered(source):
        line = _read(content, number)
        following = _STAGES[type(line)]
        if following < stage or (number == 1) != (following == 0):
            raise ExportError(f"line {number}: it does not belong here")
        stage = following
        yield line
    if stage != _STAGES[ExportEnd]:
        raise ExportError("the file is cut off: its last line is not the end of an export")


def read_entries(source: BinaryIO) -> Iterator[tuple[Entry, dict[str, str]]]:
    """Give each entry with what was opened of it, by field, for those who read on and do not verify.

    Checked are the form of each entry, its number, its link to the one before, and openings against commitments; not
    the tree and no signature. Raises `ExportError`, or `ledger.entries.DamagedLogError` naming the entry.
    """
    lines = read_lines(source)
    head = next(lines, None)
    if not isinstance(head, ExportHead):
        raise ExportError("the file is empty")
    number, previous = head.first, head.previous
    entry: Entry | None = None
    opened: dict[str, str] = {}
    for line in lines:
        if isinstance(line, ExportedEntry):
            if entry is not None:
                yield entry, opened
            entry, opened = read_entry(line.body, number, previous), {}
            number, previous = number + 1, entry.leaf_hash
        elif isinstance(line, ExportedOpening):
            if entry is None or line.entry != entry.number:
                raise ExportError(f"an opening of entry {line.entry} does not follow it")
            check_opening(entry, Opening(line.name, line.salt, line.value))
            opened[line.name] = line.value
    if entry is not None:
        yield entry, opened


def _numbered(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while content := source.readline(MOST_LINE_BYTES + 1):
        number += 1
        if len(content) > MOST_LINE_BYTES:
            raise ExportError(f"line {number}: longer than {MOST_LINE_BYTES:,} bytes")
        if content[-1] != 10:
            raise ExportError("the file is cut off: its last line has no end")
        yield number, content[:-1]


def _read(content: bytes, number: int) -> Line:
    if content.startswith(_ENTRY):
        return ExportedEntry(content)
    try:
        values = from_json(content, allow_inf_nan=False)
    except ValueError:
        raise ExportError(f"line {number}: it is no JSON") from None
    if type(values) is not dict:
        raise ExportError(f"line {number}: it is no object")
    if "event" in values:
        return ExportedEntry(content)  # though not in its canonical form
    try:
        return _READERS[values["type"]](values)
    except (KeyError, TypeError, ValueError):  # a member is missing, or is of another kind
        raise ExportError(f"line {number}: it is none that an export has") from None


def _head(values: Mapping[str, Any]) -> ExportHead:
    if values["format"] != FORMAT:
        raise ValueError(FORMAT)
    first, last = _whole(values["first"]), _whole(values["last"])
    frontier = tuple(map(_hash, _of(list, values["frontier"])))
    if first < 1 or last < first - 1 or len(frontier) != (first - 1).bit_count():
        raise ValueError("range")
    return ExportHead(
        origin=_of(str, values["origin"]),
        party=_of(str, values["party"]),
        key=_of(str, values["key"]),
        first=first,
        last=last,
        made_at=_of(str, values["made_at"]),
        frontier=frontier,
        previous=_hash(values["previous"]),
        fields=tuple(_of(str, one) for one in _of(list, values["fields"])),
        opened_to=_whole(values["opened_to"]),
        to_end=_of(bool, values.get("to_end", False)),
    )


def _witness(values: Mapping[str, Any]) -> ExportedWitness:
    return ExportedWitness(_of(str, values["key"]), _of(str, values["party"]))


def _agreement(values: Mapping[str, Any]) -> ExportedAgreement:
    document, signatures = _of(str, values["document"]), _of(list, values["signatures"])
    return ExportedAgreement(_hash(values["hash"]).hex(), document, tuple(signatures))


def _opening(values: Mapping[str, Any]) -> ExportedOpening:
    entry, name, value = values["entry"], values["field"], values["value"]
    if type(entry) is not int or type(name) is not str or type(value) is not str:
        raise TypeError("opening")
    return ExportedOpening(entry, name, bytes.fromhex(values["salt"]), value)


def _checkpoint(values: Mapping[str, Any]) -> ExportedCheckpoint:
    return ExportedCheckpoint(_of(str, values["note"]))


def _end(values: Mapping[str, Any]) -> ExportEnd:
    return ExportEnd(_whole(values["entries"]))


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(kind.__name__)
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST_NUMBER:
        raise ValueError("number")
    return value


def _hash(value: Any) -> bytes:
    if type(value) is not str or not _HASH.fullmatch(value):
        raise ValueError("hash")
    return bytes.fromhex(value)


_READERS: Mapping[Any, Callable[[Mapping[str, Any]], Line]] = {
    "export": _head,
    "witness": _witness,
    "agreement": _agreement,
    "opening": _opening,
    "checkpoint": _checkpoint,
    "end": _end,
}
_STAGES: Mapping[type, int] = {
    ExportHead: 0,
    ExportedWitness: 1,
    ExportedAgreement: 1,
    ExportedEntry: 2,
    ExportedOpening: 2,
    ExportedCheckpoint: 2,
    ExportEnd: 3,
}
