"""Numbers in names of organisations and vessels: digits, words, ordinals and Roman numerals read to one value.

*Brigade Forty-Four* is *Brigade 44*, *First Bank* is *1st Bank*, *Fund II* is *Fund 2*. A single Roman letter is a
number only at the end of a name, where *Fund V* ends and a ship called *V Star* does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST_NUMBER = 16
"""Digits of a number that are read."""

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
         "ninety": 90}  # fmt: skip
_WORDS = {word: value for value, word in enumerate([*_UNITS.split(), "seventeen", "eighteen", "nineteen"])}
_WORDS |= {word: value for value, word in enumerate(_ORDINALS.split(), 1)}
_WORDS |= _TENS
_ROMAN_TENS, _ROMAN_UNITS = ("", "x", "xx", "xxx"), ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {
    ten + unit: 10 * tens + units for tens, ten in enumerate(_ROMAN_TENS) for units, unit in enumerate(_ROMAN_UNITS)
}
_ROMAN.pop("")

_ORDINAL_ENDING = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_LETTERS_OR_DIGITS = re.compile(r"[a-z]+|\d+")


def split_digits(folded: str) -> tuple[str, ...]:
    """Split a folded name into words, and words into letters and digits; *1st* is 1."""
    return tuple(_LETTERS_OR_DIGITS.findall(_ORDINAL_ENDING.sub(r"\1", folded)))


def may_be_number(word: str) -> bool:
    """Say whether a word is a number in some place of a name."""
    return word in _WORDS or word in _ROMAN or word.isdecimal()


def read_number(words: Sequence[str], start: int, *, is_last: bool) -> tuple[int, str]:
    """Read the number that begins at a place; give how many words it takes and its value, or 0 and nothing."""
    word = words[start]
    if word.isdecimal():
        return 1, word.lstrip("0")[:LONGEST_NUMBER] or "0"
    if word in _TENS and start + 1 < len(words):
        unit = _unit(words[start + 1])
        if 0 < unit < 10:
            return 2, str(_TENS[word] + unit)
    if word in _WORDS:
        return 1, str(_WORDS[word])
    if start > 0 and word in _ROMAN and (len(word) > 1 or is_last):
        return 1, str(_ROMAN[word])
    return 0, ""


def _unit(word: str) -> int:
    return int(word) if word.isdecimal() and len(word) == 1 else _WORDS.get(word, 0)
