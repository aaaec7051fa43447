"""Denied calls and refused queries, many in a day; and a clock that went back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from agreements.sentences import Sentence, said
from auditing.findings import Finding, Trail
from auditing.sources import Opened, short
from auditing.thresholds import Thresholds
from ledger.case_events import StepRefused
from ledger.events import QueryDenied, QueryRefused
from ledger.federation_events import CallRefused
from ledger.officer_events import OfficerRefused

DENIED_TYPES = frozenset(
    {
        "account_locked",
        "agreement_refused",
        "call_refused",
        "case_message_ignored",
        "federation_refused",
        "officer_refused",
        "query_denied",
        "query_refused",
        "request_refused",
        "sign_in_refused",
        "step_refused",
    }
)
"""Events by which somebody was denied something, whether he was told or not."""

_TOLERATED = timedelta(seconds=1)
_Key = tuple[str, str, str]


class Denials:
    """See ``denied`` and ``clock`` in `auditing.thresholds.RULES`."""

    def __init__(self, thresholds: Thresholds) -> None:
        """Count nothing yet."""
        self._wanted = thresholds.denied
        self._day = ""
        self._denied: dict[_Key, Trail] = {}
        self._latest: datetime | None = None

    def observe(self, one: Opened) -> Iterator[Finding]:
        """Take an entry."""
        entry, _ = one
        if self._latest is not None and self._latest - entry.time > _TOLERATED:
            trail = Trail.begin(entry.number, entry.time)
            yield trail.finding("clock", ("", "", ""), said("older than the entry before it"))
        self._latest = entry.time
        if isinstance(entry.event, (OfficerRefused, QueryDenied, StepRefused)):
            yield from self._count(("sent", "", ""), entry.number, entry.time)
        elif isinstance(entry.event, CallRefused):
            yield from self._count(("call", short(entry.event.caller), ""), entry.number, entry.time, entry.event.calls)
        elif isinstance(entry.event, QueryRefused):
            yield from self._count(("received", short(entry.event.sender), ""), entry.number, entry.time)

    def end(self) -> Iterator[Finding]:
        """Close the day under way."""
        for key, trail in self._denied.items():
            if trail.count >= self._wanted:
                yield trail.finding("denied", key, _what(key[0], trail.count, date.fromisoformat(self._day)))
        self._denied = {}

    def _count(self, key: _Key, number: int, time: datetime, calls: int = 1) -> Iterator[Finding]:
        day = time.astimezone(UTC).date().isoformat()
        if day != self._day:
            yield from self.end()
            self._day = day
        trail = self._denied.get(key)
        if trail is None:
            trail = self._denied[key] = Trail.begin(number, time)
        else:
            trail.add(number, time)
        trail.count += calls - 1


def _what(kind: str, count: int, day: date) -> Sentence:
    if kind == "sent":
        return said("%(count)s calls of our own users denied on %(day)s", count=count, day=day)
    if kind == "call":
        return said("%(count)s calls refused on %(day)s", count=count, day=day)
    return said("%(count)s queries refused on %(day)s", count=count, day=day)
