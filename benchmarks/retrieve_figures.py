"""What the answers to questions are worth: recall among the first, what is flagged, false positives and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.retrieve_questions import Question

DIGITS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A record with the score it was given."""

    record_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The records found for a question, best first, and the time it took."""

    found: tuple[Found, ...]
    milliseconds: float


def figures(questions: Sequence[Question], answers: Sequence[Answered], cutoff: float) -> dict[str, Any]:
    """Give all figures; a share of nothing is None.

    Recall counts the questions whose right record is first, among the first five, or flagged: found with a score at
    the cutoff. A false positive is a question for somebody the list does not have that flags any record.
    """
    known = [(question.expected, one.found) for question, one in zip(questions, answers, strict=True)]
    positives = [(expected, found) for expected, found in known if expected]
    unlisted = [found for expected, found in known if not expected]
    false = sum(any(one.score >= cutoff for one in found) for found in unlisted)
    return {
        "positives": len(positives),
        "negatives": len(unlisted),
        "recall_at_1": _share(sum(_has(expected, found[:1]) for expected, found in positives), len(positives)),
        "recall_at_5": _share(sum(_has(expected, found[:5]) for expected, found in positives), len(positives)),
        "flagged": _share(sum(_has(expected, found, cutoff) for expected, found in positives), len(positives)),
        "false_positives": false if unlisted else None,
        "false_positives_per_1000": _share(1000 * false, len(unlisted)),
        **times(answers),
    }


def times(answers: Sequence[Answered]) -> dict[str, Any]:
    """Give queries a second on one core and the spread of their times."""
    taken = sorted(one.milliseconds for one in answers)
    return {
        "queries_per_second": round(1e3 * len(taken) / sum(taken), 1),
        "p50_milliseconds": round(taken[len(taken) // 2], 3),
        "p95_milliseconds": round(taken[min(len(taken) - 1, int(0.95 * len(taken)))], 3),
    }


def _has(expected: frozenset[str], found: Sequence[Found], cutoff: float = 0.0) -> bool:
    return any(one.record_id in expected and one.score >= cutoff for one in found)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DIGITS) if whole else None
