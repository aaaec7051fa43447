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

import uvicorn
from starlette.types import ASGIApp

from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

LARGEST_HEADERS = 16 * 1024
"""Bytes of the headers of a request."""

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


class _Server(uvicorn.Server):
    """The node catches the signals; this server is told to stop, and tells that it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

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
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await server.ready.wait()
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
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
