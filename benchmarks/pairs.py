"""How well full records are told to be one person or not, beside the peers, and what the blind stage loses of that.

``python -m benchmarks.pairs --pairs FILE [--names-only] [--group COL[,COL]] [--where COL=VALUE] [--json]``

The file has the full record of both sides in every row (``names_a``, ``dob_a`` ... ``names_b``, ...) and a column
``label``, in the form of ``cross_list.tsv``. Every pair is compared once by `matching.scoring.compare`, in the order of
the file, and flagged at the declared cutoff of *probable*; the clock includes reading both records. ``--names-only``
leaves everything but the names away, for all matchers. Birth dates that cannot be read are left out, and their number
is told on standard error. The peers that compare strings see names in either case;
nomenklatura is given all its schema has a property for. What the figures mean: `benchmarks.measures`; how groups and
times are taken: `benchmarks.scoreboard`; the loss from clear to blind: `benchmarks.clear_to_blind`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.clear_to_blind import clear_to_blind
from benchmarks.quality_options import add_options, columns_of, conditions_of, print_result, refuse_nothing
from benchmarks.scoreboard import Case, measure_beside_peers
from benchmarks.tables import Condition, Row, pair_side, read_label, read_table, unread_births
from matching.scoring import CUTOFFS, compare
from matching.subject import Subject

CUTOFF = dict(CUTOFFS)["probable"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--names-only", action="store_true", help="compare names alone, without the rest of the record")
    add_options(parser)
    options = parser.parse_args(arguments)
    with conditions_of(parser, options) as where:
        cases = read_cases(options.pairs, options.group, where, names_only=options.names_only)
        refuse_nothing(cases, options)
        if not options.names_only:
            _tell_unread_births(options.pairs, where)
        print_result(measure(cases, options.group, peers=options.peers, python=options.peers_python), options)


def read_cases(
    file: Path, groupings: Sequence[str] = (), where: Sequence[Condition] = (), *, names_only: bool = False
) -> list[Case]:
    """Read the pairs."""
    needed = ["label", "name_a", "name_b", *(column for grouping in groupings for column in columns_of(grouping))]
    side = _named_side if names_only else pair_side
    return [
        Case(
            side(row, "a"),
            side(row, "b"),
            same=read_label(row, "label"),
            groups=tuple(tuple(row[column] for column in columns_of(grouping)) for grouping in groupings),
        )
        for row in read_table(file, needed, where)
    ]


def measure(
    cases: Sequence[Case], groupings: Sequence[str] = (), *, peers: bool = True, python: Path | None = None
) -> dict[str, Any]:
    """Score the cases with us and the peers, and give all figures."""
    told = measure_beside_peers(cases, _compare, CUTOFF, groupings, peers=peers, python=python)
    return told | {"clear_to_blind": clear_to_blind(cases, _compare, CUTOFF)}


def _tell_unread_births(file: Path, where: Sequence[Condition]) -> None:
    unread = [count for row in read_table(file, (), where) if (count := unread_births(row))]
    if unread:
        told = f"{sum(unread):,} birth dates in {len(unread):,} rows cannot be read and are left out"
        print(f"{file.name}: {told}", file=sys.stderr)


def _named_side(row: Row, side: str) -> Subject:
    subject = pair_side(row, side)
    return Subject(names=subject.names, category=subject.category)


def _compare(one: Subject, other: Subject) -> float:
    return compare(one, other).score


if __name__ == "__main__":
    main()
