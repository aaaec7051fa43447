"""Chinese, Korean and Japanese names against Latin ones: the whole name by its signs, in whatever order it was spelt.

习近平 is *Xi Jinping*, *Jinping Xi* and *Hsi Chin-p'ing*; which Latin letters belong to which sign is found by the
letter tables, and where the family name stands by trying it at either end.
"""

from __future__ import annotations

from collections.abc import Sequence

from matching.comparison.name_reading import ComparedName
from matching.letters.agreement import agreement, per_letter
from matching.letters.tables import read_table

MOST_LETTERS = 36


def best_bits_a_letter(whole: ComparedName, latin: ComparedName) -> float:
    """Give the bits a letter by which the best reading in the best order is written so."""
    return max(
        per_letter(agreement(signs, letters, read_table(table)), letters)
        for table, signs in whole.whole
        for letters in _orders(latin.spelt)
    )


def _orders(spelt: Sequence[str]) -> list[str]:
    """Give the letters as written, with the last part first, and with the first part last."""
    turned = [spelt, (spelt[-1], *spelt[:-1]), (*spelt[1:], spelt[0])]
    return list(dict.fromkeys("".join(order)[:MOST_LETTERS] for order in turned))
