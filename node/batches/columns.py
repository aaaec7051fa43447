"""Which column of a list is which field: the names of the import format, and the headings people write for them.

A list for asking is not the agency's own list: it needs no record ids, and has whatever headings its writer chose. A
heading that is not known is refused, so that no column is left out unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matching.subject import SUBJECT_FIELDS
from node.records.rows import COLUMN, RECORD_FIELDS, RowError, check_not_by_tabs, read_cells, separator_of
from symbolon.rpc.errors import ErrorCode, SymbolonError

REFERENCE = "reference"
"""The column with the list's own reference of a row."""

GIVEN, FAMILY = "given_name", "family_name"
"""Columns that make one name together."""

_HEADINGS: Mapping[str, str] = {
    "record_id": REFERENCE,
    "ref": REFERENCE,
    "id": REFERENCE,
    "name": "names",
    "full_name": "names",
    "first_name": GIVEN,
    "given_names": GIVEN,
    "forename": GIVEN,
    "forenames": GIVEN,
    "last_name": FAMILY,
    "surname": FAMILY,
    "alias": "aliases",
    "also_known_as": "aliases",
    "native_name": "names_original",
    "original_name": "names_original",
    "date_of_birth": "dob",
    "birth_date": "dob",
    "birthdate": "dob",
    "born": "dob",
    "place_of_birth": "pob",
    "birth_place": "pob",
    "nationalities": "nationality",
    "sex": "gender",
    "document": "documents",
    "phone": "phones",
    "telephone": "phones",
    "email": "emails",
    "e_mail": "emails",
    "address": "addresses",
}
"""Headings that people write, with small letters and underscores, and the field of each."""

FIELDS = SUBJECT_FIELDS | {REFERENCE, GIVEN, FAMILY}
UNUSED = RECORD_FIELDS - SUBJECT_FIELDS - {"record_id"}
"""Fields of an own list that say nothing of whom to ask about: they are read over."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a list: its separator, the field of each, and the headings that are not the fields' names."""

    separator: str
    fields: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]


def field_of(heading: str) -> str:
    """Give the field of a heading, or nothing where it is not known."""
    plain = heading.strip().lower().replace(" ", "_").replace("-", "_")
    field = _HEADINGS.get(plain, plain)
    return field if field in FIELDS | UNUSED else ""


def read_columns(text: str) -> Columns:
    """Read a header line; raise `SymbolonError` (`INVALID_INPUT`) where a column is unknown or stands there twice."""
    check_not_by_tabs(text)
    separator = separator_of(text)
    try:
        written = [cell.strip() for cell in read_cells(text, separator)]
    except RowError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"header line: {error.reason}") from None
    fields = [_checked(place, heading) for place, heading in enumerate(written, 1)]
    for place, field in enumerate(fields):
        if field in fields[:place]:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"header line: column {field} stands there twice")
    pairs = [(heading, "" if field in UNUSED else field) for heading, field in zip(written, fields, strict=True)]
    return Columns(separator, tuple(fields), tuple(pair for pair in pairs if pair[0] != pair[1]))


def _checked(place: int, heading: str) -> str:
    field = field_of(heading)
    if not field:
        plain = heading.lower().replace(" ", "_")
        # A list without a header has a person's data here: show only what looks like a column's name.
        shown = f" ({plain})" if COLUMN.fullmatch(plain) and " " not in heading else ""
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"header line: column {place}{shown} is unknown")
    return field
