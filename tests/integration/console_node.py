"""A whole node in the process of a test, with its console in memory: real calls, real databases, no browser.

The hub and the other nodes are processes as ever; what is saved is TLS and sockets between a test and the pages.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from console.app import Console, application
from console.session import Sessions
from node.config import NodeHome
from node.desk.calls import Desk
from node.service import serve
from tests.unit.console_desk import ORIGIN, Browser, browser_of


@dataclass
class ConsoleNode:
    """A node that runs in this loop."""

    home: NodeHome
    desk: Desk
    sessions: Sessions = field(default_factory=Sessions)

    def __post_init__(self) -> None:
        settings = self.home.settings
        self.app = application(Console(self.desk, settings.agency, settings.display_name, ORIGIN, self.sessions))

    def browser(self, officer: str = "", language: str = "en") -> Browser:
        """Give a browser, signed in where an officer is named."""
        return browser_of(self.app, self.desk, self.sessions, officer, language)


@asynccontextmanager
async def console_node(home: NodeHome) -> AsyncIterator[ConsoleNode]:
    """Run a node that has joined; it stops with the context."""
    ready: asyncio.Future[Desk] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def beside(_: NodeHome, desk: Desk) -> AsyncIterator[None]:
        ready.set_result(desk)
        yield

    node = asyncio.create_task(serve(home, home.settings.listen, lambda _: None, beside))
    either: set[asyncio.Future[Any]] = {node, ready}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if node.done():
            node.result()
        yield ConsoleNode(home, ready.result())
    finally:
        node.cancel()
        with contextlib.suppress(asyncio.CancelledError):  # it was told to stop
            await node
