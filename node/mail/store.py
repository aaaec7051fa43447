"""What cases and desk use of the mail: post a message, see what waits; see, retry or erase what nobody could handle.

`post` writes on the caller's connection and inside the caller's transaction: the step of a case and the message that
tells the partner of it are one commit. It neither sends nor looks whether there is such a partner; a message nobody
fetches waits, visibly, until it expires.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.mail.frames import LARGEST_MESSAGE, MESSAGE_ID_BYTES
from node.mail.tables import milliseconds, moment_of, next_number
from symbolon.rpc.errors import ErrorCode, SymbolonError


@dataclass(frozen=True, slots=True)
class Waiting:
    """Mail for one partner that it has not confirmed: how many messages, and when the oldest was posted."""

    partner: str
    messages: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that no handler took. ``reason`` is the type of what the handler raised.

    ``again`` says that the running node is to hand it over once more.
    """

    number: int
    partner: str
    message: bytes
    reason: str
    size: int
    set_aside_at: datetime
    again: bool


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


def waiting(connection: sqlite3.Connection) -> list[Waiting]:
    """Give the mail that partners have not confirmed, by partner."""
    rows = connection.execute(
        "SELECT partner, count(*) AS messages, min(posted_at) AS oldest FROM mail_outbox"
        " WHERE ended IS NULL GROUP BY partner ORDER BY partner"
    )
    return [Waiting(row["partner"], row["messages"], moment_of(row["oldest"])) for row in rows]


def heard(connection: sqlite3.Connection) -> dict[str, datetime]:
    """Give when the last bag read of each partner was packed: its number is the time by the partner's clock."""
    rows = connection.execute("SELECT uri, bag_read FROM mail_partner WHERE bag_read > 0")
    return {row["uri"]: moment_of(row["bag_read"]) for row in rows}


def set_aside(connection: sqlite3.Connection) -> list[SetAside]:
    """Give the messages that no handler took, in the order in which they came, without their content."""
    rows = connection.execute(
        "SELECT number, partner, message, reason, length(content) AS size, set_aside_at, again"
        " FROM mail_set_aside ORDER BY number"
    )
    return [
        SetAside(
            row["number"],
            row["partner"],
            row["message"],
            row["reason"],
            row["size"],
            moment_of(row["set_aside_at"]),
            bool(row["again"]),
        )
        for row in rows
    ]


def count_set_aside(connection: sqlite3.Connection) -> int:
    """Count them."""
    return int(connection.execute("SELECT count(*) FROM mail_set_aside").fetchone()[0])


def read_set_aside(connection: sqlite3.Connection, number: int) -> bytes:
    """Give the content of one; raise `SymbolonError` (`INVALID_INPUT`) where none has that number."""
    row = connection.execute("SELECT content FROM mail_set_aside WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"no message {number} is set aside")
    return bytes(row["content"])


def retry_set_aside(connection: sqlite3.Connection, number: int) -> None:
    """Have one handed over again by the running node, in the caller's transaction; errors as `read_set_aside`."""
    if connection.execute("UPDATE mail_set_aside SET again = 1 WHERE number = ?", (number,)).rowcount == 0:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"no message {number} is set aside")


def erase_set_aside(connection: sqlite3.Connection, number: int) -> None:
    """Erase one, in the caller's transaction; raise `SymbolonError` (`INVALID_INPUT`) where none has that number."""
    if connection.execute("DELETE FROM mail_set_aside WHERE number = ?", (number,)).rowcount == 0:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"no message {number} is set aside")
