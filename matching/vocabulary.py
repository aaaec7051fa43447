"""The name parts of one list, and which of them may be another spelling of a given part.

A folded part is found again through its codes by sound (`matching.phonetics`) and, where one consonant is missing,
added or mistaken, through its skeleton with one letter left out (symmetric deletion, as in Garbe's SymSpell); what only
this finds must be spelt nearly alike. Each part found has the share of the weight that such a likeness is worth. That
only chooses whom to compare: what it proves, ``matching.scoring`` says of the whole name.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import extract

from matching.phonetics import coarse, skeleton, sound, spelling

SHORTEST_SLIPPED = 3
"""Letters of a skeleton from which one is left out: of shorter ones too little would stay."""

MOST_ALIKE = 256
"""Parts of a list that are taken for spellings of one part, the likest first."""

SAME = 1.0
SAME_SPELLING = 0.95
SAME_SKELETON = 0.85
SAME_SOUND = 0.75
CLOSE = 0.65
CLOSE_SPELLING = 0.88
"""Jaro-Winkler similarity of two parts with a slip between their skeletons, above which they are close."""

SAME_COARSE = 0.4
"""Two parts that share their coarse code alone."""


class Vocabulary:
    """The different parts of a list by their codes. A part stays as long as it was not discarded."""

    def __init__(self) -> None:
        """Begin with no part."""
        self._by_code: dict[str, list[str]] = {}

    def add(self, part: str) -> None:
        """Add a folded part that is not there yet."""
        for code in _codes(part):
            self._by_code.setdefault(code, []).append(part)

    def discard(self, part: str) -> None:
        """Leave a part out again; nothing happens where it was not there."""
        for code in _codes(part):
            parts = self._by_code.get(code, [])
            if part in parts:
                parts.remove(part)
                if not parts:
                    del self._by_code[code]

    def alike(self, part: str) -> dict[str, float]:
        """Give the parts that may be a spelling of this one, each with its share (0..1), at most `MOST_ALIKE`."""
        shares = {part: SAME} if part in self._by_code.get(_SPELLING + spelling(part), ()) else {}
        if part.isdecimal():
            return shares
        for code, share in _codes(part).items():
            parts = self._by_code.get(code, ())
            if share == CLOSE:
                found = extract(part, parts, scorer=JaroWinkler.similarity, score_cutoff=CLOSE_SPELLING, limit=None)
                parts = [other for other, _, _ in found]
            shares |= {other: share for other in parts if other not in shares}
            if len(shares) >= MOST_ALIKE:
                return dict(islice(shares.items(), MOST_ALIKE))
        return shares


_SPELLING, _SKELETON, _SOUND, _SLIPPED, _COARSE = "s", "k", "m", "d", "c"
"""First letters of the keys of a vocabulary."""


def _codes(part: str) -> dict[str, float]:
    """Give the keys of a part, each with the share that agreement in it is worth, most first."""
    code = skeleton(part)
    codes = {
        _SPELLING + spelling(part): SAME_SPELLING,
        _SKELETON + code: SAME_SKELETON,
        _SOUND + sound(part): SAME_SOUND,
    }
    codes |= dict.fromkeys((_SLIPPED + code, *_slips(code)), CLOSE)
    codes[_COARSE + coarse(part)] = SAME_COARSE
    return codes


def _slips(code: str) -> Iterator[str]:
    if len(code) >= SHORTEST_SLIPPED:
        yield from (_SLIPPED + code[:place] + code[place + 1 :] for place in range(len(code)))
