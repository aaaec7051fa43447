"""Bursts: an hour with far more queries than is usual for the user, or for the agency."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agreements.sentences import said
from auditing.asked import Asked
from auditing.findings import Finding, Trail
from auditing.thresholds import Thresholds

_ENOUGH_DAYS = 5
_MOST_WATCHED = 10_000
"""Users and agencies watched at a time; who asked longest ago is forgotten first."""

_Who = tuple[str, str, str]


@dataclass(slots=True)
class _Watch:
    """One user or agency: the hour under way, and the busiest hours of the days before."""

    hour: datetime
    trail: Trail
    peak: int = 0
    peaks: deque[int] = field(default_factory=deque)


@dataclass(slots=True)
class _Mean:
    total: int = 0
    count: int = 0

    def add(self, value: int) -> None:
        self.total += value
        self.count += 1


class Bursts:
    """See ``burst`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Watch nobody yet."""
        self._thresholds = thresholds
        self._watched: OrderedDict[_Who, _Watch] = OrderedDict()
        self._users: dict[tuple[str, str], _Mean] = {}

    def observe(self, asked: Asked, in_period: bool) -> Iterator[Finding]:
        """Count a question for its user and for its agency."""
        yield from self._count(asked, "")
        if asked.who:
            yield from self._count(asked, asked.who)

    def end(self) -> Iterator[Finding]:
        """Close the hours under way."""
        while self._watched:
            yield from self._close_hour(*self._watched.popitem())

    def _count(self, asked: Asked, who: str) -> Iterator[Finding]:
        key = (asked.direction, asked.house, who)
        hour = asked.time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        watch = self._watched.get(key)
        if watch is None:
            if len(self._watched) >= _MOST_WATCHED:
                yield from self._close_hour(*self._watched.popitem(last=False))
            self._watched[key] = _Watch(hour, Trail.begin(asked.number, asked.time))
            return
        self._watched.move_to_end(key)
        if watch.hour == hour:
            watch.trail.add(asked.number, asked.time)
            return
        yield from self._close_hour(key, watch)
        if watch.hour.date() != hour.date():
            self._close_day(key, watch)
        watch.hour, watch.trail = hour, Trail.begin(asked.number, asked.time)

    def _close_hour(self, key: _Who, watch: _Watch) -> Iterator[Finding]:
        usual = self._usual(key, watch)
        floor, factor = self._thresholds.burst_floor, self._thresholds.burst_factor
        count = watch.trail.count
        measured = bool(key[2]) or usual is not None
        if not measured or count < max(floor, factor * (floor if usual is None else usual)):
            watch.peak = max(watch.peak, count)  # a burst does not become what is usual
            return
        if usual is None:
            what = said("%(count)s queries in the hour from %(hour)s; no baseline yet", count=count, hour=watch.hour)
        else:
            what = said(
                "%(count)s queries in the hour from %(hour)s; busiest hour usually %(usual)s",
                count=count,
                hour=watch.hour,
                usual=round(usual, 1),
            )
        yield watch.trail.finding("burst", key, what)

    def _close_day(self, key: _Who, watch: _Watch) -> None:
        if watch.peak:
            watch.peaks.append(watch.peak)
            if len(watch.peaks) > self._thresholds.burst_days:
                watch.peaks.popleft()
            if key[2]:
                self._users.setdefault(key[:2], _Mean()).add(watch.peak)
        watch.peak = 0

    def _usual(self, key: _Who, watch: _Watch) -> float | None:
        if len(watch.peaks) >= _ENOUGH_DAYS:
            return sum(watch.peaks) / len(watch.peaks)
        users = self._users.get(key[:2]) if key[2] else None
        return users.total / users.count if users and users.count >= _ENOUGH_DAYS else None
