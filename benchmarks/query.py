"""How long does a query take in a running federation, where does the time go, and how many fit into a second?

``python -m benchmarks.query [--nodes 5] [--records 10000 100000] [--queries N] [--concurrency N] [--enrolled N|all]
[--json]``

Starts coordinator, custodian and ``--nodes`` + 1 agency nodes as processes with mutual TLS on this machine, imports an
invented list into each, enrols a part of it through the custodian and fills the rest of the index with random entries
(`benchmarks.query_federation` says why that costs a query the same). Every query asks ``--nodes`` other nodes. Half ask
for a person one node has enrolled (a hit, compared in full), half for a person of no list. Measured, for each size:

- *latency*: from an analyst's request to the end of its stream, one query at a time; the very first one apart;
- *stages*: timed inside the parties (`benchmarks.query_stages`), in the same queries;
- *processor time*: of all processes together and for each query, which other work on the machine disturbs least;
- *throughput*: ``--concurrency`` analysts at different nodes, each putting the next query when the last one ended;
- *bytes*: counted on the connections for a few more queries (`benchmarks.query_wire`);
- what a node needs: memory, time to start, file sizes, import and enrolment rates.

The analyst is on the same machine as all parties, so all of them share its cores and no network delays anything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from benchmarks.oblivious import machine
from benchmarks.query_federation import LoadedFederation, Loading, Report, Size, unknown_persons
from benchmarks.query_report import print_report
from benchmarks.query_stages import read_samples
from benchmarks.query_wire import ByteCount, counting
from deploy.local import COORDINATOR, CUSTODIAN, EVERY_PURPOSE
from node.config import CONFIG_FILE, load_home
from node.desk_client import DeskClient
from symbolon.v1.desk_pb2 import NodeOutcome

DEFAULT_NODES = 5
DEFAULT_RECORDS = (10_000, 100_000)
DEFAULT_ENROLLED = 1_000
DEFAULT_QUERIES = 100
DEFAULT_CONCURRENCY = 8
WARM_UP = 6
COUNTED_QUERIES = 10  # whose bytes are counted

Asked = dict[str, Any]


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


@dataclass(slots=True)
class Asking:
    """A series of queries: each one's latency and steps, how the nodes' outcomes add up, and what it took."""

    latencies: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    began: float = 0.0
    ended: float = 0.0
    processor_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Give the time from the first query's start to the last one's end."""
        return self.ended - self.began


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
            "enrolment_tokens_per_second": loading.enrolled_tokens / loading.enrol_seconds,
            "index_bytes": max(loading.index_bytes),
            "records_bytes": max(loading.records_bytes),
        }


async def measure(size: Size, queries: int, analysts: int, report: Report) -> dict[str, Any]:
    """Load a federation of this size, put the queries, and give the figures."""
    with tempfile.TemporaryDirectory(prefix="symbolon-benchmark-") as scratch:
        federation = LoadedFederation(Path(scratch), size)
        with federation.local:
            await federation.load(report)
            first = await _ask_alone(federation, [next(unknown_persons())], lambda done: None)
            await _ask_alone(federation, _questions(federation, WARM_UP), lambda done: None)
            questions = _questions(federation, queries)
            alone = await _ask_alone(federation, questions, lambda done: report("ask, one by one", done, queries))
            together = await _ask_together(federation, queries, analysts, report)
            memory = {party: _resident_mib(federation, party) for party in federation.parties}
            wire = await _count_bytes(federation, report)
        paths = [federation.samples(party) for party in federation.parties if federation.samples(party).exists()]
        stages = {stage: Spread.of(one) for stage, one in read_samples(paths, alone.began, alone.ended).items()}
    measured = Measured(
        size, federation.loading, first.latencies[0], alone, together, analysts, wire, _by_kind(memory), stages
    )
    return measured.to_json()


def _questions(federation: LoadedFederation, count: int, asker: int = 0) -> list[Asked]:
    """Mix persons that some other node has enrolled, each node in turn, and persons of no list."""
    others = [agency for place, agency in enumerate(federation.agencies) if place != asker]
    known = chain.from_iterable(zip(*(federation.known_persons(agency) for agency in others), strict=False))
    unknown = islice(unknown_persons(), 100 * asker, None)
    mixed: Iterator[Asked] = chain.from_iterable(zip(known, unknown, strict=False))
    return list(islice(mixed, count))


async def _ask_alone(federation: LoadedFederation, questions: Sequence[Asked], progress: Any) -> Asking:
    asking = Asking()
    async with DeskClient(load_home(federation.local.home(federation.agencies[0]))) as desk:
        await desk.status()  # the connection's handshake is not part of a query
        before = _processor_seconds(federation)
        asking.began = time.time()
        for done, question in enumerate(questions):
            progress(done)
            await _ask(desk, question, asking)
        asking.ended = time.time()
    asking.processor_seconds = _spent(before, _processor_seconds(federation))
    progress(len(questions))
    return asking


async def _ask_together(federation: LoadedFederation, queries: int, analysts: int, report: Report) -> Asking:
    """Let analysts at different nodes ask at once, each its share of the queries."""
    asking = Asking()
    async with AsyncExitStack() as stack:
        desks = []
        for analyst in range(analysts):
            agency = federation.agencies[analyst % len(federation.agencies)]
            desk = await stack.enter_async_context(DeskClient(load_home(federation.local.home(agency))))
            await desk.status()
            desks.append(desk)
        each = -(-queries // analysts)
        shares = [_questions(federation, each, place % len(federation.agencies)) for place in range(analysts)]

        async def work(desk: DeskClient, share: Sequence[Asked]) -> None:
            for question in share:
                await _ask(desk, question, asking)
                report("ask, several at once", len(asking.latencies), each * analysts)

        await asyncio.gather(*(_ask(desk, share[0], Asking()) for desk, share in zip(desks, shares, strict=True)))
        before = _processor_seconds(federation)
        asking.began = time.time()
        await asyncio.gather(*(work(desk, share) for desk, share in zip(desks, shares, strict=True)))
        asking.ended = time.time()
    asking.processor_seconds = _spent(before, _processor_seconds(federation))
    return asking


async def _ask(desk: DeskClient, question: Asked, asking: Asking) -> None:
    started = time.perf_counter()
    async for event in desk.query(
        question, purpose=EVERY_PURPOSE, legal_basis="benchmark", case_reference="BENCH-1", user="benchmark"
    ):
        if event.WhichOneof("event") == "answer":
            name = NodeOutcome.Name(event.answer.outcome).removeprefix("NODE_OUTCOME_").lower()
            asking.outcomes[name] += 1
        else:
            asking.steps.setdefault(event.progress.step, []).append(event.progress.milliseconds)
    asking.latencies.append((time.perf_counter() - started) * 1000)


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
        questions = _questions(federation, WARM_UP + COUNTED_QUERIES)
        await _ask_alone(federation, questions[:WARM_UP], lambda done: None)
        before = {name: ByteCount(one.sent, one.received) for name, one in counts.items()}
        await _ask_alone(federation, questions[WARM_UP:], lambda done: report("count bytes", done, COUNTED_QUERIES))
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


def _processor_seconds(federation: LoadedFederation) -> dict[str, float]:
    """Give the processor time every party has used, by party; empty where the system does not tell."""
    used = {}
    for party, running in federation.local.running.items():
        path = Path(f"/proc/{running.process.pid}/stat")
        if path.exists():
            fields = path.read_text().rpartition(")")[2].split()
            used[party] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def _spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return _by_kind({party: after[party] - before[party] for party in after}, add=True)


def _by_kind(values: dict[str, float], *, add: bool = False) -> dict[str, float]:
    """Sum up (or average) over the nodes, and leave coordinator and custodian apart."""
    nodes = [value for party, value in values.items() if party not in (COORDINATOR, CUSTODIAN)]
    if not nodes:
        return {}
    named = {"all nodes": sum(nodes)} if add else {"a node": sum(nodes) / len(nodes)}
    return named | {"coordinator": values[COORDINATOR], "custodian": values[CUSTODIAN]}


def _resident_mib(federation: LoadedFederation, party: str) -> float:
    path = Path(f"/proc/{federation.local.running[party].process.pid}/status")
    if not path.exists():
        return 0.0
    found = next(line for line in path.read_text().splitlines() if line.startswith("VmRSS"))
    return int(found.split()[1]) / 1024


def _enrolled(text: str) -> int | None:
    return None if text == "all" else int(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.query", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=DEFAULT_NODES, help="nodes a query goes to; one more asks (5)")
    parser.add_argument(
        "--records", type=int, nargs="+", default=DEFAULT_RECORDS, help="records a node, one run each (10000 100000)"
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
