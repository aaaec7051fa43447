"""How well and how fast a person is found in a list in clear, beside what is commonly built for it.

``python -m benchmarks.retrieve --list FILE --queries FILE (--truth FILE | --expected COL | --strangers) [--json]``

The list has the import form (JSON lines); what queries may look like and whence the right answers come is told in
`benchmarks.retrieve_questions`, the figures in `benchmarks.retrieve_figures`, the peers in `benchmarks.retrieve_peers`.
Every question is asked as the file has it, and again cut down to the first name, and to that with the first birth
date and nationality; ``--negatives`` adds persons who must not hit, and without ``--queries`` asks for them alone, as
``--strangers`` does with the queries. Each form begins with an index of its own, so what was read for one does not
speed up the next. Tables are loaded and what is indexed is kept out of the garbage collector's rounds before the
first question, as a node does when it begins to serve. A question is timed when it is first asked, in one thread. The
*peak* of memory is that of the whole process, list and questions and index, before any peer runs.

*Growth* asks the same questions, name with birth date and nationality, of every fourth record of the list, of every
second and of all. The exponent says by which power of the list's length the mean time grows: 1 is linear.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.oblivious import machine
from benchmarks.peers.environment import PeerMissingError
from benchmarks.quality_options import refusing
from benchmarks.retrieve_figures import Answered, Found, figures, times
from benchmarks.retrieve_peers import BRUTE_FORCE, BRUTE_FORCE_CUTOFF, LOGIC_V2_CUTOFF, brute_force, logic_v2
from benchmarks.retrieve_questions import BIRTH, NAME, Answers, Question, cut, read_questions, read_records, sample
from benchmarks.tables import TableError
from matching.features import golden_digest
from matching.letters.loading import load_tables
from matching.retrieval import RetrievalIndex
from matching.scoring import CUTOFFS
from matching.subject import Subject

CUTOFF = dict(CUTOFFS)["probable"]
MOST_FOUND = 5
MOST_QUERIES = 1_000
PARTS_OF_LIST = (4, 2, 1)
NEGATIVES = "negatives"

Records = Sequence[tuple[str, Subject]]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured: the list, the questions, and the persons who must not hit."""

    records: Records
    questions: Sequence[Question]
    negatives: Sequence[Question]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _check(parser, options)
    with refusing(parser):
        material = read_material(options)
    _tell_unlisted(material)
    told = measure(material)
    told |= measure_peers(material, options.peers_python) if options.peers else {"peers": {}, "peers_left_out": {}}
    told |= {"machine": machine() | {"date": datetime.now(UTC).date().isoformat()}}
    told |= {"file": options.list.name, "queries_file": (options.queries or options.negatives).name}
    if options.json:
        print(json.dumps(told))
    else:
        _print(told)


def read_material(options: argparse.Namespace) -> Material:
    """Read list, questions and negatives; raise `TableError` where nobody is asked for."""
    records = read_records(options.list)
    listed = frozenset(record_id for record_id, _ in records)
    negatives = read_questions(options.negatives, listed) if options.negatives else []
    if options.negatives and not negatives:
        raise TableError(f"{options.negatives.name} has no person")
    if options.queries is None:
        return Material(records, sample(negatives, options.most), ())
    questions = read_questions(options.queries, listed, Answers(options.truth, options.expected))
    if not questions:
        raise TableError("no question is left: does the truth name these records, and does the list have the others?")
    return Material(records, sample(questions, options.most), sample(negatives, options.most))


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse queries of which nobody said whether the list has them: all would count as false positives."""
    if options.queries is None and (options.negatives is None or options.truth or options.expected):
        parser.error("--queries is needed, or --negatives alone for persons who must not hit")
    if options.queries and not (options.truth or options.expected or options.strangers):
        parser.error("say whom the list has, with --truth or --expected, or --strangers if it has nobody of them")
    if options.most < 1:
        parser.error("--most must be 1 or more")


def _tell_unlisted(material: Material) -> None:
    questions = [question for question in material.questions if question.unlisted]
    if questions:
        ids, none = sum(question.unlisted for question in questions), sum(not one.expected for one in questions)
        told = f"{ids:,} expected record ids of {len(questions):,} queries are not in the list"
        print(f"{told}; {none:,} queries have no other and count as persons who must not hit", file=sys.stderr)


def measure(material: Material) -> dict[str, Any]:
    """Give the figures of the product in every form, its peak of memory, and how the time grows."""
    golden_digest()
    load_tables()
    records, questions = material.records, material.questions
    ours = _measure_form(records, questions, "queries as they are")
    peak = peak_mib()
    by = {form: _measure_form(records, [cut(one, form) for one in questions], form) for form in (NAME, BIRTH)}
    if material.negatives:
        by[NEGATIVES] = _measure_form(records, material.negatives, NEGATIVES)
        for form in (NAME, BIRTH):
            cut_down = [cut(one, form) for one in material.negatives]
            by[f"{NEGATIVES}, {form}"] = _measure_form(records, cut_down, f"{NEGATIVES}, {form}")
    growth = [_measure_part(records, questions, part) for part in PARTS_OF_LIST]
    return {
        "cutoff": CUTOFF,
        "queries": len(questions),
        "expected_not_in_list": sum(question.unlisted for question in questions),
        "list": len(records),
        "names_in_list": sum(len(subject.names) for _, subject in records),
        "ours": ours | {"peak_mib": peak},
        "by": by,
        "growth": {"sizes": growth, "exponent": _exponent(growth)},
    }


def measure_peers(material: Material, python: Path | None = None) -> dict[str, Any]:
    """Give the figures of the peers that can be run, and of the others why not."""
    records, questions = material.records, material.questions
    blocked = list(_tracked(brute_force(records, questions), "brute force", len(questions)))
    peers = {BRUTE_FORCE: {"cutoff": BRUTE_FORCE_CUTOFF} | figures(questions, blocked, BRUTE_FORCE_CUTOFF)}
    if material.negatives:
        answers = list(_tracked(brute_force(records, material.negatives), "brute force", len(material.negatives)))
        peers[BRUTE_FORCE][NEGATIVES] = figures(material.negatives, answers, BRUTE_FORCE_CUTOFF)
    try:
        name, answers = logic_v2(records, questions, blocked, python)
    except PeerMissingError as missing:
        return {"peers": peers, "peers_left_out": {"nomenklatura logic-v2": str(missing)}}
    peers[name] = {"cutoff": LOGIC_V2_CUTOFF} | figures(questions, answers, LOGIC_V2_CUTOFF)
    return {"peers": peers, "peers_left_out": {}}


def peak_mib() -> float:
    """Give the most memory this process has held, in MiB."""
    # The kernel's own count begins with this program; that of getrusage may begin with the one that started it.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _measure_form(records: Records, questions: Sequence[Question], name: str) -> dict[str, Any]:
    start = time.thread_time()
    index = _indexed(records)
    built = time.thread_time() - start
    return figures(questions, list(_ask(index, questions, name)), CUTOFF) | {"build_seconds": round(built, 2)}


def _measure_part(records: Records, questions: Sequence[Question], part: int) -> dict[str, Any]:
    index = _indexed(records[::part])
    asked = [cut(question, BIRTH) for question in questions]
    return {"records": len(index)} | times(list(_ask(index, asked, f"1/{part} of the list")))


def _indexed(records: Records) -> RetrievalIndex:
    """Index the records, and keep what stays out of every collection, as a node does."""
    index = RetrievalIndex(records)
    gc.freeze()
    return index


def _ask(index: RetrievalIndex, questions: Sequence[Question], name: str) -> Iterator[Answered]:
    for question in _tracked(questions, name, len(questions)):
        start = time.thread_time()
        candidates = index.search(question.subject, MOST_FOUND)
        taken = 1e3 * (time.thread_time() - start)
        yield Answered(tuple(Found(one.record_id, one.comparison.score) for one in candidates), taken)


def _exponent(growth: Sequence[Mapping[str, Any]]) -> float | None:
    least, most = growth[0], growth[-1]
    if least["records"] == most["records"]:
        return None
    slower = least["queries_per_second"] / most["queries_per_second"]
    return round(math.log(slower) / math.log(most["records"] / least["records"]), 3)


def _tracked(items: Iterable[Item], name: str, total: int) -> Iterator[Item]:
    shown = Console(stderr=True)
    yield from track(items, name, total, console=shown, disable=not shown.is_terminal, transient=True)


def _print(told: Mapping[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 150)
    where = told["machine"]
    console.print(f"{where['cpu']}, Python {where['python']}, {where['date']}", highlight=False)
    console.print(_table(told))
    console.print(f"Peak of memory: {told['ours']['peak_mib']} MiB", highlight=False)
    console.print(_growth(told["growth"]))
    for peer, reason in told["peers_left_out"].items():
        console.print(f"{peer}: {reason}", highlight=False)


def _table(told: Mapping[str, Any]) -> Table:
    table = Table(title=f"{told['queries']:,} queries, {told['list']:,} records", title_justify="left")
    for heading in ("", "first", "in five", "flagged", "false a 1,000", "queries/s", "p50 ms", "p95 ms"):
        table.add_column(heading, justify="right" if heading else "left")
    rows = {"symbolon, as asked": told["ours"], **{f"symbolon, {form}": one for form, one in told["by"].items()}}
    for name, one in {**rows, **told["peers"]}.items():
        shares = [_cell(one[key]) for key in ("recall_at_1", "recall_at_5", "flagged", "false_positives_per_1000")]
        rates = [f"{one[key]:,.1f}" for key in ("queries_per_second", "p50_milliseconds", "p95_milliseconds")]
        table.add_row(name, *shares, *rates)
    return table


def _growth(growth: Mapping[str, Any]) -> Table:
    table = Table(title=f"Growth with the list: exponent {growth['exponent']} (1 is linear)", title_justify="left")
    for heading in ("records", "queries/s", "p50 ms", "p95 ms"):
        table.add_column(heading, justify="right")
    for one in growth["sizes"]:
        rates = [f"{one[key]:,.1f}" for key in ("queries_per_second", "p50_milliseconds", "p95_milliseconds")]
        table.add_row(f"{one['records']:,}", *rates)
    return table


def _cell(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.4g}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieve", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queries", type=Path, help="who is asked for: JSON lines, TSV or CSV")
    parser.add_argument("--list", type=Path, required=True, help="the list, JSON lines in the import form")
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument("--truth", type=Path, help="table of record_a and record_b that are the same")
    answers.add_argument("--expected", metavar="COL", help="field or column of the queries with the right record ids")
    answers.add_argument("--strangers", action="store_true", help="the list has nobody of the queries: none must hit")
    parser.add_argument("--negatives", type=Path, help="further queries, for persons who must not hit")
    parser.add_argument("--most", type=int, default=MOST_QUERIES, help=f"queries asked at most ({MOST_QUERIES})")
    parser.add_argument("--peers-python", type=Path, help="Python of the peers, .venv-peers/bin/python by default")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="measure ours alone")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    main()
