"""Lockboxes open on a match and on nothing else, and every crafted one is refused before anything is decrypted."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import lockbox as room
from matching.encoding import encode
from matching.errors import FieldError, LockboxError
from matching.lockbox import (
    ENTRY_BYTES,
    SECRET_BYTES,
    TAG_BYTES,
    IndexRow,
    LockboxContext,
    Opened,
    SizeClass,
    index_row,
    lookup_value,
    open_lockbox,
    seal_lockbox,
    token_secrets,
)

PEPPER = bytes(range(32))
CONTEXT = LockboxContext("2026-1", "symbolon://agency/NL-TEST", SizeClass.SMALL, b"header of one query")
TOKENS = [bytes([number]) * 64 for number in range(1, 9)]
PAYLOAD = b"what is to be compared"


def row(token: bytes, reference: str = "record", context: LockboxContext = CONTEXT) -> IndexRow[str]:
    return index_row(token, context.epoch, context.responder, PEPPER, reference)


class Index:
    """The holder's index as a list; remembers what was asked."""

    def __init__(self, *rows: IndexRow[str]) -> None:
        self.rows = rows
        self.asked: list[tuple[bytes, ...]] = []

    def __call__(self, values: Sequence[bytes]) -> Iterable[IndexRow[str]]:
        self.asked.append(tuple(values))
        return [one for one in self.rows if one.lookup in values]


def opened(box: bytes, *rows: IndexRow[str], context: LockboxContext = CONTEXT) -> Opened[str] | None:
    return open_lockbox(box, context, PEPPER, Index(*rows))


def with_entry(box: bytes, entry: bytes, replaced: bytes | None = None) -> bytes:
    """Put an entry into a lockbox in place of the one with the given tag (or a padding one), in canonical order."""
    start, end = SECRET_BYTES, SECRET_BYTES + 64 * ENTRY_BYTES
    entries = [box[place : place + ENTRY_BYTES] for place in range(start, end, ENTRY_BYTES)]
    real = {token_secrets(token, CONTEXT.epoch, CONTEXT.responder).tag for token in TOKENS}
    victim = next(one for one in entries if (one[:TAG_BYTES] == replaced if replaced else one[:TAG_BYTES] not in real))
    entries[entries.index(victim)] = entry
    return box[:start] + b"".join(sorted(entries)) + box[end:]


def flip(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def test_a_shared_token_opens_the_payload_and_names_every_record_that_has_it() -> None:
    rows = [row(TOKENS[0], "a"), row(TOKENS[0], "b"), row(TOKENS[3], "a"), row(b"z" * 64, "c")]
    found = opened(seal_lockbox(TOKENS, PAYLOAD, CONTEXT), *rows)
    assert found is not None
    assert found.payload == PAYLOAD
    assert sorted(one.references for one in found.openings) == [("a",), ("a", "b")]


def test_no_shared_token_opens_nothing() -> None:
    assert opened(seal_lockbox(TOKENS, PAYLOAD, CONTEXT), row(b"z" * 64)) is None
    assert opened(seal_lockbox(TOKENS, PAYLOAD, CONTEXT)) is None


def test_the_index_is_asked_once_with_all_entries_however_many_are_real() -> None:
    for count in (1, 8):
        index = Index()
        open_lockbox(seal_lockbox(TOKENS[:count], PAYLOAD, CONTEXT), CONTEXT, PEPPER, index)
        assert [len(values) for values in index.asked] == [64]
        assert {len(value) for value in index.asked[0]} == {16}


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(SizeClass), st.data())
def test_size_depends_on_the_class_alone(size: SizeClass, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, size))
    payload = data.draw(st.binary(max_size=size.payload_bytes - 4))
    context = dataclasses.replace(CONTEXT, size=size)
    tokens = [number.to_bytes(64, "big") for number in range(count)]
    box = seal_lockbox(tokens, payload, context)
    assert len(box) == {64: 10_320, 128: 20_560, 256: 41_040}[size]
    found = opened(box, row(tokens[-1]), context=context)
    assert found is not None
    assert found.payload == payload


def test_the_smallest_class_that_holds_tokens_and_payload_is_chosen() -> None:
    chosen = [SizeClass.fitting(*case) for case in ((64, 4_092), (65, 0), (1, 4_093), (129, 0), (256, 16_380))]
    assert chosen == [64, 128, 128, 256, 256]
    for tokens, payload in ((257, 0), (1, 16_381)):
        with pytest.raises(FieldError):
            SizeClass.fitting(tokens, payload)


def test_too_much_for_the_class_is_refused_with_the_limit() -> None:
    with pytest.raises(FieldError, match="payload has 4093 bytes, at most 4092 fit"):
        seal_lockbox(TOKENS, bytes(4_093), CONTEXT)
    with pytest.raises(FieldError, match="1 to 64 tokens"):
        seal_lockbox([number.to_bytes(64, "big") for number in range(65)], PAYLOAD, CONTEXT)
    with pytest.raises(FieldError, match="1 to 64 tokens"):
        seal_lockbox([], PAYLOAD, CONTEXT)


def test_a_repeated_or_malformed_token_is_refused() -> None:
    with pytest.raises(FieldError, match="repeated"):
        seal_lockbox([TOKENS[0], TOKENS[0]], PAYLOAD, CONTEXT)
    for bad in (b"", bytes(63), bytes(65)):
        with pytest.raises(FieldError):
            seal_lockbox([bad], PAYLOAD, CONTEXT)
        with pytest.raises(FieldError):
            row(bad)


def test_a_pepper_of_another_size_is_refused() -> None:
    with pytest.raises(FieldError):
        lookup_value(b"short", bytes(16))


# What an index gives away.


def test_indexes_of_two_holders_and_of_two_epochs_share_nothing_even_under_one_pepper() -> None:
    here = row(TOKENS[0])
    there = row(TOKENS[0], context=dataclasses.replace(CONTEXT, responder="symbolon://agency/FR-TEST"))
    later = row(TOKENS[0], context=dataclasses.replace(CONTEXT, epoch="2027-1"))
    assert len({here.lookup, there.lookup, later.lookup}) == 3
    assert len({here.masked, there.masked, later.masked}) == 3


def test_a_stolen_index_does_not_answer_to_a_token_without_the_pepper() -> None:
    stolen = row(TOKENS[0])
    derived = token_secrets(TOKENS[0], CONTEXT.epoch, CONTEXT.responder)
    assert lookup_value(bytes(32), derived.tag) != stolen.lookup
    assert derived.tag not in stolen.lookup + stolen.masked
    assert derived.wrap_secret != stolen.masked
    assert open_lockbox(seal_lockbox(TOKENS, PAYLOAD, CONTEXT), CONTEXT, bytes(32), Index(stolen)) is None


def test_two_lockboxes_of_the_same_query_have_nothing_in_common_but_the_tags() -> None:
    first, second = (seal_lockbox(TOKENS, PAYLOAD, CONTEXT) for _ in range(2))
    entries = [
        {
            box[place : place + ENTRY_BYTES]
            for place in range(SECRET_BYTES, SECRET_BYTES + 64 * ENTRY_BYTES, ENTRY_BYTES)
        }
        for box in (first, second)
    ]
    tags = [{entry[:TAG_BYTES] for entry in box} for box in entries]
    assert len(tags[0] & tags[1]) == len(TOKENS)
    assert not {entry[TAG_BYTES:] for entry in entries[0]} & {entry[TAG_BYTES:] for entry in entries[1]}
    assert first[:SECRET_BYTES] != second[:SECRET_BYTES]


def test_padding_entries_look_like_real_ones() -> None:
    # Bits of all entries together are balanced, whether one or sixty-four of them are real.
    for count in (1, 64):
        tokens = [os.urandom(64) for _ in range(count)]
        box = seal_lockbox(tokens, PAYLOAD, CONTEXT)[SECRET_BYTES : SECRET_BYTES + 64 * ENTRY_BYTES]
        share = int.from_bytes(box, "big").bit_count() / (8 * len(box))
        assert 0.48 < share < 0.52


# Crafted and damaged lockboxes.


def test_an_entry_of_another_query_does_not_open_here() -> None:
    other = seal_lockbox(TOKENS, PAYLOAD, dataclasses.replace(CONTEXT, binding=b"header of another query"))
    with pytest.raises(LockboxError, match="commitment"):
        opened(other, row(TOKENS[0]))


@pytest.mark.parametrize("change", [{"epoch": "2027-1"}, {"responder": "symbolon://agency/FR-TEST"}])
def test_a_lockbox_for_another_responder_or_epoch_matches_nothing(change: dict[str, str]) -> None:
    other = seal_lockbox(TOKENS, PAYLOAD, dataclasses.replace(CONTEXT, **change))  # type: ignore[arg-type]
    assert opened(other, *map(row, TOKENS)) is None


def test_an_entry_spliced_from_another_lockbox_for_the_same_query_is_refused() -> None:
    first, second = (seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT) for _ in range(2))
    tag = token_secrets(TOKENS[0], CONTEXT.epoch, CONTEXT.responder).tag
    place = next(p for p in range(SECRET_BYTES, len(first), ENTRY_BYTES) if first[p : p + TAG_BYTES] == tag)
    spliced = with_entry(second, first[place : place + ENTRY_BYTES], replaced=tag)
    assert opened(second, row(TOKENS[0])) is not None
    with pytest.raises(LockboxError, match="commitment"):
        opened(spliced, row(TOKENS[0]))


def test_an_entry_made_for_one_token_does_not_open_under_another() -> None:
    """A partitioning oracle needs one ciphertext that opens under many keys.

    The asker, who knows both tokens, puts the tag of one on the wrapping of the other: the AEAD key would have to fit
    two wrap secrets, and the commitment says that it fits one.
    """
    box = seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT)
    secrets = [token_secrets(token, CONTEXT.epoch, CONTEXT.responder) for token in TOKENS[:2]]
    place = next(p for p in range(SECRET_BYTES, len(box), ENTRY_BYTES) if box[p : p + TAG_BYTES] == secrets[0].tag)
    crafted = with_entry(box, secrets[1].tag + box[place + TAG_BYTES : place + ENTRY_BYTES])
    assert opened(crafted, row(TOKENS[0])) is not None
    with pytest.raises(LockboxError, match="commitment"):
        opened(crafted, row(TOKENS[1]))


def poly1305_key(key: bytes) -> tuple[int, int]:
    """Give r and s of the one-time authenticator that ChaCha20-Poly1305 derives from a key and the zero nonce."""
    stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor().update(bytes(32))
    r = int.from_bytes(stream[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return r, int.from_bytes(stream[16:], "little")


def ciphertext_for_two_keys(keys: tuple[bytes, bytes], bound: bytes) -> bytes:
    """Make 48 bytes that ChaCha20-Poly1305 accepts under both keys: two linear equations, two free blocks."""
    prime, one = 2**130 - 5, 2**128
    blocks = [bound[place : place + 16].ljust(16, b"\0") for place in range(0, len(bound), 16)]
    lengths = len(bound) | 32 << 64 | one
    (ra, sa), (rb, sb) = map(poly1305_key, keys)

    def fixed(r: int) -> int:
        total = 0
        for block in blocks:
            total = (total + int.from_bytes(block, "little") + one) * r % prime
        return (total * r**3 + lengths * r) % prime  # room for the two free blocks, then the length block

    determinant = pow(ra**3 * rb**2 - rb**3 * ra**2, -1, prime)
    while True:
        tag = int.from_bytes(os.urandom(16), "little")
        xa = ((tag - sa) % one - fixed(ra)) % prime
        xb = ((tag - sb) % one - fixed(rb)) % prime
        first = (xa * rb**2 - xb * ra**2) * determinant % prime
        second = (xb * ra**3 - xa * rb**3) * determinant % prime
        if all(one <= block < 2 * one for block in (first, second)):
            return b"".join((block % one).to_bytes(16, "little") for block in (first, second, tag))


def test_a_ciphertext_valid_under_two_keys_is_stopped_by_the_commitment() -> None:
    """The attack of Len, Grubbs and Ristenpart (2021): the AEAD accepts under both tokens, the lockbox does not."""
    box = seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT)
    salt = box[:SECRET_BYTES]
    both = [token_secrets(token, CONTEXT.epoch, CONTEXT.responder) for token in TOKENS[1:3]]
    bound = encode("symbolon/v1/wrap", CONTEXT.epoch, CONTEXT.responder, 64, CONTEXT.binding, salt)
    material = [room._expand(one.wrap_secret, bound, 64) for one in both]
    crafted = ciphertext_for_two_keys((material[0][32:], material[1][32:]), bound)
    for one in material:
        ChaCha20Poly1305(one[32:]).decrypt(bytes(12), crafted, bound)  # raises unless the attack works
    commitment = material[0][:32]
    with pytest.raises(LockboxError, match="commitment"):
        opened(with_entry(box, both[1].tag + commitment + crafted), row(TOKENS[2]))
    # Under its own token it opens, to a key that fits no payload.
    with pytest.raises(LockboxError, match="commitment"):
        opened(with_entry(box, both[0].tag + commitment + crafted), row(TOKENS[1]))


def test_entries_that_open_to_different_payload_keys_are_refused_as_a_whole() -> None:
    box = seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT)
    second = token_secrets(TOKENS[1], CONTEXT.epoch, CONTEXT.responder)
    crafted = with_entry(box, room._entry(second, bytes(32), CONTEXT, box[:SECRET_BYTES]))
    with pytest.raises(LockboxError, match="different keys"):
        opened(crafted, row(TOKENS[0]), row(TOKENS[1]))


def test_a_payload_under_another_key_than_the_wrapped_one_is_refused() -> None:
    box = seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT)
    start = SECRET_BYTES + 64 * ENTRY_BYTES
    other = room._commit_and_encrypt(bytes(32), "payload", CONTEXT, box[:SECRET_BYTES], bytes(4_096))
    with pytest.raises(LockboxError, match="commitment"):
        opened(box[:start] + other, row(TOKENS[0]))


def test_a_payload_whose_padding_carries_something_is_refused() -> None:
    derived, salt, key = token_secrets(TOKENS[0], CONTEXT.epoch, CONTEXT.responder), bytes(32), bytes(32)
    entries = [number.to_bytes(TAG_BYTES, "big").ljust(ENTRY_BYTES, b"\0") for number in range(63)]
    entries.append(room._entry(derived, key, CONTEXT, salt))
    noisy = bytes(4) + b"hidden".ljust(4_092, b"\0")
    crafted = salt + b"".join(sorted(entries)) + room._commit_and_encrypt(key, "payload", CONTEXT, salt, noisy)
    with pytest.raises(LockboxError, match="padded"):
        opened(crafted, row(TOKENS[0]))


def test_the_same_tag_twice_is_refused() -> None:
    box = seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT)
    tag = token_secrets(TOKENS[0], CONTEXT.epoch, CONTEXT.responder).tag
    with pytest.raises(LockboxError, match="ascending"):
        opened(with_entry(box, tag + bytes(ENTRY_BYTES - TAG_BYTES)), row(TOKENS[0]))


def test_entries_in_another_order_are_refused() -> None:
    box = seal_lockbox(TOKENS, PAYLOAD, CONTEXT)
    first, second = box[32 : 32 + ENTRY_BYTES], box[32 + ENTRY_BYTES : 32 + 2 * ENTRY_BYTES]
    with pytest.raises(LockboxError, match="ascending"):
        opened(box[:32] + second + first + box[32 + 2 * ENTRY_BYTES :])


@pytest.mark.parametrize(
    "change", [lambda box: box[:-1], lambda box: box + b"\0", lambda box: b"", lambda box: box * 2]
)
def test_another_size_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(LockboxError, match="size"):
        opened(change(seal_lockbox(TOKENS, PAYLOAD, CONTEXT)), row(TOKENS[0]))


def test_a_lockbox_of_another_class_is_refused() -> None:
    box = seal_lockbox(TOKENS, PAYLOAD, CONTEXT)
    with pytest.raises(LockboxError, match="size"):
        opened(box, row(TOKENS[0]), context=dataclasses.replace(CONTEXT, size=SizeClass.LARGE))


def test_a_flipped_bit_in_any_region_is_refused_or_matches_nothing() -> None:
    box = seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT)
    tag = token_secrets(TOKENS[0], CONTEXT.epoch, CONTEXT.responder).tag
    entry = next(p for p in range(SECRET_BYTES, len(box), ENTRY_BYTES) if box[p : p + TAG_BYTES] == tag)
    payload = SECRET_BYTES + 64 * ENTRY_BYTES
    refused = {
        "salt": 0,
        "entry commitment": entry + TAG_BYTES,
        "wrapped key": entry + TAG_BYTES + SECRET_BYTES,
        "wrapped key's authentication": entry + ENTRY_BYTES - 1,
        "payload commitment": payload,
        "payload": payload + SECRET_BYTES + 100,
        "payload's authentication": len(box) - 1,
    }
    for place in refused.values():
        with pytest.raises(LockboxError):
            opened(flip(box, place), row(TOKENS[0]))
    assert opened(flip(box, entry + TAG_BYTES - 1), row(TOKENS[0])) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_319))
def test_no_single_flipped_byte_gives_another_payload(place: int) -> None:
    box = flip(seal_lockbox(TOKENS[:1], PAYLOAD, CONTEXT), place)
    try:
        found = opened(box, row(TOKENS[0]))
    except LockboxError:
        return
    assert found is None or found.payload == PAYLOAD


def test_an_index_that_contradicts_itself_or_answers_beside_the_question_is_noticed() -> None:
    box = seal_lockbox(TOKENS, PAYLOAD, CONTEXT)
    good = row(TOKENS[0])
    with pytest.raises(LockboxError, match="two secrets"):
        opened(box, good, dataclasses.replace(good, masked=bytes(32)))
    with pytest.raises(LockboxError, match="another size"):
        opened(box, dataclasses.replace(good, masked=bytes(31)))
    with pytest.raises(LockboxError, match="not asked for"):
        open_lockbox(box, CONTEXT, PEPPER, lambda values: [row(b"z" * 64)])


def test_nothing_secret_shows_in_a_repr() -> None:
    box = seal_lockbox(TOKENS, PAYLOAD, CONTEXT)
    found = opened(box, row(TOKENS[0]))
    derived = token_secrets(TOKENS[0], CONTEXT.epoch, CONTEXT.responder)
    shown = repr((found, derived))
    assert "compared" not in shown
    assert repr(derived.wrap_secret) not in shown
    assert repr(derived.tag) not in shown
