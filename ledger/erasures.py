"""Which entries lack openings of their personal fields, and for which of them the log says that they were erased.

An opening that is gone breaks no proof, so only this tells what was erased after its time from what was destroyed.
Pure; it remembers eight bytes for each entry that lacks an opening.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from ledger.entries import Entry
from ledger.federation_events import PersonalErased


def says_erased(entry: Entry, number: int) -> bool:
    """Say whether an entry says that what is personal in another, of this number and before it, was erased."""
    event = entry.event
    return isinstance(event, PersonalErased) and event.first <= number <= event.last < entry.number


class ErasureCheck:
    """Follows a log entry by entry."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self._lacking = array("Q")
        self._erased: list[tuple[int, int, int]] = []
        """First and last entry and how many, of each erasure."""

    def take(self, entry: Entry, *, lacks_opening: bool) -> None:
        """Take the next entry; ``lacks_opening``: a personal field of it that should be there is not."""
        if lacks_opening:
            self._lacking.append(entry.number)
        event = entry.event
        if isinstance(event, PersonalErased) and event.last < entry.number:
            self._erased.append((event.first, event.last, event.entries))

    def unexplained(self) -> list[int]:
        """Give the entries that lack an opening and that no entry says to be erased, in their order."""
        covered = list(_united((first, last) for first, last, _ in self._erased))
        beginnings = [first for first, _ in covered]

        def is_covered(number: int) -> bool:
            place = bisect_right(beginnings, number) - 1
            return place >= 0 and number <= covered[place][1]

        return [number for number in self._lacking if not is_covered(number)]

    def surplus(self) -> int:
        """Give how many entries lack an opening, of those that erasures speak of, beyond the number they say."""
        covered = _united((first, last) for first, last, _ in self._erased)
        lacking = sum(bisect_right(self._lacking, last) - bisect_left(self._lacking, first) for first, last in covered)
        return max(0, lacking - sum(entries for _, _, entries in self._erased))


def _united(ranges: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give ranges that cover the same, in order and without overlap."""
    begin, end = 0, 0
    for first, last in sorted(ranges):
        if first > end + 1 or not begin:
            if begin:
                yield begin, end
            begin, end = first, last
        end = max(end, last)
    if begin:
        yield begin, end
