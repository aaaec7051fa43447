"""The front-line check: what the outcomes of all nodes come to while somebody waits. Pure.

One rule above all: *nothing known* is said only where every node that was asked answered so, and every node that was
named was asked. One that failed, was late, could not say or may not be asked excludes no match. A hit that this
agency's officers have cleared, as another person, is told apart: it is no hit, and is counted beside what is nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from node.directory.membership import Member
from node.queries.outcomes import NodeOutcome, Outcome
from node.queries.wire import node_answer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2

LEAST_SECONDS, MOST_SECONDS, USUAL_SECONDS = 2.0, 60.0, 10.0
"""Seconds somebody may be kept waiting, and what is taken where the caller does not say."""

LATE = "the check ended before the node answered; a match there is not excluded; put a query, which waits longer"


def seconds_of(request: desk_pb2.CheckRequest) -> float:
    """Give the seconds to wait; raise `SymbolonError` (`INVALID_INPUT`) for too few or too many."""
    seconds = request.seconds or USUAL_SECONDS
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        detail = f"seconds: from {LEAST_SECONDS:g} to {MOST_SECONDS:g}"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)
    return seconds


def summed_up(
    named: Collection[str], outcomes: Sequence[NodeOutcome], awaited: Sequence[Member]
) -> desk_pb2.CheckResponse:
    """Give the one answer. ``named`` are the recipients the caller named, ``awaited`` members that were to answer."""
    told = {one.member for one in outcomes}
    late = [
        NodeOutcome(member.uri, member.display_name, Outcome.TIMED_OUT, explanation=LATE)
        for member in awaited
        if member.uri not in told
    ]
    every = [*outcomes, *late]
    cleared = sum(_is_cleared(one) for one in every)
    hits = sum(one.outcome is Outcome.HIT for one in every) - cleared
    nothing = sum(one.outcome is Outcome.NOTHING for one in every)
    not_asked = sum(one.outcome is Outcome.NOT_ASKED for one in every)
    unanswered = len(every) - hits - cleared - nothing - not_asked
    return desk_pb2.CheckResponse(
        verdict=_verdict(hits, nothing + cleared, unanswered, not_asked if named else 0),
        hits=hits,
        cleared=cleared,
        nothing=nothing,
        unanswered=unanswered,
        not_asked=not_asked,
        answers=[node_answer(one) for one in every],
    )


def _is_cleared(outcome: NodeOutcome) -> bool:
    """Say whether all that a node told of was cleared before."""
    told = {one.reference for one in outcome.answer.candidates}
    return outcome.outcome is Outcome.HIT and bool(told) and told <= outcome.cleared.keys()


def _verdict(hits: int, nothing: int, unanswered: int, named_in_vain: int) -> desk_pb2.Verdict.ValueType:
    if hits:
        return desk_pb2.VERDICT_HIT
    if nothing and not unanswered and not named_in_vain:
        return desk_pb2.VERDICT_NOTHING_KNOWN
    return desk_pb2.VERDICT_NOT_CONCLUSIVE
