"""The mailbag: what an agency hands another through the hub at every tick, of one size whether it says anything or not.

Case messages (follow-up requests, releases, receipts, recalls) exist only where there was a hit, so that there are any
must not show. Every pair with an agreement therefore exchanges bags at a constant rate, and a bag with nothing to say
is padding (threats T17 and T18). The hub reads the header: sender, recipient, number, time. The body is sealed to the
recipient with HPKE; `info` is the whole header, so a bag that another member strips and signs anew does not open (T19).

`open_mailbag` checks in this order, and raises at the first failure: the recipient is we, the signature is the
sender's, the body opens in the context of the header, the padding is canonical. The caller checks before it: the
sender is a partner whose pinned key it passes, and `check_fresh`; after it: the number is higher than that of every
bag of this sender it has read. What the content means is the node's business. The clock is a parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from matching.encoding import decode, decode_number, decode_text, encode, pad, unpad
from matching.envelope import HEADER_LIMITS, MAX_SKEW, check_name, check_size
from matching.errors import EncodingError, FieldError, PartyError, WindowError
from matching.keys import (
    SEAL_OVERHEAD_BYTES,
    SIGNATURE_BYTES,
    SealingKey,
    SealingPublicKey,
    SigningKey,
    SigningPublicKey,
)

MAILBAG_PLAINTEXT_BYTES = 16_384
MAILBAG_CONTENT_BYTES = MAILBAG_PLAINTEXT_BYTES - 4  # what a caller may fill
MAX_AGE = 600  # seconds from issue to arrival; what a bag held back for longer carried is sent again anyway

_SEALED_BYTES = MAILBAG_PLAINTEXT_BYTES + SEAL_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class MailbagHeader:
    """What the hub may see of a bag. Numbers grow from bag to bag of a pair; the time is in whole Unix seconds."""

    sender: str
    recipient: str
    number: int
    issued_at: int

    def __post_init__(self) -> None:
        for name in ("sender", "recipient"):
            check_name(name, getattr(self, name), HEADER_LIMITS[name])
        for name in ("number", "issued_at"):
            if not 0 <= getattr(self, name) < 2**63:
                raise FieldError(f"{name} is not a number below 2**63")

    def to_bytes(self) -> bytes:
        """Give the canonical encoding, which is what gets signed and bound."""
        return encode("symbolon/v1/mailbag-header", self.sender, self.recipient, self.number, self.issued_at)

    @classmethod
    def from_bytes(cls, data: bytes) -> MailbagHeader:
        """Read the canonical encoding; raise `EncodingError` on anything else."""
        sender, recipient, number, issued_at = decode(data, "symbolon/v1/mailbag-header", 4)
        try:
            return cls(decode_text(sender), decode_text(recipient), decode_number(number), decode_number(issued_at))
        except FieldError:
            raise EncodingError("a header field is outside its limits") from None


@dataclass(frozen=True, slots=True)
class Mailbag:
    """A bag on the wire. Anyone may read the header; nothing in it is verified until `open_mailbag`."""

    header: MailbagHeader
    sealed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_size("sealed body", self.sealed, _SEALED_BYTES)
        check_size("signature", self.signature, SIGNATURE_BYTES)

    def to_bytes(self) -> bytes:
        """Give the bytes for the wire: between two parties always as many."""
        return encode("symbolon/v1/mailbag", self.header.to_bytes(), self.sealed, self.signature)

    @classmethod
    def from_bytes(cls, data: bytes) -> Mailbag:
        """Read the bytes from the wire; raise `EncodingError` on anything but a well-formed bag of the one size."""
        if len(data) > MOST_MAILBAG_BYTES:
            raise EncodingError("the mailbag is larger than a mailbag")
        header, sealed, signature = decode(data, "symbolon/v1/mailbag", 3)
        try:
            return cls(MailbagHeader.from_bytes(header), sealed, signature)
        except FieldError:
            raise EncodingError("a mailbag part is outside its limits") from None

    def verify_signature(self, sender_key: SigningPublicKey) -> None:
        """Raise `SignatureError` unless the sender named in the header signed. The hub can do this too."""
        sender_key.verify(self.signature, _signed(self.header, self.sealed))


def seal_mailbag(
    header: MailbagHeader, content: bytes, recipient_key: SealingPublicKey, sender_key: SigningKey
) -> Mailbag:
    """Pad the content, seal it to the recipient in the context of the header, and sign both.

    `recipient_key` is the pinned key of `header.recipient`, `sender_key` that of `header.sender`. Raises `FieldError`
    when the content has more than `MAILBAG_CONTENT_BYTES` and `SealError` when the recipient's key is unusable.
    """
    sealed = recipient_key.seal(pad(content, MAILBAG_PLAINTEXT_BYTES, "content"), _info(header))
    return Mailbag(header, sealed, sender_key.sign(_signed(header, sealed)))


def open_mailbag(bag: Mailbag, recipient: str, recipient_key: SealingKey, sender_key: SigningPublicKey) -> bytes:
    """Verify and open a bag that claims to be for `recipient`, and give its content; the order is in the docstring.

    `sender_key` is the pinned key of `bag.header.sender`. Raises `PartyError`, `SignatureError`, `SealError` or
    `EncodingError`; the outside must not see which, nor that it was any of them.
    """
    if bag.header.recipient != recipient:
        raise PartyError("the mailbag is for another recipient")
    bag.verify_signature(sender_key)
    return unpad(recipient_key.open(bag.sealed, _info(bag.header)))


def check_fresh(header: MailbagHeader, now: int, *, max_age: int = MAX_AGE, max_skew: int = MAX_SKEW) -> None:
    """Raise `WindowError` unless the bag was made lately, as seen at `now` (Unix seconds)."""
    if header.issued_at > now + max_skew:
        raise WindowError("the mailbag comes from the future")
    if now >= header.issued_at + max_age + max_skew:
        raise WindowError("the mailbag was held back for too long")


def _most_mailbag_bytes() -> int:
    parties = (bytes(HEADER_LIMITS[name]) for name in ("sender", "recipient"))
    header = encode("symbolon/v1/mailbag-header", *parties, 0, 0)
    return len(encode("symbolon/v1/mailbag", header, bytes(_SEALED_BYTES), bytes(SIGNATURE_BYTES)))


MOST_MAILBAG_BYTES = _most_mailbag_bytes()
"""Bytes of the largest bag there can be, between parties with the longest names; a longer message is refused unread."""


def _info(header: MailbagHeader) -> bytes:
    return encode("symbolon/v1/mailbag-info", header.to_bytes())


def _signed(header: MailbagHeader, sealed: bytes) -> bytes:
    return encode("symbolon/v1/mailbag-signed", header.to_bytes(), sealed)
