"""The words for where a batch and each of its rows stand, and what became of a row by its nodes' outcomes.

A batch: prepared → running → finished; from running it may stop, and go on again; it may be cancelled before its end.
A row that can be asked: waiting → asking → hit, nothing, incomplete, or failed; and unknown, where an interruption
left open what became of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from node.queries.outcomes import NodeOutcome, Outcome

BatchState = Literal["prepared", "running", "stopped", "finished", "cancelled"]

ROW_STATES = (
    "waiting",
    "asking",
    "hit",
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

_SILENT = frozenset({Outcome.NOT_ASKED})


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


def result_of(outcomes: Sequence[KeptOutcome]) -> str:
    """Give the state of a row by its outcomes: a hit, nothing at all who were asked, or some unanswered."""
    if any(one.outcome is Outcome.HIT for one in outcomes):
        return "hit"
    asked = [one for one in outcomes if one.outcome not in _SILENT]
    return "nothing" if asked and all(one.outcome.answered for one in asked) else "incomplete"


def to_ask_again(outcomes: Iterable[KeptOutcome]) -> tuple[str, ...]:
    """Give the nodes that looked nothing up because a quota was used up."""
    return tuple(one.member for one in outcomes if one.outcome is Outcome.QUOTA_USED)


@dataclass(frozen=True, slots=True)
class Left:
    """What was left of a row when the node was interrupted, as the log has it.

    ``state`` is waiting where no envelope left, a result where every answer is in the log, else unknown with the nodes
    whose answer is not.
    """

    state: str
    outcomes: tuple[KeptOutcome, ...] = ()
    again: tuple[str, ...] = ()
