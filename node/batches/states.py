"""The words for where a batch and each of its rows stand, and what became of a row by its nodes' outcomes.

A batch: prepared → running → finished; from running it may stop, and go on again; it may be cancelled before its end.
A row that can be asked: waiting → asking → hit, cleared, nothing, incomplete, or failed; and unknown, where an
interruption left open what became of it. What came of a row is read off all its outcomes, of whichever day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from node.queries.outcomes import NodeOutcome, Outcome
from symbolon.rpc.identity import Party

BatchState = Literal["prepared", "running", "stopped", "finished", "cancelled"]

ROW_STATES = (
    "waiting",
    "asking",
    "hit",
    "cleared",
    "nothing",
    "incomplete",
    "unknown",
    "failed",
    "not_asked",
    "unread",
    "thin",
    "duplicate",
)
"""Every state of a row: to be asked, being asked; what came of it; not asked, and why."""

OPEN = ("waiting", "asking", "unknown")
"""States in which the person is still kept."""

ASIDE = ("unread", "thin", "duplicate")


class KeptHit(BaseModel):
    """A hit: the holder's reference, the band of its match quality, and as which it was cleared before, if it was."""

    model_config = ConfigDict(frozen=True)

    reference: str
    band: str
    cleared: str = ""


class KeptOutcome(BaseModel):
    """What a row keeps of one node's outcome: nothing of the person."""

    model_config = ConfigDict(frozen=True)

    member: str
    display_name: str
    outcome: Outcome
    level: int = 0
    hits: tuple[KeptHit, ...] = ()
    explanation: str = ""

    @property
    def is_cleared(self) -> bool:
        """Say whether each of its hits was cleared before."""
        return bool(self.hits) and all(one.cleared for one in self.hits)


OUTCOMES = TypeAdapter(tuple[KeptOutcome, ...])


def kept(outcome: NodeOutcome) -> KeptOutcome:
    """Give what is kept of an outcome."""
    return KeptOutcome(
        member=outcome.member,
        display_name=outcome.display_name,
        outcome=outcome.outcome,
        level=outcome.answer.level,
        hits=tuple(
            KeptHit(
                reference=one.reference,
                band=one.band,
                cleared=outcome.cleared[one.reference].reference if one.reference in outcome.cleared else "",
            )
            for one in outcome.answer.candidates
        ),
        explanation=outcome.explanation,
    )


def merged(before: Iterable[KeptOutcome], now: Iterable[KeptOutcome]) -> tuple[KeptOutcome, ...]:
    """Give the outcomes of a row that was asked again at some nodes: the newer word of each node."""
    return tuple({one.member: one for one in (*before, *now)}.values())


def not_asked(member: str, explanation: str) -> KeptOutcome:
    """Give the outcome of a node that was not asked, and why."""
    name = Party.parse(member).name
    return KeptOutcome(member=member, display_name=name, outcome=Outcome.NOT_ASKED, explanation=explanation)


def result_of(outcomes: Iterable[KeptOutcome], nobody: str = "not_asked") -> str:
    """Give the state of a row by all its outcomes; ``nobody`` where no node was asked.

    A hit that is not cleared; else that some did not answer, which excludes no match; else hits that were all cleared;
    else nothing at all who were asked.
    """
    asked = [one for one in outcomes if one.outcome is not Outcome.NOT_ASKED]
    hits = [one for one in asked if one.outcome is Outcome.HIT]
    if not asked:
        return nobody
    if not all(one.is_cleared for one in hits):
        return "hit"
    if not all(one.outcome.answered for one in asked):
        return "incomplete"
    return "cleared" if hits else "nothing"


def given_up(state: str, outcomes: Iterable[KeptOutcome], still_to_ask: Collection[str]) -> str:
    """Give the state of a row, open or failed, that is asked no further; a hit that it has is never lost.

    ``still_to_ask`` are nodes that it has been put to already, and whose word is not known.
    """
    result = result_of(outcomes, state if state == "failed" else "not_asked")
    if result == "hit" or not still_to_ask:
        return result
    return "unknown" if state == "unknown" else "incomplete"


def out_of_reach(outcome: KeptOutcome) -> KeptOutcome:
    """Give what a node that was asked before says now: where it can be asked no longer, its word stays unknown."""
    if outcome.outcome is Outcome.NOT_ASKED:
        return outcome.model_copy(update={"outcome": Outcome.LAPSED})
    return outcome


def to_ask_again(outcomes: Iterable[KeptOutcome]) -> tuple[str, ...]:
    """Give the nodes that looked nothing up because a quota was used up."""
    return tuple(one.member for one in outcomes if one.outcome is Outcome.QUOTA_USED)


@dataclass(frozen=True, slots=True)
class Left:
    """What was left of a row when the node was interrupted, as the log has it: its outcomes, whose answer is missing.

    Where one is missing it is unknown what became of the row.
    """

    outcomes: tuple[KeptOutcome, ...] = ()
    missing: tuple[str, ...] = ()
