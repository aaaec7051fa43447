"""What the long works of auditors do: verify, reconcile, report, count, export. What is opened was logged before."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from agreements.sentences import said
from auditing.page import filter_lines, people_line, period_line, render_page
from auditing.people import Showing
from auditing.reconciliation_outcome import COLUMNS, Outcome
from auditing.reconciliation_said import clocks_said, conclusion, left_out, periods, to_json
from auditing.report import Review
from auditing.selection import Selection
from auditing.statistics import Period, Statistics
from auditing.tables import Rows, Table, columns
from auditing.thresholds import Thresholds
from ledger.exporting import Scope
from ledger.reading import LedgerReader
from node.auditing.reconciling import Given, reconcile_files
from node.auditing.sources import Source
from node.auditing.works import Work

Undertaking = Callable[[Work], None]


def verifying(log: LedgerReader) -> Undertaking:
    """Check every entry, link, opening and the tree over the log."""

    def run(work: Work) -> None:
        total = log.count()
        count = sum(1 for _ in work.tracked(log.verified(), total))
        work.said = [
            said("All %(count)s entries verify, with their links, their openings and the tree over them.", count=count)
        ]

    return run


def reporting(source: Source, selection: Selection, people: Showing) -> Undertaking:
    """Report on a log: tables, and the same as a page, as CSV and as JSON."""

    def run(work: Work) -> None:
        review = Review(selection, Thresholds(), people)
        for one in work.tracked(source.entries(), source.total):
            review.observe(one)
        found = review.report(source.party, source.agreements)
        work.said = [period_line(found), *filter_lines(found), people_line(found)]
        work.tables = found.tables
        work.write("report.html", render_page(found).encode())
        work.write("report.json", _json(found.to_json()))
        work.write("tables.zip", _zipped(found.tables))

    return run


def counting(source: Source, by: Period, selection: Selection, least: int) -> Undertaking:
    """Count queries and matches without persons."""

    def run(work: Work) -> None:
        statistics = Statistics(by, selection, least)
        for one in work.tracked(source.entries(), source.total):
            statistics.observe(one)
        work.tables = statistics.tables()
        data = {"party": source.party, "by": by.value, "least": least}
        data_tables = {one.name: one.to_json() for one in work.tables}
        work.write("statistics.json", _json({**data, "tables": data_tables}))
        work.write("tables.zip", _zipped(work.tables))

    return run


def exporting(export: Callable[[], tuple[Scope, Iterable[bytes]]]) -> Undertaking:
    """Export the log; that fields are opened is logged by ``export`` before it gives a line."""

    def run(work: Work) -> None:
        scope, lines = export()
        total = scope.last - scope.first + 1
        work.write("log.export", work.tracked(lines, total))
        work.gone = work.total = total
        work.said = [said("%(total)s entries, %(first)s to %(last)s.", total=total, first=scope.first, last=scope.last)]

    return run


def reconciling(
    files: Mapping[str, Path], own: Callable[[], tuple[Scope, Iterable[bytes]]] | None, given: Given
) -> Undertaking:
    """Compare uploaded exports, and the own log where ``own`` gives its export; the files are deleted."""

    def run(work: Work) -> None:
        try:
            sides = dict(files)
            if own is not None:
                sides["own log"] = work.keep("own.export", own()[1])
            done: dict[str, tuple[int, int]] = {}

            def told(party: str, count: int, total: int) -> None:
                done[party] = (count, total)
                work.total = sum(one for _, one in done.values())
                work.follow(sum(one for one, _ in done.values()))

            outcome, clocks = reconcile_files(sides, given, told)
        finally:
            for path in (*files.values(), work.folder / "own.export"):
                path.unlink(missing_ok=True)
        work.gone = work.total
        work.tables = (_counts(outcome),)
        work.findings = tuple(outcome.findings)
        work.said = [conclusion(outcome), *periods(outcome), *clocks_said(outcome, clocks), *left_out(outcome)]
        work.write("reconciliation.json", _json(to_json(outcome, clocks)))

    return run


def _counts(outcome: Outcome) -> Table:
    rows: Rows = tuple(tuple(row.values()) for row in outcome.rows())
    titles = {
        "matched": "matched",
        "missing": "missing",
        "differing": "differ",
        "not_yet": "not yet",
        "ignored": "ignored",
    }
    named = columns(what="what", sender="from", taker="to", **{name: titles[name] for name in COLUMNS})
    return Table("counts", "What one sent and the other took", "", named, rows)


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def _zipped(tables: Iterable[Table]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables:
            archive.writestr(f"{table.name}.csv", table.to_csv())
    return content.getvalue()
