"""What one pair of names says, in points, and why: agreeing parts, contradictions, omissions, order.

`tally` counts what the alignment found, `weigh` weighs it and `explain` says it. The weights were fitted on the
development lists by logistic regression and rounded: a part that agrees gives the bits it carries times the share its
likeness is worth; parts of one name are not independent (brothers share all but one), so beyond `FULL_BITS` they count
less. What contradicts costs more than what is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matching.comparison.evidence import Contribution, Outcome, judged
from matching.comparison.likeness import (
    KNOWN_FORM,
    OTHER_NAME,
    OTHER_SEX,
    OTHER_SYLLABLE,
    SAME,
    WHOLE_GRADES,
    WRITING_GRADES,
    Likeness,
    Part,
    graded,
    liken_letters,
)
from matching.comparison.name_alignment import Alignment, Answer, align
from matching.comparison.name_reading import ComparedName, are_of_two_generations
from matching.comparison.name_whole import best_bits_a_letter, is_known_as, signs_and_letters, western_names

NAME_AT_MOST = 16.0
"""What agreeing names are worth at most, however rare."""


@dataclass(frozen=True, slots=True)
class NameWeights:
    """The weights of names, all in points; those of agreement are not negative, those against not positive.

    ``agreeing`` is what agreement of the names is worth by itself, in full from `ENOUGH_BITS` on; ``bit`` what each
    bit of an agreeing part adds up to `FULL_BITS`, ``further_bit`` beyond, up to `MOST_BITS`, or ``doubted_bit`` as
    far as any part is in doubt: brothers share all parts but one. ``unlike`` is charged by how far a part's spelling
    differs, ``contradiction`` for a part that differs, ``further_contradiction`` for each more, ``own_contradiction``
    where these are the persons' own names; ``omission`` for each part on one side only, at most `MOST_OMISSIONS`
    times; ``own_missing`` where the person's own name is answered by no own name; ``disorder`` where parts stand
    elsewhere. ``differs`` is for names with no part in common, ``least`` the least that any pair says, and
    ``weak_at_most`` bounds what an alias that many bear may say.
    """

    agreeing: float
    bit: float
    further_bit: float
    doubted_bit: float
    unlike: float
    contradiction: float
    own_contradiction: float
    further_contradiction: float
    omission: float
    own_missing: float
    disorder: float
    differs: float
    least: float
    weak_at_most: float


ALONE = NameWeights(
    agreeing=6.2, bit=0.0, further_bit=0.11, doubted_bit=0.11, unlike=-3.3, contradiction=-5.2,
    own_contradiction=-5.2, further_contradiction=-0.7, omission=-0.3, own_missing=-1.8, disorder=0.0,
    differs=-0.5, least=-30.0, weak_at_most=NAME_AT_MOST,
)  # fmt: skip
"""Two names and nothing else: whether they are one person's. Fitted on pairs of like names, where rarity tells little.

Names with no part in common say little there (people have aliases); common parts beside others that differ say more.
"""

PRIOR_ALONE = -3.0
"""Points before two bare names are compared: about one in eight of those set beside each other are one person's."""

BESIDE_RECORD = NameWeights(
    agreeing=0.0, bit=1.0, further_bit=0.5, doubted_bit=0.1, unlike=-5.5, contradiction=-6.0,
    own_contradiction=-7.0, further_contradiction=-3.0, omission=-1.0, own_missing=0.0, disorder=-1.5,
    differs=-6.5, least=-6.5, weak_at_most=4.0,
)  # fmt: skip
"""Two names among other evidence: whether two records are of one person; a rare name tells more than a common one."""

FULL_BITS = 10.0
MOST_BITS = 22.0
ENOUGH_BITS = 4.0
MOST_OMISSIONS = 3
FURTHER_DOUBTS = 0.15
"""The share that is charged of every doubt but the greatest of a name."""

LIKE_AS_ONE = 0.82
MOST_SYLLABLES = 4
LONGEST_SYLLABLES = 8
"""Share of likeness from which on two names written together are one; parts of such names, and letters of a part."""

WHOLE_UNLIKE = -8.0
"""A whole name written as one word that agrees in half its letters is half another name."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What the alignment of two names found."""

    gain: float
    unlike: float
    doubt: float
    contradictions: int
    omissions: int
    own_names_differ: bool
    own_name_missing: bool
    in_order: bool
    generations_differ: bool


@dataclass(frozen=True, slots=True)
class PairOfNames:
    """Two names with their points in all and those of their agreeing parts, and what they were found by."""

    query: ComparedName
    record: ComparedName
    weights: NameWeights
    points: float
    agreeing: float
    alignment: Alignment | None = None
    likeness: Likeness | None = None
    left_out: str = ""


def weigh(query: ComparedName, record: ComparedName, weights: NameWeights = BESIDE_RECORD) -> PairOfNames:
    """Weigh two names against each other."""
    compared_whole = signs_and_letters(query, record)
    if compared_whole:
        return _weigh_whole(query, record, *compared_whole, weights)
    alignment = align(query.parts, record.parts)
    found = tally(query, record, alignment)
    agreeing = agreeing_points(found.gain, weights, found.doubt)
    points = agreeing + losses(found, weights) if alignment.answers else weights.differs
    if found.contradictions and not any(answer.likeness is SAME for answer in alignment.answers):
        cut_otherwise = _liken_as_one(query, record)
        if cut_otherwise is not None:
            return _weigh_as_one(query, record, cut_otherwise, weights)
    return PairOfNames(query, record, weights, max(weights.least, points), agreeing, alignment)


def _liken_as_one(query: ComparedName, record: ComparedName) -> Likeness | None:
    """Liken two Latin names of few short parts as one word: Chinese and Korean names are cut and spelt in many ways."""
    if not all(_is_short(name.spelt) for name in (query, record)):
        return None
    likeness = liken_letters("".join(query.spelt), "".join(record.spelt))
    if likeness is None or likeness.share < LIKE_AS_ONE:
        return None
    return replace(likeness, words="is spelt otherwise as")


def _is_short(spelt: Sequence[str]) -> bool:
    return 1 < len(spelt) <= MOST_SYLLABLES and max(map(len, spelt)) <= LONGEST_SYLLABLES


def _weigh_as_one(query: ComparedName, record: ComparedName, likeness: Likeness, weights: NameWeights) -> PairOfNames:
    bits = min(sum(part.bits for part in name.parts) for name in (query, record))
    agreeing = agreeing_points(likeness.share * bits, weights)
    points = max(weights.least, agreeing + likeness.doubt * WHOLE_UNLIKE)
    return PairOfNames(query, record, weights, points, agreeing, likeness=likeness)


def tally(query: ComparedName, record: ComparedName, alignment: Alignment) -> Tally:
    """Count what an alignment found."""
    left, right = len(alignment.query_left), len(alignment.record_left)
    contradictions = min(left, right)
    doubts = [answer.likeness.doubt for answer in alignment.answers]
    own, other_own = query.own, record.own
    return Tally(
        gain=sum([answer.gain for answer in alignment.answers]),
        unlike=sum(charged(alignment.answers)),
        doubt=1.0 if contradictions else min(1.0, max(doubts, default=0.0)),
        contradictions=contradictions,
        omissions=max(left, right) - contradictions,
        own_names_differ=own in alignment.query_left and other_own in alignment.record_left,
        own_name_missing=all(own not in one.query or other_own not in one.record for one in alignment.answers),
        in_order=alignment.in_order,
        generations_differ=are_of_two_generations(query.generation, record.generation),
    )


def charged(answers: Sequence[Answer]) -> list[float]:
    """Give what is charged of the doubts of a name's answering parts: one in full, of the others less.

    Whoever spells one part in an unusual way spells the others so too; forms for the other sex are no spellings.
    """
    doubts = [answer.likeness.doubt for answer in answers if answer.likeness is not OTHER_SEX]
    most, whole = max(doubts, default=0.0), sum(doubts)
    share = (most + FURTHER_DOUBTS * (whole - most)) / whole if whole else 1.0
    return [answer.likeness.doubt * (1.0 if answer.likeness is OTHER_SEX else share) for answer in answers]


def agreeing_points(gain: float, weights: NameWeights, doubt: float = 0.0) -> float:
    """Give the points for the bits of the agreeing parts; a part in doubt takes from what the others say beyond."""
    points = weights.agreeing * min(1.0, gain / ENOUGH_BITS)
    points += weights.bit * min(gain, FULL_BITS)
    further_bit = weights.further_bit + doubt * (weights.doubted_bit - weights.further_bit)
    return points + further_bit * max(0.0, min(gain, MOST_BITS) - FULL_BITS)


def losses(found: Tally, weights: NameWeights) -> float:
    """Give the points, not positive, for what differs, contradicts, is left out or stands elsewhere."""
    lost = weights.unlike * found.unlike + weights.omission * min(MOST_OMISSIONS, found.omissions)
    lost += sum([_contradiction(found, place, weights) for place in range(found.contradictions)])
    lost += weights.own_missing if found.own_name_missing else 0.0
    lost += weights.contradiction if found.generations_differ else 0.0
    return lost if found.in_order else lost + weights.disorder


def _contradiction(found: Tally, place: int, weights: NameWeights) -> float:
    """Weigh the left-over parts at one place: own names that differ are brothers'."""
    if place:
        return weights.further_contradiction
    return weights.own_contradiction if found.own_names_differ else weights.contradiction


def _weigh_whole(
    query: ComparedName, record: ComparedName, whole: ComparedName, spelt: tuple[str, ...], weights: NameWeights
) -> PairOfNames:
    best = _weigh_spelling(query, record, whole, spelt, weights)
    for western in western_names(whole, spelt):
        beside = tuple(part for part in spelt if part != western)
        found = _weigh_spelling(query, record, whole, beside, weights, western)
        points = max(weights.least, found.points + weights.omission)
        if found.agreeing and points > best.points:
            best = replace(found, points=points, left_out=western)
    return best


def _weigh_spelling(
    query: ComparedName,
    record: ComparedName,
    whole: ComparedName,
    spelt: tuple[str, ...],
    weights: NameWeights,
    left_out: str = "",
) -> PairOfNames:
    latin = record if whole is query else query
    is_one_word = len(spelt) == 1 and not latin.whole and whole.whole[0][0] != "hangul"
    grades = WRITING_GRADES if is_one_word else WHOLE_GRADES
    measured = graded(best_bits_a_letter(whole, spelt), grades, "can be written")
    likeness = KNOWN_FORM if is_known_as(whole, spelt) else measured
    if likeness is None:
        return PairOfNames(query, record, weights, weights.differs, 0.0)
    bits = sum(part.bits for part in latin.parts if part.spelt != left_out)
    agreeing = agreeing_points(likeness.share * bits, weights)
    unlike = max(weights.least, agreeing + (1 - likeness.share) * WHOLE_UNLIKE)
    return PairOfNames(query, record, weights, unlike, agreeing, likeness=likeness)


def explain(pair: PairOfNames) -> tuple[Contribution, ...]:
    """Explain a pair: each agreeing part by its share of the agreeing points, then what speaks against it."""
    if pair.likeness is not None:
        return _explain_as_one(pair, pair.likeness)
    alignment = pair.alignment
    if alignment is None or not alignment.answers or pair.points == pair.weights.least:
        return (judged("name", pair.points, _sentence_of_difference(pair.query, pair.record)),)
    gain = sum(answer.gain for answer in alignment.answers)
    of_each = pair.agreeing / gain if gain else 0.0
    doubts = charged(alignment.answers)
    agreeing = (
        _explain_answer(answer, pair, answer.gain * of_each + pair.weights.unlike * doubt)
        for answer, doubt in zip(alignment.answers, doubts, strict=True)
    )
    return (*agreeing, *_explain_rest(pair, alignment))


def _explain_as_one(pair: PairOfNames, likeness: Likeness) -> tuple[Contribution, ...]:
    sentence = f"{pair.query.written} {likeness.words} {pair.record.written}"
    if not pair.left_out:
        return (judged("name", pair.points, sentence),)
    lost = pair.weights.omission
    omitted = Contribution("further name parts", lost, f"{pair.left_out} on one side only", "missing")
    return judged("name", pair.points - lost, sentence), omitted


def _explain_answer(answer: Answer, pair: PairOfNames, points: float) -> Contribution:
    ones = [pair.query.parts[place] for place in answer.query]
    others = [pair.record.parts[place] for place in answer.record]
    share = answer.likeness.share
    feature, sentence = _role(ones[0], others[0]), _sentence(ones, others, answer.likeness)
    sentence = sentence if points >= 0 or answer.likeness in (OTHER_NAME, OTHER_SYLLABLE) else f"{sentence}, but hardly"
    outcome: Outcome = "agrees" if share == 1.0 else "close" if points >= 0 else "differs"
    return Contribution(feature, points, sentence, outcome)


def _explain_rest(pair: PairOfNames, alignment: Alignment) -> list[Contribution]:
    found, weights = tally(pair.query, pair.record, alignment), pair.weights
    query_left = [pair.query.parts[place] for place in alignment.query_left]
    record_left = [pair.record.parts[place] for place in alignment.record_left]
    contributions = []
    for place, (one, other) in enumerate(zip(query_left, record_left, strict=False)):
        points = _contradiction(found, place, weights)
        contributions.append(judged(_role(one, other), points, f"{_read(one)} against {_read(other)}"))
    omitted = query_left[len(record_left) :] or record_left[len(query_left) :]
    if omitted:
        points = weights.omission * min(MOST_OMISSIONS, len(omitted))
        sentence = f"{', '.join(_read(part) for part in omitted)} on one side only"
        contributions.append(Contribution("further name parts", points, sentence, "missing"))
    if found.own_name_missing and weights.own_missing:
        sentence = "the first given name of one is not that of the other"
        contributions.append(judged("own name", weights.own_missing, sentence))
    if found.generations_differ:
        sentence = f"{pair.query.generation} against {pair.record.generation}"
        contributions.append(judged("generation", weights.contradiction, sentence))
    if not alignment.in_order and weights.disorder:
        contributions.append(judged("order of names", weights.disorder, "the same parts in another order"))
    return contributions


def _sentence_of_difference(query: ComparedName, record: ComparedName) -> str:
    sentence = f"{query.written} against {record.written}"
    if {part.text for part in query.parts} == {part.text for part in record.parts}:
        return f"{sentence}, the same parts with child and parent exchanged"
    return sentence


def _role(one: Part, other: Part) -> str:
    return one.role if one.role == other.role and one.role else one.role or other.role or "name part"


def _sentence(ones: Sequence[Part], others: Sequence[Part], likeness: Likeness) -> str:
    if any(part.written for part in others) and not any(part.written for part in ones):
        # The writing in another script is what is read.
        ones, others = others, ones
    one, other = " ".join(map(_read, ones)), " ".join(map(_read, others))
    return f"{one} on both sides" if one == other else f"{one} {likeness.words} {other}"


def _read(part: Part) -> str:
    return f"{part.written} (read as {part.text})" if part.written else part.text
