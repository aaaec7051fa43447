"""Tables of labelled pairs and lists of records, read for the benchmarks: one reader for every file of such a form.

A table is tab-separated without quoting where its header line has a tab, otherwise comma-separated with quoting; lines
that start with ``#`` before the header are left out; plain or gzipped. A list is one JSON object a line. A pair's full
record has one column a field and side (``names_a``, ``dob_b``), lists inside a cell joined by ``|``.

Single values that the import would set aside (an unreadable date, a country that is no code) are left out, so that the
rest of the record is still compared. Nothing here is measured.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TextIO

from matching.dates import DateFormatError, parse_date
from matching.subject import Category, Subject, parse_subject

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

Row = dict[str, str]


class TableError(ValueError):
    """A file or an option that cannot be used; says which column or line, never a value of a person."""


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
    with open_text(file) as lines:
        told = itertools.dropwhile(lambda line: line.startswith("#") or not line.strip(), lines)
        header = next(told, "")
        rows = _reader(header, told)
        missing = {*needed, *(condition.column for condition in where)} - set(rows.fieldnames or ())
        if missing:
            raise TableError(f"{file.name} has no column {', '.join(sorted(missing))}; it has {header.split()}")
        yield from (row for row in rows if all(condition.holds(row) for condition in where))


def read_label(row: Mapping[str, str], column: str) -> bool:
    """Say whether a row's label is yes; raise `TableError` where it is neither yes nor no."""
    label = row[column].strip().lower()
    if label not in _YES | _NO:
        raise TableError(f"column {column}: a label is 1 or 0, true or false")
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
        }
    )


def subject_of(row: Mapping[str, Any]) -> Subject:
    """Read a row, leaving out single values that the import would set aside."""
    kept = dict(row)
    for field in ("nationality", "address_countries"):
        kept[field] = [value for value in row.get(field, ()) if _COUNTRY.fullmatch(value.strip())]
    kept["dob"] = [value for value in row.get("dob", ()) if _is_date(value)]
    return parse_subject(kept)


def read_list(file: Path) -> Iterator[dict[str, Any]]:
    """Give the rows of a list, one JSON object a line."""
    with open_text(file) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


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
        parse_date(text)
    except DateFormatError:
        return False
    return True
