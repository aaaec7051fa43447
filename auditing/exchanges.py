"""Exchanges: each query with what became of it, joined from the entries that speak of it.

A query put to four nodes is four exchanges. An exchange is given out `AWAITED` after its query by the log's own time,
in the order of the queries; what is recorded of it later than that is not joined to it any more, and no part of the
protocol takes as long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from auditing.sources import Opened, read_list, short
from ledger.entries import Entry
from ledger.events import (
    AnswerReceived,
    HitSilent,
    QueryAnswered,
    QueryOpened,
    QueryReceived,
    QueryRefused,
    QueryRelayed,
    QuerySent,
)
from ledger.federation_events import AnswerRelayed

AWAITED = timedelta(hours=1)
MOST_AWAITED = 20_000
"""Exchanges that are open at a time; beyond that the oldest is given out as it is."""

Direction = Literal["sent", "received", "relayed"]


@dataclass(slots=True)
class Exchange:
    """One query between two agencies, as this log knows it.

    ``partner`` is the other agency; of one relayed by a coordinator, the two with an arrow. ``outcome`` is the asker's
    word for it, or ``answered`` or ``refused`` at the holder; empty where the log has none. ``reason`` is that of a
    refusal. ``silent`` counts records of which the asker was not told; ``records`` those opened.
    """

    direction: Direction
    number: int
    time: datetime
    partner: str
    agreement: str = ""
    agreement_hash: str = ""
    purpose: str = ""
    user: str = ""
    outcome: str = ""
    level: int = 0
    candidates: int = 0
    opened: bool = False
    records: int = 0
    silent: int = 0
    reason: str = ""
    references: tuple[str, ...] = ()
    record_ids: tuple[str, ...] = ()
    answer_number: int = 0
    seconds: float | None = None

    @property
    def answered(self) -> bool:
        """Say whether there was a word on the person: a hit, or nothing."""
        return self.outcome in ("hit", "nothing", "answered")


class Joiner:
    """Joins entries to exchanges as they come."""

    def __init__(self) -> None:
        """Begin with none open."""
        self._queue: deque[tuple[tuple[str, str], Exchange]] = deque()
        self._open: dict[tuple[str, str], Exchange] = {}
        self._readers: Mapping[type, Callable[[Entry, Any, Mapping[str, str]], None]] = {
            QuerySent: self._sent,
            QueryReceived: self._received,
            QueryRelayed: self._relayed,
            AnswerReceived: self._answer_came,
            QueryOpened: self._opened,
            QueryAnswered: self._answered,
            QueryRefused: self._refused,
            HitSilent: self._silent,
            AnswerRelayed: self._answer_relayed,
        }

    def observe(self, one: Opened) -> Iterator[Exchange]:
        """Take an entry; give the exchanges that are over by its time."""
        entry, opened = one
        while self._queue and (entry.time - self._queue[0][1].time > AWAITED or len(self._queue) >= MOST_AWAITED):
            yield self._close()
        reader = self._readers.get(type(entry.event))
        if reader is not None:
            reader(entry, entry.event, opened)

    def end(self) -> Iterator[Exchange]:
        """Give those that are still open."""
        while self._queue:
            yield self._close()

    def _close(self) -> Exchange:
        key, exchange = self._queue.popleft()
        if self._open.get(key) is exchange:
            del self._open[key]
        return exchange

    def _await(self, key: tuple[str, str], exchange: Exchange) -> None:
        self._queue.append((key, exchange))
        self._open[key] = exchange

    def _sent(self, entry: Entry, event: QuerySent, opened: Mapping[str, str]) -> None:
        # strict=False: an insider's entry may have lists of different lengths; the report must not fall over it
        for place, recipient in enumerate(event.recipients):
            exchange = Exchange(
                "sent",
                entry.number,
                entry.time,
                short(recipient),
                _at(event.agreements, place),
                _at(event.agreement_hashes, place),
                event.purpose,
                opened.get("user", ""),
            )
            self._await((event.query_id, recipient), exchange)

    def _received(self, entry: Entry, event: QueryReceived, opened: Mapping[str, str]) -> None:
        exchange = Exchange(
            "received",
            entry.number,
            entry.time,
            short(event.sender),
            event.agreement,
            event.agreement_hash,
            event.purpose,
            opened.get("user", ""),
        )
        self._await((event.envelope_digest, ""), exchange)

    def _relayed(self, entry: Entry, event: QueryRelayed, opened: Mapping[str, str]) -> None:
        for place, recipient in enumerate(event.recipients):
            pair = f"{short(event.sender)} → {short(recipient)}"
            agreement, purpose = _at(event.agreements, place), _at(event.purposes, place)
            exchange = Exchange("relayed", entry.number, entry.time, pair, agreement, "", purpose)
            self._await((event.query_id, recipient), exchange)

    def _answer_came(self, entry: Entry, event: AnswerReceived, opened: Mapping[str, str]) -> None:
        exchange = self._open.get((event.query_id, event.member))
        if exchange is not None:
            exchange.outcome, exchange.level, exchange.candidates = event.outcome, event.level, event.candidates
            exchange.references = tuple(filter(_is_text, read_list(opened.get("references", ""))))
            _answer(exchange, entry)

    def _answer_relayed(self, entry: Entry, event: AnswerRelayed, opened: Mapping[str, str]) -> None:
        exchange = self._open.get((event.query_id, event.recipient))
        if exchange is not None:
            exchange.outcome = event.outcome
            _answer(exchange, entry)

    def _opened(self, entry: Entry, event: QueryOpened, opened: Mapping[str, str]) -> None:
        exchange = self._open.get((event.envelope_digest, ""))
        if exchange is not None:
            exchange.opened, exchange.records = True, event.records
            exchange.record_ids += record_ids(opened)

    def _answered(self, entry: Entry, event: QueryAnswered, opened: Mapping[str, str]) -> None:
        exchange = self._open.get((event.envelope_digest, ""))
        if exchange is not None:
            exchange.outcome, exchange.level = "answered", event.level
            _answer(exchange, entry)

    def _refused(self, entry: Entry, event: QueryRefused, opened: Mapping[str, str]) -> None:
        exchange = self._open.get((event.envelope_digest, ""))
        if exchange is None or event.reason == "replayed":  # the first of its kind was another query
            exchange = Exchange("received", entry.number, entry.time, short(event.sender))
            exchange.agreement_hash, exchange.purpose = event.agreement_hash, event.purpose
            exchange.user = opened.get("user", "")
            self._queue.append((("", ""), exchange))
        exchange.reason = event.reason
        if not exchange.answer_number:  # otherwise it stands beside an answer
            exchange.outcome = "refused"
            _answer(exchange, entry)

    def _silent(self, entry: Entry, event: HitSilent, opened: Mapping[str, str]) -> None:
        exchange = self._open.get((event.envelope_digest, ""))
        if exchange is not None:
            exchange.silent = event.records
            exchange.record_ids += record_ids(opened)


def record_ids(opened: Mapping[str, str]) -> tuple[str, ...]:
    """Give the ids of the records that a query opened, where they were opened to the reader."""
    hits = read_list(opened.get("hits", ""))
    return tuple(one["record_id"] for one in hits if isinstance(one, dict) and _is_text(one.get("record_id")))


def _answer(exchange: Exchange, entry: Entry) -> None:
    exchange.answer_number = entry.number
    exchange.seconds = (entry.time - exchange.time).total_seconds()


def _at(values: tuple[str, ...], place: int) -> str:
    return values[place] if place < len(values) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str)
