"""Statistics without persons: queries and matches by period, party and purpose, with small counts withheld.

Nothing personal is opened for them. A match is an answer of level 1 or more; hits of which the asker was not told are
not counted, since the number would tell of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum

from agreements.sentences import said
from auditing.exchanges import Exchange, Joiner
from auditing.measures import MOST_KEYS
from auditing.people import OTHERS
from auditing.selection import Selection
from auditing.sources import Opened
from auditing.suppression import LEAST, tell
from auditing.tables import Cell, Table, columns
from ledger.subject_events import SubjectAccessDecided


class Period(StrEnum):
    """How long one period of a statistic is."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"

    def of(self, time: datetime) -> str:
        """Name the period of a moment, in UTC."""
        length = {Period.DAY: 10, Period.MONTH: 7, Period.YEAR: 4}[self]
        return time.astimezone(UTC).date().isoformat()[:length]


_Group = tuple[str, str]
_Cell = tuple[str, str]


class Statistics:
    """Counts the queries of a log."""

    def __init__(self, by: Period, selection: Selection, least: int = LEAST) -> None:
        """Count nothing yet."""
        self._by = by
        self._selection = selection
        self._least = least
        self._joiner = Joiner()
        self._groups: dict[_Group, dict[_Cell, Counter[str]]] = {}
        self._cells = 0
        self._requests: dict[str, Counter[str]] = {}

    def observe(self, one: Opened) -> None:
        """Take an entry."""
        entry, _ = one
        for exchange in self._joiner.observe(one):
            self._add(exchange)
        if isinstance(entry.event, SubjectAccessDecided) and self._selection.has_day(entry.time):
            self._requests.setdefault(Period.YEAR.of(entry.time), Counter())[entry.event.outcome] += 1

    def tables(self) -> tuple[Table, Table]:
        """Give the statistics, and the yearly counts of requests of data subjects."""
        for exchange in self._joiner.end():
            self._add(exchange)
        return self._queries(), self._subject_requests()

    def _add(self, exchange: Exchange) -> None:
        if not self._selection.has_exchange(exchange) or exchange.direction == "relayed":
            return
        group = self._groups.setdefault((self._by.of(exchange.time), exchange.direction), {})
        key = (exchange.partner, exchange.purpose)
        if key not in group:
            if self._cells >= MOST_KEYS:
                key = (OTHERS, OTHERS)
            self._cells += 1
        counts = group.setdefault(key, Counter())
        counts["queries"] += 1
        counts["matches"] += exchange.level > 0

    def _queries(self) -> Table:
        rows = [row for group, cells in sorted(self._groups.items()) for row in self._told(group, cells)]
        named = columns(period=self._by.value, direction="direction", party="party", purpose="purpose")
        about = said(
            "Counts from 1 to %(most)s are shown as <%(least)s; others, or a total, are withheld where they would"
            " betray such a count. Beside a small count of queries the matches are not told.",
            most=self._least - 1,
            least=self._least,
        )
        counted = columns(queries="queries", matches="matches")
        return Table("statistics", f"Queries and matches by {self._by.value}", about, named + counted, tuple(rows))

    def _told(self, group: _Group, cells: dict[_Cell, Counter[str]]) -> Iterator[tuple[Cell, ...]]:
        keys = sorted(cells)
        asked = [cells[key]["queries"] for key in keys]
        few = [0 < count < self._least for count in asked]
        queries = tell(asked, self._least)
        matches = tell([cells[key]["matches"] for key in keys], self._least, few)
        for key, query_count, match_count in zip(keys, queries.counts, matches.counts, strict=True):
            yield (*group, *key, query_count, match_count)
        yield (*group, "all", "all", queries.total, matches.total)

    def _subject_requests(self) -> Table:
        rows = [
            (year, outcome, tell([counts[outcome]], self._least).counts[0])
            for year, counts in sorted(self._requests.items())
            for outcome in sorted(counts)
        ]
        named = columns(year="year", outcome="outcome", requests="requests")
        about = "Requests of data subjects decided, by outcome; small counts as above, and no total."
        return Table("subject_requests", "Requests of data subjects by year", about, named, tuple(rows))


def count(entries: Iterable[Opened], by: Period, selection: Selection, least: int = LEAST) -> tuple[Table, Table]:
    """Give the statistics of a log."""
    statistics = Statistics(by, selection, least)
    for one in entries:
        statistics.observe(one)
    return statistics.tables()
