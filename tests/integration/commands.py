"""A federation whose parties and commands are processes that share their start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local import LocalFederation, LocalFederationError, last_line
from tests.forked import SYMBOLON, Forked, run


class CommandedFederation(LocalFederation):
    """As `LocalFederation`, with each process forked from one that has imported the product."""

    def launch(self, party: str, words: Sequence[str], log: Path) -> Forked:
        """Start a party's process; a launcher is ``python -m`` and what follows."""
        _, *launch = self.launchers.get(party, ("python", *SYMBOLON))
        return Forked((*launch, *words), errors=log)

    async def run(self, *arguments: str, accept: Sequence[int] = (0,)) -> dict[str, Any]:
        """Run a command with ``--json`` and give its last line; raise `LocalFederationError` on another exit code."""
        self.folder.mkdir(parents=True, exist_ok=True)
        errors = self.folder / "commands.log"
        code, output = await run(*SYMBOLON, *arguments, "--json", errors=errors)
        if code not in accept:
            shown = " ".join(arguments)
            raise LocalFederationError(f"symbolon {shown}: exit {code}\n{output}{errors.read_text()}")
        return last_line(output)
