"""Many commands of the command line in one process: what starting one each would cost is left out, nothing else.

``python -m tests.integration.commands`` reads a command's words a line, as JSON, and writes its exit code and output.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.local import LocalFederation, LocalFederationError
from tests.integration.federation import environment

_LONGEST_LINE = 2**24


@dataclass
class CommandedFederation(LocalFederation):
    """A federation whose commands are run by processes that stay; servers are processes of their own as ever."""

    _workers: asyncio.Queue[asyncio.subprocess.Process] = field(default_factory=asyncio.Queue)

    @contextlib.asynccontextmanager
    async def commanded(self, workers: int = 2) -> AsyncIterator[None]:
        """Start the processes, and end them behind the block."""
        started = [await _start() for _ in range(workers)]
        for one in started:
            self._workers.put_nowait(one)
        try:
            yield
        finally:
            for one in started:
                one.kill()
                await one.communicate()

    async def run(self, *arguments: str, accept: Sequence[int] = (0,)) -> dict[str, Any]:
        """Run a command with ``--json`` and give its last line; raise `LocalFederationError` on another exit code."""
        worker = await self._workers.get()
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(json.dumps([*arguments, "--json"]).encode() + b"\n")
        ended = json.loads(await worker.stdout.readline())
        self._workers.put_nowait(worker)
        if ended["code"] not in accept:
            raise LocalFederationError(f"symbolon {' '.join(arguments)}: exit {ended['code']}\n{ended['output']}")
        lines = ended["output"].strip().splitlines()
        result: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return result


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__),
        env=environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )


def main() -> None:
    """Run what is read, one after the other."""
    from typer.testing import CliRunner  # noqa: PLC0415  # only in the process that runs commands

    from cli.main import app  # noqa: PLC0415

    for line in sys.stdin:
        ended = CliRunner().invoke(app, json.loads(line))
        sys.stdout.write(json.dumps({"code": ended.exit_code, "output": ended.output}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
