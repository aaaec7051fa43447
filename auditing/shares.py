"""What is much for one user: of an agency's queries, and of his own outside working hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from agreements.sentences import Sentence, said
from auditing.asked import Asked
from auditing.findings import Finding, Trail
from auditing.people import OTHERS
from auditing.thresholds import Thresholds

_ENOUGH_USERS = 3
_MOST_USERS = 10_000
_SATURDAY = 5


class Shares:
    """See ``share`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Count nothing yet."""
        self._thresholds = thresholds
        self._users = _Trails()

    def observe(self, asked: Asked, in_period: bool) -> Iterable[Finding]:
        """Count a question of the period."""
        if in_period and asked.who:
            self._users.add(asked)
        return ()

    def end(self) -> Iterator[Finding]:
        """Name who has much."""
        houses: dict[tuple[str, str], list[int]] = {}
        for (direction, house, _), trail in self._users.items():
            houses.setdefault((direction, house), []).append(trail.count)
        for key, trail in self._users.items():
            counts = houses[key[:2]]
            total = sum(counts)
            enough = total >= self._thresholds.share_floor and len(counts) >= _ENOUGH_USERS
            if enough and trail.count * 100 >= self._thresholds.share_percent * total:
                percent = 100 * trail.count / total
                yield trail.finding("share", key, _share(trail.count, total, round(percent)))


class OutOfHours:
    """See ``out_of_hours`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Count nothing yet."""
        self._thresholds = thresholds
        self._zone = ZoneInfo(thresholds.timezone)
        self._all = _Trails()
        self._outside = _Trails()

    def observe(self, asked: Asked, in_period: bool) -> Iterable[Finding]:
        """Count a question of our own users."""
        if in_period and asked.who and asked.direction == "sent":
            self._all.add(asked)
            if self._is_outside(asked):
                self._outside.add(asked)
        return ()

    def end(self) -> Iterator[Finding]:
        """Name who asks much outside."""
        totals = dict(self._all.items())
        for key, trail in self._outside.items():
            total = totals[key].count
            enough = trail.count >= self._thresholds.out_of_hours_floor
            if enough and trail.count * 100 >= self._thresholds.out_of_hours_percent * total:
                yield trail.finding("out_of_hours", key, _outside(trail.count, total))

    def _is_outside(self, asked: Asked) -> bool:
        local = asked.time.astimezone(self._zone)
        working_day = self._thresholds.weekend or local.weekday() < _SATURDAY
        return not (working_day and self._thresholds.day_begins <= local.hour < self._thresholds.day_ends)


class _Trails:
    """A trail for each user; those beyond the first thousands are one."""

    def __init__(self) -> None:
        self._trails: dict[tuple[str, str, str], Trail] = {}

    def add(self, asked: Asked) -> None:
        key = (asked.direction, asked.house, asked.who)
        if key not in self._trails and len(self._trails) >= _MOST_USERS:
            key = (asked.direction, asked.house, OTHERS)
        trail = self._trails.get(key)
        if trail is None:
            self._trails[key] = Trail.begin(asked.number, asked.time)
        else:
            trail.add(asked.number, asked.time)

    def items(self) -> Iterable[tuple[tuple[str, str, str], Trail]]:
        return self._trails.items()


def _share(count: int, total: int, percent: int) -> Sentence:
    return said("%(count)s of %(total)s queries, %(percent)s %%", count=count, total=total, percent=percent)


def _outside(count: int, total: int) -> Sentence:
    return said("%(count)s of %(total)s queries out of hours", count=count, total=total)
