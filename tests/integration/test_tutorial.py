"""The tutorial is run as it stands: its ``bash`` blocks in order, in one shell, and what they print is compared.

Only the ports are exchanged for free ones. In the printed output, what differs from run to run (times, references,
fingerprints, counts of tokens) is compared by its form; a line ``...`` stands for any lines.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs/tutorial/first-federation.md"
PORTS = ("7401", "7402", "7411", "7412")
SECONDS = 300
WIDTH = "100"
pytestmark = pytest.mark.timeout(SECONDS + 20)
_MARK = "=== end of block"
_FORMS = (
    (r"[0-9a-f]{12}[0-9a-f]*…?", "<hex>"),
    (r"\b[A-Z2-7]{16}\b", "<reference>"),
    (r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?(\+00:00)?", "<time>"),
    (r"\d+ ms", "<n> ms"),
    (r"\d+ new tokens", "<n> new tokens"),
    (r"tokens \d+, elements \d+", "tokens <n>, elements <n>"),
    (r"\d+\.\d s \([\d,]+ tokens/s\)", "<time>"),
    (r"[─━┃│┏┳┓┡╇┩└┴┘├┼┤ \t]+", " "),
)


@dataclass(frozen=True)
class Block:
    """Commands of the page, and what stands under them (empty where nothing does)."""

    commands: str
    printed: str


def blocks(page: str) -> Iterator[Block]:
    """Give the blocks of the page in order."""
    for found in re.finditer(r"^```bash\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", page, flags=re.M | re.S):
        yield Block(found[1], found[2] or "")


def run(page: str, folder: Path) -> list[tuple[Block, str]]:
    """Run the blocks in one shell and give each with what it printed; no process survives."""
    listed = list(blocks(page))
    script = "".join(f"{block.commands}echo '{_MARK}'\n" for block in listed)
    (folder / "bin").mkdir()
    command = folder / "bin" / "symbolon"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli "$@"\n')
    command.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}",
        "COLUMNS": WIDTH,
    }
    shell = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate(timeout=SECONDS)
    finally:
        # The shell's own children have ended with the page's last block; after a failure they may not have.
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.communicate()
    printed = output.split(f"{_MARK}\n")
    assert len(printed) == len(listed) + 1, output
    return list(zip(listed, printed, strict=False))


def with_free_ports(page: str) -> str:
    """Exchange the page's ports for free ones."""
    sockets = [socket.socket() for _ in PORTS]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    free = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    # The first two parties listen at their defaults on the page.
    hub, custodian = (f"127.0.0.1:{port}" for port in free[:2])
    exchanged = page.replace("init --home custodian", f"init --home custodian --listen {custodian}").replace(
        "init --home hub", f"init --home hub --listen {hub} --custodian-address {custodian}"
    )
    for port, other in zip(PORTS, free, strict=True):
        exchanged = exchanged.replace(f"127.0.0.1:{port}", f"127.0.0.1:{other}")
    return exchanged


def form(text: str) -> str:
    """Give the text with everything that differs from run to run replaced by its kind."""
    for pattern, kind in _FORMS:
        text = re.sub(pattern, kind, text)
    return "\n".join(line.strip() for line in text.splitlines())


def agrees(expected: str, printed: str) -> bool:
    """Say whether the output has the form of the one on the page."""
    pieces = [re.escape(piece) for piece in form(expected).split("...\n")]
    return re.fullmatch("(.*\n)?".join(pieces), form(printed), flags=re.S) is not None


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    page = with_free_ports(PAGE.read_text(encoding="utf-8"))
    ran = run(page, tmp_path)
    assert len(ran) > 15
    for block, printed in ran:
        assert agrees(block.printed, printed), f"$ {block.commands}\nexpected:\n{block.printed}\nprinted:\n{printed}"


def test_another_output_than_the_page_has_is_noticed() -> None:
    assert agrees("hit (58 ms)\n...\nend\n", "hit (7 ms)\nmore\nand more\nend\n")
    assert agrees("one\n...\nend\n", "one\nend\n")
    assert not agrees("nothing (58 ms)\n", "hit (58 ms)\n")
    assert not agrees("one\n", "one\nError: two\n")
    assert not agrees("", "Error: anything\n")


def test_the_tutorial_can_be_pasted_block_by_block() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "symbolon query" in page
    assert not [line for block in blocks(page) for line in block.commands.splitlines() if line.startswith("$")]
    assert page.count("```bash") == len(list(blocks(page)))
