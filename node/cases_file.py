"""The one database of what goes on between this agency and its partners; each room brings its own tables.

One file, so that a step and the message that tells of it are one commit.
"""

from __future__ import annotations

from pathlib import Path

from node.agreements import book
from node.cases import store
from node.database import DatabaseFile
from node.mail import tables
from node.queries import quota


def open_cases(path: Path) -> DatabaseFile:
    """Open the file, or create it; raise `SymbolonError` (`INVALID_INPUT`) when it is something else."""
    return DatabaseFile(path, book.migrations, store.MIGRATIONS, tables.MIGRATIONS, quota.MIGRATIONS)
