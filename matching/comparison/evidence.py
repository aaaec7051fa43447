"""What one attribute says about two subjects: points, and a sentence for the person who must answer for a hit.

Points are binary logarithms of a likelihood ratio, after Fellegi and Sunter (1969): one point doubles the odds that
the two are the same, minus one halves them. They add up because attributes are taken as independent; where they are
not, the attribute's own file says how it holds back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Outcome = Literal["agrees", "close", "missing", "differs"]

_GENERIC_OUTCOME: dict[Outcome, str] = {
    "agrees": "agrees",
    "close": "agrees in part",
    "missing": "on one side only",
    "differs": "differs",
}


@dataclass(frozen=True, slots=True)
class Contribution:
    """One feature's share of the score. ``sentence`` may show values of both sides, so it stays with the holder."""

    feature: str
    points: float
    sentence: str
    outcome: Outcome

    @property
    def explanation(self) -> str:
        """Give the whole line: the feature, what was seen and its points, with a real minus sign."""
        return f"{self.feature}: {self.sentence} ({signed(self.points)})"

    @property
    def generic(self) -> str:
        """Give what may be told where values may not: the feature and whether it agrees."""
        return f"{self.feature}: {_GENERIC_OUTCOME[self.outcome]}"


class Evidence(Protocol):
    """What comparing an attribute found: what it is worth now, and why once somebody asks."""

    @property
    def points(self) -> float:
        """Give the sum of the contributions."""

    def explain(self) -> tuple[Contribution, ...]:
        """Give the contributions."""


@dataclass(frozen=True, slots=True)
class Told:
    """Evidence whose contributions are made already, because they cost little."""

    contributions: tuple[Contribution, ...]

    @property
    def points(self) -> float:
        """Give the sum of the contributions."""
        return sum([contribution.points for contribution in self.contributions])

    def explain(self) -> tuple[Contribution, ...]:
        """Give the contributions."""
        return self.contributions


def signed(points: float) -> str:
    """Write points with their sign and one decimal."""
    return f"{points:+.1f}".replace("-", "−")


def judged(feature: str, points: float, sentence: str) -> Contribution:
    """Make a contribution whose outcome follows from its points: above one agrees, below zero differs."""
    outcome: Outcome = "differs" if points < 0 else "agrees" if points > 1 else "close"
    return Contribution(feature, points, sentence, outcome)
