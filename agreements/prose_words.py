"""The words of the text people read: levels, persons, codes, numbers and lists as they are said."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

LEVELS = {
    0: "nothing",
    1: "hit or no hit",
    2: "hit or no hit with reference, match quality and contact",
    3: "core data",
    4: "core and supplementary data",
}
PERSONS = {
    "suspect": "suspects",
    "convicted": "convicted persons",
    "wanted": "wanted persons",
    "associate": "associates",
    "unknown_wanted": "unknown wanted persons",
    "witness": "witnesses",
    "victim": "victims",
    "missing": "missing persons",
    "vulnerable": "vulnerable persons",
}
CODES = {
    "H0": "any lawful use",
    "H1": "not to be used in court without permission",
    "H2": "not to be used in court, nor passed on, without permission",
    "H3": "as the caveats say, beside all restrictions of H2",
}
CONSENTS = {"never": "never", "with_consent": "only with the holder's prior consent"}
FIELDS = {
    "dob": "birth date",
    "pob": "birth place",
    "names_original": "names in their own script",
    "action": "action to be taken",
    "listed_on": "day of listing",
    "programs": "programmes",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five")


def plain(code: str) -> str:
    """Give a code's word as it is said."""
    return code.replace("_", " ")


def counted(number: int, what: str) -> str:
    """Give a number of things."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def people(number: int) -> str:
    """Give a number of officers, who are always different ones."""
    return f"{_NUMBERS[number]} officer" if number == 1 else f"{_NUMBERS[number]} different officers"


def all_of(things: Iterable[str]) -> str:
    """Give a list in which all count."""
    return _joined(list(things), "and")


def any_of(things: Iterable[str]) -> str:
    """Give a list of which any one counts."""
    return _joined(list(things), "or")


def wrapped(text: str, width: int, indent: str, further: str | None = None) -> list[str]:
    """Break a sentence into lines; a word is never broken, so that a long name can be searched for."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if further is None else further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _joined(things: list[str], word: str) -> str:
    return f" {word} ".join(part for part in (", ".join(things[:-1]), *things[-1:]) if part)
