"""The parts of two names beside each other, as they were aligned, for a person who reads them in two columns.

What the names are worth is said by `matching.comparison.name_points`; here is only which part stands beside which. It
shows values of both sides, so it is for whoever may read both in clear.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from matching.comparison.evidence import Contribution, Outcome
from matching.comparison.likeness import Part
from matching.comparison.name_alignment import Alignment, Answer
from matching.comparison.name_points import PairOfNames, explain


@dataclass(frozen=True, slots=True)
class PartBeside:
    """A part of one name and what answers it in the other, empty where nothing does; ``how`` in words, or empty."""

    role: str
    one: str
    other: str
    outcome: Outcome
    how: str = ""


def parts_beside(pair: PairOfNames) -> tuple[PartBeside, ...]:
    """Give the parts of two names beside each other, in the order of the first name, what is left over at the end."""
    if pair.likeness is not None:
        outcome: Outcome = "agrees" if pair.likeness.share == 1.0 else "close" if pair.points >= 0 else "differs"
        return (PartBeside("name", pair.query.written, pair.record.written, outcome, pair.likeness.words),)
    if pair.alignment is None:
        return (PartBeside("name", pair.query.written, pair.record.written, "differs"),)
    answers = pair.alignment.answers
    # The agreeing parts are explained first, each as it came out; names that agree in nothing are explained as a whole.
    said = explain(pair)[: len(answers)] if pair.points != pair.weights.least else ()
    answered = (_answered(answer, pair, one) for answer, one in zip_longest(answers, said) if answer)
    return (*answered, *_left_over(pair, pair.alignment))


def _answered(answer: Answer, pair: PairOfNames, said: Contribution | None) -> PartBeside:
    ones = [pair.query.parts[place] for place in answer.query]
    others = [pair.record.parts[place] for place in answer.record]
    one, other = _written(ones), _written(others)
    outcome: Outcome = "agrees" if answer.likeness.share == 1.0 else said.outcome if said else "close"
    how = "" if one == other else answer.likeness.words
    return PartBeside(_role(ones[0], others[0]), one, other, outcome, how)


def _left_over(pair: PairOfNames, alignment: Alignment) -> Iterator[PartBeside]:
    ones = [pair.query.parts[place] for place in alignment.query_left]
    others = [pair.record.parts[place] for place in alignment.record_left]
    for one, other in zip_longest(ones, others):
        outcome: Outcome = "differs" if one and other else "missing"
        role = _role(one, other)
        yield PartBeside(role, _written([one] if one else []), _written([other] if other else []), outcome)


def _written(parts: Sequence[Part]) -> str:
    return " ".join(f"{part.written} ({part.text})" if part.written else part.text for part in parts)


def _role(one: Part | None, other: Part | None) -> str:
    return (one.role if one else "") or (other.role if other else "") or "name part"
