"""The statements about agreements as mail: out to every other party, and in from a partner before anything else."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta

from node.agreements.book import AgreementBook, Announce
from node.agreements.recording import refusing
from node.mail.inbox import Handler
from node.mail.store import post

ANNOUNCED_FOR = timedelta(days=3650)
"""How long a statement is sent to a partner that does not fetch it: what is suspended must not be forgotten there."""


def by_mail(now: datetime) -> Announce:
    """Give what puts this agency's statements into the outbox for a partner; the running node sends them."""

    def announce(connection: sqlite3.Connection, recipient: str, content: bytes) -> None:
        post(connection, recipient, content, now, now + ANNOUNCED_FOR)

    return announce


def heeding(book: AgreementBook, following: Handler) -> Handler:
    """Give a handler of messages that lets declarations count in the book, and leaves all others to ``following``."""

    def handle(connection: sqlite3.Connection, sender: str, message: bytes, content: bytes) -> None:
        if _is_declaration(content):
            with refusing(book.ledger, "hear", sender, {}):
                book.receive_declaration(connection, sender, content, datetime.now(UTC))
        else:
            following(connection, sender, message, content)

    return handle


def _is_declaration(content: bytes) -> bool:
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, dict) and values.get("kind") == "declaration"
