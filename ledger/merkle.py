"""The Merkle tree of RFC 9162, section 2.1: hashes, heads, inclusion and consistency proofs, made and verified.

Pure: a proof is made of the hashes of full subtrees, which the caller reads from wherever they are (`ReadHash`), and
verified from its own bytes. Leaves count from 0. Stricter than the RFC, as official test vectors ask: a hash has
exactly 32 bytes, and there is no consistency proof from the empty tree, which is a part of every tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The head of a tree without leaves."""

MOST_HASHES = 63
"""Hashes in a proof at most: a tree has fewer than 2^63 leaves."""

ReadHash = Callable[[int, int], bytes]
"""Give the hash of a full subtree: of the 2^level leaves from index · 2^level on."""

_Range = tuple[int, int]


class ProofError(ValueError):
    """A proof does not verify; the message says why."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The number of leaves of a tree and its root hash."""

    size: int
    root: bytes


def hash_leaf(content: bytes) -> bytes:
    """Give the hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Give the hash of a node over its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The full subtrees that a growing tree consists of, left to right: one for each bit of its size."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Begin with the empty tree, or with the full subtrees of a tree of that size, the largest first."""
        self.size = size
        self._hashes = list(hashes)

    def append(self, leaf_hash: bytes) -> list[bytes]:
        """Add a leaf; give the hashes of the subtrees it completes, that of its 2^level leaves at place ``level``."""
        completed = [leaf_hash]
        size = self.size
        while size & 1:
            completed.append(hash_children(self._hashes.pop(), completed[-1]))
            size >>= 1
        self._hashes.append(completed[-1])
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Give the root hash of the tree as it is now."""
        return _fold_right(self._hashes) if self._hashes else EMPTY_ROOT


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Give the root hash over leaves."""
    growing = CompactRange()
    for leaf_hash in leaf_hashes:
        growing.append(leaf_hash)
    return growing.root()


def root_at(size: int, read: ReadHash) -> bytes:
    """Give the root hash of the first ``size`` leaves."""
    return _range_root((0, size), read) if size else EMPTY_ROOT


def prove_inclusion(index: int, size: int, read: ReadHash) -> list[bytes]:
    """Prove that a leaf is in the tree of that size (RFC 9162, 2.1.3.1); raise `ProofError` when it is not."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has no leaf {index}")
    ranges: list[_Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        ranges.append((middle, end) if index < middle else (begin, middle))
        begin, end = (begin, middle) if index < middle else (middle, end)
    return [_range_root(one, read) for one in reversed(ranges)]


def prove_consistency(old: int, new: int, read: ReadHash) -> list[bytes]:
    """Prove that the tree of ``old`` leaves is the beginning of that of ``new`` (RFC 9162, 2.1.4.1)."""
    if not 0 < old <= new:
        raise ProofError(f"there is no consistency proof from {old} to {new} leaves")
    ranges: list[_Range] = []
    begin, end = 0, new
    while end > old:
        middle = begin + _split(end - begin)
        ranges.append((middle, end) if old <= middle else (begin, middle))
        begin, end = (begin, middle) if old <= middle else (middle, end)
    if begin:
        ranges.append((begin, end))
    return [_range_root(one, read) for one in reversed(ranges)]


def check_inclusion(leaf_hash: bytes, index: int, head: TreeHead, proof: Sequence[bytes]) -> None:
    """Raise `ProofError` unless the leaf is in the tree of that head (RFC 9162, 2.1.3.2)."""
    _check_sizes(leaf_hash, *proof)
    if not 0 <= index < head.size:
        raise ProofError(f"a tree of {head.size} leaves has no leaf {index}")
    place, last, root = index, head.size - 1, leaf_hash
    for one in proof:
        if not last:
            raise ProofError("the inclusion proof is too long")
        if place & 1 or place == last:
            root = hash_children(one, root)
            place, last = _climb(place, last)
        else:
            root = hash_children(root, one)
        place, last = place >> 1, last >> 1
    if last or root != head.root:
        raise ProofError("the inclusion proof does not lead to the root")


def check_consistency(old: TreeHead, new: TreeHead, proof: Sequence[bytes]) -> None:
    """Raise `ProofError` unless the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 < old.size <= new.size:
        raise ProofError(f"there is no consistency proof from {old.size} to {new.size} leaves")
    if old.size == new.size:
        if proof or old.root != new.root:
            raise ProofError("two trees of one size are not the same")
        return
    _check_sizes(old.root, *proof)
    path = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    if not proof:
        raise ProofError("the consistency proof is empty")
    place, last = _shift_while_right(old.size - 1, new.size - 1)
    first = second = path[0]
    for one in path[1:]:
        if not last:
            raise ProofError("the consistency proof is too long")
        if place & 1 or place == last:
            first, second = hash_children(one, first), hash_children(one, second)
            place, last = _climb(place, last)
        else:
            second = hash_children(second, one)
        place, last = place >> 1, last >> 1
    if last or (first, second) != (old.root, new.root):
        raise ProofError("the consistency proof does not lead to both roots")


def fold(hashes: Sequence[bytes]) -> bytes:
    """Give the hash of a full subtree over the hashes of equally high ones; their number is a power of two."""
    while len(hashes) > 1:
        hashes = [hash_children(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)]
    return hashes[0]


def _split(count: int) -> int:
    """Give the largest power of two below ``count``: so many leaves go to the left."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(leaves: _Range, read: ReadHash) -> bytes:
    """Give the hash over leaves that are a node of the tree: full subtrees, each lower than the one before it."""
    begin, end = leaves
    hashes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        hashes.append(read(level, begin >> level))
        begin += 1 << level
    return _fold_right(hashes)


def _fold_right(hashes: Sequence[bytes]) -> bytes:
    root = hashes[-1]
    for one in reversed(hashes[:-1]):
        root = hash_children(one, root)
    return root


def _climb(place: int, last: int) -> tuple[int, int]:
    """Go up past the levels at which a node at the right edge has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _shift_while_right(place: int, last: int) -> tuple[int, int]:
    while place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _check_sizes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError(f"a hash has not {HASH_BYTES} bytes")
