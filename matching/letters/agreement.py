"""How well a word in another script and a word in Latin letters agree as two writings of one name, in bits.

A table gives, for one or two signs of the script, the Latin letters that stand for them and how often (log2 of the
share). The best way to cut both words into such pieces is found by dynamic programming (the many-to-many alignment of
Jiampojamarn, Kondrak and Sherif, 2007), and its bits are set against those of the Latin word by letters at random: the
result is a log-likelihood ratio, as everywhere in ``matching.scoring``. What no table foresees (a letter too many, one
too few, another one) has a fixed price, so that a misspelt name still agrees in part.

Nothing is cached and nothing is looked up: equal arguments give equal bits. Work is bounded by the length of words; a
caller to whom little agreement is none says so, and most pairs of unlike words are given up after a few signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import add

LATIN_ADDED_VOWEL = -8.0
LATIN_ADDED = -10.0
SIGN_LEFT_OUT = -8.0
SIGN_REPLACED = -12.0
"""Bits of what no table foresees; a vowel (or h) too many is the cheapest."""

MOST_LETTER_BITS = 6.0
"""Bits of a Latin letter at random, at most: one that a table hardly knows must not pay for its own strangeness."""

BEGIN, END = "^", "$"
"""Signs put around a word, so that a table can say what is added at its ends."""

IMPOSSIBLE = -1e9

Longer = Mapping[str, tuple[tuple[str, int, float], ...]]
"""Two Latin letters and more, their number and log2 of their share, by the second of them."""

Ways = Mapping[str, tuple[float, Longer]]
"""What a piece is written as by its first Latin letter: log2 of the share of this letter alone, and what is longer."""

BAND = 5
"""Letters off the diagonal that are tried."""

HOPELESS = 24.0
"""Bits behind the best way so far at which a way is given up: two or three letters that nothing foresees."""


VOWELS = frozenset("aeiouyh")
_ADDED = {letter: LATIN_ADDED_VOWEL if letter in VOWELS else LATIN_ADDED for letter in "abcdefghijklmnopqrstuvwxyz"}
_NOTHING: Ways = {}
_REPLACED: tuple[float, Longer] = (SIGN_REPLACED, {})


@dataclass(frozen=True, slots=True)
class LetterTable:
    """Pieces of one script with what they are written as, both in bits: log2 of shares, and bits of Latin letters.

    ``pieces`` maps one or two signs to Latin letters (maybe none) with log2 of their share; ``letters`` gives each
    Latin letter's bits at random; ``longest`` is the length of the longest Latin piece. The rest is made of these:
    ``ways`` maps signs to what they are written as by its first letter, ``silent`` to the share of no letter at all.
    """

    pieces: Mapping[str, Mapping[str, float]]
    letters: Mapping[str, float]
    longest: int
    ways: Mapping[str, Ways] = field(init=False, repr=False, compare=False)
    silent: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the pieces by the letters they begin with."""
        ways = {signs: _by_letter(choices) for signs, choices in self.pieces.items()}
        silent = {signs: choices[""] for signs, choices in self.pieces.items() if "" in choices}
        object.__setattr__(self, "ways", ways)
        object.__setattr__(self, "silent", silent | {BEGIN: 0.0, END: 0.0})


def _by_letter(choices: Mapping[str, float]) -> Ways:
    longer: dict[str, dict[str, tuple[tuple[str, int, float], ...]]] = {latin[0]: {} for latin in choices if latin}
    for latin, share in choices.items():
        if len(latin) > 1:
            by_second = longer[latin[0]]
            by_second[latin[1]] = (*by_second.get(latin[1], ()), (latin, len(latin), share))
    return {letter: (choices.get(letter, IMPOSSIBLE), by_second) for letter, by_second in longer.items()}


def agreement(signs: Sequence[str], latin: str, table: LetterTable, at_least: float = IMPOSSIBLE) -> float:
    """Give the bits by which ``signs`` are likelier written ``latin`` than ``latin`` is at random; may be negative.

    Where that is under ``at_least``, any number under it is given, which is found sooner.
    """
    by_chance = random_bits(latin, table)
    return by_chance + _best_writing((BEGIN, *signs, END), latin, table, at_least - by_chance)


def random_bits(latin: str, table: LetterTable) -> float:
    """Give the bits of Latin letters met at random."""
    known = table.letters
    return sum([min(MOST_LETTER_BITS, known.get(letter, MOST_LETTER_BITS)) for letter in latin])


def per_letter(bits: float, latin: str) -> float:
    """Give bits of agreement for each letter, with two letters more so that short words do not agree by chance."""
    return bits / (len(latin) + 2)


def bits_for(bits_a_letter: float, latin: str) -> float:
    """Give the bits of agreement that are so many for each letter: `per_letter` turned round."""
    return bits_a_letter * (len(latin) + 2)


def _best_writing(word: Sequence[str], latin: str, table: LetterTable, needed: float) -> float:  # noqa: PLR0912, PLR0915
    """Give log2 of the likeliest way to write the word (with its ends) so; the sum over ways hardly differs.

    ``row`` holds the best bits for each number of letters written so far, ``after`` and ``later`` the same once the
    next sign, or the next two, are written. Only ways near the diagonal that can still be ``needed`` and are not
    `HOPELESS` are followed, from ``low`` to ``high`` letters. One function, because it is the innermost loop, and with
    comparisons where max() would cost a call each.
    """
    ways, silent, width = table.ways, table.silent, len(latin)
    padded = latin + " "
    added = [_ADDED.get(letter, LATIN_ADDED) for letter in latin]
    pairs = [*map(add, word, word[1:]), ""]
    nothing = [IMPOSSIBLE] * (width + 1 + table.longest)
    row, after = [0.0, *nothing[1:]], nothing[:]
    low = before = high = 0
    worth = max(needed, -HOPELESS)
    for place, sign in enumerate(word):
        pair = pairs[place]
        one, two = ways.get(sign, _NOTHING), ways.get(pair)
        left_out, both_left_out = max(silent.get(sign, SIGN_LEFT_OUT), SIGN_LEFT_OUT), silent.get(pair)
        later = nothing[:]
        middle = place * width // (len(word) - 1)
        at, farthest = max(low, middle - BAND), min(width, middle + BAND)
        while at <= high and at <= farthest:
            bits = row[at]
            if bits >= worth:
                reached = bits + left_out
                if reached > after[at]:  # noqa: PLR1730
                    after[at] = reached
                if both_left_out is not None and bits + both_left_out > later[at]:
                    later[at] = bits + both_left_out
                if at < width:
                    letter, following = latin[at], at + 1
                    reached = bits + added[at]
                    if reached > row[following]:
                        row[following] = reached
                        if following > high and reached >= worth:
                            high = following
                    then = padded[following]
                    share, longer = one.get(letter, _REPLACED)
                    reached = bits + (share if share > SIGN_REPLACED else SIGN_REPLACED)
                    if reached > after[following]:  # noqa: PLR1730
                        after[following] = reached
                    if then in longer:
                        for letters, length, share in longer[then]:
                            if bits + share > after[at + length] and (length == 2 or latin.startswith(letters, at)):
                                after[at + length] = bits + share
                    if two is not None and letter in two:
                        share, longer = two[letter]
                        if bits + share > later[following]:  # noqa: PLR1730
                            later[following] = bits + share
                        if then in longer:
                            for letters, length, share in longer[then]:
                                if bits + share > later[at + length] and (length == 2 or latin.startswith(letters, at)):
                                    later[at + length] = bits + share
            at += 1
        row, after = after, later
        best = max(row)
        if best < needed and max(after) < needed:
            return IMPOSSIBLE
        worth = max(needed, best - HOPELESS)
        low, before, high = min(before, low), low, width
        while low < width and row[low] < worth:
            low += 1
        while high > low and row[high] < worth:
            high -= 1
    for at in range(low, width):
        row[at + 1] = max(row[at + 1], row[at] + added[at])
    return row[width]
