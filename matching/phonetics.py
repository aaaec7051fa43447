"""Codes by sound of one folded name part, from fine to coarse, each a function of the one before.

`spelling` levels what transliterations of one name differ in (doubled letters, ou/u, kh/h, ph/f); `skeleton` keeps its
consonants; `coarse` merges consonants that scripts and ears confuse. Since each is computed from the one before, two
parts equal in a finer code are equal in every coarser one: the rule tokens lean on that. Nothing here knows how common
a code is; ``matching.frequency`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from jellyfish import metaphone

LONGEST_CODE = 12
"""Characters of a code that are kept."""

_CACHE = 1 << 16

_RESPELLINGS = tuple(
    (frozenset(letters), re.compile(pattern), replacement)
    for letters, pattern, replacement in (
        ("h", r"shch|sch|sh|tsch", "S"),
        ("c", r"tch|ch|cz", "C"),
        ("jgz", r"dzh|dj|zh|j|gi(?=[aou])", "j"),
        ("kx", r"kh|x(?=[aeiouy])", "h"),
        ("g", r"gh", "g"),
        ("p", r"ph", "f"),
        ("t", r"th", "t"),
        ("d", r"dh", "d"),
        ("t", r"ts|tz", "Z"),
        ("cq", r"ck|q", "k"),
        ("c", r"c(?=[eiy])", "s"),
        ("c", r"c", "k"),
        ("x", r"(?<=.)x|x(?=.)", "ks"),
        ("o", r"ou|oo", "u"),
        ("w", r"w", "v"),
        ("eiy", r"iy|yi|ee|ie|ei|ey|ai|ay|y", "i"),
    )
)
"""What is written as what, in this order, and letters of which the part needs one: none that a line before writes."""

_DOUBLED = re.compile(r"(.)\1+")
_VOWELS = dict.fromkeys(map(ord, "aeiouh"))
_COARSE = str.maketrans("bfvgdzSCZjm", "pffktsssssn")


@lru_cache(maxsize=_CACHE)
def spelling(part: str) -> str:
    """Level the spelling of a folded part."""
    text = part
    letters = frozenset(part)
    for needed, pattern, replacement in _RESPELLINGS:
        if not needed.isdisjoint(letters):
            text = pattern.sub(replacement, text)
    return _DOUBLED.sub(r"\1", text)[: 2 * LONGEST_CODE]


@lru_cache(maxsize=_CACHE)
def skeleton(part: str) -> str:
    """Keep the consonants of the levelled spelling; an initial vowel counts, a later h does not."""
    text = spelling(part)
    return _skeleton_of(text)


def _skeleton_of(text: str) -> str:
    first = "a" if text[:1] in "aeiou" else text[:1]
    return (first + text[1:].translate(_VOWELS))[:LONGEST_CODE]


@lru_cache(maxsize=_CACHE)
def coarse(part: str) -> str:
    """Merge confusable consonants of the skeleton and collapse repeats."""
    return _DOUBLED.sub(r"\1", skeleton(part).translate(_COARSE))


@lru_cache(maxsize=_CACHE)
def sound(part: str) -> str:
    """Give the metaphone of the levelled spelling (Philips 1990, as in jellyfish)."""
    return metaphone(part)[:LONGEST_CODE]


def sounds(part: str) -> tuple[str, ...]:
    """Give the codes by which two parts may be said to sound alike: skeleton and metaphone, family first."""
    return ("s:" + skeleton(part), "m:" + sound(part))


CODE_FAMILIES: Mapping[str, Callable[[str], str]] = {"coarse": coarse, "skeleton": skeleton, "spelling": spelling}
"""The codes that rule tokens are made of, coarse to fine."""
