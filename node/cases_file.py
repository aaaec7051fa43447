"""The one database of what goes on between this agency and its partners; each room brings its own tables.

One file, so that a step and the message that tells of it are one commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.log import Ledger
from node.agreements import book
from node.agreements.book import AgreementBook
from node.agreements.signing import book_of
from node.cases import tables as cases
from node.config import NodeHome
from node.database import DatabaseFile
from node.investigations import store as investigations
from node.mail import tables as mail
from node.queries import queries_left, quota


def open_cases(path: Path) -> DatabaseFile:
    """Open the file, or create it; raise `SymbolonError` (`INVALID_INPUT`) when it is something else."""
    return DatabaseFile(
        path,
        book.migrations,
        cases.MIGRATIONS,
        mail.MIGRATIONS,
        quota.MIGRATIONS,
        queries_left.MIGRATIONS,
        investigations.MIGRATIONS,
    )


@contextmanager
def open_book(home: NodeHome) -> Iterator[AgreementBook]:
    """Open a node's book for as long as the block lasts; the node may be running."""
    with Ledger(home.ledger_path) as ledger, open_cases(home.cases_path) as file:
        yield book_of(home, file, ledger)
