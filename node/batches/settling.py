"""What became of rows that were being asked when the node died: the log knows.

A query's entry is on disk before anything of it leaves, and each answer's entry before anybody sees it. So a row whose
query is not in the log, or was denied, never left, and can be asked as if for the first time. One whose answers are all
there is as good as stored. Of any other it is open whether a partner has counted it; whether to ask again, which counts
again and is logged again at both sides, is for its owner to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ledger.entries import Entry
from ledger.events import AnswerReceived, QueryDenied, QuerySent
from ledger.reading import LedgerReader
from node.batches.kept import TakenRow
from node.batches.states import KeptHit, KeptOutcome, Left, merged, not_asked
from node.queries.outcomes import Outcome
from symbolon.rpc.identity import Party

FROM_THE_LOG = "taken over from the disclosure log after an interruption"
"""Stands where an outcome had words that the log does not keep."""


@dataclass
class _Trace:
    """What the log has of one query."""

    recipients: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    was_denied: bool = False
    answers: list[KeptOutcome] = field(default_factory=list)


HasCase = Callable[[str, str], bool]
"""Says whether there is a case of a member with a reference: the hit was noted for its follow-up."""


def left_of(rows: Iterable[TakenRow], ledger: LedgerReader, has_case: HasCase) -> Mapping[bytes, Left | None]:
    """Give what the log says of each row, by its query's id, none where nothing of it left.

    Raises `DamagedLogError` where it cannot be read.
    """
    waiting = list(rows)
    if not waiting:
        return {}
    traces = {row.query_id: _Trace() for row in waiting}
    for entry in ledger.entries(min(row.log_from for row in waiting) + 1):
        if isinstance(entry.event, (QuerySent, QueryDenied, AnswerReceived)):
            trace = traces.get(bytes.fromhex(entry.event.query_id))
            if trace is not None:
                _follow(trace, entry, ledger, has_case)
    return {query_id: _left(trace) for query_id, trace in traces.items()}


def _follow(trace: _Trace, entry: Entry, ledger: LedgerReader, has_case: HasCase) -> None:
    event = entry.event
    if isinstance(event, QuerySent):
        trace.recipients, trace.not_asked = event.recipients, event.not_asked
    elif isinstance(event, QueryDenied):
        trace.was_denied = True
    elif isinstance(event, AnswerReceived):
        references = _references(entry, ledger) if event.candidates else []
        if len(references) != event.candidates or not all(has_case(event.member, one) for one in references):
            return  # as if it had not come: its hits cannot be followed up
        outcome = Outcome(event.outcome)
        trace.answers.append(
            KeptOutcome(
                member=event.member,
                display_name=Party.parse(event.member).name,
                outcome=outcome,
                level=event.level,
                hits=tuple(KeptHit(reference=one, band="") for one in references),
                explanation="" if outcome.answered else FROM_THE_LOG,
            )
        )


def _references(entry: Entry, ledger: LedgerReader) -> list[str]:
    opened = {one.name: one.value for one in ledger.openings(entry.number)}
    return [str(one) for one in json.loads(opened.get("references", "[]"))]


def _left(trace: _Trace) -> Left | None:
    if not trace.recipients or trace.was_denied:
        return None
    outcomes = merged((not_asked(member, FROM_THE_LOG) for member in trace.not_asked), trace.answers)
    heard = {one.member for one in trace.answers}
    return Left(outcomes, tuple(one for one in trace.recipients if one not in heard))
