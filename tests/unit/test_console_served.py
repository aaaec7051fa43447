"""The console's HTTPS server: it takes an address once, and its log quotes nobody."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from console import accepting
from console import serving as console_serving
from console.certificate import certify_where_needed
from console.serving import HttpsFiles, serving
from symbolon.rpc.errors import ErrorCode, SymbolonError


@pytest.fixture
def files(tmp_path: Path) -> HttpsFiles:
    made = HttpsFiles(tmp_path / "tls" / "console.crt", tmp_path / "tls" / "console.key")
    certify_where_needed(made, "https://127.0.0.1:8443")
    return made


async def broken(_: Scope, __: Receive, ___: Send) -> None:
    raise RuntimeError("Idris Maran")


async def test_the_log_of_the_server_quotes_nobody(files: HttpsFiles, caplog: pytest.LogCaptureFixture) -> None:
    trusting = ssl.create_default_context(cafile=str(files.certificate))
    async with (
        serving(broken, "127.0.0.1:0", files) as port,
        httpx.AsyncClient(verify=trusting, base_url=f"https://127.0.0.1:{port}") as client,
    ):
        answer = await client.get("/")
    assert answer.status_code == 500
    assert "Idris" not in answer.text + caplog.text
    assert "RuntimeError at test_console_served.py" in caplog.text


async def answering(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


async def reading(_: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await answering(_, receive, send)


@contextlib.asynccontextmanager
async def connected(port: int, address: str = "127.0.0.1", **how: Any) -> AsyncIterator[asyncio.StreamReader]:
    """Connect from an address of this machine, and do nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), **how)
    try:
        yield reader
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def is_closed(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), 5) == b""
    return True


async def test_no_more_connections_are_taken_than_leave_files_for_the_node(
    files: HttpsFiles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(accepting, "MOST_CONNECTIONS", 4)
    trusting = ssl.create_default_context(cafile=str(files.certificate))
    async with serving(answering, "0.0.0.0:0", files) as port:
        async with contextlib.AsyncExitStack() as idle:
            for address in ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2"):
                await idle.enter_async_context(connected(port, address))
            for address in ("127.0.0.1", "127.0.0.3"):
                async with connected(port, address) as beyond:
                    assert await is_closed(beyond)
        assert [record.getMessage() for record in caplog.records] == [
            "the console has 4 connections, and closes others"
        ]
        async with httpx.AsyncClient(verify=trusting, base_url=f"https://127.0.0.1:{port}") as client:
            for _ in range(10):
                assert (await client.get("/", headers={"connection": "close"})).text == "here"


async def test_one_address_leaves_half_of_the_connections_to_others(
    files: HttpsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "MOST_CONNECTIONS", 4)
    async with serving(answering, "0.0.0.0:0", files) as port, connected(port), connected(port):
        async with connected(port) as third:
            assert await is_closed(third)
        trusting = ssl.create_default_context(cafile=str(files.certificate))
        async with connected(port, "127.0.0.2", ssl=trusting, server_hostname="127.0.0.1") as other:
            assert not other.at_eof()


def test_the_console_takes_a_quarter_of_the_files_that_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert accepting.most_connections() == 256
    monkeypatch.setattr(resource, "getrlimit", lambda _: (65_536, 65_536))
    assert accepting.most_connections() == accepting.MOST_CONNECTIONS


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nx: ", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"]
)
async def test_a_connection_that_keeps_the_console_waiting_is_ended(
    files: HttpsFiles, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(console_serving, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(console_serving, "BODY_SECONDS", 0.3)
    trusting = ssl.create_default_context(cafile=str(files.certificate))
    async with serving(reading, "127.0.0.1:0", files) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        writer.write(sent)
        ended = asyncio.create_task(is_closed(reader))
        for _ in range(20):
            await asyncio.sleep(0.1)
            if not sent.endswith(b"\r\n\r\n") and not ended.done():
                writer.write(b"a" if sent else b"")  # byte by byte is no way to hold it
        assert ended.done()
        assert await ended


async def test_a_handshake_that_is_not_made_is_ended(files: HttpsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_serving, "HANDSHAKE_SECONDS", 0.3)
    async with serving(answering, "127.0.0.1:0", files) as port, connected(port) as reader:
        assert await is_closed(reader)


async def test_a_body_that_comes_slowly_but_comes_is_taken(files: HttpsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_serving, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(console_serving, "BODY_SECONDS", 0.5)
    trusting = ssl.create_default_context(cafile=str(files.certificate))

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(10):
            await asyncio.sleep(0.1)
            yield b"a"

    async with (
        serving(reading, "127.0.0.1:0", files) as port,
        httpx.AsyncClient(verify=trusting, base_url=f"https://127.0.0.1:{port}") as client,
    ):
        assert (await client.post("/", content=slow())).text == "here"


async def test_where_it_cannot_listen_the_node_is_told_and_does_not_wait(
    files: HttpsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_server", failing)
    with pytest.raises(OSError, match="no"):
        async with asyncio.timeout(5), serving(broken, "127.0.0.1:0", files):
            pass


async def test_an_address_that_is_taken_is_named(files: HttpsFiles) -> None:
    async with serving(broken, "127.0.0.1:0", files) as port:
        with pytest.raises(SymbolonError, match=f"console_listen: 127.0.0.1:{port}") as raised:
            async with serving(broken, f"127.0.0.1:{port}", files):
                pass
    assert raised.value.code is ErrorCode.INVALID_INPUT


def test_a_certificate_of_the_agency_is_left_alone_and_the_key_is_the_owners(files: HttpsFiles) -> None:
    assert files.key.stat().st_mode & 0o077 == 0
    before = files.certificate.read_bytes()
    files.key.unlink()
    certify_where_needed(files, "https://desk.example")
    assert files.certificate.read_bytes() == before
    assert not files.key.exists()


async def test_a_certificate_without_its_key_is_named(files: HttpsFiles) -> None:
    files.key.write_text("no key")
    with pytest.raises(SymbolonError, match=r"console\.key are not a certificate and its key"):
        async with serving(broken, "127.0.0.1:0", files):
            pass


async def test_an_answer_in_parts_does_not_wait_for_the_other_side(files: HttpsFiles) -> None:
    """Forty milliseconds a page, where the second part of an answer waits for the word on the first."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    class Looking(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            connection = transport.get_extra_info("socket")
            accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    listening = accepting.Listening(socket.AF_INET, 4)
    listening.bind(("127.0.0.1", 0))
    server = await asyncio.get_running_loop().create_server(Looking, sock=listening)
    async with server, connected(listening.getsockname()[1]):
        assert await asyncio.wait_for(accepted, 10)
