"""The query as it travels: a public header, a sealed body of fixed size, and the sender's signature over both.

The hub reads the header and nothing else. The body is sealed to the responder with HPKE; `info` is the whole header,
so sender, recipient, epoch, purpose and validity are part of the key: another member that strips the signature and
signs anew must name itself as sender, and the body no longer opens (threat T19). The body carries the one-time key
to which the reply is sealed, in the outer layer and not in the lockbox, so that a holder that could open nothing
answers in the same way as one that could (T18).

`open_query` checks in this order, and raises at the first failure: the recipient is we, the signature is the
sender's, the body opens in the context of the header, the body is canonical and every field within its limit. The
caller checks before it: the sender is a member whose pinned key it passes; after it: `check_window`, the replay
cache, the agreement. All failures read the same outside (``errors``). The clock is a parameter.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields

from matching.encoding import decode, decode_number, decode_text, encode, pad, unpad
from matching.errors import EncodingError, FieldError, PartyError, WindowError
from matching.keys import (
    SEAL_OVERHEAD_BYTES,
    SIGNATURE_BYTES,
    SealingKey,
    SealingPublicKey,
    SigningKey,
    SigningPublicKey,
)
from matching.lockbox import LockboxContext, SizeClass
from matching.reply import DIGEST_BYTES, ReplyContext

QUERY_ID_BYTES = 16
BODY_ROOM_BYTES = 3_072  # of the padded body, beside the lockbox: reply key, texts at their longest, framing
MAX_LIFETIME = 3_600  # seconds from issue to expiry
MAX_SKEW = 120  # seconds that two honest clocks may differ

# Longest UTF-8 encoding of each text in bytes. Header fields are printable ASCII without spaces and never empty.
HEADER_LIMITS = {
    "sender": 200,
    "recipient": 200,
    "epoch": 64,
    "normaliser_version": 64,
    "agreement_id": 128,
    "purpose": 64,
}
# Body fields are one line in any script; only the justification may be empty.
BODY_LIMITS = {"justification": 600, "legal_basis": 400, "case_reference": 200, "user_id": 200}


@dataclass(frozen=True, slots=True)
class QueryHeader:
    """What the hub may see of a query. Times are whole Unix seconds; parties are certificate URIs."""

    query_id: bytes
    sender: str
    recipient: str
    epoch: str
    normaliser_version: str
    agreement_id: str
    purpose: str
    issued_at: int
    expires_at: int
    size: SizeClass

    def __post_init__(self) -> None:
        check_size("query_id", self.query_id, QUERY_ID_BYTES)
        for name, limit in HEADER_LIMITS.items():
            check_name(name, getattr(self, name), limit)
        if not 0 <= self.issued_at < self.expires_at < 2**63:
            raise FieldError("expires_at is not after issued_at")
        if not isinstance(self.size, SizeClass):
            raise FieldError("size is not a size class")

    def to_bytes(self) -> bytes:
        """Give the canonical encoding, which is what gets signed and bound."""
        return encode("symbolon/v1/query-header", *(getattr(self, one.name) for one in fields(self)))

    @classmethod
    def from_bytes(cls, data: bytes) -> QueryHeader:
        """Read the canonical encoding; raise `EncodingError` on anything else."""
        query_id, *texts, issued, expires, size = decode(data, "symbolon/v1/query-header", len(fields(cls)))
        sender, recipient, epoch, normaliser, agreement, purpose = map(decode_text, texts)
        names = (sender, recipient, epoch, normaliser, agreement, purpose)
        times = (decode_number(issued), decode_number(expires))
        try:
            return cls(query_id, *names, *times, SizeClass(decode_number(size)))
        except ValueError:  # FieldError is one, an unknown size class is another
            raise EncodingError("a header field is outside its limits") from None

    def lockbox_context(self) -> LockboxContext:
        """Give the context in which this query's lockbox is made and opened."""
        return LockboxContext(self.epoch, self.recipient, self.size, self.to_bytes())


@dataclass(frozen=True, slots=True)
class QueryBody:
    """What only the responder sees, matched or not. The lockbox inside opens only on a match."""

    reply_key: SealingPublicKey
    justification: str = field(repr=False)
    legal_basis: str = field(repr=False)
    case_reference: str = field(repr=False)
    user_id: str = field(repr=False)
    agreement_hash: bytes
    lockbox: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for name in BODY_LIMITS:
            check_stated(name, getattr(self, name))
        check_size("agreement_hash", self.agreement_hash, DIGEST_BYTES)

    def to_bytes(self) -> bytes:
        """Give the canonical encoding, before padding."""
        texts = (getattr(self, name) for name in BODY_LIMITS)
        return encode("symbolon/v1/query-body", self.reply_key.raw, *texts, self.agreement_hash, self.lockbox)

    @classmethod
    def from_bytes(cls, data: bytes) -> QueryBody:
        """Read the canonical encoding; raise `EncodingError` on anything else."""
        reply_key, *texts, agreement_hash, lockbox = decode(data, "symbolon/v1/query-body", len(fields(cls)))
        justification, basis, case, user = map(decode_text, texts)
        try:
            return cls(SealingPublicKey(reply_key), justification, basis, case, user, agreement_hash, lockbox)
        except FieldError:
            raise EncodingError("a body field is outside its limits") from None


@dataclass(frozen=True, slots=True)
class SealedQuery:
    """A query on the wire. Anyone may read the header; nothing in it is verified until `open_query`."""

    header: QueryHeader
    sealed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_size("sealed body", self.sealed, sealed_bytes(self.header.size))
        check_size("signature", self.signature, SIGNATURE_BYTES)

    def to_bytes(self) -> bytes:
        """Give the bytes for the wire."""
        return encode("symbolon/v1/query-envelope", self.header.to_bytes(), self.sealed, self.signature)

    @classmethod
    def from_bytes(cls, data: bytes) -> SealedQuery:
        """Read the bytes from the wire; raise `EncodingError` on anything but a well-formed envelope."""
        if len(data) > MOST_ENVELOPE_BYTES:
            raise EncodingError("the envelope is larger than the largest class")
        header, sealed, signature = decode(data, "symbolon/v1/query-envelope", 3)
        try:
            return cls(QueryHeader.from_bytes(header), sealed, signature)
        except FieldError:
            raise EncodingError("an envelope part is outside its limits") from None

    def digest(self) -> bytes:
        """Give SHA-256 of what is signed: the name of this envelope in replies, logs and the replay cache."""
        return hashlib.sha256(_signed(self.header, self.sealed)).digest()

    def reply_context(self) -> ReplyContext:
        """Give what the reply to this query is bound to: this very envelope and its two parties."""
        return ReplyContext(self.digest(), self.header.recipient, self.header.sender)

    def verify_signature(self, sender_key: SigningPublicKey) -> None:
        """Raise `SignatureError` unless the sender named in the header signed. The hub can do this too."""
        sender_key.verify(self.signature, _signed(self.header, self.sealed))


def sealed_bytes(size: SizeClass) -> int:
    """Give the size of the sealed body for a class: the same for every query of that class."""
    return _body_bytes(size) + SEAL_OVERHEAD_BYTES


def seal_query(
    header: QueryHeader, body: QueryBody, recipient_key: SealingPublicKey, sender_key: SigningKey
) -> SealedQuery:
    """Pad the body, seal it to the recipient in the context of the header, and sign both.

    `recipient_key` is the pinned key of `header.recipient`, `sender_key` that of `header.sender`; each call's query_id
    and reply key must be new. Raises `FieldError` when the lockbox is not of the header's class.
    """
    check_size("lockbox", body.lockbox, header.size.lockbox_bytes)
    padded = pad(body.to_bytes(), _body_bytes(header.size), "body")
    sealed = recipient_key.seal(padded, _info(header))
    return SealedQuery(header, sealed, sender_key.sign(_signed(header, sealed)))


def open_query(
    query: SealedQuery, recipient: str, recipient_key: SealingKey, sender_key: SigningPublicKey
) -> QueryBody:
    """Verify and open a query that claims to be for `recipient`; the order of checks is in the module's docstring.

    `sender_key` is the pinned key of `query.header.sender`. Raises `PartyError`, `SignatureError`, `SealError` or
    `EncodingError`; the outside must not see which.
    """
    if query.header.recipient != recipient:
        raise PartyError("the query is for another recipient")
    query.verify_signature(sender_key)
    body = QueryBody.from_bytes(unpad(recipient_key.open(query.sealed, _info(query.header))))
    if len(body.lockbox) != query.header.size.lockbox_bytes:
        raise EncodingError("the lockbox does not have the size of its class")
    return body


def check_window(header: QueryHeader, now: int, *, max_lifetime: int = MAX_LIFETIME, max_skew: int = MAX_SKEW) -> None:
    """Raise `WindowError` unless the query is valid at `now` (Unix seconds).

    A replay cache that keeps an envelope's digest until `expires_at + max_skew` sees every replay that passes here.
    """
    if header.expires_at - header.issued_at > max_lifetime:
        raise WindowError(f"the query claims to be valid for more than {max_lifetime} seconds")
    if header.issued_at > now + max_skew:
        raise WindowError("the query comes from the future")
    if now >= header.expires_at + max_skew:
        raise WindowError("the query has expired")


def _body_bytes(size: SizeClass) -> int:
    return size.lockbox_bytes + BODY_ROOM_BYTES


def _most_envelope_bytes() -> int:
    texts = (bytes(limit) for limit in HEADER_LIMITS.values())
    header = encode("symbolon/v1/query-header", bytes(QUERY_ID_BYTES), *texts, 0, 0, 0)
    sealed = bytes(max(map(sealed_bytes, SizeClass)))
    return len(encode("symbolon/v1/query-envelope", header, sealed, bytes(SIGNATURE_BYTES)))


MOST_ENVELOPE_BYTES = _most_envelope_bytes()
"""Bytes of the largest envelope there can be; a longer message is refused unread."""


def _info(header: QueryHeader) -> bytes:
    return encode("symbolon/v1/query-info", header.to_bytes())


def _signed(header: QueryHeader, sealed: bytes) -> bytes:
    return encode("symbolon/v1/query-signed", header.to_bytes(), sealed)


def check_size(name: str, value: bytes, size: int) -> None:
    """Raise `FieldError` naming the field unless the value has exactly this many bytes."""
    if not isinstance(value, bytes) or len(value) != size:
        raise FieldError(f"{name} is not {size} bytes")


def check_name(name: str, value: str, limit: int) -> None:
    """Raise `FieldError` naming the field unless the value can stand in a public header."""
    if not 1 <= len(value) <= limit or not all("!" <= character <= "~" for character in value):
        raise FieldError(f"{name} is not 1 to {limit} printable ASCII characters without spaces")


def check_stated(name: str, value: str) -> None:
    """Raise `FieldError` naming the field, one of `BODY_LIMITS`, unless the value can stand in a body."""
    limit, may_be_empty = BODY_LIMITS[name], name == "justification"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise FieldError(f"{name} has characters that UTF-8 cannot carry") from None
    if size > limit or not (size or may_be_empty):
        raise FieldError(f"{name} has {size} bytes of UTF-8, not {0 if may_be_empty else 1} to {limit}")
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
        raise FieldError(f"{name} is not a single line: it holds control characters")
