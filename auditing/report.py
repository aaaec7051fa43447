"""The report on a log: what was asked, told, refused and opened, in tables; and the patterns somebody should look at.

`Review` takes entry after entry and keeps counts, never the entries. Users appear as `People` shows them; no person
asked for appears at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agreements.agreement import Agreement
from auditing.exchanges import Exchange, Joiner
from auditing.findings import Finding
from auditing.occurrences import Occurrences
from auditing.patterns import Patterns
from auditing.people import People, Showing
from auditing.selection import Selection
from auditing.sources import COMPARED_FIELDS, Opened
from auditing.tables import Table, columns
from auditing.thresholds import RULES, Thresholds, stated
from auditing.traffic import Traffic

_COMPARED = frozenset(COMPARED_FIELDS)


@dataclass(frozen=True, slots=True)
class Report:
    """A report: whose log, from which entries, what was asked for, and the tables."""

    party: str
    first: int
    last: int
    begins: datetime | None
    ends: datetime | None
    showing: Showing
    selection: Selection
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """Give a table by its name."""
        return next(table for table in self.tables if table.name == name)

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return {
            "party": self.party,
            "entries": {"first": self.first, "last": self.last},
            "period": {"from": _moment(self.begins), "to": _moment(self.ends)},
            "people": self.showing.value,
            "filters": dict(self.filters()),
            "tables": {table.name: table.to_json() for table in self.tables},
        }

    def filters(self) -> Iterable[tuple[str, str]]:
        """Give the filters that are set, by name."""
        for name in ("since", "until", "partner", "purpose", "user", "level"):
            value = getattr(self.selection, name)
            if value not in (None, ""):
                yield name, str(value)


class Review:
    """Takes a log entry by entry and makes the report on it."""

    def __init__(
        self,
        selection: Selection,
        thresholds: Thresholds,
        showing: Showing,
        sink: Callable[[Exchange, str], None] | None = None,
    ) -> None:
        """Begin before the first entry; ``sink`` gets each query that is counted, and how its user is shown."""
        self._selection = selection
        self._thresholds = thresholds
        self.people = People(showing)
        self._showing = showing
        self._sink = sink
        self._joiner = Joiner()
        self._traffic = Traffic(self.people)
        self._occurrences = Occurrences(selection, self.people, showing is not Showing.NONE)
        self._patterns = Patterns(selection, thresholds)
        self._types: Counter[str] = Counter()
        self._closed = 0
        self._range: list[int] = []
        self._times: list[datetime] = []

    def observe(self, one: Opened) -> None:
        """Take an entry; what lies after the period is left alone."""
        entry, opened = one
        if self._selection.is_over(entry.time):
            return
        for exchange in self._joiner.observe(one):
            self._add(exchange)
        self._patterns.observe(one)
        self._occurrences.observe(one)
        if self._selection.has_day(entry.time):
            self._range = [*self._range[:1], entry.number]
            self._times = [*self._times[:1], entry.time]
            self._types[entry.event.type] += 1
            self._closed += len(_COMPARED & entry.commitments.keys() - opened.keys())

    def report(self, party: str, agreements: Mapping[str, Agreement]) -> Report:
        """Give the report once the log has been read; agreements by their hash, as far as their texts are at hand."""
        for exchange in self._joiner.end():
            self._add(exchange)
        self._patterns.end()
        tables = (
            self._overview(),
            self._findings(),
            *self._traffic.tables(agreements),
            *self._occurrences.tables(agreements),
            self._events(),
            self._rules(),
        )
        first, last = (self._range[0], self._range[-1]) if self._range else (0, 0)
        begins, ends = (self._times[0], self._times[-1]) if self._times else (None, None)
        return Report(party, first, last, begins, ends, self._showing, self._selection, tables)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give what the patterns found, once the report is made."""
        return tuple(self._patterns.found)

    def who(self, finding: Finding) -> str:
        """Give who asked in a finding, as users are shown."""
        return self.people.label(finding.house, finding.who) or finding.house or "(this agency)"

    def _add(self, exchange: Exchange) -> None:
        self._patterns.observe_exchange(exchange)
        if self._selection.has_exchange(exchange):
            self._traffic.add(exchange)
            self._occurrences.add_exchange(exchange)
            if self._sink is not None:
                house = exchange.partner if exchange.direction == "received" else ""
                self._sink(exchange, self.people.label(house, exchange.user))

    def _overview(self) -> Table:
        counted = ("queries", "answered", "opened", "told", "silent", "refused")
        rows: list[tuple[str, int]] = [("entries in the period", sum(self._types.values()))]
        rows += [(name, self._traffic.total(name)) for name in counted]
        rows.append(("findings", len(self._patterns.found) + self._patterns.left_out))
        if self._showing is not Showing.NONE:
            rows.append(("personal fields erased or not opened", self._closed))
            rows.append(("persons no longer compared, for want of room", self._patterns.forgotten))
        named = columns(what="what", count="count")
        return Table("overview", "Overview", "Queries to or from each partner count one each.", named, tuple(rows))

    def _findings(self) -> Table:
        titles = {rule.pattern: rule.title for rule in RULES}
        rows = tuple(
            (
                titles[one.pattern],
                one.direction,
                self.who(one),
                f"{one.first:%Y-%m-%d %H:%M}",
                f"{one.last:%Y-%m-%d %H:%M}",
                one.what,
                " ".join(map(str, one.numbers)) + (" …" if one.count > len(one.numbers) else ""),
            )
            for one in self._patterns.found
        )
        named = columns(pattern="pattern", direction="direction", who="who", first="from (UTC)", last="to (UTC)")
        about = "A finding is a question to ask, not an answer. The rules, and what they cannot see, are below."
        return Table("findings", "Patterns found", about, named + columns(what="what", entries="entries"), rows)

    def _events(self) -> Table:
        rows = tuple(sorted(self._types.items()))
        return Table("events", "Entries by event", "All of the period.", columns(event="event", count="count"), rows)

    def _rules(self) -> Table:
        found = Counter(finding.pattern for finding in self._patterns.found)
        rows = []
        for rule in RULES:
            text, unseen = stated(rule, self._thresholds)
            sought = not rule.needs_people or self._showing is not Showing.NONE
            rows.append((rule.title, text, unseen, found[rule.pattern] if sought else "not sought: nothing was opened"))
        named = columns(pattern="pattern", rule="rule", unseen="what it cannot see", found="found")
        return Table("rules", "Rules of the patterns", "With the thresholds of this report.", named, tuple(rows))


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
