"""Signed notes after C2SP (c2sp.org/signed-note): a text, and under it lines with signatures, each under a key's name.

A signature of an unknown key is ignored, one of a known key that does not verify spoils the note, and a note that no
known key has signed is none. Pure; what a text means is for others to say (`ledger.checkpoints`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, Self

from matching.errors import FieldError, SignatureError
from matching.keys import SigningKey, SigningPublicKey

KEY_ID_BYTES = 4
MOST_SIGNATURES = 100
"""Signatures on a note at most; the specification asks for 16 at least."""

_DASH = "\u2014 "


class NoteError(ValueError):
    """A note cannot be trusted; the kinds below say why."""


class MalformedNoteError(NoteError):
    """The bytes are no signed note, or its text is not of the form that was expected."""


class BadSignatureError(NoteError):
    """A signature under a known key does not verify."""


class UnsignedNoteError(NoteError):
    """No known key has signed the note."""


class VerifierKeyError(ValueError):
    """The text is no verifier key."""


class Verifier(Protocol):
    """A key that is trusted under a name, and what its signatures cover."""

    @property
    def name(self) -> str:
        """Name the signer."""
        ...

    @property
    def key_id(self) -> bytes:
        """Give the four bytes that stand before each signature."""
        ...

    def check(self, text: str, signature: bytes) -> None:
        """Raise `SignatureError` unless the signature is this key's for the text."""
        ...


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, verified or not."""

    name: str
    key_id: bytes
    signature: bytes = field(repr=False)

    def line(self) -> str:
        """Give the line, with its end."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its signatures, none of them verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        """Give the signed note."""
        lines = "".join(one.line() for one in self.signatures)
        return f"{self.text}\n{lines}"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 key under a name, as a verifier key states it: ``name+key ID+base64(type ‖ key)``.

    ``kind`` is the byte of the signature's type; those of other types are subclasses.
    """

    name: str
    public: SigningPublicKey
    kind: ClassVar[int] = 0x01

    def __post_init__(self) -> None:
        check_key_name(self.name)

    @property
    def key_id(self) -> bytes:
        """Give the first four bytes of SHA-256(name ‖ newline ‖ type ‖ key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._encoded()).digest()[:KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key; raise `VerifierKeyError` when it is none, or of another type."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            decoded = base64.b64decode(encoded, validate=True)
            key = cls(name, SigningPublicKey(decoded[1:]))
        except (ValueError, FieldError):  # of which those of base64 and of names are
            raise VerifierKeyError("expected a verifier key: name+key ID+base64") from None
        if decoded[0] != cls.kind or key.key_id.hex() != key_id:
            raise VerifierKeyError("the verifier key is of another type, or its key ID is not that of name and key")
        return key

    def __str__(self) -> str:
        """Give the verifier key."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self._encoded()).decode()}"

    def check(self, text: str, signature: bytes) -> None:
        """Raise `SignatureError` unless the signature is this key's over the text."""
        self.public.verify(signature, text.encode())

    def _encoded(self) -> bytes:
        return bytes([self.kind]) + self.public.raw


def sign_note(text: str, name: str, key: SigningKey) -> Note:
    """Sign a text, which ends with a newline, with Ed25519 under a name."""
    signer = VerifierKey(name, key.public_key())
    return Note(text, (NoteSignature(name, signer.key_id, key.sign(text.encode())),))


def parse_note(content: bytes) -> Note:
    """Read a note without verifying it; raise `MalformedNoteError` when it is none."""
    try:
        whole = content.decode()
    except UnicodeDecodeError:
        raise MalformedNoteError("the note is not UTF-8") from None
    if any(one < " " and one != "\n" for one in whole):
        raise MalformedNoteError("the note has a control character")
    text, separator, signed = whole.rpartition("\n\n")
    if not separator or not signed.endswith("\n"):
        raise MalformedNoteError("the note has no signatures")
    lines = signed[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise MalformedNoteError(f"the note has more than {MOST_SIGNATURES} signatures")
    return Note(text + "\n", tuple(map(_parse_line, lines)))


def verify_note(note: Note, verifiers: Iterable[Verifier]) -> tuple[Verifier, ...]:
    """Give the keys that have signed the note, in the order of their lines.

    Raises `BadSignatureError` and `UnsignedNoteError`.
    """
    known: Mapping[tuple[str, bytes], Verifier] = {(one.name, one.key_id): one for one in verifiers}
    signed: dict[tuple[str, bytes], Verifier] = {}
    for line in note.signatures:
        verifier = known.get((line.name, line.key_id))
        if verifier is None or (line.name, line.key_id) in signed:
            continue
        try:
            verifier.check(note.text, line.signature)
        except SignatureError:
            raise BadSignatureError(f"invalid signature of {line.name}") from None
        signed[line.name, line.key_id] = verifier
    if not signed:
        raise UnsignedNoteError("no known key has signed the note")
    return tuple(signed.values())


def check_key_name(name: str) -> None:
    """Raise `MalformedNoteError` unless this can be the name of a key."""
    if not name or "+" in name or any(one.isspace() or one < " " for one in name):
        raise MalformedNoteError("the name of a key is empty, or has a space or a plus")


def decode_hash(line: str, what: str) -> bytes:
    """Read a 32-byte hash in base64, in its only spelling; raise `MalformedNoteError`."""
    try:
        decoded = base64.b64decode(line, validate=True)
    except ValueError:  # of which binascii.Error is one
        decoded = b""
    if len(decoded) != hashlib.sha256().digest_size or encode_hash(decoded) != line:
        raise MalformedNoteError(f"{what} is no hash in base64")
    return decoded


def encode_hash(one: bytes) -> str:
    """Give a hash in base64."""
    return base64.b64encode(one).decode()


def decode_number(digits: str, what: str) -> int:
    """Read a number below 2^63 in its only decimal form; raise `MalformedNoteError`."""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and str(int(digits)) == digits):
        raise MalformedNoteError(f"{what} is no decimal number")
    if int(digits) >= 2**63:
        raise MalformedNoteError(f"{what} is too large")
    return int(digits)


def decode_hashes(lines: Sequence[str], what: str, most: int) -> tuple[bytes, ...]:
    """Read the hashes of a proof, one a line; raise `MalformedNoteError` when one is none or they are too many."""
    if len(lines) > most:
        raise MalformedNoteError(f"{what} has more than {most} hashes")
    return tuple(decode_hash(line, what) for line in lines)


def _parse_line(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        signature = base64.b64decode(encoded, validate=True)
    except ValueError:  # of which binascii.Error is one
        signature = b""
    if not line.startswith(_DASH) or len(signature) <= KEY_ID_BYTES:
        raise MalformedNoteError("a line under the note is no signature")
    check_key_name(name)
    return NoteSignature(name, signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:])
