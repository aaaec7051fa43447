"""Whether delays of one kind of answer are unlike those of another: an exact test, a second one, and their power.

Replies leave on ticks, so what can tell is on how many ticks they leave. `told_apart` is the permutation test of equal
means of ticks, two-sided, computed exactly: no draw, no approximation, whatever the load was, as long as the kinds came
in random order. `by_ranks` looks at the times themselves, below the tick. What both can find is in
`tests/unit/test_delays.py`, for the numbers of replies that stand here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import comb, erfc, sqrt
from random import Random
from typing import TypeVar

REPEATS, OF_NOTHING = 30, 60
"""Replies that are timed: of each kind, and of *nothing*, with which each is compared."""

SURE = 1e-4
"""Chance at most that any of all comparisons alarms without cause."""

COMPARISONS = 20
"""How many there are at most."""

ALPHA = SURE / COMPARISONS
"""The p-value from which one alarms (Bonferroni)."""

MOST_TICKS = 5
"""Later than this is counted as this: one long pause of the machine must not hide what twenty replies tell."""


Delay = TypeVar("Delay", int, float)


def told_apart(left: Sequence[int], right: Sequence[int]) -> float:
    """Give the chance that two samples of one distribution differ in their mean as much as these."""
    capped = [min(ticks, MOST_TICKS) for ticks in (*left, *right)]
    expected = sum(capped) * len(left) / len(capped)
    observed = abs(sum(capped[: len(left)]) - expected)
    ways = _ways(Counter(capped), len(left))
    as_far = sum(count for total, count in ways.items() if abs(total - expected) >= observed - 1e-9)
    return as_far / comb(len(capped), len(left))


def by_ranks(left: Sequence[float], right: Sequence[float]) -> float:
    """Give the two-sided chance of the Mann-Whitney test in its normal approximation; for times, which have no ties."""
    order = sorted([(one, True) for one in left] + [(one, False) for one in right])
    ranks = sum(rank for rank, (_, is_left) in enumerate(order, 1) if is_left)
    expected = len(left) * (len(order) + 1) / 2
    spread = sqrt(len(left) * len(right) * (len(order) + 1) / 12)
    return erfc(abs(ranks - expected) / spread / sqrt(2))


def power(
    draw: Callable[[Random, bool], Delay],
    compare: Callable[[Sequence[Delay], Sequence[Delay]], float],
    runs: int = 300,
) -> float:
    """Give the share of runs that alarm; ``draw`` gives one delay, of the leaking kind or of *nothing*."""
    rng = Random(17)  # noqa: S311  # a test, not a key
    found = 0
    for _ in range(runs):
        leaking = [draw(rng, True) for _ in range(REPEATS)]
        found += compare(leaking, [draw(rng, False) for _ in range(OF_NOTHING)]) <= ALPHA
    return found / runs


def _ways(held: Counter[int], chosen: int) -> dict[int, int]:
    """Count by their sum the ways to choose so many of the values held."""
    ways = {(0, 0): 1}
    for value, number in held.items():
        grown: Counter[tuple[int, int]] = Counter()
        for (taken, total), count in ways.items():
            for more in range(min(number, chosen - taken) + 1):
                grown[taken + more, total + more * value] += count * comb(number, more)
        ways = grown
    return {total: count for (taken, total), count in ways.items() if taken == chosen}
