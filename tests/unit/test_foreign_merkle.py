"""A log of ours, as it leaves the house, is right for code that is not ours: tamperlog's RFC 6962 trees and proofs.

Of ours is here only what makes the log and its files. They are read with `json` and `base64` after the specifications.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.checkpoints import ledger_origin
from ledger.entries import Statement
from ledger.events import QueryRefused
from ledger.exporting import House, Scope, export_lines
from ledger.log import Ledger
from ledger.notes import VerifierKey
from ledger.proofs import EntryProof
from ledger.reading import LedgerReader
from matching.keys import SigningKey

foreign: Any = pytest.importorskip("tamperlog", reason="tamperlog is a development dependency")

PARTY = "symbolon://agency/FR-DNMS"
ORIGIN = ledger_origin(PARTY)
SIZES = (1, 2, 3, 255, 256, 257, 511, 600)
"""Heads signed: around the border of a tile, and over an odd number."""


@dataclass(frozen=True)
class Head:
    """A checkpoint as a stranger reads it."""

    size: int
    root: bytes


@dataclass(frozen=True)
class Exported:
    """A log's file, and what a stranger reads in the export of it."""

    path: Path
    key: SigningKey
    leaves: list[bytes]
    notes: list[str]

    def heads(self) -> dict[int, Head]:
        """Give the heads by size, once each signature on them is the log's."""
        return {one.size: one for one in (read_head(note, self.key) for note in self.notes)}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    path, key = tmp_path_factory.mktemp("foreign") / "ledger.db", SigningKey.generate()
    with Ledger(path) as log:
        for size in SIZES:
            refused = (QueryRefused(envelope_digest=f"{at:064x}", sender="x", reason="fishing") for at in range(size))
            log.append(*(Statement(one, {"user": "é"}) for one in list(refused)[log.count() :]))
            log.sign_head(ORIGIN, key)
    house = House(ORIGIN, PARTY, "", "2026-11-26T12:00:00+00:00", to_end=True)
    leaves, notes = [], []
    for line in b"".join(export_lines(path, Scope(1, SIZES[-1]), house)).splitlines():
        read = json.loads(line)
        if "commitments" in read:
            leaves.append(foreign.hash_leaf(line))
        elif read["type"] == "checkpoint":
            notes.append(read["note"])
    return Exported(path, key, leaves, notes)


def read_head(note: str, key: SigningKey) -> Head:
    """Read a checkpoint after c2sp.org/signed-note and c2sp.org/tlog-checkpoint; fail unless the log has signed it."""
    text, _, signatures = note.partition("\n\n")
    origin, size, root = text.split("\n")
    assert origin == ORIGIN
    public = key.public_key().raw
    identity = hashlib.sha256(f"{origin}\n".encode() + b"\x01" + public).digest()[:4]
    (signed,) = (line for line in signatures.splitlines() if line.startswith(f"— {origin} "))
    signature = base64.b64decode(signed.rpartition(" ")[2], validate=True)
    assert signature[:4] == identity
    Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], f"{text}\n".encode())
    return Head(int(size), base64.b64decode(root, validate=True))


def test_each_signed_root_is_that_of_the_exported_bytes(exported: Exported) -> None:
    heads = exported.heads()
    assert sorted(heads) == list(SIZES)
    for size, head in heads.items():
        assert foreign.merkle_root(exported.leaves[:size]) == head.root, size


@pytest.mark.parametrize("size", SIZES)
def test_each_entry_s_proof_is_right_for_foreign_code_and_the_one_it_makes(exported: Exported, size: int) -> None:
    head, reader = exported.heads()[size], LedgerReader(exported.path)
    for index in sorted({0, 1, size // 2, 254, 255, 256, size - 2, size - 1} & set(range(size))):
        body, hashes = reader.prove_entry(index + 1, size)
        assert list(hashes) == foreign.inclusion_proof(index, exported.leaves[:size])
        foreign.verify_inclusion(index, size, foreign.hash_leaf(body), list(hashes), head.root)
        with pytest.raises(foreign.ProofError):
            foreign.verify_inclusion(index, size, foreign.hash_leaf(body + b" "), list(hashes), head.root)


@pytest.mark.parametrize("old", SIZES)
def test_each_growth_s_proof_is_right_for_foreign_code_and_the_one_it_makes(exported: Exported, old: int) -> None:
    heads, reader = exported.heads(), LedgerReader(exported.path)
    for new in (size for size in SIZES if size >= old):
        hashes = list(reader.prove_growth(old, new))
        assert hashes == foreign.consistency_proof(old, exported.leaves[:new])
        foreign.verify_consistency(old, heads[old].root, new, heads[new].root, hashes)
        with pytest.raises(foreign.ProofError):
            foreign.verify_consistency(old, bytes(32), new, heads[new].root, hashes)


def test_a_proof_file_is_right_for_who_reads_it_by_the_specification(exported: Exported) -> None:
    note = LedgerReader(exported.path).signed_head(511)
    assert note is not None
    body, hashes = LedgerReader(exported.path).prove_entry(300, 511)
    file = str(EntryProof(299, hashes, note, body))
    proof, _, checkpoint = file.partition("\n\n")
    heading, extra, index, *path = proof.split("\n")
    assert (heading, index) == ("c2sp.org/tlog-proof@v1", "index 299")
    leaf = foreign.hash_leaf(base64.b64decode(extra.removeprefix("extra "), validate=True))
    head = read_head(checkpoint, exported.key)
    foreign.verify_inclusion(299, head.size, leaf, [base64.b64decode(one) for one in path], head.root)


def test_the_verifier_key_we_print_is_the_one_the_specification_says(exported: Exported) -> None:
    public = exported.key.public_key()
    identity = hashlib.sha256(f"{ORIGIN}\n".encode() + b"\x01" + public.raw).hexdigest()[:8]
    printed = str(VerifierKey(ORIGIN, public))
    encoded = base64.b64encode(bytes([1]) + public.raw).decode()
    assert printed == f"{ORIGIN}+{identity}+{encoded}"
