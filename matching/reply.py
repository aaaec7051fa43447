"""The reply to a query: one size, one form, whatever it says.

Every holder answers every query with 5,325 bytes: a match, nothing known, nothing allowed and a query it could not
read look alike to the hub and to anyone listening (threats T18 and T20). The content is padded, sealed with HPKE to
the one-time key that came in the query, and signed by the holder. The digest of the query's envelope, the
holder and the asker are bound in `info` and in the signature, so a reply fits exactly one query and one pair.

When the query could not be opened there is no key to seal to; `seal_reply_to_nobody` then seals to a key that it
forgets. What the content means is the node's business; a steady clock for sending is too.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.encoding import decode, encode, pad, unpad
from matching.errors import EncodingError, FieldError
from matching.keys import (
    SEAL_OVERHEAD_BYTES,
    SIGNATURE_BYTES,
    SealingKey,
    SealingPublicKey,
    SigningKey,
    SigningPublicKey,
)

DIGEST_BYTES = 32
REPLY_PLAINTEXT_BYTES = 4_096
REPLY_CONTENT_BYTES = REPLY_PLAINTEXT_BYTES - 4  # what a caller may fill
_LABEL = "symbolon/v1/reply"
REPLY_BYTES = len(encode(_LABEL, bytes(REPLY_PLAINTEXT_BYTES + SEAL_OVERHEAD_BYTES), bytes(SIGNATURE_BYTES)))


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """What a reply is bound to: the digest of the query's envelope and the two parties."""

    query_digest: bytes
    responder: str
    asker: str

    def __post_init__(self) -> None:
        if len(self.query_digest) != DIGEST_BYTES:
            raise FieldError(f"query_digest has {len(self.query_digest)} bytes, not {DIGEST_BYTES}")

    def bound(self, use: str) -> bytes:
        """Give the bytes that carry this context into HPKE ("info") or under the signature ("signed")."""
        return encode(f"symbolon/v1/reply-{use}", self.query_digest, self.responder, self.asker)


def seal_reply(
    content: bytes,
    reply_key: SealingPublicKey,
    context: ReplyContext,
    responder_key: SigningKey,
) -> bytes:
    """Give the reply for the wire, always `REPLY_BYTES` long. The content has at most `REPLY_CONTENT_BYTES`.

    Raises `FieldError` when the content is too long and `SealError` when the asker's key is unusable; in the second
    case answer with `seal_reply_to_nobody`.
    """
    padded = pad(content, REPLY_PLAINTEXT_BYTES, "content")
    sealed = reply_key.seal(padded, context.bound("info"))
    signature = responder_key.sign(context.bound("signed") + encode(sealed))
    return encode(_LABEL, sealed, signature)


def seal_reply_to_nobody(context: ReplyContext, responder_key: SigningKey) -> bytes:
    """Give a reply that nobody can open, equal in size and form to every other.

    Where the received bytes are not even an envelope, the digest in the context is SHA-256 of those bytes.
    """
    return seal_reply(b"", SealingKey.generate().public_key(), context, responder_key)


def open_reply(
    reply: bytes,
    reply_key: SealingKey,
    context: ReplyContext,
    responder_key: SigningPublicKey,
) -> bytes:
    """Verify and open the reply that this context stands for, and give its content.

    Raises `EncodingError`, `SignatureError` or `SealError`. The last one means that the holder could not read our
    query, or sealed to another key; neither is evidence that it knows nobody.
    """
    if len(reply) != REPLY_BYTES:
        raise EncodingError("the reply does not have the size of a reply")
    sealed, signature = decode(reply, _LABEL, 2)
    if len(signature) != SIGNATURE_BYTES:
        raise EncodingError("the reply's signature does not have the size of one")
    responder_key.verify(signature, context.bound("signed") + encode(sealed))
    return unpad(reply_key.open(sealed, context.bound("info")))
