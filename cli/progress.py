"""The bar that a long command shows on a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.progress import BarColumn, Progress, ProgressColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cli.output import error_console

Advance = Callable[[int, int], None]
"""Told how many are done, of how many."""


@contextlib.contextmanager
def progress(what: str, amounts: ProgressColumn, as_json: bool) -> Iterator[Advance]:
    """Show a bar on standard error while the block runs, where that is a terminal."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), amounts, TimeRemainingColumn())
    with Progress(*columns, console=error_console, disable=as_json or not error_console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
