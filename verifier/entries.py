"""The entries: each is of its number and form, follows the one before it, and is dated no earlier than that one.

The tree grows with them, whatever else is wrong: the heads say whether they are those that were signed. An opening is
checked against the commitment of its entry and given on only when it is the value that was committed to.
"""

from __future__ import annotations

from datetime import datetime

from ledger.entries import DamagedLogError, Entry, check_committed, read_entry
from ledger.exports import ExportedEntry, ExportedOpening, ExportHead
from ledger.merkle import CompactRange, hash_leaf
from ledger.tiles import MOST_ENTRY_BYTES
from verifier.report import Report, field_name


class EntryChecker:
    """Checks entries one by one; ``tree`` is the log's tree up to the last of them, ``latest`` the latest date."""

    def __init__(self, head: ExportHead, report: Report) -> None:
        """Begin before the first entry."""
        self.tree = CompactRange(head.first - 1, head.frontier)
        self._report = report
        self._previous = head.previous
        self.latest: datetime | None = None

    def take(self, line: ExportedEntry) -> Entry | None:
        """Check the next entry and give it; nothing where it cannot be read."""
        number, previous = self.tree.size + 1, self._previous
        entry: Entry | None = None
        try:
            entry = read_entry(line.body, number, previous)
        except DamagedLogError as error:
            self._report.find(f"E{str(error)[1:]}.", number)
        if len(line.body) > MOST_ENTRY_BYTES:
            self._report.find(f"Entry {number} is longer than {MOST_ENTRY_BYTES:,} bytes.", number)
        self._previous = entry.leaf_hash if entry is not None else hash_leaf(line.body)
        self.tree.append(self._previous)
        if entry is not None:
            self._check_time(entry)
        return entry

    def opens(self, entry: Entry | None, line: ExportedOpening) -> bool:
        """Say whether an opening is of this entry and what it committed to."""
        if line.entry != self.tree.size:
            self._report.find(f"An opening of entry {line.entry} stands with entry {self.tree.size}.", self.tree.size)
            return False
        if entry is None:
            return False
        try:
            check_committed(entry, line.name, line.salt, line.value)
        except (DamagedLogError, ValueError):  # a value without canonical form was never committed to
            name = field_name(line.name)
            self._report.find(f"Entry {entry.number} committed to another value of {name}.", entry.number)
            return False
        self._report.checked["openings"] += 1
        return True

    def _check_time(self, entry: Entry) -> None:
        if self.latest is not None and entry.time < self.latest:
            text = f"Entry {entry.number} is dated {_moment(entry.time)}, before one that stands earlier"
            self._report.find(f"{text} ({_moment(self.latest)}).", entry.number)
        else:
            self.latest = entry.time


def _moment(time: datetime) -> str:
    return time.isoformat(sep=" ", timespec="milliseconds")
