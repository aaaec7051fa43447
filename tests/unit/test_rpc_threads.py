"""Work in a thread: its result, its error, and its end before whoever waits is cancelled."""

from __future__ import annotations

import asyncio
import threading

import pytest

from symbolon.rpc.threads import in_thread


async def test_work_in_a_thread_gives_its_result_or_its_error() -> None:
    assert await in_thread(None, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(None, divmod, 7, 0)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_cancelled_caller_leaves_when_the_thread_has_ended_and_not_before(fails: bool) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert may_end.wait(10)
        if fails:
            raise ValueError

    waiting = asyncio.create_task(in_thread(None, work))
    await asyncio.to_thread(begun.wait, 10)
    for _ in range(3):
        waiting.cancel()
        await asyncio.sleep(0.02)
        assert not waiting.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
