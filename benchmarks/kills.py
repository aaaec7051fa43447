"""Does the log keep what it acknowledged, whenever its process is killed and wherever its files are torn?

``python -m benchmarks.kills [--times N] [--nodes N] [--torn N] [--seed N] [--json]``

- *writers*: a process of 16 writers on one log is killed (``kill -9``) at a random moment, ``--times`` times. Each
  entry that a writer was told of is looked for after each kill, and the whole log is verified at the end.
- *parties*: queries run through two nodes, a coordinator and a custodian; one of them is killed at a random moment and
  started again, ``--nodes`` times. Of each answer that the analyst's program was told, all four logs must have their
  entry.
- *torn*: copies of a log are torn as by a power cut (the commit under way is cut or garbled at a random byte), and
  damaged otherwise (each of its files cut or garbled at a random byte), ``--torn`` times each. What opens must have all
  that was acknowledged, or `symbolon audit verify` must name the entry; else it must be refused.

Exit code 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.kills_logs import Killings, damaged, kill_writers, outcome_of, torn, written_log
from benchmarks.kills_nodes import kill_parties
from benchmarks.oblivious import machine
from ledger.log import Ledger

FILES = ("ledger.db", "ledger.db-wal", "ledger.end")
WAYS = ("cut", "garbled")
ENTRIES = 700


def measure(times: int, nodes: int, tears: int, seed: int) -> dict[str, Any]:
    """Kill and tear, and give what came of it."""
    chance = random.Random(seed)  # noqa: S311  # the same moments in every run of a seed
    with tempfile.TemporaryDirectory() as folder:
        return {
            "writers": _writers(Path(folder) / "writers" / "ledger.db", times, chance),
            "parties": _parties(Path(folder) / "parties", nodes, chance),
            "torn": _tears(Path(folder) / "torn", tears, chance),
            "seed": seed,
            "machine": machine(),
        }


def _writers(path: Path, times: int, chance: random.Random) -> dict[str, Any]:
    started = time.monotonic()
    found = kill_writers(path, times, chance, Killings())
    with Ledger(path) as ledger:
        verified = ledger.verify()
        kept = {entry.number: entry.leaf_hash.hex() for entry in ledger.entries()}
    lost = [number for number, known in found.acknowledged.items() if kept.get(number) != known]
    return {
        "kills": found.kills,
        "before_the_first_entry": found.in_vain,
        "acknowledged": len(found.acknowledged),
        "entries_verified": verified,
        "lost": len({*found.lost, *found.changed, *lost}),
        "seconds": round(time.monotonic() - started, 1),
    }


def _parties(folder: Path, times: int, chance: random.Random) -> dict[str, Any]:
    if not times:
        return {}
    folder.mkdir(parents=True)
    started = time.monotonic()
    found = asyncio.run(kill_parties(folder, times, chance))
    return {
        "kills": found.kills,
        "queries": found.queries,
        "outcomes_told": len(found.told),
        "answers_told": found.answers,
        "without_entry": {party: len(cases) for party, cases in found.missing.items()},
        "entries_verified": found.entries,
        "seconds": round(time.monotonic() - started, 1),
    }


def _tears(folder: Path, times: int, chance: random.Random) -> dict[str, Any]:
    if not times:
        return {}
    log = written_log(folder, ENTRIES)
    outcomes: dict[str, Counter[str]] = {"commit under way": Counter()}
    for number in range(times):
        copy, acknowledged = torn(log, folder / f"torn-{number}", chance)
        outcomes["commit under way"][outcome_of(copy, acknowledged)] += 1
    for file in FILES:
        for way in WAYS:
            counted = outcomes.setdefault(f"{file} {way}", Counter())
            for number in range(times):
                copy, acknowledged, _ = damaged(log, folder / f"{file}-{way}-{number}", file, way, chance)
                counted[outcome_of(copy, acknowledged)] += 1
    return {what: dict(counted) for what, counted in outcomes.items()}


def is_lost(found: dict[str, Any]) -> bool:
    """Say whether anything was lost that must not be."""
    torn_wrong = any("silent loss" in counted for counted in found["torn"].values())
    torn_wrong |= not set(found["torn"].get("commit under way", {})) <= {"whole"}
    without = sum(found["parties"].get("without_entry", {}).values())
    return bool(found["writers"]["lost"] or without or torn_wrong)


def _tables(found: dict[str, Any]) -> list[Table]:
    tables = []
    for title in ("writers", "parties"):
        table = Table("what", "figure", title=f"killed: {title}")
        for name, value in found[title].items():
            table.add_row(name.replace("_", " "), json.dumps(value) if isinstance(value, dict) else f"{value:,}")
        tables.append(table)
    ways = sorted({way for counted in found["torn"].values() for way in counted} | {"silent loss"})
    table = Table("torn or damaged", *ways, title="copies of a log")
    for what, counted in found["torn"].items():
        table.add_row(what, *(str(counted.get(way, 0)) for way in ways))
    return [*tables, table]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line and give the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=1_000, help="kills of a process of writers")
    parser.add_argument("--nodes", type=int, default=40, help="kills of whole parties")
    parser.add_argument("--torn", type=int, default=100, help="torn and damaged copies of each kind")
    parser.add_argument("--seed", type=int, default=5, help="of the random moments and places")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args(arguments)
    found = measure(options.times, options.nodes, options.torn, options.seed)
    if options.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        Console().print(*_tables(found))
    return int(is_lost(found))


if __name__ == "__main__":
    sys.exit(main())
