"""The referrals: the queue by the clock. One referral and its steps are in `console.pages.referral`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from console.paging import part_of
from console.routing import Page
from console.visit import Visit
from console.wording.words import WORDS
from symbolon.v1 import cases_pb2 as wire

_TONES = {"overdue": "bad", "silent": "warn", "appeal_refused": "bad", "disputed": "warn", "requested": "warn"}

_ORDER = (
    "mine", "for_others", "decide", "at_judge", "appeal", "silent_hit", "disputed", "leave", "held_back", "reviewing",
    "receipt", "feedback", "recalling", "correcting", "without_force", "damaged",
)  # fmt: skip
"""The order of the filters: what somebody waits for stands before what is late by itself."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How much time is left, in seconds, and until when; of a clock that stands still, what is left of it."""

    kind: Literal["runs", "over", "stands", "none"]
    seconds: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line of the queue."""

    file: wire.FileShown
    clock: Clock
    tone: str


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter of the queue, and how many lines it leaves."""

    path: str
    text: str
    count: int
    chosen: bool


def now() -> float:
    """Give the moment, in Unix seconds, from which the time left is counted."""
    return time.time()


def clock_of(referral: wire.ReferralShown, at: float) -> Clock:
    """Give how the clock stands: that of a judge's request stands still, else the first that runs out counts."""
    if referral.clock_paused_at:
        return Clock("stands", referral.clock_left_seconds)
    due = referral.clock_due_at or referral.file.see_to_by
    if not due:
        return Clock("none")
    return Clock("runs" if due > at else "over", abs(int(due - at)), due)


def tone_of(state: str) -> str:
    """Give how a state is coloured beside its word."""
    return _TONES.get(state, "")


async def show_list(visit: Visit) -> Response:
    """Show the queue, narrowed to one kind of what is to be seen to where one is named."""
    every = visit.request.query_params.get("all") == "1"
    kind = visit.request.query_params.get("kind", "")
    listed = await visit.desk.cases.list_referrals(wire.ListReferralsRequest(all=every), visit.officer)
    found = [one for one in listed.referrals if every or one.file.alerts]
    shown = [one for one in found if not kind or kind in kinds_of(one.file)]
    at = now()
    part = part_of(shown, visit.request.query_params.get("page", ""))
    lines = [ListedLine(one.file, clock_of(one, at), tone_of(one.file.state)) for one in part.lines]
    filters = _filters(visit, found, kind, every)
    here = next((one.path for one in filters if one.chosen), filters[0].path)
    caption = visit.say("What is to be seen to, the most urgent first") if not every else visit.say("All referrals")
    return visit.page(
        "referrals/list.html",
        lines=lines,
        part=part,
        has_more=listed.has_more,
        here=here,
        filters=filters,
        all=every,
        caption=caption,
    )


def kinds_of(file: wire.FileShown) -> set[str]:
    """Give the filters that leave a line: whether it is this officer's to do, and of what kind it is."""
    whose = {"for_others" if file.waits_for_others else "mine"} if file.alerts else set()
    return {*file.alert_kinds, *whose}


def _filters(visit: Visit, found: Sequence[wire.ReferralShown], chosen: str, every: bool) -> list[Narrowing]:
    counts = Counter(kind for one in found for kind in kinds_of(one.file))
    rest = "&all=1" if every else ""
    whole = "/referrals?all=1" if every else "/referrals"
    narrowing = [Narrowing(whole, visit.say("Everything"), len(found), not chosen)]
    for kind in _ORDER:
        if counts[kind] or kind == chosen:
            path = f"/referrals?kind={kind}{rest}"
            narrowing.append(Narrowing(path, visit.say(WORDS[kind]), counts[kind], kind == chosen))
    return narrowing


PAGES = (Page("/referrals", show_list, "see_referrals"),)
