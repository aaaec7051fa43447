"""The form of an identifying number: capitals and ASCII digits, and what is too empty to identify anybody."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

LONGEST_NUMBER = 64
"""Characters of a number that are read; what lies beyond is cut so that hostile input costs nothing."""

SHORTEST_COMPARED = 4
"""Fewer characters than this identify nobody and are not read as a number."""

_LOOKALIKES = str.maketrans("АВЕКМНОРСТУХІЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXISJABEZHIKMNOPTYX")
"""Capitals that look the same in Latin, Cyrillic and Greek: a passport's series is typed with whichever is at hand."""

_ASCENDING, _DESCENDING = "01234567890" * 2, "09876543210" * 2


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number in canonical form. ``country`` is ISO 3166 alpha-2 or empty; ``valid`` None where nothing checks it."""

    kind: str
    value: str
    country: str = ""
    valid: bool | None = None


def canonical_number(text: str) -> str:
    """Give capitals and ASCII digits only: spaces and signs dropped, other scripts' digits and lookalikes mapped."""
    capitals = latin_lookalikes(text[: 4 * LONGEST_NUMBER])
    kept = [_ascii_digit(character) for character in capitals if character.isalnum()]
    return "".join(kept)[:LONGEST_NUMBER]


def latin_lookalikes(text: str) -> str:
    """Give a text in capitals with Cyrillic and Greek letters that look like Latin ones as these."""
    return unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKES)


def is_placeholder(value: str) -> bool:
    """Say whether a number is what forms are filled with: no digit, one sign repeated, 123456 and its like."""
    digits = "".join(character for character in value if character.isdigit())
    if not digits or len(set(value)) == 1:
        return True
    # "A0000000" and "PASSPORT 0000" too: letters before them do not make noughts a number.
    return (len(digits) >= SHORTEST_COMPARED and set(digits) == {"0"}) or value in _ASCENDING or value in _DESCENDING


def _ascii_digit(character: str) -> str:
    number = unicodedata.decimal(character, None)
    return str(number) if number is not None else character
