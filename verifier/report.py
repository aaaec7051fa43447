"""What the verifier has to say: findings in plain sentences, what it checked, and what it could not check.

Sentences name entries, clauses, agreements and fields, never a value: nothing personal is in a report. Of a file that
is wrong from end to end so many findings are kept, and the others counted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

MOST_FINDINGS = 1000
"""Findings kept; the others are counted."""

MOST_NAMED = 10
"""Entries named of each kind that was not checked; all are counted."""

_FIELD = re.compile(r"[a-z][a-z_.]{0,63}")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not right; ``entry`` is its number, 0 where it is about no one entry."""

    entry: int
    text: str


@dataclass(slots=True)
class Report:
    """The outcome of a verification."""

    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    checked: Counter[str] = field(default_factory=Counter)
    unchecked: Counter[str] = field(default_factory=Counter)
    unchecked_entries: dict[str, list[int]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Say whether nothing was found."""
        return not self.findings

    def find(self, text: str, entry: int = 0) -> None:
        """Note a finding; its sentence names the entry itself."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(entry, text))
        else:
            self.more += 1

    def skip(self, what: str, entry: int, count: int = 1) -> None:
        """Note what of an entry could not be checked; the first `MOST_NAMED` entries of each kind are named."""
        self.unchecked[what] += count
        named = self.unchecked_entries.setdefault(what, [])
        if len(named) < MOST_NAMED:
            named.append(entry)

    def say(self, text: str) -> None:
        """Note what was seen and is right."""
        self.said.append(text)

    def to_json(self) -> dict[str, Any]:
        """Give the report for programs."""
        return {
            "right": self.is_right,
            "findings": [{"entry": one.entry, "text": one.text} for one in self.findings],
            "more_findings": self.more,
            **self.facts,
            "said": self.said,
            "checked": dict(self.checked),
            "not_checked": dict(self.unchecked),
            "not_checked_entries": self.unchecked_entries,
        }


def field_name(name: str) -> str:
    """Give a personal field's name as it may be printed: what is none could be anything."""
    return name if _FIELD.fullmatch(name) else "a field"
