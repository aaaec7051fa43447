"""A name of an organisation, vessel, aircraft or vehicle read into words, numbers and legal forms.

Words in brackets, and after a slash, stand aside: lists add a branch, a place or an acronym there. Letters with dots or
blanks between them are one word (*A.B.C.*, *S. A. R. L.*). Ships lose *M/V* and its kin. What the words are worth comes
from ``matching.organisation_words``; how two names agree decides ``matching.comparison.organisations``.

Single words are cached, whole names never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from matching.comparison.organisation_numbers import may_be_number, read_number, split_digits
from matching.identifiers.number import latin_lookalikes
from matching.normalise import fold, word_set
from matching.organisation_words import UNSPACED, Entry, Role, begin_phrase, find_phrase, rare_entry
from matching.subject import Category, Name, NameKind

LONGEST_NAME = 300
"""Characters of a written name that are read; names of institutes are long."""

MOST_WORDS = 16
"""Words of a name that are compared, first come first served."""

LONGEST_WORD = 32

FEWEST_ABBREVIATED = 3
"""Words of a name that its initials stand for, at least."""

LONGEST_ACRONYM = 8

FORM_ALONE_BITS = 1.0
"""Bits of a legal form where a name consists of nothing else."""

_BEFORE = word_set("ao too uab sia pt ip ab as ood ad dp gp sa se noo aao prat pat doo ou")
"""Short forms that also stand at the beginning of a name."""

_AND = frozenset({"and"})
_NO_FORM: frozenset[str] = frozenset()
_SHIP_PREFIXES = word_set("mv mt ms ss fv my sv mts mtv rv mf tug vessel ship mtanker")
_MARKS = re.compile(r'["&%()\[\]/]|\b\w\.|[^\x00-\u024f]|[a-z][AGLICSNBPOJK]')
_BEYOND_LATIN = re.compile("[\u0370-\U0010ffff]")
_CALLED_ASIDE = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]?|(?<=\w\w\w)\s*/\s*(?=\w\w\w)")
_INITIALS = re.compile(r"\b(?:\w\.\s?){2,}(?:\w\b)?|\b\w/\w\b")
_SEPARATORS = str.maketrans(
    dict.fromkeys('"«»“”„‟〝〞「」『』《》', " ") | {"&": " and ", "%": " percent ", "№": " no "}
)
_GLUED_FORM = re.compile(
    r"(?<=[a-z]{2})(?=(?:AG|GmbH|LLC|Ltd|LTD|Inc|INC|Corp|SA|SE|NV|BV|PLC|OOO|JSC|SpA|SRL|KG|AB|Oy)\b)"
)
_UNSPACED = re.compile("(" + "|".join(sorted(map(re.escape, UNSPACED), key=len, reverse=True)) + ")([市省](?![场場]))?")
"""A word of a script without blanks, and what Chinese adds to the name of a city or a province."""

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]{2,12}")
_PLATE = re.compile(r"(?:[A-Z]{1,3}[ -]?)?\d{2,4}(?:[ -]?[A-Z]{1,3})?(?:[ -]?\d{1,3})?(?:[ -]?[A-Z]{1,3})?", re.ASCII)
_DIGIT_OR_LETTER = re.compile(r"\d|\b[a-z]\b")


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase of a name: what it stands for, how it was spelt, its role and bits, whether it stands aside."""

    text: str
    spelt: str
    role: Role
    bits: float
    is_aside: bool = False


@dataclass(frozen=True, slots=True)
class ComparedOrganisation:
    """A name ready for comparison; ``forms`` are the classes of its legal forms, ``joined`` is all but them as one."""

    written: str
    kind: NameKind
    category: Category
    words: tuple[Word, ...]
    numbers: tuple[str, ...]
    forms: frozenset[str]
    joined: str
    is_latin: bool

    @property
    def is_readable(self) -> bool:
        """Say whether anything was read that can be compared."""
        return bool(self.words or self.numbers)


class _Known(NamedTuple):
    """What a word is by itself: whether phrases begin with it, whether it may be a number, its entry, itself."""

    begins_phrase: bool
    may_be_number: bool
    entry: Entry
    word: Word


class _Found:
    """What has been found so far while a name is read."""

    __slots__ = ("forms", "numbers", "spelt", "words")

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.numbers: list[str] = []
        self.forms: list[Entry] = []
        self.spelt: list[str] = []


def read_organisation_name(name: Name, category: Category) -> ComparedOrganisation:
    """Read one name; total: every text is read, maybe to no words at all."""
    text = _read_plate(name.text[:LONGEST_NAME]) if category == "vehicle" else name.text[:LONGEST_NAME]
    found = _Found()
    for segment, is_aside in _segments(text):
        _read_segment(_tokens(segment, category), is_aside, found)
    words = _set_acronyms_aside(found.words) if len(found.words) > FEWEST_ABBREVIATED else found.words
    if not words and not found.numbers:
        # Legal forms are words of their own here: that two bodies are limited makes them no one body.
        words = [Word(form.text, form.text, "form", FORM_ALONE_BITS) for form in found.forms]
    return ComparedOrganisation(
        written=name.text[:LONGEST_NAME],
        kind=name.kind,
        category=category,
        words=tuple(words[:MOST_WORDS]),
        numbers=tuple(sorted(found.numbers[:MOST_WORDS])),
        forms=frozenset([form.form for form in found.forms]) if found.forms else _NO_FORM,
        joined="".join(found.spelt),
        is_latin=text.isascii() or _BEYOND_LATIN.search(text) is None,
    )


def _read_plate(text: str) -> str:
    """Give a number plate in Latin letters: only letters that both scripts have stand on plates, typed in either."""
    if text.isascii():
        return text
    latin = latin_lookalikes(text).strip()
    return latin if _PLATE.fullmatch(latin) else text


def _set_acronyms_aside(words: list[Word]) -> list[Word]:
    """Set aside a word that is but the initials of others of its own name, in brackets or not."""
    initials = "".join([word.spelt[0] for word in words])
    return [
        replace(word, is_aside=True)
        if word.role == "rare" and FEWEST_ABBREVIATED <= len(word.spelt) <= LONGEST_ACRONYM and word.spelt in initials
        else word
        for word in words
    ]


def _segments(text: str) -> list[tuple[str, bool]]:
    """Cut a name into what it says first and what stands aside; the signs that folding would lose are read here."""
    if _MARKS.search(text) is None:
        return [(text, False)]
    text = _INITIALS.sub(_join_initials, text.translate(_SEPARATORS))
    if not text.isascii():
        text = _UNSPACED.sub(_read_unspaced, text)
        text = _HAN.sub(_read_han, text)
    text = _GLUED_FORM.sub(" ", text)
    segments, start, is_aside = [], 0, False
    for match in _CALLED_ASIDE.finditer(text):
        segments.append((text[start : match.start()], is_aside))
        start = match.end()
        if match[1] is None:
            is_aside = True
        else:
            segments.append((match[1], True))
    segments.append((text[start:], is_aside))
    return [segment for segment in segments if segment[0].strip()]


def _read_unspaced(match: re.Match[str]) -> str:
    """Give the Latin words of a word of a script without blanks; after a place, *city* and *province* are its own."""
    words = UNSPACED[match[1]]
    is_place = find_phrase(tuple(words.split()), 0)[1].role in ("place", "region")
    return f" {words} " if is_place else f" {words} {match[2] or ''}"


def _read_han(match: re.Match[str]) -> str:
    """Spell what is left of a name in Han letters as one word: it is no person's, and says not where a word ends."""
    return f" {fold(' '.join(match[0])).replace(' ', '')} "


def _join_initials(match: re.Match[str]) -> str:
    joined = re.sub(r"[.\s/]", "", match[0])
    return joined + (" " if match[0][-1] in ". " else "")


def _tokens(text: str, category: Category) -> tuple[str, ...]:
    """Give the folded words, letters that stand alone side by side as one."""
    folded = fold(text)
    tokens = tuple(folded.split())
    if _DIGIT_OR_LETTER.search(folded):
        tokens = tuple(_join_letters(split_digits(folded)))
    if category == "vessel" and len(tokens) > 1 and tokens[0] in _SHIP_PREFIXES:
        tokens = tokens[1:]
    return tokens


def _join_letters(tokens: tuple[str, ...]) -> Iterator[str]:
    run = ""
    for place, token in enumerate(tokens):
        if len(token) == 1 and token.isalpha():
            run += token
            continue
        if run and token in _AND and [len(after) for after in tokens[place + 1 : place + 2]] == [1]:
            continue
        if run:
            yield run
            run = ""
        yield token
    if run:
        yield run


def _read_segment(tokens: tuple[str, ...], is_aside: bool, found: _Found) -> None:
    place, end = 0, len(tokens)
    while place < end and len(found.words) <= MOST_WORDS:
        known = _known(tokens[place])
        length = _read_number(tokens, place, found) if known.may_be_number else 0
        place += length or _read_phrase(tokens, place, known, is_aside, found)


def _read_number(tokens: tuple[str, ...], place: int, found: _Found) -> int:
    length, number = read_number(tokens, place, is_last=place == _end_of_words(tokens) - 1)
    if length:
        found.numbers.append(number)
        found.spelt.append(number)
    return length


def _read_phrase(tokens: tuple[str, ...], place: int, known: _Known, is_aside: bool, found: _Found) -> int:
    """Read the word or phrase at a place; give how many words it takes."""
    length, word, entry = 1, known.word, known.entry
    if known.begins_phrase:
        length, entry = find_phrase(tokens, place)
    if entry.role == "form":
        if entry.anywhere or _is_at_an_end(tokens, place, length):
            found.forms.append(entry)
            return length
        length, entry = 1, rare_entry(tokens[place])
    if length > 1 or is_aside or entry is not known.entry:
        spelt = " ".join(tokens[place : place + length])[:LONGEST_WORD]
        word = Word(entry.text, spelt, entry.role, entry.bits, is_aside)
    found.spelt.append(word.spelt)
    if entry.role != "stop":
        found.words.append(word)
    return length


def _is_at_an_end(tokens: tuple[str, ...], place: int, length: int) -> bool:
    end = _end_of_words(tokens)
    return place + length >= end or (place == 0 and tokens[0] in _BEFORE and end > length)


def _end_of_words(tokens: tuple[str, ...]) -> int:
    """Give the place after the last word that is neither a form nor part of one that stands at the end."""
    end = len(tokens)
    while end > 1 and find_phrase(tokens, end - 1)[1].role == "form":
        end -= 1
    return end


@lru_cache(maxsize=1 << 15)
def _known(token: str) -> _Known:
    """Give what is known of a word by itself."""
    begins_phrase, entry = begin_phrase(token)
    word = Word(entry.text, token[:LONGEST_WORD], entry.role, entry.bits)
    return _Known(begins_phrase, may_be_number(token), entry, word)
