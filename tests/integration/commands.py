"""Many commands of the command line in one process: what starting one each would cost is left out, nothing else.

``python -m tests.integration.commands`` reads a command's words a line, as JSON, and writes its exit code and output.
"""

from __future__ import annotations

import asyncio
import json
import queue
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from deploy.local import LocalFederation, LocalFederationError
from tests.integration.federation import environment

_WORKERS = 2
"""As many as a small machine has cores."""


@dataclass
class CommandedFederation(LocalFederation):
    """A federation whose commands are run by processes that stay; servers are processes of their own as ever."""

    _workers: list[subprocess.Popen[str]] = field(default_factory=list)
    _idle: queue.Queue[subprocess.Popen[str]] = field(default_factory=queue.Queue)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        for worker in self._workers:
            worker.kill()
            worker.communicate()

    async def run(self, *arguments: str, accept: Sequence[int] = (0,)) -> dict[str, Any]:
        """Run a command with ``--json`` and give its last line; raise `LocalFederationError` on another exit code."""
        ended = await asyncio.to_thread(self._run, [*arguments, "--json"])
        if ended["code"] not in accept:
            shown = " ".join(arguments)
            raise LocalFederationError(f"symbolon {shown}: exit {ended['code']}\n{ended['output']}{ended['errors']}")
        lines = ended["output"].strip().splitlines()
        result: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return result

    def _run(self, words: list[str]) -> dict[str, Any]:
        if len(self._workers) < _WORKERS and self._idle.empty():
            started = _start()
            self._workers.append(started)
            self._idle.put(started)
        worker = self._idle.get()
        try:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(json.dumps(words) + "\n")
            worker.stdin.flush()
            ended: dict[str, Any] = json.loads(worker.stdout.readline())
            return ended
        finally:
            self._idle.put(worker)


def _start() -> subprocess.Popen[str]:
    command = (sys.executable, "-m", __name__)
    return subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Run what is read, one after the other."""
    from typer.testing import CliRunner  # noqa: PLC0415  # only in the process that runs commands

    from cli.main import app  # noqa: PLC0415

    for line in sys.stdin:
        ended = CliRunner().invoke(app, json.loads(line))
        sys.stdout.write(json.dumps({"code": ended.exit_code, "output": ended.stdout, "errors": ended.stderr}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
