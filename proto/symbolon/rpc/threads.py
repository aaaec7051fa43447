"""Waiting for a thread that cannot be cancelled.

Whoever holds a place or a turn for work in a thread has to hold it until the thread ends. A call that is cancelled
would otherwise give its place away while its work goes on, and a caller that cancels again and again could have far
more under way than the places there are.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


async def in_thread(executor: Executor | None, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
    """Run short work in a thread of the executor (None: the loop's own) and give its result or raise its error.

    Cancelled, it waits for the end of the work, drops what came of it, and is cancelled then.
    """
    future = asyncio.get_running_loop().run_in_executor(executor, work, *arguments)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        raise
