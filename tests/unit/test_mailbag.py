"""Mailbags on the wire: one size, bound to one pair of parties, worthless to everybody else."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.encoding import encode, pad
from matching.errors import EncodingError, FieldError, PartyError, SealError, SignatureError, WindowError
from matching.keys import SealingKey, SigningKey
from matching.mailbag import (
    MAILBAG_CONTENT_BYTES,
    MAX_AGE,
    MOST_MAILBAG_BYTES,
    Mailbag,
    MailbagHeader,
    check_fresh,
    open_mailbag,
    seal_mailbag,
)

SENDER, RECIPIENT, OTHER = "symbolon://agency/FR-TEST", "symbolon://agency/NL-TEST", "symbolon://agency/DE-TEST"
SIGNING = {party: SigningKey(bytes([number]) * 32) for number, party in enumerate((SENDER, RECIPIENT, OTHER))}
SEALING = {party: SealingKey(bytes([number + 9]) * 32) for number, party in enumerate((SENDER, RECIPIENT, OTHER))}
NOW = 1_790_000_000
HEADER = MailbagHeader(SENDER, RECIPIENT, 7, NOW)


def sealed(content: bytes = b"a release", header: MailbagHeader = HEADER) -> Mailbag:
    return seal_mailbag(header, content, SEALING[header.recipient].public_key(), SIGNING[header.sender])


def read(raw: bytes, recipient: str = RECIPIENT, signer: str = SENDER) -> bytes:
    return open_mailbag(Mailbag.from_bytes(raw), recipient, SEALING[recipient], SIGNING[signer].public_key())


def resigned(header: MailbagHeader, body: bytes, signer: str) -> bytes:
    """Put a body under another header and sign both, as whoever holds the signer's key can."""
    signature = SIGNING[signer].sign(encode("symbolon/v1/mailbag-signed", header.to_bytes(), body))
    return Mailbag(header, body, signature).to_bytes()


def test_a_bag_opens_for_its_recipient() -> None:
    assert read(sealed().to_bytes()) == b"a release"


@settings(max_examples=25)
@given(st.binary(max_size=200) | st.integers(0, MAILBAG_CONTENT_BYTES).map(bytes))
def test_every_bag_of_a_pair_has_the_same_size(content: bytes) -> None:
    assert len(sealed(content).to_bytes()) == len(sealed(b"").to_bytes())
    assert read(sealed(content).to_bytes()) == content


def test_two_bags_with_one_content_have_nothing_in_common_but_the_header() -> None:
    first, second = sealed(b"the same"), sealed(b"the same")
    blocks = {first.sealed[place : place + 8] for place in range(0, len(first.sealed), 8)}
    assert not blocks & {second.sealed[place : place + 8] for place in range(0, len(second.sealed), 8)}


def test_a_content_that_is_too_long_is_refused_by_name() -> None:
    with pytest.raises(FieldError, match="content has 16381 bytes, at most 16380 fit"):
        sealed(bytes(MAILBAG_CONTENT_BYTES + 1))


def test_a_bag_readdressed_by_the_hub_is_refused() -> None:
    bag = sealed()
    for change in ({"recipient": OTHER}, {"sender": OTHER}, {"number": 8}, {"issued_at": NOW + 1}):
        moved = Mailbag(dataclasses.replace(HEADER, **change), bag.sealed, bag.signature)
        with pytest.raises(SignatureError):
            read(moved.to_bytes(), moved.header.recipient)


def test_a_bag_for_another_recipient_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(PartyError):
        read(sealed().to_bytes(), OTHER)


def test_another_member_cannot_pass_the_content_off_as_its_own() -> None:
    stolen = resigned(dataclasses.replace(HEADER, sender=OTHER), sealed().sealed, OTHER)
    with pytest.raises(SealError):
        read(stolen, signer=OTHER)


@pytest.mark.parametrize("change", [{"number": 8}, {"issued_at": NOW + 60}])
def test_a_body_spliced_under_another_number_or_time_does_not_open_even_when_signed(change: dict[str, Any]) -> None:
    with pytest.raises(SealError):
        read(resigned(dataclasses.replace(HEADER, **change), sealed().sealed, SENDER))


def test_a_bag_sealed_to_another_key_does_not_open() -> None:
    body = SEALING[OTHER].public_key().seal(pad(b"", 16_384, "content"), b"")
    with pytest.raises(SealError):
        read(resigned(HEADER, body, SENDER))


@pytest.mark.parametrize("place", [0, 3, 30, 90, 200, 1_500, 17_000, -66, -1])
def test_a_flipped_bit_anywhere_in_a_bag_is_refused(place: int) -> None:
    raw = bytearray(sealed().to_bytes())
    raw[place] ^= 1
    with pytest.raises((EncodingError, SignatureError, PartyError)):
        read(bytes(raw))


@settings(max_examples=50)
@given(st.integers(0, 17_000))
def test_a_truncated_bag_is_refused(length: int) -> None:
    raw = sealed().to_bytes()
    with pytest.raises(EncodingError):
        Mailbag.from_bytes(raw[: min(length, len(raw) - 1)])
    with pytest.raises(EncodingError):
        Mailbag.from_bytes(raw + bytes(1 + length))


def test_a_smaller_or_larger_body_is_no_mailbag() -> None:
    for size in (0, 17_519, 17_521):
        with pytest.raises(EncodingError):
            Mailbag.from_bytes(encode("symbolon/v1/mailbag", HEADER.to_bytes(), bytes(size), bytes(64)))


def test_padding_that_is_not_zeros_is_refused() -> None:
    padded = bytearray(pad(b"x", 16_384, "content"))
    padded[-1] = 1
    info = encode("symbolon/v1/mailbag-info", HEADER.to_bytes())
    body = SEALING[RECIPIENT].public_key().seal(bytes(padded), info)
    with pytest.raises(EncodingError, match="padding"):
        read(resigned(HEADER, body, SENDER))


def test_the_largest_bag_is_that_of_the_longest_names() -> None:
    longest = "symbolon://agency/".ljust(200, "X")
    header = MailbagHeader(longest, longest, 2**63 - 1, 2**63 - 1)
    signing, sealing = SigningKey.generate(), SealingKey.generate()
    assert len(seal_mailbag(header, b"", sealing.public_key(), signing).to_bytes()) == MOST_MAILBAG_BYTES
    with pytest.raises(FieldError, match="sender"):
        MailbagHeader(longest + "X", RECIPIENT, 1, 1)


@pytest.mark.parametrize("age", [-121, MAX_AGE + 120, 10**7])
def test_a_bag_held_back_or_from_the_future_is_refused(age: int) -> None:
    with pytest.raises(WindowError):
        check_fresh(HEADER, NOW + age)


@pytest.mark.parametrize("age", [-120, 0, MAX_AGE + 119])
def test_a_bag_made_lately_is_fresh(age: int) -> None:
    check_fresh(HEADER, NOW + age)
