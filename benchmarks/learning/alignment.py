"""Learning which Latin letters stand for which signs, from pairs of writings, by expectation and maximisation.

The many-to-many alignment of Jiampojamarn, Kondrak and Sherif (2007): a pair is cut into pieces of one or two signs and
up to ``longest`` letters in every possible way, each way counts as much as it is likely, and the counts give the next
likelihoods. Counts are discounted, so that rare long pieces must earn their place, and a little is added for the
letters that anyascii gives a sign, so that a sign seen twice is not known by two accidents alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anyascii import anyascii

from benchmarks.learning.hints import thai_hints
from matching.letters.agreement import BEGIN, END

Piece = tuple[tuple[str, ...], str]

LONGEST_LEARNED = 20
"""Signs and letters of a pair that is learned from; longer ones are mostly several words."""

ROUNDS = 6
HINT_COUNT = 2.0
TWO_SIGNS_DISCOUNT = 2.0
LONG_PIECE_DISCOUNT = 0.3
DISCOUNT = 0.05
DOUBT = 2.0
"""Occurrences of something else that are added to each sign's own, so that no share is certain."""

LEAST_SHARE = 0.001
LEAST_LETTER_SHARE = 0.004

_START_BY_LENGTH = (0.05, 0.5, 0.3, 0.1, 0.02, 0.01, 0.005)
_START_AT_ENDS = (1.0, 0.02, 1e-4)


@dataclass(frozen=True, slots=True)
class Example:
    """Two writings of one name: signs of the script and small Latin letters."""

    signs: tuple[str, ...]
    latin: str


@dataclass(frozen=True, slots=True)
class Cutting:
    """How pieces may be cut: signs in one at most, Latin letters in one at most."""

    most_signs: int = 2
    longest: int = 4


def learn(examples: Sequence[Example], cutting: Cutting) -> dict[Piece, float]:
    """Give expected counts of pieces over all examples."""
    usable = [
        one for one in examples if 0 < len(one.signs) <= LONGEST_LEARNED and 0 < len(one.latin) <= LONGEST_LEARNED
    ]
    shares: Mapping[Piece, float] | None = None
    counts: dict[Piece, float] = {}
    for _ in range(ROUNDS):
        counts = defaultdict(float)
        for example in usable:
            _count(example, cutting, shares, counts)
        _add_hints(usable, cutting, counts)
        counts = _discount(counts)
        total = sum(counts.values())
        shares = {piece: count / total for piece, count in counts.items()}
    return counts


def as_table(counts: Mapping[Piece, float], doubt: float = DOUBT) -> dict[str, dict[str, object]]:
    """Give the table's file form: tenths of bits of each Latin letter and of each piece given its signs."""
    of_signs: dict[tuple[str, ...], float] = defaultdict(float)
    letters: Counter[str] = Counter()
    for (signs, latin), count in counts.items():
        of_signs[signs] += count
        for letter in latin:
            letters[letter] += count  # type: ignore[assignment]  # Counter holds weights as well as numbers
    everything = letters.total()
    pieces: dict[str, dict[str, int]] = defaultdict(dict)
    for (signs, latin), count in sorted(counts.items()):
        share = count / (of_signs[signs] + doubt)
        if share >= LEAST_SHARE:
            pieces["".join(signs)][latin] = round(-10 * math.log2(share))
    bits = {
        letter: round(-10 * math.log2(max(count / everything, LEAST_LETTER_SHARE)))
        for letter, count in sorted(letters.items())
    }
    return {"letters": bits, "pieces": dict(pieces)}  # type: ignore[dict-item]


def _count(
    example: Example, cutting: Cutting, shares: Mapping[Piece, float] | None, counts: dict[Piece, float]
) -> None:
    """Add the expected counts of one example (forward and backward over all ways to cut it)."""
    signs, latin = (BEGIN, *example.signs, END), example.latin
    height, width = len(signs), len(latin)
    forward = [[0.0] * (width + 1) for _ in range(height + 1)]
    forward[0][0] = 1.0
    steps: list[tuple[int, int, int, int, Piece, float]] = []
    for place in range(height):
        for at in range(width + 1):
            here = forward[place][at]
            if here == 0.0:
                continue
            for onward, end, piece in _cut(signs, latin, place, at, cutting):
                share = _start(piece) if shares is None else shares.get(piece, 0.0)
                if share:
                    steps.append((place, at, onward, end, piece, share))
                    forward[onward][end] += here * share
    whole = forward[height][width]
    if whole <= 0.0:
        return
    backward = [[0.0] * (width + 1) for _ in range(height + 1)]
    backward[height][width] = 1.0
    for place, at, onward, end, _, share in reversed(steps):
        backward[place][at] += share * backward[onward][end]
    for place, at, onward, end, piece, share in steps:
        expected = forward[place][at] * share * backward[onward][end] / whole
        if expected > 1e-4:
            counts[piece] += expected


def _cut(signs: Sequence[str], latin: str, place: int, at: int, cutting: Cutting) -> list[tuple[int, int, Piece]]:
    """Give the pieces that may begin here: where each leads, and the piece."""
    found = []
    for onward in range(place + 1, min(len(signs), place + cutting.most_signs) + 1):
        fewest = 0 if onward == place + 1 else 1
        for end in range(at + fewest, min(len(latin), at + cutting.longest) + 1):
            found.append((onward, end, (tuple(signs[place:onward]), latin[at:end])))
    return found


def _start(piece: Piece) -> float:
    """Give a first guess of a piece's likelihood: short pieces, and the letter that anyascii gives, are likelier."""
    signs, latin = piece
    if signs in ((BEGIN,), (END,)):
        return _START_AT_ENDS[len(latin)] / 8 ** len(latin) if len(latin) < len(_START_AT_ENDS) else 0.0
    likely: float = _START_BY_LENGTH[len(latin)] * (0.3 if len(signs) > 1 else 1.0)
    if latin and anyascii("".join(signs)).lower()[:1] == latin[0]:
        likely *= 8
    if len(signs) > 1 and (signs[0] == BEGIN or signs[-1] == END):
        likely *= 0.1
    return float(likely / 8 ** len(latin))


def _add_hints(examples: Sequence[Example], cutting: Cutting, counts: dict[Piece, float]) -> None:
    known = {sign for example in examples for sign in example.signs}
    for piece, count in thai_hints().items():
        if piece[0][0] in known:
            counts[piece] += count
    for sign in known:
        hint = re.sub("[^a-z]", "", anyascii(sign).lower())
        if len(hint) <= cutting.longest:
            counts[(sign,), hint] += HINT_COUNT
        if len(hint) > 1 and hint[-1] == "a":
            # A consonant of an Indic script is given with its vowel, which a following sign may replace.
            counts[(sign,), hint[:-1]] += HINT_COUNT


def _discount(counts: Mapping[Piece, float]) -> dict[Piece, float]:
    kept = {}
    for (signs, latin), count in counts.items():
        less = LONG_PIECE_DISCOUNT if len(signs) + len(latin) > 2 else DISCOUNT
        less += TWO_SIGNS_DISCOUNT if len(signs) > 1 else 0.0
        if count > less:
            kept[signs, latin] = count - less
    return kept
