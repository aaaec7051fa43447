"""Counts and durations in bounded memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from auditing.people import OTHERS

MOST_KEYS = 20_000
"""Keys of one tally; what comes beyond is counted together, so that nothing sent by a partner can fill the memory."""

_STEP = 1.05
"""Each bucket of durations is a twentieth wider than the one before: a quantile is right within 5 %."""

Key = TypeVar("Key", bound=Hashable)


class Tally(Generic[Key]):
    """Named counts for each key, at most `MOST_KEYS` keys."""

    def __init__(self, others: Key) -> None:
        """Begin with nothing; ``others`` is the key of what comes when there are too many."""
        self._others = others
        self._counts: dict[Key, Counter[str]] = {}

    def add(self, key: Key, *names: str, by: int = 1) -> None:
        """Count one more of each name under a key, or so many."""
        counts = self._counts.get(key)
        if counts is None:
            if len(self._counts) >= MOST_KEYS:
                key = self._others
            counts = self._counts.setdefault(key, Counter())
        for name in names:
            counts[name] += by

    def rows(self) -> Iterable[tuple[Key, Counter[str]]]:
        """Give the counts by key, in the order of the keys."""
        return sorted(
            self._counts.items(), key=lambda row: tuple(map(str, row[0] if isinstance(row[0], tuple) else row))
        )

    def total(self, name: str) -> int:
        """Give the sum of one name over all keys."""
        return sum(counts[name] for counts in self._counts.values())


def others(width: int) -> tuple[str, ...]:
    """Give the key under which a tally of texts counts what it has no room for."""
    return (OTHERS,) * width


class Durations:
    """How long something took, as far as its quantiles: in seconds, from milliseconds to years."""

    def __init__(self) -> None:
        """Begin with none."""
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Add one; a clock set back in between counts as no time."""
        self.count += 1
        self.longest = max(self.longest, seconds)
        self._buckets[math.ceil(math.log(max(seconds, 0.001), _STEP))] += 1

    def quantile(self, share: float) -> float:
        """Give the seconds within which this share of them was done; 0 where there is none."""
        wanted = math.ceil(share * self.count)
        for bucket in sorted(self._buckets):
            wanted -= self._buckets[bucket]
            if wanted <= 0:
                return min(_STEP**bucket, self.longest)
        return 0.0
