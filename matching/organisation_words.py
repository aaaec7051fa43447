"""Words of names of organisations by what they do: legal forms, words that join, common words, places.

The words are in ``organisation_words.toml``, written by hand from general knowledge of the commonest languages. This
module looks words and phrases up; it does not compare names. A word that is not in the file is taken for rare, that
is for the one that tells, by its length alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from rapidfuzz.distance import OSA

Role = Literal["form", "stop", "common", "region", "place", "rare"]
"""What a word does in a name; `rare` is every word that the file does not have."""

PLACE_BITS = 5.0
REGION_BITS = 4.0
RARE_BITS = (0.0, 3.0, 5.5, 8.0, 9.5, 11.0)
"""Bits of a word that the file does not have, by its letters, the last for all longer ones."""

SHORTEST_MISSPELT = 5
"""Letters from which a word of a legal form is recognised with one slip in it."""

SHORTEST_MISSPELT_ALONE = 7
"""Letters from which a form of one word is recognised with one slip in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a word or phrase: the word that stands for it, its role, its bits, its class if a form.

    ``anywhere`` is False for a form so short that it is one only at the beginning or end of a name.
    """

    text: str
    role: Role
    bits: float
    form: str = ""
    anywhere: bool = True


Phrase = tuple[str, ...]


def _entries(table: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    """Give each spelling with its entry; an earlier one stands where a spelling comes twice."""
    for form, texts in table["forms"].items():
        for field in ("free", "ends"):
            for text in texts.get(field, "").split():
                yield text, Entry(text, "form", 0.0, form, field == "free")
    for bits, text in table["generic"].items():
        yield from _variants(text["words"], "common", float(bits))
    for kind, text in table["places"].items():
        is_region = kind == "region"
        bits = REGION_BITS if is_region else PLACE_BITS
        yield from _variants(text["words"], "region" if is_region else "place", bits)
    for text in table["stop"]["words"].split():
        yield text, Entry(text, "stop", 0.0)


def _variants(lines: str, role: Role, bits: float) -> Iterator[tuple[str, Entry]]:
    for line in lines.split():
        text, _, variants = line.partition("=")
        entry = Entry(text.replace("_", " "), role, bits)
        for variant in (text, *filter(None, variants.split(","))):
            yield variant, entry


def _pairs(lines: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in lines.split())


_TEXT = files("matching").joinpath("organisation_words.toml").read_text(encoding="utf-8")
_TABLE = tomllib.loads(_TEXT)
_RESPELT = _pairs(_TABLE["respelt"]["words"])
UNSPACED = {text: words.replace("_", " ") for text, words in _pairs(_TABLE["unspaced"]["words"]).items()}
"""Words of scripts without blanks and the Latin words they stand for."""


def _lookup() -> tuple[dict[Phrase, Entry], dict[str, int]]:
    """Give the entries by phrase, and the number of words of the longest phrase by its first word."""
    entries: dict[Phrase, Entry] = {}
    longest: dict[str, int] = {}
    for text, entry in _entries(_TABLE):
        phrase = tuple(text.split("_"))
        entries.setdefault(phrase, entry)
        longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
    return entries, longest


_ENTRIES, _LONGEST = _lookup()


def _form_words() -> dict[str, tuple[str, ...]]:
    """Give the longer words of legal forms by their first two letters."""
    words = {
        word for phrase, entry in _ENTRIES.items() if entry.form for word in phrase if len(word) >= SHORTEST_MISSPELT
    }
    found: dict[str, list[str]] = {}
    for word in sorted(words):
        found.setdefault(word[:2], []).append(word)
    return {start: tuple(candidates) for start, candidates in found.items()}


_FORM_WORDS = _form_words()


def form_word(word: str) -> str:
    """Give the word of a legal form that this one is, or is with one slip; an unrelated word comes back as it is."""
    if len(word) < SHORTEST_MISSPELT or (word,) in _ENTRIES or word in _LONGEST:
        return word
    if word in _RESPELT:
        return _RESPELT[word]
    for candidate in _FORM_WORDS.get(word[:2], ()):
        if abs(len(candidate) - len(word)) < 2 and OSA.distance(word, candidate, score_cutoff=1) <= 1:
            return candidate
    return word


def begin_phrase(word: str) -> tuple[bool, Entry]:
    """Say whether known phrases of several words begin with a word, and give its entry where it stands alone."""
    first = form_word(word)
    entry = _ENTRIES.get((first,))
    if entry is None or (first != word and len(first) < SHORTEST_MISSPELT_ALONE):
        entry = rare_entry(word)
    return _LONGEST.get(first, 0) > 1, entry


def find_phrase(words: Phrase, start: int) -> tuple[int, Entry]:
    """Find the longest known phrase that begins at a place; give its number of words and its entry.

    A word that is not known comes back alone, with the entry of a rare word.
    """
    first = form_word(words[start])
    for length in range(min(_LONGEST.get(first, 0), len(words) - start), 1, -1):
        phrase = words[start : start + length]
        entry = _ENTRIES.get(phrase) or _ENTRIES.get((first, *map(form_word, phrase[1:])))
        if entry is not None:
            return length, entry
    return 1, begin_phrase(words[start])[1]


def rare_entry(word: str) -> Entry:
    """Give the entry of a word that the file does not have, its bits by its length; a plural is that of its word."""
    singular = _ENTRIES.get((word[:-1],)) if word.endswith("s") and len(word) > 4 else None
    if singular is not None and singular.role in ("common", "place"):
        return singular
    return Entry(word, "rare", RARE_BITS[min(len(word), len(RARE_BITS) - 1)])
