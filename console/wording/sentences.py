"""Sentences that the node says (reasons, alerts, errors), in the language of the reader.

The node speaks English. A sentence without a value in it is translated like a text of the console; one with values by
the first pattern here that fits, whose named groups are put into the translation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

from console.languages import Language
from console.wording import (
    account_sentences,
    case_sentences,
    error_sentences,
    export_sentences,
    operation_sentences,
    query_sentences,
    referral_sentences,
    refusal_sentences,
)
from console.wording.query_words import QUERY_WORDS
from console.wording.texts import text

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = (
    *error_sentences.PATTERNS,
    *query_sentences.PATTERNS,
    *account_sentences.PATTERNS,
    *case_sentences.PATTERNS,
    *operation_sentences.PATTERNS,
    *referral_sentences.PATTERNS,
    *refusal_sentences.PATTERNS,
    *export_sentences.PATTERNS,
)
"""A pattern of what the node says, and the text to translate, with ``%(name)s`` for the group of that name.

What a group holds may be a sentence itself.
"""

_NUMBERS = frozenset({"least", "most", "size", "number", "days"})
"""Groups that hold a number of something."""

_JOINED = text("%(one)s; %(other)s")

_ISOLATE, _END = "\u2068", "\u2069"
"""Unicode's first strong isolate, and the end of one (UAX #9)."""

DEEPEST = 5
"""Sentences within sentences that are translated; what another agency sends may hold more, and stays as it is."""


def sentence(said: str, language: Language, depth: int = DEEPEST) -> str:
    """Give a sentence of the node in a language; one that is not known stays English.

    Several, joined by semicolons, are translated one by one where all of them are known.
    """
    found = _known(said, language, depth)
    return said if found is None else found


def _known(said: str, language: Language, depth: int) -> str | None:
    """Give a sentence in a language, or None where it is not known."""
    whole = _alone(said, language, depth)
    if whole is not None or "; " not in said:
        return whole
    parts = [_alone(part, language, depth) for part in said.split("; ")]
    known = [part for part in parts if part is not None]
    joined = language.say(_JOINED)
    return reduce(lambda one, other: joined % {"one": one, "other": other}, known) if len(known) == len(parts) else None


def _value(name: str, part: str, language: Language, depth: int) -> str:
    """Give what a group holds: a field by its label, where it has one, a number as such, all else as a sentence."""
    if name in _NUMBERS and (digits := part.replace(",", "")).isdecimal():
        return language.number(int(digits))
    label = QUERY_WORDS.get(f"field.{part}") if name == "field" else None
    return language.say(label) if label else sentence(part, language, depth)


def _alone(said: str, language: Language, depth: int) -> str | None:
    whole = language.say(said)
    if whole != said:
        return whole
    for pattern, english in PATTERNS if depth else ():
        found = pattern.fullmatch(said)
        if found:
            parts = found.groupdict("")
            values = {
                name: part if part == said else _value(name, part, language, depth - 1) for name, part in parts.items()
            }
            if language.direction == "rtl":  # a date or a Latin name among Arabic words keeps its own order
                values = {name: f"{_ISOLATE}{value}{_END}" for name, value in values.items()}
            return language.say(english) % values
    return None
