"""Which queries a report is about: period, partner, purpose, user, level."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from auditing.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; an empty member leaves everything. Days are UTC and included; ``level`` is the least."""

    since: date | None = None
    until: date | None = None
    partner: str = ""
    purpose: str = ""
    user: str = ""
    level: int | None = None

    def has_day(self, time: datetime) -> bool:
        """Say whether a moment lies in the period."""
        day = time.astimezone(UTC).date()
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def is_over(self, time: datetime) -> bool:
        """Say whether a moment lies after the period."""
        return self.until is not None and time.astimezone(UTC).date() > self.until

    def has_partner(self, partner: str) -> bool:
        """Say whether a partner is asked for; of a pair, either."""
        return not self.partner or self.partner in partner.split(" → ")

    def has_purpose(self, purpose: str) -> bool:
        """Say whether a purpose is asked for."""
        return not self.purpose or purpose == self.purpose

    def has_exchange(self, exchange: Exchange) -> bool:
        """Say whether a query is asked for."""
        return (
            self.has_day(exchange.time)
            and self.has_partner(exchange.partner)
            and self.has_purpose(exchange.purpose)
            and (not self.user or exchange.user == self.user)
            and (self.level is None or exchange.level >= self.level)
        )
