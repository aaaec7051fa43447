"""Spell a native name in Latin letters as different offices do: English, French and German use, in this order.

The population needs the *variety* that real lists show, so each function gives one plausible spelling per
convention. It is no transliteration standard, and it is kept apart from ``matching``: a matcher judged on spellings
of its own making would prove nothing. Chinese and Korean names have no French or German use, so three customs of
their own stand in those places. After ICAO 9303 part 3 section 6, ELOT 743, the Revised Romanisation of Korean, what
Koreans use, McCune-Reischauer, Hanyu Pinyin and Wade-Giles, each as offices write it (without diacritics or
apostrophes).
"""

from __future__ import annotations

import unicodedata

CONVENTIONS = ("english", "french", "german")

_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_CYRILLIC_SPELLINGS = (
    "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e iu ia",
    "a b v g d e io j z i ï k l m n o p r s t ou f kh ts tch ch chtch  y  e iou ia",
    "a b w g d e jo sch s i j k l m n o p r s t u f ch z tsch sch schtsch  y  e ju ja",
)
_CYRILLIC_TABLES = tuple(dict(zip(_CYRILLIC, spellings.split(" "), strict=True)) for spellings in _CYRILLIC_SPELLINGS)
_CYRILLIC_ENDINGS = (
    ((), ("ий", "y"), ("ый", "y")),
    (("ин", "ine"), ("ий", "i"), ("ый", "y")),
    ((), ("ий", "ij"), ("ый", "yj")),
)

_GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
_GREEK_TABLES = tuple(
    dict(zip(_GREEK, spellings.split(" "), strict=True))
    for spellings in (
        "a v g d e z i th i k l m n x o p r s t y f ch ps o",
        "a v g d e z i th i k l m n x o p r s t i f kh ps o",
        "a b g d e z e th i k l m n x o p r s t y ph ch ps o",
    )
)
_GREEK_PAIRS = (
    {"ου": "ou", "γγ": "ng", "γκ": "gk", "ευ": "ev", "αυ": "av", "μπ": "mp", "ντ": "nt"},
    {"ου": "ou", "γγ": "ng", "γκ": "g", "ευ": "ev", "αυ": "av", "μπ": "b", "ντ": "d"},
    {"ου": "u", "γγ": "ng", "γκ": "nk", "ευ": "eu", "αυ": "au", "μπ": "mb", "ντ": "nd"},
)
_GREEK_VOICELESS = frozenset("θκξπστφχψ")

_INITIALS = tuple(
    row.split(" ")
    for row in (
        "g kk n d tt r m b pp s ss  j jj ch k t p h",
        "k kk n d tt r m b pp s ss  j jj ch k t p h",
        "k kk n t tt r m p pp s ss  ch tch ch k t p h",
    )
)
_MEDIALS = tuple(
    row.split(" ")
    for row in (
        "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
        "a ae ya yae u e you ye o wa wae oe yo oo wo we wi yoo eu eui ee",
        "a ae ya yae o e yo ye o wa wae oe yo u wo we wi yu u ui i",
    )
)
_FINALS = "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t".replace("-", "").split(" ")

_GERMAN = {ord(letter): pair for letter, pair in zip("äöüÖÜ", ("ae", "oe", "ue", "Oe", "Ue"), strict=True)}

_WADE_GILES_INITIALS = (
    ("zh", "ch"), ("ch", "ch"), ("sh", "sh"), ("b", "p"), ("d", "t"), ("g", "k"), ("j", "ch"), ("q", "ch"),
    ("x", "hs"), ("z", "ts"), ("c", "ts"), ("r", "j"),
)  # fmt: skip
_WADE_GILES_FINALS = (("ian", "ien"), ("ong", "ung"), ("ie", "ieh"), ("ue", "ueh"), ("uo", "o"), ("hi", "hih"))


def cyrillic(native: str, convention: int) -> str:
    """Spell a Russian name; ``convention`` is an index of `CONVENTIONS`."""
    word = native.lower()
    ending = ""
    for written, spelled in filter(None, _CYRILLIC_ENDINGS[convention]):
        if word.endswith(written) and len(word) > 3:
            word, ending = word.removesuffix(written), spelled
            break
    table = _CYRILLIC_TABLES[convention]
    return _capitalised("".join(table.get(letter, letter) for letter in word) + ending)


def greek(native: str, convention: int) -> str:
    """Spell a Greek name; ``convention`` is an index of `CONVENTIONS`."""
    bare = unicodedata.normalize("NFD", native.lower().replace("ς", "σ")).replace("\u0301", "")
    pairs, table = _GREEK_PAIRS[convention], _GREEK_TABLES[convention]
    spelled, place = "", 0
    while place < len(bare):
        pair = pairs.get(bare[place : place + 2])
        if pair in ("ev", "av") and bare[place + 2 : place + 3] in _GREEK_VOICELESS:
            pair = pair[0] + "f"
        spelled += pair if pair else table.get(bare[place], bare[place])
        place += 2 if pair else 1
    return _capitalised(spelled)


def hangul(native: str, convention: int) -> str:
    """Spell a Korean given name, syllable by syllable, hyphenated as offices do except in English use."""
    spelled = [_syllable(character, convention) for character in native]
    if convention == 0:
        return "".join(spelled).capitalize()
    return "-".join(spelled).capitalize()


def han(syllables: str, convention: int) -> str:
    """Spell a Chinese name from its pinyin syllables: run together, spaced, and as Wade-Giles."""
    plain = syllables.replace("ü", "u").split(" ")
    if convention == 0:
        return "".join(plain).capitalize()
    if convention == 1:
        return " ".join(syllable.capitalize() for syllable in plain)
    return "-".join(_wade_giles(syllable) for syllable in plain).capitalize()


def latin(native: str, convention: int) -> str:
    """Spell a name of a Latin alphabet: as it is, without its marks, and with German vowels written out."""
    if convention == 0:
        return native
    if convention == 2:
        native = native.translate(_GERMAN)
    plain = native.replace("ß", "ss").replace("ı", "i")
    return "".join(letter for letter in unicodedata.normalize("NFD", plain) if not unicodedata.combining(letter))


def _syllable(character: str, convention: int) -> str:
    initial, rest = divmod(ord(character) - 0xAC00, 588)
    medial, final = divmod(rest, 28)
    return _INITIALS[convention][initial] + _MEDIALS[convention][medial] + _FINALS[final]


def _wade_giles(syllable: str) -> str:
    for pinyin, spelled in _WADE_GILES_INITIALS:
        if syllable.startswith(pinyin):
            syllable = spelled + syllable.removeprefix(pinyin)
            break
    for pinyin, spelled in _WADE_GILES_FINALS:
        if syllable.endswith(pinyin):
            return syllable.removesuffix(pinyin) + spelled
    return syllable


def _capitalised(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
