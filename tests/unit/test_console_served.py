"""The console's HTTPS server: it takes an address once, and its log quotes nobody."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

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
