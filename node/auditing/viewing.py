"""What stands in the log before an auditor is shown anything: who looks, at what, and what was opened for him."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from ledger.entries import DamagedLogError, Statement
from ledger.events import AuditorAccess
from ledger.log import Ledger
from node.officers.recording import viewed
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError


def note_view(log: Ledger, officer: Officer, view: str, filters: Iterable[str] = ()) -> None:
    """Write that an officer is about to see a part of the log with nothing personal opened; raise `SymbolonError`."""
    log.append(viewed(officer, view, *filters))


def note_opening(log: Ledger, officer: Officer, span: tuple[int, int], fields: Sequence[str], reason: str = "") -> None:
    """Write that fields of a span of entries are about to be opened."""
    first, last = span
    access = AuditorAccess(entry=first, last=last, fields=tuple(sorted(fields)))
    log.append(Statement(access, who(officer, reason)))


def who(officer: Officer, reason: str = "") -> dict[str, str]:
    """Give what is personal of a viewing."""
    return {"user": officer.name} | ({"reason": reason} if reason else {})


@contextmanager
def telling_why() -> Iterator[None]:
    """Make what goes wrong with a log an error of the catalogue."""
    try:
        yield
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.LOG_DAMAGED, f"{error}; everything from there on is in doubt") from None
    except sqlite3.Error as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"the log cannot be read: {error.sqlite_errorname}") from None
