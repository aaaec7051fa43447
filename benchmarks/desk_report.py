"""The tables of `benchmarks.desk`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

Figures = Mapping[str, Any]


def print_report(found: Figures) -> None:
    """Print the figures."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    machine, load = found["machine"], found["load"]
    console.print(
        f"{machine['cpu']}, {machine['cores']} cores shared by all parties, client and browser, Python"
        f" {machine['python']}, {machine['date']}, load average {load['before']:.1f} before, {load['after']:.1f} after,"
        f" browser {found['browser'] or 'none'}"
    )
    console.print(machine["command"])
    console.print(
        f"One node with {found['records']:,} records, {found['cases']} cases, {found['referrals']} referrals and"
        f" {found['entries']:,} entries in its log; {found['nodes']} others with {found['others']} records each."
    )
    console.print(_pages(found))
    console.print(_queries(found))
    memory = ", ".join(f"{value:.0f} {name.replace('_', ' ')}" for name, value in found["memory_mib"].items())
    slowest = found["slowest_page"]
    for line in (
        f"First page: {found['first_page_milliseconds']:.0f} ms. Slowest: {slowest['page']},"
        f" {slowest['milliseconds']:.0f} ms.",
        f"Signing in, with the password's check: {found['sign_in']['p50']:.0f} ms.",
        f"Indexing the log, once after a start: {found['log_index_seconds']:.1f} s.",
        f"Memory of the node, MiB: {memory}.",
    ):
        console.print(line)


def _pages(found: Figures) -> Table:
    table = Table(title="Pages, milliseconds (p50 / p95)", title_justify="left")
    table.add_column("page", overflow="fold")
    for column in ("first visit", "fetched", "processor", "painted known", "begun known", "painted cold", "KB"):
        table.add_column(column, justify="right")
    for name, one in [*found["pages"].items(), ("the bare page", found["bare_page"])]:
        columns = ("fetched", "painted_known", "painted_known_begun", "painted_cold")
        spreads = [_spread(one[column]) if column in one else "" for column in columns]
        spreads.insert(1, f"{one['processor_milliseconds']:.1f}")
        table.add_row(name, f"{one['first_visit_milliseconds']:.0f}", *spreads, f"{one['bytes'] / 1000:.1f}")
    return table


def _queries(found: Figures) -> Table:
    table = Table(title="Answers of a query, milliseconds from its sending (p50 / p95)", title_justify="left")
    for column in ("", "nodes", "queries", "first answer", "last answer", "reloads"):
        table.add_column(column, justify="right" if column else "left")
    analysts = found["analysts_at_once"]
    for name, one in (
        ("in the browser", found["streaming"]),
        ("over gRPC", found["streaming_grpc"]),
        (f"{analysts['analysts']} analysts at once", analysts),
    ):
        if one is not None:
            told = (_spread(one["first"]), _spread(one["last"]), str(one.get("reloads", "")))
            table.add_row(name, str(one["nodes"]), str(one["queries"]), *told)
    return table


def _spread(spread: Figures) -> str:
    return f"{spread['p50']:.0f} / {spread['p95']:.0f}"
