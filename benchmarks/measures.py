"""How well scores tell pairs that are the same from pairs that are not: the figures of every quality benchmark.

Scores are only ever compared with each other and with a cutoff, so any scale will do; pairs of equal score are taken
together, because no threshold can part them:

- *average precision*: the sum over the different scores, from the highest, of the recall gained there times the
  precision there (Manning et al. 2008, 8.4; no interpolation, so ties neither help nor harm by their order);
- *best F1*: the highest over all thresholds; *F1* is the one at the declared cutoff;
- *recall at one per cent false positives*: the highest over thresholds that let through no more than 1 % of the
  negatives, a tie counted whole. With fewer than 100 negatives that is none of them.

A figure that needs positives or negatives where there are none is None and never a flattering 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

FALSE_POSITIVES_ALLOWED = 0.01
DIGITS = 5

Figures = dict[str, Any]


def figures(scores: Sequence[float], same: Sequence[bool], cutoff: float) -> Figures:
    """Give all figures of the pairs with these scores and labels."""
    flagged = [label for score, label in zip(scores, same, strict=True) if score >= cutoff]
    found, positives = sum(flagged), sum(same)
    negatives, wrong = len(same) - positives, len(flagged) - found
    both = bool(positives and negatives)
    return {
        "pairs": len(same),
        "positives": positives,
        "precision": _share(found, len(flagged)) if both else None,
        "recall": _share(found, positives),
        "f1": f1(found, wrong, positives) if both else None,
        "best_f1": best_f1(scores, same) if both else None,
        "average_precision": average_precision(scores, same) if both else None,
        "false_positive_rate": _share(wrong, negatives),
        "recall_at_1pct_fpr": recall_at_false_positives(scores, same) if both else None,
        "right": _share(found + negatives - wrong, len(same)),
    }


def f1(found: int, wrong: int, positives: int) -> float:
    """Give the harmonic mean of precision and recall, from counts; at least one pair is positive."""
    return round(2 * found / (positives + found + wrong), DIGITS)


def best_f1(scores: Sequence[float], same: Sequence[bool]) -> float:
    """Give the highest F1 of all thresholds."""
    positives = sum(same)
    return max(f1(found, wrong, positives) for found, wrong in _curve(scores, same))


def average_precision(scores: Sequence[float], same: Sequence[bool]) -> float:
    """Give the area under precision over recall, as steps."""
    area, before = 0.0, 0
    for found, wrong in _curve(scores, same):
        area += (found - before) * found / (found + wrong)
        before = found
    return round(area / sum(same), DIGITS)


def recall_at_false_positives(
    scores: Sequence[float], same: Sequence[bool], allowed: float = FALSE_POSITIVES_ALLOWED
) -> float:
    """Give the highest recall of a threshold that lets through at most this share of the negatives."""
    positives = sum(same)
    most = allowed * (len(same) - positives)
    return round(max((found for found, wrong in _curve(scores, same) if wrong <= most), default=0) / positives, DIGITS)


def _curve(scores: Sequence[float], same: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Give how many positives and negatives score at least each of the different scores, from the highest."""
    found = wrong = 0
    for _, tied in groupby(sorted(zip(scores, same, strict=True), reverse=True), key=lambda pair: pair[0]):
        labels = [label for _, label in tied]
        found += sum(labels)
        wrong += len(labels) - sum(labels)
        yield found, wrong


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, DIGITS) if whole else None
