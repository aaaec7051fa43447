"""Replies on the wire: one size for all of them, each bound to one query and one pair of parties."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.encoding import encode, pad
from matching.errors import EncodingError, FieldError, SealError, SignatureError
from matching.keys import SealingKey, SealingPublicKey, SigningKey
from matching.reply import REPLY_BYTES, REPLY_CONTENT_BYTES, ReplyContext, open_reply, seal_reply, seal_reply_to_nobody

ASKER, HOLDER, OTHER = "symbolon://agency/FR-TEST", "symbolon://agency/NL-TEST", "symbolon://agency/DE-TEST"
SIGNING = {party: SigningKey(bytes([number]) * 32) for number, party in enumerate((ASKER, HOLDER, OTHER))}
REPLY_KEY = SealingKey(b"\x09" * 32)
CONTEXT = ReplyContext(b"\x01" * 32, HOLDER, ASKER)


def replied(content: bytes = b"hit", context: ReplyContext = CONTEXT) -> bytes:
    return seal_reply(content, REPLY_KEY.public_key(), context, SIGNING[HOLDER])


def read(reply: bytes, context: ReplyContext = CONTEXT, key: SealingKey = REPLY_KEY, holder: str = HOLDER) -> bytes:
    return open_reply(reply, key, context, SIGNING[holder].public_key())


def test_a_reply_opens_for_the_asker() -> None:
    assert read(replied(b"hit")) == b"hit"


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=REPLY_CONTENT_BYTES))
def test_every_reply_has_the_same_size(content: bytes) -> None:
    assert len(replied(content)) == REPLY_BYTES == 5_325


def test_a_reply_to_nobody_looks_like_any_other_and_opens_for_nobody() -> None:
    reply = seal_reply_to_nobody(CONTEXT, SIGNING[HOLDER])
    assert len(reply) == REPLY_BYTES
    assert reply[:25] == replied()[:25]
    with pytest.raises(SealError):
        read(reply)


def test_a_content_that_is_too_long_is_refused_by_name() -> None:
    with pytest.raises(FieldError, match="content has 4093 bytes, at most 4092 fit"):
        replied(bytes(4_093))


@pytest.mark.parametrize(
    "change", [{"query_digest": bytes(32)}, {"responder": OTHER}, {"asker": OTHER}], ids=["query", "responder", "asker"]
)
def test_a_reply_fits_one_query_and_one_pair_of_parties(change: dict[str, Any]) -> None:
    other = dataclasses.replace(CONTEXT, **change)
    with pytest.raises(SignatureError):
        read(replied(), context=other)
    # Even signed anew by the holder, the sealed part of one query does not open for another.
    part = replied()[25 : 25 + 5_232]
    signature = SIGNING[HOLDER].sign(other.bound("signed") + encode(part))
    with pytest.raises(SealError):
        read(encode("symbolon/v1/reply", part, signature), context=other)


def test_a_reply_signed_by_another_member_is_refused() -> None:
    with pytest.raises(SignatureError):
        read(seal_reply(b"none", REPLY_KEY.public_key(), CONTEXT, SIGNING[OTHER]))


def test_a_reply_does_not_open_with_another_key() -> None:
    with pytest.raises(SealError):
        read(replied(), key=SealingKey.generate())


@pytest.mark.parametrize("place", [0, 4, 30, 1_200, 5_000, 5_262, 5_324])
def test_a_flipped_bit_anywhere_in_a_reply_is_refused(place: int) -> None:
    reply = bytearray(replied())
    reply[place] ^= 1
    with pytest.raises((EncodingError, SignatureError)):
        read(bytes(reply))


@pytest.mark.parametrize("reply", [b"", bytes(REPLY_BYTES), b"x" * 5_324, encode("symbolon/v1/reply", b"", b"")])
def test_bytes_that_are_no_reply_are_refused(reply: bytes) -> None:
    with pytest.raises(EncodingError):
        read(reply)


def test_a_shorter_reply_is_refused_even_when_signed() -> None:
    part = REPLY_KEY.public_key().seal(pad(b"hit", 100, "content"), CONTEXT.bound("info"))
    short = encode("symbolon/v1/reply", part, SIGNING[HOLDER].sign(CONTEXT.bound("signed") + encode(part)))
    with pytest.raises(EncodingError, match="size"):
        read(short)


def test_an_unusable_reply_key_shows_when_replying() -> None:
    with pytest.raises(SealError):
        seal_reply(b"hit", SealingPublicKey(b"\xff" * 1_216), CONTEXT, SIGNING[HOLDER])


def test_a_digest_of_another_size_is_refused() -> None:
    with pytest.raises(FieldError, match="query_digest"):
        ReplyContext(b"", HOLDER, ASKER)
