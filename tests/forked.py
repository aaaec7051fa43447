"""Processes of the command line that share their start: each is forked from one in which everything is imported.

What a process costs before its first line of work is a second of a processor, and the tests start some thousand. Here a
server of Python's `multiprocessing` (*forkserver*) imports the product once and forks for every command and every
party: each has memory, descriptors, signals and an end of its own, as if a shell had started it. What the start itself
is about (the wheel, the demonstration, the tutorial, what stands in ``/proc``) is tested by processes started anew.
"""

from __future__ import annotations

import asyncio
import ctypes
import io
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TextIO

from tests.conftest import REPOSITORY

SYMBOLON = ("-m", "cli")
PATH = f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'proto'}"

_DIE_WITH_PARENT = 1  # prctl(2)

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.everything"])


class Forked:
    """A running process; the names are those of `subprocess.Popen`. ``launch`` follows ``python``: -m or -c."""

    def __init__(
        self, launch: Sequence[str], *, errors: Path | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        """Start it. What it prints of errors is added to a file, or comes with its output."""
        os.environ["PYTHONPATH"] = PATH  # of the server that forks, which starts with the first
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        what = (theirs, tuple(launch), str(errors) if errors else None, dict(variables or {}))
        self._process = _CONTEXT.Process(target=_run, args=what, daemon=True)
        self._process.start()
        self._read = threading.Lock()
        theirs.close()
        self.stdout: TextIO = os.fdopen(os.dup(ours.fileno()), encoding="utf-8")
        ours.close()

    @property
    def pid(self) -> int:
        """Give its number at the system."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Give its exit code, negative for the signal that ended it; None while it runs."""
        with self._read:
            return self._process.exitcode

    def poll(self) -> int | None:
        """Give `returncode`."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and give the exit code; raise `subprocess.TimeoutExpired`."""
        wait([self._process.sentinel], timeout)
        code = self.returncode
        if code is None:
            raise subprocess.TimeoutExpired("symbolon", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, None]:
        """Read its output to the end and wait."""
        with self.stdout:
            output = self.stdout.read()
        self.wait()
        return output, None


async def run(*launch: str, errors: Path | None = None, **variables: str) -> tuple[int, str]:
    """Run to the end what follows ``python``; give exit code and output, with the errors unless a file takes them."""
    process = await asyncio.to_thread(Forked, launch, errors=errors, variables=variables)
    try:
        output, _ = await asyncio.to_thread(process.communicate)
    finally:
        process.kill()
    return process.wait(), output


def _run(output: Connection, launch: Sequence[str], errors: str | None, variables: Mapping[str, str]) -> None:
    """Be ``python`` with these words, in the process that was forked."""
    os.setsid()  # an interrupt at the terminal reaches the tests alone
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)  # and tests that are killed leave nobody behind
    told = os.open(errors, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if errors else output.fileno()
    os.dup2(told, 2)
    os.dup2(output.fileno(), 1)
    output.close()
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding="utf-8", write_through=True)
        for number in (1, 2)
    )
    os.environ.update(variables)
    flag, what, *words = launch
    sys.argv = [what, *words]
    if flag == "-c":
        exec(compile(what, flag, "exec"), {"__name__": "__main__"})  # noqa: S102  # a test's own program
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)
