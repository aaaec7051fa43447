"""What cases and desk use of the mail: post a message, and see what became of it.

`post` writes on the caller's connection and inside the caller's transaction: the step of a case and the message that
tells the partner of it are one commit. It neither sends nor looks whether there is such a partner; a message nobody
fetches waits, visibly, until it expires.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from node.mail.frames import LARGEST_MESSAGE, MESSAGE_ID_BYTES
from node.mail.tables import milliseconds, moment_of, next_number
from symbolon.rpc.errors import ErrorCode, SymbolonError


class Fate(StrEnum):
    """What became of a message: it is still sent, the partner holds all of it, or it expired before."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Mail for one partner that it has not confirmed: how many messages, and when the oldest was posted."""

    partner: str
    messages: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that no handler took. ``reason`` is the type of what the handler raised."""

    partner: str
    message: bytes
    reason: str
    set_aside_at: datetime


def post(connection: sqlite3.Connection, recipient: str, content: bytes, now: datetime, expires: datetime) -> bytes:
    """Put a message for a partner (its URI) into the outbox, in the caller's transaction; give its 16-byte name.

    Until ``expires`` it is sent again and again. Raises `SymbolonError` (`INVALID_INPUT`) when it is empty, larger than
    `LARGEST_MESSAGE` or expires at once, and `RuntimeError` outside a transaction.
    """
    if not connection.in_transaction:
        raise RuntimeError("a message is posted inside the transaction of what it tells of")
    if not 1 <= len(content) <= LARGEST_MESSAGE:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"a message has 1 to {LARGEST_MESSAGE} bytes")
    if expires <= now:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "a message expires after it is posted")
    message = secrets.token_bytes(MESSAGE_ID_BYTES)
    sequence = next_number(connection, recipient, "posted", now)
    connection.execute(
        "INSERT INTO mail_outbox (message, partner, sequence, content, size, posted_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (message, recipient, sequence, content, len(content), milliseconds(now), milliseconds(expires)),
    )
    return message


def fate_of(connection: sqlite3.Connection, message: bytes) -> Fate | None:
    """Say what became of a message, or None where none of this name was posted."""
    row = connection.execute("SELECT ended FROM mail_outbox WHERE message = ?", (message,)).fetchone()
    return Fate(row["ended"] or Fate.WAITING) if row else None


def waiting(connection: sqlite3.Connection) -> list[Waiting]:
    """Give the mail that partners have not confirmed, by partner."""
    rows = connection.execute(
        "SELECT partner, count(*) AS messages, min(posted_at) AS oldest FROM mail_outbox"
        " WHERE ended IS NULL GROUP BY partner ORDER BY partner"
    )
    return [Waiting(row["partner"], row["messages"], moment_of(row["oldest"])) for row in rows]


def set_aside(connection: sqlite3.Connection) -> list[SetAside]:
    """Give the messages that no handler took, in the order in which they came, without their content."""
    rows = connection.execute("SELECT partner, message, reason, set_aside_at FROM mail_set_aside ORDER BY number")
    return [SetAside(row["partner"], row["message"], row["reason"], moment_of(row["set_aside_at"])) for row in rows]
