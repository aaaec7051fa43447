"""How well invented duplicates are found in one list, at the declared cutoff: the FEBRL sets 1 to 3, beside Splink.

``python -m benchmarks.febrl --data FOLDER [--peers-python PYTHON] [--json]``

The folder has the sets as CSV, plain or gzipped (``febrl_dataset*``; how they are read: `benchmarks.febrl_records`).
Each record asks the index of all others (`matching.retrieval`) for the ones it may be, and every pair found so is
compared once in full (`matching.scoring.compare`). Nothing is trained, and nothing is set for these sets. Told are

- *found*: the share of the true pairs that the index proposed at all;
- *pairs*: precision, recall and F1 of the pairs at the cutoff of *probable*, and the best F1 of all thresholds;
- *groups*: the same of all pairs within a group, where records whose pair reaches the cutoff are one group, and so are
  the records that these lead to (transitive closure). That is how a list is cleared of duplicates, by us and by Splink.

Splink is trained in the same run without labels (`benchmarks.peers.splink_duplicates`) and judged by the same figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.febrl_records import DataSet, read_data_set, same_person
from benchmarks.measures import f1
from benchmarks.oblivious import machine
from benchmarks.peers.environment import PeerMissingError, ask_peer_at_once
from benchmarks.quality_options import refusing
from matching.retrieval import RetrievalIndex
from matching.scoring import CUTOFFS, score_of

CUTOFF = dict(CUTOFFS)["probable"]
MOST_FOUND = 12
SPLINK = Path(__file__).parent / "peers" / "splink_duplicates.py"
SPLINK_CUTOFF = 0.5
DIGITS = 5

Pair = tuple[str, str]
Scores = Mapping[Pair, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = _parser().parse_args(arguments)
    files = sorted(file for file in options.data.glob("febrl_dataset*") if ".csv" in file.name)
    if not files:
        _parser().error(f"{options.data} has no febrl_dataset*.csv")
    told: dict[str, Any] = {"cutoff": CUTOFF, "sets": {}, "peers_left_out": {}}
    for file in files:
        with refusing(_parser()):
            data = read_data_set(file)
        told["sets"][data.name] = measure(data)
        if options.peers:
            try:
                told["sets"][data.name]["peers"] = measure_splink(data, options.peers_python)
            except PeerMissingError as missing:
                told["peers_left_out"]["splink"] = str(missing)
    told["machine"] = machine() | {"date": datetime.now(UTC).date().isoformat()}
    if options.json:
        print(json.dumps(told))
    else:
        _print(told)


def measure(data: DataSet) -> dict[str, Any]:
    """Find the duplicates of one set and give the figures."""
    start = time.thread_time()
    scores = score_pairs(data)
    taken = time.thread_time() - start
    figures = judge(data, scores, CUTOFF)
    return {"records": len(data.records), "pairs": data.pairs, "ours": figures | {"seconds": round(taken, 2)}}


def score_pairs(data: DataSet) -> dict[Pair, float]:
    """Give every pair that the index proposes, ids in order, with its points."""
    index = RetrievalIndex(data.records)
    points: dict[Pair, float] = {}
    for record_id, subject in _tracked(data.records, data.name):
        for candidate in index.search(subject, MOST_FOUND, apart_from=record_id):
            points[_pair(record_id, candidate.record_id)] = candidate.comparison.points
    return points


def judge(data: DataSet, points: Scores, cutoff: float, score: Callable[[float], float] = score_of) -> dict[str, Any]:
    """Give the figures of scored pairs; ``score`` turns what pairs are scored with into what the cutoff is about."""
    same = [same_person(pair) for pair in points]
    flagged = [pair for pair, one in points.items() if score(one) >= cutoff]
    return {
        "found": round(sum(same) / data.pairs, DIGITS),
        "proposed": len(points),
        "pairs": _figures(flagged, data.pairs) | {"best_f1": best_f1(points.values(), same, data.pairs)},
        "groups": _figures(list(pairs_within(group_of(flagged))), data.pairs),
    }


def best_f1(scores: Iterable[float], same: Iterable[bool], all_same: int) -> float:
    """Give the highest F1 of all thresholds; true pairs that were not proposed are missed at each."""
    best, found, flagged = 0.0, 0, 0
    ordered = sorted(zip(scores, same, strict=True), reverse=True)
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        labels = [label for _, label in tied]
        found, flagged = found + sum(labels), flagged + len(labels)
        best = max(best, f1(found, flagged - found, all_same))
    return best


def group_of(pairs: Iterable[Pair]) -> list[list[str]]:
    """Give the groups of records that the pairs lead to, directly or through others."""
    groups: dict[str, list[str]] = {}
    for one, other in pairs:
        ours, theirs = groups.setdefault(one, [one]), groups.setdefault(other, [other])
        if ours is not theirs:
            ours += theirs
            groups |= dict.fromkeys(theirs, ours)
    return list({id(group): group for group in groups.values()}.values())


def pairs_within(groups: Iterable[Sequence[str]]) -> Iterable[Pair]:
    """Give all pairs of each group, ids in order."""
    for group in groups:
        for place, one in enumerate(group):
            yield from (_pair(one, other) for other in group[place + 1 :])


def measure_splink(data: DataSet, python: Path | None = None) -> dict[str, Any]:
    """Let Splink find the duplicates of one set and give the figures by its name."""
    told = ask_peer_at_once(SPLINK, {"rows": data.rows}, python)
    scores = {_pair(one, other): score for one, other, score in told["pairs"]}
    return {
        told["name"]: {"cutoff": SPLINK_CUTOFF}
        | judge(data, scores, SPLINK_CUTOFF, lambda score: score)
        | {"seconds": round(told["seconds"], 2)}
    }


def _figures(pairs: Sequence[Pair], all_same: int) -> dict[str, Any]:
    found = sum(map(same_person, pairs))
    return {
        "precision": round(found / len(pairs), DIGITS) if pairs else None,
        "recall": round(found / all_same, DIGITS),
        "f1": f1(found, len(pairs) - found, all_same),
        "false": len(pairs) - found,
        "missed": all_same - found,
    }


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _tracked(records: Sequence[tuple[str, Any]], name: str) -> Iterable[tuple[str, Any]]:
    shown = Console(stderr=True)
    return track(records, name, console=shown, disable=not shown.is_terminal, transient=True)


def _print(told: Mapping[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 140)
    where = told["machine"]
    console.print(f"{where['cpu']}, Python {where['python']}, {where['date']}", highlight=False)
    for name, one in told["sets"].items():
        table = Table(title=f"{name}: {one['records']:,} records, {one['pairs']:,} true pairs", title_justify="left")
        for heading in ("", "found", "precision", "recall", "F1", "best F1", "groups: F1", "false", "missed", "s"):
            table.add_column(heading, justify="right" if heading else "left")
        for matcher, figures in {"symbolon": one["ours"], **one.get("peers", {})}.items():
            table.add_row(matcher, *_cells(figures))
        console.print(table)
    for peer, reason in told["peers_left_out"].items():
        console.print(f"{peer}: {reason}", highlight=False)


def _cells(one: Mapping[str, Any]) -> list[str]:
    pairs, groups = one["pairs"], one["groups"]
    shares = [one["found"], pairs["precision"] or 0.0, pairs["recall"], pairs["f1"], pairs["best_f1"], groups["f1"]]
    return [*(f"{share:.4f}" for share in shares), *map(str, (groups["false"], groups["missed"], one["seconds"]))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.febrl", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with febrl_dataset*.csv, plain or gzipped")
    parser.add_argument("--peers-python", type=Path, help="Python of the peers, .venv-peers/bin/python by default")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="measure ours alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    main()
