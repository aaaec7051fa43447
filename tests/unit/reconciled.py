"""Logs compared without files: entries of exports, some dropped, changed or moved in time, and what comes of it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from agreements.agreement import Agreement
from auditing.reconciliation import reconcile
from auditing.reconciliation_claims import Claim, Reader
from auditing.reconciliation_logs import Clocks, Log
from auditing.reconciliation_outcome import Outcome
from auditing.sources import Opened, short
from ledger.entries import Entry
from ledger.exports import ExportHead, read_entries, read_lines

LATER = timedelta(days=3)
"""How long after their last entries the exports of a test are made, unless it says otherwise: no mail is under way."""


@dataclass(frozen=True)
class Logs:
    """Logs to be compared: entries with what was opened of them, by party."""

    entries: Mapping[str, tuple[Opened, ...]]
    agreements: tuple[Agreement, ...] = ()
    later: timedelta = LATER
    since: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def of(cls, exports: Mapping[str, bytes], *agreements: Agreement) -> Logs:
        """Read exports."""
        found: dict[str, tuple[Opened, ...]] = {}
        for content in exports.values():
            head = next(read_lines(io.BytesIO(content)))
            assert isinstance(head, ExportHead)
            found[short(head.party)] = tuple(read_entries(io.BytesIO(content)))
        return cls(found, agreements)

    def compared(self) -> Outcome:
        """Compare them."""
        return self._compared()[0]

    def clocks(self) -> Clocks:
        """Compare them, and give what was learnt of their clocks."""
        return self._compared()[1]

    def _compared(self) -> tuple[Outcome, Clocks]:
        claims = sorted(self.claims(), key=lambda one: (one.topic, one.key, one.log, one.number))
        until = max(entry.time for entries in self.entries.values() for entry, _ in entries) + self.later
        since = {party: moment.timestamp() for party, moment in self.since.items()}
        outcome = Outcome([Log(party, since.get(party), until.timestamp()) for party in self.entries])

        def groups() -> Iterator[list[Claim]]:
            return (list(group) for _, group in groupby(claims, key=lambda one: (one.topic, one.key)))

        return outcome, reconcile(outcome, {one.hash.hex(): one for one in self.agreements}, groups)

    def claims(self) -> Iterator[Claim]:
        """Give what the entries claim."""
        reader = Reader(list(self.entries), lambda name: f"disguised {name}")
        for place, entries in enumerate(self.entries.values()):
            for entry, opened in entries:
                yield from reader.claims(place, entry, opened)

    def find(self, party: str, kind: str, place: int = 0) -> Entry:
        """Give an entry of a type, the first unless ``place`` says another."""
        return [entry for entry, _ in self.entries[party] if entry.event.type == kind][place]

    def without(self, party: str, *dropped: Entry) -> Logs:
        """Drop entries of a log."""
        numbers = {one.number for one in dropped}
        return self.changed(party, lambda one: None if one[0].number in numbers else one)

    def saying(self, party: str, entry: Entry, **fields: Any) -> Logs:
        """Let an entry say something else."""
        event = entry.event.model_copy(update=fields)
        return self.changed(
            party, lambda one: (replace(one[0], event=event), one[1]) if one[0].number == entry.number else one
        )

    def opening(self, party: str, entry: Entry, **fields: str | None) -> Logs:
        """Let fields of an entry be opened otherwise, or not at all."""

        def opened(one: Opened) -> Opened:
            if one[0].number != entry.number:
                return one
            return one[0], {name: value for name, value in ({**one[1], **fields}).items() if value is not None}

        return self.changed(party, opened)

    def closed(self) -> Logs:
        """Open nothing."""
        return replace(
            self,
            entries={party: tuple((entry, {}) for entry, _ in entries) for party, entries in self.entries.items()},
        )

    def delayed(self, party: str, by: timedelta, *, since: int = 1) -> Logs:
        """Let a clock show more than it did, from an entry on."""
        return self.changed(
            party, lambda one: (replace(one[0], time=one[0].time + by), one[1]) if one[0].number >= since else one
        )

    def changed(self, party: str, change: Callable[[Opened], Opened | None]) -> Logs:
        """Change the entries of one log."""
        kept = tuple(one for one in map(change, self.entries[party]) if one is not None)
        return replace(self, entries={**self.entries, party: kept})


def texts(outcome: Outcome) -> list[str]:
    """Give the sentences of the findings."""
    return [str(one.text) for one in outcome.findings]
