"""What the log acknowledged is there after ``kill -9``, at any moment and with many writers at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from ledger.log import Ledger
from tests.conftest import REPOSITORY

KILLS = 20

_WRITER = """
import asyncio, sys
from pathlib import Path
from ledger.entries import Statement
from ledger.events import QueryRefused
from ledger.log import Ledger

async def write(ledger, writer):
    while True:
        statement = Statement(QueryRefused(envelope_digest="00", sender="s", reason=writer), {"case_reference": writer})
        for entry in await ledger.record(statement):
            print(entry.number, entry.leaf_hash.hex(), flush=True)

async def main():
    with Ledger(Path(sys.argv[1])) as ledger:
        await asyncio.gather(*(write(ledger, str(writer)) for writer in range(16)))

asyncio.run(main())
"""


def test_no_acknowledged_entry_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    chance = random.Random(11)  # noqa: S311  # the same moments in every run
    acknowledged: dict[int, str] = {}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "proto")])}
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        wanted = chance.randrange(1, 120)
        seen = [line for _, line in zip(range(wanted), process.stdout, strict=False)]
        process.send_signal(signal.SIGKILL)
        seen += process.stdout.read().splitlines(keepends=True)
        process.wait()
        process.stdout.close()
        assert len(seen) >= wanted
        for line in seen:
            if line.endswith("\n"):  # the last one may have been cut by the kill
                number, leaf_hash = line.split()
                acknowledged[int(number)] = leaf_hash
    with Ledger(path) as ledger:
        assert ledger.verify() >= max(acknowledged)
        kept = {entry.number: entry.leaf_hash.hex() for entry in ledger.entries()}
    assert {number: kept[number] for number in acknowledged} == acknowledged
