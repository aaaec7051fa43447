"""Hits without follow-up: of our own users by reference, of partners by the number of their requests."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from agreements.sentences import said
from auditing.exchanges import Exchange
from auditing.findings import Finding, Trail
from auditing.sources import Opened, short
from auditing.thresholds import Thresholds
from ledger.case_events import HitConfirmed, HitRejected, HitReturned, RequestSent
from ledger.referral_events import RequestReceived

MOST_OPEN = 100_000
"""References of hits that are remembered at a time; the oldest is forgotten first, and not held against anybody."""

_FOLLOWED = (HitConfirmed, HitRejected, HitReturned, RequestSent)


@dataclass(slots=True)
class _Hit:
    who: str
    number: int
    time: datetime
    followed: bool = False


class Following:
    """See ``no_follow_up`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Know no hit yet."""
        self._thresholds = thresholds
        self._hits: OrderedDict[str, _Hit] = OrderedDict()
        self._followed: Counter[str] = Counter()
        self._unfollowed: dict[str, Trail] = {}
        self._told: dict[str, Trail] = {}
        self._young: deque[tuple[datetime, int, str]] = deque(maxlen=MOST_OPEN)
        self._requests: Counter[str] = Counter()
        self._early: dict[str, None] = {}
        self._age = timedelta(days=thresholds.follow_up_days)

    def observe(self, one: Opened) -> None:
        """Take an entry that may follow up a hit."""
        entry, opened = one
        if isinstance(entry.event, _FOLLOWED):
            reference = opened.get("reference", "")
            hit = self._hits.get(reference)
            if hit is not None:
                hit.followed = True
            elif reference:  # its exchange may still be open
                self._early[reference] = None
                if len(self._early) > MOST_OPEN:
                    del self._early[next(iter(self._early))]
        elif isinstance(entry.event, RequestReceived):
            self._requests[short(entry.event.partner)] += 1
        self._age_hits(entry.time)

    def observe_exchange(self, exchange: Exchange) -> None:
        """Take a query that is over."""
        if exchange.level < 1:
            return
        if exchange.direction == "received":
            self._young.append((exchange.time, exchange.number, exchange.partner))
        elif exchange.user:
            for reference in exchange.references:
                followed = self._early.pop(reference, 0) is None
                self._hits[reference] = _Hit(exchange.user, exchange.answer_number, exchange.time, followed)
            if len(self._hits) > MOST_OPEN:
                self._hits.popitem(last=False)

    def end(self) -> Iterator[Finding]:
        """Name who leaves hits without follow-up."""
        floor = self._thresholds.follow_up_floor
        for who, trail in self._unfollowed.items():
            total = trail.count + self._followed[who]
            if total >= floor and self._followed[who] * 100 < self._thresholds.follow_up_percent * total:
                what = said(
                    "%(count)s of %(total)s hits neither confirmed nor rejected nor requested",
                    count=trail.count,
                    total=total,
                )
                yield trail.finding("no_follow_up", ("sent", "", who), what)
        for partner, trail in self._told.items():
            requests = self._requests[partner]
            if trail.count >= floor and requests * 100 < self._thresholds.request_percent * trail.count:
                what = said("Hits told: %(hits)s, reasoned requests: %(requests)s", hits=trail.count, requests=requests)
                yield trail.finding("no_follow_up", ("received", partner, ""), what)

    def _age_hits(self, now: datetime) -> None:
        while self._young and now - self._young[0][0] > self._age:
            time, number, partner = self._young.popleft()
            _note(self._told, partner, number, time)
        while self._hits:
            reference, hit = next(iter(self._hits.items()))
            if now - hit.time <= self._age:
                return
            del self._hits[reference]
            if hit.followed:
                self._followed[hit.who] += 1
            else:
                _note(self._unfollowed, hit.who, hit.number, hit.time)


def _note(trails: dict[str, Trail], key: str, number: int, time: datetime) -> None:
    trail = trails.get(key)
    if trail is None:
        trails[key] = Trail.begin(number, time)
    else:
        trail.add(number, time)
