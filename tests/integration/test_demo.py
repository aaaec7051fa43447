"""``make demo`` from end to end: every answer right, nothing left behind, also when it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

RECORDS = 60
SECONDS = 400


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "deploy.demo", "--records", str(RECORDS), "--keep", str(folder)]


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "proto")]),
        "COLUMNS": "100",
        "TERM": "dumb",
    }


def _processes_of(folder: Path) -> list[str]:
    """Give the command lines of running processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it has ended meanwhile
            if str(folder) in line:
                found.append(line)
    return found


@pytest.mark.timeout(SECONDS + 20)
def test_the_demonstration_answers_every_question_right_and_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "federation"
    played = subprocess.run(
        _command(folder),
        cwd=REPOSITORY,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert played.returncode == 0, played.stdout[-3000:] + played.stderr[-3000:]
    for said in ("What the coordinator saw", "Who knows the person", "nobody", "strong"):
        assert said in played.stdout
    assert "no:" not in played.stdout
    assert _processes_of(folder) == []


@pytest.mark.timeout(SECONDS + 20)
def test_an_interrupted_demonstration_stops_its_parties(tmp_path: Path) -> None:
    """Also where the tests run behind a shell that ignores interrupts for what it starts with ``&``."""
    folder = tmp_path / "federation"
    with subprocess.Popen(
        ["env", "--default-signal=INT", *_command(folder)],
        cwd=REPOSITORY,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as demo:
        until = time.monotonic() + SECONDS
        while not any(" serve " in line for line in _processes_of(folder)) and time.monotonic() < until:
            time.sleep(0.2)
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate(timeout=SECONDS)
    assert demo.returncode == 130, errors[-2000:]
    assert b"Traceback" not in errors
    assert _processes_of(folder) == []
