"""What a name in Han is read as, besides Mandarin and Japanese: Cantonese, Hokkien, Korean and Vietnamese.

陳國雄 is *Chen Guoxiong* in Beijing, *Chan Kwok Hung* in Hong Kong, *Tan Kok Hiong* in Singapore, *Jin Gugung* in Seoul
and *Tran Quoc Hung* in Hanoi, and one person may be listed as any of these. `writings` gives the rows of signs that the
letter tables measure, `spelt_otherwise` the commonest spelling of each, by which a record is found. A name of which a
sign has no reading in a language is not read in it.

The readings of signs are those of the Unicode Han database, corrected by hand for Vietnamese names;
``benchmarks.learning.han`` makes the file. A line of it is a sign, a tab, its Cantonese syllable (Jyutping without
tone), its Hangul, its Vietnamese syllable without accents, and the sign that stands for all its old and new forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from anyascii import anyascii

from matching.frequency import part_bits
from matching.letters.agreement import agreement, random_bits
from matching.letters.forms import FORMS_FILE, known_forms
from matching.letters.lines import said_of
from matching.letters.tables import read_table
from matching.normalise import telling_parts, tokens_of
from matching.scripts import LONGEST_HAN_NAME, romanise, split_family_name

READINGS_FILE = "han_readings.txt.xz"
NOT_KNOWN = "-"
SPELT_BY = ("cantonese", "hokkien", "vietnamese")
"""The letter tables whose likeliest spelling stands for a reading; a Korean one is romanised as Hangul is."""

JAPANESE = "kanji"
"""The letter table by which Japanese names are read, whose family name has two signs."""

FILES = (READINGS_FILE, FORMS_FILE, *(f"{table}.json" for table in (*SPELT_BY, JAPANESE)))
"""What a reading depends on, and so a rule token."""

_CANTONESE, _KOREAN, _VIETNAMESE, _FORM = range(4)

_READ_OTHERWISE_AS_FAMILY_NAME = {
    _CANTONESE: {"曾": "zang", "單": "sin", "单": "sin", "區": "au", "区": "au", "樂": "ngok", "乐": "ngok",
                 "查": "zaa", "仇": "kau", "翟": "zaak", "覃": "cam", "冼": "sin", "易": "jik", "任": "jam"},
    _KOREAN: {"金": "김", "車": "차", "车": "차", "葉": "섭", "叶": "섭", "沈": "심"},
    _VIETNAMESE: {},
}  # fmt: skip

_JAPANESE_FAMILY = 2
"""Signs of most Japanese family names."""

_INITIAL_R, _INITIAL_N, _INITIAL_NONE = "ᄅ", "ᄂ", "ᄋ"
_WITH_I = frozenset("ᅣᅤᅧᅨᅭᅲᅵ")
"""Korean vowels before which the South does not speak an *r* or *n* that begins a word."""

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")

Writings = tuple[tuple[str, tuple[str, ...]], ...]


def writings(word: str) -> Writings:
    """Give the signs of a word in Han by each of the letter tables, besides mandarin and kanji, that can read it."""
    read = _read(word)
    found = [("cantonese", _syllables(word, read, _CANTONESE)), ("hokkien", tuple(word))]
    if korean := _syllables(word, read, _KOREAN):
        north = unicodedata.normalize("NFD", "".join(korean))
        south = unicodedata.normalize("NFD", "".join(_spoken_in_the_south(korean, 1)))
        found += [("hangul", tuple(letters)) for letters in dict.fromkeys((south, north))]
    found.append(("vietnamese", _syllables(word, read, _VIETNAMESE)))
    return tuple((table, signs) for table, signs in found if signs)


def spelt_otherwise(full_name: str) -> tuple[tuple[str, ...], ...]:
    """Give the parts that tell a person's name in Han apart as each other language spells them; else nothing.

    Its syllables stand apart, as most people write them, in Korean also as one. A name of four signs without a known
    family name of two is Japanese, and none of the other languages'; one of three may be either.
    """
    tokens = () if full_name.isascii() else tokens_of(full_name)
    words = [token.native for token in tokens if token.native]
    if not words or any(token.spelt for token in tokens) or not all(map(_HAN.fullmatch, words)):
        return ()
    family, given = split_family_name(words[0]) if len(words) == 1 else (words[0], "".join(words[1:]))
    if not given or len(family + given) > LONGEST_HAN_NAME:
        return ()
    names = [] if len(given) == LONGEST_HAN_NAME - 1 else [*_names(family + given, len(family))]
    return tuple(dict.fromkeys(map(telling_parts, [*names, *_japanese_names(family + given)])))


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


def _names(name: str, family: int) -> Iterator[str]:
    """Give a name, of which so many signs are the family's, as each language that reads them all spells it."""
    read = _read(name)
    signs_by_table = (_syllables(name, read, _CANTONESE), tuple(name), _syllables(name, read, _VIETNAMESE))
    for table, signs in zip(SPELT_BY, signs_by_table, strict=True):
        pieces = read_table(table).pieces
        if signs and all(sign in pieces for sign in signs):
            spelt = [_likeliest(pieces[sign]) for sign in signs]
            yield " ".join(("".join(spelt[:family]), *spelt[family:]))
    korean = _syllables(name, read, _KOREAN)
    for spoken in dict.fromkeys((_spoken_in_the_south(korean, family), korean)):
        if spoken:
            own = list(map(_korean, spoken[family:]))
            of_family = "".join(romanise("".join(spoken[:family])).split())
            yield " ".join((of_family, *own))
            yield f"{of_family} {''.join(own)}"


def _japanese_names(name: str) -> Iterator[str]:
    """Give a name of three or four signs as it is likeliest read in Japan, in two words and, as kana has it, in one."""
    family, given = (_japanese(name[:_JAPANESE_FAMILY]), _japanese(name[_JAPANESE_FAMILY:]))
    if family and given:
        yield f"{family} {given}"
        yield family + given


def _japanese(word: str) -> str:
    """Spell signs as names have them: by the dictionary, the commonest form, or by the table, two signs or one."""
    table = read_table(JAPANESE)
    if forms := known_forms(word):
        share = {form: agreement(tuple(word), form, table) - random_bits(form, table) for form in forms}
        return min(forms, key=lambda form: (part_bits(form), -share[form], form))
    parts = [word] if word in table.pieces else list(word)
    return "".join(_likeliest(table.pieces[part]) for part in parts) if all(map(table.pieces.get, parts)) else ""


def _likeliest(spellings: Mapping[str, float]) -> str:
    return max(spellings, key=lambda letters: (spellings[letters], letters))


def _korean(syllable: str) -> str:
    """Romanise a syllable of a Korean given name, which begins with *r* where anyascii gives *l*."""
    latin = anyascii(syllable).lower()
    return "r" + latin[1:] if latin.startswith("l") else latin


def _spoken_in_the_south(syllables: Sequence[str], family: int) -> tuple[str, ...]:
    """Give the syllables as the South spells them, where family and given name begin without *r*."""
    return tuple(_southern(syllable) if place in (0, family) else syllable for place, syllable in enumerate(syllables))


def _southern(syllable: str) -> str:
    letters = unicodedata.normalize("NFD", syllable)
    first, vowel = letters[0], letters[1]
    if first in (_INITIAL_R, _INITIAL_N) and vowel in _WITH_I:
        first = _INITIAL_NONE
    elif first == _INITIAL_R:
        first = _INITIAL_N
    return unicodedata.normalize("NFC", first + letters[1:])
