"""A loaded federation to measure: real processes, real imports, an index of full size.

Enrolling a list takes the custodian a multiplication a token, which for a million records is hours of one core. So a
stated part is enrolled really and the rest of the index is filled with uniformly random entries, as many a record as
the list's own records have. The two cannot be told apart by anyone without the federation's keys (that is what the
index is for), and a look-up walks the same tree; only a query can tell, since nothing opens a random entry.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.query_stages import launcher
from deploy.demo.population import bulk
from deploy.local import COORDINATOR, CUSTODIAN, EPOCH, LocalFederation
from matching.features import DEFAULT_BUDGET, own_normaliser, record_features
from node.config import load_home
from node.enrolment.index import IndexStore
from node.records.rows import parse_record
from node.records.sqlite import SqliteRecordStore

SEED = 20260
_PROFILED = 500  # records whose features are counted to fill the index with as many
_CHUNK = 10_000

_FILL = """
INSERT INTO entry (lookup, epoch, number, revision, budget, ordinal, masked)
WITH RECURSIVE place (ordinal) AS (SELECT 0 UNION ALL SELECT ordinal + 1 FROM place WHERE ordinal < 255)
SELECT randomblob(16) AS lookup, epoch, number, revision, ?, ordinal, randomblob(32)
FROM marker JOIN place ON ordinal < entries ORDER BY lookup
"""

Report = Callable[[str, int, int], None]
"""Told the step, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a federation: nodes asked (the asker is one more), records a node, and how many are really enrolled."""

    nodes: int
    records: int
    enrolled: int


@dataclass
class Loading:
    """What loading the lists cost, two nodes at a time; ``enrol_seconds`` are summed over the nodes."""

    import_seconds: list[float] = field(default_factory=list)
    enrolled_tokens: int = 0
    enrol_seconds: float = 0.0
    start_seconds: list[float] = field(default_factory=list)
    index_entries: int = 0
    index_bytes: list[int] = field(default_factory=list)
    records_bytes: list[int] = field(default_factory=list)


class LoadedFederation:
    """A `LocalFederation` with a long invented list at each node."""

    def __init__(self, folder: Path, size: Size, *, consoles: Sequence[str] = ()) -> None:
        """Take a folder that is empty or not there, and the agencies that get a console."""
        agencies = {f"NODE-{number:02}": f"Node {number}" for number in range(1, size.nodes + 2)}
        self.size = size
        self.folder = folder
        self.loading = Loading()
        self.local = LocalFederation(
            folder, agencies, settings={"declared-records": str(max(size.records, 1))}, consoles=consoles
        )
        for party in (*agencies, COORDINATOR, CUSTODIAN):
            self.local.launchers[party] = launcher(self.samples(party))

    @property
    def agencies(self) -> list[str]:
        """Give the agencies; the first one asks when one asks alone."""
        return list(self.local.agencies)

    @property
    def parties(self) -> list[str]:
        """Give all parties."""
        return [*self.agencies, COORDINATOR, CUSTODIAN]

    def samples(self, party: str) -> Path:
        """Name the file of what a party timed."""
        return self.folder / f"{party}.samples"

    def list_path(self, agency: str) -> Path:
        """Name the agency's list."""
        return self.folder / f"{agency}.jsonl"

    def records_at(self, agency: str) -> int:
        """Give how many records an agency lists."""
        assert agency in self.agencies
        return self.size.records

    async def furnish(self, report: Report) -> None:
        """Put into the nodes' files what else is wanted there, before they are started."""

    async def load(self, report: Report) -> None:
        """Set up all parties, import, fill, enrol, and start the nodes with what they then hold."""
        self.folder.mkdir(parents=True, exist_ok=True)
        report("set up the parties", 0, 1)
        await self.local.prepare()
        await self.local.start_hub()
        for agency in self.agencies:
            await self.local.command(agency, "node", "join")
        report("set up the parties", 1, 1)
        with ProcessPoolExecutor(max_workers=2) as workers:
            await self._by_twos("write and import the lists", lambda agency: self._import(agency, workers), report)
            await self._by_twos("fill the indexes", lambda agency: self._fill(agency, workers), report)
        await self._by_twos("enrol a part through the custodian", self._enrol, report)
        await self.furnish(report)
        for number, agency in enumerate(self.agencies):
            report("start the nodes", number, len(self.agencies))
            started = time.perf_counter()
            await self.local.start(agency)
            self.loading.start_seconds.append(time.perf_counter() - started)
        report("start the nodes", 1, 1)

    def known_persons(self, agency: str) -> Iterator[dict[str, Any]]:
        """Give queries for persons that this node has really enrolled."""
        with self.list_path(agency).open(encoding="utf-8") as file:
            yield from _persons(json.loads(line) for line in islice(file, self.size.enrolled))

    def _by_twos(self, step: str, work: Callable[[str], Any], report: Report) -> Any:
        return _by_twos(self.agencies, work, lambda done: report(step, done, len(self.agencies)))

    async def _import(self, agency: str, workers: ProcessPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        path = self.list_path(agency)
        seed = SEED + self.agencies.index(agency)
        await loop.run_in_executor(workers, write_list, path, seed, self.records_at(agency), agency)
        started = time.perf_counter()
        await self.local.run("node", "import", str(path), "--home", str(self.local.home(agency)), accept=(0, 21))
        self.loading.import_seconds.append(time.perf_counter() - started)

    async def _fill(self, agency: str, workers: ProcessPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(
            workers, fill_index, self.local.home(agency), self.list_path(agency), self.size.enrolled
        )

    async def _enrol(self, agency: str) -> None:
        summary = await self.local.command(agency, "node", "enrol")
        self.loading.enrolled_tokens += summary["tokens"]
        self.loading.enrol_seconds += summary["seconds"]
        home = load_home(self.local.home(agency))
        with IndexStore(home.index_path) as index:
            self.loading.index_entries = index.counts(EPOCH).entries
        self.loading.index_bytes.append(home.index_path.stat().st_size)
        self.loading.records_bytes.append(home.records_path.stat().st_size)


def unknown_persons() -> Iterator[dict[str, Any]]:
    """Give queries for persons of no list (a namesake may open all the same, as it would in life)."""
    return _persons(bulk(SEED - 1, 1_000_000, "NOBODY"))


def write_list(path: Path, seed: int, records: int, agency: str) -> None:
    """Write an agency's list."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in bulk(seed, records, agency))


def fill_index(folder: Path, list_path: Path, enrolled: int) -> None:
    """Give every record behind the first ``enrolled`` of the list random entries, and mark it as enrolled."""
    home = load_home(folder)
    counts = cycle(_entry_counts(list_path))
    with list_path.open(encoding="utf-8") as file:
        really = {json.loads(line)["record_id"] for line in islice(file, enrolled)}
    filled: list[tuple[int, int, int]] = []
    with SqliteRecordStore(home.records_path) as records, IndexStore(home.index_path):
        states = list(records.states())
        for start in range(0, len(states), _CHUNK):
            chunk = states[start : start + _CHUNK]
            names = records.identify([state.number for state in chunk])
            rest = [(state.number, state.revision) for state in chunk if names[state.number] not in really]
            filled += [(*record, next(counts)) for record in rest]
            records.mark_enrolled(rest, datetime.now(UTC))
    _write_entries(home.index_path, filled)


def _write_entries(path: Path, filled: Sequence[tuple[int, int, int]]) -> None:
    """Write markers and entries in the order of the keys, which is many times as fast as record by record."""
    budgets = json.dumps([DEFAULT_BUDGET])
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (secondary,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'entry_number'").fetchone()
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DROP INDEX entry_number")
        connection.execute("INSERT INTO epoch (name) VALUES (?)", (EPOCH,))
        (epoch,) = connection.execute("SELECT id FROM epoch WHERE name = ?", (EPOCH,)).fetchone()
        connection.executemany(
            "INSERT INTO marker (number, epoch, revision, normaliser, budgets, entries) VALUES (?, ?, ?, ?, ?, ?)",
            ((number, epoch, revision, own_normaliser(), budgets, count) for number, revision, count in filled),
        )
        connection.execute(_FILL, (DEFAULT_BUDGET,))
        connection.execute(secondary)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _entry_counts(list_path: Path) -> list[int]:
    with list_path.open(encoding="utf-8") as file:
        return [len(record_features(parse_record(json.loads(line)).subject)) for line in islice(file, _PROFILED)]


def _persons(rows: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give a person as an analyst types him: first name as listed, full birth date, nationality."""
    for row in rows:
        if row["category"] == "individual" and row["nationality"] and any(len(date) == 10 for date in row["dob"]):
            yield {"names": row["names"][:1], "dob": row["dob"][:1], "nationality": row["nationality"][:1]}


async def _by_twos(parties: Sequence[str], work: Callable[[str], Any], done: Callable[[int], None]) -> None:
    """Work on two parties at a time."""
    waiting, finished = iter(parties), 0
    done(0)

    async def worker() -> None:
        nonlocal finished
        for party in waiting:
            await work(party)
            finished += 1
            done(finished)

    await asyncio.gather(worker(), worker())
