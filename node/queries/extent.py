"""How much a query may say of a person: enough for every honest one, little enough that examining it takes little time.

The asker refuses more with words; the holder takes more for fishing. Both sides use the same bounds, since a holder
whose work an asker could stretch would tell by its time that the query opened (threats T18 and T20).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matching.subject import SUBJECT_FIELDS, Subject

MOST_OF_EACH = {
    "names": 16,
    "name_parts": 12,
    "births": 6,
    "birth_places": 6,
    "nationalities": 6,
    "documents": 12,
    "phones": 12,
    "emails": 12,
    "addresses": 6,
    "address_countries": 12,
}
"""Entries of each field of a query's subject; names count primary names, aliases and those in their own script."""

LONGEST_NAME = 120
"""Characters of a name."""

UNKNOWN_FIELD = "a field the format does not have"

_PARTS = 4  # of a document: type, country, number, note
_OTHER_NAMES = {
    "aliases": "names",
    "alias_quality": "names",
    "names_original": "names",
    "dob": "births",
    "pob": "birth_places",
    "nationality": "nationalities",
}
MOST_IN_ROW = MOST_OF_EACH | {field: MOST_OF_EACH[of] for field, of in _OTHER_NAMES.items()}
"""Entries of each list of a query's row: what is longer is not even read."""


class ExtentError(ValueError):
    """A query says more than the bounds allow; the message names the field and the bound, never a value."""


def check_row(row: Mapping[str, Any]) -> None:
    """Raise `ExtentError` where a row has longer lists, or more fields, than a query may: before it is read."""
    for field, most in MOST_IN_ROW.items():
        values = row.get(field)
        if isinstance(values, list | dict) and len(values) > most:
            raise ExtentError(f"{field}: a query has at most {most}")
    documents = row.get("documents")
    within = [one for one in documents if isinstance(one, dict)] if isinstance(documents, list) else []
    for place, keys, most in (("row", row, len(SUBJECT_FIELDS)), *(("documents", one, _PARTS) for one in within)):
        if len(keys) > most:
            raise ExtentError(f"{place}: {UNKNOWN_FIELD}")


def check_extent(subject: Subject) -> None:
    """Raise `ExtentError` for the first field with more entries, or a longer name, than a query may have."""
    for field, most in MOST_OF_EACH.items():
        if len(getattr(subject, field)) > most:
            raise ExtentError(f"{field}: a query has at most {most}")
    if any(len(name.text) > LONGEST_NAME for name in subject.names):
        raise ExtentError(f"names: a name of a query has at most {LONGEST_NAME} characters")
