"""Find a custodian that evaluates bulk enrolment dishonestly, without paying for proofs.

A proof of correct evaluation costs the client two multiplications an element, which would triple the cost of
enrolling a million records. Instead the client hides *canaries* in every batch: inputs whose tokens it obtained
earlier with a verified proof. Blinded afresh they are uniformly random elements like all others, so the custodian
cannot treat them differently, whatever its computing power; and every position of the batch is shuffled, so that
not even the order tells.

What this shows, and what it does not: a custodian that falsifies each element with probability f is missed with
probability (1-f)**c for c canaries (`miss_probability`). With the 64 canaries of 10,000 elements, a change of
10 % is missed 1 time in 850, a change of all of them never, and **a change of one element in 10,000 is missed
99.4 % of the time**. Blinding means that such a change cannot be aimed at a person: it makes a random record
unfindable, as a lost record would be. Where that is too much, enrol with proofs.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from random import Random

from matching.encoding import encode
from matching.errors import CanaryError, FieldError

PER_10_000 = 64
FEWEST = 16  # in a batch of any size, so that a custodian answering a short batch wrongly is met as well
SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Canary:
    """An input and its token, known beforehand from an evaluation with a verified proof. Never shown: see T9."""

    input: bytes = field(repr=False)
    token: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PlantedBatch:
    """The inputs to blind, shuffled, with canaries among them, and the secret that tells which is which."""

    inputs: tuple[bytes, ...] = field(repr=False)
    positions: tuple[int, ...] = field(repr=False)  # of the i-th real input; the canaries' follow
    canaries: tuple[Canary, ...] = field(repr=False)

    def check(self, tokens: Sequence[bytes]) -> tuple[bytes, ...]:
        """Give the tokens of the real inputs in their first order; raise `CanaryError` if any canary changed."""
        if len(tokens) != len(self.inputs):
            raise CanaryError("the evaluation does not have the shape of its request")
        real = len(self.inputs) - len(self.canaries)
        known = zip(self.positions[real:], self.canaries, strict=True)
        changed = sum(not compare_digest(tokens[position], canary.token) for position, canary in known)
        if changed:
            raise CanaryError(f"{changed} of {len(self.canaries)} known tokens came back changed")
        return tuple(tokens[position] for position in self.positions[:real])


def canary_input(epoch: str, seed: bytes) -> bytes:
    """Give the VOPRF input of a canary: no feature of any record can equal it. The seed is 32 secret random bytes."""
    if len(seed) != SEED_BYTES:
        raise FieldError(f"seed has {len(seed)} bytes, not {SEED_BYTES}")
    return encode("symbolon/v1/canary", epoch, seed)


def canaries_wanted(elements: int) -> int:
    """Say how many canaries a batch of so many real elements gets: 64 in 10,000, at least 16."""
    return max(FEWEST, -(-elements * PER_10_000 // 10_000))


def miss_probability(falsified: float, canaries: int) -> float:
    """Give the probability that a custodian falsifying this fraction of the elements is not noticed."""
    return float((1.0 - falsified) ** canaries)


def plant(inputs: Sequence[bytes], canaries: Sequence[Canary], rng: Random | None = None) -> PlantedBatch:
    """Shuffle `canaries_wanted` canaries, drawn from the given ones with repetition if need be, among the inputs.

    `rng` defaults to the system's randomness; only tests give another.
    """
    if not inputs or not canaries:
        raise FieldError("a planted batch needs inputs and at least one canary")
    source = secrets.SystemRandom() if rng is None else rng
    wanted = canaries_wanted(len(inputs))
    few = len(canaries) < wanted
    chosen = source.choices(canaries, k=wanted) if few else source.sample(canaries, wanted)
    mixed = [*inputs, *(canary.input for canary in chosen)]
    positions = list(range(len(mixed)))
    source.shuffle(positions)
    shuffled = [b""] * len(mixed)
    for position, one in zip(positions, mixed, strict=True):
        shuffled[position] = one
    return PlantedBatch(tuple(shuffled), tuple(positions), tuple(chosen))
