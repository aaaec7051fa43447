"""Places of birth and addresses, compared by their words: supporting evidence only.

Lists write a place to any precision ("Syria", "Damascus, Syria", a village with its district), so a word in common
supports and the lack of one hardly contradicts. No gazetteer is consulted. Addresses move; they never contradict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from matching.comparison.evidence import Contribution, judged

Place = frozenset[str]

MOST_PLACES = 8
"""Places of one side that are compared, first come first served."""

MOST_WORDS = 16
SHORTEST_WORD = 3
ALIKE = 85.0
"""rapidfuzz ratio, 0 to 100, above which two words of five letters or more are spellings of one."""

ONE_WORD_SHARED = 0.5
SEVERAL_WORDS_SHARED = 1.5
NO_WORD_SHARED = -1.0
ADDRESS_WORDS_NEEDED = 3
ADDRESS_SHARED = 1.0

_GENERIC = (
    "and area avenue building city county district east federation floor former governorate house islamic near new "
    "north number oblast old prefecture province region republic road rural south state street the town village west"
)
_GENERIC_WORDS = frozenset(_GENERIC.split())


def read_places(texts: Iterable[str]) -> tuple[Place, ...]:
    """Give the telling words of each folded place name, deterministic in what it leaves out."""
    places = []
    for text in tuple(texts)[:MOST_PLACES]:
        words = [word for word in text.split() if len(word) >= SHORTEST_WORD or word.isdecimal()]
        telling = frozenset(word for word in words[: 2 * MOST_WORDS] if word not in _GENERIC_WORDS)
        places.append(frozenset(sorted(telling)[:MOST_WORDS]))
    return tuple(place for place in places if place)


def compare_birth_places(query: Sequence[Place], record: Sequence[Place]) -> tuple[Contribution, ...]:
    """Compare places of birth and let the best pair speak; silent where one side has none."""
    if not query or not record:
        return ()
    shared = max((_shared_words(one, other) for one in query for other in record), key=len)
    if not shared:
        return (judged("birth place", NO_WORD_SHARED, "no word in common"),)
    points = ONE_WORD_SHARED if len(shared) == 1 else SEVERAL_WORDS_SHARED
    return (judged("birth place", points, f"{', '.join(shared)} on both sides"),)


def compare_addresses(query: Sequence[Place], record: Sequence[Place]) -> tuple[Contribution, ...]:
    """Support a match by an address with several words in common; anything less says nothing."""
    shared = max((sorted(one & other) for one in query for other in record), key=len, default=[])
    if len(shared) < ADDRESS_WORDS_NEEDED:
        return ()
    return (judged("address", ADDRESS_SHARED, f"{', '.join(shared)} on both sides"),)


def _shared_words(one: Place, other: Place) -> list[str]:
    shared = set(one & other)
    for word in one - other:
        if len(word) >= 5 and any(_alike(word, against) for against in other - one):
            shared.add(word)
    return sorted(shared)


def _alike(word: str, against: str) -> bool:
    return len(against) >= 5 and fuzz.ratio(word, against, score_cutoff=ALIKE) > 0
