"""A whole federation on this machine: every party its own process, real mutual TLS, a development authority.

Used by ``make demo``, the integration tests and the benchmarks. Each step is a command of the command line, so what
runs here is what an operator would type; only the agreement is signed and accepted by all at once. Nothing of it is for
production: there the parties run on their own machines and the authority is the federation's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from deploy.agreement import HOUSE_RULES, conclude_demo, demo_agreement
from matching.features import DEFAULT_BUDGET
from node.config import RULES_FILE

COORDINATOR = "HUB"
CUSTODIAN = "FIRST"
EPOCH = "2026-1"
_PORTS = range(10_000, 32_000)
START_SECONDS = 90.0
STOP_SECONDS = 10.0
ANALYST = "demo.analyst"
"""The officer whom every agency has, with the role that asks."""


class LocalFederationError(RuntimeError):
    """A command of the federation failed; the message holds the command and what it printed."""


class RunningProcess(Protocol):
    """What is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> IO[str] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass
class PartyProcess:
    """A running party: its process, and the file that collects what it logs."""

    name: str
    process: RunningProcess
    log: Path

    def stop(self) -> None:
        """Ask it to drain; kill it when it does not within `STOP_SECONDS`."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()


@dataclass
class LocalFederation:
    """The parties under one folder; a context manager that leaves no process behind."""

    folder: Path
    agencies: Mapping[str, str]
    running: dict[str, PartyProcess] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    level: int = 2
    bit_budget: float = DEFAULT_BUDGET
    settings: Mapping[str, str] = field(default_factory=dict)
    consoles: Sequence[str] = ()
    """The agencies whose nodes serve a console."""
    launchers: dict[str, Sequence[str]] = field(default_factory=dict)
    """What to run instead of ``symbolon`` when a party is started: tests record or disturb a party so."""

    def __enter__(self) -> Self:
        return self

    def ended(self) -> list[PartyProcess]:
        """Give the parties whose processes have ended by themselves."""
        return [party for party in self.running.values() if party.process.poll() is not None]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def home(self, party: str) -> Path:
        """Name the folder of a party: an agency, `COORDINATOR` or `CUSTODIAN`."""
        return self.folder / party

    def address(self, party: str) -> str:
        """Give the loopback address of a party; its port is chosen once and kept over restarts."""
        if party not in self.ports:
            self.ports[party] = free_port()
        return f"127.0.0.1:{self.ports[party]}"

    def console_address(self, agency: str) -> str:
        """Give the loopback address of an agency's console; chosen once, like `address`."""
        return self.address(f"{agency} console")

    async def prepare(self) -> None:
        """Make every party's home, and the agreement that all sign and accept."""
        await self.set_up()
        agreement = demo_agreement(self.agencies, self.level, self.bit_budget)
        await asyncio.to_thread(conclude_demo, [self.home(agency) for agency in self.agencies], agreement)

    async def set_up(self) -> None:
        """Make the authority, and the home and certificate of every party."""
        await self.run("authority", "init", "--home", str(self.folder / "authority"), "--name", "Demo Authority")
        members = [option for agency in self.agencies for option in ("--agency", agency)]
        await asyncio.gather(
            self._init(CUSTODIAN, "custodian", "--name", CUSTODIAN, "--epoch", EPOCH, *members),
            self._init(
                COORDINATOR,
                "coordinator",
                *("--name", COORDINATOR, "--federation", "Demonstration"),
                *("--custodian", CUSTODIAN, "--custodian-address", self.address(CUSTODIAN)),
                *members,
            ),
        )
        for pair in _pairs(list(self.agencies)):
            await asyncio.gather(*(self._init_node(agency) for agency in pair))
        for pair in _pairs(list(self.agencies)):
            await asyncio.gather(*(self.add_officer(agency, ANALYST, "analyst") for agency in pair))

    async def add_officer(self, agency: str, name: str, *roles: str) -> Path:
        """Enter an officer at an agency's node, and give the file of the key."""
        path = self.officer_key(agency, name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = [option for role in roles for option in ("--role", role)]
        await self.command(agency, "node", "officer", "add", name, *options, "--key-file", str(path), "--user", "demo")
        return path

    def officer_key(self, agency: str, name: str = ANALYST) -> Path:
        """Name the file of an officer's key; it lies outside the node's folder, as at the officer's own account."""
        return self.folder / "officers" / agency / f"{name}.key"

    async def start_hub(self) -> None:
        """Start the custodian, then the coordinator."""
        await self.start(CUSTODIAN)
        await self.start(COORDINATOR)

    async def start_nodes(self) -> None:
        """Let every node join, then start them all."""
        for pair in _pairs(list(self.agencies)):
            await asyncio.gather(*(self.command(agency, "node", "join") for agency in pair))
        for pair in _pairs(list(self.agencies)):
            await asyncio.gather(*(self.start(agency) for agency in pair))

    async def start(self, party: str) -> None:
        """Start one party's process and wait until it serves."""
        kind = {COORDINATOR: "coordinator", CUSTODIAN: "custodian"}.get(party, "node")
        log = self.home(party) / "process.log"
        process = self.launch(party, [kind, "serve", "--home", str(self.home(party)), "--json"], log)
        self.running[party] = PartyProcess(party, process, log)
        assert process.stdout is not None  # noqa: S101  # asked for below
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):  # `wait_for` of 3.11 may swallow an interrupt
                line = await asyncio.to_thread(process.stdout.readline)
            if line and json.loads(line).get("event") == "serving":
                return
        raise LocalFederationError(f"{party} does not serve:\n{log.read_text()[-2000:]}")

    def launch(self, party: str, words: Sequence[str], log: Path) -> RunningProcess:
        """Start a party's process with these words; its output can be read, its errors are added to ``log``."""
        # Not asyncio's: its handle dies with the loop, and a party is stopped and killed from outside of one.
        with log.open("a") as errors:
            return subprocess.Popen(
                [*self.launchers.get(party, _symbolon()), *words],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,  # an interrupt at the terminal reaches the demo alone
            )

    async def command(self, party: str, *arguments: str) -> dict[str, Any]:
        """Run a command in a party's home and give what it prints as JSON."""
        return await self.run(*arguments, "--home", str(self.home(party)))

    async def run(self, *arguments: str, accept: Sequence[int] = (0,)) -> dict[str, Any]:
        """Run a command with ``--json`` and give its last line; raise `LocalFederationError` on another exit code."""
        process = await asyncio.create_subprocess_exec(
            *_symbolon(), *arguments, "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        output, errors = await process.communicate()
        if process.returncode not in accept:
            shown = " ".join(arguments)
            raise LocalFederationError(f"symbolon {shown}: exit {process.returncode}\n{(output + errors).decode()}")
        return last_line(output.decode())

    def stop(self) -> None:
        """Drain every process: nodes first, then the coordinator, then the custodian."""
        for party in reversed(list(self.running)):
            self.running.pop(party).stop()

    async def _init(self, party: str, kind: str, *options: str) -> None:
        await self.command(
            party,
            kind,
            "init",
            "--listen",
            self.address(party),
            "--authority",
            str(self.folder / "authority"),
            *options,
        )

    async def _init_node(self, agency: str) -> None:
        await self._init(
            agency,
            "node",
            *("--agency", agency, "--display-name", self.agencies[agency]),
            *("--address", self.address(agency), "--contact", f"desk@{agency.lower()}.example"),
            *("--coordinator", COORDINATOR, "--coordinator-address", self.address(COORDINATOR)),
            *(("--console-listen", self.console_address(agency)) if agency in self.consoles else ()),
            *(text for name, value in self.settings.items() for text in (f"--{name}", value)),
        )
        (self.home(agency) / RULES_FILE).write_text(HOUSE_RULES, encoding="utf-8")


def last_line(output: str) -> dict[str, Any]:
    """Read the last line of what a command printed with ``--json``; empty where it printed nothing."""
    lines = output.strip().splitlines()
    result: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return result


def _symbolon() -> list[str]:
    return [sys.executable, "-m", "cli"]


def _pairs(parties: Sequence[str]) -> list[Sequence[str]]:
    """Split into twos: as many processes at once as a small machine has cores."""
    return [parties[start : start + 2] for start in range(0, len(parties), 2)]


def free_port() -> int:
    """Draw a port that nobody listens at, below those the system may give to an outgoing connection meanwhile."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
