"""Chinese, Korean and Japanese names against Latin ones: the whole name by its signs, in whatever order it was spelt.

习近平 is *Xi Jinping*, *Jinping Xi* and *Hsi Chin-p'ing*; which Latin letters belong to which sign is found by the
letter tables, and where the family name stands by trying it at either end. Where the dictionary of name forms knows
what a Latin name is cut into, it speaks beside the letters: for a pair it lists, and against one it does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from matching.comparison.likeness import UNLISTED_FORM
from matching.comparison.name_reading import ComparedName
from matching.letters.agreement import agreement, per_letter
from matching.letters.tables import read_table

MOST_LETTERS = 36

LISTED = 6.0
"""Bits where the dictionary lists both the family and the given name so."""


def best_bits_a_letter(whole: ComparedName, latin: ComparedName) -> float:
    """Give the bits a letter by which the best reading in the best order is written so."""
    listed = _listed(whole, latin.spelt)
    return max(
        per_letter(listed + agreement(signs, letters, read_table(table)), letters)
        for table, signs in whole.whole
        for letters in _orders(latin.spelt)
    )


def is_known_as(whole: ComparedName, latin: ComparedName) -> bool:
    """Say whether the dictionary has a whole name that is one word among the spellings of the other, which is one."""
    return len(latin.spelt) == 1 and any(latin.spelt[0] in forms and not before for before, forms in whole.cuts)


def _listed(whole: ComparedName, spelt: Sequence[str]) -> float:
    """Give the bits of what the dictionary says; a reading of Han that it lacks is one of many, so it says nothing."""
    ends = [("", "".join(spelt))]
    if len(spelt) > 1:
        ends += [(spelt[0], "".join(spelt[1:])), (spelt[-1], "".join(spelt[:-1]))]
    after = [(before, family) for before, given_forms in whole.cuts for family, given in ends if given in given_forms]
    if not after:
        return UNLISTED_FORM if whole.cuts and whole.whole[0][0] != "mandarin" else 0.0
    return LISTED if any(family in before if family else not before for before, family in after) else 0.0


def _orders(spelt: Sequence[str]) -> list[str]:
    """Give the letters as written, with the last part first, and with the first part last."""
    turned = [spelt, (spelt[-1], *spelt[:-1]), (*spelt[1:], spelt[0])]
    return list(dict.fromkeys("".join(order)[:MOST_LETTERS] for order in turned))
