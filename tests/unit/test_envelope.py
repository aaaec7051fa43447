"""Queries on the wire: bound to both parties and to their time, of one size, and refused when anything is off."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import envelope
from matching.encoding import encode, pad
from matching.envelope import (
    BODY_LIMITS,
    HEADER_LIMITS,
    MOST_ENVELOPE_BYTES,
    QueryBody,
    QueryHeader,
    SealedQuery,
    check_window,
    open_query,
    seal_query,
    sealed_bytes,
)
from matching.errors import (
    EncodingError,
    FieldError,
    PartyError,
    ProtocolError,
    SealError,
    SignatureError,
    WindowError,
)
from matching.keys import SealingKey, SigningKey
from matching.lockbox import SizeClass, index_row, open_lockbox, seal_lockbox
from matching.reply import ReplyContext

ASKER, HOLDER, OTHER = "symbolon://agency/FR-TEST", "symbolon://agency/NL-TEST", "symbolon://agency/DE-TEST"
SIGNING = {party: SigningKey(bytes([number]) * 32) for number, party in enumerate((ASKER, HOLDER, OTHER))}
SEALING = {party: SealingKey(bytes([number]) * 32) for number, party in enumerate((ASKER, HOLDER, OTHER))}
REPLY_KEY = SealingKey(b"\x09" * 32)
HEADER = QueryHeader(
    bytes(range(16)),
    ASKER,
    HOLDER,
    "2026-1",
    "1",
    "eu-smuggling-1",
    "investigation",
    1_000_000,
    1_000_600,
    SizeClass.SMALL,
)
TOKEN = b"\x05" * 64


def header_with(**changes: Any) -> QueryHeader:
    return dataclasses.replace(HEADER, **changes)


def body_for(header: QueryHeader, **changes: Any) -> QueryBody:
    box = seal_lockbox([TOKEN], b"payload", header.lockbox_context())
    texts = {"justification": "", "legal_basis": "Art. 26", "case_reference": "case 7", "user_id": "analyst-3"}
    values: dict[str, Any] = {"reply_key": REPLY_KEY.public_key(), "agreement_hash": bytes(32), "lockbox": box, **texts}
    return QueryBody(**{**values, **changes})


def sealed(header: QueryHeader = HEADER, **changes: Any) -> SealedQuery:
    body = body_for(header, **changes)
    return seal_query(header, body, SEALING[HOLDER].public_key(), SIGNING[ASKER])


def opened(query: SealedQuery, recipient: str = HOLDER, sender: str = ASKER) -> QueryBody:
    return open_query(query, recipient, SEALING[recipient], SIGNING[sender].public_key())


QUERY = sealed()


def test_a_query_travels_and_opens() -> None:
    body = body_for(HEADER, justification="Überprüfung", legal_basis="Reg. 2024/982, art. 26")
    query = seal_query(HEADER, body, SEALING[HOLDER].public_key(), SIGNING[ASKER])
    received = SealedQuery.from_bytes(query.to_bytes())
    assert received == query
    assert opened(received) == body
    row = index_row(TOKEN, HEADER.epoch, HOLDER, bytes(32), "record")
    found = open_lockbox(opened(received).lockbox, received.header.lockbox_context(), bytes(32), lambda values: [row])
    assert found is not None
    assert found.payload == b"payload"


def test_the_digest_names_header_and_ciphertext() -> None:
    signed = encode("symbolon/v1/query-signed", HEADER.to_bytes(), QUERY.sealed)
    assert QUERY.digest() == hashlib.sha256(signed).digest()
    assert sealed().digest() != QUERY.digest()


def test_the_reply_to_a_query_is_bound_to_this_envelope_and_its_two_parties() -> None:
    assert QUERY.reply_context() == ReplyContext(QUERY.digest(), HOLDER, ASKER)


# Binding.


def test_a_query_for_another_recipient_is_refused() -> None:
    with pytest.raises(PartyError):
        opened(QUERY, recipient=OTHER)


def test_a_query_readdressed_by_the_hub_is_refused() -> None:
    readdressed = dataclasses.replace(QUERY, header=header_with(recipient=OTHER))
    with pytest.raises(SignatureError):
        opened(readdressed, recipient=OTHER)


def test_another_member_cannot_pass_the_query_off_as_its_own() -> None:
    header = header_with(sender=OTHER)
    message = encode("symbolon/v1/query-signed", header.to_bytes(), QUERY.sealed)
    stolen = SealedQuery(header, QUERY.sealed, SIGNING[OTHER].sign(message))
    stolen.verify_signature(SIGNING[OTHER].public_key())
    with pytest.raises(SealError):
        opened(stolen, sender=OTHER)


def test_another_member_cannot_sign_in_the_senders_name() -> None:
    message = encode("symbolon/v1/query-signed", HEADER.to_bytes(), QUERY.sealed)
    with pytest.raises(SignatureError):
        opened(dataclasses.replace(QUERY, signature=SIGNING[OTHER].sign(message)))


@pytest.mark.parametrize(
    "change",
    [
        {"query_id": bytes(16)},
        {"epoch": "2027-1"},
        {"normaliser_version": "2"},
        {"agreement_id": "another"},
        {"purpose": "prevention"},
        {"issued_at": 1_000_001},
        {"expires_at": 1_000_601},
    ],
)
def test_no_header_field_can_be_changed_even_by_the_sender_after_sealing(change: dict[str, Any]) -> None:
    header = header_with(**change)
    with pytest.raises(SignatureError):
        opened(dataclasses.replace(QUERY, header=header))
    message = encode("symbolon/v1/query-signed", header.to_bytes(), QUERY.sealed)
    with pytest.raises(SealError):
        opened(SealedQuery(header, QUERY.sealed, SIGNING[ASKER].sign(message)))


def test_a_lockbox_spliced_from_another_query_does_not_open() -> None:
    first = header_with(query_id=bytes(16))
    query = sealed(HEADER, lockbox=body_for(first).lockbox)
    row = index_row(TOKEN, HEADER.epoch, HOLDER, bytes(32), "record")
    with pytest.raises(ProtocolError, match="commitment"):
        open_lockbox(opened(query).lockbox, HEADER.lockbox_context(), bytes(32), lambda values: [row])


# Malformed bytes.


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_flipped_bit_anywhere_on_the_wire_is_refused(data: st.DataObject) -> None:
    wire = bytearray(QUERY.to_bytes())
    place = data.draw(
        st.one_of(st.integers(0, 400), st.integers(0, len(wire) - 1), st.integers(len(wire) - 80, len(wire) - 1))
    )
    wire[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ProtocolError):
        opened(SealedQuery.from_bytes(bytes(wire)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 14_000))
def test_a_truncated_envelope_is_refused(size: int) -> None:
    with pytest.raises(EncodingError):
        SealedQuery.from_bytes(QUERY.to_bytes()[:size])


@pytest.mark.parametrize("added", [b"\0", b"\0\0\0\0", bytes(1_000_000)])
def test_an_oversized_envelope_is_refused(added: bytes) -> None:
    with pytest.raises(EncodingError):
        SealedQuery.from_bytes(QUERY.to_bytes() + added)


def test_a_class_that_does_not_fit_the_size_is_refused() -> None:
    header = header_with(size=SizeClass.LARGE)
    wire = encode("symbolon/v1/query-envelope", header.to_bytes(), QUERY.sealed, QUERY.signature)
    with pytest.raises(EncodingError):
        SealedQuery.from_bytes(wire)
    with pytest.raises(FieldError, match="lockbox"):
        sealed(HEADER, lockbox=body_for(header).lockbox)


def crafted(content: bytes) -> SealedQuery:
    """Seal bytes of the sender's choice as a body: a member can send anything it likes."""
    padded = pad(content, 10_320 + 3_072, "body")
    box = SEALING[HOLDER].public_key().seal(padded, encode("symbolon/v1/query-info", HEADER.to_bytes()))
    return SealedQuery(HEADER, box, SIGNING[ASKER].sign(encode("symbolon/v1/query-signed", HEADER.to_bytes(), box)))


def body_parts(**changes: bytes) -> bytes:
    parts = {
        "reply_key": REPLY_KEY.public_key().raw,
        "justification": b"",
        "legal_basis": b"law",
        "case_reference": b"case",
        "user_id": b"user",
        "agreement_hash": bytes(32),
        "lockbox": bytes(10_320),
    }
    return encode("symbolon/v1/query-body", *{**parts, **changes}.values())


def test_the_crafted_body_is_accepted_where_nothing_is_wrong_with_it() -> None:
    assert opened(crafted(body_parts())).case_reference == "case"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        body_parts(reply_key=bytes(1_215)),
        body_parts(lockbox=bytes(10_319)),
        body_parts(agreement_hash=b""),
        body_parts(case_reference=b""),
        body_parts(case_reference=b"\xff"),
        body_parts(user_id=b"two\nlines"),
        body_parts(legal_basis=b"x" * 401),
        body_parts() + bytes(4),
    ],
)
def test_a_malformed_body_from_a_member_is_refused(content: bytes) -> None:
    with pytest.raises(EncodingError):
        opened(crafted(content))


# Fields and their limits.


@pytest.mark.parametrize("name", HEADER_LIMITS)
def test_header_fields_outside_their_limits_are_refused_by_name(name: str) -> None:
    limit = HEADER_LIMITS[name]
    header_with(**{name: "x" * limit})
    for bad in ("", "x" * (limit + 1), "with space", "Ünïcode", "line\n"):
        with pytest.raises(FieldError, match=name):
            header_with(**{name: bad})


@pytest.mark.parametrize("name", BODY_LIMITS)
def test_body_texts_outside_their_limits_are_refused_by_name(name: str) -> None:
    limit = BODY_LIMITS[name]
    longest = body_for(HEADER, **{name: "é" * (limit // 2)})
    assert opened(seal_query(HEADER, longest, SEALING[HOLDER].public_key(), SIGNING[ASKER])) == longest
    for bad in ("é" * (limit // 2) + "x", "two\nlines", "nul\0", "\x9b", "\ud800"):
        with pytest.raises(FieldError, match=name) as refused:
            body_for(HEADER, **{name: bad})
        assert bad not in str(refused.value)


def test_all_texts_at_their_longest_still_fit() -> None:
    sealed(HEADER, **{name: "x" * limit for name, limit in BODY_LIMITS.items()})


def test_only_the_justification_may_be_empty() -> None:
    body_for(HEADER, justification="")
    for name in ("legal_basis", "case_reference", "user_id"):
        with pytest.raises(FieldError, match=name):
            body_for(HEADER, **{name: ""})


@pytest.mark.parametrize(
    "change",
    [{"query_id": bytes(15)}, {"expires_at": 1_000_000}, {"issued_at": -1}, {"expires_at": 2**63}, {"size": 64}],
)
def test_other_header_fields_out_of_range_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        header_with(**change)


def test_a_header_has_one_encoding() -> None:
    data = HEADER.to_bytes()
    assert QueryHeader.from_bytes(data) == HEADER
    for bad in (data + b"\0", data[:-1], b"", data.replace((64).to_bytes(8, "big"), (65).to_bytes(8, "big"))):
        with pytest.raises(EncodingError):
            QueryHeader.from_bytes(bad)


# Time.


@pytest.mark.parametrize("now", [1_000_000 - 120, 1_000_000, 1_000_599, 1_000_600 + 119])
def test_a_query_is_valid_in_its_window_give_or_take_the_skew(now: int) -> None:
    check_window(HEADER, now)


@pytest.mark.parametrize("now", [0, 1_000_000 - 121, 1_000_600 + 120, 2_000_000])
def test_a_query_outside_its_window_is_refused(now: int) -> None:
    with pytest.raises(WindowError):
        check_window(HEADER, now)


def test_a_query_that_lives_too_long_is_refused() -> None:
    check_window(header_with(expires_at=1_003_600), 1_000_000)
    with pytest.raises(WindowError):
        check_window(header_with(expires_at=1_003_601), 1_000_000)
    with pytest.raises(WindowError):
        check_window(HEADER, 1_000_000, max_lifetime=599)


# Sizes.


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SizeClass), st.integers(1, 64), st.binary(max_size=4_092), st.text("abcé字", max_size=60))
def test_the_size_of_a_query_depends_on_its_header_alone(
    size: SizeClass, count: int, payload: bytes, note: str
) -> None:
    header = header_with(size=size)
    tokens = [number.to_bytes(64, "big") for number in range(count)]
    box = seal_lockbox(tokens, payload, header.lockbox_context())
    query = sealed(header, lockbox=box, justification=note)
    assert len(query.to_bytes()) == len(header.to_bytes()) + 106 + {64: 14_528, 128: 24_768, 256: 45_248}[size]
    assert len(query.sealed) == sealed_bytes(size)


def test_the_longest_header_keeps_the_smallest_envelope_well_below_30_kb() -> None:
    longest = header_with(**{name: "x" * limit for name, limit in HEADER_LIMITS.items()})
    assert len(longest.to_bytes()) == 828
    assert len(longest.to_bytes()) + 106 + sealed_bytes(SizeClass.SMALL) == 15_462


def test_the_longest_envelope_of_the_largest_class_is_read_and_a_longer_message_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    longest = header_with(size=SizeClass.LARGE, **{name: "x" * limit for name, limit in HEADER_LIMITS.items()})
    query = SealedQuery(longest, bytes(sealed_bytes(SizeClass.LARGE)), bytes(64))
    assert len(query.to_bytes()) == MOST_ENVELOPE_BYTES
    assert SealedQuery.from_bytes(query.to_bytes()) == query
    monkeypatch.setattr(envelope, "decode", lambda *arguments: pytest.fail("it was looked at"))
    with pytest.raises(EncodingError, match="larger than the largest"):
        SealedQuery.from_bytes(query.to_bytes() + b"\0")


def test_nothing_of_the_body_shows_in_a_repr() -> None:
    shown = repr((body_for(HEADER), QUERY))
    for private in ("Art. 26", "case 7", "analyst-3", "payload"):
        assert private not in shown
