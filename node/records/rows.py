"""One row of a list: what a record is, and how a row of JSON or CSV becomes one.

A row has the fields of the subject (`matching.subject`), of its provenance and its rules (`node.records.rules`), and no
others; the written form is ``docs/reference/records.md``. This module judges one row at a time: where rows begin and
end in a file is `node.records.row_files`, whether a record is new is the store's to say. Messages name the field and
the reason and never repeat a value, because they end in logs; the value is in the rejects file beside them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from matching.plain_reasons import reason_of
from matching.subject import SUBJECT_FIELDS, Subject, SubjectFormatError, parse_subject, subject_part
from node.records.rules import UNSAID, OwnRules
from symbolon.rpc.errors import ErrorCode, SymbolonError

_RecordId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class RowError(ValueError):
    """A row that cannot be a record: ``field`` and ``reason`` for the rejects file, never the value itself."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the agency's own list: its subject, where it comes from, what may be told of it.

    ``record_id`` is the agency's own.
    """

    record_id: str
    subject: Subject
    programs: tuple[str, ...] = ()
    listed_on: str = ""
    source: str = ""
    rules: OwnRules = UNSAID

    def to_row(self) -> dict[str, Any]:
        """Give the row form, empty fields left out; `parse_record` of it gives an equal record."""
        own = {
            "record_id": self.record_id,
            "programs": list(self.programs),
            "listed_on": self.listed_on,
            "source": self.source,
            "rules": self.rules.to_row(),
        }
        return self.subject.to_row() | {field: value for field, value in own.items() if value}

    def to_json(self) -> str:
        """Give the one JSON text of this record, whatever order or format its row had: the same content, same text."""
        # Only the fields are put in order: that of the name parts belongs to the content.
        return json.dumps(dict(sorted(self.to_row().items())), ensure_ascii=False, separators=(",", ":"))


class _ProvenanceRow(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    record_id: _RecordId
    programs: list[_Text] = Field(default_factory=list)
    listed_on: _Text = ""
    source: _Text = ""
    rules: OwnRules = UNSAID


RECORD_FIELDS = SUBJECT_FIELDS | _ProvenanceRow.model_fields.keys()
"""Every field a row may have."""

_LIST_FIELDS = frozenset(
    {"names", "aliases", "alias_quality", "names_original", "dob", "pob", "nationality", "phones", "emails"}
    | {"addresses", "address_countries", "programs"}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
COLUMN = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)
"""What looks like the name of a column: anything else in a header may be a person's data."""


def parse_record(row: Mapping[str, Any]) -> Record:
    """Check a row and give its record; raise `RowError` with the first field that is wrong."""
    own, subject = _parts(row)
    if all(name.kind not in ("primary", "original") for name in subject.names):
        raise RowError("names", "at least one name is needed, in names or names_original")
    programs = tuple(filter(None, own.programs))
    return Record(own.record_id, subject, programs, own.listed_on, own.source, own.rules)


def _parts(row: Mapping[str, Any]) -> tuple[_ProvenanceRow, Subject]:
    provenance = {field: value for field, value in row.items() if field not in SUBJECT_FIELDS}
    try:
        return _ProvenanceRow.model_validate(provenance), parse_subject(subject_part(row))
    except ValidationError as error:
        raise _first_reason(error) from None
    except SubjectFormatError as error:
        raise RowError(error.field, error.reason) from None


OUTLINE = ("category", "dob", "nationality", "rules")
"""The fields from which a record's rules are worked out (`node.records.rules.rules_of`)."""


def read_outline(text: str) -> tuple[OwnRules, Subject]:
    """Read the values of `OUTLINE`, a JSON list with null for what a row does not say: a subject without a name."""
    said = {field: value for field, value in zip(OUTLINE, json.loads(text), strict=True) if value is not None}
    own, subject = _parts({"record_id": "-"} | said)
    return own.rules, subject


def read_json_row(text: str) -> dict[str, Any]:
    """Read one line of JSONL; raise `RowError` when it is not one JSON object with each field once."""
    try:
        row = json.loads(text, object_pairs_hook=_unique_fields, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        # Only the position: the message of some errors quotes the row.
        raise RowError("row", f"not JSON: an error at character {error.pos + 1}") from None
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, RowError) else RowError("row", "not JSON") from None
    if not isinstance(row, dict):
        raise RowError("row", "not a JSON object")
    if "\\u00" in text or "\x7f" in text:  # JSON has no other way of writing a control character
        _check_control_characters(row)
    return row


def read_csv_header(text: str) -> tuple[str, ...]:
    """Read the header line; raise `SymbolonError` (`INVALID_INPUT`) when a column is unknown, twice or missing."""
    check_not_by_tabs(text)
    try:
        columns = tuple(cell.strip() for cell in read_cells(text, separator_of(text)))
    except RowError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"header line: {error.reason}") from None
    for place, column in enumerate(columns, 1):
        if column not in RECORD_FIELDS:
            # A file without a header has a person's data here: show only what looks like a column's name.
            shown = f" ({column})" if COLUMN.fullmatch(column) else ""
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"header line: column {place}{shown} is unknown")
        if column in columns[: place - 1]:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"header line: column {column} stands there twice")
    if "record_id" not in columns:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "header line: column record_id is missing")
    return columns


def separator_of(header: str) -> str:
    """Tell by a header line what separates the columns: a comma, or a semicolon as in many countries' spreadsheets."""
    return ";" if header.count(";") > header.count(",") else ","


def check_not_by_tabs(header: str) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) for a header line whose columns are separated by tabs."""
    if "\t" in header.strip() and not any(sign in header for sign in ",;"):
        instead = "save the list with commas or semicolons"
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"header line: its columns are separated by tabs: {instead}")


def read_csv_row(header: Sequence[str], text: str, separator: str = ",") -> dict[str, Any]:
    """Read one row of CSV into the form of a JSON row; raise `RowError` when it does not fit the header."""
    if _CONTROL.search(text):
        raise RowError("row", "a control character")
    cells = read_cells(text, separator)
    if len(cells) != len(header):
        raise RowError("row", f"{len(cells)} cells where the header has {len(header)}")
    row: dict[str, Any] = {}
    for field, cell in zip(header, cells, strict=True):
        if cell.strip():
            row[field] = _read_cell(field, cell)
    return row


def _read_cell(field: str, cell: str) -> Any:
    if field in _LIST_FIELDS:
        return _items(cell)
    if field == "documents":
        return [_read_document(item) for item in _items(cell)]
    if field == "name_parts":
        return dict(_read_name_part(item) for item in _items(cell))
    if field == "rules":
        return _read_rules(cell)
    return cell.strip()


def _read_rules(cell: str) -> dict[str, Any]:
    try:
        return read_json_row(cell)
    except RowError as error:
        raise RowError("rules", error.reason) from None


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split("|") if item.strip()]


def _read_document(item: str) -> dict[str, str]:
    parts = item.split(":", 2)
    if len(parts) != 3:
        raise RowError("documents", "expected type:country:number, several of them joined by |")
    kind, country, number = (part.strip() for part in parts)
    return {"type": kind, "country": country, "number": number}


def _read_name_part(item: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not equals:
        raise RowError("name_parts", "expected part=value, several of them joined by |")
    return name.strip(), value.strip()


def read_cells(text: str, separator: str = ",") -> list[str]:
    """Give the cells of one row of CSV; raise `RowError` where it is none."""
    try:
        rows = list(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        raise RowError("row", "not CSV: a quotation mark in the wrong place, or a cell too long") from None
    return rows[0] if rows else []


def _unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise RowError("row", "a field stands there twice")
    return row


def _refuse_constant(_: str) -> Any:
    raise RowError("row", "not JSON: NaN and Infinity are no values")


def _check_control_characters(row: Mapping[str, Any]) -> None:
    for field, value in row.items():
        for text in _texts(value):
            if _CONTROL.search(text):
                raise RowError(field if field in RECORD_FIELDS else "row", "a control character")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for item in pair for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return []


def _first_reason(error: ValidationError) -> RowError:
    first = error.errors(include_input=False, include_url=False)[0]
    field, *within = map(str, first["loc"])
    # Below the rules' own fields a place may be a key of the row, so only what the format has is repeated.
    field = ".".join([field, *(name for name in within[:1] if name in OwnRules.model_fields)])
    if first["type"] == "extra_forbidden":
        name = within[0] if within else field
        known = COLUMN.fullmatch(name)
        place = "rules" if within else "row"
        return RowError(place, f"a field the format does not have{f' ({name})' if known else ''}")
    return RowError(field, reason_of(first))
