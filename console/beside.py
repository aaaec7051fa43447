"""The console of one node: `node.service.serve` is given it, and runs it beside the node once the desk is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from console.app import Console, application
from console.certificate import certify_where_needed
from console.serving import HttpsFiles, serving
from console.session import Sessions
from node.config import NodeHome
from node.desk.calls import Desk
from symbolon.rpc.errors import ErrorCode, SymbolonError

logger = logging.getLogger("symbolon.console")

_EVERY_ADDRESS = ("0.0.0.0", "[::]")  # noqa: S104  # it is what is looked for


def origin_of(home: NodeHome) -> str:
    """Give how browsers write the address of the console: without the port where it is that of HTTPS (RFC 6454).

    Raises `SymbolonError` where it listens at every address and nobody said by which of them browsers come.
    """
    settings = home.settings
    if not settings.console_origin and settings.console_listen.rpartition(":")[0] in _EVERY_ADDRESS:
        detail = f"console_origin: say how browsers reach the console, for it listens at {settings.console_listen}"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    return (settings.console_origin or f"https://{settings.console_listen}").removesuffix(":443")


@asynccontextmanager
async def console_beside(home: NodeHome, desk: Desk) -> AsyncIterator[None]:
    """Serve the console of a node while the context lasts; without the setting there is none."""
    settings = home.settings
    if not settings.console_listen:
        yield
        return
    files = HttpsFiles(home.console_certificate, home.console_key)
    certify_where_needed(files, origin_of(home))
    console = Console(desk, settings.agency, settings.display_name, origin_of(home), Sessions())
    async with serving(application(console), settings.console_listen, files):
        # Beside the serving: the node's partners need not wait for it.
        preparing = asyncio.create_task(asyncio.to_thread(console.rendering.prepare))
        logger.info("the console serves at %s", origin_of(home))
        try:
            yield
        finally:
            await asyncio.gather(preparing, return_exceptions=True)
            await console.queries.close()  # whoever watches is told, and the streams end
