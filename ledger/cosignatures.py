"""Cosignatures after C2SP (c2sp.org/tlog-cosignature, Ed25519, v1): a witness's statement about a checkpoint.

It says: at this time, the largest tree of this log that I have seen, each the beginning of the next, has this head.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar

from ledger.notes import Note, NoteSignature, VerifierKey
from matching.errors import SignatureError
from matching.keys import SIGNATURE_BYTES, SigningKey

_TIME_BYTES = 8
_LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CosignatureKey(VerifierKey):
    """A witness's key under the witness's name."""

    kind: ClassVar[int] = 0x04

    def check(self, text: str, signature: bytes) -> None:
        """Raise `SignatureError` unless the signature is this witness's for the checkpoint's text."""
        self.public.verify(signature[_TIME_BYTES:], _message(text, cosigned_at(signature)))


def witness_name(party: str) -> str:
    """Name a party as a witness, by its URI: ``symbolon/agency/FR-DNMS/witness``."""
    return f"{party.replace('://', '/', 1)}/witness"


def as_witness(name: str) -> str:
    """Give the name that the party of a log has as a witness; other names stay."""
    return f"{name.removesuffix('/ledger')}/witness" if name.endswith("/ledger") else name


def cosigned_at(signature: bytes) -> int:
    """Give the time of a cosignature in Unix seconds; raise `SignatureError` when it is none."""
    if len(signature) != _TIME_BYTES + SIGNATURE_BYTES:
        raise SignatureError("a cosignature has another length")
    (timestamp,) = struct.unpack(">Q", signature[:_TIME_BYTES])
    if timestamp > _LATEST:
        raise SignatureError("the time of a cosignature is out of range")
    return int(timestamp)


def cosign(note: Note, name: str, key: SigningKey, timestamp: int) -> NoteSignature:
    """Cosign a checkpoint at a time in Unix seconds. Only `ledger.witnessing` says whether that is right."""
    signature = struct.pack(">Q", timestamp) + key.sign(_message(note.text, timestamp))
    return NoteSignature(name, CosignatureKey(name, key.public_key()).key_id, signature)


def _message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
