"""Find a person in a list in clear: which of its records may be the one asked for, best first, each compared in full.

An index over the subjects of one holder, in memory. It decides which few of its records are worth the full comparison,
never whether they match: `matching.scoring` does. A record is worth it

- for the parts of its names that may be spellings of a part asked for (`matching.vocabulary`), in whatever script they
  were written, each by the bits of the public frequency table, or fewer where many of this list bear it;
- for a birth date or year in common, a number (document, phone, e-mail) in common or one slip away, an address whose
  house number or postal code stands beside the same word, or two words of which stand side by side.

The work of a search is bounded: at most `MOST_VISITED` entries are looked at, those of the rarest clue first and all of
these, so what a common name brings in last is what is left out; and at most `MOST_COMPARED` records are compared.

The index holds persons' data in clear and writes nothing. It is not safe for use by several threads at once.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain, pairwise
from operator import itemgetter

from matching.dates import DateInterval
from matching.features import parts_as_written
from matching.frequency import part_bits
from matching.identifiers import Identifier, read_document, read_email, read_phone, regions_of
from matching.letters.han import spelt_otherwise
from matching.normalise import fold
from matching.phonetics import skeleton
from matching.scoring import ComparedSubject, Comparison, compare_without_names, read_subject
from matching.subject import Subject
from matching.vocabulary import CLOSE, Vocabulary, codes_of

MOST_NAMES = 96
MOST_NUMBERS = 32
MOST_BIRTHS = 8
MOST_ADDRESSES = 8
"""Names, numbers (of a kind), birth dates and addresses of a subject that lead to it."""

MOST_ADDRESS_WORDS = 32
SHORTEST_ADDRESS_WORD = 3
SHORTEST_STREET_WORD = 4

MOST_PARTS_ASKED = 16
"""Different parts of a query's names that are looked up: the rarest first, those of other readings last."""

MOST_VISITED = 100_000
"""Entries looked at in one search; a record has up to five for each part of its names."""

MOST_COMPARED = 6
"""Records compared in full in one search, or as many as are asked for if these are more.

On the development lists six found as many of 864 persons as ten did, among the first five and flagged: by a whole
record, by one alias, by a name with two wrong letters, by two parts of a name with the birth date. Five found three
fewer.
"""

FEWEST_COMPARED = 3
"""Records compared in full however little leads to them."""

WORTH_COMPARING = 0.75
"""Share of the best candidate's weight under which no further record is compared."""

WEIGHT_NEEDED, WEIGHT_ENOUGH = 9.0, 16.0
"""Bits under which no further record is compared, for it would reach no cutoff; and bits with which every one is."""

MOST_READ = 16_384
"""Records kept ready for comparison, some 4 KB each: the first ones indexed, then those used last."""

SAME_DAY_BITS = 12.0
SAME_YEAR_BITS = 4.0
NUMBER_BITS = 25.0
SLIPPED_NUMBER_BITS = 7.0
ADDRESS_BITS = 7.0

SHORTEST_SLIPPED = 7
"""Characters of a number that leads also to those one slip away."""

COMMON_HERE = 3.0
"""Bits that a part keeps beyond what its share of this list says: a list is no sample of mankind."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the one asked for, with its comparison."""

    record_id: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class _Clue:
    """Entries of the index that answer one thing of a query, with the bits they are worth, least first."""

    entries: Sequence[tuple[float, array[int]]]
    visits: int


class RetrievalIndex:
    """The subjects of one holder by what they can be found by."""

    def __init__(self, records: Iterable[tuple[str, Subject]] = ()) -> None:
        """Index records (record id, subject); of two with one id the later stays."""
        self._subjects: dict[int, tuple[str, Subject]] = {}
        self._numbers: dict[str, int] = {}
        self._entries: dict[str, array[int]] = {}
        self._vocabulary = Vocabulary()
        self._read: dict[int, ComparedSubject] = {}
        self._next = 0
        for record_id, subject in records:
            self.add(record_id, subject)

    def __len__(self) -> int:
        """Give the number of records."""
        return len(self._subjects)

    def add(self, record_id: str, subject: Subject) -> None:
        """Add a record, in the place of the one with this id if there is one."""
        self.remove(record_id)
        number, self._next = self._next, self._next + 1
        self._subjects[number] = (record_id, subject)
        if len(self._read) < MOST_READ:
            self._read[number] = read_subject(subject)
        self._numbers[record_id] = number
        parts = frozenset(_parts(subject))
        for part in parts:
            if part not in self._entries:
                self._vocabulary.add(part)
        for key in _keys(subject, parts):
            self._entries.setdefault(key, array("L")).append(number)

    def remove(self, record_id: str) -> bool:
        """Remove a record; say whether there was one."""
        number = self._numbers.pop(record_id, None)
        if number is None:
            return False
        _, subject = self._subjects.pop(number)
        self._read.pop(number, None)
        parts = frozenset(_parts(subject))
        for key in _keys(subject, parts):
            self._entries[key].remove(number)
            if not self._entries[key]:
                del self._entries[key]
        for part in parts:
            if part not in self._entries:
                self._vocabulary.discard(part)
        return True

    def search(self, subject: Subject, most: int = 10, *, apart_from: str = "") -> tuple[Candidate, ...]:
        """Give at most ``most`` records that may be this subject, the best first, those under the cutoffs too.

        ``apart_from`` is the id of a record not to be given, where a record of the list itself is asked for. Records
        that are out of reach of every cutoff whatever their names say are not given, and their names not compared.
        """
        query = read_subject(subject)
        found = []
        for number in self._worth_comparing(subject, most, self._numbers.get(apart_from)):
            begun = compare_without_names(query, self._record(number))
            if not begun.is_out_of_reach:
                found.append(Candidate(self._subjects[number][0], begun.with_names()))
        found.sort(key=lambda candidate: (-candidate.comparison.points, candidate.record_id))
        return tuple(found[:most])

    def _worth_comparing(self, subject: Subject, most: int, apart_from: int | None = None) -> list[int]:
        weights = self._weigh(subject)
        if apart_from is not None:
            weights.pop(apart_from, None)
        needed = max(WEIGHT_NEEDED, min(WEIGHT_ENOUGH, WORTH_COMPARING * max(weights.values(), default=0.0)))

        def heaviest(number: int) -> tuple[float, int]:
            return -weights[number], number

        worth = [number for number, weight in weights.items() if weight >= needed]
        if len(worth) < FEWEST_COMPARED:
            return nsmallest(FEWEST_COMPARED, weights, key=heaviest)
        return nsmallest(max(most, MOST_COMPARED), worth, key=heaviest)

    def _weigh(self, subject: Subject) -> dict[int, float]:
        """Add up for each record the bits of the clues that lead to it."""
        weights: dict[int, float] = {}
        visited = 0
        for clue in sorted(self._clues(subject), key=lambda clue: clue.visits):
            visited += clue.visits
            if visited > MOST_VISITED and weights:
                break
            led_to: dict[int, float] = {}
            for bits, entries in clue.entries:
                led_to |= dict.fromkeys(entries, bits)
            again = {number: weights[number] + led_to[number] for number in weights.keys() & led_to.keys()}
            weights |= led_to
            weights |= again
        return weights

    def _clues(self, subject: Subject) -> Iterator[_Clue]:
        for parts in _parts_asked(subject):
            yield _clue([found for part in parts for found in self._alike(part)])
        for keys in (_birth_keys(subject.births), _number_keys(subject), _address_keys(subject), _street_keys(subject)):
            yield _clue([(bits, self._entries[key]) for key, bits in keys.items() if key in self._entries])

    def _alike(self, part: str) -> list[tuple[float, array[int]]]:
        """Give who bears this part or what may be another spelling of it, with the bits that this is worth."""
        shares = dict.fromkeys(self._vocabulary.close_to(part), CLOSE) | codes_of(part)
        borne = [(share, self._entries[key]) for key, share in shares.items() if key in self._entries]
        bearers = max([len(entries) for _, entries in borne], default=0)
        here = math.log2(len(self) / bearers) + COMMON_HERE if bearers else 0.0
        bits = max(1.0, min(part_bits(part), here))
        return [(share * bits, entries) for share, entries in borne]

    def _record(self, number: int) -> ComparedSubject:
        """Give a record ready for comparison, read once as long as it is in use."""
        read = self._read.pop(number, None) or read_subject(self._subjects[number][1])
        self._read[number] = read
        if len(self._read) > MOST_READ:
            del self._read[next(iter(self._read))]
        return read


_DAY, _YEAR, _NUMBER, _SLIPPED, _ADDRESS = "day ", "year ", "number ", "slipped ", "address "
"""What keys of the index begin with; those of a part are `codes_of` it."""


def _clue(entries: Iterable[tuple[float, array[int]]]) -> _Clue:
    least_first = sorted(entries, key=itemgetter(0))
    return _Clue(least_first, sum([len(borne) for _, borne in least_first]))


def _keys(subject: Subject, parts: Iterable[str]) -> frozenset[str]:
    """Give everything that leads to a record with these parts in its names."""
    addresses = (*_address_keys(subject), *_street_keys(subject))
    codes = chain.from_iterable(map(codes_of, parts))
    return frozenset((*codes, *_birth_keys(subject.births), *_number_keys(subject), *addresses))


def _parts(subject: Subject) -> Iterator[str]:
    yield from _parts_as_written(subject)
    yield from _parts_in_other_languages(subject)


def _parts_as_written(subject: Subject) -> Iterator[str]:
    for name in subject.names[:MOST_NAMES]:
        for parts in parts_as_written(name.text, subject.category):
            yield from parts


def _parts_in_other_languages(subject: Subject) -> Iterator[str]:
    """Give the parts of persons' names in Han as other languages than Mandarin read them."""
    for name in subject.names[:MOST_NAMES] if subject.category == "individual" else ():
        for parts in spelt_otherwise(name.text):
            yield from parts


def _parts_asked(subject: Subject) -> list[tuple[str, ...]]:
    """Give the parts of a query, spellings of one part together, so that a name written often counts once."""
    written = frozenset(_parts_as_written(subject))
    parts = written.union(_parts_in_other_languages(subject))
    best_first = sorted(parts, key=lambda part: (part not in written, -part_bits(part), part))
    groups: dict[str, tuple[str, ...]] = {}
    for part in best_first[:MOST_PARTS_ASKED]:
        code = skeleton(part)
        groups[code] = (*groups.get(code, ()), part)
    return list(groups.values())


def _birth_keys(births: Iterable[DateInterval]) -> dict[str, float]:
    keys: dict[str, float] = {}
    for birth in tuple(births)[:MOST_BIRTHS]:
        if birth.day and (birth.month, birth.day) != (1, 1):
            keys[_DAY + birth.earliest.isoformat()] = SAME_DAY_BITS
        if birth.year:
            keys.setdefault(f"{_YEAR}{birth.year}", SAME_YEAR_BITS)
    return keys


def _number_keys(subject: Subject) -> dict[str, float]:
    """Give the keys of documents, phones and e-mail addresses, and those with one character left out."""
    regions = regions_of(subject)
    read = [read_document(document) for document in subject.documents[:MOST_NUMBERS]]
    read += [read_phone(text, regions) for text in subject.phones[:MOST_NUMBERS]]
    read += [read_email(text) for text in subject.emails[:MOST_NUMBERS]]
    keys: dict[str, float] = {}
    for identifier in read:
        if identifier is not None:
            keys |= dict.fromkeys(_slips(identifier), SLIPPED_NUMBER_BITS)
            keys[_NUMBER + identifier.value] = NUMBER_BITS
    return keys


def _slips(identifier: Identifier) -> Iterator[str]:
    value = identifier.value
    if len(value) >= SHORTEST_SLIPPED and identifier.kind not in ("phone", "email"):
        yield _SLIPPED + value
        yield from (_SLIPPED + value[:place] + value[place + 1 :] for place in range(len(value)))


def _address_keys(subject: Subject) -> dict[str, float]:
    """Give each number of an address with the word before and after it; a town alone leads to too many."""
    keys: dict[str, float] = {}
    for one, other in _neighbours(subject):
        number, word = (one, other) if one.isdecimal() else (other, one)
        if number.isdecimal() and len(word) >= SHORTEST_ADDRESS_WORD and not word.isdecimal():
            keys[f"{_ADDRESS}{number} {word}"] = ADDRESS_BITS
    return keys


def _street_keys(subject: Subject) -> dict[str, float]:
    """Give each two telling words of an address that stand side by side: a street or town whose number was mistaken."""
    return {
        f"{_ADDRESS}{one} {other}": ADDRESS_BITS
        for one, other in _neighbours(subject)
        if min(len(one), len(other)) >= SHORTEST_STREET_WORD and not (one.isdecimal() or other.isdecimal())
    }


def _neighbours(subject: Subject) -> Iterator[tuple[str, str]]:
    for address in subject.addresses[:MOST_ADDRESSES]:
        yield from pairwise(fold(address).split()[:MOST_ADDRESS_WORDS])
