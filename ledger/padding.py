"""Entries that say nothing, so that the number of entries does not tell what a party had to write.

Whoever witnesses a log sees its size at each checkpoint, and a hit makes more entries than silence. Two things keep it
from telling: what a query makes is filled up to one number, so that asking often adds nothing to it, and the log is
filled up to a multiple before a head of it is signed for others. docs/explanation/protocol.md has the argument.

Each such entry has 16 random bytes. One at least is under every head that leaves the house, so nobody can test on a
root what else was written.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from ledger.entries import Statement
from ledger.log_events import LogPadded

FILLER_BYTES = 16


def pads(number: int) -> tuple[Statement, ...]:
    """Give so many statements that say nothing; none for a number below 1."""
    return tuple(Statement(LogPadded(filler=secrets.token_hex(FILLER_BYTES))) for _ in range(number))


def filled_up(statements: Sequence[Statement], number: int) -> tuple[Statement, ...]:
    """Give the statements, and after them as many that say nothing as make them ``number``."""
    return (*statements, *pads(number - len(statements)))


def missing(size: int, multiple: int) -> int:
    """Give how many entries a log of ``size`` lacks to the next multiple: at least one, so that silence grows too."""
    return multiple - size % multiple
