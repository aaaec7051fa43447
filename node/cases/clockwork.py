"""What makes the node look at the clock: a sweep of all files at a steady pace, for as long as the node serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from node.cases.work import CaseWork
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")


@asynccontextmanager
async def sweeping(work: CaseWork, seconds: float) -> AsyncIterator[None]:
    """Sweep at once and then every ``seconds``, until the block ends; what fails is tried again at the next."""
    task = asyncio.create_task(_sweep(work, seconds))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep(work: CaseWork, seconds: float) -> None:
    while True:
        try:
            await asyncio.to_thread(work.sweep)
        except Exception as error:  # noqa: BLE001  # one file that cannot be read must not stop the clock of others
            logger.error("cases were not swept: %s at %s", type(error).__name__, innermost_place(error))
        await asyncio.sleep(seconds)
