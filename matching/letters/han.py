"""What a name in Han is read as, besides Mandarin and Japanese: Cantonese, Hokkien, Korean and Vietnamese.

陳國雄 is *Chen Guoxiong* in Beijing, *Chan Kwok Hung* in Hong Kong, *Tan Kok Hiong* in Singapore, *Jin Gugung* in Seoul
and *Tran Quoc Hung* in Hanoi, and one person may be listed as any of these. `writings` gives the rows of signs that the
letter tables measure, `spelt_otherwise` the commonest spelling of each, by which a record is found. A name of which a
sign has no reading in a language is not read in it.

The readings of signs are those of the Unicode Han database; ``benchmarks.learning.han`` makes the file. A line of it is
a sign, a tab, its Cantonese syllable (Jyutping without tone), its Hangul, its Vietnamese syllable without accents, and
the sign that stands for all its old and new forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from matching.letters.lines import said_of
from matching.letters.tables import read_table
from matching.normalise import telling_parts
from matching.scripts import LONGEST_HAN_NAME, split_family_name

READINGS_FILE = "han_readings.txt.xz"
NOT_KNOWN = "-"
SPELT_BY = ("cantonese", "hokkien", "vietnamese")
"""The letter tables whose likeliest spelling stands for a reading; a Korean one is romanised as Hangul is."""

_CANTONESE, _KOREAN, _VIETNAMESE, _FORM = range(4)

_READ_OTHERWISE_AS_FAMILY_NAME = {
    _CANTONESE: {"曾": "zang", "單": "sin", "单": "sin", "區": "au", "区": "au", "樂": "ngok", "乐": "ngok",
                 "查": "zaa", "仇": "kau", "翟": "zaak", "覃": "cam", "冼": "sin", "易": "jik", "任": "jam"},
    _KOREAN: {"金": "김", "車": "차", "车": "차", "葉": "섭", "叶": "섭"},
    _VIETNAMESE: {"黃": "hoang", "黄": "hoang", "武": "vo"},
}  # fmt: skip

_INITIAL_R, _INITIAL_N, _INITIAL_NONE = "ᄅ", "ᄂ", "ᄋ"
_WITH_I = frozenset("ᅣᅤᅧᅨᅭᅲᅵ")
"""Korean vowels before which the South does not speak an *r* or *n* that begins a word."""

_NAME = re.compile("[\u3400-\u9fff\uf900-\ufaff]+(?: [\u3400-\u9fff\uf900-\ufaff]+)?")

Writings = tuple[tuple[str, tuple[str, ...]], ...]


def writings(word: str) -> Writings:
    """Give the signs of a word in Han by each of the letter tables, besides mandarin and kanji, that can read it."""
    read = _read(word)
    found = [("cantonese", _syllables(word, read, _CANTONESE)), ("hokkien", tuple(word))]
    if korean := _syllables(word, read, _KOREAN):
        north = unicodedata.normalize("NFD", "".join(korean))
        south = unicodedata.normalize("NFD", _spoken_in_the_south(korean, 1))
        found += [("hangul", tuple(letters)) for letters in dict.fromkeys((south, north))]
    found.append(("vietnamese", _syllables(word, read, _VIETNAMESE)))
    return tuple((table, signs) for table, signs in found if signs)


def spelt_otherwise(full_name: str) -> tuple[tuple[str, ...], ...]:
    """Give the parts that tell a person's name in Han apart as each other language spells them; else nothing."""
    if full_name.isascii() or not _NAME.fullmatch(text := unicodedata.normalize("NFKC", full_name)):
        return ()
    words = text.split(" ")
    family, given = words if len(words) > 1 else split_family_name(text)
    if len(family + given) > LONGEST_HAN_NAME or not given:
        return ()
    read = _read(family + given)
    spelt = [
        _spelt("cantonese", _syllables(family + given, read, _CANTONESE), len(family)),
        _spelt("hokkien", tuple(family + given), len(family)),
        _spoken_in_the_south(_syllables(family + given, read, _KOREAN), len(family)),
        "".join(_syllables(family + given, read, _KOREAN)),
        _spelt("vietnamese", _syllables(family + given, read, _VIETNAMESE), len(family)),
    ]
    return tuple(dict.fromkeys(telling_parts(name) for name in spelt if name))


def in_one_form(word: str) -> str:
    """Give the word with one sign for all old and new forms of a sign: 陳 and 陈, 澤, 泽 and 沢."""
    said = ((sign, said_of(sign, READINGS_FILE)) for sign in word)
    return "".join(forms[_FORM] if forms and forms[_FORM] != NOT_KNOWN else sign for sign, forms in said)


def _read(word: str) -> list[list[str]]:
    return [said_of(sign, READINGS_FILE) for sign in word]


def _syllables(word: str, read: Sequence[Sequence[str]], language: int) -> tuple[str, ...]:
    """Give the syllables of a word in one language; none where it has no reading for a sign."""
    syllables = [said[language] if said else NOT_KNOWN for said in read]
    if syllables:
        syllables[0] = _READ_OTHERWISE_AS_FAMILY_NAME[language].get(word[0], syllables[0])
    return () if NOT_KNOWN in syllables else tuple(syllables)


def _spelt(table: str, signs: Sequence[str], family: int) -> str:
    """Give family and given name by the likeliest spelling of their signs; empty where the table lacks one."""
    pieces = read_table(table).pieces
    if not signs or any(sign not in pieces for sign in signs):
        return ""
    spelt = [max(pieces[sign], key=lambda letters: (pieces[sign][letters], letters)) for sign in signs]
    return f"{''.join(spelt[:family])} {''.join(spelt[family:])}"


def _spoken_in_the_south(syllables: Sequence[str], family: int) -> str:
    """Give a Korean name as the South spells it, where family and given name begin without *r*."""
    return "".join(
        _southern(syllable) if place in (0, family) else syllable for place, syllable in enumerate(syllables)
    )


def _southern(syllable: str) -> str:
    letters = unicodedata.normalize("NFD", syllable)
    first, vowel = letters[0], letters[1]
    if first in (_INITIAL_R, _INITIAL_N) and vowel in _WITH_I:
        first = _INITIAL_NONE
    elif first == _INITIAL_R:
        first = _INITIAL_N
    return unicodedata.normalize("NFC", first + letters[1:])
