"""What comes of comparing logs: counts for each pair and kind, findings in plain sentences, what could not be checked.

A sentence names parties, events and entry numbers of each log, never a value of a personal field. Of logs that differ
from end to end so many findings are kept, and the others counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agreements.sentences import Code, Sentence, Several, Value, all_of, said
from auditing.reconciliation_claims import Claim
from auditing.reconciliation_logs import Log

MOST_FINDINGS = 1000
"""Findings kept; the others are counted."""

_WORD = re.compile(r"[a-z][a-z_]{0,39}")

Kind = Literal[
    "verification",
    "missing",
    "differing",
    "clock",
    "release_without_approval",
    "unanswered_referral",
    "overdue_deletion",
    "overdue_feedback",
    "emergency_without_review",
]


Severity = Literal["serious", "duty", "remark"]

SEVERITY: Mapping[Kind, Severity] = {
    "verification": "serious",
    "missing": "serious",
    "differing": "serious",
    "release_without_approval": "serious",
    "unanswered_referral": "duty",
    "overdue_deletion": "duty",
    "overdue_feedback": "duty",
    "emergency_without_review": "duty",
    "clock": "remark",
}
"""How heavy a kind of finding weighs: the logs contradict each other or the agreement, a duty is open, or a remark."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to be explained; ``entries`` are those it is about, as party and number."""

    kind: Kind
    text: Sentence
    entries: tuple[tuple[str, int], ...] = ()


COLUMNS = ("matched", "missing", "differing", "not_yet", "ignored")
"""What is counted: ``ignored`` are messages that came and that their case did not allow."""


@dataclass(slots=True)
class Outcome:
    """All that came of it; ``left_out`` are entries that no log given speaks of, or that name nothing to compare."""

    logs: Sequence[Log] = ()
    counts: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    not_checked: Counter[Sentence] = field(default_factory=Counter)
    left_out: Counter[Sentence] = field(default_factory=Counter)

    def count(self, what: str, sender: int, taker: int, column: str) -> None:
        """Count something that one log's party sent to another's."""
        key = (what, self.logs[sender].party, self.logs[taker].party)
        self.counts.setdefault(key, Counter())[column] += 1

    def find(self, kind: Kind, text: Sentence, *claims: Claim) -> None:
        """Note a finding; its sentence names the entries itself."""
        self.add(Finding(kind, text, tuple((self.logs[one.log].party, one.number) for one in claims)))

    def add(self, finding: Finding) -> None:
        """Note a finding."""
        self.kinds[finding.kind] += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self.more += 1

    def place(self, claim: Claim) -> Sentence:
        """Name an entry in a sentence: its party, number and event."""
        party, number = self.logs[claim.log].party, str(claim.number)
        return said("%(party)s entry %(number)s (%(event)s)", party=party, number=number, event=Code(claim.event))

    def places(self, claims: Sequence[Claim]) -> Several:
        """Name entries in a sentence."""
        return all_of(map(self.place, claims))

    def rows(self) -> list[dict[str, Any]]:
        """Give the counts as rows."""
        return [
            {"what": what, "from": sender, "to": taker, **{column: counted[column] for column in COLUMNS}}
            for (what, sender, taker), counted in sorted(self.counts.items())
        ]


def word_of(value: object) -> Value:
    """Give a value of an event as it may be printed: a word of ours or a number, for a log may hold anything."""
    if isinstance(value, bool):
        return said("yes") if value else said("no")
    if isinstance(value, int):
        return value
    return Code(value) if isinstance(value, str) and _WORD.fullmatch(value) else said("another word")
