"""Names of organisations, vessels, aircraft and vehicles compared: the best pair of names of both sides, word by word.

The rules, each with its weight below:
1. A rare word that agrees says most, a common one (*trading*, *bank*) little, in whatever language it stands.
2. Words that differ on both sides contradict; words on one side only are an omission and cost half of that or less.
   What is common costs less than what is rare, what stands in brackets least.
3. Numbers must agree: *Unit 23* is not *Unit 24*. A number on one side only costs as much as a rare word.
4. Places contradict when they differ, whatever else agrees.
5. Legal forms count by class: equal ones support a little, different ones contradict mildly, a missing one says
   nothing.

Words of one name are not independent, so beyond `FULL_BITS` they count half, and the whole is held under
`NAME_AT_MOST`; names that agree in every word are worth `WHOLE_NAME` even if each word is common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from matching.comparison.evidence import Contribution, judged
from matching.comparison.organisation_alignment import (
    SHORTEST_COMMON,
    SHORTEST_WITH_SLIP,
    Alignment,
    Answer,
    align,
    align_all,
)
from matching.comparison.organisation_reading import ComparedOrganisation, Word, read_organisation_name
from matching.subject import NameKind

__all__ = ["ComparedOrganisation", "compare_organisation_names", "most_trusted_names", "read_organisation_name"]

MOST_NAMES = 32
"""Names of one side that are compared: primary names first, weak aliases last."""

MOST_ALIGNED = 24
"""Pairs of names that are aligned in full: those that share most words, ties in the order given."""

FULL_BITS = 10.0
NAME_AT_MOST = 16.0
WHOLE_NAME = 9.5
WHOLE_NAME_MORE = 4.0
WHOLE_NAME_FROM = 0.8
"""Names that agree in every word get up to this much more, from this share of their bits on: an organisation's name is
its own, but many ships are called the same."""

CONTRADICTION = -9.0
OMISSION = -4.5
PLACES_DIFFER = -9.0
NUMBERS_DIFFER = -9.0
NUMBER_OMITTED = -7.5
LONG_NUMBER_OMITTED = -2.5
NUMBER_BITS = 3.0
LONG_NUMBER = 3
"""Digits from which a number is a year or a code, not one of a series."""

LONG_NUMBER_BITS = 6.0
SHORTEST_SLIP_IN_CODES = 6
"""Letters from which a word may have a slip where names are tails and plates, of which each letter tells."""

SHORTEST_COMMON_OF_SHIPS = 3
"""Letters from which a ship's rare word may be a common one with a slip: *See Rose* for *Sea Rose*. In other names such
words say what a body does, and *Oil* is not *Coil*."""

SHORTEST_JOINED = 3
"""Letters of a whole name from which it may be written with other blanks."""

LOSS_AT_MOST = -16.0
SAME_FORM = 0.5
FORMS_DIFFER = -3.0
KINDS_OF_BODY_DIFFER = -9.0
NAME_DIFFERS = -8.0

_CONTRADICTING = {"rare": 1.0, "common": 0.55, "form": 0.55, "place": 0.8, "region": 0.4}
_OMITTED = {"rare": 1.0, "common": 0.8, "form": 0.8, "place": 1.05, "region": 0.3}
"""What a left-over word costs beside a rare one, and the same for one that is only missing."""

_ASIDE = 0.2
_ASIDE_AT_MOST = 0.4
_MANY_OF_ONE_NAME = frozenset({"vessel", "aircraft", "vehicle"})
_NAMED_BY_CODE = frozenset({"aircraft", "vehicle"})
_BUSINESS = frozenset({"limited", "stock", "corporation", "partnership", "sole"})
_NO_CONTRADICTION = frozenset({"corporation", "state"})
_TRUST: dict[NameKind, float] = {
    "primary": 1.0,
    "strong": 1.0,
    "original": 1.0,
    "variation": 0.95,
    "unknown": 0.95,
    "weak": 0.6,
}


class _Compared(NamedTuple):
    """One pair of names with its points in all, those of its agreeing words, and those of each thing against it."""

    points: float
    query: ComparedOrganisation
    record: ComparedOrganisation
    alignment: Alignment
    agreeing: float
    numbers: float
    forms: float
    against: tuple[Contribution, ...]


def most_trusted_names(names: Sequence[ComparedOrganisation]) -> tuple[ComparedOrganisation, ...]:
    """Leave out equal and empty names and keep at most `MOST_NAMES`, most trusted first, in the order given."""
    distinct: dict[tuple[object, ...], ComparedOrganisation] = {}
    for name in sorted(names, key=lambda name: -_TRUST[name.kind]):
        if name.is_readable:
            distinct.setdefault((name.words, name.numbers, name.forms), name)
    return tuple(distinct.values())[:MOST_NAMES]


def compare_organisation_names(
    query: Sequence[ComparedOrganisation], record: Sequence[ComparedOrganisation]
) -> tuple[Contribution, ...]:
    """Compare all names with all and explain the best pair; silent where one side has no readable name."""
    best: _Compared | None = None
    for one, other in _promising(query, record):
        compared = _compare(one, other)
        best = compared if best is None or compared.points > best.points else best
    return () if best is None else _explain(best)


def _promising(
    query: Sequence[ComparedOrganisation], record: Sequence[ComparedOrganisation]
) -> list[tuple[ComparedOrganisation, ComparedOrganisation]]:
    pairs = [(one, other) for one, other in product(query, record) if one.is_readable and other.is_readable]
    return pairs if len(pairs) <= MOST_ALIGNED else sorted(pairs, key=_unpromising)[:MOST_ALIGNED]


def _unpromising(pair: tuple[ComparedOrganisation, ComparedOrganisation]) -> float:
    ones, others = ({word.text for word in name.words} for name in pair)
    return -len(ones & others) / (len(ones) + len(others) + 1)


def _compare(query: ComparedOrganisation, record: ComparedOrganisation) -> _Compared:
    if query.joined == record.joined and len(query.joined) >= SHORTEST_JOINED:
        alignment = align_all(query.words, record.words)
    else:
        is_code = not _NAMED_BY_CODE.isdisjoint((query.category, record.category))
        shortest = SHORTEST_SLIP_IN_CODES if is_code else SHORTEST_WITH_SLIP
        consonants = query.is_latin != record.is_latin
        common = SHORTEST_COMMON_OF_SHIPS if query.category == record.category == "vessel" else SHORTEST_COMMON
        alignment = align(query.words, record.words, consonants=consonants, shortest=shortest, common=common)
    numbers = _numbers_shared(query, record)
    if not alignment.answers and not numbers:
        return _Compared(NAME_DIFFERS, query, record, alignment, 0.0, 0.0, 0.0, ())
    against = _against(query, record, alignment)
    forms = _form_points(query, record)
    agreeing = _agreeing(query, record, alignment, numbers, forms)
    points = agreeing + forms + max(LOSS_AT_MOST, sum(line.points for line in against))
    return _Compared(max(NAME_DIFFERS, points), query, record, alignment, agreeing, numbers, forms, against)


def _agreeing(
    query: ComparedOrganisation, record: ComparedOrganisation, alignment: Alignment, numbers: float, forms: float
) -> float:
    gain = sum([answer.points for answer in alignment.answers]) + numbers
    agreeing = min(gain, FULL_BITS) + max(0.0, gain - FULL_BITS) / 2
    if gain and query.numbers == record.numbers and _is_whole(query, record, alignment):
        share = gain / (sum([answer.bits for answer in alignment.answers]) + numbers)
        agreeing = max(agreeing, WHOLE_NAME * share)
        if forms >= 0 and _is_its_own(query) and _is_its_own(record):
            agreeing += WHOLE_NAME_MORE * max(0.0, share - WHOLE_NAME_FROM) / (1 - WHOLE_NAME_FROM)
    return min(NAME_AT_MOST, agreeing) * min(_TRUST[query.kind], _TRUST[record.kind])


def _is_its_own(name: ComparedOrganisation) -> bool:
    """Say whether a whole name is rather one bearer's: ships share theirs, and legal forms alone are nobody's."""
    return name.category not in _MANY_OF_ONE_NAME and any(word.role != "form" for word in name.words)


def _is_whole(query: ComparedOrganisation, record: ComparedOrganisation, alignment: Alignment) -> bool:
    """Say whether every word has its answer, but for what stands aside in one of the names."""
    if alignment.query_left and alignment.record_left:
        return False
    left = [query.words[place] for place in alignment.query_left]
    left += [record.words[place] for place in alignment.record_left]
    return all(word.is_aside for word in left)


def _numbers_shared(query: ComparedOrganisation, record: ComparedOrganisation) -> float:
    if not query.numbers or not record.numbers:
        return 0.0
    shared = set(query.numbers) & set(record.numbers)
    return sum(LONG_NUMBER_BITS if len(number) >= LONG_NUMBER else NUMBER_BITS for number in sorted(shared)[:2])


def _form_points(query: ComparedOrganisation, record: ComparedOrganisation) -> float:
    if not query.forms or not record.forms:
        return 0.0
    if query.forms & record.forms:
        return SAME_FORM
    if ("nonprofit" in query.forms and record.forms <= _BUSINESS) or (
        "nonprofit" in record.forms and query.forms <= _BUSINESS
    ):
        return KINDS_OF_BODY_DIFFER
    return 0.0 if (query.forms | record.forms) & _NO_CONTRADICTION else FORMS_DIFFER


def _against(
    query: ComparedOrganisation, record: ComparedOrganisation, alignment: Alignment
) -> tuple[Contribution, ...]:
    """Give what speaks against the pair: numbers, places and other words that differ or are missing."""
    if not alignment.query_left and not alignment.record_left and query.numbers == record.numbers:
        return ()
    ones, others = _left(query.words, alignment, 0), _left(record.words, alignment, 1)
    lines = [_number_line(query.numbers, record.numbers)] if query.numbers != record.numbers else []
    if any(map(_is_place, ones)) and any(map(_is_place, others)):
        lines.append(_line("place", PLACES_DIFFER, *(filter(_is_place, words) for words in (ones, others))))
        ones, others = ([word for word in words if not _is_place(word)] for words in (ones, others))
    return (*lines, *_word_lines(ones, others))


def _left(words: Sequence[Word], alignment: Alignment, side: int) -> list[Word]:
    """Give the words left over; where only what stands aside agreed, the rest does, and is nothing to its initials."""
    left = alignment.record_left if side else alignment.query_left
    if not left:
        return []
    answered = [words[place] for answer in alignment.answers for place in (answer.record if side else answer.query)]
    if not answered or not all(word.is_aside for word in answered):
        return [words[place] for place in left]
    initials = "".join([words[place].spelt[0] for place in left])
    if any(len(word.spelt) > 2 and word.spelt in initials for word in answered):
        return []
    return [replace(words[place], is_aside=True) for place in left]


def _is_place(word: Word) -> bool:
    return word.role in ("place", "region")


def _number_line(query: Sequence[str], record: Sequence[str]) -> Contribution:
    ours, theirs = set(query) - set(record), set(record) - set(query)
    if ours and theirs:
        sentence = f"{', '.join(sorted(ours))} against {', '.join(sorted(theirs))}"
        return Contribution("number in the name", NUMBERS_DIFFER, sentence, "differs")
    omitted = sorted(ours or theirs or query)
    points = NUMBER_OMITTED if any(len(number) < LONG_NUMBER for number in omitted) else LONG_NUMBER_OMITTED
    return Contribution("number in the name", points, f"{', '.join(omitted)} on one side only", "missing")


def _word_lines(ones: Sequence[Word], others: Sequence[Word]) -> list[Contribution]:
    """Weigh left-over words: as much as stands on both sides contradicts, the rest is omitted."""
    if not ones or not others:
        left = [*ones, *others]
        omitted = sum([_weight(word, _OMITTED) for word in left if not word.is_aside])
        omitted += min(_ASIDE_AT_MOST, sum([_weight(word, _OMITTED) for word in left if word.is_aside]))
        sentence = f"{_spelt(ones or others)} on one side only"
        return [Contribution("further words", OMISSION * min(omitted, 2.0), sentence, "missing")] if omitted else []
    query, record = (sum([_weight(word, _CONTRADICTING) for word in words]) for words in (ones, others))
    lines = [_line("other words", CONTRADICTION * min(query, record, 1.5), ones, others)]
    if query != record:
        points = OMISSION * min(abs(query - record), 2.0)
        lines.append(Contribution("further words", points, "one side has more words of its own", "missing"))
    return lines


def _weight(word: Word, weights: Mapping[str, float]) -> float:
    weight = 0.5 if word.role == "rare" and word.bits < 5.5 else weights[word.role]
    return weight * _ASIDE if word.is_aside else weight


def _spelt(words: Iterable[Word]) -> str:
    return " ".join(word.spelt for word in words)


def _line(feature: str, points: float, ones: Iterable[Word], others: Iterable[Word]) -> Contribution:
    return judged(feature, points, f"{_spelt(ones)} against {_spelt(others)}")


def _explain(pair: _Compared) -> tuple[Contribution, ...]:
    if pair.points == NAME_DIFFERS:
        return (judged("name", NAME_DIFFERS, f"{pair.query.written} against {pair.record.written}"),)
    gain = sum(answer.points for answer in pair.alignment.answers) + pair.numbers
    scale = pair.agreeing / gain if gain else 0.0
    lines = [_explain_answer(answer, pair, scale) for answer in pair.alignment.answers]
    if pair.numbers:
        shared = sorted(set(pair.query.numbers) & set(pair.record.numbers))
        sentence = f"{', '.join(shared)} on both sides"
        lines.append(Contribution("number in the name", pair.numbers * scale, sentence, "agrees"))
    lines += _explain_forms(pair)
    return (*lines, *_within_bounds(pair.against))


def _within_bounds(against: Sequence[Contribution]) -> Sequence[Contribution]:
    """Scale what speaks against a pair down to `LOSS_AT_MOST`."""
    loss = sum(line.points for line in against)
    if loss >= LOSS_AT_MOST:
        return against
    share = LOSS_AT_MOST / loss
    return [Contribution(line.feature, line.points * share, line.sentence, line.outcome) for line in against]


def _explain_answer(answer: Answer, pair: _Compared, scale: float) -> Contribution:
    one = " ".join(pair.query.words[place].spelt for place in answer.query)
    other = " ".join(pair.record.words[place].spelt for place in answer.record)
    sentence = f"{one} on both sides" if one == other else f"{one} {answer.how} {other}"
    word = pair.query.words[answer.query[0]]
    feature = "place" if _is_place(word) else "common word" if word.role in ("common", "form") else "telling word"
    return Contribution(feature, answer.points * scale, sentence, "agrees" if answer.share == 1 else "close")


def _explain_forms(pair: _Compared) -> list[Contribution]:
    points = pair.forms
    if not points:
        return []
    one, other = (", ".join(sorted(name.forms)) for name in (pair.query, pair.record))
    sentence = "of the same class" if points > 0 else f"{one} against {other}"
    return [judged("legal form", points, sentence)]
