"""How fast are blind evaluations, against the bare cost of the same group operations in the same run?

``python -m benchmarks.oblivious [--elements N] [--json]``: client and custodian, with and without proof, for a query's
batch of 64 and for a bulk batch. *Bare* is what libsodium alone needs for the group operations that RFC 9497 asks for,
in one thread and without hashing, proofs' transcripts or Python's share; *threads kept busy* is bare divided by
measured: above 1 the threads more than pay for everything around libsodium. Rounds of both are interleaved and the
best of each is shown, since other work on the machine can only slow a round down.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from matching import sodium
from matching.oblivious import (
    MAX_BATCH,
    blind,
    evaluate,
    evaluate_with_proof,
    finalize,
    finalize_unproved,
    generate_key,
    token_input,
)

Result = TypeVar("Result")

QUERY_BATCH = 64
BULK_BATCH = 2_000
ROUNDS = 3
BARE_ROUNDS = 200  # repetitions of each group operation in one round

# Group operations an element by RFC 9497: (hash to group, multiplications, additions).
OPERATIONS = {
    "client, no proof": (1, 2, 0),
    "client, with proof": (1, 4, 2),
    "custodian, no proof": (0, 1, 0),
    "custodian, with proof": (0, 2, 1),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One measured case; times in microseconds an element."""

    case: str
    batch: int
    microseconds: float
    evaluations_per_second: float
    bare_microseconds: float
    threads_kept_busy: float


def main() -> None:
    """Measure and print."""
    options = _options()
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=options.json) as progress:
        task = progress.add_task("measuring", total=2 * ROUNDS)
        lines, bare = measure(options.elements, lambda: progress.advance(task))
    report = {"machine": machine(), "bare_microseconds": bare, "lines": [asdict(line) for line in lines]}
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _print(lines, bare)


def measure(elements: int, advance: Callable[[], None]) -> tuple[list[Line], dict[str, float]]:
    """Run every case for a query's batch and a bulk batch; give the best round of each, and the bare costs."""
    bare = dict.fromkeys(("from_hash", "multiply", "add"), float("inf"))
    measured: dict[tuple[str, int], float] = {}
    for batch in (QUERY_BATCH, elements):
        for _ in range(ROUNDS):
            bare = {name: min(cost, bare[name]) for name, cost in _bare_round().items()}
            for case, seconds in _round(batch).items():
                measured[case, batch] = min(seconds, measured.get((case, batch), float("inf")))
            advance()
    lines = []
    for (case, batch), seconds in measured.items():
        hashes, products, sums = OPERATIONS[case]
        alone = hashes * bare["from_hash"] + products * bare["multiply"] + sums * bare["add"]
        each = seconds / batch * 1e6
        lines.append(Line(case, batch, each, 1e6 / each, alone, alone / each))
    return lines, bare


def machine() -> dict[str, str | int]:
    """Say on what the figures were taken."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "libsodium": sodium.library_version(),
    }


def _round(batch: int) -> dict[str, float]:
    key = generate_key()
    public_key = key.public_key()
    inputs = [token_input("benchmark", b"%d" % number) for number in range(batch)]
    start = time.perf_counter()
    blinded = blind(inputs)
    blinding = time.perf_counter() - start
    plain, without = _timed(lambda: evaluate(key, blinded.elements))
    proved, with_proof = _timed(lambda: evaluate_with_proof(key, blinded.elements))
    _, unproved_end = _timed(lambda: finalize_unproved(blinded, plain))
    _, proved_end = _timed(lambda: finalize(blinded, proved, public_key))
    return {
        "client, no proof": blinding + unproved_end,
        "client, with proof": blinding + proved_end,
        "custodian, no proof": without,
        "custodian, with proof": with_proof,
    }


def _bare_round() -> dict[str, float]:
    """Time the library's own functions, called as directly as Python can, in microseconds."""
    scalar, wide = sodium.random_scalar(), os.urandom(64)
    point, other = sodium.from_hash(wide), sodium.multiply_base(scalar)
    calls: dict[str, Callable[[], bytes]] = {
        "from_hash": lambda: sodium.from_hash(wide),
        "multiply": lambda: sodium.multiply(scalar, point),
        "add": lambda: sodium.add(point, other),
    }
    return {name: _each(call) for name, call in calls.items()}


def _each(call: Callable[[], bytes]) -> float:
    start = time.perf_counter()
    for _ in range(BARE_ROUNDS):
        call()
    return (time.perf_counter() - start) / BARE_ROUNDS * 1e6


def _timed(call: Callable[[], Result]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.oblivious", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--elements", type=int, default=BULK_BATCH, help=f"size of the bulk batch ({BULK_BATCH})")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    if not 1 <= options.elements <= MAX_BATCH:
        parser.error(f"--elements is 1 to {MAX_BATCH}")
    return options


def _print(lines: list[Line], bare: dict[str, float]) -> None:
    where = machine()
    title = f"{where['cpu']}, {where['cores']} cores, Python {where['python']}, libsodium {where['libsodium']}"
    table = Table(title=title)
    for name in ("case", "batch", "µs an element", "ms a batch", "evaluations/s", "bare µs", "threads kept busy"):
        table.add_column(name, justify="left" if name == "case" else "right")
    for line in lines:
        table.add_row(
            line.case,
            f"{line.batch:,}",
            f"{line.microseconds:.0f}",
            f"{line.microseconds * line.batch / 1000:.1f}",
            f"{line.evaluations_per_second:,.0f}",
            f"{line.bare_microseconds:.0f}",
            f"{line.threads_kept_busy:.2f}",
        )
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print("bare, one thread: " + ", ".join(f"{name} {cost:.1f} µs" for name, cost in bare.items()))


if __name__ == "__main__":
    main()
