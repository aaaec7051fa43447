"""The sending side's rows: what is outstanding for a partner, what of it goes into a bag, and when it is erased.

Every function works on the caller's connection; those that write do so in the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from node.mail.bags import Outgoing, Slice
from node.mail.frames import LARGEST_MESSAGE, MOST_FRAMES, Part, Receipt
from node.mail.tables import milliseconds


@dataclass(frozen=True, slots=True)
class Unlogged:
    """A posted message that the log does not have yet; it may not leave before."""

    message: bytes
    content: bytes = field(repr=False)


def unlogged(connection: sqlite3.Connection, partner: str) -> list[Unlogged]:
    """Give the oldest messages for a partner that the log does not have, together no larger than one may be."""
    rows = connection.execute(
        "SELECT message, size FROM mail_outbox WHERE partner = ? AND ended IS NULL AND NOT logged"
        " ORDER BY sequence LIMIT ?",
        (partner, MOST_FRAMES),
    ).fetchall()
    together = accumulate(row["size"] for row in rows)
    few = [row["message"] for row, size in zip(rows, together, strict=True) if size <= LARGEST_MESSAGE]
    content = "SELECT content FROM mail_outbox WHERE message = ?"
    return [Unlogged(message, connection.execute(content, (message,)).fetchone()["content"]) for message in few]


def mark_logged(connection: sqlite3.Connection, messages: Iterable[bytes]) -> None:
    """Let messages leave: the log has them."""
    connection.executemany("UPDATE mail_outbox SET logged = 1 WHERE message = ?", [(one,) for one in messages])


def expire(connection: sqlite3.Connection, now: datetime) -> int:
    """End what has expired, erase its content, and say how many messages that were."""
    moment = milliseconds(now)
    ended = connection.execute(
        "UPDATE mail_outbox SET ended = 'expired', ended_at = ?, content = NULL"
        " WHERE ended IS NULL AND expires_at <= ?",
        (moment, moment),
    )
    return ended.rowcount


def outgoing(connection: sqlite3.Connection, partner: str) -> list[Outgoing]:
    """Give the oldest outstanding messages for a partner that may leave, in the order of their sequences."""
    rows = connection.execute(
        "SELECT message, sequence, size, held FROM mail_outbox"
        " WHERE partner = ? AND ended IS NULL AND logged ORDER BY sequence LIMIT ?",
        (partner, MOST_FRAMES),
    )
    return [Outgoing(*row) for row in rows]


def parts(connection: sqlite3.Connection, slices: Sequence[Slice]) -> list[Part]:
    """Give slices with their bytes."""
    return [_part(connection, one) for one in slices]


def confirm(connection: sqlite3.Connection, partner: str, receipts: Iterable[Receipt], now: datetime) -> int:
    """Take a partner's word for what it holds, erase what it holds all of, and say how many messages that were.

    The word counts when it is less than before, too: the partner may have lost what was on its way.
    """
    erased = 0
    for receipt in receipts:
        connection.execute(
            "UPDATE mail_outbox SET held = ? WHERE message = ? AND partner = ? AND ended IS NULL AND ? < size",
            (receipt.held, receipt.message, partner, receipt.held),
        )
        erased += connection.execute(
            "UPDATE mail_outbox SET ended = 'delivered', ended_at = ?, held = size, content = NULL"
            " WHERE message = ? AND partner = ? AND ended IS NULL AND ? = size",
            (milliseconds(now), receipt.message, partner, receipt.held),
        ).rowcount
    return erased


def _part(connection: sqlite3.Connection, one: Slice) -> Part:
    row = connection.execute(
        "SELECT substr(content, ?, ?) FROM mail_outbox WHERE message = ?", (one.offset + 1, one.length, one.message)
    ).fetchone()
    return Part(one.message, one.sequence, one.after, one.offset, one.total, row[0])
