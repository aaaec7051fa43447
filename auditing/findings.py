"""What a pattern found: where in the log, how much, by whom; never about whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agreements.sentences import Sentence
from auditing.asked import Asked

MOST_NUMBERS = 100
"""Entry numbers that a finding names; there may be more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``house`` is the agency that asked, empty for our own; ``who`` its user as opened, or empty."""

    pattern: str
    direction: str
    house: str
    who: str
    first: datetime
    last: datetime
    count: int
    numbers: tuple[int, ...]
    what: Sentence


@dataclass(slots=True)
class Trail:
    """Entries that may become a finding: how many, when, the first of their numbers, and whom they concern."""

    first: datetime
    last: datetime
    count: int = 0
    numbers: list[int] = field(default_factory=list)

    @classmethod
    def begin(cls, number: int, time: datetime) -> Trail:
        """Begin with one entry."""
        trail = cls(time, time)
        trail.add(number, time)
        return trail

    def add(self, number: int, time: datetime) -> None:
        """Add an entry."""
        self.count += 1
        self.last = max(self.last, time)
        if len(self.numbers) < MOST_NUMBERS:
            self.numbers.append(number)

    def finding(self, pattern: str, asked: tuple[str, str, str], what: Sentence) -> Finding:
        """Make a finding; ``asked`` is direction, house and user."""
        return Finding(pattern, *asked, self.first, self.last, self.count, tuple(self.numbers), what)


class Detector(Protocol):
    """Looks at one question after the other."""

    def observe(self, asked: Asked, in_period: bool) -> Iterable[Finding]:
        """Take a question; give what is found by now."""

    def end(self) -> Iterator[Finding]:
        """Give what is found at the end."""
