"""What of the mail a node writes into its disclosure log: each message when it leaves and when it has come, no bag.

After a power cut or a full disk an entry may stand there twice; the digest shows that it is one message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ledger.entries import Statement
from ledger.events import MessageAccepted, MessagePosted
from ledger.log import Ledger
from matching.encoding import encode
from node.mail.outbox import Unlogged


def messages_posted(ledger: Ledger, sender: str, recipient: str, messages: Sequence[Unlogged]) -> None:
    """Node: before any byte of a message leaves."""
    events = [
        MessagePosted(
            partner=recipient,
            digest=digest(sender, recipient, one.message, one.content).hex(),
            kibibytes=size_class(len(one.content)),
        )
        for one in messages
    ]
    ledger.append(*map(Statement, events))


def messages_accepted(ledger: Ledger, sender: str, recipient: str, messages: Sequence[tuple[bytes, bytes]]) -> None:
    """Node: before messages that one bag has made whole are handed over, and before their receipts."""
    events = [
        MessageAccepted(
            partner=sender,
            digest=digest(sender, recipient, message, content).hex(),
            kibibytes=size_class(len(content)),
        )
        for message, content in messages
    ]
    ledger.append(*map(Statement, events))


def digest(sender: str, recipient: str, message: bytes, content: bytes) -> bytes:
    """Give the name of a message in both logs. Without the message's random name, nobody can test a guess on it."""
    return hashlib.sha256(encode("symbolon/v1/message", sender, recipient, message, content)).digest()


def size_class(size: int) -> int:
    """Give the size in KiB, rounded up to a power of two."""
    return 1 << (max(size - 1, 0) // 1024).bit_length()
