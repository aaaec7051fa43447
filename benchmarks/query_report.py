"""The tables of `benchmarks.query`: one column for each size of list."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

Figures = Mapping[str, Any]


def print_report(machine: Figures, results: Sequence[Figures]) -> None:
    """Print the figures of all sizes."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(
        f"{machine['cpu']}, {machine['cores']} cores shared by all parties, Python {machine['python']}, libsodium"
        f" {machine['libsodium']}, {machine['date']}, load average {machine['load_average']:.1f}"
    )
    console.print(machine["command"])
    for table in (_latency(results), _stages(results), _throughput(results), _sizes(results)):
        console.print(table)
    console.print(
        "Of each list only the part named above is enrolled through the custodian; the rest of the index is random"
        " entries, as many a record as the list's own. They look the same and cost a look-up the same."
    )


def _table(title: str, results: Sequence[Figures]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for one in results:
        table.add_column(f"{one['nodes_asked']} nodes x {one['records_per_node']:,}", justify="right")
    return table


def _row(table: Table, name: str, cells: Sequence[str]) -> None:
    table.add_row(name, *cells)


def _latency(results: Sequence[Figures]) -> Table:
    table = _table("One query at a time, milliseconds (p50 / p95)", results)
    _row(table, "records really enrolled a node", [f"{one['really_enrolled_per_node']:,}" for one in results])
    _row(table, "latency", [_spread(one["latency_ms"]) for one in results])
    _row(table, "the very first query", [f"{one['latency_ms']['first']:.0f}" for one in results])
    for step in results[0]["steps_ms"]:
        _row(table, f"step: {step}", [_spread(one["steps_ms"][step]) for one in results])
    for name, work in (("a hit", "work_opened_ms"), ("nothing", "work_nothing_ms")):
        _row(table, f"a responder's work before the tick: {name}", [_spread(one["tick"][work]) for one in results])
    for tick in results[0]["tick"]["late"]:
        cells = [f"{one['tick']['late'][tick]:.1%} / {one['tick']['tells'][tick]:.1%}" for one in results]
        _row(table, f"with a tick of {tick} ms: replies late / telling", cells)
    for party in results[0]["processor_ms_per_query"]:
        cells = [f"{one['processor_ms_per_query'][party]:.0f}" for one in results]
        _row(table, f"processor time a query: {party}", cells)
    _row(table, "outcomes", [_outcomes(one["outcomes"]) for one in results])
    return table


def _stages(results: Sequence[Figures]) -> Table:
    table = _table("Stages of those queries, milliseconds (p50 / p95); they overlap", results)
    for stage in results[0]["stages_ms"]:
        _row(table, stage, [_spread(one["stages_ms"][stage]) if stage in one["stages_ms"] else "" for one in results])
    return table


def _throughput(results: Sequence[Figures]) -> Table:
    table = _table("Several analysts at once", results)
    throughputs = [one["throughput"] for one in results]
    _row(table, "analysts", [str(one["analysts"]) for one in throughputs])
    _row(table, "queries a second", [f"{one['queries_per_second']:.1f}" for one in throughputs])
    _row(table, "latency, ms", [_spread(one["latency_ms"]) for one in throughputs])
    _row(table, "processor time a query, ms", [f"{one['processor_ms_per_query']:.0f}" for one in throughputs])
    _row(table, "outcomes", [_outcomes(one["outcomes"]) for one in throughputs])
    return table


def _sizes(results: Sequence[Figures]) -> Table:
    table = _table("Bytes, memory, loading", results)
    for name in results[0]["bytes_per_query"]:
        _row(table, f"bytes a query: {name}", [f"{one['bytes_per_query'][name]:,.0f}" for one in results])
    for party in results[0]["memory_mib"]:
        _row(table, f"memory, MiB: {party}", [f"{one['memory_mib'][party]:.0f}" for one in results])
    for name, unit in (
        ("start_seconds", "s to start a node"),
        ("import_rows_per_second", "rows imported a second, by each of two nodes at once"),
        ("enrolment_tokens_per_second", "tokens enrolled a second, by two nodes at once"),
    ):
        _row(table, unit, [f"{one[name]:,.1f}" for one in results])
    _row(table, "index entries of a node", [f"{one['index_entries']:,}" for one in results])
    for name in ("index_bytes", "records_bytes"):
        _row(table, f"{name.partition('_')[0]} file, MB", [f"{one[name] / 1e6:.1f}" for one in results])
    return table


def _spread(spread: Figures) -> str:
    return f"{spread['p50']:.1f} / {spread['p95']:.1f}"


def _outcomes(outcomes: Figures) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
