"""The comparisons of delays: exact, hardly ever wrong, and which leak of time they find, with which power."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

import pytest

from tests.integration.delays import ALPHA, MOST_TICKS, OF_NOTHING, REPEATS, by_ranks, power, told_apart

ENOUGH = 0.9


def ticks(late: float, leaking: float) -> Callable[[Random, bool], int]:
    """Draw ticks: some replies are a tick late anyway, and some of the leaking kind one tick more."""
    return lambda rng, leaks: 1 + (rng.random() < late) + (leaks and rng.random() < leaking)


def milliseconds(spread: float, shift: float) -> Callable[[Random, bool], float]:
    """Draw times with a long tail, as a busy machine has them, and those of the leaking kind shifted."""
    return lambda rng, leaks: 50 + rng.expovariate(1 / spread) + leaks * shift


@pytest.mark.parametrize(("left", "right"), [((1, 2, 2), (1, 1, 1, 1)), ((3, 1), (2, 2, 4, 1, 1)), ((5,), (1, 1, 2))])
def test_the_exact_chance_is_that_of_all_ways_to_label_the_delays(
    left: tuple[int, ...], right: tuple[int, ...]
) -> None:
    together = (*left, *right)
    expected = sum(together) * len(left) / len(together)
    sums = [sum(chosen) for chosen in itertools.combinations(together, len(left))]
    as_far = sum(abs(one - expected) >= abs(sum(left) - expected) - 1e-9 for one in sums)
    assert told_apart(left, right) == pytest.approx(as_far / len(sums))


def test_alike_delays_alarm_no_more_often_than_stated() -> None:
    rng, draw = Random(3), ticks(0.3, 0)  # noqa: S311  # a test, not a key
    chances = [told_apart([draw(rng, True) for _ in range(12)], [draw(rng, False) for _ in range(24)])
               for _ in range(400)]  # fmt: skip
    assert sum(chance <= 0.05 for chance in chances) <= 0.05 * 400 + 13  # three deviations
    assert power(ticks(0.3, 0), told_apart) == 0


@pytest.mark.parametrize(
    ("late", "leaking"),
    [
        (0.02, 0.55),  # a machine at rest: one kind passes the tick in 11 of 20 cases
        (0.1, 0.7),  # a busy one
        (0.5, 1.0),  # one on which half of all replies are late: one kind always leaves a tick later
    ],
)
def test_a_kind_that_leaves_a_tick_later_is_found_with_the_stated_power(late: float, leaking: float) -> None:
    assert power(ticks(late, leaking), told_apart) >= ENOUGH


@pytest.mark.parametrize(("spread", "shift"), [(2.0, 2.5), (10.0, 12.5)])
def test_a_shift_below_the_tick_is_found_with_the_stated_power(spread: float, shift: float) -> None:
    assert power(milliseconds(spread, 0), by_ranks) == 0
    assert power(milliseconds(spread, shift), by_ranks) >= ENOUGH


def test_one_long_pause_of_the_machine_hides_no_leak() -> None:
    leaking, nothing = [2] * (REPEATS - 1) + [1], [1] * (OF_NOTHING - 1) + [500]
    assert told_apart(leaking, nothing) < ALPHA
    assert told_apart([MOST_TICKS], [MOST_TICKS + 1]) == 1
