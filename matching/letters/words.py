"""A word of another script as the sequence of signs that letter tables speak of.

`script_of` names the script; `signs` drops what carries no sound (vowel points, tone marks, silent letters), takes
Hangul syllables apart into their letters and puts a Thai or Lao vowel behind the consonant it is spoken after. Nothing
here romanises or compares.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST_WORD = 40
"""Signs of a word that are measured."""

_FIRST_WORDS = {"CJK": "han", "HALFWIDTH": "katakana", "KATAKANA-HIRAGANA": "katakana", "IDEOGRAPHIC": "han"}
_POINTS = re.compile("[\u0591-\u05c7\u05f3\u05f4\u0610-\u061a\u064b-\u065f\u0670\u0640\u06d6-\u06ed]")
_NOT_SPOKEN = re.compile("[^\\w\u0900-\u109f\u1780-\u17ff]|[_0-9]")
_THAI_SILENCED = re.compile("[\u0e01-\u0e2e][\u0e34\u0e38]?\u0e4c")
_THAI_MARKS = re.compile("[\u0e47-\u0e4e]")
_VOWEL_BEFORE = re.compile("([\u0e40-\u0e44])([\u0e01-\u0e2e])")
_YEH_AND_KAF = str.maketrans("يىكةۀہھەإأٱ", "ییکهههههااا")


@lru_cache(maxsize=1 << 12)
def _script_of_letter(letter: str) -> str:
    first = unicodedata.name(letter, "").partition(" ")[0]
    return _FIRST_WORDS.get(first, first.lower())


def script_of(word: str) -> str:
    """Give the script of the first letter of a word in small letters (latin, arabic, han, ...); empty without one.

    A word with kana in it is Japanese whatever it begins with, so kana wins over Han.
    """
    scripts = [_script_of_letter(letter) for letter in word[:LONGEST_WORD] if letter.isalpha()]
    if not scripts:
        return ""
    return next((script for script in scripts if script in ("hiragana", "katakana")), scripts[0])


def signs(word: str, script: str) -> tuple[str, ...]:
    """Give the signs of a word (NFKC) that stand for sounds, in the order they are spoken; at most `LONGEST_WORD`."""
    text = _NOT_SPOKEN.sub("", _POINTS.sub("", word.lower()))
    if script == "hangul":
        text = unicodedata.normalize("NFD", text)
    elif script == "arabic":
        text = text.translate(_YEH_AND_KAF)
    elif script == "thai":
        text = _THAI_MARKS.sub("", _THAI_SILENCED.sub("", text))
        text = _VOWEL_BEFORE.sub(r"\2\1", text)
    elif script == "greek":
        text = _without_accents(text)
    return tuple(text[:LONGEST_WORD])


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    # The diaeresis stays: it parts two vowels.
    kept = "".join(sign for sign in decomposed if not unicodedata.combining(sign) or sign == "\u0308")
    return unicodedata.normalize("NFC", kept)
