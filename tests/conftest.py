"""What every test may ask for: the shared folder of real lists and official vectors, used in place."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from grpc import aio
from hypothesis import settings

# The first example of a property loads tables (months, countries, transliteration); a busy machine is no finding.
settings.register_profile("symbolon", deadline=None)
settings.load_profile("symbolon")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the shared folder, or skip with the reason: nothing of it is ever copied into the repository."""
    folder = Path(os.environ.get("SYMBOLON_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}: set SYMBOLON_SHARED to run on the real lists and official vectors")
    return folder


@pytest.fixture(scope="session", autouse=True)
def grpc_stays() -> None:
    """Keep gRPC's runtime from the first test to the last, as a process that serves keeps it.

    Its end comes with the last of its objects, so in any collection, and waits without end for a server that some test
    dropped while it ran.
    """

    async def begin() -> None:
        aio.init_grpc_aio()

    asyncio.run(begin())
