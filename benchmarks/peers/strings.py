"""Peers that compare names as strings: what is commonly built in an afternoon.

Each sorts the words of a name, so that their order does not matter, and takes Jaro-Winkler of the rest; of records with
several names the best pair speaks. They differ in how they read other scripts: ``anyascii`` into Latin letters, or not
at all (``jellyfish`` over text without case and accents). Neither declares a cutoff; 0.9 is a common one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import product

import jellyfish
from anyascii import anyascii
from rapidfuzz.distance import JaroWinkler

from matching.subject import Subject

CUTOFF = 0.9
MOST_NAMES = 64
"""Names of a side that are compared, as many as the product reads."""

ANYASCII = f"anyascii {version('anyascii')}, rapidfuzz {version('rapidfuzz')} token-sort Jaro-Winkler"
JELLYFISH = f"jellyfish {version('jellyfish')} token-sort Jaro-Winkler"

_WORDS = re.compile(r"\w+")


def score_anyascii(one: Subject, other: Subject) -> float:
    """Compare by Jaro-Winkler of the sorted words after anyascii."""
    return _best(one, other, lambda text: anyascii(text).lower(), JaroWinkler.similarity)


def score_jellyfish(one: Subject, other: Subject) -> float:
    """Compare by Jaro-Winkler of the sorted words without case and accents."""
    return _best(one, other, _unaccented, jellyfish.jaro_winkler_similarity)


def sorted_anyascii(subject: Subject) -> Sequence[str]:
    """Give the names of a subject as `score_anyascii` compares them."""
    return _sorted_words(subject, lambda text: anyascii(text).lower())


def _best(one: Subject, other: Subject, fold: Callable[[str], str], likeness: Callable[[str, str], float]) -> float:
    ones, others = (_sorted_words(subject, fold) for subject in (one, other))
    return max((likeness(left, right) for left, right in product(ones, others)), default=0.0)


def _sorted_words(subject: Subject, fold: Callable[[str], str]) -> Sequence[str]:
    names = (" ".join(sorted(_WORDS.findall(fold(name.text)))) for name in subject.names[:MOST_NAMES])
    return [name for name in dict.fromkeys(names) if name]


def _unaccented(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
