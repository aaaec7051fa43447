"""Long lists in parts: a thousand lines take the node most of a second to write, and a person long to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from console.numbers import whole

LINES = 100
"""Lines of a list on one page."""

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Part(Generic[Line]):
    """The lines of one page, whether there are others before and after, and how many there are in all."""

    lines: Sequence[Line]
    number: int
    total: int

    @property
    def has_more(self) -> bool:
        """Say whether lines follow."""
        return self.total > (self.number + 1) * LINES


def part_of(lines: Sequence[Line], number: str) -> Part[Line]:
    """Give a part by its number, counted from 0; the first for what is no number, the last for one too high."""
    last = max(0, len(lines) - 1) // LINES
    chosen = min(whole(number) or 0, last)
    return Part(lines[chosen * LINES : (chosen + 1) * LINES], chosen, len(lines))
