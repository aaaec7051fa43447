"""The course of a case on both sides as one list in order of time: what officers here did, and what the holder said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from symbolon.v1 import cases_pb2 as wire

_FROM_HOLDER = ("holder_", "asked_about_", "onward_transfer_", "change_of_purpose_")
_HOLDERS = frozenset({"hit", "dispute_settled"})
_COMES = "_comes"


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when, on which side, by whom here, and the words that were said with it."""

    at: int
    side: Literal["here", "holder", "time"]
    event: str
    by: str = ""
    words: str = ""


def timeline_of(case: wire.CaseShown) -> list[Moment]:
    """Give the course of a case, oldest first."""
    return list(_told(case))


def side_of(event: str, by: str) -> Literal["here", "holder", "time"]:
    """Say whose deed an event of a case's history is: an officer's here, the holder's, or that of time."""
    if by:
        return "here"
    is_holders = event in _HOLDERS or event.endswith(_COMES) or event.startswith(_FROM_HOLDER)
    return "holder" if is_holders else "time"


def _told(case: wire.CaseShown) -> Iterator[Moment]:
    reasons = {(one.officer, one.at): one.reason for one in case.confirmations}
    last = {
        "reject": case.rejected_because,
        "recall_comes": case.recalled_because,
        "dispute": case.file.disputed,
        "dispute_settled": case.file.settled,
        "review": case.file.review.result,
    }
    latest = {line.event: number for number, line in enumerate(case.file.history)}
    for number, line in enumerate(case.file.history):
        said = reasons.get((line.by, line.at), "") if line.event.startswith("confirm") else ""
        words = last.get(line.event, "") if latest[line.event] == number else ""
        yield Moment(line.at, side_of(line.event, line.by), line.event, line.by, said or words)
