"""Silence: why a query ends in *nothing*, and which of these reasons its asker must not take for *nothing*.

To everybody else all of them look alike, in bytes and in time; the reason stands in this node's own log.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from node.disclosing import LOG_NOT_WRITABLE, NOT_WITNESSED
from node.queries.answers import INCONCLUSIVE, QUOTA_USED, STOPPED, Answer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

logger = logging.getLogger("symbolon.node")

SAID = {
    "agreement_not_ours": INCONCLUSIVE,
    "agreement_lapsed": INCONCLUSIVE,
    "storage_failed": INCONCLUSIVE,
    "failed": INCONCLUSIVE,
    "not_allowed": INCONCLUSIVE,
    "LockboxShapeError": INCONCLUSIVE,
    "quota_used": QUOTA_USED,
    NOT_WITNESSED: STOPPED,
    LOG_NOT_WRITABLE: STOPPED,
}
"""Silences that the asker must not take for *nothing*; nobody else sees a difference. What decides them is no record:
another text of the agreement, one that ended meanwhile, a node that discloses nothing at present, a broken disk, a
fault in this program, too many queries, a justification that allows no question at all, a lockbox that is none. A
lockbox that contradicts itself only once an entry has opened stays *nothing*, or it would tell that the entry did."""


class Silence(Exception):  # noqa: N818  # it is no error: the reply is sent all the same
    """Ends the work with *nothing*; the reason is for this node's own log."""

    def __init__(self, reason: str, written: int = 0) -> None:
        """Name the reason; ``written`` are the query's entries so far where they are not the usual ones."""
        super().__init__(reason)
        self.reason = reason
        self.written = written


@contextmanager
def storage() -> Iterator[None]:
    """Turn a failing disk into a silence of its own."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise storage_failed(error) from None


def stopped_by(error: SymbolonError) -> Answer:
    """Give the answer where the log cannot be written: that nothing is disclosed; any other error is refused aloud."""
    if error.code is not ErrorCode.LOG_NOT_WRITABLE:
        raise error
    return STOPPED


def storage_failed(error: Exception) -> Silence:
    """Name the fault of a disk in the process log, without its text, and give the silence that follows."""
    logger.error("examination failed: %s at %s", type(error).__name__, innermost_place(error))
    return Silence("storage_failed")
