"""The letter tables that ship with the program, one file a script, read when first needed.

A file holds ``letters`` (Latin letter to tenths of bits) and ``pieces`` (signs to Latin letters to tenths of bits, not
negative: minus log2 of the share). `TABLES_OF_SCRIPT` names the tables a word may be read by: one for most scripts,
one for each language that reads Han.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from matching.letters.agreement import LetterTable

_FOLDER = files("matching.letters")
_SCRIPTS_WITH_ONE = (
    "arabic armenian bengali cyrillic devanagari georgian greek hangul hebrew hiragana kannada katakana khmer latin "
    "myanmar tamil telugu thai"
)
_OF_HAN = ("mandarin", "kanji", "cantonese", "hokkien", "hangul", "vietnamese")
TABLES_OF_SCRIPT = {script: (script,) for script in _SCRIPTS_WITH_ONE.split()} | {"han": _OF_HAN}
"""Scripts with tables of their own; any other is romanised letter by letter and compared as Latin.

Latin's own table is of one name spelt in several ways.
"""


@cache
def read_table(name: str) -> LetterTable:
    """Read the table of that name."""
    return table_of(json.loads(_FOLDER.joinpath(f"{name}.json").read_text(encoding="utf-8")))


def table_of(held: Mapping[str, Any]) -> LetterTable:
    """Give the table that a file holds."""
    pieces = {
        signs: {latin: -tenths / 10 for latin, tenths in choices.items()} for signs, choices in held["pieces"].items()
    }
    letters = {letter: tenths / 10 for letter, tenths in held["letters"].items()}
    longest = max(len(latin) for choices in pieces.values() for latin in choices)
    return LetterTable(pieces, letters, longest)
