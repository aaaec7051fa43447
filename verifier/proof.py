"""A single file that proves one entry to be in a log (`ledger.proofs`), checked with nothing but keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.checkpoints import Checkpoint
from ledger.cosignatures import CosignatureKey
from ledger.entries import DamagedLogError, Entry, read_entry
from ledger.merkle import ProofError
from ledger.notes import MalformedNoteError, NoteError, VerifierKey, verify_note
from ledger.proofs import HEADING, parse_proof, verify_proof
from verifier.report import Report
from verifier.trust import Trust

LONGEST_PROOF = 1_000_000
"""Bytes of a proof file at most."""


class ProofFileError(ValueError):
    """The file is no proof of an entry; the message says why."""


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry that was proved, and the head of the log that it is in."""

    entry: Entry
    checkpoint: Checkpoint

    def sentence(self) -> str:
        """Say it in a sentence."""
        entry, checkpoint = self.entry, self.checkpoint
        what = entry.event.type.replace("_", " ")
        return (
            f"Entry {entry.number} ({what}, {entry.time:%Y-%m-%d %H:%M:%S} UTC) is in the log {checkpoint.origin}"
            f" of {checkpoint.head.size} entries."
        )


def is_proof(begin: bytes) -> bool:
    """Say whether a file that begins so is a proof of an entry."""
    return begin.startswith(HEADING.encode())


def prove(content: bytes, keys: Sequence[VerifierKey]) -> Proven:
    """Give the entry once the log of these keys has it; raise `ProofFileError`, `NoteError`, `ProofError`.

    The first says that the file is no proof, the others that it proves nothing, as does `DamagedLogError`.
    """
    try:
        proof = parse_proof(content)
    except MalformedNoteError as error:
        raise ProofFileError(str(error)) from None
    checkpoint = verify_proof(proof, proof.extra, keys[0].name, keys)
    return Proven(read_entry(proof.extra, proof.index + 1, None), checkpoint)


def verify_proof_file(content: bytes, trust: Trust) -> Report:
    """Check a proof file and say what it proves; raise `ProofFileError` where it is none."""
    report = Report()
    try:
        proven = prove(content, trust.keys)
    except (NoteError, ProofError, DamagedLogError) as error:
        report.find(f"The file proves nothing: {error}.")
        return report
    report.say(proven.sentence())
    if len(trust.keys) > 1:
        signed = {(one.name, one.key_id) for one in parse_proof(content).note.signatures}
        for key in trust.keys:
            if (key.name, key.key_id) in signed:
                report.say(f"Its checkpoint is signed by {key}.")
    report.facts |= {"entry": proven.entry.to_json(), "origin": trust.origin, "size": proven.checkpoint.head.size}
    report.checked["entries"] = 1
    for name in dict.fromkeys(one.name for one in trust.witnesses):
        _check_cosignature(content, name, [one for one in trust.witnesses if one.name == name], report)
    if not trust.witnesses:
        report.unchecked["cosignatures: no --witness was given"] += 1
    _compare_earlier(proven.checkpoint, trust, report)
    if trust.authority or trust.agreements:
        report.unchecked["decisions and agreements: a proof shows that an entry stands in the log, and no more"] += 1
    return report


def _compare_earlier(checkpoint: Checkpoint, trust: Trust, report: Report) -> None:
    for kept in trust.earlier:
        if kept.head.size != checkpoint.head.size:
            report.unchecked["checkpoints kept: a proof is compared only with one of its own size"] += 1
        elif kept.head.root != checkpoint.head.root:
            report.find(f"The checkpoint that was kept has another root over the same {kept.head.size} entries.")
        else:
            report.say("Its checkpoint is the one that was kept.")


def _check_cosignature(content: bytes, witness: str, keys: Iterable[CosignatureKey], report: Report) -> None:
    try:
        verify_note(parse_proof(content).note, keys)
    except NoteError as error:
        report.find(f"The checkpoint has no valid cosignature of {witness}: {error}.")
    else:
        report.say(f"{witness} has cosigned its checkpoint.")
