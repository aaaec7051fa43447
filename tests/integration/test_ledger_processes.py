"""Several processes write one log at once (a server, an enrolment, an auditor); one of them is killed meanwhile."""

from __future__ import annotations

import json
import random
from pathlib import Path

from ledger.log import Ledger
from ledger.reading import LedgerReader
from tests.forked import Forked

ROUNDS = 10
WRITERS = 3

_WRITER = """
import asyncio, json, sys, time
from pathlib import Path
from ledger.entries import Statement
from ledger.events import QueryRefused
from ledger.log import Ledger
from ledger.submissions import AlreadySeenError

async def write(ledger, name):
    for number in range(100_000):
        # All processes try the same digests in the same order: each may be admitted once in the life of the log.
        digest = number.to_bytes(32, "big")
        event = QueryRefused(envelope_digest=digest.hex(), sender="s", reason=name)
        try:
            (entry,) = await ledger.admit(digest, int(time.time()) + 600, Statement(event, {"case_reference": name}))
        except AlreadySeenError:
            continue
        print(json.dumps([entry.number, entry.leaf_hash.hex(), digest.hex()]), flush=True)

async def main():
    with Ledger(Path(sys.argv[1])) as ledger:
        await asyncio.gather(*(write(ledger, f"{sys.argv[2]}-{task}") for task in range(8)))

asyncio.run(main())
"""


def _start(path: Path, name: str) -> Forked:
    return Forked(("-c", _WRITER, str(path), name))


def _acknowledged(process: Forked, most: int) -> list[str]:
    return [line for _, line in zip(range(most), process.stdout, strict=False)]


def _end(process: Forked) -> list[str]:
    process.kill()
    left = process.communicate()[0].splitlines(keepends=True)
    return [line for line in left if line.endswith("\n")]  # the kill may have cut the last one


def test_nothing_acknowledged_is_lost_and_nothing_admitted_twice(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    chance = random.Random(7)  # noqa: S311  # the same moments in every run
    lines: list[str] = []
    writers = [_start(path, str(number)) for number in range(WRITERS)]
    for number in range(ROUNDS):
        victim = writers.pop(0)
        lines += _acknowledged(victim, chance.randrange(1, 60)) + _end(victim)
        writers.append(_start(path, str(WRITERS + number)))
    for writer in writers:
        lines += _end(writer)
    acknowledged = [json.loads(line) for line in lines]
    assert len({digest for _, _, digest in acknowledged}) == len(acknowledged) > ROUNDS
    with Ledger(path) as ledger:
        assert ledger.verify() >= len(acknowledged)
    kept = {entry.number: entry for entry in LedgerReader(path).entries()}
    assert {number: kept[number].leaf_hash.hex() for number, _, _ in acknowledged} == {
        number: leaf_hash for number, leaf_hash, _ in acknowledged
    }
    digests = [entry.event.model_dump()["envelope_digest"] for entry in kept.values()]
    assert len(set(digests)) == len(digests)
