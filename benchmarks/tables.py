"""Tables of labelled pairs and lists of records, read for the benchmarks: one reader for every file of such a form.

A table is tab-separated without quoting where its header line has a tab, otherwise comma-separated with quoting; lines
that start with ``#`` before the header are left out; plain or gzipped. A list is one JSON object a line. A pair's full
record has one column a field and side (``names_a``, ``dob_b``), lists inside a cell joined by ``|``.

Single values that the import would set aside (an unreadable date, a country that is no code) are left out, so that the
rest of the record is still compared. A file that cannot be read raises `TableError` with its name and line, and no
value of anybody. Nothing here is measured.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TextIO

from matching.dates import DateFormatError
from matching.listed_dates import read_listed_dates
from matching.subject import Category, Subject, SubjectFormatError, parse_subject, subject_part

LONGEST_CELL = 1 << 24

_COUNTRY = re.compile("[A-Za-z]{2,3}")
_LISTS = ("names", "aliases", "names_original", "dob", "pob", "nationality", "addresses", "phones", "emails")
_YES, _NO = frozenset({"1", "true", "t", "yes"}), frozenset({"0", "false", "f", "no"})

SCHEMAS: Mapping[str, Category] = {
    "person": "individual",
    "individual": "individual",
    "company": "entity",
    "organization": "entity",
    "organisation": "entity",
    "legalentity": "entity",
    "publicbody": "entity",
    "entity": "entity",
    "vessel": "vessel",
    "airplane": "aircraft",
    "aircraft": "aircraft",
    "vehicle": "vehicle",
}
"""What a row's column ``schema`` or ``category`` may say, in lower case, and the category it is compared as."""


class Row(dict[str, Any]):
    """A row of a table or list; ``place`` says in which file and line it stands."""

    __slots__ = ("place",)

    def __init__(self, cells: Mapping[str, Any], place: str) -> None:
        super().__init__(cells)
        self.place = place


class TableError(ValueError):
    """A file or an option that cannot be used; says which column or line, never a value of a person."""


class _Lines(Iterator[str]):
    """The lines of a file, counted, its faults told as `TableError`."""

    def __init__(self, name: str, lines: TextIO) -> None:
        self._lines, self._name, self._number = lines, name, 0

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except UnicodeDecodeError:
            raise TableError(f"{self._next}: not UTF-8 text, here or soon after; save the file as UTF-8") from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise TableError(f"{self._next}: the gzip file breaks off or is broken here or soon after") from None
        self._number += 1
        if "\0" in line:
            raise TableError(f"{self.place}: not UTF-8 text, perhaps UTF-16; save the file as UTF-8")
        return line

    @property
    def place(self) -> str:
        """Name the file and the line read last."""
        return f"{self._name} line {self._number}"

    @property
    def _next(self) -> str:
        return f"{self._name} line {self._number + 1}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One ``--where``: a column and patterns, of which a row's cell must match one, or none if ``negated``."""

    column: str
    patterns: tuple[str, ...]
    negated: bool

    def holds(self, row: Mapping[str, str]) -> bool:
        """Say whether the row is kept."""
        return self.negated != any(fnmatchcase(row[self.column], pattern) for pattern in self.patterns)


def parse_condition(text: str) -> Condition:
    """Read ``COL=A,B`` or ``COL!=A,B``; patterns may have ``*``, and an empty one means an empty cell."""
    column, equals, patterns = text.partition("=")
    if not equals or not column.strip("!"):
        raise TableError(f"--where {text}: must be COL=PATTERN[,PATTERN] or COL!=PATTERN[,PATTERN]")
    return Condition(column.removesuffix("!"), tuple(patterns.split(",")), column.endswith("!"))


def read_table(file: Path, needed: Sequence[str] = (), where: Sequence[Condition] = ()) -> Iterator[Row]:
    """Give the rows that all conditions keep; raise `TableError` where a needed column is missing."""
    csv.field_size_limit(LONGEST_CELL)
    with open_text(file) as text:
        lines = _Lines(file.name, text)
        header = next(itertools.dropwhile(lambda line: line.startswith("#") or not line.strip(), lines), "")
        rows = _reader(header, lines)
        missing = {*needed, *(condition.column for condition in where)} - set(rows.fieldnames or ())
        if missing:
            raise TableError(f"{file.name} has no column {', '.join(sorted(missing))}; it has {header.split()}")
        yield from (row for row in _rows(rows, lines) if all(condition.holds(row) for condition in where))


def read_label(row: Mapping[str, str], column: str) -> bool:
    """Say whether a row's label is yes; raise `TableError` where it is neither yes nor no."""
    label = row[column].strip().lower()
    if label not in _YES | _NO:
        raise TableError(f"{_place_of(row)}column {column}: a label is 1 or 0, true or false")
    return label in _YES


def schema_of(row: Mapping[str, str]) -> str:
    """Give what the row's column ``schema`` or else ``category`` calls the pair, ``Person`` where neither tells."""
    told = (row.get(column) or "" for column in ("schema", "category"))
    return next((value for value in told if value.lower() in SCHEMAS), "Person")


def category_of(row: Mapping[str, str]) -> Category:
    """Give the category in which a row's pair is compared."""
    return SCHEMAS[schema_of(row).lower()]


def pair_side(row: Mapping[str, str], side: str) -> Subject:
    """Give one side, ``a`` or ``b``, of a row with full records."""
    cells = {field: _split(row.get(f"{field}_{side}")) for field in _LISTS}
    primary = row[f"name_{side}"].strip() or next(iter(cells["names"]), "")
    named = [primary] if primary else []
    qualities = _split(row.get(f"alias_quality_{side}"))
    return subject_of(
        {
            **cells,
            "category": category_of({"category": row.get(f"category_{side}") or row.get("category") or ""}),
            "names": named + [name for name in cells["names"] if name != primary],
            "alias_quality": qualities if len(qualities) == len(cells["aliases"]) else [],
            "gender": row.get(f"gender_{side}") or "",
            "documents": list(_documents(row.get(f"documents_{side}"))),
        },
        f"{_place_of(row)}side {side}",
    )


def unread_births(row: Mapping[str, str]) -> int:
    """Count the birth dates of both sides of a row with full records that cannot be read and are left out."""
    return sum(not _is_date(text) for side in "ab" for text in _split(row.get(f"dob_{side}")))


def subject_of(row: Mapping[str, Any], place: str = "") -> Subject:
    """Read a row, leaving out single values that the import would set aside."""
    kept = dict(row)
    for field in ("nationality", "address_countries"):
        kept[field] = _kept(row.get(field, ()), lambda value: _COUNTRY.fullmatch(value.strip()) is not None)
    kept["dob"] = _kept(row.get("dob", ()), _is_date)
    if row.get("category", "individual") == "individual":
        for field in ("names", "names_original"):
            kept[field] = _kept(row.get(field, ()), lambda value: not value.strip() or any(map(str.isalpha, value)))
    if not any(kept.get(field) for field in ("names", "names_original")):
        raise TableError(f"{place}: names: at least one name is needed" if place else "names: at least one is needed")
    try:
        return parse_subject(kept)
    except SubjectFormatError as error:
        raise TableError(f"{place}: {error}" if place else str(error)) from None


def read_record(row: Row) -> tuple[str, Subject]:
    """Give the record id and the subject of a row of a list."""
    record_id = row.get("record_id")
    if record_id is None or not str(record_id).strip():
        raise TableError(f"{row.place}: a record of a list needs a record_id")
    return str(record_id), subject_of(subject_part(row), row.place)


def read_list(file: Path) -> Iterator[Row]:
    """Give the rows of a list, one JSON object a line."""
    with open_text(file) as text:
        lines = _Lines(file.name, text)
        for line in lines:
            if line.strip():
                yield Row(_object(line, lines.place), lines.place)


def open_text(file: Path) -> TextIO:
    """Open a file, plain or gzipped, as text."""
    with file.open("rb") as start:
        zipped = start.read(2) == b"\x1f\x8b"
    if zipped:
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _reader(header: str, lines: Iterator[str]) -> csv.DictReader[str]:
    if "\t" in header:
        return csv.DictReader(itertools.chain((header,), lines), delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
    return csv.DictReader(itertools.chain((header,), lines), restval="")


def _rows(rows: Iterator[dict[str, str]], lines: _Lines) -> Iterator[Row]:
    try:
        for row in rows:
            yield Row(row, lines.place)
    except csv.Error:
        raise TableError(f"{lines.place}: not a row of a table") from None


def _object(line: str, place: str) -> Mapping[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise TableError(f"{place}: not a JSON object; a list has one JSON object a line")
    return told


def _place_of(row: Mapping[str, Any]) -> str:
    return f"{row.place}, " if isinstance(row, Row) else ""


def _kept(values: Any, is_kept: Callable[[str], bool]) -> Any:
    """Leave out of a list of texts what the import sets aside; what is no such list is refused where it is parsed."""
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        return values
    return [value for value in values if is_kept(value)]


def _split(cell: str | None) -> list[str]:
    return [value for value in (cell or "").split("|") if value.strip()]


def _documents(cell: str | None) -> Iterator[dict[str, str]]:
    for text in _split(cell):
        if text.count(":") > 1:
            kind, country, number = text.split(":", 2)
            if number.strip():
                yield {"type": kind, "country": country, "number": number}


def _is_date(text: str) -> bool:
    try:
        read_listed_dates(text)
    except DateFormatError:
        return False
    return True
