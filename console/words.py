"""The codes of closed lists as people read them: states, roles, purposes and the like, each with its English text.

The texts are translated like all others. A code that is not here is shown as it is written, without underscores; a test
holds the closed lists of the house against this table.
"""

from __future__ import annotations

from collections.abc import Mapping


def text(english: str) -> str:
    """Mark a text for translation where it is written and translated where it is shown."""
    return english


WORDS: Mapping[str, str] = {
    "analyst": text("Analyst"),
    "release_officer": text("Release officer"),
    "supervisor": text("Supervisor"),
    "legal_adviser": text("Legal adviser"),
    "judge": text("Judge"),
    "auditor": text("Auditor"),
    "operator": text("Operator"),
}
