"""All fishing patterns at once, over one pass of the log.

Patterns are sought in the queries that the filters of partner and purpose leave, before the period too, because that is
what a burst is measured by; of what is found, that of the period and the user is given.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditing.asked import Asked, read_question
from auditing.bursts import Bursts
from auditing.denials import Denials
from auditing.exchanges import Exchange
from auditing.findings import Detector, Finding
from auditing.following import Following
from auditing.repeats import Repeats
from auditing.selection import Selection
from auditing.sequences import Sequences, Variants
from auditing.shares import OutOfHours, Shares
from auditing.sources import Opened
from auditing.thresholds import Thresholds

MOST_FINDINGS = 10_000
"""Findings that are kept; further ones are counted."""


class Patterns:
    """Looks for every pattern."""

    def __init__(self, selection: Selection, thresholds: Thresholds) -> None:
        """Begin before the first entry."""
        self._selection = selection
        self._repeats = Repeats(thresholds)
        self._detectors: tuple[Detector, ...] = (
            Bursts(thresholds),
            Shares(thresholds),
            Sequences(thresholds),
            Variants(thresholds),
            self._repeats,
            OutOfHours(thresholds),
        )
        self._following = Following(thresholds)
        self._denials = Denials(thresholds)
        self.found: list[Finding] = []
        self.left_out = 0

    @property
    def forgotten(self) -> int:
        """Give how many persons were forgotten before their time, so that the report can say it."""
        return self._repeats.forgotten

    def observe(self, one: Opened) -> None:
        """Take an entry."""
        self._keep(self._denials.observe(one))
        self._following.observe(one)
        for asked in read_question(one):
            if self._asks_for(asked):
                in_period = self._selection.has_day(asked.time)
                for detector in self._detectors:
                    self._keep(detector.observe(asked, in_period))

    def observe_exchange(self, exchange: Exchange) -> None:
        """Take a query that is over."""
        if self._selection.has_partner(exchange.partner) and self._selection.has_purpose(exchange.purpose):
            self._following.observe_exchange(exchange)
            if exchange.direction == "received":
                self._keep(self._repeats.observe_opened(exchange))

    def end(self) -> None:
        """Close what is under way, and put what was found in the order of its entries."""
        for detector in self._detectors:
            self._keep(detector.end())
        self._keep(self._following.end())
        self._keep(self._denials.end())
        self.found.sort(key=lambda finding: (finding.numbers[:1], finding.pattern, finding.house, finding.who))

    def _asks_for(self, asked: Asked) -> bool:
        selection = self._selection
        return any(map(selection.has_partner, asked.partners)) and any(map(selection.has_purpose, asked.purposes))

    def _keep(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if not self._is_wanted(finding):
                continue
            if len(self.found) < MOST_FINDINGS:
                self.found.append(finding)
            else:
                self.left_out += 1

    def _is_wanted(self, finding: Finding) -> bool:
        selection = self._selection
        return (
            (selection.has_day(finding.first) or selection.has_day(finding.last))
            and (not finding.house or selection.has_partner(finding.house))
            and (not selection.user or finding.who == selection.user)
        )
