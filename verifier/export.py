"""One pass over an export: each line goes to the checkers it concerns; memory grows with what was erased only.

An entry's decision is checked when its openings have been read, before the next entry. What is wrong with one entry
keeps nobody from looking at the others. Raises `ledger.exports.ExportError` where the file is none or is cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import BinaryIO

from ledger.entries import Entry
from ledger.erasures import ErasureCheck
from ledger.exports import (
    ExportedAgreement,
    ExportedCheckpoint,
    ExportedEntry,
    ExportedOpening,
    ExportEnd,
    ExportError,
    ExportHead,
    Line,
    opens,
    read_lines,
)
from verifier.agreements import AgreementChecker
from verifier.decisions import DecisionChecker
from verifier.entries import EntryChecker
from verifier.heads import HeadChecker
from verifier.report import Report
from verifier.standings import StandingChecker
from verifier.trust import Trust

Progress = Callable[[int], None]
"""Told now and then how many entries were checked."""

Follow = Callable[[Entry, Mapping[str, str]], None]
"""Given each entry that can be read, with those of its fields that were opened as it committed to them."""

_TELL_EVERY = 10_000


def verify_export(
    source: BinaryIO, trust: Trust, progress: Progress = lambda _: None, follow: Follow = lambda _, __: None
) -> Report:
    """Check an export from beginning to end; ``follow`` is for who looks for more in the same pass."""
    lines = read_lines(source)
    head = next(lines, None)
    if not isinstance(head, ExportHead):
        raise ExportError("the file is empty")
    return _Pass(head, trust, progress, follow).over(lines)


class _Pass:
    def __init__(self, head: ExportHead, trust: Trust, progress: Progress, follow: Follow) -> None:
        self._head = head
        self._progress = progress
        self._follow = follow
        self._report = report = Report()
        self._entries = EntryChecker(head, report)
        self._heads = HeadChecker(head, trust, report)
        self._agreements = AgreementChecker(trust, report)
        self._standings = StandingChecker(self._agreements, trust, report)
        self._decisions = DecisionChecker(head, self._agreements, self._standings, report)
        self._erasures = ErasureCheck()
        self._entry: Entry | None = None
        self._opened: dict[str, str] = {}
        self._given: set[str] = set()
        self._check_names(trust)

    def over(self, lines: Iterator[Line]) -> Report:
        """Take the lines one by one."""
        tree = self._entries.tree
        self._heads.compare(tree)
        for line in lines:
            if isinstance(line, ExportedEntry):
                self._take_entry(line)
            elif isinstance(line, ExportedOpening):
                self._given.add(line.name)
                if self._entries.opens(self._entry, line):
                    self._opened[line.name] = line.value
            elif isinstance(line, ExportedCheckpoint):
                self._heads.take(line, tree, self._entries.latest)
            elif isinstance(line, ExportedAgreement):
                self._agreements.take(line)
            elif isinstance(line, ExportEnd):
                self._end(line)
        return self._report

    def _take_entry(self, line: ExportedEntry) -> None:
        self._settle()
        self._entry = self._entries.take(line)
        size = self._entries.tree.size
        self._heads.compare(self._entries.tree)
        if self._entry is not None:
            self._heads.follow(self._entry)
        if size % _TELL_EVERY == 0:
            self._progress(size - self._head.first + 1)

    def _settle(self) -> None:
        """Check what the last entry decided, and what it changed."""
        entry, opened, given = self._entry, self._opened, self._given
        self._entry, self._opened, self._given = None, {}, set()
        if entry is not None:
            self._standings.follow(entry)
            self._decisions.check(entry, opened.get("decision"))
            self._erasures.take(entry, lacks_opening=self._lacks_opening(entry, given))
            self._follow(entry, opened)

    def _lacks_opening(self, entry: Entry, given: Set[str]) -> bool:
        """Say whether a field that the export says to open is not among those given with the entry."""
        if entry.number > self._head.opened_to:
            return False
        return any(opens(self._head.fields, name) for name in entry.commitments if name not in given)

    def _end(self, line: ExportEnd) -> None:
        self._settle()
        head, size = self._head, self._entries.tree.size
        entries = size - head.first + 1
        if line.entries != entries or size != head.last:
            said = f"says that it has entries {head.first} to {head.last}, {line.entries} of them"
            self._report.find(f"The export {said}, but it has {entries}.")
        if not entries:
            self._report.find("The export has no entries.")
        self._heads.end(size, self._entries.latest)
        self._check_erasures()
        self._report.checked["entries"] = entries
        facts = {"origin": head.origin, "party": head.party, "first": head.first, "last": size, "entries": entries}
        self._report.facts |= facts | {"made_at": head.made_at}

    def _check_erasures(self) -> None:
        """Find openings that are gone although no entry says that they were erased."""
        for number in self._erasures.unexplained():
            if self._head.to_end:
                self._report.find(f"Entry {number} lacks an opening, and no entry says that it was erased.", number)
            else:
                self._report.skip("why an opening is not there: the export does not go to the log's end", number)
        if self._head.first == 1 and (surplus := self._erasures.surplus()):
            self._report.find(f"{surplus:,} entries more lack an opening than the log says were erased.")

    def _check_names(self, trust: Trust) -> None:
        if self._head.origin != trust.origin:
            self._report.find("The export is of another log than that of the key given.")
        if self._head.key and self._head.key not in map(str, trust.keys):
            self._report.find("The export names another key of the log than was given.")
        if not self._head.fields:
            self._report.unchecked["personal fields: the export opens none"] += 1
