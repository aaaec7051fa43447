"""A batch commits to its records: one of them can be shown, another cannot, and the root alone says nothing."""

from __future__ import annotations

import hashlib
import json

import pytest

from ledger.merkle import ProofError, TreeHead, check_inclusion
from matching.subject import parse_subject
from node.enrolment.commitments import BatchTree, draw_secret, leaf_of, leaf_values, tree_over
from node.records.rows import Record

SECRET = bytes(range(32))


def record(number: int) -> Record:
    return Record(f"X-{number}", parse_subject({"names": [f"Orvika Tellmar {number}"], "dob": ["1980-01-02"]}))


def leaves(count: int, secret: bytes = SECRET) -> list[bytes]:
    return [leaf_of(leaf_values(secret, number, 1, record(number), [bytes([number])])) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 11])
def test_each_record_is_proved_and_no_other_in_its_place(count: int) -> None:
    made = leaves(count)
    tree = tree_over(SECRET, made)
    head = TreeHead(count, tree.root)
    for position, leaf in enumerate(made):
        check_inclusion(hashlib.sha256(b"\x00" + leaf).digest(), position, head, tree.path(position))
        tree.check(leaf, position)
        with pytest.raises(ProofError):
            tree.check(leaf.replace(b"Orvika", b"Orvina"), position)
    assert BatchTree.unpacked(SECRET, tree.packed()) == tree


def test_a_changed_line_of_the_index_is_another_leaf() -> None:
    values = leaf_values(SECRET, 1, 1, record(1), [b"b", b"a"])
    assert values == leaf_values(SECRET, 1, 1, record(1), [b"a", b"b"])
    assert leaf_of(values) != leaf_of(leaf_values(SECRET, 1, 1, record(1), [b"a"]))
    assert json.loads(leaf_of(values)) == values


def test_the_same_records_have_another_root_each_time() -> None:
    roots = {tree_over(secret, leaves(3, secret)).root for secret in (draw_secret(), draw_secret(), SECRET)}
    assert len(roots) == 3
    salts = {leaf_values(SECRET, number, 1, record(1), [])["salt"] for number in range(3)}
    assert len(salts) == 3  # so an opened leaf says nothing of its neighbour
