"""What the quality benchmarks have in common on the command line: options, errors in a file, and what is printed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.oblivious import machine
from benchmarks.tables import Condition, TableError, parse_condition

FIGURES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "best_f1": "best F1",
    "average_precision": "average\nprecision",
    "false_positive_rate": "false\npositives",
    "recall_at_1pct_fpr": "recall\nat 1 %",
}
"""The figures of a table, and their headings."""

MOST_ROWS = 40
"""Groups of a grouping that are printed; JSON has all."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every quality benchmark has."""
    parser.add_argument("--pairs", type=Path, required=True, help="labelled pairs, TSV or CSV, plain or gzipped")
    parser.add_argument("--group", action="append", default=[], metavar="COL[,COL]", help="figures by these columns")
    parser.add_argument("--where", action="append", default=[], metavar="COL=VALUE", help="keep rows; also COL!=VALUE")
    parser.add_argument("--peers-python", type=Path, help="Python of the peers, .venv-peers/bin/python by default")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="measure ours alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def columns_of(grouping: str) -> tuple[str, ...]:
    """Give the columns of one ``--group``."""
    return tuple(column.strip() for column in grouping.split(","))


@contextmanager
def refusing(parser: argparse.ArgumentParser) -> Iterator[None]:
    """End the command with one line and code 2 where an option or a file cannot be used."""
    try:
        yield
    except (TableError, OSError) as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")


@contextmanager
def conditions_of(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Iterator[list[Condition]]:
    """Read every ``--where``; what cannot be read, here or in the file, ends the command with a sentence."""
    with refusing(parser):
        yield [parse_condition(text) for text in options.where]


def refuse_nothing(pairs: Sequence[object], options: argparse.Namespace) -> None:
    """Raise `TableError` where no pair is left to be measured."""
    if not pairs:
        kept = f" that every --where keeps: {', '.join(options.where)}" if options.where else ""
        raise TableError(f"{options.pairs.name} has no pair{kept}")


def print_result(told: Mapping[str, Any], options: argparse.Namespace) -> None:
    """Print the figures with the machine they were taken on, as JSON or as tables."""
    where = machine() | {"date": datetime.now(UTC).date().isoformat()}
    told = {**told, "machine": where, "file": options.pairs.name, "where": options.where}
    if options.json:
        print(json.dumps(told))
        return
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(f"{where['cpu']}, {where['cores']} cores, Python {where['python']}, {where['date']}", highlight=False)
    for table in _tables(told):
        console.print(table)
    cleared = told["ours"].get("microseconds_caches_cleared")
    if cleared:
        console.print(f"A Latin pair with the caches of words emptied before each: {cleared} µs", highlight=False)
    if "clear_to_blind" in told:
        console.print(_loss(told["clear_to_blind"]))
    for peer, reason in told["peers_left_out"].items():
        console.print(f"{peer}: {reason}", highlight=False)


def _tables(told: Mapping[str, Any]) -> Iterator[Table]:
    matchers = {"symbolon": told["ours"] | {"cutoff": told["cutoff"]}, **told["peers"]}
    yield _table(f"All pairs of {told['file']}", list(matchers.items()))
    for title, key in (("by group", "by"), ("by script", "by_script"), ("by kind of difference", "by_kind")):
        if told[key]:
            yield _table(f"Ours {title}", sorted(told[key].items(), key=_largest)[:MOST_ROWS], told["peers"], key)


def _loss(told: Mapping[str, Any]) -> Table:
    table = Table(title="From clear to blind: queries for the same person", title_justify="left")
    for heading in ("asked with", "queries", "flagged in clear", "open blind", "both", "lost, points"):
        table.add_column(heading, justify="left" if heading == "asked with" else "right")
    for form, shares in told.items():
        if isinstance(shares, Mapping):
            figures = [cell(shares[key]) for key in ("clear_recall", "blind_recall", "blind_and_clear_recall")]
            table.add_row(form, f"{shares['queries']:,}", *figures, cell(shares["loss_points"]))
    return table


def _largest(row: tuple[str, Mapping[str, Any]]) -> tuple[int, str]:
    return -row[1]["pairs"], row[0]


def _table(
    title: str, rows: Sequence[tuple[str, Mapping[str, Any]]], peers: Mapping[str, Any] | None = None, key: str = ""
) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for heading in (
        "pairs",
        "positive",
        *FIGURES.values(),
        "µs a pair\n(cold)",
        *(["peers'\nbest F1"] if peers else []),
    ):
        table.add_column(heading, justify="right")
    for name, one in rows:
        others = [" / ".join(cell(peer[key][name]["best_f1"]) for peer in peers.values())] if peers else []
        counts = f"{one['pairs']:,}", f"{one['positives']:,}"
        told = f" ≥ {one['cutoff']}" if "cutoff" in one else ""
        lent = f" (negatives of {one['negatives_of']})" if "negatives_of" in one else ""
        table.add_row(name + told + lent, *counts, *map(cell, map(one.get, FIGURES)), _micros(one), *others)
    return table


def cell(figure: float | None) -> str:
    """Write a share with three digits, or a dash where there is none."""
    return "-" if figure is None else f"{figure:.3f}"


def _micros(one: Mapping[str, Any]) -> str:
    return "-" if one["microseconds_per_pair"] is None else f"{one['microseconds_per_pair']:.0f}"
