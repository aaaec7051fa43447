"""Sentences that the node says to its operator, with values in them (`console.sentences`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.texts import text


def _pattern(english: str) -> tuple[re.Pattern[str], str]:
    """Give a pattern with its text: each ``%(name)s`` stands for whatever is there."""
    parts = re.split(r"%\((\w+)\)s", english)
    said = "".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(said, re.DOTALL), english


PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    _pattern(english)
    for english in (
        text("A log contradicts what this node cosigned: %(log)s."),
        text("A witness refuses the head of this node's log: %(witness)s."),
        text("A log was not brought here for a day: %(log)s."),
        text("%(number)s records are not enrolled: no query finds them as they are now."),
        text("%(number)s records say too little to be found blind."),
        text("The directory is disputed (%(number)s): nothing new of it counts."),
        text("%(number)s entries of the directory wait for a cosignature."),
        text("%(number)s messages of partners could not be handled."),
        text("The certificate of this node ends in %(days)s days."),
        text("The certificate of the federation's authority ends in %(days)s days."),
        text("The certificate of the console ends in %(days)s days."),
        text("The disk of the node's data has %(number)s MiB left."),
        text("%(member)s reads names in another way than this node, so neither finds the other's persons."),
        text("not signed yet by %(party)s"),
        text("ended by %(party)s: last day is %(day)s"),
        text("ended by %(party)s: its last day was %(day)s"),
        text("replaced by a later version since %(day)s"),
        text("replaced by a later version from %(day)s"),
        text("%(number)s records are not in the file, not %(other)s: none was removed"),
        text("the notice agreed allows %(day)s at the earliest"),
        text("reason: expected 1 to %(most)s characters"),
    )
)
"""A pattern of what the node says, and the text to translate, with ``%(name)s`` for the group of that name."""
