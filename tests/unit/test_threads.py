"""A shared batch gives what a plain loop gives, in order, with the first error raised, also after a fork."""

from __future__ import annotations

import os
import threading

import pytest

from matching.threads import ALONE, in_chunks, in_parallel


@pytest.mark.parametrize("count", [1, ALONE, ALONE + 1, 1_000])
def test_results_come_in_order(count: int) -> None:
    left, right = list(range(count)), list(range(0, 2 * count, 2))
    assert in_parallel(lambda a, b: a + b, left, right) == tuple(range(0, 3 * count, 3))


def test_short_batches_stay_in_the_calling_thread() -> None:
    assert set(in_parallel(lambda _: threading.get_ident(), range(ALONE))) == {threading.get_ident()}


def test_pieces_cover_everything_once() -> None:
    pieces: list[list[int]] = in_chunks(list, range(1_001))
    assert [one for piece in pieces for one in piece] == list(range(1_001))


def test_an_error_in_any_piece_is_raised() -> None:
    for place in (0, 99):
        with pytest.raises(ZeroDivisionError):
            in_parallel(lambda number: 1 // (number - place), range(100))  # noqa: B023 (called in this very round)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        in_parallel(lambda a, b: a, [1, 2], [1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # forking beside threads is what is tested
def test_a_forked_process_gets_threads_of_its_own() -> None:
    in_parallel(abs, range(100))  # the parent's pool exists now
    child = os.fork()
    if child == 0:
        os._exit(0 if in_parallel(abs, range(-100, 0)) == tuple(range(100, 0, -1)) else 1)
    assert os.waitpid(child, 0)[1] == 0
