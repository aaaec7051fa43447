"""One call of a command to the officer's own running node."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from cli.output import calling
from node.officers.connection import OfficerConnection, load_desk_home
from node.officers.key import load_key

Client = TypeVar("Client", bound=OfficerConnection)
Result = TypeVar("Result")


def at_desk(
    client: type[Client], home: Path, officer_key: Path | None, work: Callable[[Client], Awaitable[Result]]
) -> Result:
    """Do something over a connection to the node of ``home``, as the officer whose key it is."""
    node, officer = load_desk_home(home), load_key(officer_key)

    async def run() -> Result:
        async with client(node, officer) as connected:
            return await work(connected)

    with calling(f"this agency's node {node.party.uri} at {node.settings.address}"):
        return asyncio.run(run())
