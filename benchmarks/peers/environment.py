"""Peers that need an environment of their own (``make peers``): where it is, and how pairs get into it and back.

One process of the other Python reads all pairs from its standard input, so that loading its tables is paid once and
nothing of it is imported here. Where there is no such environment, the caller says so in its report and goes on.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PEERS_PYTHON = REPOSITORY / ".venv-peers" / "bin" / "python"
LOGIC_V2 = Path(__file__).with_name("logic_v2.py")
LOGIC_V2_CUTOFF = 0.7
"""The threshold nomenklatura's own benchmarks and yente use."""


class PeerMissingError(Exception):
    """The peer is not there to be run; the message says why and how to get it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A peer's score of one pair, and the microseconds it took."""

    score: float
    microseconds: float


def ask_peer(script: Path, pairs: Iterable[str], python: Path | None = None) -> Iterator[str | Answer]:
    """Give the peer's name and version, then its answer to each pair (a JSON line), in order."""
    python = python or PEERS_PYTHON
    if not python.is_file():
        raise PeerMissingError("left out: there is no environment for the peers; make it with `make peers`")
    with subprocess.Popen(
        [python, "-I", "-W", "ignore", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin
        assert process.stdout
        feeding = threading.Thread(target=_feed, args=(process.stdin, pairs), daemon=True)
        name = process.stdout.readline()
        if not name:
            raise PeerMissingError(f"left out: {script.name} did not start in the environment for the peers")
        yield json.loads(name)
        feeding.start()
        for line in process.stdout:
            yield Answer(*json.loads(line))
        feeding.join()
    if process.returncode:
        raise PeerMissingError(f"left out: {script.name} ended with code {process.returncode}")


def ask_peer_at_once(script: Path, question: Mapping[str, Any], python: Path | None = None) -> Any:
    """Give the peer's one answer to one question, both JSON."""
    python = python or PEERS_PYTHON
    if not python.is_file():
        raise PeerMissingError("left out: there is no environment for the peers; make it with `make peers`")
    command = [str(python), "-I", "-W", "ignore", str(script)]
    told = subprocess.run(command, input=json.dumps(question), capture_output=True, encoding="utf-8", check=False)
    if told.returncode:
        raise PeerMissingError(f"left out: {script.name} ended with code {told.returncode}")
    return json.loads(told.stdout)


def _feed(stdin: IO[str], pairs: Iterable[str]) -> None:
    with stdin:
        for pair in pairs:
            stdin.write(pair + "\n")
