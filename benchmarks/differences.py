"""What sets the two names of a pair apart: the scripts they are in, and the kind of difference.

Read with ``anyascii`` alone and not with what is measured, so that the kinds stay the same when the matcher changes and
nothing it caches is warm before it is timed. The kinds, the first that fits:

- ``other script``: the two sides are mostly in different scripts;
- ``same``: nothing but case, accents, blanks and punctuation;
- ``order``: the same parts in another order;
- ``joined or split``: the same letters, cut into parts otherwise;
- ``extra part``: all parts of one side are on the other;
- ``initials``: the parts that differ are an initial and a name that begins with it;
- ``spelling``: as many parts on both sides, and the ones that differ are spelt alike;
- ``spelling, extra part``: the same, with more parts on one side;
- ``another part``: a part is shared or spelt alike, and others differ;
- ``nothing shared``: no part is the same or spelt alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from anyascii import anyascii
from rapidfuzz.distance import Levenshtein

ALIKE = 0.55
"""Share of letters kept, after Levenshtein, from which two parts are spelt alike."""

_PARTS = re.compile("[0-9a-z]+")
_APOSTROPHES = re.compile("['`´’‘ʼʿʾ]")
_CJK = {"cjk": "Han"}


def script_of(text: str) -> str:
    """Give the script most letters of a text are in, named as Unicode names it; ``none`` where it has no letter."""
    letters = (letter for letter in unicodedata.normalize("NFKC", text) if letter.isalpha())
    counts = Counter(unicodedata.name(letter, "unnamed").partition(" ")[0] for letter in letters)
    first = min(counts, key=lambda script: (-counts[script], script), default="none").lower()
    return _CJK.get(first, "none" if first == "none" else first.capitalize())


def script_pair(one: str, other: str) -> str:
    """Give the scripts of both sides in alphabetical order, as in ``Arabic/Latin``."""
    return "/".join(sorted((script_of(one), script_of(other))))


def kind_of_difference(one: str, other: str) -> str:
    """Give the kind of difference between two names, one of those the module lists."""
    if script_of(one) != script_of(other):
        return "other script"
    ones, others = _parts(one), _parts(other)
    left, right = list((Counter(ones) - Counter(others)).elements()), list((Counter(others) - Counter(ones)).elements())
    if not (left or right):
        return "same" if ones == others else "order"
    if "".join(ones) == "".join(others) or "".join(left) == "".join(right):
        return "joined or split"
    if not (left and right):
        return "extra part" if len(left) < len(ones) or len(right) < len(others) else "nothing shared"
    return _kind_of_rest(left, right, shared=len(left) < len(ones))


def _kind_of_rest(left: Sequence[str], right: Sequence[str], *, shared: bool) -> str:
    fewer, more = sorted((left, right), key=len)
    if len(fewer) == len(more) and _paired(fewer, more, _initial) == len(fewer):
        return "initials"
    alike = _paired(fewer, more, _alike)
    if alike == len(fewer):
        return "spelling" if len(fewer) == len(more) else "spelling, extra part"
    return "another part" if shared or alike else "nothing shared"


def _paired(fewer: Sequence[str], more: Sequence[str], alike: Callable[[str, str], float]) -> int:
    """Count the parts that find a partner, each the best that is left."""
    left, count = list(more), 0
    for part in fewer:
        best = max(left, key=lambda other: alike(part, other), default="")
        if best and alike(part, best):
            left.remove(best)
            count += 1
    return count


def _initial(one: str, other: str) -> float:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _alike(one: str, other: str) -> float:
    likeness = Levenshtein.normalized_similarity(one, other)
    return likeness if likeness >= ALIKE else 0.0


def _parts(text: str) -> list[str]:
    return _PARTS.findall(_APOSTROPHES.sub("", anyascii(_APOSTROPHES.sub("", text)).lower()))
