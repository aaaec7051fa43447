"""The receiving side's rows: which bags were read, what is coming in, and handing a whole message over once.

A partner's parts are taken as one stream: of the message that comes next, from the byte that is missing. Everything
else is dropped, since it comes again; so is what a bag has beyond `MOST_MESSAGES` whole messages. Every function works
inside the caller's transaction, and so does the handler: what it writes, and that the message was taken, are one
commit.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from node.mail.frames import LARGEST_MESSAGE, MOST_MESSAGES, Part, Receipt
from node.mail.tables import milliseconds
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import innermost_place

Handler = Callable[[sqlite3.Connection, str, bytes, bytes], None]
"""Takes a message: the connection of its transaction, the sender's URI, the message's name, the content.

One that is handed over again because a commit failed has its old name. The handler neither commits nor waits.
"""

Whole = tuple[bytes, bytes]
"""A message that is here: its name and its content."""

Announce = Callable[[Sequence[Whole]], None]
"""Is told of all whole messages of a bag before the first is handed over; it may raise to stop that."""

MOST_SET_ASIDE = 100
"""Messages of one partner that are kept for people."""

MOST_BYTES_SET_ASIDE = 4 * LARGEST_MESSAGE
"""Bytes of them together."""

logger = logging.getLogger("symbolon.node")

_OF_THE_MESSAGE = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError)


def read_bag(connection: sqlite3.Connection, sender: str, number: int) -> bool:
    """Note that a bag is read; False for one that is not newer than the last, of which nothing may be used."""
    connection.execute("INSERT OR IGNORE INTO mail_partner (uri) VALUES (?)", (sender,))
    noted = connection.execute(
        "UPDATE mail_partner SET bag_read = ? WHERE uri = ? AND bag_read < ?", (number, sender, number)
    )
    return noted.rowcount == 1


@dataclass(frozen=True, slots=True)
class Inbox:
    """One bag's view of the inbox of one partner."""

    connection: sqlite3.Connection
    partner: str
    now: datetime
    announce: Announce
    handler: Handler
    _whole: list[Whole] = field(default_factory=list, init=False, repr=False)

    def take(self, part: Part) -> Receipt | None:
        """Take what is new of a part and say how much of its message is held; None when it is not its turn."""
        if self._was_taken(part.message):
            return Receipt(part.message, part.total)
        if len(self._whole) == MOST_MESSAGES:
            return None
        taken = self._last_taken()
        if part.sequence <= taken or part.after > taken:
            return None
        held = self._held(part)
        if held < part.offset:
            return Receipt(part.message, held)
        held = self._keep(part, held)
        if held == part.total:
            self._complete(part)
        return Receipt(part.message, held)

    def hand_over(self) -> None:
        """Hand over what has become whole, in its order; what raises here is to undo the whole bag."""
        if self._whole:
            self.announce(self._whole)
        for message, content in self._whole:
            self._handle(message, content)

    def _was_taken(self, message: bytes) -> bool:
        known = "SELECT 1 FROM mail_taken WHERE partner = ? AND message = ?"
        return self.connection.execute(known, (self.partner, message)).fetchone() is not None

    def _last_taken(self) -> int:
        row = self.connection.execute("SELECT taken FROM mail_partner WHERE uri = ?", (self.partner,)).fetchone()
        return int(row["taken"])

    def _held(self, part: Part) -> int:
        """Give how much of this message is here; of another one that was coming in, the sender has thought better."""
        row = self.connection.execute("SELECT * FROM mail_arriving WHERE partner = ?", (self.partner,)).fetchone()
        if row is None:
            return 0
        if (row["message"], row["sequence"], row["total"]) == (part.message, part.sequence, part.total):
            return int(row["held"])
        self._forget_arriving()
        return 0

    def _keep(self, part: Part, held: int) -> int:
        fresh = part.data[held - part.offset :]
        if fresh:
            self.connection.execute("INSERT INTO mail_piece VALUES (?, ?, ?)", (self.partner, held, fresh))
        self.connection.execute(
            "INSERT OR REPLACE INTO mail_arriving (partner, message, sequence, total, held) VALUES (?, ?, ?, ?, ?)",
            (self.partner, part.message, part.sequence, part.total, held + len(fresh)),
        )
        return held + len(fresh)

    def _complete(self, part: Part) -> None:
        pieces = self.connection.execute(
            "SELECT data FROM mail_piece WHERE partner = ? ORDER BY place", (self.partner,)
        ).fetchall()
        self._whole.append((part.message, b"".join(piece["data"] for piece in pieces)))
        self._forget_arriving()
        self.connection.execute(
            "INSERT INTO mail_taken (partner, message, sequence, taken_at) VALUES (?, ?, ?, ?)",
            (self.partner, part.message, part.sequence, milliseconds(self.now)),
        )
        self.connection.execute("UPDATE mail_partner SET taken = ? WHERE uri = ?", (part.sequence, self.partner))

    def _handle(self, message: bytes, content: bytes) -> None:
        """Hand one over, or set it aside for people."""
        reason = _failure(self.connection, self.handler, self.partner, message, content)
        if reason is not None:
            self.connection.execute(
                "INSERT INTO mail_set_aside (partner, message, content, reason, set_aside_at) VALUES (?, ?, ?, ?, ?)",
                (self.partner, message, content, reason, milliseconds(self.now)),
            )
            self._bound_set_aside()

    def _bound_set_aside(self) -> None:
        """Keep the newest of this partner: it may send nonsense for ever, and no disk is large enough."""
        erased = self.connection.execute(
            "WITH newest AS (SELECT number, sum(length(content)) OVER (ORDER BY number DESC) AS together"
            " FROM mail_set_aside WHERE partner = ? ORDER BY number DESC LIMIT ?)"
            " DELETE FROM mail_set_aside"
            " WHERE partner = ? AND number NOT IN (SELECT number FROM newest WHERE together <= ?)",
            (self.partner, MOST_SET_ASIDE, self.partner, MOST_BYTES_SET_ASIDE),
        )
        if erased.rowcount:
            logger.warning("more is set aside of a partner than is kept: the oldest is erased")

    def _forget_arriving(self) -> None:
        for table in ("mail_piece", "mail_arriving"):
            self.connection.execute(
                f"DELETE FROM {table} WHERE partner = ?",  # noqa: S608  # one of the two names above
                (self.partner,),
            )


def to_hand_over_again(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """Give the numbers and senders of what was set aside and is to be handed over again, the oldest first."""
    rows = connection.execute("SELECT number, partner FROM mail_set_aside WHERE again ORDER BY number")
    return [(row["number"], row["partner"]) for row in rows]


def hand_over_again(connection: sqlite3.Connection, number: int, handler: Handler) -> bool:
    """Hand over a message that was set aside, under its old name; say whether it was taken, and is set aside no more.

    What the handler raises is kept as the new reason, unless the machine is at fault: then it is raised here.
    """
    row = connection.execute("SELECT * FROM mail_set_aside WHERE number = ? AND again", (number,)).fetchone()
    if row is None:
        return False  # erased meanwhile
    reason = _failure(connection, handler, row["partner"], row["message"], row["content"])
    if reason is None:
        connection.execute("DELETE FROM mail_set_aside WHERE number = ?", (number,))
        return True
    connection.execute("UPDATE mail_set_aside SET again = 0, reason = ? WHERE number = ?", (reason, number))
    return False


def _failure(
    connection: sqlite3.Connection, handler: Handler, sender: str, message: bytes, content: bytes
) -> str | None:
    """Call the handler; None where it took the message. What it wrote before it raised is undone."""
    connection.execute("SAVEPOINT handled")
    failed = None
    try:
        handler(connection, sender, message, content)
    except Exception as error:
        connection.execute("ROLLBACK TO handled")
        if is_passing(error):
            raise
        # The type and place only: the text may quote the message.
        failed = type(error).__name__
        logger.error("a message was set aside: %s at %s", failed, innermost_place(error))
    connection.execute("RELEASE handled")
    return failed


def is_passing(error: Exception) -> bool:
    """Say whether a failure is of the machine and not of the message: then the message comes again.

    Of the machine is all that databases, disk, memory and log may raise, damage and what is missing included, but for
    what a database has against a value it was given.
    """
    if isinstance(error, SymbolonError):
        return error.code in (ErrorCode.LOG_NOT_WRITABLE, ErrorCode.LOG_DAMAGED)
    return isinstance(error, sqlite3.Error | OSError | MemoryError) and not isinstance(error, _OF_THE_MESSAGE)
