"""Deleting by the clock: what is kept for a while is looked through each minute, also where nobody comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

SWEEP_SECONDS = 60.0
"""Seconds from one look for what is over for too long to the next."""


@asynccontextmanager
async def forgetting(*forget: Callable[[], None]) -> AsyncIterator[None]:
    """Call what deletes old files, each minute until the block ends."""

    async def swept() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for one in forget:
                try:
                    await asyncio.to_thread(one)
                except OSError as error:  # the next minute tries again
                    logger.error("old files: %s at %s", type(error).__name__, innermost_place(error))

    sweeping = asyncio.create_task(swept())
    try:
        yield
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
