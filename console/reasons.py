"""Why a hit matched, a line of the node taken apart for a table: the feature, what was seen, and its points."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_REASON = re.compile(r"(?P<feature>[^:]{1,40}): (?P<seen>.+?)(?: \((?P<points>[+−-]\d+(?:\.\d+)?)\))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: what was compared, what was seen, and the points with their sign, empty where they are not told."""

    feature: str
    seen: str
    points: str = ""

    @property
    def is_against(self) -> bool:
        """Say whether it speaks against the match."""
        return self.points.startswith(("−", "-")) or self.seen == "differs"


def reasons_of(lines: Iterable[str]) -> list[Reason]:
    """Take reasons apart; a line of another form stays whole."""
    return [_reason(line) for line in lines]


def _reason(line: str) -> Reason:
    found = _REASON.fullmatch(line)
    return Reason(found["feature"], found["seen"], found["points"] or "") if found else Reason("", line)
