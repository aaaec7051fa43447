"""Two names aligned part by part: which part answers which, how alike they are, and what is left over.

A name is a sequence of parts with an order and, where it says so, a line of descent (*bin*, *ibn*, *bint*): the
person, the father, the grandfather. The alignment finds for each part the one that answers it in the other name,
also where two parts are written as one, and never lets a person answer for a father. Left-over parts on one side
only are omissions; left over on both sides they contradict each other.

The alignment is greedy, heaviest answer first, ties by place, so it is deterministic and bounded. It weighs parts by
the bits they carry; what the whole is worth decides ``matching.comparison.name_points``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz.distance import JaroWinkler

from matching.comparison.likeness import (
    JOINED,
    SAME,
    WRITING_GRADES,
    Likeness,
    Part,
    graded,
    letters_in_common,
    liken,
    liken_letters,
)
from matching.comparison.pinyin import are_other_syllables
from matching.normalise import word_set

CLOSE_SPELLING = 0.92
"""Jaro-Winkler similarity of two parts written together and a part written as one."""

LIKE_ENOUGH = 0.6
"""Share of a likeness by letters from which on two parts together may be one part: Tse-tung and Zedong."""

SHORTEST_JOINED = 5
"""Letters of two parts, at least, that may be written as one."""

MOST_LETTERS_APART = 2
"""Letters by which two parts together may be longer or shorter than the one that they are written as."""

_GLUED = word_set(
    "al el de del dela delos delas da do dos di la le van vander vanden von vonder abd abu ibn bin ben mac mc o fitz"
)
"""Particles that some write as one with the part that follows, where others leave them out."""

_GLUED_SONS = ("ben", "bin", "bou")
"""Particles of three letters whose name is often spelt otherwise in a country that does not glue them."""

_GLUED_FIRST = tuple(sorted(_GLUED))


@dataclass(frozen=True, slots=True)
class Answer:
    """Parts of one name answered by parts of the other; two on one side where they are written as one."""

    query: tuple[int, ...]
    record: tuple[int, ...]
    likeness: Likeness
    bits: float

    @property
    def gain(self) -> float:
        """Give the bits that the agreement is worth."""
        return self.likeness.share * self.bits


@dataclass(frozen=True, slots=True)
class Alignment:
    """The answers in the order of the query's parts, and the places of the parts left over on each side."""

    answers: tuple[Answer, ...]
    query_left: tuple[int, ...]
    record_left: tuple[int, ...]
    in_order: bool


def align(query: Sequence[Part], record: Sequence[Part]) -> Alignment:
    """Align two names; symmetric, for ties are broken in one orientation."""
    if [part.text for part in record] < [part.text for part in query]:
        turned = _align(record, query)
        answers = sorted(map(_turn, turned.answers), key=lambda answer: answer.query)
        return Alignment(tuple(answers), turned.record_left, turned.query_left, turned.in_order)
    return _align(query, record)


def _turn(answer: Answer) -> Answer:
    return Answer(answer.record, answer.query, answer.likeness, answer.bits)


def _align(query: Sequence[Part], record: Sequence[Part]) -> Alignment:
    free_query, free_record = set(range(len(query))), set(range(len(record)))
    answers = _take(_same(query, record), free_query, free_record)
    if free_query and free_record:
        found = _alike(query, record, free_query, free_record)
        found += _joined(query, record, free_query, free_record)
        found += map(_turn, _joined(record, query, free_record, free_query))
        answers += _take(found, free_query, free_record)
    answers.sort(key=lambda answer: answer.query)
    in_order = _is_rotation([answer.record[0] for answer in answers])
    return Alignment(tuple(answers), tuple(sorted(free_query)), tuple(sorted(free_record)), in_order)


def _take(found: list[Answer], free_query: set[int], free_record: set[int]) -> list[Answer]:
    """Take the heaviest answers whose parts are free, and mark these as taken."""
    taken = []
    for answer in sorted(found, key=_heaviest_first):
        if free_query.issuperset(answer.query) and free_record.issuperset(answer.record):
            free_query.difference_update(answer.query)
            free_record.difference_update(answer.record)
            taken.append(answer)
    return taken


def _same(query: Sequence[Part], record: Sequence[Part]) -> list[Answer]:
    """Find the parts that are the same: they answer each other before anything is likened."""
    return [
        Answer((i,), (j,), SAME, min(one.bits, other.bits))
        for i, one in enumerate(query)
        for j, other in enumerate(record)
        if one.text == other.text and liken(one, other) is SAME and _may_answer(one, other)
    ]


def _alike(query: Sequence[Part], record: Sequence[Part], ones: set[int], others: set[int]) -> list[Answer]:
    found = []
    for i in ones:
        for j in others:
            one, other = query[i], record[j]
            if _may_answer(one, other):
                likeness = liken(one, other)
                if likeness is not None:
                    found.append(Answer((i,), (j,), likeness, min(one.sound_bits, other.sound_bits)))
    return found


def _may_answer(one: Part, other: Part) -> bool:
    return one.descent is None or other.descent is None or one.descent == other.descent


def _joined(split: Sequence[Part], whole: Sequence[Part], ones: set[int], others: set[int]) -> list[Answer]:
    """Find neighbours of one name that are one part in the other, and parts with a particle joined to them."""
    found = []
    for i in ones:
        if i + 1 not in ones:
            continue
        first, second = split[i], split[i + 1]
        length = len(first.text) + len(second.text)
        for j in others:
            one = whole[j]
            # Looked at here as well: most pairs need no more than this.
            if abs(length - len(one.text)) > MOST_LETTERS_APART and not (first.writings or one.writings):
                continue
            likeness = _liken_joined(first, second, one)
            if likeness is not None:
                found.append(Answer((i, i + 1), (j,), likeness, min(one.bits, first.bits + second.bits)))
    for j in others:
        one = whole[j]
        if one.text.startswith(_GLUED_FIRST):
            found += [
                Answer((i,), (j,), JOINED, min(split[i].bits, one.bits)) for i in ones if _is_glued(split[i], one)
            ]
        if one.text.startswith(_GLUED_SONS) and not one.writings:
            found += [answer for i in ones if (answer := _glued_to_a_spelling(split[i], one, (i,), (j,)))]
    return found


def _glued_to_a_spelling(part: Part, whole: Part, i: tuple[int], j: tuple[int]) -> Answer | None:
    """Answer a part by a spelling of it that is glued to *ben*: *Yusufi*, *Benyoucefi*."""
    rest = whole.text[len("ben") :]
    if part.writings or min(len(rest), len(part.text)) < SHORTEST_JOINED:
        return None
    likeness = liken_letters(rest, part.text)
    if likeness is None or likeness.share < LIKE_ENOUGH:
        return None
    share = likeness.share * JOINED.share
    return Answer(i, j, Likeness(share, JOINED.words, 1.0 - share), min(part.bits, whole.bits))


def _is_glued(part: Part, whole: Part) -> bool:
    """Say whether one part is the other with a particle before it."""
    rest = len(whole.text) - len(part.text)
    return rest > 0 and whole.text.endswith(part.text) and whole.text[:rest] in _GLUED


def _liken_joined(first: Part, second: Part, whole: Part) -> Likeness | None:
    """Say how alike two neighbours, written together, and one part are."""
    if bool(whole.writings) != bool(first.writings and second.writings):
        native, latin = (whole, first.spelt + second.spelt) if whole.writings else (first, whole.spelt)
        native = native if whole.writings else _written_together(first, second)
        if not native.writings or (whole.writings and (first.writings or second.writings)):
            return None
        return graded(letters_in_common(native, latin), WRITING_GRADES, JOINED.words)
    text = first.text + second.text
    if first.is_pinyin and whole.is_pinyin and are_other_syllables(text, whole.text):
        return None
    if len(text) < SHORTEST_JOINED or abs(len(text) - len(whole.text)) > MOST_LETTERS_APART:
        return None
    if text == whole.text or JaroWinkler.similarity(text, whole.text) >= CLOSE_SPELLING:
        return JOINED
    likeness = liken_letters(text, whole.text)
    return likeness if likeness is not None and likeness.share >= LIKE_ENOUGH else None


def _written_together(first: Part, second: Part) -> Part:
    """Give the first part with the signs of both; without any where no table reads both."""
    tables = dict(reversed(second.writings))
    writings = [(table, signs + tables[table]) for table, signs in first.writings if table in tables]
    return replace(first, writings=tuple(writings))


def _heaviest_first(answer: Answer) -> tuple[float, int, tuple[int, ...], tuple[int, ...]]:
    return -answer.gain, abs(answer.query[0] - answer.record[0]), answer.query, answer.record


def _is_rotation(places: Sequence[int]) -> bool:
    """Say whether the order is kept, up to a family name moved from one end to the other."""
    descents = sum(1 for here, after in pairwise(places) if here > after)
    return descents == 0 or (descents == 1 and places[-1] < places[0])
