"""The heads: every checkpoint is signed by the log's key and of the tree that the entries make.

Cosignatures are counted by witness. Where a log has had several keys, each counts until the first head of the next:
who stole one that was given up signs nothing with it. A checkpoint that the auditor kept has to be of the same tree: so
that what the log was then is the beginning of what it is now. Entries under no checkpoint are nobody's word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ledger.checkpoints import Checkpoint, parse_checkpoint, verify_checkpoint
from ledger.cosignatures import CosignatureKey, cosigned_at
from ledger.entries import Entry
from ledger.exports import ExportedCheckpoint, ExportHead
from ledger.merkle import CompactRange
from ledger.notes import (
    BadSignatureError,
    MalformedNoteError,
    Note,
    NoteError,
    UnsignedNoteError,
    VerifierKey,
    parse_note,
)
from matching.errors import SignatureError
from verifier.report import Report
from verifier.trust import Trust

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a witness's clock may be behind the log's."""


MOST_UNSEEN = timedelta(hours=24)
"""How long a log may go on without a witness: a node that keeps its rules discloses nothing after that."""


@dataclass(frozen=True, slots=True)
class _Cosigned:
    """How many heads a witness has cosigned, and size and time of the last."""

    count: int
    size: int
    at: datetime


class _Keys:
    """Which of the log's keys is in use: heads come in the log's order, and a key once followed by another is over."""

    def __init__(self) -> None:
        self._current: set[str] = set()
        self.over: set[str] = set()
        self.changes: list[tuple[int, str]] = []

    def follow(self, size: int, signers: set[str]) -> bool:
        """Take a head; say whether a key that is not over has signed it. At a change both may sign the same one."""
        live = signers - self.over
        if not live:
            return False
        now = live - self._current or live
        if self._current and not now & self._current:
            self.changes.extend((size, one) for one in sorted(now))
        self.over |= self._current - now
        self._current = now
        return True


class HeadChecker:
    """Compares heads with the tree as it grows."""

    def __init__(self, head: ExportHead, trust: Trust, report: Report) -> None:
        """Take what the auditor knows of the log's heads."""
        self._first, self._named = head.first, head.key
        self._trust = trust
        self._report = report
        self._kept: dict[int, list[Checkpoint]] = {}
        for one in trust.earlier:
            self._kept.setdefault(one.head.size, []).append(one)
        self._signed = 0
        self._keys = _Keys()
        self._cosigned: dict[str, _Cosigned] = {}
        self._seen_at: datetime | None = None

    def compare(self, tree: CompactRange) -> None:
        """Compare the tree with what was kept of this size; to be called before the first entry and after each."""
        for kept in self._kept.pop(tree.size, ()) if self._kept else ():
            if tree.size and tree.root() != kept.head.root:
                self._report.find(
                    f"The first {tree.size} entries are not those whose checkpoint was kept: history was rewritten.",
                    tree.size,
                )
            else:
                self._report.say(f"The log begins with the {tree.size} entries of the checkpoint that was kept.")

    def take(self, line: ExportedCheckpoint, tree: CompactRange, latest: datetime | None) -> None:
        """Check a checkpoint over the entries so far, the latest of which has that date."""
        try:
            note = parse_note(line.note.encode())
            over = parse_checkpoint(note.text).head.size
        except (NoteError, UnicodeEncodeError):
            self._report.find(f"The checkpoint after entry {tree.size} cannot be read.", tree.size)
            return
        if over != tree.size:
            self._report.find(f"A checkpoint over {over} entries stands after entry {tree.size}.", tree.size)
        elif self._is_signed(note, tree):
            self._signed = tree.size
            self._report.checked["checkpoints"] += 1
            for witness in self._trust.witnesses:
                self._check_cosignature(note, witness, tree.size, latest)

    def follow(self, entry: Entry) -> None:
        """Find an entry that is dated before a witness saw the log without it."""
        if self._seen_at is not None and entry.time < self._seen_at - CLOCK_TOLERANCE:
            dated, seen = f"{entry.time:%Y-%m-%d %H:%M}", f"{self._seen_at:%Y-%m-%d %H:%M}"
            text = f"Entry {entry.number} is dated {dated}, but a witness saw the log without it at {seen}"
            self._report.find(f"{text} (UTC).", entry.number)

    def end(self, size: int, latest: datetime | None) -> None:
        """Say what of the log stands under no head, and what no witness has seen; ``latest`` is the last date."""
        report = self._report
        if size >= self._first and self._signed < size:
            first = max(self._signed + 1, self._first)
            report.find(f"Entries {first} to {size} stand under no signed checkpoint: nobody answers for them.", first)
        for kept in sorted(self._kept):
            if kept < self._first:
                report.unchecked["checkpoints kept that lie before the first entry: export from there on"] += 1
            else:
                report.find(f"The checkpoint that was kept is over {kept} entries, but the export ends with {size}.")
        self._conclude_keys()
        for witness in dict.fromkeys(one.name for one in self._trust.witnesses):
            self._conclude(witness, size, latest)
        if not self._trust.witnesses:
            report.unchecked["cosignatures: no --witness was given"] += 1

    def _is_signed(self, note: Note, tree: CompactRange) -> bool:
        place = f"The checkpoint over {tree.size} entries"
        trust = self._trust
        try:
            checkpoint = verify_checkpoint(note, trust.origin, trust.keys)
        except BadSignatureError:
            self._report.find(f"{place} has an invalid signature.", tree.size)
        except UnsignedNoteError:
            self._report.find(f"{place} is signed by none of the keys given.", tree.size)
        except MalformedNoteError:
            self._report.find(f"{place} is of another log than that of the key given.", tree.size)
        else:
            if checkpoint.head.root != tree.root():
                text = f"{place} has another root than they have: they are not those signed."
            elif not self._keys.follow(tree.size, _signers(note, trust.keys)):
                text = (
                    f"{place} is signed by a key that another had followed: whoever has the old one may have forged it."
                )
            else:
                return True
            self._report.find(text, tree.size)
        return False

    def _check_cosignature(self, note: Note, witness: CosignatureKey, size: int, latest: datetime | None) -> None:
        for line in note.signatures:
            if (line.name, line.key_id) != (witness.name, witness.key_id):
                continue
            try:
                witness.check(note.text, line.signature)
                at = datetime.fromtimestamp(cosigned_at(line.signature), UTC)
            except (SignatureError, ValueError, OverflowError, OSError):  # or a time that no clock shows
                text = f"The checkpoint over {size} entries has an invalid cosignature of {witness.name}."
                self._report.find(text, size)
                continue
            before = self._cosigned.get(witness.name)
            self._cosigned[witness.name] = _Cosigned(before.count + 1 if before else 1, size, at)
            self._seen_at = max(self._seen_at or at, at)
            if latest is not None and latest > at + CLOCK_TOLERANCE:
                text = f"{witness.name} saw {size} entries before the date that one of them has"
                self._report.find(f"{text} ({latest.isoformat(sep=' ', timespec='seconds')}).", size)

    def _conclude_keys(self) -> None:
        """Say when the log went over to another key, and find an export made under one that was given up."""
        for size, key in self._keys.changes:
            self._report.say(f"From the checkpoint over {size} entries on the log is signed by another key: {key}.")
        if self._named in self._keys.over:
            self._report.find("The export names a key of the log that another has followed.")

    def _conclude(self, witness: str, size: int, latest: datetime | None) -> None:
        seen = self._cosigned.get(witness)
        if seen is not None:
            plural = "checkpoint" if seen.count == 1 else "checkpoints"
            said = f"{witness} has cosigned {seen.count} {plural}, the last over {seen.size} of {size} entries."
            self._report.say(said)
            if latest is not None and latest > seen.at + MOST_UNSEEN:
                text = f"{witness} has cosigned nothing since {seen.at:%Y-%m-%d %H:%M} UTC"
                after = f"entries {seen.size + 1} to {size} may have been rewritten since they were written"
                self._report.find(f"{text}: {after}.", seen.size + 1)
        elif size >= self._first:
            self._report.find(f"No checkpoint is cosigned by {witness}.")


def _signers(note: Note, keys: Iterable[VerifierKey]) -> set[str]:
    """Name the keys that signed a note whose signatures have been verified."""
    lines = {(one.name, one.key_id) for one in note.signatures}
    return {str(one) for one in keys if (one.name, one.key_id) in lines}
