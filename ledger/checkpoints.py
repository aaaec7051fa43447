"""Checkpoints after C2SP (c2sp.org/tlog-checkpoint): the head of a log as a signed note.

A checkpoint's text is the log's origin, its size and its root hash, a line each. The key's name is the origin.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.merkle import EMPTY_ROOT, TreeHead
from ledger.notes import (
    MalformedNoteError,
    Note,
    Verifier,
    decode_hash,
    decode_number,
    encode_hash,
    sign_note,
    verify_note,
)
from matching.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log under the log's name. ``extensions`` are opaque lines; ours have none."""

    origin: str
    head: TreeHead
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Give the text that is signed."""
        lines = (self.origin, str(self.head.size), encode_hash(self.head.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def ledger_origin(party: str) -> str:
    """Name a party's log by the party's URI: ``symbolon/agency/FR-DNMS/ledger``."""
    return f"{party.replace('://', '/', 1)}/ledger"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint; raise `MalformedNoteError` when it is none."""
    if not text.endswith("\n"):
        raise MalformedNoteError("the checkpoint does not end with a newline")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise MalformedNoteError("a checkpoint has three lines or more, none of them empty")
    origin, size, root, *extensions = lines
    head = TreeHead(decode_number(size, "the size of the tree"), decode_hash(root, "the root hash"))
    if not head.size and head.root != EMPTY_ROOT:
        raise MalformedNoteError("the root hash is not that of an empty tree")
    return Checkpoint(origin, head, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """Sign a checkpoint with the log's key. That the log stands by every earlier one is the caller's to check."""
    return sign_note(checkpoint.text(), checkpoint.origin, key)


def verify_checkpoint(note: Note, origin: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Give the checkpoint once it is of that log and signed by its key: one of ``verifiers`` under the origin's name.

    Raises `NoteError`. Signatures under other names are not looked at: a witness alone speaks for no log.
    """
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise MalformedNoteError(f"the checkpoint is of another log than {origin}")
    verify_note(note, [one for one in verifiers if one.name == origin])
    return checkpoint
