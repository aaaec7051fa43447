"""The one way in which several values become bytes that are hashed, signed or sealed.

Each part is preceded by its length as four bytes, big-endian; text is UTF-8, whole numbers are eight bytes,
big-endian. Two different sequences of parts never give the same bytes, and each encoding has exactly one reading:
`decode` refuses everything that `encode` would not have written. The first part is always a label
(``symbolon/v1/...``), so bytes made for one purpose are never valid for another.

Also here: padding to a fixed size, because a length is content too.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from matching.errors import EncodingError, FieldError

_LENGTH_BYTES = 4


def encode(*parts: bytes | str | int) -> bytes:
    """Concatenate the parts, each after its length. Numbers are unsigned, below 2**64."""
    pieces: list[bytes] = []
    for part in parts:
        raw = _raw(part)
        pieces += (len(raw).to_bytes(_LENGTH_BYTES, "big"), raw)
    return b"".join(pieces)


def decode(data: bytes, label: str, count: int) -> tuple[bytes, ...]:
    """Read back exactly `count` parts that follow `label`; raise `EncodingError` on any other bytes."""
    parts = decode_list(data, label, count)
    if len(parts) != count:
        raise EncodingError(f"not a canonical {label}")
    return parts


def decode_list(data: bytes, label: str, most: int) -> tuple[bytes, ...]:
    """Read back the parts that follow `label`, at most `most` of them; raise `EncodingError` on any other bytes."""
    # One part too many is enough to refuse: zeros would otherwise be read as millions of empty parts.
    parts = tuple(islice(_parts(data), most + 2))
    if not 1 <= len(parts) <= most + 1 or parts[0] != label.encode():
        raise EncodingError(f"not a canonical {label}")
    return parts[1:]


def decode_text(raw: bytes) -> str:
    """Read UTF-8 text; raise `EncodingError` where it is not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        # Without "from": the original error would carry the bytes into a log.
        raise EncodingError("a text field is not UTF-8") from None


def decode_number(raw: bytes) -> int:
    """Read an eight-byte unsigned number."""
    if len(raw) != 8:
        raise EncodingError("a number is not eight bytes")
    return int.from_bytes(raw, "big")


def pad(content: bytes, size: int, field: str) -> bytes:
    """Give `size` bytes: the content after its length, then zeros. Raise `FieldError` when it does not fit."""
    room = size - _LENGTH_BYTES
    if len(content) > room:
        raise FieldError(f"{field} has {len(content)} bytes, at most {room} fit")
    return encode(content).ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    """Undo `pad`; raise `EncodingError` when the length is impossible or the rest is not zeros."""
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES], "big")
    if len(padded) < _LENGTH_BYTES or end > len(padded) or any(padded[end:]):
        raise EncodingError("the padding is not canonical")
    return padded[_LENGTH_BYTES:end]


def _raw(part: bytes | str | int) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, str):
        return part.encode()
    return part.to_bytes(8, "big")


def _parts(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        start = position + _LENGTH_BYTES
        position = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or position > len(data):
            raise EncodingError("a length points outside the message")
        yield data[start:position]
