"""Two names aligned part by part: which part answers which, how alike they are, and what is left over.

A name is a sequence of parts with an order and, where it says so, a line of descent (*bin*, *ibn*, *bint*): the
person, the father, the grandfather. The alignment finds for each part the one that answers it in the other name,
also where two parts are written as one, and never lets a person answer for a father. Left-over parts on one side
only are omissions; left over on both sides they contradict each other.

The alignment is greedy, heaviest answer first, ties by place, so it is deterministic and bounded: at most
`MOST_PARTS` parts a name. It weighs parts by the bits they carry; what the whole is worth decides
``matching.comparison.names``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA, JaroWinkler

MOST_PARTS = 10
"""Parts of a name that are aligned; of a longer one the first nine and the last, where a family name stands."""

CLOSE_SPELLING = 0.92
LOOSE_SPELLING = 0.86
"""Jaro-Winkler similarities, from 0 to 1, of a spelling variant and of a distant one."""

SHORT_PART = 3
"""Parts up to this long must sound alike in their vowels too: Li is not Lu."""


_GLUED = frozenset(
    {"al", "el", "de", "del", "dela", "delos", "delas", "da", "do", "dos", "di", "la", "le", "van", "von"}
)
"""Particles that some write as one with the part that follows, where others leave them out."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a name: folded text, its codes by sound, the bits of its spelling and of its sound, role, descent.

    ``descent`` is 0 for the person where a *bin* follows, 1 for the father, 2 for the grandfather; None where the
    name does not say.
    """

    text: str
    sounds: frozenset[str]
    vowels: str
    bits: float
    sound_bits: float
    role: str = ""
    descent: int | None = None
    written: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two parts agree: the share of the bits that the agreement is worth (0..1), and the words for it."""

    share: float
    words: str


SAME = Likeness(1.0, "is the same as")
SOUNDS_ALIKE = Likeness(0.85, "sounds like")
CLOSE = Likeness(0.7, "is spelt nearly as")
JOINED = Likeness(0.85, "is written as one with")
LOOSE = Likeness(0.4, "resembles")
SHORTENED = Likeness(0.35, "may be short for")
INITIAL = Likeness(0.15, "has the initial of")


@dataclass(frozen=True, slots=True)
class Answer:
    """Parts of one name answered by parts of the other; two on one side where they are written as one."""

    query: tuple[int, ...]
    record: tuple[int, ...]
    likeness: Likeness
    bits: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """The answers in the order of the query's parts, and the places of the parts left over on each side."""

    answers: tuple[Answer, ...]
    query_left: tuple[int, ...]
    record_left: tuple[int, ...]
    in_order: bool


def align(query: Sequence[Part], record: Sequence[Part]) -> Alignment:
    """Align two names of at most `MOST_PARTS` parts each; symmetric, for ties are broken in one orientation."""
    if [part.text for part in record] < [part.text for part in query]:
        turned = _align(record, query)
        answers = sorted(map(_turn, turned.answers), key=lambda answer: answer.query)
        return Alignment(tuple(answers), turned.record_left, turned.query_left, turned.in_order)
    return _align(query, record)


def _turn(answer: Answer) -> Answer:
    return Answer(answer.record, answer.query, answer.likeness, answer.bits)


def _align(query: Sequence[Part], record: Sequence[Part]) -> Alignment:
    taken_query: set[int] = set()
    taken_record: set[int] = set()
    answers: list[Answer] = []
    for answer in sorted(_candidates(query, record), key=_heaviest_first):
        if taken_query.isdisjoint(answer.query) and taken_record.isdisjoint(answer.record):
            taken_query.update(answer.query)
            taken_record.update(answer.record)
            answers.append(answer)
    answers.sort(key=lambda answer: answer.query)
    return Alignment(
        tuple(answers),
        tuple(place for place in range(len(query)) if place not in taken_query),
        tuple(place for place in range(len(record)) if place not in taken_record),
        _is_rotation([answer.record[0] for answer in answers]),
    )


def liken(one: Part, other: Part) -> Likeness | None:
    """Say how alike two parts are, or None; symmetric."""
    if one.text == other.text:
        return SAME
    shorter, longer = (one, other) if len(one.text) <= len(other.text) else (other, one)
    if shorter.text.isdecimal() or longer.text.isdecimal():
        return None
    if len(shorter.text) == 1:
        return INITIAL if longer.text.startswith(shorter.text) else None
    sounds_alike = not one.sounds.isdisjoint(other.sounds)
    if len(shorter.text) <= SHORT_PART:
        return SOUNDS_ALIKE if sounds_alike and one.vowels == other.vowels else None
    return _liken_long(shorter.text, longer.text, sounds_alike)


def _liken_long(short: str, long: str, sounds_alike: bool) -> Likeness | None:
    similarity = JaroWinkler.similarity(short, long, score_cutoff=0.7)
    if sounds_alike and similarity:
        return SOUNDS_ALIKE
    if similarity >= CLOSE_SPELLING or (len(short) >= 5 and OSA.distance(short, long, score_cutoff=1) <= 1):
        return CLOSE
    if long.startswith(short):
        return SHORTENED
    if long.endswith(short) and long[: -len(short)] in _GLUED:
        return JOINED
    return LOOSE if similarity >= LOOSE_SPELLING else None


def _candidates(query: Sequence[Part], record: Sequence[Part]) -> list[Answer]:
    found = []
    for i, one in enumerate(query):
        for j, other in enumerate(record):
            if one.descent is not None and other.descent is not None and one.descent != other.descent:
                continue
            likeness = liken(one, other)
            if likeness is not None:
                found.append(Answer((i,), (j,), likeness, _bits(one, other, likeness)))
    found += _joined(query, record)
    found += map(_turn, _joined(record, query))
    return found


def _bits(one: Part, other: Part, likeness: Likeness) -> float:
    """Give the bits of what was found equal: the spelling, or else the sound, which more people share."""
    if likeness is SAME:
        return min(one.bits, other.bits)
    return min(one.sound_bits, other.sound_bits)


def _joined(split: Sequence[Part], whole: Sequence[Part]) -> list[Answer]:
    """Find neighbours of one name that are written as one part in the other."""
    found = []
    for i in range(len(split) - 1):
        text = split[i].text + split[i + 1].text
        for j, other in enumerate(whole):
            if abs(len(text) - len(other.text)) > 2 or text[0] != other.text[0] or len(text) < 5:
                continue
            if text == other.text or JaroWinkler.similarity(text, other.text) >= CLOSE_SPELLING:
                bits = min(other.bits, split[i].bits + split[i + 1].bits)
                found.append(Answer((i, i + 1), (j,), JOINED, bits))
    return found


def _heaviest_first(answer: Answer) -> tuple[float, int, tuple[int, ...], tuple[int, ...]]:
    weight = answer.likeness.share * answer.bits
    return -weight, abs(answer.query[0] - answer.record[0]), answer.query, answer.record


def _is_rotation(places: Sequence[int]) -> bool:
    """Say whether the order is kept, up to a family name moved from one end to the other."""
    descents = sum(1 for here, after in pairwise(places) if here > after)
    return descents == 0 or (descents == 1 and places[-1] < places[0])
