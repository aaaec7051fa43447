"""Places of birth and addresses, compared by their words, numbers and countries: supporting evidence.

Lists write a place to any precision ("Syria", "Damascus, Syria", a village with its district), so what is shared
supports and what is not shared hardly contradicts; a country alone is weak, for the people on a list come from the same
few. An address says more the more of house number, postal code, street and place agree, typing slips included; another
contradicts a little: people move. No gazetteer is consulted, so Damascus is not known to be in Syria.

Measured on the labelled pairs of real lists, logarithms of likelihood ratios: a word of the birth place shared 2.8,
with its country 4.1, a country only 1.5, another place of one country −3.5, another country −6; addresses of words only
4.6, of few words and numbers 3 to 5, of more 7 to 8 (the most which that set can show; 9 to 13 on invented lists of
duplicates), two whole ones that do not agree −2.5 to −4. The negatives of that set are rather of other countries than
the strangers a node meets, so the weights of birth places stay below, and contradictions far below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from matching.comparison.evidence import Contribution, judged
from matching.countries import countries_within, successors

MOST_PLACES = 8
"""Places of one side that are compared, first come first served."""

MOST_WORDS = 16
SHORTEST_WORD = 3
SHORTEST_SPELT_NEARLY = 5
ALIKE = 80.0
"""rapidfuzz ratio, 0 to 100, above which two words of `SHORTEST_SPELT_NEARLY` letters or more are spellings of one."""

PLACE_SHARED = 2.0
PLACE_AND_COUNTRY_SHARED = 2.5
COUNTRY_SHARED = 0.5
OTHER_PLACE_SAME_COUNTRY = -0.5
OTHER_PLACE = -1.0
OTHER_COUNTRY = -2.0

ADDRESS_AT_MOST = 12.5
ADDRESS_WITHOUT_NUMBER_AT_MOST = 3.0
HOUSE_NUMBER = 2.5
POSTAL_CODE = 4.5
ADDRESS_WORD = 2.5
SHORT_WORD = 0.5
ADDRESS_COUNTRY = 0.3
SLIP_SHARE = 0.7
WORDS_OF_A_TOWN = 3
OTHER_ADDRESS = -3.0
OTHER_ADDRESS_OF_ONE_TOWN = -2.5
FEWEST_AGREEMENTS = 2
"""Words and numbers that must agree before an address says anything: one of them is a big city's name."""

DIGITS_OF_A_POSTAL_CODE = 4

_GENERIC = """
and apartment apt area ave avenue bldg block boulevard box building circuit city close county court crescent district dr
drive east federation fl flat floor former formerly governorate house islamic km lane near neighborhood new no north now
number oblast off office old park place plot po prefecture province quarter rd region republic road room rural sector
south square st state str street suite terrace the town tower unit village vlge way west zone
"""
_GENERIC_WORDS = frozenset(_GENERIC.split())


NOTHING: frozenset[str] = frozenset()
"""The one empty set: most places lack numbers or a country, and each set of its own takes 216 bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place as compared: its telling words, its numbers, and today's codes of the countries it names."""

    words: frozenset[str]
    numbers: frozenset[str] = NOTHING
    countries: frozenset[str] = NOTHING


def read_places(texts: Iterable[str]) -> tuple[Place, ...]:
    """Read folded places, deterministic in what is left out of a long one."""
    places = (_read_place(text) for text in tuple(texts)[:MOST_PLACES])
    return tuple(place for place in places if place.words or place.numbers or place.countries)


def compare_birth_places(query: Sequence[Place], record: Sequence[Place]) -> tuple[Contribution, ...]:
    """Compare places of birth and let the best pair speak; silent where one side has none."""
    if not query or not record:
        return ()
    compared = (_compare_birth_place(one, other) for one, other in product(query[:MOST_PLACES], record[:MOST_PLACES]))
    points, sentence = max(compared, key=lambda verdict: verdict[0])
    return (judged("birth place", points, sentence),) if points else ()


def compare_addresses(query: Sequence[Place], record: Sequence[Place]) -> tuple[Contribution, ...]:
    """Support a match by the two addresses that share most; only whole ones that do not agree contradict."""
    ours, theirs = query[:MOST_PLACES], record[:MOST_PLACES]
    compared = (_compare_address(one, other) for one, other in product(ours, theirs))
    points, sentence = max(compared, key=lambda verdict: verdict[0], default=(0.0, ""))
    if points > 0:
        return (judged("address", points, sentence),)
    if not (any(map(_is_whole, ours)) and any(map(_is_whole, theirs))):
        return ()
    if _share_anything(ours, theirs):
        return (judged("address", OTHER_ADDRESS_OF_ONE_TOWN, "no more than a word or number in common"),)
    return (judged("address", OTHER_ADDRESS, "nothing in common"),)


def _read_place(text: str) -> Place:
    codes, rest = countries_within(text.split()[: 2 * MOST_WORDS])
    numbers = [word for word in rest if word[0].isdecimal()]
    words = [word for word in rest if len(word) >= SHORTEST_WORD and not word[0].isdecimal()]
    return Place(
        frozenset(sorted(set(words) - _GENERIC_WORDS)[:MOST_WORDS]) or NOTHING,
        frozenset(sorted(set(numbers))[:MOST_WORDS]) or NOTHING,
        frozenset(now for code in codes for now in successors(code)) or NOTHING,
    )


def _compare_birth_place(one: Place, other: Place) -> tuple[float, str]:
    shared = [word for word, _ in _shared_words(one.words, other.words)]
    countries = one.countries & other.countries
    if shared:
        points = PLACE_AND_COUNTRY_SHARED if countries else PLACE_SHARED
        return points, f"{', '.join(sorted(shared))} on both sides"
    if countries:
        if one.words and other.words:
            return OTHER_PLACE_SAME_COUNTRY, "the same country, no other word in common"
        return COUNTRY_SHARED, f"{_written(countries)} on both sides"
    if one.countries and other.countries:
        return OTHER_COUNTRY, f"{_written(one.countries)} against {_written(other.countries)}"
    # A town on one side and a country on the other cannot be compared without a gazetteer.
    return (OTHER_PLACE, "no word in common") if one.words and other.words else (0.0, "")


def _compare_address(one: Place, other: Place) -> tuple[float, str]:
    words = _shared_words(one.words, other.words)
    numbers = _shared_numbers(one.numbers, other.numbers)
    if len(words) + len(numbers) < FEWEST_AGREEMENTS:
        return 0.0, ""
    points = sum((ADDRESS_WORD if len(word) > SHORTEST_WORD else SHORT_WORD) * share for word, share in words)
    points += sum(_worth_of_number(number) * share for number, share in numbers)
    points += ADDRESS_COUNTRY if one.countries & other.countries else 0.0
    most = ADDRESS_AT_MOST if numbers and words else _most_without_number(len(words))
    shared = sorted(word for word, _ in words) + sorted(number for number, _ in numbers)
    return min(points, most), f"{', '.join(shared)} on both sides"


def _most_without_number(words: int) -> float:
    """Bound what words say without a number beside them: a district and its town are two or three of them."""
    further = max(0, words - WORDS_OF_A_TOWN)
    return min(ADDRESS_AT_MOST, ADDRESS_WITHOUT_NUMBER_AT_MOST + ADDRESS_WORD * further)


def _is_whole(address: Place) -> bool:
    return bool(address.numbers) and len(address.words) >= FEWEST_AGREEMENTS


def _share_anything(ones: Sequence[Place], others: Sequence[Place]) -> bool:
    return any(
        _shared_words(one.words, other.words) or _shared_numbers(one.numbers, other.numbers)
        for one, other in product(ones, others)
    )


def _worth_of_number(number: str) -> float:
    return POSTAL_CODE if len(number) >= DIGITS_OF_A_POSTAL_CODE else HOUSE_NUMBER


def _shared_words(ones: frozenset[str], others: frozenset[str]) -> list[tuple[str, float]]:
    """Give the words both sides have, with 1 or, where they are only spelt nearly alike, the share of a slip."""
    shared = [(word, 1.0) for word in ones & others]
    left = sorted(others - ones)
    for word in sorted(ones - others):
        found = next((against for against in left if _alike(*sorted((word, against)))), None)
        if found is not None:
            left.remove(found)
            shared.append((min(word, found), SLIP_SHARE))
    return shared


def _shared_numbers(ones: frozenset[str], others: frozenset[str]) -> list[tuple[str, float]]:
    shared = [(number, 1.0) for number in ones & others]
    for number in sorted(ones - others):
        # A house number a digit off is another house; a postal code a digit off is often a slip.
        if len(number) >= DIGITS_OF_A_POSTAL_CODE:
            near = (against for against in sorted(others - ones) if len(against) == len(number))
            if any(OSA.distance(number, against, score_cutoff=1) <= 1 for against in near):
                shared.append((number, SLIP_SHARE / 2))
    return shared


def _alike(word: str, against: str) -> bool:
    short, long = sorted((len(word), len(against)))
    if short < SHORTEST_SPELT_NEARLY:
        return False
    if long > short and (word.startswith(against) or against.startswith(word)):
        # "pridhamstreet" is Pridham Street.
        return True
    return fuzz.ratio(word, against, score_cutoff=ALIKE) > 0


def _written(codes: frozenset[str]) -> str:
    return " or ".join(sorted(codes)[:4])
