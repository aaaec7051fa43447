"""Serving the console over HTTPS beside the node, in the node's own loop, for as long as the node serves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from console.accepting import Listening, most_connections
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

LARGEST_HEADERS = 16 * 1024
"""Bytes of the headers of a request."""

HANDSHAKE_SECONDS = 10.0
"""Seconds that a TLS handshake may take."""

HEAD_SECONDS = 10.0
"""Seconds from the handshake, or the first byte of a later request, in which its headers come."""

BODY_SECONDS = 30.0
"""Seconds in which something more of a body comes."""

DRAIN_SECONDS = 5
"""Seconds that answers under way get once the node has been told to stop."""


_SERVER_LOG = logging.getLogger("uvicorn.error")


@dataclass(frozen=True, slots=True)
class HttpsFiles:
    """Where certificate chain and key of the console lie, PEM."""

    certificate: Path
    key: Path


class _WithoutTraces(logging.Filter):
    """Takes the traceback off a line of the server's log: the text of an error may quote a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            record.msg, record.args = "%s at %s", (type(error).__name__, innermost_place(error))
            record.exc_info = record.exc_text = None
        return record.levelno >= logging.WARNING


_SERVER_LOG.addFilter(_WithoutTraces())


class _Connection(H11Protocol):
    """Ends where a request keeps it waiting: for its head, or for the next bytes of its body."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        waits_for = self.conn.their_state
        if waits_for is h11.IDLE and self._late is not None:
            return  # a head that comes byte by byte gets no more time for it
        self._stop_waiting()
        if waits_for in (h11.IDLE, h11.SEND_BODY):
            self._wait(HEAD_SECONDS if waits_for is h11.IDLE else BODY_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._late = self.loop.call_later(seconds, self._end)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        if self.flow.read_paused:  # it is us who take their time
            self._wait(BODY_SECONDS)
        else:
            self.transport.abort()


class _Server(uvicorn.Server):
    """Listens before it serves, so that what is wrong is told there; the node catches the signals."""

    async def listen(self, listening: socket.socket) -> None:
        def connection() -> asyncio.Protocol:
            return _Connection(self.config, self.server_state, {})

        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                connection,
                sock=listening,
                ssl=self.config.ssl,
                backlog=self.config.backlog,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=DRAIN_SECONDS,
            )
        except BaseException:
            listening.close()
            raise
        self.servers = [server]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, address: str, files: HttpsFiles) -> AsyncIterator[int]:
    """Serve at ``address`` (host:port, port 0 for any) and give the port; raise `SymbolonError` where it is taken."""
    tls = _tls(files)
    host, _, port = address.rpartition(":")
    listening = _listen(host.strip("[]"), int(port))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        h11_max_incomplete_event_size=LARGEST_HEADERS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        proxy_headers=False,
    )
    config.load()
    config.ssl = tls
    server = _Server(config)
    await server.listen(listening)
    task = asyncio.create_task(server.serve())
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def _listen(host: str, port: int) -> Listening:
    listening = Listening(socket.AF_INET6 if ":" in host else socket.AF_INET, most_connections())
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"console_listen: {host}:{port}: {error.strerror}") from None
    return listening


def _tls(files: HttpsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError):
        detail = f"{files.certificate} and {files.key} are not a certificate and its key in PEM"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail) from None
    return context
