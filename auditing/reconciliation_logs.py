"""The logs that are compared, how their clocks stand to each other, and when something missing is called missing.

The rule: an export speaks of the time from its first entry (from the beginning, if that is entry 1) to its last, or to
the moment it was made if it goes to the log's end. An entry is *missing* where the export speaks of the whole time in
which it must lie, and *not to be seen yet* where part of that time lies outside: before the export, after it, or still
to come for mail and replies under way. Mail of a pair is taken in its order, so what was sent before something that
has come has come too, however short that time is.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TypeAlias

from agreements.sentences import Sentence, Value, said

UNDER_WAY = {"query": 3600.0, "mail": 86_400.0}
"""Seconds that a query with its answer, and that mail, may be under way; see `auditing.exchanges.AWAITED`."""

READING = 2.0
"""Seconds by which moments may differ that should not: exports are dated to the second, and clocks are read apart."""

CLOCKS_AGREE = 60.0
"""Seconds by which two clocks may differ before that is a finding."""

OUT_OF_ORDER = 10.0
"""Seconds by which, clocks allowed for, something may have come before it was sent."""

MOST_SAMPLES = 20_001
"""Samples of one direction that a median is taken of; beyond that, of the latest."""


@dataclass(frozen=True, slots=True)
class Log:
    """One export: whose, and of what time it speaks (seconds); ``since`` is None for a log from its beginning."""

    party: str
    since: float | None
    until: float

    @property
    def is_hub(self) -> bool:
        """Say whether it is a coordinator's."""
        return "://coordinator/" in self.party

    def speaks_of(self, moment: float) -> bool:
        """Say whether an entry of this moment would be in the export."""
        return (self.since is None or self.since <= moment) and moment <= self.until + READING


@dataclass(slots=True)
class _Samples:
    """How long things took in one direction, by the two clocks: receiver's time less sender's."""

    count: int = 0
    least: float = float("inf")
    most: float = float("-inf")
    latest: list[float] = field(default_factory=list)
    _place: int = 0

    def add(self, seconds: float) -> None:
        self.count += 1
        self.least, self.most = min(self.least, seconds), max(self.most, seconds)
        if len(self.latest) < MOST_SAMPLES:
            self.latest.append(seconds)
        else:
            self.latest[self._place] = seconds
            self._place = (self._place + 1) % MOST_SAMPLES


Summary: TypeAlias = tuple[int, float, float, float]
"""Count, least, median and most of the seconds from a sending to its coming."""


def _possible(there: Summary | None, back: Summary | None) -> tuple[float, float] | None:
    if there is None or back is None or -back[1] > there[1]:
        return None
    return -back[1], there[1]


@dataclass(frozen=True, slots=True)
class Skew:
    """How two clocks stand: ``offset`` is what the second shows more than the first.

    There and back are count, least, median and most of the seconds from a sending to its coming, by the two clocks.
    """

    first: int
    second: int
    offset: float | None
    there: Summary | None
    back: Summary | None

    @property
    def possible(self) -> tuple[float, float] | None:
        """Give between what the offset must lie, for nothing comes before it was sent; none where that cannot be."""
        return _possible(self.there, self.back)

    @property
    def is_wrong(self) -> bool:
        """Say whether the clocks differ by too much, and not only the ways."""
        possible = self.possible
        is_sure = possible is None or not possible[0] <= 0 <= possible[1]
        return self.offset is not None and abs(self.offset) > CLOCKS_AGREE and is_sure


class Clocks:
    """Learns from pairs how clocks stand to each other.

    A pair of opposite ways takes the way out of the difference; queries and mail take differently long, so each kind
    is taken by itself, queries first.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._samples: dict[tuple[str, int, int], _Samples] = {}
        self._offsets: dict[tuple[int, int], float | None] = {}

    def learn(self, way: str, sender: int, sent: float, taker: int, taken: float) -> None:
        """Take a pair: something was sent and came."""
        self._samples.setdefault((way, sender, taker), _Samples()).add(taken - sent)
        self._offsets.clear()

    def offset(self, first: int, second: int) -> float | None:
        """Give what the second clock shows more than the first; nothing where no pair says it both ways."""
        if first == second:
            return 0.0
        if (first, second) not in self._offsets:
            self._offsets[first, second] = self._learnt(first, second)
        return self._offsets[first, second]

    def moved(self, moment: float, first: int, second: int) -> float:
        """Give a moment of the first clock by the second."""
        return moment + (self.offset(first, second) or 0.0)

    def skews(self) -> list[Skew]:
        """Give all pairs of clocks of which something is known."""
        pairs = sorted({(min(one, other), max(one, other)) for _, one, other in self._samples})
        return [
            Skew(one, other, self.offset(one, other), self._summary(one, other), self._summary(other, one))
            for one, other in pairs
        ]

    def _learnt(self, first: int, second: int) -> float | None:
        for way in ("query", "mail"):
            there, back = self._samples.get((way, first, second)), self._samples.get((way, second, first))
            if there is not None and back is not None:
                offset = (median(there.latest) - median(back.latest)) / 2
                possible = _possible(self._summary(first, second), self._summary(second, first))
                return offset if possible is None else min(max(offset, possible[0]), possible[1])
        return None

    def _summary(self, first: int, second: int) -> Summary | None:
        for way in ("query", "mail"):
            found = self._samples.get((way, first, second))
            if found is not None:
                return found.count, found.least, median(found.latest), found.most
        return None


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds, by a log's own clock, between which an entry of it must lie."""

    begin: float
    end: float


class Order:
    """Knows the first and the last of what came, for each way that mail goes.

    What was sent before the last of them has come, and what came after the first of them was sent after it.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._ends: dict[tuple[str, int, int], list[tuple[int, int, float, float]]] = {}

    def learn(self, way: str, sender: int, taker: int, numbers: tuple[int, int], times: tuple[float, float]) -> None:
        """Take a pair: the numbers and times of its sending and its coming."""
        ends = self._ends.setdefault((way, sender, taker), [])
        insort(ends, (*numbers, *times))
        if len(ends) > 2:
            del ends[1]

    def came_by(self, way: str, sender: int, taker: int, number: int) -> float | None:
        """Give when at the latest something sent under this number came, by the taker's clock."""
        ends = self._ends.get((way, sender, taker))
        return ends[-1][3] if ends and ends[-1][0] > number else None

    def sent_from(self, way: str, sender: int, taker: int, number: int) -> float | None:
        """Give from when on something that came under this number was sent, by the sender's clock."""
        ends = self._ends.get((way, sender, taker))
        return ends[0][2] if ends and ends[0][1] < number else None


def is_missing(log: Log, window: Window) -> bool:
    """Say whether an entry that must lie in the window is missing, and not only not to be seen yet."""
    return log.speaks_of(window.begin) and log.speaks_of(window.end)


def clocks_of(logs: Sequence[Log], skew: Skew) -> Sentence:
    """Say how two clocks stand, in a sentence."""
    first, second = logs[skew.first].party, logs[skew.second].party
    names: dict[str, Value] = {"first": first, "second": second}
    if skew.offset is None:
        return said("How the clocks of %(first)s and %(second)s stand cannot be told: nothing went both ways.", **names)
    seconds, ends = round(abs(skew.offset), 2), skew.possible
    if skew.offset > 0:
        ahead = said(
            "The clock of %(second)s is %(seconds)s seconds ahead of that of %(first)s", seconds=seconds, **names
        )
    else:
        ahead = said(
            "The clock of %(second)s is %(seconds)s seconds behind that of %(first)s", seconds=seconds, **names
        )
        ends = ends and (-ends[1], -ends[0])
    if ends is None:
        return said("%(ahead)s.", ahead=ahead)
    least, most = (round(one, 2) + 0.0 for one in ends)  # 0.0: no zero below zero
    return said("%(ahead)s (between %(least)s and %(most)s).", ahead=ahead, least=least, most=most)
