"""What every ``serve`` command does: log to standard error, run until told to stop, say once that it is ready."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable

from cli.output import emit
from symbolon.rpc.identity import Party

Announce = Callable[[int], None]


def log_to_standard_error() -> None:
    """Send the process's log to standard error: time, level, logger, message; no payloads are ever logged."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )


def run_serving(serve: Callable[[str, Announce], Awaitable[None]], party: Party, listen: str, as_json: bool) -> None:
    """Run a server until SIGTERM or SIGINT; ``serve`` takes where to listen and whom to tell the port."""
    log_to_standard_error()
    host = listen.rpartition(":")[0]

    def announce(port: int) -> None:
        address = f"{host}:{port}"
        ready = {"event": "serving", "address": address, "party": party.uri}
        emit(ready, as_json, lambda: f"{party.uri} serves at {address}")

    async def run() -> None:
        await serve(listen, announce)

    asyncio.run(run())
