"""The bytes inside a mailbag: parts of messages, and receipts for what has come.

A `Part` names its message by 16 random bytes and by a sequence number that grows along its pair, and names the
message before it that is still outstanding: the recipient takes a message when it has that one, so a message that has
expired unread holds up nobody. A `Receipt` says how many bytes of a message, from its first, are durably held; all of
them means that the message need not be kept any longer. What is sent, when and how often is decided by ``bags``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from matching.encoding import decode, decode_list, decode_number, encode
from matching.errors import EncodingError

MESSAGE_ID_BYTES = 16
LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes of one message: 258 bags, a little over four hours at a bag a minute."""

MOST_FRAMES = 256
"""Frames that a bag is read for; more do not fit but where they say next to nothing."""

MOST_MESSAGES = 8
"""Messages that parts of one bag belong to: what a bag costs its reader, in handlers and in the log, is bounded."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a message from ``offset`` on. ``after`` is 0 where nothing outstanding comes before the message."""

    message: bytes
    sequence: int
    after: int
    offset: int
    total: int
    data: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """Give the canonical encoding."""
        numbers = (self.sequence, self.after, self.offset, self.total)
        return encode("symbolon/v1/mail-part", self.message, *numbers, self.data)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Part:
        """Read the canonical encoding; raise `EncodingError` on anything else, and on numbers that cannot be."""
        message, *numbers, data = decode(raw, "symbolon/v1/mail-part", 6)
        sequence, after, offset, total = map(decode_number, numbers)
        part = cls(_message_id(message), sequence, after, offset, total, data)
        ordered = part.after < part.sequence < 2**63
        within = data and part.offset + len(data) <= part.total <= LARGEST_MESSAGE
        if not (ordered and within):
            raise EncodingError("the numbers of a part of a message contradict each other")
        return part


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many bytes of a message the sender of this receipt durably holds."""

    message: bytes
    held: int

    def to_bytes(self) -> bytes:
        """Give the canonical encoding."""
        return encode("symbolon/v1/mail-receipt", self.message, self.held)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Receipt:
        """Read the canonical encoding; raise `EncodingError` on anything else."""
        message, held = decode(raw, "symbolon/v1/mail-receipt", 2)
        receipt = cls(_message_id(message), decode_number(held))
        if receipt.held > LARGEST_MESSAGE:
            raise EncodingError("a receipt is for more than a message can hold")
        return receipt


def encode_content(receipts: Iterable[Receipt], parts: Iterable[Part]) -> bytes:
    """Give a bag's content."""
    raw = (frame.to_bytes() for frames in (receipts, parts) for frame in frames)
    return encode("symbolon/v1/mail", *raw)


def decode_content(content: bytes) -> tuple[list[Receipt], list[Part]]:
    """Read a bag's content, receipts and parts each in their order; raise `EncodingError` on anything else."""
    receipts: list[Receipt] = []
    parts: list[Part] = []
    for raw in decode_list(content, "symbolon/v1/mail", MOST_FRAMES):
        if _labelled(raw, "symbolon/v1/mail-receipt"):
            receipts.append(Receipt.from_bytes(raw))
        else:
            parts.append(Part.from_bytes(raw))
    return receipts, parts


FRAME_BYTES = 4
"""Bytes that each frame takes in the content beside its own."""

EMPTY_CONTENT_BYTES = len(encode_content((), ()))
RECEIPT_BYTES = FRAME_BYTES + len(Receipt(bytes(MESSAGE_ID_BYTES), 0).to_bytes())
PART_BYTES = FRAME_BYTES + len(Part(bytes(MESSAGE_ID_BYTES), 0, 0, 0, 0, b"").to_bytes())
"""Bytes that a part takes beside its data."""


def _labelled(raw: bytes, label: str) -> bool:
    return raw.startswith(encode(label))


def _message_id(raw: bytes) -> bytes:
    if len(raw) != MESSAGE_ID_BYTES:
        raise EncodingError(f"a message's name is not {MESSAGE_ID_BYTES} bytes")
    return raw
