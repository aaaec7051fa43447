"""What a witness accepts, after C2SP (c2sp.org/tlog-witness, add-checkpoint): a log that only ever grows.

Pure: given what the witness cosigned last of this log, a request is either the log's new state or refused. Rules, in
the order in which they are checked:

1. the request is well formed (`Refusal.MALFORMED`);
2. the witness knows the log (`UNKNOWN_LOG`);
3. a key it trusts for that log has signed, and no such signature is wrong (`NOT_SIGNED`);
4. the old size is not larger than the checkpoint's (`MALFORMED`);
5. the old size is that of the last state, 0 where there is none (`OUT_OF_DATE`, with the size that is right);
6. of two checkpoints of one size the roots are the same (`FORKED`);
7. the consistency proof leads from the last state to the checkpoint; from nothing it is empty (`INCONSISTENT`).

The caller must take the state, decide and store the new state in one step, and cosign only after that. `FORKED` and
`INCONSISTENT` under a good signature are evidence against the log: keep the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from ledger.checkpoints import parse_checkpoint
from ledger.merkle import MOST_HASHES, ProofError, TreeHead, check_consistency
from ledger.notes import (
    MalformedNoteError,
    Note,
    NoteError,
    Verifier,
    decode_hashes,
    decode_number,
    encode_hash,
    parse_note,
    verify_note,
)


class Refusal(Enum):
    """Why a checkpoint is not accepted; beside it the status that the specification gives it over HTTP."""

    MALFORMED = "malformed"  # 400
    NOT_SIGNED = "not_signed"  # 403
    UNKNOWN_LOG = "unknown_log"  # 404
    OUT_OF_DATE = "out_of_date"  # 409, with the size seen last
    FORKED = "forked"  # 409, without
    INCONSISTENT = "inconsistent"  # 422


class WitnessRefusalError(ValueError):
    """The witness does not accept the checkpoint; ``size`` is what it saw last, where that helps the log."""

    def __init__(self, reason: Refusal, text: str, size: int | None = None) -> None:
        super().__init__(text)
        self.reason = reason
        self.size = size


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: a signed checkpoint, and the proof that it continues the tree of ``old_size`` leaves."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note

    def __str__(self) -> str:
        """Give the request in its form on the wire."""
        lines = "".join(f"{encode_hash(one)}\n" for one in self.proof)
        return f"old {self.old_size}\n{lines}\n{self.note}"


def parse_request(content: bytes) -> AddCheckpoint:
    """Read a request; raise `WitnessRefusalError` when it is malformed."""
    head, separator, note = content.partition(b"\n\n")
    try:
        if not separator:
            raise MalformedNoteError("the request has no checkpoint")
        first, *lines = head.decode("ascii", "replace").split("\n")
        if not first.startswith("old "):
            raise MalformedNoteError("the request does not begin with the old size")
        old_size = decode_number(first.removeprefix("old "), "the old size")
        return AddCheckpoint(old_size, decode_hashes(lines, "the consistency proof", MOST_HASHES), parse_note(note))
    except MalformedNoteError as error:
        raise WitnessRefusalError(Refusal.MALFORMED, str(error)) from None


def request_origin(request: AddCheckpoint) -> str:
    """Name the log of a request, so that the caller can find its last state."""
    return _checkpoint(request)[0]


def accept(
    request: AddCheckpoint, trusted: Mapping[str, Iterable[Verifier]], seen: TreeHead | None
) -> tuple[str, TreeHead]:
    """Give the log's origin and its new state, to be stored before it is cosigned.

    ``trusted`` has the keys of each known log by its origin; ``seen`` is the head cosigned last of this one, if any.
    Raises `WitnessRefusalError`.
    """
    origin, head = _checkpoint(request)
    if origin not in trusted:
        raise WitnessRefusalError(Refusal.UNKNOWN_LOG, "unknown log")
    try:
        verify_note(request.note, trusted[origin])
    except NoteError as error:
        raise WitnessRefusalError(Refusal.NOT_SIGNED, str(error)) from None
    _check_growth(request, head, seen)
    return origin, head


def _check_growth(request: AddCheckpoint, head: TreeHead, seen: TreeHead | None) -> None:
    last = seen.size if seen else 0
    if request.old_size > head.size:
        raise WitnessRefusalError(Refusal.MALFORMED, "the old size is larger than that of the checkpoint")
    if request.old_size != last:
        raise WitnessRefusalError(Refusal.OUT_OF_DATE, f"the last size seen is {last}", last)
    if seen and head.size == last and head.root != seen.root:
        raise WitnessRefusalError(Refusal.FORKED, "another root of the same size has been seen")
    try:
        if not seen or not seen.size:
            if request.proof:
                raise ProofError("a consistency proof from nothing is empty")
        else:
            check_consistency(seen, head, request.proof)
    except ProofError as error:
        raise WitnessRefusalError(Refusal.INCONSISTENT, f"consistency proof: {error}") from None


def _checkpoint(request: AddCheckpoint) -> tuple[str, TreeHead]:
    try:
        checkpoint = parse_checkpoint(request.note.text)
    except MalformedNoteError as error:
        raise WitnessRefusalError(Refusal.MALFORMED, str(error)) from None
    return checkpoint.origin, checkpoint.head
