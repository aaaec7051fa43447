"""Failures at the desk wait, each longer, and are bounded in number; a right key is never made to wait."""

from __future__ import annotations

from node.officers.access import FIRST_PAUSE, FORGET_SECONDS, LONGEST_PAUSE, MOST_NAMES, Failures


def test_each_further_failure_of_a_name_waits_twice_as_long_up_to_a_bound() -> None:
    failures = Failures()
    pauses = [failures.pause_after("a.martin", float(second)) for second in range(2000)]
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert set(pauses[6:]) == {LONGEST_PAUSE}


def test_names_do_not_wait_for_each_other() -> None:
    failures = Failures()
    for second in range(10):
        failures.pause_after("a.martin", float(second))
    assert failures.pause_after("b.other", 10.0) == FIRST_PAUSE


def test_a_name_begins_anew_after_a_time_without_failure() -> None:
    failures = Failures()
    failures.pause_after("a.martin", 0.0)
    assert failures.pause_after("a.martin", FORGET_SECONDS - 1) == 2 * FIRST_PAUSE
    assert failures.pause_after("a.martin", 2 * FORGET_SECONDS) == FIRST_PAUSE


def test_names_without_end_take_no_memory_without_end() -> None:
    failures = Failures()
    for number in range(3 * MOST_NAMES):
        failures.pause_after(f"n{number}", 0.0)
    assert len(failures._failed) == MOST_NAMES
    assert failures.pause_after(f"n{3 * MOST_NAMES - 1}", 1.0) == 2 * FIRST_PAUSE
