"""From the bytes of a list to rows that can be asked and rows that cannot, each with its place and the reason.

Nothing is dropped: what cannot be read, says too little, or is the same person as a row before, is a row of the batch
with that word for its state. Reasons name fields, never values.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from matching.slips import born_by, slips_of_row
from matching.subject import Subject, SubjectFormatError, parse_subject
from node.batches.columns import FAMILY, FIELDS, GIVEN, REFERENCE, UNUSED, Columns, field_of, read_columns
from node.queries.plan import check_subject
from node.records.row_files import RawRow, RowFile, RowFormat
from node.records.rows import COLUMN, RowError, read_csv_row, read_json_row
from symbolon.rpc.errors import ErrorCode, SymbolonError

MOST_BYTES = 4 * 1024 * 1024
"""Bytes of a list."""

TOO_LARGE = f"list: more than {MOST_BYTES // 2**20} MiB; divide it"

LONGEST_REFERENCE = 200
"""Characters of a row's own reference."""

ReadState = Literal["waiting", "unread", "thin", "duplicate"]


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list. ``person`` is the canonical JSON of its subject, for rows that can be asked only."""

    line: int
    reference: str
    state: ReadState
    person: str = ""
    field: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list as read, and the headings that are not the fields' names."""

    rows: tuple[ListRow, ...]
    renamed: tuple[tuple[str, str], ...] = ()


def read_list(content: bytes, row_format: RowFormat, most: int, today: date) -> ReadList:
    """Read a list of at most ``most`` rows; raise `SymbolonError` (`INVALID_INPUT`) where it is none."""
    if len(content) > MOST_BYTES:
        raise SymbolonError(ErrorCode.INVALID_INPUT, TOO_LARGE)
    columns: list[Columns] = []

    def header(text: str) -> tuple[str, ...]:
        columns.append(read_columns(text))
        return columns[0].fields

    file = RowFile(io.BytesIO(content), row_format, len(content), header)
    read: list[ListRow] = []
    seen: dict[str, int] = {}
    for raw in file.rows():
        if len(read) >= most:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"list: more than {most:,} rows; divide it")
        read.append(_told_once(_read_row(raw, columns[0] if columns else None, today), seen))
    if not read:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "list: it has no row")
    return ReadList(tuple(read), columns[0].renamed if columns else ())


def thinned(read: ReadList, says_enough: Callable[[Subject], bool]) -> ReadList:
    """Set rows aside of which a query would say too little to be put."""
    return replace(read, rows=tuple(_weighed(row, says_enough) for row in read.rows))


def subject_of(person: str) -> Subject:
    """Give the subject of a row's ``person``."""
    return parse_subject(json.loads(person))


def _weighed(row: ListRow, says_enough: Callable[[Subject], bool]) -> ListRow:
    if row.state != "waiting" or says_enough(subject_of(row.person)):
        return row
    reason = "nothing in it carries enough identifying bits: add a birth date, a full name or a document"
    return replace(row, state="thin", person="", field="row", reason=reason)


def _read_row(raw: RawRow, columns: Columns | None, today: date) -> ListRow:
    reference = ""
    try:
        if raw.problem:
            raise RowError("row", raw.problem)
        text = _decoded(raw.content)
        row = read_csv_row(columns.fields, text, columns.separator) if columns else _known(read_json_row(text))
        reference = _reference(row)
        said = _person(row)
        subject = born_by(parse_subject(said), today)
        for slip in slips_of_row(said, today):
            raise RowError(slip.field, slip.reason)
        check_subject(subject)
    except SubjectFormatError as error:
        return ListRow(raw.line, reference, "unread", field=error.field, reason=error.reason)
    except RowError as error:
        return ListRow(raw.line, reference, "unread", field=error.field, reason=error.reason)
    except SymbolonError as error:
        if error.code is ErrorCode.QUERY_TOO_THIN:
            return ListRow(raw.line, reference, "thin", field="row", reason=error.detail)
        return ListRow(raw.line, reference, "unread", field="row", reason=error.detail)
    person = json.dumps(subject.to_row(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ListRow(raw.line, reference, "waiting", person)


def _told_once(row: ListRow, seen: dict[str, int]) -> ListRow:
    """Set a row aside whose person stands in the list before."""
    if row.state != "waiting":
        return row
    first = seen.setdefault(row.person, row.line)
    if first == row.line:
        return row
    return replace(row, state="duplicate", person="", field="row", reason=f"the same person as on line {first}")


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise RowError("row", "not UTF-8") from None


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for name, value in row.items():
        field = field_of(name)
        if field in known:
            raise RowError(field, "stands there twice")
        if not field:
            shown = f" ({name})" if COLUMN.fullmatch(name) else ""
            raise RowError("row", f"a field the format does not have{shown}")
        known[field] = value
    return known


def _reference(row: Mapping[str, Any]) -> str:
    reference = row.get(REFERENCE, "")
    if not isinstance(reference, str) or len(reference) > LONGEST_REFERENCE or not reference.strip().isprintable():
        raise RowError(REFERENCE, f"expected one line of at most {LONGEST_REFERENCE} characters")
    return reference.strip()


def _person(row: Mapping[str, Any]) -> dict[str, Any]:
    person = {name: value for name, value in row.items() if name in FIELDS - {REFERENCE, GIVEN, FAMILY} - UNUSED}
    together = " ".join(_parts(row))
    if not together:
        return person
    names = person.get("names", [])
    return person | {"names": [*(names if isinstance(names, list) else [names]), together]}


def _parts(row: Mapping[str, Any]) -> Iterator[str]:
    for field in (GIVEN, FAMILY):
        value = row.get(field, "")
        if not isinstance(value, str):
            raise RowError(field, "expected a text")
        if value.strip():
            yield value.strip()
