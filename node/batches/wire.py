"""Batches and their rows as messages of the desk. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable

from node.batches.kept import Batch, KeptRow
from node.batches.states import KeptOutcome
from node.queries.outcomes import NodeOutcome
from node.queries.plan import Planned
from node.queries.wire import OUTCOMES
from symbolon.v1 import batches_pb2 as wire


def batch_shown(batch: Batch, days: int, seconds_left: int, *, with_reasons: bool) -> wire.Batch:
    """Give a batch; without its reasons for who only counts."""
    return wire.Batch(
        reference=batch.reference,
        owner=batch.owner,
        state=batch.state,
        reason=batch.reason,
        purpose=batch.query.purpose,
        case_reference=batch.query.case_reference if with_reasons else "",
        created_at=int(batch.created_at.timestamp()),
        kept_until=int(batch.kept_until(days).timestamp()),
        rows=batch.rows,
        counts=batch.counts,
        seconds_left=seconds_left,
        headings=[wire.Heading(written=written, field=field) for written, field in batch.headings]
        if with_reasons
        else (),
    )


def partners_shown(
    planned: Iterable[tuple[Planned, tuple[int, int]]], not_asked: Iterable[NodeOutcome]
) -> list[wire.Partner]:
    """Give whom a batch asks with what they still take, then whom it does not ask and why."""
    asked = [
        wire.Partner(
            member=one.member.uri,
            display_name=one.member.display_name,
            agreement=one.agreement.id,
            left_today=today,
            left_in_case=in_case,
        )
        for one, (today, in_case) in planned
    ]
    others = (
        wire.Partner(member=one.member, display_name=one.display_name, explanation=one.explanation) for one in not_asked
    )
    return [*asked, *others]


def row_shown(row: KeptRow) -> wire.BatchRow:
    """Give a row."""
    return wire.BatchRow(
        number=row.number,
        line=row.line,
        reference=row.reference,
        state=row.state,
        field=row.field,
        reason=row.reason,
        answers=map(_answer, row.outcomes),
    )


def _answer(outcome: KeptOutcome) -> wire.RowAnswer:
    return wire.RowAnswer(
        member=outcome.member,
        display_name=outcome.display_name,
        outcome=OUTCOMES[outcome.outcome],
        level=outcome.level,
        hits=[wire.RowHit(reference=one.reference, band=one.band, cleared=one.cleared) for one in outcome.hits],
        explanation=outcome.explanation,
    )
