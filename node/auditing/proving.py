"""Proving that one entry is in the log: under the newest head that others have cosigned, or one that is signed now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agreements.sentences import Sentence, said
from ledger.checkpoints import parse_checkpoint, verify_checkpoint
from ledger.cosignatures import CosignatureKey, cosigned_at, witness_name
from ledger.entries import DamagedLogError
from ledger.heads import cosigners
from ledger.log import Ledger
from ledger.merkle import ProofError
from ledger.notes import Note, NoteError, VerifierKey, parse_note, verify_note
from ledger.proofs import EntryProof
from ledger.reading import LedgerReader
from matching.errors import SignatureError
from matching.keys import SigningKey, SigningPublicKey

LARGEST_CHECKPOINT = 100_000
"""Bytes of a checkpoint that is brought for comparison."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Who cosigned a head, when (Unix seconds), and whether that verifies under the key certified for him."""

    witness: str
    time: int
    verified: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A checkpoint kept earlier beside the log as it is: the same beginning, or what is wrong."""

    size: int
    total: int
    root: bytes
    path: tuple[bytes, ...] = ()
    problem: Sentence | None = None


def newest_head(log: Ledger, number: int, origin: str, key: Callable[[], SigningKey]) -> Note:
    """Give the newest head that others have cosigned, or one that is signed now where that has no such entry yet."""
    note = log.witnessed_head()
    if note is None or parse_checkpoint(note.text).head.size < number:
        note = log.sign_head(origin, key())
    return note


def prove_entry(log: Ledger, number: int, note: Note) -> EntryProof:
    """Prove an entry under a head; raise `DamagedLogError` where what is stored does not prove it."""
    body, hashes = log.prove_entry(number, parse_checkpoint(note.text).head.size)
    return EntryProof(number - 1, hashes, note, body)


def cosigned(note: Note, keys: Mapping[str, SigningPublicKey]) -> list[Cosigned]:
    """Say who cosigned a head, and of whom that verifies; ``keys`` are those certified, by the party's URI."""
    known = {witness_name(uri): CosignatureKey(witness_name(uri), key) for uri, key in keys.items()}
    found = []
    for one in note.signatures:
        if one.name in cosigners(note):
            key = known.get(one.name)
            verified = key is not None and one.key_id == key.key_id and _verifies(note, key)
            found.append(Cosigned(one.name, _time(one.signature), verified))
    return found


def compare(log: LedgerReader, content: bytes, key: VerifierKey) -> Comparison:
    """Say whether the log begins with the entries under a checkpoint; raise `NoteError` where it is none of this log.

    Raises `DamagedLogError` where the log's own tree cannot be read.
    """
    kept = verify_checkpoint(parse_note(content), key.name, [key]).head
    total = log.count()
    now = log.head_at(total)
    if kept.size > total:
        problem = said(
            "The log has %(total)s entries; the checkpoint is over %(size)s. Entries are missing at its end.",
            total=total,
            size=kept.size,
        )
        return Comparison(kept.size, total, now.root, problem=problem)
    if log.head_at(kept.size).root != kept.root:
        problem = said(
            "The first %(size)s entries are not those under the checkpoint: the log was rewritten.", size=kept.size
        )
        return Comparison(kept.size, total, now.root, problem=problem)
    try:
        path = log.prove_growth(kept.size, total) if kept.size else ()
    except ProofError as error:
        raise DamagedLogError(str(error)) from None
    return Comparison(kept.size, total, now.root, path)


def _verifies(note: Note, key: CosignatureKey) -> bool:
    try:
        verify_note(note, [key])
    except NoteError:
        return False
    return True


def _time(signature: bytes) -> int:
    try:
        return cosigned_at(signature)
    except SignatureError:
        return 0
