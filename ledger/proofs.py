"""Proofs after C2SP (c2sp.org/tlog-proof): one file that shows one entry to be in a log, readable years later.

The file holds the entry's place, the inclusion proof and a signed checkpoint with what cosignatures there are. Ours
carry the entry's own bytes as extra data: nobody has to trust them, since their hash must be the leaf that is proved.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.checkpoints import Checkpoint, verify_checkpoint
from ledger.merkle import MOST_HASHES, check_inclusion, hash_leaf
from ledger.notes import (
    MalformedNoteError,
    Note,
    Verifier,
    decode_hashes,
    decode_number,
    encode_hash,
    parse_note,
)

HEADING = "c2sp.org/tlog-proof@v1"
"""The first line of a proof file."""


@dataclass(frozen=True, slots=True)
class EntryProof:
    """A proof of one entry; ``index`` counts from 0, so it is the entry's number less one."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        """Give the file's text."""
        extra = f"extra {base64.b64encode(self.extra).decode()}\n" if self.extra else ""
        hashes = "".join(f"{encode_hash(one)}\n" for one in self.hashes)
        return f"{HEADING}\n{extra}index {self.index}\n{hashes}\n{self.note}"


def parse_proof(content: bytes) -> EntryProof:
    """Read the file without verifying it; raise `MalformedNoteError` when it is none."""
    head, separator, note = content.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    if not separator or lines.pop(0) != HEADING:
        raise MalformedNoteError("the file is no transparency log proof")
    extra = _decode_extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else b""
    if not lines or not lines[0].startswith("index "):
        raise MalformedNoteError("the proof names no index")
    index = decode_number(lines.pop(0).removeprefix("index "), "the index")
    return EntryProof(index, decode_hashes(lines, "the inclusion proof", MOST_HASHES), parse_note(note), extra)


def verify_proof(proof: EntryProof, content: bytes, origin: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Give the checkpoint once the log of that origin has signed it and the entry with these bytes is in its tree.

    Raises `NoteError` or `ProofError`.
    """
    checkpoint = verify_checkpoint(proof.note, origin, verifiers)
    check_inclusion(hash_leaf(content), proof.index, checkpoint.head, proof.hashes)
    return checkpoint


def _decode_extra(line: str) -> bytes:
    try:
        return base64.b64decode(line.removeprefix("extra "), validate=True)
    except ValueError:  # of which binascii.Error is one
        raise MalformedNoteError("the extra data is not base64") from None
