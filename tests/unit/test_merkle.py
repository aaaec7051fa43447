"""The Merkle tree of RFC 9162: official vectors, and proofs of every leaf and size of small trees."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    ProofError,
    TreeHead,
    check_consistency,
    check_inclusion,
    fold,
    hash_children,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
    root_at,
    root_of,
)

LEAVES = [hash_leaf(bytes([number])) for number in range(70)]


def _read(level: int, index: int) -> bytes:
    return fold(LEAVES[index << level : index + 1 << level])


def _root(leaves: list[bytes]) -> bytes:
    """Compute a root as RFC 9162, 2.1.1, defines it, by recursion."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return hash_children(_root(leaves[:left]), _root(leaves[left:]))


HEADS = [TreeHead(size, _root(LEAVES[:size])) for size in range(len(LEAVES) + 1)]


def _decoded(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def _cases(shared: Path, kind: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((shared / "vectors/rfc9162/proofs.json").read_text())[kind]
    assert len(cases) == 98
    return cases


@pytest.mark.shared
def test_official_inclusion_proofs(shared: Path) -> None:
    for case in _cases(shared, "inclusion"):
        leaf, root = _decoded([case["leafHash"], case["root"]])
        try:
            check_inclusion(leaf, case["leafIdx"], TreeHead(case["treeSize"], root), _decoded(case["proof"]))
            refused = False
        except ProofError:
            refused = True
        assert refused == case["wantErr"], (case["name"], case["desc"])


@pytest.mark.shared
def test_official_consistency_proofs(shared: Path) -> None:
    for case in _cases(shared, "consistency"):
        old, new = _decoded([case["root1"], case["root2"]])
        try:
            check_consistency(TreeHead(case["size1"], old), TreeHead(case["size2"], new), _decoded(case["proof"]))
            refused = False
        except ProofError:
            refused = True
        assert refused == case["wantErr"], (case["name"], case["desc"])


@pytest.mark.shared
def test_the_constants_of_rfc_6962(shared: Path) -> None:
    known = json.loads((shared / "vectors/rfc9162/rfc6962_constants.json").read_text())
    leaves = [hash_leaf(bytes.fromhex(one)) for one in known["leaf_inputs_hex"]]
    rows = [leaves]
    while len(rows[-1]) > 1:
        rows.append([fold(rows[-1][place : place + 2]) for place in range(0, len(rows[-1]), 2)])
    assert [[one.hex() for one in row] for row in rows] == known["node_hashes_hex"]
    assert [root_of(leaves[:size]).hex() for size in range(9)] == known["root_hashes_by_size_hex"]


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_a_root_is_the_same_grown_or_put_together_or_by_definition(size: int) -> None:
    assert root_of(LEAVES[:size]) == root_at(size, _read) == HEADS[size].root
    assert HEADS[0].root == EMPTY_ROOT


def test_every_leaf_of_every_tree_is_proved_and_no_other_in_its_place() -> None:
    for head in HEADS[1:]:
        for index in range(head.size):
            proof = prove_inclusion(index, head.size, _read)
            check_inclusion(LEAVES[index], index, head, proof)
            with pytest.raises(ProofError):
                check_inclusion(hash_leaf(b"other"), index, head, proof)


def test_every_earlier_tree_is_proved_and_no_other() -> None:
    for new in HEADS[1:]:
        for old in HEADS[1 : new.size + 1]:
            proof = prove_consistency(old.size, new.size, _read)
            check_consistency(old, new, proof)
            with pytest.raises(ProofError):
                check_consistency(TreeHead(old.size, hash_leaf(b"other")), new, proof)


@given(st.integers(1, 70), st.data())
def test_a_proof_with_any_hash_changed_added_or_dropped_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(index, size, _read)
    place = data.draw(st.integers(0, len(proof)))
    changes = [[*proof[:place], hash_leaf(b"more"), *proof[place:]]]
    if place < len(proof):
        changes += [[*proof[:place], *proof[place + 1 :]], [*proof[:place], hash_leaf(b"x"), *proof[place + 1 :]]]
    for changed in changes:
        with pytest.raises(ProofError):
            check_inclusion(LEAVES[index], index, HEADS[size], changed)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        prove_inclusion(index, size, _read)
    with pytest.raises(ProofError):
        check_inclusion(LEAVES[0], index, HEADS[size], [])


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 2)])
def test_there_is_no_consistency_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofError):
        prove_consistency(old, new, _read)
    with pytest.raises(ProofError):
        check_consistency(TreeHead(old, EMPTY_ROOT), HEADS[new], [])


def test_an_append_gives_the_subtrees_it_completes() -> None:
    growing = CompactRange()
    for number, leaf in enumerate(LEAVES):
        for level, one in enumerate(growing.append(leaf)):
            assert one == _read(level, number >> level)
