"""How fast is the disclosure log: written durably, verified, proved, exported?

``python -m benchmarks.ledger [--entries N] [--folder DIR] [--json]``

- ``durable_appends_per_second``: 64 writers, each waiting for its entry to be on disk before it goes on, as the calls
  of a node do; entries have three personal fields. The best of five rounds, since other work can only slow one down.
  ``sqlite_single_commits_per_second`` is SQLite alone with a full sync for each row, in the rounds between: what there
  is without group commit.
- ``verify_seconds_per_million``: ``symbolon-verify`` over an export: every byte's form, every link, the tree, the head.
  ``verify_opened_...`` is the same with every personal field opened, three lines more for each entry;
  ``verify_house_...`` is `LedgerReader.verify`, over the database, with openings and tiles.
- ``decision_again_milliseconds``: what ``symbolon-verify`` takes for an entry with one decision, all told.
- ``proof_milliseconds``: the median over entries anywhere in the log, the slowest beside it.
- ``export_peak_mib``: memory that `symbolon audit export` takes at most in a process of its own, over that of the same
  export of an empty log. A month is what the log holds (``--entries``).

``cpu_...`` are the processor's seconds of the same, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agreements.agreement import Agreement
from agreements.facts import Asked, MatchFacts, QuotaUse, RecordRules
from agreements.inputs import Considered, input_of, write_inputs
from agreements.reading import parse_agreement
from agreements.standing import Standing
from agreements.template import TEMPLATE
from benchmarks.oblivious import machine
from ledger.agreement_events import AgreementAccepted
from ledger.checkpoints import ledger_origin
from ledger.entries import Statement
from ledger.events import QueryAnswered, QueryReceived
from ledger.exporting import House, Scope, export_lines
from ledger.exports import EVERY_FIELD, ExportedAgreement
from ledger.log import Ledger
from ledger.notes import VerifierKey
from ledger.reading import LedgerReader
from matching.keys import SigningKey
from node.config import NodeSettings, create_home
from verifier.export import verify_export
from verifier.trust import Trust

WRITERS = 64
ROUNDS = 5
ENTRIES = 100_000
PROOFS = 200
DECISIONS = 1000
TOGETHER = 500  # statements of one call while the log is filled
PARTY = "symbolon://agency/DE-ZASM"
ORIGIN = ledger_origin(PARTY)

_KEY = SigningKey.generate()
_HOUSE = House(ORIGIN, PARTY, "", "2026-11-24T12:00:00+00:00")
_SETTINGS = NodeSettings(
    agency="DE-ZASM",
    display_name="Invented agency",
    listen="127.0.0.1:1",
    address="127.0.0.1:1",
    coordinator="HUB",
    coordinator_address="127.0.0.1:2",
    contact="desk@invented.example",
    declared_records=10,
)

_STATEMENT = Statement(
    QueryReceived(
        query_id="5f" * 16,
        envelope_digest="a7" * 32,
        sender="symbolon://agency/DE-ZASM",
        agreement="fr-de-2026",
        agreement_hash="c3" * 32,
        purpose="migrant_smuggling",
        entries=48,
    ),
    {"user": "i.analyst", "case_reference": "2026/117", "legal_basis": "Article 5 of the invented act"},
)


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report = measure(Path(folder), options.entries)
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        _print(report)


def measure(folder: Path, entries: int) -> dict[str, object]:
    """Give every figure, of a log with so many entries."""
    appends = [(_append(folder / f"{number}.db"), _commit_singly(folder / f"s{number}.db")) for number in range(ROUNDS)]
    log = folder / "home" / "data" / "ledger.db"
    _fill(log, entries)
    reader = LedgerReader(log)
    verifying, verifying_cpu = _verifying(log, entries)
    opened, _ = _verifying(log, entries, opened=True)
    house, _ = _timed(reader.verify)
    proofs = _proof_milliseconds(reader, entries)
    return {
        "durable_appends_per_second": round(max(rate for (rate, _), _ in appends)),
        "verify_seconds_per_million": round(verifying / entries * 1e6, 1),
        "verify_opened_seconds_per_million": round(opened / entries * 1e6, 1),
        "verify_house_seconds_per_million": round(house / entries * 1e6, 1),
        "decision_again_milliseconds": round(_deciding(folder / "decisions.db") * 1e3, 2),
        "proof_milliseconds": round(statistics.median(proofs), 2),
        "export_peak_mib": round(_export_peak(folder, log), 1),
        "sqlite_single_commits_per_second": round(max(single for _, single in appends)),
        "cpu_microseconds_an_append": round(min(cpu for (_, cpu), _ in appends), 1),
        "cpu_verify_seconds_per_million": round(verifying_cpu / entries * 1e6, 1),
        "slowest_proof_milliseconds": round(max(proofs), 2),
        "entries": entries,
        "writers": WRITERS,
        "load_average": os.getloadavg()[0],
        "machine": machine(),
    }


def _append(path: Path) -> tuple[float, float]:
    """Give entries a second with many writers at once, and processor microseconds an entry."""
    each = 100

    async def write(ledger: Ledger) -> None:
        for _ in range(each):
            await ledger.record(_STATEMENT)

    async def write_all(ledger: Ledger) -> None:
        await asyncio.gather(*(write(ledger) for _ in range(WRITERS)))

    with Ledger(path) as ledger:
        seconds, cpu = _timed(lambda: asyncio.run(write_all(ledger)))
        assert ledger.count() == WRITERS * each
    return WRITERS * each / seconds, cpu / (WRITERS * each) * 1e6


def _commit_singly(path: Path) -> float:
    """Give rows a second that SQLite alone writes durably one by one; the row is an entry's size."""
    count = 300
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for setting in ("journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, body BLOB)")

        def write() -> None:
            for _ in range(count):
                connection.execute("INSERT INTO entry (body) VALUES (?)", (bytes(700),))

        seconds, _ = _timed(write)
    return count / seconds


def _fill(path: Path, entries: int) -> None:
    create_home(path.parent.parent, _SETTINGS)
    with Ledger(path) as ledger:
        for first in range(0, entries, TOGETHER):
            ledger.append(*[_STATEMENT] * min(TOGETHER, entries - first))
        ledger.sign_head(ORIGIN, _KEY)


def _proof_milliseconds(reader: LedgerReader, entries: int) -> list[float]:
    chance = random.Random(5)  # noqa: S311  # the same entries in every run
    numbers = [chance.randint(1, entries) for _ in range(PROOFS)]
    return [_timed(partial(reader.prove_entry, number, entries))[0] * 1e3 for number in numbers]


def _verifying(log: Path, entries: int, *, opened: bool = False) -> tuple[float, float]:
    """Give wall and processor seconds of the verifier over an export of all entries."""
    file = log.with_suffix(".export")
    fields = frozenset({EVERY_FIELD}) if opened else frozenset()
    with file.open("wb") as target:
        for line in export_lines(log, Scope(1, entries, fields, entries), _HOUSE):
            target.write(line)
    return _timed(partial(_verify, file))


def _verify(file: Path) -> None:
    with file.open("rb") as source:
        report = verify_export(source, Trust((VerifierKey(ORIGIN, _KEY.public_key()),)))
    assert report.is_right, report.findings[:3]


def _deciding(log: Path) -> float:
    """Give the seconds of an entry with a decision to be made again."""
    agreement = parse_agreement(TEMPLATE)
    accepted = {"agreement": agreement.id, "version": 1, "agreement_hash": agreement.hash.hex(), "party": PARTY}
    with Ledger(log) as ledger:
        ledger.append(Statement(AgreementAccepted.model_validate(accepted)))
        ledger.append(*[decided_statement(agreement)] * DECISIONS)
        ledger.sign_head(ORIGIN, _KEY)
    signatures = tuple({"declaration": {"agency": agency}} for agency in agreement.party_of)  # claimed: no authority
    line = ExportedAgreement(agreement.hash.hex(), agreement.canonical.decode(), signatures)
    scope = Scope(1, DECISIONS + 1, frozenset({EVERY_FIELD}), DECISIONS + 1)
    file = log.with_suffix(".export")
    file.write_bytes(b"".join(export_lines(log, scope, replace(_HOUSE, agreements=(line,)))))
    return _timed(partial(_verify, file))[0] / DECISIONS


def decided_statement(agreement: Agreement) -> Statement:
    """Give the entry of an answer that told of one record, and what it was decided from."""
    standing = Standing(agreement, frozenset(agreement.party_of), accepted=True)
    asked = Asked(
        asker="FR-DNMS",
        holder="DE-ZASM",
        agreement_hash=agreement.hash,
        now=datetime.now(UTC),
        purpose="migrant_smuggling",
        user="i.analyst",
        legal_basis=True,
        case="2026/117",
        offence="migrant_smuggling",
        penalty_months=60,
        nature="ordinary",
        person_role="suspect",
        death_penalty="no",
    )
    one = Considered(RecordRules(category="arrest", person_role="suspect"), MatchFacts(0.97, 40.0))
    made_from = input_of("holder", standing, asked, considered=(one,), quota=QuotaUse(0, 0, 0))
    event = QueryAnswered(
        envelope_digest="a7" * 32,
        sender="symbolon://agency/FR-DNMS",
        level=0,
        agreement_hash=agreement.hash.hex(),
        purpose="migrant_smuggling",
        trace=made_from.decide(agreement).trace,
    )
    return Statement(event, {"decision": write_inputs([(made_from, agreement)])})


def _export_peak(folder: Path, log: Path) -> float:
    """Give MiB that an export of the log takes more than one of an empty log."""
    empty = folder / "empty" / "data" / "ledger.db"
    create_home(empty.parent.parent, _SETTINGS)
    Ledger(empty).close()
    return _exporting(log) - _exporting(empty)


# The kernel counts the parent's memory at the fork to a child's greatest, so the child reads what is its own alone.
_EXPORTING = """
import sys
from pathlib import Path
from cli.audit import app
try:
    app(sys.argv[1:])
finally:
    print(Path("/proc/self/status").read_text(), file=sys.stderr)
"""


def _exporting(log: Path) -> float:
    """Give the greatest resident memory, in MiB, of a process that exports a log."""
    home = log.parent.parent
    file = str(home / f"{time.monotonic_ns()}.export")
    command = [sys.executable, "-c", _EXPORTING, "export", file, "--home", str(home), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", ended.stderr, re.MULTILINE)
    return int(peak) / 1024


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    """Give wall and processor seconds of a call."""
    start, before = time.perf_counter(), _cpu_seconds()
    call()
    return time.perf_counter() - start, _cpu_seconds() - before


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=ENTRIES, help=f"entries of the log that is read ({ENTRIES:,})")
    parser.add_argument("--folder", type=Path, help="where to write; a disk, not memory (the system's choice)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    if options.entries < 1:
        parser.error("--entries is 1 or more")
    return options


def _print(report: dict[str, object]) -> None:
    table = Table("measure", "figure")
    for name, figure in report.items():
        table.add_row(name.replace("_", " "), f"{figure:,}" if isinstance(figure, int | float) else str(figure))
    Console().print(table)


if __name__ == "__main__":
    main()
