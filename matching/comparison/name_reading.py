"""Names of persons made ready for comparison: their parts with sounds and bits, roles, descent, and native writings.

A name in another script keeps, beside its romanisation, the signs it was read from, so that it is compared by the
letter tables and not by one romanisation out of many. Chinese, Korean and Japanese names are written as one word; they
are split into family and given name for the reader and also kept whole, since Latin spellings cut them in several ways.

What is cached are sounds and bits of single parts; `matching.forgetting` empties that. Nothing is weighed here:
`matching.comparison.name_points` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matching.comparison.likeness import Part
from matching.comparison.pinyin import is_pinyin
from matching.frequency import code_bits, part_bits
from matching.letters import han
from matching.letters.forms import known_forms
from matching.letters.tables import TABLES_OF_SCRIPT
from matching.letters.words import script_of, signs
from matching.normalise import (
    DESCENT,
    TITLES,
    WITHOUT_DESCENT,
    Token,
    fold,
    telling_parts,
    telling_tokens,
    tokens_of,
    word_set,
)
from matching.phonetics import sounds
from matching.scripts import mandarin_syllables, romanise, split_family_name
from matching.subject import Name, NameKind

LONGEST_NAME = 200
"""Characters of a written name that are read."""

MOST_PARTS = 10
"""Parts of a name that are compared; of a longer one the first nine and the last, where a family name stands."""

BITS_A_LETTER = 3.0
"""A part carries at most this for each of its letters: an initial is not rare because no table of names has it."""

FAMILY_NAME = "family name"
GIVEN_NAME = "given name"

GLUED_SCRIPTS = frozenset({"han", "hangul", "hiragana", "katakana"})
"""Scripts that write a person's whole name as one word, or as family and given name without saying which is which."""

_FAMILY_FIRST = frozenset({"han", "hangul"})
_IN_CAPITALS = re.compile(r"[^\W\d_a-z]{3,}(?:['’\-‐][^\W\d_a-z]+)*")
_BETWEEN_FOREIGN_WORDS = re.compile("[·・･‧•=＝]")
_BLANKS = re.compile(r"[\s·・･‧•=＝,，]+")
_LONGEST_GLUED = 8

_WORD = re.compile(r"\w+")
_CYRILLIC_BY_LATIN = re.compile("[\u0400-\u04ff][a-zA-Z]|[a-zA-Z][\u0400-\u04ff]")
_LATIN, _CYRILLIC = "ABCEHIJKMOPSTXYaceijopsxy", "АВСЕНІЈКМОРЅТХУасеіјорѕху"
_LIKE_CYRILLIC, _LOOKALIKES = str.maketrans(_LATIN, _CYRILLIC), frozenset(_LATIN + _CYRILLIC)
"""Latin letters that are typed for Cyrillic ones, most often where a keyboard lacks them (as the Ukrainian *i*)."""

_ARTICLE = ("ا", "ل")
LONGEST_WITHOUT_ARTICLE = 4
"""Signs of an Arabic word whose first two are not taken for the article."""

_KUNYA = frozenset({"abu", "abou", "abo", "umm", "oum"})
_HONOURS = word_set(
    "sheikh shaykh sheik shaikh sayyid sayed sayyed seyed seyyed syed haji hajji hadji hajj mullah mulla maulvi "
    "mawlawi maulana mawlana molvi qari hafiz imam mirza agha akhund akhundzada don dona"
)
"""Honours that stand before the own name. They are compared, since some records have nothing else beside one name."""

_GENERATIONS = {"sr": 1, "jr": 2, "ii": 2, "iii": 3}
"""Marks of generations, behind a name; the second of a name is his father's junior."""

_BEFORE_FATHER = DESCENT - {"oglu", "ogly", "ogli", "kyzy", "gizi", "qizi"}
"""Words that stand before the father's name; the others stand after it and tell no generation here."""

_NOTHING: frozenset[str] = frozenset()

LONGEST_FAMILY_NAME = 3
"""Signs of a Chinese, Korean or Japanese family name that is cut off."""

Cut = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class ComparedName:
    """A name ready for comparison.

    ``spelt`` is every Latin part of it as spelt, titles left out, empty for other scripts; ``whole`` the whole name by
    letter table where its script writes it as one word, ``cuts`` the spellings known of what stands before and after
    each place where its family name may end; ``is_weak`` says that many people bear it as an alias; ``generation`` is
    the mark behind it that tells it from a parent's (*jr*, *sr*, *iii*), empty without one.
    """

    written: str
    kind: NameKind
    parts: tuple[Part, ...]
    is_weak: bool
    spelt: tuple[str, ...] = ()
    whole: han.Writings = ()
    cuts: tuple[Cut, ...] = ()
    generation: str = ""

    @property
    def sounds(self) -> frozenset[str]:
        """Give the sounds of all parts; made when asked for, since it is larger than all else of a name."""
        return _NOTHING.union(*[part.sounds for part in self.parts])

    @property
    def own(self) -> int:
        """Give the place of the person's own name: the first part that is no honour and not known as a family name."""
        for place, part in enumerate(self.parts):
            if part.role != FAMILY_NAME and part.text not in _HONOURS:
                return place
        return 0


def are_of_two_generations(one: str, other: str) -> bool:
    """Say whether two marks of generations, as `ComparedName` has them, are a parent's and a child's."""
    return bool(one and other) and _GENERATIONS[one] != _GENERATIONS[other]


def read_name(name: Name, roles: Mapping[str, str] | None = None) -> ComparedName:
    """Read one name: its telling parts with their roles and place in descent, and what it is in another script."""
    text = name.text[:LONGEST_NAME]
    if not text.isascii():
        text = _in_cyrillic(unicodedata.normalize("NFKC", text)[:LONGEST_NAME])
    tokens = tokens_of(text)
    script = "latin" if text.isascii() else script_of(text)
    whole = _whole(text, script) if script in GLUED_SCRIPTS else ()
    parts = _glued_parts(text, script) if whole else _parts(tokens, _roles_as_written(text), roles or {})
    is_kunya = len(parts) <= 2 and bool(tokens) and tokens[0].text in _KUNYA
    return ComparedName(
        written=_printable(text),
        kind=name.kind,
        parts=_cut(parts),
        is_weak=name.kind == "weak" or is_kunya,
        spelt=tuple([token.spelt for token in tokens if token.spelt and token.text not in TITLES]),
        whole=whole,
        cuts=_cuts(text, script) if whole else (),
        generation=tokens[-1].text if len(tokens) > 1 and tokens[-1].text in _GENERATIONS else "",
    )


def _parts(tokens: Sequence[Token], written: tuple[str, str], roles: Mapping[str, str]) -> list[Part]:
    pinyin = is_pinyin([token.spelt for token in tokens if token.text not in TITLES])
    return [_read_part(token, _role(token, written, roles), descent, pinyin) for token, descent in _descended(tokens)]


def _in_cyrillic(text: str) -> str:
    """Give the text with each word of two scripts in Cyrillic where all its letters may be so, and not all Latin."""
    return _WORD.sub(_word_in_cyrillic, text) if _CYRILLIC_BY_LATIN.search(text) else text


def _word_in_cyrillic(match: re.Match[str]) -> str:
    word, cyrillic = match[0], match[0].translate(_LIKE_CYRILLIC)
    latin = sum(map(str.isascii, word))
    may_be_latin = 2 * latin >= len(word) and not set(word) - _LOOKALIKES
    return word if latin == 0 or may_be_latin or any(map(str.isascii, cyrillic)) else cyrillic


def _printable(text: str) -> str:
    """Give what may be shown to a reader: no control characters and no marks that turn the direction of reading."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def roles_of(parts: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Give the roles of parts that a record names as given or family name."""
    roles: dict[str, str] = {}
    for field, role in (("given", GIVEN_NAME), ("last", FAMILY_NAME)):
        for name, value in parts:
            if name == field:
                roles |= dict.fromkeys(telling_parts(value[:LONGEST_NAME]), role)
    return roles


@lru_cache(maxsize=1 << 16)
def _sounds_and_bits(text: str) -> tuple[frozenset[str], float, float]:
    most = BITS_A_LETTER * len(text)
    return frozenset(sounds(text)), min(part_bits(text), most), min(code_bits("skeleton", text), most)


@lru_cache(maxsize=1 << 16)
def _read_part(token: Token, role: str, descent: int | None, pinyin: bool = False) -> Part:
    """Read a part; a word that many names have is read once."""
    heard, bits, sound_bits = _sounds_and_bits(token.text)
    writings = _writings(token.native) if token.native else ()
    return Part(
        text=token.text,
        spelt=token.spelt or token.text,
        sounds=heard,
        bits=bits,
        sound_bits=sound_bits,
        writings=writings,
        role=role,
        descent=descent,
        written=token.native,
        forms=_forms(writings) if writings else _NOTHING,
        is_pinyin=pinyin,
    )


def _writings(word: str) -> han.Writings:
    """Give the signs of a word by each table that reads its script; none where there is no table."""
    script = script_of(word)
    if script == "han":
        return (("mandarin", mandarin_syllables(word)), ("kanji", signs(word, script)), *han.writings(word))
    found = []
    for table in TABLES_OF_SCRIPT.get(script, ()):
        spoken = signs(word, script)
        if spoken:
            found.append((table, spoken))
        if spoken[:2] == _ARTICLE and len(spoken) > LONGEST_WITHOUT_ARTICLE:
            found.append((table, spoken[2:]))
    return tuple(found)


def _forms(writings: han.Writings) -> frozenset[str]:
    """Give the Latin spellings that the dictionary has for any of the writings."""
    return frozenset(
        [form for table, spoken in writings if table != "mandarin" for form in known_forms("".join(spoken))]
    )


def _whole(text: str, script: str) -> han.Writings:
    """Give the whole name as signs, unless it is a foreign name cut by dots."""
    if _BETWEEN_FOREIGN_WORDS.search(text):
        return ()
    word = _BLANKS.sub("", text)
    return _writings(word) if len(word) <= _LONGEST_GLUED or script.endswith("kana") else ()


def _cuts(text: str, script: str) -> tuple[Cut, ...]:
    """Give the known spellings of what stands before and after each place to cut; before no sign, there are none."""
    words = [word for word in _BLANKS.split(text) if word]
    if len(words) > 1:
        halves = [(words[0], "".join(words[1:]))]
    else:
        halves = [(words[0][:place], words[0][place:]) for place in range(min(LONGEST_FAMILY_NAME + 1, len(words[0])))]
    forms = [tuple(frozenset(known_forms("".join(signs(half, script)))) for half in both) for both in halves]
    return tuple((before, after) for before, after in forms if after)


def _glued_parts(text: str, script: str) -> list[Part]:
    words = tuple(word for word in _BLANKS.split(text) if word)
    spelt = ["".join(romanise(word).split()) for word in words]
    roles: tuple[str, ...] = ("",) * len(words)
    if len(words) == 1 and script in _FAMILY_FIRST:
        split = tuple(word for word in split_family_name(words[0]) if word)
        spoken = romanise(words[0]).split()
        if len(split) == len(spoken) == 2:
            words, spelt, roles = split, spoken, (FAMILY_NAME, GIVEN_NAME)
    tokens = [Token(spoken, "", word) for word, spoken in zip(words, spelt, strict=True) if spoken]
    return [_read_part(token, role, None) for token, role in zip(tokens, roles, strict=False)]


def _descended(tokens: Sequence[Token]) -> list[tuple[Token, int | None]]:
    """Give the telling parts; where *bin* and its kin say who is whose child, number person, father, grandfather."""
    if len(tokens) <= WITHOUT_DESCENT or _BEFORE_FATHER.isdisjoint([token.text for token in tokens]):
        return [(token, None) for token in telling_tokens(tokens)]
    generations: list[list[Token]] = [[]]
    for token in tokens:
        if token.text in _BEFORE_FATHER:
            generations.append([])
        else:
            generations[-1].append(token)
    descended: list[tuple[Token, int | None]] = []
    for generation, tokens_here in enumerate(generations):
        telling = telling_tokens(tokens_here)
        # Only the part next to the word is known: others may be a second given name or the family's.
        known = 0 if generation else len(telling) - 1
        descended += [(token, generation if place == known else None) for place, token in enumerate(telling)]
    return descended


def _role(token: Token, written: tuple[str, str], roles: Mapping[str, str]) -> str:
    """Give the role of a part: as the spelling shows it, else as the record names it."""
    family, given = written
    if token.spelt and token.spelt in family:
        return FAMILY_NAME
    if token.spelt and token.spelt in given:
        return GIVEN_NAME
    return roles.get(token.text, "")


def _roles_as_written(text: str) -> tuple[str, str]:
    """Read off the spelling the letters of family and given name: "FAMILY, Given", or capitals among small letters."""
    family, comma, given = text.partition(",")
    if comma and "," not in given:
        return _letters(family), _letters(given)
    if text.isupper() or text.islower():
        return "", ""
    # A small second letter tells sooner than the pattern does.
    capitals = [word for word in text.split() if not "a" <= word[1:2] <= "z" and _IN_CAPITALS.fullmatch(word)]
    return _letters(" ".join(capitals)), ""


def _letters(text: str) -> str:
    return fold(text).replace(" ", "") if text else ""


def _cut(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Keep at most `MOST_PARTS` parts: the first ones and the last."""
    return tuple(parts) if len(parts) <= MOST_PARTS else (*parts[: MOST_PARTS - 1], parts[-1])
