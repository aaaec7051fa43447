"""The index rows a holder keeps, and the lockbox an asker sends: open to whoever holds a matching record.

From a token (a VOPRF output), the key epoch and the *responder's* identity come a **tag**, which says where to look,
and a **wrap secret**, which opens. The holder stores neither: its rows are keyed hashes and masks under a pepper that
lives outside the database, so a stolen index allows no guess without the pepper, none without the custodians either,
and the indexes of two holders share nothing (threats T14 and T15).

A lockbox has a fixed number of entries. Each wraps the same payload key for one token; unused entries are random
bytes, and all are sorted by tag, which is a random order. Wrapping and payload are **key-committing** (the UtC
transform of Bellare and Hoang, Eurocrypt 2022): HKDF gives a commitment beside each AEAD key, and the commitment is
compared before anything is decrypted. ChaCha20-Poly1305 alone would let one entry open under many keys, and so let
an asker test many guesses with one entry (T8, Len et al., USENIX Security 2021).

Not decided here: whether what opened is a match (``scoring``), whether the payload yields the rule that opened it (the
node), who may ask (agreements). The hub can test no guess on a lockbox because it only ever sees it inside HPKE
(``envelope``). Work is bounded: at most 256 entries, one look-up for all of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from hmac import compare_digest, digest
from itertools import pairwise
from typing import Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from matching.encoding import encode, pad, unpad
from matching.errors import EncodingError, FieldError, LockboxError, LockboxShapeError
from matching.oblivious import TOKEN_BYTES

TAG_BYTES = 16
SECRET_BYTES = 32  # of wrap secrets, peppers, payload keys, commitments and salts
LOOKUP_BYTES = 16
WRAPPED_BYTES = SECRET_BYTES + 16
ENTRY_BYTES = TAG_BYTES + SECRET_BYTES + WRAPPED_BYTES
# Each AEAD key is derived for one lockbox and used for one message: a nonce has nothing left to distinguish.
_NONCE = bytes(12)

Reference = TypeVar("Reference")
Entropy = Callable[[int], bytes]


class SizeClass(IntEnum):
    """How many entries a lockbox has. The class is public, so the smallest one should fit nearly every query."""

    SMALL = 64
    MEDIUM = 128
    LARGE = 256

    @property
    def payload_bytes(self) -> int:
        """Give the padded size of the payload: 4, 8 or 16 KiB."""
        return 64 * self

    @property
    def lockbox_bytes(self) -> int:
        """Give the size of the whole lockbox: salt, entries, commitment, encrypted payload."""
        return SECRET_BYTES + self * ENTRY_BYTES + SECRET_BYTES + self.payload_bytes + 16

    @classmethod
    def fitting(cls, tokens: int, payload_bytes: int) -> SizeClass:
        """Choose the smallest class for so many tokens and bytes; raise `FieldError` when none is large enough."""
        for size in cls:
            if tokens <= size and payload_bytes <= size.payload_bytes - 4:
                return size
        raise FieldError(f"a query has at most {cls.LARGE} tokens and {cls.LARGE.payload_bytes - 4} payload bytes")


@dataclass(frozen=True, slots=True)
class LockboxContext:
    """What a lockbox is bound to. `binding` is the public header of its query, byte for byte."""

    epoch: str
    responder: str
    size: SizeClass
    binding: bytes


@dataclass(frozen=True, slots=True)
class TokenSecrets:
    """What one token gives for one responder in one epoch."""

    tag: bytes = field(repr=False)
    wrap_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class IndexRow(Generic[Reference]):
    """A row of the holder's index. Several rows share `lookup` (and `masked`) when records share a feature."""

    lookup: bytes
    masked: bytes
    reference: Reference


@dataclass(frozen=True, slots=True)
class Opening(Generic[Reference]):
    """One entry that opened: its position in the lockbox and the records whose feature opened it."""

    position: int
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Opened(Generic[Reference]):
    """An opened lockbox: the asker's payload and every entry that opened, by position."""

    payload: bytes = field(repr=False)
    openings: tuple[Opening[Reference], ...]


def token_secrets(token: bytes, epoch: str, responder: str) -> TokenSecrets:
    """Derive tag and wrap secret. The token is a uniform 64-byte key, so HKDF-Expand alone suffices (RFC 5869, 3.3)."""
    if len(token) != TOKEN_BYTES:
        raise FieldError(f"a token has {len(token)} bytes, not {TOKEN_BYTES}")
    material = _expand(token, encode("symbolon/v1/entry", epoch, responder), TAG_BYTES + SECRET_BYTES)
    return TokenSecrets(material[:TAG_BYTES], material[TAG_BYTES:])


def index_row(token: bytes, epoch: str, responder: str, pepper: bytes, reference: Reference) -> IndexRow[Reference]:
    """Make the row that the holder `responder` stores for a token of one of its records."""
    derived = token_secrets(token, epoch, responder)
    masked = _xor(derived.wrap_secret, _mask(pepper, derived.tag))
    return IndexRow(lookup_value(pepper, derived.tag), masked, reference)


def lookup_value(pepper: bytes, tag: bytes) -> bytes:
    """Give the 16 bytes under which the rows of a tag are stored. The pepper has 32 bytes."""
    if len(pepper) != SECRET_BYTES:
        raise FieldError(f"the pepper has {len(pepper)} bytes, not {SECRET_BYTES}")
    return digest(pepper, encode("symbolon/v1/lookup", tag), "sha256")[:LOOKUP_BYTES]


def seal_lockbox(
    tokens: Sequence[bytes], payload: bytes, context: LockboxContext, *, entropy: Entropy = secrets.token_bytes
) -> bytes:
    """Give the lockbox, `context.size.lockbox_bytes` long, that any one of the tokens opens.

    Raises `FieldError` when a token is repeated or tokens or payload are too many for the class. The payload is up to
    4,092 bytes in the smallest class. `entropy` is replaced by test vectors only.
    """
    if not 1 <= len(tokens) <= context.size:
        raise FieldError(f"a lockbox of class {int(context.size)} takes 1 to {int(context.size)} tokens")
    if len(set(tokens)) != len(tokens):
        raise FieldError("a token is repeated")
    padded = pad(payload, context.size.payload_bytes, "payload")
    salt, payload_key = entropy(SECRET_BYTES), entropy(SECRET_BYTES)
    entries = [
        _entry(token_secrets(token, context.epoch, context.responder), payload_key, context, salt) for token in tokens
    ]
    entries += [entropy(ENTRY_BYTES) for _ in range(context.size - len(entries))]
    return salt + b"".join(sorted(entries)) + _commit_and_encrypt(payload_key, "payload", context, salt, padded)


def open_lockbox(
    lockbox: bytes,
    context: LockboxContext,
    pepper: bytes,
    find: Callable[[Sequence[bytes]], Iterable[IndexRow[Reference]]],
) -> Opened[Reference] | None:
    """Open a lockbox with the rows that `find` gives for its look-up values, or give None where none is known.

    `find` is called once with all look-up values (64, 128 or 256, each 16 bytes) and gives every stored row that has
    one of them, in any order. Raises `LockboxShapeError` before `find` is called when the lockbox has not the size or
    order of one, else `LockboxError`: when it is not canonical, when a known tag comes with an
    entry that its token did not make for this query, or when two entries open to different payload keys.
    """
    salt, entries, sealed_payload = _parse(lockbox, context.size)
    positions = {lookup_value(pepper, entry[:TAG_BYTES]): place for place, entry in enumerate(entries)}
    found = _group(find(tuple(positions)), positions)
    if not found:
        return None
    keys: list[bytes] = []
    openings: list[Opening[Reference]] = []
    for place, (masked, references) in sorted(found.items()):
        entry = entries[place]
        wrap_secret = _xor(masked, _mask(pepper, entry[:TAG_BYTES]))
        keys.append(_check_and_decrypt(wrap_secret, "wrap", context, salt, entry[TAG_BYTES:]))
        openings.append(Opening(place, tuple(references)))
    if not all(compare_digest(key, keys[0]) for key in keys):
        raise LockboxError("two entries open to different keys")
    padded = _check_and_decrypt(keys[0], "payload", context, salt, sealed_payload)
    try:
        return Opened(unpad(padded), tuple(openings))
    except EncodingError:
        raise LockboxError("the payload is not padded canonically") from None


def _parse(lockbox: bytes, size: SizeClass) -> tuple[bytes, list[bytes], bytes]:
    if len(lockbox) != size.lockbox_bytes:
        raise LockboxShapeError("the lockbox does not have the size of its class")
    end = SECRET_BYTES + size * ENTRY_BYTES
    entries = [lockbox[start : start + ENTRY_BYTES] for start in range(SECRET_BYTES, end, ENTRY_BYTES)]
    tags = [entry[:TAG_BYTES] for entry in entries]
    if any(left >= right for left, right in pairwise(tags)):
        raise LockboxShapeError("the entries are not in strictly ascending order of their tags")
    return lockbox[:SECRET_BYTES], entries, lockbox[end:]


def _group(
    rows: Iterable[IndexRow[Reference]], positions: dict[bytes, int]
) -> dict[int, tuple[bytes, list[Reference]]]:
    found: dict[int, tuple[bytes, list[Reference]]] = {}
    for row in rows:
        if row.lookup not in positions:
            raise LockboxError("the index gave a row that was not asked for")
        masked, references = found.setdefault(positions[row.lookup], (row.masked, []))
        if not compare_digest(masked, row.masked):
            raise LockboxError("the index holds two secrets for one look-up value")
        references.append(row.reference)
    return found


def _entry(derived: TokenSecrets, payload_key: bytes, context: LockboxContext, salt: bytes) -> bytes:
    return derived.tag + _commit_and_encrypt(derived.wrap_secret, "wrap", context, salt, payload_key)


def _commit_and_encrypt(secret: bytes, use: str, context: LockboxContext, salt: bytes, content: bytes) -> bytes:
    commitment, cipher, bound = _committing(secret, use, context, salt)
    return commitment + cipher.encrypt(_NONCE, content, bound)


def _check_and_decrypt(secret: bytes, use: str, context: LockboxContext, salt: bytes, sealed: bytes) -> bytes:
    commitment, cipher, bound = _committing(secret, use, context, salt)
    if not compare_digest(commitment, sealed[:SECRET_BYTES]):
        raise LockboxError("the commitment is to another key or another query")
    try:
        return cipher.decrypt(_NONCE, sealed[SECRET_BYTES:], bound)
    except InvalidTag:
        raise LockboxError("the encrypted part was changed") from None


def _committing(secret: bytes, use: str, context: LockboxContext, salt: bytes) -> tuple[bytes, ChaCha20Poly1305, bytes]:
    """Derive commitment and AEAD key for one use in one lockbox; the fresh salt makes every lockbox another one."""
    bound = encode(f"symbolon/v1/{use}", context.epoch, context.responder, int(context.size), context.binding, salt)
    material = _expand(secret, bound, 2 * SECRET_BYTES)
    return material[:SECRET_BYTES], ChaCha20Poly1305(material[SECRET_BYTES:]), bound


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand of RFC 5869 with SHA-256."""
    block, result = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = digest(key, block + info + bytes([counter]), "sha256")
        result += block
    return result[:length]


def _mask(pepper: bytes, tag: bytes) -> bytes:
    return digest(pepper, encode("symbolon/v1/mask", tag), "sha256")


def _xor(left: bytes, right: bytes) -> bytes:
    if len(left) != SECRET_BYTES:
        raise LockboxError("the index holds a mask of another size")
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(SECRET_BYTES, "big")
