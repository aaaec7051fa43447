"""What came of a list as a file to keep: CSV for a spreadsheet, JSON for programs. A line for each row and node.

A spreadsheet takes a cell that begins with =, +, -, @, a tab or a line break for a formula. Such a cell gets an
apostrophe before it, and every cell quotation marks (OWASP, CSV injection): references are other people's words.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from auditing.tables import harmless
from node.queries.outcome_words import outcome_word
from symbolon.v1 import batches_pb2 as wire

COLUMNS = (
    "line",
    "reference",
    "state",
    "field",
    "reason",
    "agency",
    "outcome",
    "level",
    "case",
    "quality",
    "cleared",
    "explanation",
)
"""The columns of the CSV."""


def row_json(row: wire.BatchRow) -> dict[str, Any]:
    """Give a row as JSON has it."""
    return {
        "line": row.line,
        "reference": row.reference,
        "state": row.state,
        "field": row.field,
        "reason": row.reason,
        "answers": [
            {
                "member": one.member,
                "display_name": one.display_name,
                "outcome": outcome_word(one.outcome),
                "level": one.level,
                "hits": [{"reference": hit.reference, "band": hit.band, "cleared": hit.cleared} for hit in one.hits],
                "explanation": one.explanation,
            }
            for one in row.answers
        ],
    }


def results_csv(rows: Iterable[wire.BatchRow]) -> str:
    """Give the rows as CSV that a spreadsheet opens and does not obey."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerows([harmless(str(cell)) for cell in line] for line in _lines(row))
    return text.getvalue()


def _lines(row: wire.BatchRow) -> Iterator[tuple[object, ...]]:
    own = (row.line, row.reference, row.state, row.field, row.reason)
    for answer in row.answers:
        told = (answer.member.rpartition("/")[2], outcome_word(answer.outcome), answer.level)
        for hit in answer.hits or [wire.RowHit()]:
            yield (*own, *told, hit.reference, hit.band, hit.cleared, answer.explanation)
    if not row.answers:
        yield (*own, "", "", "", "", "", "", "")
