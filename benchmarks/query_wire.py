"""Counting real bytes: relays of TCP between parties, put in for a few queries after the timing is done.

What is counted is everything inside TCP: TLS records, HTTP/2 frames and headers, messages. Connections are warm when
the count begins, so handshakes are not in it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass
class ByteCount:
    """Bytes through one relay: ``sent`` by the party that connects, ``received`` by it."""

    sent: int = 0
    received: int = 0


@contextlib.asynccontextmanager
async def counting(target: str, count: ByteCount) -> AsyncIterator[str]:
    """Relay connections to ``target`` (host:port), count their bytes, and give the address to connect to."""
    host, _, port = target.rpartition(":")
    under_way: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection(host, int(port))

        async def forth() -> None:
            while data := await reader.read(65_536):
                count.sent += len(data)
                onward_writer.write(data)
            onward_writer.close()

        async def back() -> None:
            while data := await onward_reader.read(65_536):
                count.received += len(data)
                writer.write(data)
            writer.close()

        if task := asyncio.current_task():
            under_way.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await asyncio.gather(forth(), back())
        finally:
            for one in (writer, onward_writer):
                one.close()
                with contextlib.suppress(ConnectionError):
                    await one.wait_closed()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
