"""How long does it take to compare two logs, and how much memory?

``python -m benchmarks.reconcile [--entries N] [--json]``

Two agencies' exports are made with so many entries each: queries with their answers, as both sides log them, and a
message for every tenth. ``symbolon audit reconcile`` verifies and compares them in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.oblivious import machine
from ledger.checkpoints import Checkpoint, ledger_origin, sign_checkpoint
from ledger.entries import FIRST_PREVIOUS, Statement, draft, place
from ledger.events import (
    AnswerReceived,
    Event,
    MessageAccepted,
    MessagePosted,
    QueryAnswered,
    QueryReceived,
    QuerySent,
)
from ledger.exports import ExportedCheckpoint, ExportEnd, ExportHead
from ledger.merkle import CompactRange, TreeHead
from ledger.notes import VerifierKey
from matching.keys import SigningKey

ASKER, HOLDER = "symbolon://agency/FR-DNMS", "symbolon://agency/DE-ZASM"
MIB = 1024
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_OF_TEN = 21
"""Entries of ten queries."""
_HASH, _PURPOSE = "ab" * 32, "migrant_smuggling"


def _asker(number: int) -> Iterator[Event]:
    query_id = f"{number:032x}"
    yield QuerySent(
        query_id=query_id,
        purpose=_PURPOSE,
        recipients=(HOLDER,),
        agreements=("fr-de",),
        agreement_hashes=(_HASH,),
    )
    yield AnswerReceived(
        query_id=query_id,
        envelope_digest=query_id * 2,
        member=HOLDER,
        agreement_hash=_HASH,
        purpose=_PURPOSE,
        outcome="nothing",
        level=0,
        candidates=0,
    )
    if number % 10 == 0:
        yield MessagePosted(partner=HOLDER, digest=query_id * 2, kibibytes=1)


def _holder(number: int) -> Iterator[Event]:
    query_id = f"{number:032x}"
    about = (query_id, query_id * 2, ASKER)
    yield QueryReceived(
        query_id=about[0],
        envelope_digest=about[1],
        sender=about[2],
        agreement="fr-de",
        agreement_hash=_HASH,
        purpose=_PURPOSE,
        entries=8,
    )
    yield QueryAnswered(
        query_id=about[0],
        envelope_digest=about[1],
        sender=about[2],
        level=0,
        agreement_hash=_HASH,
        purpose=_PURPOSE,
        trace=("nothing opened",),
    )
    if number % 10 == 0:
        yield MessageAccepted(partner=ASKER, digest=about[1], kibibytes=1)


def write_export(path: Path, party: str, entries: int) -> None:
    """Write an export of invented queries."""
    signer, origin = SigningKey.generate(), ledger_origin(party)
    made_at = _BEGIN + timedelta(seconds=entries)
    named = (origin, party, str(VerifierKey(origin, signer.public_key())), 1, entries, made_at.isoformat())
    tree, previous, number = CompactRange(), FIRST_PREVIOUS, 0
    events = (event for query in range(entries) for event in (_asker if party == ASKER else _holder)(query))
    with path.open("wb") as target:
        target.write(ExportHead(*named, (), FIRST_PREVIOUS, to_end=True).line())
        for number in range(1, entries + 1):
            moment = _BEGIN + timedelta(milliseconds=500 * number)
            entry = place(draft(Statement(next(events), {"user": "a.durand"})), number, previous, moment)
            previous = entry.leaf_hash
            tree.append(previous)
            target.write(entry.body + b"\n")
        head = Checkpoint(origin, TreeHead(number, tree.root()))
        target.write(ExportedCheckpoint(str(sign_checkpoint(head, signer))).line())
        target.write(ExportEnd(entries).line())


def measure(entries: int) -> dict[str, Any]:
    """Make two exports of about so many entries each, compare them, and give the figures."""
    entries -= entries % _OF_TEN
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for party in (ASKER, HOLDER):
            path = Path(folder) / f"{party.rpartition('/')[2]}.export"
            write_export(path, party, entries)
            files.append(str(path))
        started = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-m", "cli", "audit", "reconcile", *files, "--json"], capture_output=True, check=False
        )
        seconds = time.monotonic() - started
    report, used = json.loads(ended.stdout), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "entries_of_each": entries,
        "exit_code": ended.returncode,
        "matched": sum(row["matched"] for row in report.get("counts", ())),
        "seconds": round(seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / MIB),
        "machine": machine(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line and give the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=100_000, help="entries of each log")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args(arguments)
    found = measure(options.entries)
    lines = [json.dumps(found, indent=2)] if options.json else [f"{name}: {value}" for name, value in found.items()]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(found["exit_code"] != 0)


if __name__ == "__main__":
    sys.exit(main())
