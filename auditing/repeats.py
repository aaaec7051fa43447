"""The same person again: by name and birth date in the asker's log, by record in the holder's."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from agreements.sentences import said
from auditing.asked import Asked
from auditing.exchanges import Exchange
from auditing.findings import Finding, Trail
from auditing.thresholds import Thresholds

MOST_REMEMBERED = 100_000
"""Persons remembered at a time; who was asked for longest ago is forgotten first."""

_RETRY = timedelta(hours=1)


@dataclass(slots=True)
class _Person:
    who: str
    times: deque[tuple[datetime, int]] = field(default_factory=deque)
    trail: Trail | None = None


class Repeats:
    """See ``repeats`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Remember nobody yet."""
        self._wanted = thresholds.repeats
        self._window = timedelta(days=thresholds.repeats_days)
        self._persons: OrderedDict[tuple[str, str, bytes], _Person] = OrderedDict()
        self.forgotten = 0
        """Persons forgotten before their time, for want of room."""

    def observe(self, asked: Asked, in_period: bool) -> Iterator[Finding]:
        """Count a question of ours for its person."""
        if asked.traits is not None:
            key = ("sent", asked.house, asked.traits.digest)
            yield from self._count(key, asked.who, asked.number, asked.time)

    def observe_opened(self, exchange: Exchange) -> Iterator[Finding]:
        """Count a question of a partner for each record that it opened."""
        for record in dict.fromkeys(exchange.record_ids):
            key = ("received", exchange.partner, blake2b(record.encode("utf-8", "replace"), digest_size=12).digest())
            yield from self._count(key, exchange.user, exchange.number, exchange.time)

    def end(self) -> Iterator[Finding]:
        """Close what is under way."""
        while self._persons:
            yield from _close(*self._persons.popitem(last=False))

    def _count(self, key: tuple[str, str, bytes], who: str, number: int, time: datetime) -> Iterator[Finding]:
        yield from self._forget(time)
        person = self._persons.get(key)
        if person is None:
            person = self._persons[key] = _Person(who)
        elif person.who == who and time - person.times[-1][0] <= _RETRY:
            return
        self._persons.move_to_end(key)
        person.who = who
        person.times.append((time, number))
        while time - person.times[0][0] > self._window:
            person.times.popleft()
        if person.trail is not None:
            person.trail.add(number, time)
        elif len(person.times) >= self._wanted:
            person.trail = _trail(person.times)

    def _forget(self, now: datetime) -> Iterator[Finding]:
        while self._persons:
            person = next(iter(self._persons.values()))
            is_old = now - person.times[-1][0] > self._window
            if not is_old and len(self._persons) < MOST_REMEMBERED:
                return
            self.forgotten += not is_old
            yield from _close(*self._persons.popitem(last=False))


def _close(key: tuple[str, str, bytes], person: _Person) -> Iterator[Finding]:
    if person.trail is not None:
        direction, house, _ = key
        count = person.trail.count
        if direction == "sent":
            what = said("one person asked for %(count)s times", count=count)
        else:
            what = said("one record asked for %(count)s times", count=count)
        yield person.trail.finding("repeats", (direction, house, ""), what)


def _trail(times: Iterable[tuple[datetime, int]]) -> Trail:
    (time, number), *others = times
    trail = Trail.begin(number, time)
    for later, following in others:
        trail.add(following, later)
    return trail
