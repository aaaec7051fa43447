"""A party with a stopwatch on some of its functions: ``python -m benchmarks.query_stages FILE node serve --home ...``.

Runs the command ``symbolon`` unchanged but for a timer around the functions named in `STAGES`, and writes what it timed
to FILE when the party ends: one JSON array a line, [stage, Unix time at the start, milliseconds]. A timer costs about a
microsecond. Stages of one process may enclose each other and run at once; they do not add up to the whole.
"""

from __future__ import annotations

import functools
import inspect
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

WORK = "responder: work before the tick"
"""The stage whose length the tick hides."""

COMPARE = "responder: compare in full (hits)"
"""The stage that only a query has which opened something."""

STAGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "node": (
        ("asker: features", "node.queries.asking:_features"),
        ("asker: log the query (durable)", "node.queries.asking:query_sent"),
        ("asker: blind", "node.custody:_query_batch"),
        ("asker: custodian's answer", "node.custody:CustodianClient._evaluate"),
        ("asker: check the proof, unblind", "node.custody:_proved_tokens"),
        ("asker: seal all envelopes", "node.queries.asking:Asker._seal_all"),
        ("asker: log an answer (durable)", "node.queries.asking:answer_received"),
        ("responder: in all", "node.queries.responding:Responder.answer"),
        (WORK, "node.queries.responding:Responder._reply"),
        ("responder: open the envelope", "node.queries.responding:open_query"),
        ("responder: log the arrival (durable)", "node.queries.responding:query_received"),
        ("responder: look-up and opening", "node.queries.responding:open_lockbox"),
        ("responder: of that, the look-up", "node.enrolment.index:IndexStore.find"),
        (COMPARE, "node.queries.responding:examine"),
        ("responder: log the answer (durable)", "node.queries.responding:query_answered"),
        ("responder: seal the reply", "node.queries.responding:seal_reply"),
        ("responder: wait for the tick", "node.queries.responding:Responder._wait_for_tick"),
    ),
    "coordinator": (
        ("coordinator: check the envelopes", "coordinator.delivery:read_envelopes"),
        ("coordinator: count (durable)", "coordinator.metering:DailyMeter.take"),
        ("coordinator: log (durable)", "coordinator.delivery:query_relayed"),
        ("coordinator: one node's delivery", "coordinator.responders:Responders.deliver"),
    ),
    "custodian": (
        ("custodian: count (durable)", "coordinator.metering:DailyMeter.take"),
        ("custodian: evaluate with proof", "coordinator.custodian.evaluation:evaluate_with_proof"),
    ),
}

Sample = tuple[str, float, float]
"""Stage, Unix time at its start, milliseconds."""


def launcher(samples: Path) -> list[str]:
    """Give what `LocalFederation.launchers` needs to start a party timed."""
    return [sys.executable, "-m", "benchmarks.query_stages", str(samples)]


def read_samples(paths: Iterable[Path], begin: float, end: float) -> dict[str, list[float]]:
    """Give the milliseconds of each stage that began between two Unix times, in the order of `STAGES`."""
    found: dict[str, list[float]] = defaultdict(list)
    for path in paths:
        for line in path.read_text().splitlines():
            stage, started, milliseconds = json.loads(line)
            if begin <= started <= end:
                found[stage].append(milliseconds)
    return {stage: found[stage] for stages in STAGES.values() for stage, _ in stages if stage in found}


def work_by_opening(paths: Iterable[Path], begin: float, end: float) -> tuple[list[float], list[float]]:
    """Give the milliseconds of the work before the tick: where something opened, and where nothing did.

    Only for times at which each node has one query at a time, or a comparison could be another query's.
    """
    opened: list[float] = []
    nothing: list[float] = []
    for path in paths:
        samples = [json.loads(line) for line in path.read_text().splitlines()]
        compared = [started for stage, started, _ in samples if stage == COMPARE]
        for stage, started, milliseconds in samples:
            if stage == WORK and begin <= started <= end:
                inside = any(started <= one <= started + milliseconds / 1000 for one in compared)
                (opened if inside else nothing).append(milliseconds)
    return opened, nothing


def time_stages(kind: str) -> list[Sample]:
    """Put a timer around every stage of a kind of party; give the list that fills."""
    samples: list[Sample] = []
    for stage, target in STAGES[kind]:
        module, _, path = target.partition(":")
        *holders, name = path.split(".")
        holder = functools.reduce(getattr, holders, import_module(module))
        setattr(holder, name, _timed(getattr(holder, name), stage, samples))
    return samples


def _timed(function: Callable[..., Any], stage: str, samples: list[Sample]) -> Callable[..., Any]:
    def note(began: float, started: float) -> None:
        samples.append((stage, began, (time.perf_counter() - started) * 1000))

    @functools.wraps(function)
    async def timed_coroutine(*arguments: Any, **named: Any) -> Any:
        began, started = time.time(), time.perf_counter()
        try:
            return await function(*arguments, **named)
        finally:
            note(began, started)

    @functools.wraps(function)
    def timed_call(*arguments: Any, **named: Any) -> Any:
        began, started = time.time(), time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            note(began, started)

    return timed_coroutine if inspect.iscoroutinefunction(function) else timed_call


def main() -> None:
    """Time the party, and write the samples when it ends."""
    path, kind = Path(sys.argv[1]), sys.argv[2]
    samples = time_stages(kind)
    sys.argv = ["symbolon", *sys.argv[2:]]
    from cli.main import main as symbolon  # noqa: PLC0415  # after the timers are in place

    try:
        symbolon()
    finally:
        with path.open("a") as file:  # a party that is started again adds to it
            file.writelines(json.dumps(sample) + "\n" for sample in samples)


if __name__ == "__main__":
    main()
