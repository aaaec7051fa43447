"""Putting queries to a loaded federation: one analyst alone, or several at different nodes at once.

Every query goes to all other nodes; what it took is read from the analyst's side, and from the processes' own counters
of processor time and memory where the system has them (Linux).
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from benchmarks.query_federation import LoadedFederation, Report, unknown_persons
from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.local import COORDINATOR, CUSTODIAN
from node.config import load_home
from node.desk.client import DeskClient
from node.officers.key import load_key
from symbolon.v1.desk_pb2 import NodeOutcome

Asked = dict[str, Any]


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


def questions(federation: LoadedFederation, count: int, asker: int = 0) -> list[Asked]:
    """Mix persons that some other node has enrolled, each node in turn, and persons of no list."""
    others = [agency for place, agency in enumerate(federation.agencies) if place != asker]
    known = chain.from_iterable(zip(*(federation.known_persons(agency) for agency in others), strict=False))
    unknown = islice(unknown_persons(), 100 * asker, None)
    mixed: Iterator[Asked] = chain.from_iterable(zip(known, unknown, strict=False))
    return list(islice(mixed, count))


async def ask_alone(federation: LoadedFederation, asked: Sequence[Asked], progress: Callable[[int], None]) -> Asking:
    """Let the first node's analyst put one query after another."""
    asking = Asking()
    async with _desk(federation, federation.agencies[0]) as desk:
        await desk.status()  # the connection's handshake is not part of a query
        before = _processor_seconds(federation)
        asking.began = time.time()
        for done, question in enumerate(asked):
            progress(done)
            await _ask(desk, question, asking)
        asking.ended = time.time()
    asking.processor_seconds = _spent(before, _processor_seconds(federation))
    progress(len(asked))
    return asking


async def ask_together(federation: LoadedFederation, queries: int, analysts: int, report: Report) -> Asking:
    """Let analysts at different nodes ask at once, each its share of the queries."""
    asking = Asking()
    async with AsyncExitStack() as stack:
        desks = []
        for analyst in range(analysts):
            agency = federation.agencies[analyst % len(federation.agencies)]
            desk = await stack.enter_async_context(_desk(federation, agency))
            await desk.status()
            desks.append(desk)
        each = -(-queries // analysts)
        shares = [questions(federation, each, place % len(federation.agencies)) for place in range(analysts)]

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


def _desk(federation: LoadedFederation, agency: str) -> DeskClient:
    return DeskClient(load_home(federation.local.home(agency)), load_key(federation.local.officer_key(agency)))


async def _ask(desk: DeskClient, question: Asked, asking: Asking) -> None:
    started = time.perf_counter()
    reasons = {"purpose": EVERY_PURPOSE, "legal_basis": "benchmark", "case_reference": "BENCH-1"}
    async for event in desk.query(question, **reasons, justification=EVERY_CASE):
        if event.WhichOneof("event") == "answer":
            name = NodeOutcome.Name(event.answer.outcome).removeprefix("NODE_OUTCOME_").lower()
            asking.outcomes[name] += 1
        else:
            asking.steps.setdefault(event.progress.step, []).append(event.progress.milliseconds)
    asking.latencies.append((time.perf_counter() - started) * 1000)


def _processor_seconds(federation: LoadedFederation) -> dict[str, float]:
    """Give the processor time every party has used, by party; empty where the system does not tell."""
    found = {party: processor_seconds(one.process.pid) for party, one in federation.local.running.items()}
    return {party: used for party, used in found.items() if used}


def processor_seconds(process: int) -> float:
    """Give the processor time that a process has used; 0 where the system does not tell."""
    path = Path(f"/proc/{process}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return by_kind({party: after[party] - before[party] for party in after}, add=True)


def by_kind(values: dict[str, float], *, add: bool = False) -> dict[str, float]:
    """Sum up (or average) over the nodes, and leave coordinator and custodian apart."""
    nodes = [value for party, value in values.items() if party not in (COORDINATOR, CUSTODIAN)]
    if not nodes:
        return {}
    named = {"all nodes": sum(nodes)} if add else {"a node": sum(nodes) / len(nodes)}
    return named | {"coordinator": values[COORDINATOR], "custodian": values[CUSTODIAN]}


def resident_mib(federation: LoadedFederation, party: str) -> float:
    """Give the memory a party's process has now."""
    path = Path(f"/proc/{federation.local.running[party].process.pid}/status")
    if not path.exists():
        return 0.0
    found = next(line for line in path.read_text().splitlines() if line.startswith("VmRSS"))
    return int(found.split()[1]) / 1024
