"""How ``symbolon batch`` shows batches and what came of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from cli.output import counted, foreign
from cli.tables import Table
from node.batches.states import ASIDE, OPEN, ROW_STATES
from symbolon.v1 import batches_pb2 as wire

REASONS = {
    "quota": "a partner's quota is used up; go on tomorrow (UTC)",
    "disclosing_stopped": "this node discloses nothing at present; go on once it does",
    "officer": "its owner may not query any more",
    "interrupted": "the node was interrupted; of some rows it is open whether they were asked: --ask-again",
}
"""Why a batch stopped and what to do; a reason that is not here is the code of an error."""


def batch_json(batch: wire.Batch) -> dict[str, Any]:
    """Give a batch as JSON has it."""
    return {
        "reference": batch.reference,
        "owner": batch.owner,
        "state": batch.state,
        "reason": batch.reason,
        "purpose": batch.purpose,
        "case_reference": batch.case_reference,
        "created_at": batch.created_at,
        "kept_until": batch.kept_until,
        "rows": batch.rows,
        "counts": {state: batch.counts[state] for state in ROW_STATES if state in batch.counts},
        "seconds_left": batch.seconds_left,
        "headings": [{"written": one.written, "field": one.field} for one in batch.headings],
        "partners": [
            {
                "member": one.member,
                "display_name": one.display_name,
                "agreement": one.agreement,
                "left_today": one.left_today,
                "left_in_case": one.left_in_case,
                "explanation": one.explanation,
            }
            for one in batch.partners
        ],
    }


def told(batch: wire.Batch) -> Text:
    """Give a batch in words: what it is, how far it is, and whom it asks."""
    return foreign(*_lines(batch))


def to_ask(batch: wire.Batch) -> int:
    """Give the rows of a list that are or were to be asked."""
    return batch.rows - sum(batch.counts.get(state, 0) for state in ASIDE)


def asked(batch: wire.Batch) -> int:
    """Give the rows of which it is known what came of them."""
    open_ones = sum(batch.counts.get(state, 0) for state in OPEN)
    return to_ask(batch) - open_ones


def _lines(batch: wire.Batch) -> Iterator[str]:
    why = f": {REASONS.get(batch.reason, batch.reason.replace('_', ' '))}" if batch.reason else ""
    yield f"{batch.reference} of {batch.owner} is {batch.state}{why}."
    counts = [f"{batch.counts[state]:,} {state.replace('_', ' ')}" for state in ROW_STATES if state in batch.counts]
    yield f"{counted(batch.rows, 'row')}: {', '.join(counts)}."
    for one in batch.headings:
        yield f"Column {one.written} is {'read as ' + one.field if one.field else 'not used'}."
    for partner in batch.partners:
        yield _partner(partner, batch)
    yield f"It is erased on {datetime.fromtimestamp(batch.kept_until, UTC):%Y-%m-%d %H:%M} UTC."


def _partner(partner: wire.Partner, batch: wire.Batch) -> str:
    if partner.explanation:
        return f"{partner.display_name} is not asked: {partner.explanation}"
    left = min(partner.left_today, partner.left_in_case)
    short = "" if left >= to_ask(batch) - asked(batch) else " The list is longer than that."
    return (
        f"{partner.display_name} takes {counted(partner.left_today, 'more query', 'more queries')} today,"
        f" {partner.left_in_case:,} in this case, under {partner.agreement}.{short}"
    )


def listing(batches: list[wire.Batch]) -> Table | str:
    """Give the table of batches, or say that there is none."""
    if not batches:
        return "No list is kept."
    table = Table(title="Batches")
    for column in ("reference", "officer", "state", "rows", "asked", "hits", "erased on"):
        table.add_column(column, no_wrap=column == "reference")
    for batch in batches:
        table.add_row(
            batch.reference,
            foreign(batch.owner),
            batch.state,
            f"{batch.rows:,}",
            f"{asked(batch):,}",
            f"{batch.counts.get('hit', 0):,}",
            f"{datetime.fromtimestamp(batch.kept_until, UTC):%Y-%m-%d}",
        )
    return table


def rows_table(rows: list[dict[str, Any]]) -> Table:
    """Give the table of what came of rows."""
    table = Table(title="What came of the rows")
    for column in ("line", "reference", "state", "cases", "what to know"):
        table.add_column(column, no_wrap=column == "cases")
    for row in rows:
        hits = [
            f"{hit['reference']} (cleared)" if hit["cleared"] else hit["reference"]
            for answer in row["answers"]
            for hit in answer["hits"]
        ]
        why = [f"{one['display_name']}: {one['explanation']}" for one in row["answers"] if one["explanation"]]
        own = [": ".join(filter(None, (row["field"], row["reason"])))] if row["reason"] else []
        table.add_row(
            str(row["line"]),
            foreign(row["reference"]),
            row["state"].replace("_", " "),
            foreign(*hits),
            foreign(*own, *why),
        )
    return table
