"""RFC 9497 over ristretto255-SHA512: evaluating a keyed function without showing the input.

Modes OPRF (0) and VOPRF (1). The two have different context strings and therefore different outputs, so Symbolon's
tokens are VOPRF outputs throughout: a query checks the proof (`finalize`), bulk enrolment leaves the proof out
(`finalize_unproved`) and finds a dishonest custodian by hidden canaries instead (``canaries``). Mode 0 is here for
the official vectors and for measuring. The mode POPRF is left out on purpose: it does not survive key sharing.

What this module does not decide: what is hashed (``features``), which custodian key is the right one (pinned by the
epoch), how many elements anybody may ask for (metered by the custodian), what becomes of a token (``lockbox``).

Elements are handled in batches; above a few a few threads share them, since libsodium runs outside the
GIL. Blinds are fresh uniform scalars for every element, inverted together by Montgomery's trick: one inversion and
three scalar multiplications an element. Nothing secret appears in a ``repr`` or in an exception.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from itertools import accumulate

from matching import sodium
from matching.encoding import encode
from matching.errors import FieldError, GroupError, ProofError
from matching.threads import in_chunks, in_parallel

MAX_BATCH = 65_535  # the proof counts its elements in two bytes; past it the security proof says nothing (T11)
MAX_INPUT_BYTES = 65_535
TOKEN_BYTES = 64
PROOF_BYTES = 2 * sodium.SCALAR_BYTES
SEED_BYTES = 32

SUITE = "ristretto255-SHA512"
"""Identifier of the only suite there is (RFC 9497 section 4.1), as it stands on the wire and in every hash."""

_BLOCK = hashlib.sha512(bytes(128))  # Z_pad of expand_message_xmd (RFC 9380 section 5.3.1), hashed once


class Mode(IntEnum):
    """The protocol variants of RFC 9497 section 3.1 that Symbolon knows."""

    OPRF = 0
    VOPRF = 1

    @property
    def context(self) -> bytes:
        """Give contextString, which separates the modes and suites."""
        return b"OPRFV1-" + bytes([self]) + b"-" + SUITE.encode()


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A custodian's key: a canonical non-zero scalar, never shown."""

    scalar: bytes = field(repr=False)

    def __post_init__(self) -> None:
        sodium.check_scalar(self.scalar)
        if self.scalar == sodium.ZERO:
            raise GroupError("a key is not zero")

    def public_key(self) -> bytes:
        """Give the public key, an encoded element of 32 bytes."""
        return sodium.multiply_base(self.scalar)


@dataclass(frozen=True, slots=True)
class BlindedBatch:
    """What a client keeps between asking and finalizing; only `elements` leaves the machine.

    Using the same batch twice is harmless with an honest custodian, but blind afresh: equal elements are linkable.
    """

    mode: Mode
    elements: tuple[bytes, ...]
    inputs: tuple[bytes, ...] = field(repr=False)
    blinds: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A custodian's answer: one element for each blinded one, in order, and one proof of 64 bytes for all."""

    elements: tuple[bytes, ...]
    proof: bytes


def token_input(epoch: str, feature: bytes) -> bytes:
    """Give the bytes whose VOPRF output is the token of a feature (its canonical bytes) in a key epoch."""
    return encode("symbolon/v1/token", epoch, feature)


def generate_key() -> PrivateKey:
    """Draw a key from the system's randomness."""
    return PrivateKey(sodium.random_scalar())


def derive_key_pair(seed: bytes, info: bytes, mode: Mode = Mode.VOPRF) -> PrivateKey:
    """Derive a key from a 32-byte secret seed and public info (RFC 9497 section 3.2.1)."""
    if len(seed) != SEED_BYTES:
        raise FieldError(f"seed has {len(seed)} bytes, not {SEED_BYTES}")
    if len(info) > MAX_INPUT_BYTES:
        raise FieldError(f"info has {len(info)} bytes, at most {MAX_INPUT_BYTES} are allowed")
    for counter in range(256):
        transcript = seed + _prefixed(info) + bytes([counter])
        scalar = sodium.reduce_scalar(_expand(transcript, b"DeriveKeyPair" + mode.context))
        if scalar != sodium.ZERO:
            return PrivateKey(scalar)
    raise GroupError("no key can be derived from this seed")


def blind(inputs: Sequence[bytes], mode: Mode = Mode.VOPRF, *, blinds: Sequence[bytes] | None = None) -> BlindedBatch:
    """Blind up to 65,535 inputs, each with its own random scalar. `blinds` is given by test vectors only."""
    _check_count(len(inputs))
    if any(len(one) > MAX_INPUT_BYTES for one in inputs):
        raise FieldError(f"an input is longer than {MAX_INPUT_BYTES} bytes")
    scalars = tuple(sodium.random_scalar() for _ in inputs) if blinds is None else tuple(blinds)
    if len(scalars) != len(inputs):
        raise FieldError(f"{len(scalars)} blinds for {len(inputs)} inputs")
    for scalar in scalars if blinds is not None else ():
        sodium.check_scalar(scalar)
    destination = b"HashToGroup-" + mode.context

    def blind_one(text: bytes, scalar: bytes) -> bytes:
        return sodium.multiply(scalar, sodium.from_hash(_expand(text, destination)))

    return BlindedBatch(mode, in_parallel(blind_one, inputs, scalars), tuple(inputs), scalars)


def evaluate(key: PrivateKey, blinded: Sequence[bytes]) -> tuple[bytes, ...]:
    """Evaluate blinded elements without a proof; raise `GroupError` if any is not a valid element."""
    _check_count(len(blinded))
    # libsodium's multiplication refuses what does not decode, and the identity, whose multiples are the identity.
    return in_parallel(lambda element: sodium.multiply(key.scalar, element), blinded)


def evaluate_with_proof(key: PrivateKey, blinded: Sequence[bytes], *, nonce: bytes | None = None) -> Evaluation:
    """Evaluate a VOPRF batch and prove it (RFC 9497 section 2.2.1). `nonce` is given by test vectors only.

    A proof nonce used twice reveals the key: leave it to the system's randomness.
    """
    evaluated = evaluate(key, blinded)
    public_key = key.public_key()
    weights = _weights(public_key, blinded, evaluated)
    combined = _weighted_sum(weights, blinded)
    r = sodium.random_scalar() if nonce is None else nonce
    sodium.check_scalar(r)
    c = _challenge(
        public_key,
        combined,
        sodium.multiply(key.scalar, combined),
        sodium.multiply_base(r),
        sodium.multiply(r, combined),
    )
    s = sodium.subtract_scalars(r, sodium.multiply_scalars(c, key.scalar))
    return Evaluation(evaluated, c + s)


def verify_proof(public_key: bytes, blinded: Sequence[bytes], evaluation: Evaluation) -> None:
    """Check that one key, the one behind `public_key`, evaluated all of `blinded`; raise `ProofError` if not.

    Malformed elements or scalars raise `GroupError`. Costs two multiplications an element.
    """
    _check_count(len(blinded))
    if len(evaluation.elements) != len(blinded) or len(evaluation.proof) != PROOF_BYTES:
        raise ProofError("the evaluation does not have the shape of its request")
    sodium.check_element(public_key)
    for element in (*blinded, *evaluation.elements):
        sodium.check_element(element)
    c, s = evaluation.proof[: sodium.SCALAR_BYTES], evaluation.proof[sodium.SCALAR_BYTES :]
    sodium.check_scalar(c)
    sodium.check_scalar(s)
    weights = _weights(public_key, blinded, evaluation.elements)
    m, z = _weighted_sum(weights, blinded), _weighted_sum(weights, evaluation.elements)
    try:
        t2 = sodium.add(sodium.multiply_base(s), sodium.multiply(c, public_key))
        t3 = sodium.add(sodium.multiply(s, m), sodium.multiply(c, z))
    except GroupError:  # a zero in the proof, or sums arranged to vanish: no honest custodian sends either
        raise ProofError("the proof is degenerate") from None
    if not hmac.compare_digest(_challenge(public_key, m, z, t2, t3), c):
        raise ProofError("the evaluation was not made with the expected key")


def finalize(batch: BlindedBatch, evaluation: Evaluation, public_key: bytes) -> tuple[bytes, ...]:
    """Check the proof, unblind, and give one 64-byte token an input, in order. This is the way for queries."""
    if batch.mode is not Mode.VOPRF:
        raise FieldError("only the VOPRF mode has proofs")
    verify_proof(public_key, batch.elements, evaluation)
    return _unblind(batch, evaluation.elements)


def finalize_unproved(batch: BlindedBatch, evaluated: Sequence[bytes]) -> tuple[bytes, ...]:
    """Unblind without any proof of honest evaluation: only for batches that carry canaries, and for mode 0."""
    if len(evaluated) != len(batch.elements):
        raise ProofError("the evaluation does not have the shape of its request")
    return _unblind(batch, evaluated)


def split_elements(joined: bytes) -> tuple[bytes, ...]:
    """Cut elements that travelled as one string into 32-byte pieces; their validity is checked where they are used."""
    if not joined or len(joined) % sodium.ELEMENT_BYTES:
        raise GroupError("not a whole number of elements")
    _check_count(len(joined) // sodium.ELEMENT_BYTES)
    return tuple(joined[start : start + sodium.ELEMENT_BYTES] for start in range(0, len(joined), sodium.ELEMENT_BYTES))


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_BATCH:
        raise FieldError(f"a batch has {count} elements, not 1 to {MAX_BATCH}")


def _prefixed(part: bytes) -> bytes:
    return len(part).to_bytes(2, "big") + part


def _expand(message: bytes, destination: bytes) -> bytes:
    """expand_message_xmd of RFC 9380 with SHA-512 for 64 bytes, which is exactly one block."""
    suffix = destination + bytes([len(destination)])
    first = _BLOCK.copy()
    first.update(message + b"\0\x40\0" + suffix)
    return hashlib.sha512(first.digest() + b"\x01" + suffix).digest()


def _hash_to_scalar(message: bytes) -> bytes:
    return sodium.reduce_scalar(_expand(message, b"HashToScalar-" + Mode.VOPRF.context))


def _challenge(public_key: bytes, *elements: bytes) -> bytes:
    return _hash_to_scalar(b"".join(map(_prefixed, (public_key, *elements))) + b"Challenge")


def _weights(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> tuple[bytes, ...]:
    """The random-looking coefficients of ComputeComposites, bound to the key and to every element."""
    destination = b"Seed-" + Mode.VOPRF.context
    seed = _prefixed(hashlib.sha512(_prefixed(public_key) + _prefixed(destination)).digest())
    return tuple(
        _hash_to_scalar(seed + index.to_bytes(2, "big") + _prefixed(c) + _prefixed(d) + b"Composite")
        for index, (c, d) in enumerate(zip(blinded, evaluated, strict=True))
    )


def _weighted_sum(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    def partial(some_weights: Sequence[bytes], some_elements: Sequence[bytes]) -> bytes:
        return reduce(sodium.add, map(sodium.multiply, some_weights, some_elements))

    return reduce(sodium.add, in_chunks(partial, weights, elements))


def _inverses(scalars: Sequence[bytes]) -> list[bytes]:
    """Invert all at once (Montgomery): invert the product, then peel one factor off at a time."""
    products = list(accumulate(scalars, sodium.multiply_scalars, initial=sodium.ONE))
    rest = sodium.invert_scalar(products[-1])
    result: list[bytes] = []
    for before, scalar in zip(reversed(products[:-1]), reversed(scalars), strict=True):
        result.append(sodium.multiply_scalars(rest, before))
        rest = sodium.multiply_scalars(rest, scalar)
    return result[::-1]


def _unblind(batch: BlindedBatch, evaluated: Sequence[bytes]) -> tuple[bytes, ...]:
    def finish(text: bytes, inverse: bytes, element: bytes) -> bytes:
        unblinded = sodium.multiply(inverse, element)
        return hashlib.sha512(_prefixed(text) + _prefixed(unblinded) + b"Finalize").digest()

    return in_parallel(finish, batch.inputs, _inverses(batch.blinds), evaluated)
