"""What a name part of one list is found by, and which of its parts may be another spelling of a given one.

A folded part is found again through its codes by sound (`matching.phonetics`) and, where one consonant is missing,
added or mistaken, through its skeleton with one letter left out (symmetric deletion, as in Garbe's SymSpell); what only
this finds must be spelt nearly alike. Each has the share of the weight that such a likeness is worth. That only chooses
whom to compare: what it proves, ``matching.scoring`` says of the whole name.
"""

from __future__ import annotations

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import extract

from matching.phonetics import coarse, skeleton, sound, spelling

SHORTEST_SLIPPED = 3
"""Letters of a skeleton from which one is left out: of shorter ones too little would stay."""

MOST_CLOSE = 256
"""Parts of a list that are taken for slips of one part, the likest first."""

SAME = 1.0
SAME_SPELLING = 0.95
SAME_SKELETON = 0.85
SAME_SOUND = 0.75
CLOSE = 0.65
CLOSE_SPELLING = 0.88
"""Jaro-Winkler similarity of two parts with a slip between their skeletons, above which they are close."""

SAME_COARSE = 0.4
"""Two parts that share their coarse code alone."""


def codes_of(part: str) -> dict[str, float]:
    """Give what a folded part is found by, the part itself and its codes, each with the share it is worth, least first.

    Codes have a blank in them, and a part has none. A number is found by itself alone.
    """
    if part.isdecimal():
        return {part: SAME}
    return {
        "coarse " + coarse(part): SAME_COARSE,
        "sound " + sound(part): SAME_SOUND,
        "skeleton " + skeleton(part): SAME_SKELETON,
        "spelling " + spelling(part): SAME_SPELLING,
        part: SAME,
    }


class Vocabulary:
    """The different parts of a list by what is left of them after a slip. A part stays until it is discarded."""

    def __init__(self) -> None:
        """Begin with no part."""
        self._by_slip: dict[str, list[str]] = {}

    def add(self, part: str) -> None:
        """Add a folded part that is not there yet."""
        for slip in _slips(part):
            self._by_slip.setdefault(slip, []).append(part)

    def discard(self, part: str) -> None:
        """Leave a part out again; nothing happens where it was not there."""
        for slip in _slips(part):
            parts = self._by_slip.get(slip, [])
            if part in parts:
                parts.remove(part)
                if not parts:
                    del self._by_slip[slip]

    def close_to(self, part: str) -> list[str]:
        """Give the parts that are a slip away and spelt nearly alike, the likest first; none of the same skeleton."""
        code = skeleton(part)
        parts = {other for slip in _slips(part) for other in self._by_slip.get(slip, ())}
        found = extract(part, parts, scorer=JaroWinkler.similarity, score_cutoff=CLOSE_SPELLING, limit=None)
        # Equals in the order of their letters, so that what is kept hangs on no order in which they came.
        found.sort(key=lambda one: (-one[1], one[0]))
        return [other for other, _, _ in found if skeleton(other) != code][:MOST_CLOSE]


def _slips(part: str) -> set[str]:
    """Give the skeleton of a part and what is left of it without one letter."""
    if part.isdecimal():
        return set()
    code = skeleton(part)
    if len(code) < SHORTEST_SLIPPED:
        return {code}
    return {code, *(code[:place] + code[place + 1 :] for place in range(len(code)))}
