"""How much a query may say of a person: enough for every honest one, little enough that examining it takes little time.

The asker refuses more with words; the holder takes more for fishing. Both sides use the same bounds, since a holder
whose work an asker could stretch would tell by its time that the query opened (threats T18 and T20).
"""

from __future__ import annotations

from matching.subject import Subject

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


class ExtentError(ValueError):
    """A query says more than the bounds allow; the message names the field and the bound, never a value."""


def check_extent(subject: Subject) -> None:
    """Raise `ExtentError` for the first field with more entries, or a longer name, than a query may have."""
    for field, most in MOST_OF_EACH.items():
        if len(getattr(subject, field)) > most:
            raise ExtentError(f"{field}: a query has at most {most}")
    if any(len(name.text) > LONGEST_NAME for name in subject.names):
        raise ExtentError(f"names: a name of a query has at most {LONGEST_NAME} characters")
