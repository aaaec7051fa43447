"""Small counts: how many there are is not told where it might tell of whom.

The rule, for each group of counts that has a total:

1. A count from 1 to ``least - 1`` is shown as *fewer than* ``least`` (primary). Zero is shown.
2. Where the total, less what is shown, would narrow a primary count to less than that whole range, the smallest count
   still shown is withheld too (secondary), and so on.
3. Where no count is left to withhold and the total would still narrow one, the total is withheld.

Whoever sees the group then learns of each primary count that it is from 1 to ``least - 1``, and nothing more. What
several publications together tell (days beside months, one filter beside another) no rule of one can see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

LEAST = 5
"""The smallest count that is told, unless somebody sets a higher one."""

WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Told:
    """Counts and their total as they may be told; a text where the number is not."""

    counts: tuple[int | str, ...]
    total: int | str


def tell(counts: Sequence[int], least: int = LEAST, hidden: Sequence[bool] = ()) -> Told:
    """Apply the rule to one group; what is ``hidden`` is primary whatever it is, and may then be 0 too."""
    primary = {place for place, count in enumerate(counts) if 0 < count < least or (hidden and hidden[place])}
    floors = {place: 0 if hidden and hidden[place] else 1 for place in primary}
    secondary: set[int] = set()
    total = sum(counts)
    while not _is_safe(counts, least, floors, secondary):
        shown = [place for place, count in enumerate(counts) if count and place not in primary | secondary]
        if not shown:
            return Told(_texts(counts, least, primary, secondary), WITHHELD)
        secondary.add(min(shown, key=lambda place: (counts[place], place)))
    return Told(_texts(counts, least, primary, secondary), total)


def small(least: int) -> str:
    """Give how a small count is shown."""
    return f"<{least}"


def _is_safe(counts: Sequence[int], least: int, floors: dict[int, int], secondary: set[int]) -> bool:
    """Say whether each primary count may be anything in its range, for all that the total tells.

    Of a secondary count anybody knows that it is no smaller than ``least`` and no larger than what is still shown.
    """
    rest = sum(counts[place] for place in {*floors, *secondary})
    shown = [count for place, count in enumerate(counts) if count and place not in floors and place not in secondary]
    most_secondary = len(secondary) * (min(shown) if shown else inf) if secondary else 0
    for place, floor in floors.items():
        others = [other for other in floors if other != place]
        highest = rest - sum(floors[other] for other in others) - least * len(secondary)
        lowest = rest - (least - 1) * len(others) - most_secondary
        if highest < least - 1 or lowest > floor:
            return False
    return True


def _texts(counts: Sequence[int], least: int, primary: set[int], secondary: set[int]) -> tuple[int | str, ...]:
    return tuple(
        small(least) if place in primary else WITHHELD if place in secondary else count
        for place, count in enumerate(counts)
    )
