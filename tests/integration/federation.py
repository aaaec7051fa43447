"""Parties for the integration tests: an authority, certified folders, servers, and parties' own processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc

from symbolon.rpc.channel import TlsFiles, open_channel
from symbolon.rpc.errors import SymbolonError, from_rpc_error
from symbolon.rpc.folder import certify_party, create_authority, party_tls, prepare_party
from symbolon.rpc.identity import Party
from symbolon.rpc.server import Service
from tests.forked import PATH, SYMBOLON, Forked

LOOPBACK = "127.0.0.1:0"


@dataclass(frozen=True)
class DevelopmentAuthority:
    """An authority in a folder, which certifies whoever is named."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> DevelopmentAuthority:
        """Make a new one."""
        create_authority(folder, "Authority of the tests", datetime.now(UTC))
        return cls(folder)

    def certify(self, home: Path, party: Party) -> TlsFiles:
        """Make key and request of a party in its home, certify them, and give the TLS files."""
        prepare_party(home, party)
        return self.certify_prepared(home, party)

    def certify_prepared(self, home: Path, party: Party) -> TlsFiles:
        """Certify a party whose home already has its request."""
        certify_party(home, party, self.folder, datetime.now(UTC))
        return party_tls(home, party)


@contextlib.asynccontextmanager
async def serving(service: Service, listen: str = LOOPBACK) -> AsyncIterator[str]:
    """Run a server in this process and give its address."""
    port = await service.start(listen)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await service.stop()


@contextlib.asynccontextmanager
async def channel_to(address: str, party: Party, tls: TlsFiles) -> AsyncIterator[grpc.aio.Channel]:
    """Open a channel as the product does."""
    async with open_channel(address, party, tls) as channel:
        yield channel


@contextlib.asynccontextmanager
async def refusal() -> AsyncIterator[Callable[[], SymbolonError]]:
    """Expect the body's call to fail; the value gives the error of the catalogue afterwards."""
    caught: list[SymbolonError] = []
    try:
        yield lambda: caught[0]
    except grpc.aio.AioRpcError as error:
        caught.append(from_rpc_error(error))
    else:
        raise AssertionError("the call was answered")


class PartyProcess:
    """A party's own process, started by the command line."""

    def __init__(self, process: Forked, ready: dict[str, str]) -> None:
        self._process = process
        self.address = ready["address"]
        self.party = ready["party"]

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._process.kill()

    async def stop(self) -> int:
        """Tell it to stop, and give its exit code."""
        self._process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        """Wait for its end and give the exit code."""
        return await asyncio.to_thread(self._process.wait)


@contextlib.asynccontextmanager
async def party_process(kind: str, home: Path, *options: str) -> AsyncIterator[PartyProcess]:
    """Start ``symbolon KIND serve`` in a home, on any free port, and wait for its line; killed at the end."""
    log = home / "process.log"
    words = (*SYMBOLON, kind, "serve", "--home", str(home), "--listen", LOOPBACK, "--json", *options)
    process = await asyncio.to_thread(Forked, words, errors=log)
    try:
        line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), 20)
        assert line, log.read_text()
        ready = json.loads(line)
        assert ready["event"] == "serving"
        yield PartyProcess(process, ready)
    finally:
        process.kill()
        await asyncio.to_thread(process.communicate)


def command(*arguments: str) -> list[str]:
    """Give the command line of ``symbolon`` with these arguments, of a process that is started anew."""
    return [sys.executable, *SYMBOLON, *arguments]


def environment() -> dict[str, str]:
    """Give the environment in which the command finds this checkout."""
    return os.environ | {"PYTHONPATH": PATH}
