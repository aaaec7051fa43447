"""What makes a node erase what is personal in its log when its time is over: once at the start, then every day."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from ledger.retention import erase
from symbolon.rpc.background import in_background
from symbolon.rpc.errors import SymbolonError
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

DAY_SECONDS = 86_400.0


@asynccontextmanager
async def erasing(path: Path, days: int) -> AsyncIterator[None]:
    """Erase at once and then every day, until the block ends; what fails is tried again at the next."""
    async with in_background(_erase(path, days)):
        yield


async def _erase(path: Path, days: int) -> None:
    while True:
        try:
            await asyncio.to_thread(erase, path, days, datetime.now(UTC))
        except SymbolonError as error:  # which names entries, nothing of them: a person has to see to it
            logger.error("the log was not swept: %s", error)
        except Exception as error:  # noqa: BLE001  # tomorrow's erasure must come whatever happened to today's
            logger.error("the log was not swept: %s at %s", type(error).__name__, innermost_place(error))
        await asyncio.sleep(DAY_SECONDS)
