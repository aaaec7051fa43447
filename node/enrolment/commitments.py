"""What an enrolment batch commits to: an RFC 9162 tree over its records, whose root stands in the disclosure log.

A leaf is the canonical JSON of one record as enrolled: the record, its revision, the look-up values under which the
index holds it, and a salt. The salt is made from a secret of the batch, so root and leaf hashes say nothing of any
record, and one opened leaf nothing of another. Whoever is shown a leaf and the hashes beside its path needs nothing
but the log's entry to see that exactly this record was enrolled then. Pure.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.canonical import canonical
from ledger.merkle import HASH_BYTES, TreeHead, check_inclusion, hash_leaf, prove_inclusion, root_of
from node.records.rows import Record

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class BatchTree:
    """The secret of a batch and the hashes of its leaves, kept beside the index for later proofs."""

    secret: bytes = field(repr=False)
    leaf_hashes: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """Give what the log commits to."""
        return root_of(self.leaf_hashes)

    def path(self, position: int) -> list[bytes]:
        """Give the hashes that lead from a leaf to the root."""
        return prove_inclusion(position, len(self.leaf_hashes), self._subtree)

    def check(self, leaf: bytes, position: int) -> None:
        """Raise `ProofError` unless this leaf stands at that position."""
        head = TreeHead(len(self.leaf_hashes), self.root)
        check_inclusion(hash_leaf(leaf), position, head, self.path(position))

    def _subtree(self, level: int, number: int) -> bytes:
        return root_of(self.leaf_hashes[number << level : (number + 1) << level])

    def packed(self) -> bytes:
        """Give the leaf hashes one behind the other."""
        return b"".join(self.leaf_hashes)

    @classmethod
    def unpacked(cls, secret: bytes, packed: bytes) -> BatchTree:
        """Read what `packed` gave."""
        starts = range(0, len(packed), HASH_BYTES)
        return cls(secret, tuple(packed[start : start + HASH_BYTES] for start in starts))


def draw_secret() -> bytes:
    """Draw the secret of a batch."""
    return secrets.token_bytes(SALT_BYTES)


def leaf_values(secret: bytes, number: int, revision: int, record: Record, lookups: Iterable[bytes]) -> dict[str, Any]:
    """Give a leaf as values; ``number`` is the record's in the store and stays here."""
    salt = hmac.digest(secret, number.to_bytes(8, "big"), "sha256")
    return {
        "lookups": sorted(lookup.hex() for lookup in lookups),
        "record": record.to_row(),
        "revision": revision,
        "salt": salt.hex(),
    }


def leaf_of(values: dict[str, Any]) -> bytes:
    """Give the bytes of a leaf, which are hashed."""
    return canonical(values)


def tree_over(secret: bytes, leaves: Sequence[bytes]) -> BatchTree:
    """Give the tree over leaves in their order."""
    return BatchTree(secret, tuple(map(hash_leaf, leaves)))
