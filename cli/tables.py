"""How tables and fingerprints are shown: whole, however narrow the terminal is.

Two names cut off alike look like one, and a fingerprint cut off proves nothing over the telephone. So a cell that does
not fit is folded, and a fingerprint stands in groups of four digits, by which people read it aloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from cli.output import foreign

_GROUP, _GROUPS_A_LINE = 4, 8
_UNBROKEN = 1 << 16
_LEAST, _FRAME = 8, 3
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Table(RichTable):
    """A table that folds what does not fit.

    Where columns of ``no_wrap`` or very many columns need it, it is wider than the terminal, which breaks the lines.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give its lines."""
        whole, least = options.update_width(_UNBROKEN), 1
        for column in self.columns:
            needed = max(Measurement.get(console, whole, cell).maximum for cell in (column.header, *column.cells))
            column.overflow = "fold"
            column.min_width = needed if column.no_wrap else min(needed, _LEAST)
            least += column.min_width + _FRAME
        yield from super().__rich_console__(console, options.update_width(max(options.max_width, least)))


def block(title: str, values: Mapping[str, Any]) -> Text:
    """Give named values under a title, one a line; SHA-256 values in groups, on two lines."""
    return Text("\n").join((foreign(title), *map(foreign, _lines(values))))


def typed(fingerprint: str) -> str:
    """Give a fingerprint as it is compared from how people copy it: in groups, with capital letters."""
    return "".join(fingerprint.split()).lower()


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    width = max(map(len, values), default=0)
    for name, value in values.items():
        parts = _groups(value) if isinstance(value, str) and _DIGEST.fullmatch(value) else (str(value),)
        for part, label in zip(parts, (name, ""), strict=False):
            yield f"  {label.replace('_', ' '):<{width}}  {part}"


def _groups(digest: str) -> tuple[str, ...]:
    groups = [digest[at : at + _GROUP] for at in range(0, len(digest), _GROUP)]
    return tuple(" ".join(groups[at : at + _GROUPS_A_LINE]) for at in range(0, len(groups), _GROUPS_A_LINE))
