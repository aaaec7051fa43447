"""The tables of the mail, and the numbers that grow along a pair.

They lie in a database that the cases share (``data/cases.db``): whoever opens it names `MIGRATIONS` among its own.
Contents are here only while they are needed: in the outbox until the partner holds them, in ``mail_piece`` until they
are whole, and in ``mail_set_aside`` where no handler took them, until people erase them or `SET_ASIDE_FOR` is over.
That a message was sent or taken is known for `KNOWN_FOR`; one that comes again later still is not taken twice, for its
sequence is past.

Numbers of bags and sequences of messages are the time in milliseconds, or one more than the last where that is not
higher. A node put back to an older backup so goes on above all that its partners have seen; one that counts would not.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("mail")

SET_ASIDE_FOR = timedelta(days=90)
"""How long a message that no handler took is kept for people."""

KNOWN_FOR = timedelta(days=400)
"""How long is known what became of a message, own or a partner's."""

_TABLES = (
    # What is known of each partner: last bag sent and last bag read, last message posted and last message taken.
    """CREATE TABLE mail_partner (
        uri TEXT PRIMARY KEY,
        bag_sent INTEGER NOT NULL DEFAULT 0,
        bag_read INTEGER NOT NULL DEFAULT 0,
        posted INTEGER NOT NULL DEFAULT 0,
        taken INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID""",
    # Content is erased with the end: when the partner holds all of it, or when the message expires.
    """CREATE TABLE mail_outbox (
        message BLOB PRIMARY KEY,
        partner TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        content BLOB,
        size INTEGER NOT NULL,
        held INTEGER NOT NULL DEFAULT 0,
        posted_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        logged INTEGER NOT NULL DEFAULT 0,
        ended TEXT CHECK (ended IN ('delivered', 'expired')),
        ended_at INTEGER,
        UNIQUE (partner, sequence)
    ) STRICT""",
    "CREATE INDEX mail_ended ON mail_outbox (ended_at) WHERE ended IS NOT NULL",
    "CREATE INDEX mail_outstanding ON mail_outbox (partner, sequence) WHERE ended IS NULL",
    # The one message of each partner that is coming in, and the pieces of it that have come.
    """CREATE TABLE mail_arriving (
        partner TEXT PRIMARY KEY,
        message BLOB NOT NULL,
        sequence INTEGER NOT NULL,
        total INTEGER NOT NULL,
        held INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE mail_piece (
        partner TEXT NOT NULL, place INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (partner, place)
    ) STRICT""",
    # By it a message that comes again is known and gets its receipt.
    """CREATE TABLE mail_taken (
        partner TEXT NOT NULL, message BLOB NOT NULL, sequence INTEGER NOT NULL, taken_at INTEGER NOT NULL,
        PRIMARY KEY (partner, message)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX mail_taken_at ON mail_taken (taken_at)",
    """CREATE TABLE mail_set_aside (
        number INTEGER PRIMARY KEY,
        partner TEXT NOT NULL,
        message BLOB NOT NULL,
        content BLOB NOT NULL,
        reason TEXT NOT NULL,
        set_aside_at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX mail_set_aside_at ON mail_set_aside (set_aside_at)",
)


@MIGRATIONS()
def create_tables(database: Database) -> None:
    """Create partners, outbox, arrivals, what was taken and what was set aside."""
    for statement in _TABLES:
        database.execute(statement)


_SET_ASIDE_TO_BE_RETRIED = (
    "ALTER TABLE mail_set_aside RENAME TO mail_set_aside_before",
    # A number is of one message for ever: people name messages by it, and the node takes them off the list meanwhile.
    """CREATE TABLE mail_set_aside (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        partner TEXT NOT NULL,
        message BLOB NOT NULL,
        content BLOB NOT NULL,
        reason TEXT NOT NULL,
        set_aside_at INTEGER NOT NULL,
        again INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "INSERT INTO mail_set_aside SELECT *, 0 FROM mail_set_aside_before",
    "DROP TABLE mail_set_aside_before",
    "CREATE INDEX mail_set_aside_at ON mail_set_aside (set_aside_at)",
)


@MIGRATIONS()
def add_retries(database: Database) -> None:
    """Add to what was set aside whether it is to be handed over again."""
    for statement in _SET_ASIDE_TO_BE_RETRIED:
        database.execute(statement)


def next_number(connection: sqlite3.Connection, partner: str, counter: str, now: datetime) -> int:
    """Give the next number of a partner (``bag_sent`` or ``posted``) and keep it."""
    connection.execute("INSERT OR IGNORE INTO mail_partner (uri) VALUES (?)", (partner,))
    row = connection.execute(
        f"UPDATE mail_partner SET {counter} = max({counter} + 1, ?) WHERE uri = ? RETURNING {counter}",  # noqa: S608  # one of the two
        (milliseconds(now), partner),
    ).fetchone()
    return int(row[0])


def forget(connection: sqlite3.Connection, now: datetime) -> None:
    """Erase what has been kept for as long as it is, in the caller's transaction."""
    connection.execute("DELETE FROM mail_set_aside WHERE set_aside_at < ?", (milliseconds(now - SET_ASIDE_FOR),))
    known = (milliseconds(now - KNOWN_FOR),)
    connection.execute("DELETE FROM mail_taken WHERE taken_at < ?", known)
    connection.execute("DELETE FROM mail_outbox WHERE ended IS NOT NULL AND ended_at < ?", known)


def milliseconds(moment: datetime) -> int:
    """Give a moment as the tables have it: whole milliseconds since 1970, UTC."""
    return int(moment.timestamp() * 1000)


def moment_of(stored: int) -> datetime:
    """Give the moment behind stored milliseconds."""
    return datetime.fromtimestamp(stored / 1000, UTC)
