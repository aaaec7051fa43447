"""How long does a query take in a running federation, where does the time go, and how many fit into a second?

``python -m benchmarks.query [--nodes 5] [--records N ...] [--queries N] [--concurrency N] [--enrolled N|all] [--json]``

Starts coordinator, custodian and ``--nodes`` + 1 agency nodes as processes with mutual TLS on this machine, imports an
invented list into each, enrols a part of it through the custodian and fills the rest of the index with random entries
(`benchmarks.query_federation` says why that costs a query the same). Every query asks ``--nodes`` other nodes. Half ask
for a person one node has enrolled (a hit, compared in full), half for a person of no list. Measured, for each size:

- *latency*: from an analyst's request to the end of its stream, one query at a time; the very first one apart;
- *stages*: timed inside the parties (`benchmarks.query_stages`), in the same queries;
- *processor time*: of all processes together and for each query, which other work on the machine disturbs least;
- *throughput*: ``--concurrency`` analysts at different nodes, each putting the next query when the last one ended;
- *bytes*: counted on the connections for a few more queries (`benchmarks.query_wire`);
- the *tick*: for several settings of it, how many replies would have missed the first one, and how much longer work
  takes where something opens. The share of replies without a hit that end within that time before a tick is what
  whoever times replies can tell at best: for the others a hit would have left on the same tick;
- what a node needs: memory, time to start, file sizes, import and enrolment rates.

The analyst is on the same machine as all parties, so all of them share its cores and no network delays anything. On two
cores 10,000 records a node take about two minutes in all, 100,000 about five.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from benchmarks.oblivious import machine
from benchmarks.query_asking import Asking, ask_alone, ask_together, by_kind, questions, resident_mib
from benchmarks.query_federation import LoadedFederation, Loading, Report, Size, unknown_persons
from benchmarks.query_report import print_report
from benchmarks.query_stages import read_samples, work_by_opening
from benchmarks.query_wire import ByteCount, counting
from deploy.local import COORDINATOR, CUSTODIAN
from node.config import CONFIG_FILE, load_home

DEFAULT_NODES = 5
DEFAULT_RECORDS = (10_000,)
DEFAULT_ENROLLED = 1_000
DEFAULT_QUERIES = 100
DEFAULT_CONCURRENCY = 8
WARM_UP = 6
TICKS = (20, 25, 30, 40, 50)
COUNTED_QUERIES = 10  # whose bytes are counted


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution in milliseconds."""

    p50: float
    p95: float
    mean: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Describe at least one value."""
        ordered = sorted(values)
        return cls(
            ordered[len(ordered) // 2],
            ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
            sum(ordered) / len(ordered),
            len(ordered),
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything measured at one size."""

    size: Size
    loading: Loading
    first: float
    alone: Asking
    together: Asking
    analysts: int
    wire: dict[str, float]
    memory_mib: dict[str, float]
    stages: dict[str, Spread]
    ticks: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Give the figures by name; milliseconds, bytes and rates as the names say."""
        queries = len(self.alone.latencies)
        processor = {party: 1000 * one / queries for party, one in self.alone.processor_seconds.items()}
        loading = self.loading
        return {
            "nodes_asked": self.size.nodes,
            "records_per_node": self.size.records,
            "really_enrolled_per_node": self.size.enrolled,
            "latency_ms": asdict(Spread.of(self.alone.latencies)) | {"first": self.first},
            "steps_ms": {step: asdict(Spread.of(values)) for step, values in self.alone.steps.items()},
            "stages_ms": {stage: asdict(spread) for stage, spread in self.stages.items()},
            "tick": self.ticks,
            "processor_ms_per_query": processor | {"in all": sum(processor.values())},
            "outcomes": dict(self.alone.outcomes),
            "throughput": {
                "analysts": self.analysts,
                "queries": len(self.together.latencies),
                "queries_per_second": len(self.together.latencies) / self.together.seconds,
                "latency_ms": asdict(Spread.of(self.together.latencies)),
                "processor_ms_per_query": 1000
                * sum(self.together.processor_seconds.values())
                / len(self.together.latencies),
                "outcomes": dict(self.together.outcomes),
            },
            "bytes_per_query": self.wire,
            "memory_mib": self.memory_mib,
            "start_seconds": Spread.of(loading.start_seconds).p50,
            "import_rows_per_second": self.size.records / Spread.of(loading.import_seconds).p50,
            "enrolment_tokens_per_second": 2 * loading.enrolled_tokens / loading.enrol_seconds,
            "index_entries": loading.index_entries,
            "index_bytes": max(loading.index_bytes),
            "records_bytes": max(loading.records_bytes),
        }


async def measure(size: Size, queries: int, analysts: int, report: Report) -> dict[str, Any]:
    """Load a federation of this size, put the queries, and give the figures."""
    with tempfile.TemporaryDirectory(prefix="symbolon-benchmark-") as scratch:
        federation = LoadedFederation(Path(scratch), size)
        with federation.local:
            await federation.load(report)
            first = await ask_alone(federation, [next(unknown_persons())], lambda done: None)
            await ask_alone(federation, questions(federation, WARM_UP), lambda done: None)
            asked = questions(federation, queries)
            alone = await ask_alone(federation, asked, lambda done: report("ask, one by one", done, queries))
            together = await ask_together(federation, queries, analysts, report)
            memory = {party: resident_mib(federation, party) for party in federation.parties}
            wire = await _count_bytes(federation, report)
        paths = [federation.samples(party) for party in federation.parties if federation.samples(party).exists()]
        samples = read_samples(paths, alone.began, alone.ended)
        ticks = _ticks(*work_by_opening(paths, alone.began, alone.ended))
    stages = {stage: Spread.of(one) for stage, one in samples.items()}
    memory = by_kind(memory)
    measured = Measured(
        size, federation.loading, first.latencies[0], alone, together, analysts, wire, memory, stages, ticks
    )
    return measured.to_json()


def _ticks(opened: Sequence[float], nothing: Sequence[float]) -> dict[str, Any]:
    """Give the work with and without an opening, and for each tick who would be late and what that would tell."""
    longer = max(0.0, Spread.of(opened).p50 - Spread.of(nothing).p50)
    work = [*opened, *nothing]
    return {
        "work_opened_ms": asdict(Spread.of(opened)),
        "work_nothing_ms": asdict(Spread.of(nothing)),
        "late": {str(tick): sum(one > tick for one in work) / len(work) for tick in TICKS},
        "tells": {str(tick): sum(one % tick > tick - longer for one in nothing) / len(nothing) for tick in TICKS},
    }


async def _count_bytes(federation: LoadedFederation, report: Report) -> dict[str, float]:
    """Put relays before the asker's coordinator and custodian and before one responder, and count a few queries."""
    local, asker, responder = federation.local, federation.agencies[0], federation.agencies[1]
    counts = {name: ByteCount() for name in ("coordinator", "custodian", "node")}
    report("count bytes", 0, COUNTED_QUERIES)
    async with AsyncExitStack() as stack:
        addresses = {"coordinator": COORDINATOR, "custodian": CUSTODIAN, "node": responder}
        relays = {
            name: await stack.enter_async_context(counting(local.address(party), counts[name]))
            for name, party in addresses.items()
        }
        local.running.pop(asker).stop()
        _replace(local.home(asker) / CONFIG_FILE, local.address(COORDINATOR), relays["coordinator"])
        _replace(load_home(local.home(asker)).federation_path, local.address(CUSTODIAN), relays["custodian"])
        _replace_setting(local.home(responder) / CONFIG_FILE, "address", relays["node"])
        await local.command(responder, "node", "join")
        await local.start(asker)
        asked = questions(federation, WARM_UP + COUNTED_QUERIES)
        await ask_alone(federation, asked[:WARM_UP], lambda done: None)
        before = {name: ByteCount(one.sent, one.received) for name, one in counts.items()}
        await ask_alone(federation, asked[WARM_UP:], lambda done: report("count bytes", done, COUNTED_QUERIES))
        local.running.pop(asker).stop()  # and with it its connections through the relays
    per_query = {
        f"{name}, {way}": (getattr(counts[name], way) - getattr(before[name], way)) / COUNTED_QUERIES
        for name in counts
        for way in ("sent", "received")
    }
    return per_query | {"one node, both ways": per_query["node, sent"] + per_query["node, received"]}


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new), encoding="utf-8")


def _replace_setting(path: Path, name: str, value: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [f'{name} = "{value}"' if line.startswith(f"{name} =") else line for line in lines]
    assert changed != lines, path
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")


def _enrolled(text: str) -> int | None:
    return None if text == "all" else int(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.query", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=DEFAULT_NODES, help="nodes a query goes to; one more asks (5)")
    parser.add_argument(
        "--records", type=int, nargs="+", default=DEFAULT_RECORDS, help="records a node, one run each (10000)"
    )
    parser.add_argument("--queries", type=int, default=DEFAULT_QUERIES, help="queries of each series (100)")
    parser.add_argument("--concurrency", type=int, default=DEFAULT_CONCURRENCY, help="analysts at once (8)")
    parser.add_argument(
        "--enrolled", type=_enrolled, default=DEFAULT_ENROLLED, help="records really enrolled a node, or all (1000)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    options = parser.parse_args()
    if min(options.nodes, options.queries, options.concurrency, *options.records) < 1:
        parser.error("--nodes, --records, --queries and --concurrency are at least 1")
    return options


def main() -> None:
    """Measure and print."""
    options = _options()
    results = []
    with Progress(console=Console(stderr=True), transient=True, disable=options.json) as progress:
        tasks: dict[str, Any] = {}
        for records in options.records:
            size = Size(options.nodes, records, min(records, options.enrolled or records))

            def report(step: str, done: int, total: int, records: int = records) -> None:
                name = f"{records:,} records: {step}"
                if name not in tasks:
                    tasks[name] = progress.add_task(name)
                progress.update(tasks[name], completed=done, total=total)

            results.append(asyncio.run(measure(size, options.queries, options.concurrency, report)))
    where = machine() | {"date": datetime.now(UTC).date().isoformat(), "load_average": os.getloadavg()[0]}
    where["command"] = "python -m benchmarks.query " + " ".join(sys.argv[1:])
    if options.json:
        print(json.dumps({"machine": where, "sizes": results}, indent=2))
    else:
        print_report(where, results)


if __name__ == "__main__":
    main()
