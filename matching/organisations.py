"""Names of organisations, vessels and aircraft for the blind stage: the words that tell one from another.

Legal forms and words that join are left out, whatever language they stand in, and words that many organisations bear
give way to rare ones, of which the table of person names knows nothing: a name gives its rare words, and as many common
ones as bring it to `FEWEST_WORDS`, the most telling first. Two organisations that share only what every third one is
called share no feature then. The words are those of ``matching.organisation_words``; how two names compare in clear
decides ``matching.comparison.organisations``.
"""

from __future__ import annotations

from matching.normalise import name_parts
from matching.organisation_words import Entry, find_phrase

FEWEST_WORDS = 3
"""Words up to which common ones are taken beside rare ones; a name without rare words keeps all of its own."""

_MOST_WORDS = 6


def telling_words(name: str) -> tuple[str, ...]:
    """Give the different words of a name that tell, in the order written."""
    words, others = _read(name_parts(name))
    rare = {word for word, entry in words.items() if entry.role == "rare"}
    common = sorted(words.keys() - rare, key=lambda word: (-words[word].bits, word))
    kept = rare.union(common[: max(0, FEWEST_WORDS - len(rare))] if rare else common)
    return tuple(word for word in words if word in kept)[:_MOST_WORDS] or others[:_MOST_WORDS]


def _read(parts: tuple[str, ...]) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """Give the words of a name that are no legal form and join nothing, with their entries, and the other parts."""
    words: dict[str, Entry] = {}
    others: list[str] = []
    place = 0
    while place < len(parts):
        length, entry = find_phrase(parts, place)
        if entry.role in ("form", "stop"):
            others += parts[place : place + length]
        else:
            words.setdefault(entry.text.replace(" ", ""), entry)
        place += length
    return words, tuple(dict.fromkeys(others))
