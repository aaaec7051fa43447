"""One encoding for what is hashed, signed and sealed: injective, canonical, and quiet about what it refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import encoding
from matching.encoding import decode, decode_number, decode_text, encode, pad, unpad
from matching.errors import EncodingError, FieldError

parts = st.lists(st.binary(max_size=40), max_size=6)


@given(parts)
def test_what_is_encoded_is_read_back(values: list[bytes]) -> None:
    assert decode(encode("label", *values), "label", len(values)) == tuple(values)


@given(parts, parts)
def test_different_parts_never_give_the_same_bytes(left: list[bytes], right: list[bytes]) -> None:
    assert (encode(*left) == encode(*right)) == (left == right)


@given(st.binary(max_size=60))
def test_whatever_decodes_is_what_encode_would_have_written(data: bytes) -> None:
    for count in range(4):
        try:
            values = decode(encode("label") + data, "label", count)
        except EncodingError:
            continue
        assert encode("label", *values) == encode("label") + data


def test_another_label_or_number_of_parts_is_refused() -> None:
    data = encode("label", b"a", b"b")
    for label, count in (("other", 2), ("label", 1), ("label", 3)):
        with pytest.raises(EncodingError):
            decode(data, label, count)
    with pytest.raises(EncodingError):
        decode(b"", "label", 0)


def test_no_more_parts_are_read_than_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message of zeros is millions of empty parts, and each costs time."""
    read = 0
    every = encoding._parts

    def counting(data: bytes) -> Iterator[bytes]:
        nonlocal read
        for part in every(data):
            read += 1
            yield part

    monkeypatch.setattr(encoding, "_parts", counting)
    with pytest.raises(EncodingError):
        decode(encode("label") + bytes(4_000), "label", 3)
    assert read == 5, "the label, three parts, and the one that is too many"


@pytest.mark.parametrize("cut", range(1, 13))
def test_a_truncated_message_is_refused(cut: int) -> None:
    with pytest.raises(EncodingError):
        decode(encode("label", b"abc")[:-cut], "label", 1)


def test_text_and_numbers_have_one_form() -> None:
    assert encode("é", 1) == encode("é".encode(), (1).to_bytes(8, "big"))
    assert decode_text("é".encode()) == "é"
    assert decode_number(bytes(7) + b"\x05") == 5
    with pytest.raises(EncodingError) as refused:
        decode_text(b"Ivan\xff")
    assert "Ivan" not in str(refused.value)
    assert refused.value.__cause__ is None
    with pytest.raises(EncodingError):
        decode_number(bytes(4))


@given(st.binary(max_size=60))
def test_padding_hides_the_length_and_is_undone(content: bytes) -> None:
    assert len(pad(content, 64, "content")) == 64
    assert unpad(pad(content, 64, "content")) == content


def test_content_that_does_not_fit_is_refused_by_name() -> None:
    with pytest.raises(FieldError, match="note has 61 bytes, at most 60 fit"):
        pad(bytes(61), 64, "note")


@pytest.mark.parametrize(
    "padded", [b"", b"\0\0\0", b"\0\0\0\x01", b"\xff\xff\xff\xff" + bytes(60), bytes(63) + b"\x01"]
)
def test_padding_that_pad_would_not_write_is_refused(padded: bytes) -> None:
    with pytest.raises(EncodingError):
        unpad(padded)
