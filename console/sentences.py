"""Sentences that the node says (reasons, alerts, errors), in the language of the reader.

The node speaks English. A sentence without a value in it is translated like a text of the console; one with values by
the first pattern here that fits, whose named groups are put into the translation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.languages import Language

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = ()
"""A pattern of what the node says, and the text to translate, with ``%(name)s`` for the group of that name."""


def sentence(said: str, language: Language) -> str:
    """Give a sentence of the node in a language; one that is not known stays English."""
    whole = language.say(said)
    if whole != said:
        return whole
    for pattern, english in PATTERNS:
        found = pattern.fullmatch(said)
        if found:
            values = {name: language.say(value) for name, value in found.groupdict().items()}
            return language.say(english) % values
    return said
