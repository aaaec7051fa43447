"""The outcomes of nodes as words, and what an answer says of the questions left: one list for every face."""

from __future__ import annotations

from typing import Literal

from symbolon.v1.desk_pb2 import NodeOutcome

KNOWN = ("hit", "nothing", "not_asked")
"""Outcomes after which it is known what a node has to say; each other one excludes no match."""

LEFT: tuple[
    Literal["left_today", "left_this_year", "left_in_case", "requests_left_today", "emergencies_left_this_month"], ...
] = ("left_today", "left_this_year", "left_in_case", "requests_left_today", "emergencies_left_this_month")
"""What a node says may still be asked of it under the agreement; none of it where it did not say."""


def outcome_word(outcome: int) -> str:
    """Give an outcome of the wire as its word: hit, nothing, timed_out, ..."""
    if not outcome or outcome not in NodeOutcome.values():  # never valid, or of a newer node
        return "invalid_reply"
    return NodeOutcome.Name(outcome).removeprefix("NODE_OUTCOME_").lower()  # type: ignore[arg-type]  # an int of the wire
