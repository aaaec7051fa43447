"""How well two bare names are told to be forms of one name or not, beside the peers, on any file of labelled pairs.

``python -m benchmarks.names --pairs FILE --a COL --b COL --label COL [--group COL[,COL]] [--where COL=VALUE] [--json]``

The file is tab- or comma-separated, plain or gzipped; a row has two names and a label (1 or 0, true or false). A column
``schema`` (or ``category``) says what is named: ``Person``, ``Company``, ``Vessel``; without one it is persons.
Every pair is compared once by `matching.scoring.compare_written_names`, in the order of the file, and flagged at the
declared cutoff of *probable*; the same pairs then go to the peers (`benchmarks.peers`), as far as they are installed.
What the figures mean: `benchmarks.measures`; how groups and times are taken: `benchmarks.scoreboard`.

``--group`` may be given several times, each time a grouping by one or more columns. ``--where`` keeps rows:
``list=ofac``, ``strength=strong,`` (strong or empty), ``source!=*rigour*``; all that are given must hold.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality_options import add_options, columns_of, conditions_of, print_result, refuse_nothing
from benchmarks.scoreboard import Case, measure_beside_peers
from benchmarks.tables import Condition, Row, category_of, read_label, read_table, schema_of
from matching.scoring import CUTOFFS, compare_written_names
from matching.subject import Name, Subject

CUTOFF = dict(CUTOFFS)["probable"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.names", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--a", required=True, metavar="COL", help="column of one name")
    parser.add_argument("--b", required=True, metavar="COL", help="column of the other name")
    parser.add_argument("--label", required=True, metavar="COL", help="column of the label")
    add_options(parser)
    options = parser.parse_args(arguments)
    with conditions_of(parser, options) as where:
        cases = read_cases(options.pairs, (options.a, options.b, options.label), options.group, where)
        refuse_nothing(cases, options)
        print_result(measure(cases, options.group, peers=options.peers, python=options.peers_python), options)


def read_cases(
    file: Path, columns: tuple[str, str, str], groupings: Sequence[str] = (), where: Sequence[Condition] = ()
) -> list[Case]:
    """Read the pairs; ``columns`` are those of one name, of the other, and of the label."""
    one, other, label = columns
    needed = [*columns, *(column for grouping in groupings for column in columns_of(grouping))]

    def named(row: Row, column: str) -> Subject:
        return Subject(names=(Name(row[column]),), category=category_of(row))

    return [
        Case(
            named(row, one),
            named(row, other),
            same=read_label(row, label),
            groups=tuple(tuple(row[column] for column in columns_of(grouping)) for grouping in groupings),
            schema=schema_of(row),
        )
        for row in read_table(file, needed, where)
    ]


def measure(
    cases: Sequence[Case], groupings: Sequence[str] = (), *, peers: bool = True, python: Path | None = None
) -> dict[str, Any]:
    """Score the cases with us and the peers, and give all figures."""
    return measure_beside_peers(cases, _compare, CUTOFF, groupings, peers=peers, python=python)


def _compare(one: Subject, other: Subject) -> float:
    return compare_written_names(one.names[0].text, other.names[0].text, one.category).score


if __name__ == "__main__":
    main()
