"""What a killed process and a torn file do to a log: writers that are killed, and copies of a log that are damaged.

``benchmarks.kills`` uses this much, the tests a little.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import shutil
import signal
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.entries import DamagedLogError, Statement
from ledger.events import QueryRefused
from ledger.log import Ledger
from symbolon.rpc.errors import ErrorCode, SymbolonError

WRITERS = 16
LONGEST_LIFE = 0.1
"""Seconds that a writing process lives at most after its first entry, or, one in five, after its birth."""

Acknowledged = dict[int, str]
"""The leaf hash of each entry that a writer was told of."""


@dataclass
class Killings:
    """What came of killed writers."""

    kills: int = 0
    in_vain: int = 0
    acknowledged: Acknowledged = field(default_factory=dict)
    kept: int = 0
    lost: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)


def kill_writers(path: Path, times: int, chance: random.Random, found: Killings) -> Killings:
    """Kill a process of 16 writers so often, at a random moment each time; open and compare the log after each kill."""
    for _ in range(times):
        acknowledged = _one_killed(path, chance.uniform(0, LONGEST_LIFE), at_birth=chance.random() < 0.2)
        found.kills += 1
        found.in_vain += not acknowledged
        found.acknowledged |= acknowledged
        with Ledger(path) as ledger:  # which checks its end and its tree
            found.kept = ledger.count()
            wanted = min(acknowledged, default=found.kept + 1)
            kept = {entry.number: entry.leaf_hash.hex() for entry in ledger.entries(wanted)}
        found.lost += [number for number in acknowledged if number not in kept]
        found.changed += [number for number, known in acknowledged.items() if kept.get(number, known) != known]
    return found


def _one_killed(path: Path, seconds: float, *, at_birth: bool) -> Acknowledged:
    """Let a process write for so long, kill it, and give what it had been told."""
    reading, writing = os.pipe()
    child = os.fork()  # what it needs is imported already, so that a thousand do not cost a quarter of an hour
    if child == 0:
        os.close(reading)
        gc.freeze()  # a child that collected what was left in its parent has been seen to crash
        _write_for_ever(path, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = [] if at_birth else [told.readline()]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        lines += told.read().splitlines(keepends=True)
    whole = (line.split() for line in lines if line.endswith("\n"))  # the last one may have been cut by the kill
    return {int(number): leaf_hash for number, leaf_hash in whole}


def _write_for_ever(path: Path, told: int) -> None:
    async def write(ledger: Ledger, writer: int) -> None:
        event = QueryRefused(envelope_digest="00", sender="s", reason=str(writer))
        while True:
            for entry in await ledger.record(Statement(event, {"case_reference": str(writer)})):
                os.write(told, f"{entry.number} {entry.leaf_hash.hex()}\n".encode())

    async def write_all() -> None:
        with Ledger(path) as ledger:
            await asyncio.gather(*(write(ledger, writer) for writer in range(WRITERS)))

    try:
        asyncio.run(write_all())
    finally:
        os._exit(1)  # never back into the parent's code


def written_log(folder: Path, entries: int) -> Path:
    """Write a log and give a copy of its folder as it lay on disk while the writer still had it open."""
    live, copy = folder / "live", folder / "copy"
    with Ledger(live / "ledger.db") as ledger:
        ledger.append(*map(_statement, range(entries // 2)))
        _checkpoint(live / "ledger.db")
        for number in range(entries // 2, entries):
            ledger.append(_statement(number))
        shutil.copytree(live, copy)
    (copy / "ledger.db-shm").unlink(missing_ok=True)  # SQLite makes it from the write-ahead log
    return copy


def torn(log: Path, copy: Path, chance: random.Random) -> tuple[Path, Acknowledged]:
    """Give a copy in which the last commits were cut or garbled at a random byte, as by a power cut, and what was told.

    What is torn had not been acknowledged: the file of the end says so, as at the moment of the cut.
    """
    shutil.copytree(log, copy)
    before = _hashes(log)
    wal = copy / "ledger.db-wal"
    synced = wal.stat().st_size
    with Ledger(copy / "ledger.db") as ledger:
        end = (copy / "ledger.end").read_bytes()
        ledger.append(*map(_statement, range(chance.randrange(1, 40))))
        content = wal.read_bytes()
        database = (copy / "ledger.db").read_bytes()
    place = chance.randrange(min(synced, len(content)), len(content) + 1)
    rest = chance.randbytes(chance.randrange(0, 5_000)) if chance.random() < 0.5 else b""
    wal.write_bytes(content[:place] + rest)
    (copy / "ledger.db").write_bytes(database)
    (copy / "ledger.end").write_bytes(end)
    (copy / "ledger.db-shm").unlink(missing_ok=True)
    return copy, before


def damaged(log: Path, copy: Path, file: str, way: str, chance: random.Random) -> tuple[Path, Acknowledged, int]:
    """Give a copy of which one file was cut, or up to 64 bytes garbled, at a random byte; what was told, and where."""
    shutil.copytree(log, copy)
    content = bytearray((copy / file).read_bytes())
    place = chance.randrange(len(content))
    if way == "cut":
        del content[place:]
    else:
        length = chance.randrange(1, 65)
        content[place : place + length] = chance.randbytes(len(content[place : place + length]))
    (copy / file).write_bytes(content)
    return copy, _hashes(log), place


def outcome_of(copy: Path, acknowledged: Acknowledged) -> str:
    """Say what a log does: ``whole``, ``refused`` at the start, ``found`` by verify, or ``silent loss``."""
    try:
        with Ledger(copy / "ledger.db") as ledger:
            try:
                kept = {entry.number: entry.leaf_hash.hex() for entry in ledger.verified()}
            except DamagedLogError as error:
                return "found" if str(error) else "silent loss"
    except SymbolonError as error:
        named = error.code is ErrorCode.LOG_DAMAGED and str(copy) in error.detail
        return "refused" if named else f"refused as {error.code.code}"
    return "whole" if acknowledged.items() <= kept.items() else "silent loss"


def _hashes(log: Path) -> Acknowledged:
    """Give all that was acknowledged in a log that is whole; it is read in a copy, for reading may move its files."""
    copy = shutil.copytree(log, log.parent / f"read-{time.monotonic_ns()}")
    with Ledger(copy / "ledger.db") as ledger:
        known = {entry.number: entry.leaf_hash.hex() for entry in ledger.entries()}
    shutil.rmtree(copy)
    return known


def _statement(number: int) -> Statement:
    event: Any = QueryRefused(envelope_digest="00", sender="s", reason=str(number))
    return Statement(event, {"case_reference": f"2026/{number}"})


def _checkpoint(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
