"""Two names of organisations aligned word by word: which word answers which, how alike they are, what is left over.

Equal words answer each other first, wherever they stand, for order matters little here. Then words written as one
(*Good Will*, *Goodwill*), then words with a slip or two, more of them the longer the word, then a run of words by its
initials (*Islamic Relief Guild*, *IRG*). Known common words and places are never taken for one another's misspelling.

Bounded: at most `organisation_reading.MOST_WORDS` words a side. What the whole is worth decides
``matching.comparison.organisations``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import OSA

from matching.comparison.organisation_reading import LONGEST_ACRONYM, Word
from matching.phonetics import skeleton

SHORTEST_WITH_SLIP = 3
SHORTEST_WITH_TWO_SLIPS = 9
SHORTEST_STEM = 4
FEWEST_CONSONANTS = 3
SHORTEST_COMMON = 5
"""Letters from which a rare word may be a common one with a slip."""

SLIP_COST = 1.5
"""Share of a word's bits that is lost for each slip, times the share of its letters that the slip is."""

SAME_SHARE = 1.0
MEANS_SHARE = 0.9
SOUNDS_SHARE = 0.9
JOINED_SHARE = 0.9
ADJECTIVE_SHARE = 0.8
VOWELS_SHARE = 0.8
CONSONANTS_SHARE = 0.7
ACRONYM_SHARE = 0.85
ACRONYM_BITS_A_LETTER = 3.0
ACRONYM_BITS_AT_MOST = 10.0
SHORTEST_ACRONYM = 3
MOST_JOINED = 4

_LEVELLED = (("kh", "h"), ("ph", "f"), ("ck", "k"), ("sch", "sh"), ("dj", "j"), ("zh", "j"), ("ts", "z"), ("tz", "z"),
             ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"), ("iy", "i"), ("yi", "i"), ("ks", "x"))  # fmt: skip
_ADJECTIVE_ENDINGS = frozenset(
    ending + inflection
    for ending in ("", "sk", "ovsk", "insk", "n")
    for inflection in ("iy", "ii", "ij", "yi", "yy", "i", "y", "aya", "aia", "oe", "oye", "ogo", "oi", "oy")
)
_VOWELS = str.maketrans("eyowqc", "iiuvkk")


class Answer(NamedTuple):
    """Words of one name answered by words of the other: the share of the bits it is worth, and the words for it."""

    query: tuple[int, ...]
    record: tuple[int, ...]
    share: float
    bits: float
    how: str

    @property
    def points(self) -> float:
        """Give what the agreement is worth before the whole is weighed."""
        return self.share * self.bits


class Alignment(NamedTuple):
    """The answers in the order of the query's words, and the places of the words left over on each side."""

    answers: tuple[Answer, ...]
    query_left: tuple[int, ...]
    record_left: tuple[int, ...]


class _Places:
    """The places of both names that no answer has taken yet."""

    __slots__ = ("answers", "query", "record")

    def __init__(self, query: int, record: int) -> None:
        self.query = list(range(query))
        self.record = list(range(record))
        self.answers: list[Answer] = []

    def take(self, answer: Answer) -> None:
        if all(place in self.query for place in answer.query) and all(place in self.record for place in answer.record):
            self.query = [place for place in self.query if place not in answer.query]
            self.record = [place for place in self.record if place not in answer.record]
            self.answers.append(answer)


def align(
    query: Sequence[Word],
    record: Sequence[Word],
    *,
    consonants: bool = False,
    shortest: int = SHORTEST_WITH_SLIP,
    common: int = SHORTEST_COMMON,
) -> Alignment:
    """Align two names; symmetric, for ties are broken in one orientation.

    With ``consonants`` words also agree by their consonants alone, for names written in different scripts; words of
    fewer letters than ``shortest`` agree only exactly. A rare word of at least ``common`` letters may be a common one
    with a slip where all else is equal, elsewhere from `SHORTEST_COMMON`.
    """
    if [word.spelt for word in record] < [word.spelt for word in query]:
        turned = _align(record, query, consonants, shortest, common)
        answers = sorted((_turn(answer) for answer in turned.answers), key=lambda answer: answer.query)
        return Alignment(tuple(answers), turned.record_left, turned.query_left)
    return _align(query, record, consonants, shortest, common)


def align_all(query: Sequence[Word], record: Sequence[Word]) -> Alignment:
    """Align two names that are the same but for their blanks: each as a whole."""
    if [word.text for word in query] == [word.text for word in record] or not query or not record:
        return align(query, record)
    bits = min(sum(word.bits for word in query), sum(word.bits for word in record))
    places = tuple(range(len(query))), tuple(range(len(record)))
    return Alignment((Answer(*places, JOINED_SHARE, bits, "is written as"),), (), ())


def _turn(answer: Answer) -> Answer:
    return Answer(answer.record, answer.query, answer.share, answer.bits, answer.how)


def _align(query: Sequence[Word], record: Sequence[Word], consonants: bool, shortest: int, common: int) -> Alignment:
    places = _Places(len(query), len(record))
    _take_equal(query, record, places)
    if places.query and places.record:
        if len(places.query) > 1 or len(places.record) > 1:
            _take_joined(query, record, places)
        common = common if _is_one_word_apart(query, places) else SHORTEST_COMMON
        _take_alike(query, record, places, consonants, shortest, common)
        if len(places.query) >= SHORTEST_ACRONYM or len(places.record) >= SHORTEST_ACRONYM:
            _take_acronyms(query, record, places)
    answers = sorted(places.answers, key=lambda answer: answer.query)
    return Alignment(tuple(answers), tuple(places.query), tuple(places.record))


def _take_equal(query: Sequence[Word], record: Sequence[Word], places: _Places) -> None:
    left: list[int] = []
    record_left = places.record
    for i, one in enumerate(query):
        for j in record_left:
            other = record[j]
            if one.text == other.text:
                share, how = (
                    (SAME_SHARE, "is the same as") if one.spelt == other.spelt else (MEANS_SHARE, "means the same as")
                )
                bits = min(one.bits, other.bits)  # a word may tell in one name, and not in the other
                places.answers.append(Answer((i,), (j,), share, bits, how))
                record_left.remove(j)
                break
        else:
            left.append(i)
    places.query = left


def _take_joined(query: Sequence[Word], record: Sequence[Word], places: _Places) -> None:
    for answer in list(_joined(query, record, places.query, places.record)):
        places.take(answer)
    for answer in list(_joined(record, query, places.record, places.query)):
        places.take(_turn(answer))


def _joined(split: Sequence[Word], whole: Sequence[Word], left: list[int], whole_left: list[int]) -> Iterator[Answer]:
    """Find neighbours of one name that are one word in the other, the longest runs first."""
    for j in whole_left:
        other = whole[j].spelt
        for start, place in enumerate(left[:-1]):
            first = split[place].spelt
            if len(other) <= len(first) or other[0] != first[0]:
                continue
            for length in range(min(MOST_JOINED, len(left) - start), 1, -1):
                run = left[start : start + length]
                if run[-1] - place == length - 1 and _is_joined([split[at].spelt for at in run], other):
                    bits = sum([split[at].bits for at in run])
                    yield Answer(tuple(run), (j,), JOINED_SHARE, min(max(whole[j].bits, 5.0), bits), "is written as")


def _is_joined(run: Sequence[str], other: str) -> bool:
    text = "".join(run).replace(" ", "")
    return text == other or (len(text) > 6 and abs(len(text) - len(other)) < 2 and _slips(text, other, 1) == 1)


def _take_alike(
    query: Sequence[Word], record: Sequence[Word], places: _Places, consonants: bool, shortest: int, common: int
) -> None:
    found = []
    for i in places.query:
        one = query[i]
        for j in places.record:
            other = record[j]
            if one.role != "rare" and other.role != "rare":
                continue
            likeness = liken(one, other, consonants, shortest, common)
            if likeness is not None:
                found.append(Answer((i,), (j,), likeness[0], min(one.bits, other.bits), likeness[1]))
    if len(found) > 1:
        found.sort(key=lambda answer: (-answer.points, abs(answer.query[0] - answer.record[0]), answer.query))
    for answer in found:
        places.take(answer)


def _is_one_word_apart(query: Sequence[Word], places: _Places) -> bool:
    """Say whether all words of both names but one are equal and a rare one among them: *Sea Rose*, *See Rose*."""
    if len(places.query) != 1 or len(places.record) != 1:
        return False
    return any(answer.share == SAME_SHARE and query[answer.query[0]].role == "rare" for answer in places.answers)


def liken(
    one: Word,
    other: Word,
    consonants: bool = False,
    shortest: int = SHORTEST_WITH_SLIP,
    common: int = SHORTEST_COMMON,
) -> tuple[float, str] | None:
    """Say what share of two different words agrees, and how, or None; symmetric."""
    if one.role != "rare" and other.role != "rare":
        return None
    short, long = (one.spelt, other.spelt) if len(one.spelt) <= len(other.spelt) else (other.spelt, one.spelt)
    if len(short) < (shortest if one.role == other.role else max(shortest, common)):
        return None
    most, distant = len(long) // SHORTEST_WITH_TWO_SLIPS + 1, len(long) // 2
    slips = OSA.distance(short, long, score_cutoff=max(most, distant))
    share = 1 - SLIP_COST * slips / len(long) if slips <= most else 0.0
    if share < SOUNDS_SHARE and slips <= distant and one.role == other.role and _levelled(short) == _levelled(long):
        return SOUNDS_SHARE, "sounds like"
    if len(short) >= SHORTEST_STEM and long.startswith(short) and long[len(short) :] in _ADJECTIVE_ENDINGS:
        return max(share, ADJECTIVE_SHARE), "is the noun or adjective of"
    return _liken_by_consonants(short, long, share, consonants)


def _liken_by_consonants(short: str, long: str, share: float, consonants: bool) -> tuple[float, str] | None:
    """Raise the share of words that differ in vowels only; between scripts consonants alone are enough."""
    if share >= VOWELS_SHARE:
        return share, "is spelt nearly as"
    if share and len(short) > SHORTEST_STEM and _has_consonants_of(short, long):
        return VOWELS_SHARE, "differs in a vowel from"
    if not share and consonants and len(short) >= SHORTEST_STEM and _has_consonants_of(short, long):
        return CONSONANTS_SHARE, "has the consonants of"
    return (share, "is spelt nearly as") if share else None


def _has_consonants_of(one: str, other: str) -> bool:
    code = skeleton(one)
    return len(code) >= FEWEST_CONSONANTS and code == skeleton(other)


def _slips(one: str, other: str, most: int) -> int:
    return OSA.distance(one, other, score_cutoff=most)


@lru_cache(maxsize=1 << 15)
def _levelled(word: str) -> str:
    """Level what romanisations of one word differ in, and doubled letters."""
    for pair, letter in _LEVELLED:
        word = word.replace(pair, letter)
    word = word.translate(_VOWELS)
    return word[:1] + "".join([here for before, here in pairwise(word) if here != before])


def _take_acronyms(query: Sequence[Word], record: Sequence[Word], places: _Places) -> None:
    for answer in list(_acronyms(query, record, places.query, places.record)):
        places.take(answer)
    for answer in list(_acronyms(record, query, places.record, places.query)):
        places.take(_turn(answer))


def _acronyms(short: Sequence[Word], long: Sequence[Word], left: list[int], long_left: list[int]) -> Iterator[Answer]:
    """Find a word of one name that is the initials of neighbours of the other."""
    if len(long_left) < SHORTEST_ACRONYM:
        return
    initials = "".join([long[place].spelt[:1] for place in long_left])
    for i in left:
        acronym = short[i].spelt
        if short[i].role != "rare" or not SHORTEST_ACRONYM <= len(acronym) <= LONGEST_ACRONYM:
            continue
        start = initials.find(acronym)
        if start >= 0:
            run = tuple(long_left[start : start + len(acronym)])
            bits = min(ACRONYM_BITS_AT_MOST, ACRONYM_BITS_A_LETTER * len(acronym))
            yield Answer((i,), run, ACRONYM_SHARE, bits, "has the initials of")
