"""How well a word in another script and a word in Latin letters agree as two writings of one name, in bits.

A table gives, for one or two signs of the script, the Latin letters that stand for them and how often (log2 of the
share). The best way to cut both words into such pieces is found by dynamic programming (the many-to-many alignment of
Jiampojamarn, Kondrak and Sherif, 2007), and its bits are set against those of the Latin word by letters at random: the
result is a log-likelihood ratio, as everywhere in ``matching.scoring``. What no table foresees (a letter too many, one
too few, another one) has a fixed price, so that a misspelt name still agrees in part.

Nothing is cached and nothing is looked up: equal arguments give equal bits. Work is bounded by the length of words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LATIN_ADDED_VOWEL = -8.0
LATIN_ADDED = -10.0
SIGN_LEFT_OUT = -8.0
SIGN_REPLACED = -12.0
"""Bits of what no table foresees; a vowel (or h) too many is the cheapest."""

MOST_LETTER_BITS = 6.0
"""Bits of a Latin letter at random, at most: one that a table hardly knows must not pay for its own strangeness."""

BEGIN, END = "^", "$"
"""Signs put around a word, so that a table can say what is added at its ends."""

BAND = 5
"""Letters off the diagonal that are tried."""

HOPELESS = 24.0
"""Bits behind the best way so far at which a way is given up: two or three letters that nothing foresees."""

IMPOSSIBLE = -1e9

_VOWELS = frozenset("aeiouyh")
_NOTHING: Mapping[str, float] = {}


@dataclass(frozen=True, slots=True)
class LetterTable:
    """Pieces of one script with what they are written as, both in bits: log2 of shares, and bits of Latin letters.

    ``pieces`` maps one or two signs to Latin letters (maybe none) with log2 of their share; ``letters`` gives each
    Latin letter's bits at random; ``longest`` is the length of the longest Latin piece.
    """

    pieces: Mapping[str, Mapping[str, float]]
    letters: Mapping[str, float]
    longest: int


def agreement(signs: Sequence[str], latin: str, table: LetterTable) -> float:
    """Give the bits by which ``signs`` are likelier written ``latin`` than ``latin`` is at random; may be negative."""
    random_bits = sum([min(MOST_LETTER_BITS, table.letters.get(letter, MOST_LETTER_BITS)) for letter in latin])
    return random_bits + _best_writing((BEGIN, *signs, END), latin, table)


def per_letter(bits: float, latin: str) -> float:
    """Give bits of agreement for each letter, with two letters more so that short words do not agree by chance."""
    return bits / (len(latin) + 2)


def _best_writing(word: Sequence[str], latin: str, table: LetterTable) -> float:
    """Give log2 of the likeliest way to write the word (with its ends) so; the sum over ways hardly differs.

    ``row`` holds the best bits for each number of letters written so far. Only places near the diagonal are tried:
    letters and signs that stand for each other are not far apart. One function, because it is the innermost loop.
    """
    width, height = len(latin), len(word)
    added = [LATIN_ADDED_VOWEL if letter in _VOWELS else LATIN_ADDED for letter in latin]
    spans = [[(end, latin[at:end]) for end in range(at, min(width, at + table.longest) + 1)] for at in range(width + 1)]
    row, after, later = [[IMPOSSIBLE] * (width + 1) for _ in range(3)]
    row[0] = 0.0
    worth = 0.0
    for place, sign in enumerate(word):
        one = table.pieces.get(sign, _NOTHING)
        two = table.pieces.get(sign + word[place + 1], _NOTHING) if place + 1 < height else _NOTHING
        left_out = 0.0 if sign in (BEGIN, END) else SIGN_LEFT_OUT
        middle = place * width // (height - 1)
        for at in range(max(0, middle - BAND), min(width, middle + BAND) + 1):
            bits = row[at]
            if bits < worth:
                continue
            # max() would cost a call each in the innermost loop.
            if at < width:
                if bits + added[at] > row[at + 1]:  # noqa: PLR1730
                    row[at + 1] = bits + added[at]
                if bits + SIGN_REPLACED > after[at + 1]:  # noqa: PLR1730
                    after[at + 1] = bits + SIGN_REPLACED
            if bits + left_out > after[at]:  # noqa: PLR1730
                after[at] = bits + left_out
            for end, letters in spans[at]:
                share = one.get(letters)
                if share is not None and bits + share > after[end]:
                    after[end] = bits + share
                share = two.get(letters)
                if share is not None and bits + share > later[end]:
                    later[end] = bits + share
        row, after, later = after, later, [IMPOSSIBLE] * (width + 1)
        worth = max(row) - HOPELESS
    for at in range(width):
        row[at + 1] = max(row[at + 1], row[at] + added[at])
    return row[width]
