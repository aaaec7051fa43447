"""Chinese, Korean and Japanese names against Latin ones: the whole name by its signs, in whatever order it was spelt.

习近平 is *Xi Jinping*, *Jinping Xi* and *Hsi Chin-p'ing*; which Latin letters belong to which sign is found by the
letter tables, and where the family name stands by trying it at either end. Where the dictionary of name forms knows
what a Latin name is cut into, it speaks beside the letters: for a pair it lists, and against one it does not.

A Western given name beside a Chinese one (*Peter Chan Kwok Hung*) is no part of what the signs say, and is left out.
A name in kana is taken as its Latin letters where the other is in Han.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matching.comparison.likeness import UNLISTED_FORM
from matching.comparison.name_reading import ComparedName
from matching.letters.agreement import agreement, bits_for, per_letter, random_bits
from matching.letters.tables import read_table

MOST_LETTERS = 36

LISTED = 6.0
"""Bits where the dictionary lists both the family and the given name so."""

FEWEST_WITH_FAMILY = 2
"""Parts of a Latin name from which on one is the family's."""

FEWEST_BESIDE_WESTERN = 3
"""Parts of a Latin name from which on one may be a Western given name beside a Chinese one."""

OTHER_READING = {"cantonese": -1.0, "hokkien": -2.0, "hangul": -5.0, "vietnamese": -2.0}
"""Bits against reading a name in Han otherwise than in Mandarin or Japanese, by table: fewer people are called so."""

NO_AGREEMENT = 0.0
"""Bits a letter under which no grade asks how much they are, so that no way of writing is followed further."""

MIXED_READING = -2.0
"""Bits against a family name in one of the dialects beside a given name in Mandarin."""

_DIALECTS = ("cantonese", "hokkien")

_SYLLABLE = re.compile(
    "(?:ch+|gh|gi|gw|hs|hw|jj|kh|kk|kw|ngh?|nh|ph|pp|qu|sh|ss|sz|th|tr|tj|ts|tsz|tt|tz|zh|[b-df-hj-np-tv-z])?"
    "[aeiouy]+(?:ck|ch|ng|nh|[bdghklmnprt])?|ng|sz|tsz"
)
"""What one sign is spelt as in any of the languages: more than enough of them, since what is none is left out."""

_KANA = ("hiragana", "katakana")


def signs_and_letters(one: ComparedName, other: ComparedName) -> tuple[ComparedName, tuple[str, ...]] | None:
    """Give the name that is compared whole by its signs, and the Latin parts of the other; None where there is none."""
    for whole, latin in ((one, other), (other, one)):
        if whole.whole and latin.spelt and not latin.whole:
            return whole, latin.spelt
        if _table(whole) == "mandarin" and _table(latin) in _KANA and latin.parts:
            return whole, tuple(part.spelt for part in latin.parts)
    return None


def _table(name: ComparedName) -> str:
    return name.whole[0][0] if name.whole else ""


def western_names(whole: ComparedName, spelt: Sequence[str]) -> list[str]:
    """Give the first and last part of at least three beside a name in Han, each if it cannot be one sign."""
    if len(spelt) < FEWEST_BESIDE_WESTERN or _table(whole) != "mandarin":
        return []
    return [part for part in (spelt[0], spelt[-1]) if spelt.count(part) == 1 and not _SYLLABLE.fullmatch(part)]


def best_bits_a_letter(whole: ComparedName, spelt: Sequence[str]) -> float:
    """Give the bits a letter by which the best reading in the best order is written so."""
    listed = _listed(whole, spelt)
    prior = OTHER_READING if _table(whole) == "mandarin" else {}
    best = NO_AGREEMENT
    for table, signs in whole.whole:
        before = listed + prior.get(table, 0.0)
        for letters in _orders(spelt):
            bits = agreement(signs, letters, read_table(table), bits_for(best, letters) - before)
            best = max(best, per_letter(before + bits, letters))
    return max([best, *_with_dialect_family_name(whole, spelt)])


def _with_dialect_family_name(whole: ComparedName, spelt: Sequence[str]) -> Iterator[float]:
    """Measure a family name in Cantonese or Hokkien beside a given name in Mandarin: *Tan Wei Ming*."""
    readings = dict(whole.whole)
    given_signs = readings.get("mandarin", ())[1:]
    if len(spelt) < FEWEST_WITH_FAMILY or not given_signs:
        return
    for table in _DIALECTS:
        letters_of_family = read_table(table).pieces.get(readings.get(table, ("",))[0], {})
        for family, given in ((spelt[0], "".join(spelt[1:])), (spelt[-1], "".join(spelt[:-1]))):
            if family in letters_of_family:
                bits = letters_of_family[family] + random_bits(family, read_table(table)) + MIXED_READING
                yield per_letter(bits + agreement(given_signs, given, read_table("mandarin")), family + given)


def is_known_as(whole: ComparedName, spelt: Sequence[str]) -> bool:
    """Say whether the dictionary has a whole name that is one word among the spellings of the other, which is one."""
    return len(spelt) == 1 and any(spelt[0] in forms and not before for before, forms in whole.cuts)


def _listed(whole: ComparedName, spelt: Sequence[str]) -> float:
    """Give the bits of what the dictionary says; a reading of Han that it lacks is one of many, so it says nothing."""
    ends = [("", "".join(spelt))]
    if len(spelt) > 1:
        ends += [(spelt[0], "".join(spelt[1:])), (spelt[-1], "".join(spelt[:-1]))]
    after = [(before, family) for before, given_forms in whole.cuts for family, given in ends if given in given_forms]
    if not after:
        return UNLISTED_FORM if whole.cuts and _table(whole) != "mandarin" else 0.0
    return LISTED if any(family in before if family else not before for before, family in after) else 0.0


def _orders(spelt: Sequence[str]) -> list[str]:
    """Give the letters as written, with the last part first, and with the first part last."""
    turned = [spelt, (spelt[-1], *spelt[:-1]), (*spelt[1:], spelt[0])]
    return list(dict.fromkeys("".join(order)[:MOST_LETTERS] for order in turned))
