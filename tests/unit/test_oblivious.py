"""RFC 9497: the official vectors, and what happens when one of the two sides does not follow it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import sodium
from matching.errors import FieldError, GroupError, ProofError
from matching.oblivious import (
    MAX_BATCH,
    Evaluation,
    Mode,
    PrivateKey,
    blind,
    derive_key_pair,
    evaluate,
    evaluate_with_proof,
    finalize,
    finalize_unproved,
    generate_key,
    split_elements,
    token_input,
    verify_proof,
)
from tests.vectors import ristretto

KEY = derive_key_pair(bytes(32), b"tests")
PUBLIC = KEY.public_key()


def hexes(text: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(one) for one in text.split(","))


def suite(shared: Path, mode: Mode) -> dict[str, Any]:
    suites = json.loads((shared / "vectors/rfc9497/allVectors.json").read_text())
    wanted = [one for one in suites if (one["identifier"], one["mode"]) == ("ristretto255-SHA512", mode)]
    assert len(wanted) == 1
    found: dict[str, Any] = wanted[0]
    return found


@pytest.mark.shared
@pytest.mark.parametrize("mode", Mode)
def test_keys_derive_as_in_the_official_vectors(shared: Path, mode: Mode) -> None:
    vectors = suite(shared, mode)
    key = derive_key_pair(bytes.fromhex(vectors["seed"]), bytes.fromhex(vectors["keyInfo"]), mode)
    assert key.scalar.hex() == vectors["skSm"]
    if mode is Mode.VOPRF:
        assert key.public_key().hex() == vectors["pkSm"]


@pytest.mark.shared
@pytest.mark.parametrize("mode", Mode)
def test_every_official_vector_of_both_modes_is_reproduced(shared: Path, mode: Mode) -> None:
    vectors = suite(shared, mode)
    key = PrivateKey(bytes.fromhex(vectors["skSm"]))
    assert {one["Batch"] for one in vectors["vectors"]} == ({1, 2} if mode is Mode.VOPRF else {1})
    for one in vectors["vectors"]:
        batch = blind(hexes(one["Input"]), mode, blinds=hexes(one["Blind"]))
        assert batch.elements == hexes(one["BlindedElement"])
        evaluated = evaluate(key, batch.elements)
        assert evaluated == hexes(one["EvaluationElement"])
        assert finalize_unproved(batch, evaluated) == hexes(one["Output"])
        if mode is Mode.VOPRF:
            proved = evaluate_with_proof(key, batch.elements, nonce=bytes.fromhex(one["Proof"]["r"]))
            assert proved == Evaluation(evaluated, bytes.fromhex(one["Proof"]["proof"]))
            assert finalize(batch, proved, key.public_key()) == hexes(one["Output"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=80), min_size=1, max_size=40))
def test_tokens_depend_on_key_and_input_and_not_on_the_blinds(inputs: list[bytes]) -> None:
    first, second = blind(inputs), blind(inputs)
    tokens = finalize(first, evaluate_with_proof(KEY, first.elements), PUBLIC)
    assert tokens == finalize_unproved(second, evaluate(KEY, second.elements))
    assert len(set(tokens)) == len(set(inputs))
    assert not set(first.elements) & set(second.elements)


def test_a_batch_shared_between_threads_gives_the_same_as_element_by_element() -> None:
    inputs = [b"%d" % number for number in range(100)]
    together = blind(inputs)
    tokens = finalize(together, evaluate_with_proof(KEY, together.elements), PUBLIC)
    for text, token in zip(inputs, tokens, strict=True):
        alone = blind([text])
        assert finalize_unproved(alone, evaluate(KEY, alone.elements)) == (token,)


def test_the_modes_and_epochs_give_unrelated_tokens() -> None:
    batches = [
        blind([b"x"], Mode.OPRF),
        blind([b"x"]),
        blind([token_input("a", b"x")]),
        blind([token_input("b", b"x")]),
    ]
    assert len({finalize_unproved(one, evaluate(KEY, one.elements)) for one in batches}) == 4


def test_another_key_is_found_out_by_the_proof() -> None:
    batch = blind([b"a", b"b"])
    with pytest.raises(ProofError):
        finalize(batch, evaluate_with_proof(generate_key(), batch.elements), PUBLIC)


@pytest.mark.parametrize("changed", range(3))
def test_one_wrong_element_among_honest_ones_is_found_out_by_the_proof(changed: int) -> None:
    batch = blind([b"a", b"b", b"c"])
    honest = evaluate_with_proof(KEY, batch.elements)
    elements = list(honest.elements)
    elements[changed] = sodium.multiply(sodium.random_scalar(), elements[changed])
    with pytest.raises(ProofError):
        finalize(batch, Evaluation(tuple(elements), honest.proof), PUBLIC)


def test_swapped_elements_are_found_out_by_the_proof() -> None:
    batch = blind([b"a", b"b"])
    honest = evaluate_with_proof(KEY, batch.elements)
    with pytest.raises(ProofError):
        finalize(batch, Evaluation(honest.elements[::-1], honest.proof), PUBLIC)


def test_errors_that_cancel_out_are_found_out_by_the_proof() -> None:
    # Without random weights the sums would be right: one element too large by G, the other too small by G.
    batch = blind([b"a", b"b"])
    honest = evaluate_with_proof(KEY, batch.elements)
    shift = sodium.multiply_base(sodium.ONE)
    elements = (sodium.add(honest.elements[0], shift), sodium.subtract(honest.elements[1], shift))
    with pytest.raises(ProofError):
        finalize(batch, Evaluation(elements, honest.proof), PUBLIC)


def test_a_proof_fits_only_its_own_batch() -> None:
    batch, other = blind([b"a"]), blind([b"a"])
    with pytest.raises(ProofError):
        finalize(batch, evaluate_with_proof(KEY, other.elements), PUBLIC)


@settings(max_examples=40, deadline=None)
@given(st.integers(min_value=0, max_value=511))
def test_every_flipped_bit_of_a_proof_is_refused(bit: int) -> None:
    batch = blind([b"a"])
    honest = evaluate_with_proof(KEY, batch.elements)
    flipped = int.from_bytes(honest.proof, "big") ^ (1 << bit)
    with pytest.raises((ProofError, GroupError)):
        finalize(batch, Evaluation(honest.elements, flipped.to_bytes(64, "big")), PUBLIC)


def test_a_proof_with_a_scalar_above_the_order_is_refused_even_if_equal_modulo_the_order() -> None:
    batch = blind([b"a"])
    honest = evaluate_with_proof(KEY, batch.elements)
    c, s = honest.proof[:32], honest.proof[32:]
    shifted = (int.from_bytes(s, "little") + ristretto.ORDER).to_bytes(32, "little")
    with pytest.raises(GroupError):
        finalize(batch, Evaluation(honest.elements, c + shifted), PUBLIC)


@pytest.mark.parametrize("proof", [bytes(64), b"", bytes(63), bytes(65)])
def test_a_proof_of_zeros_or_of_another_size_is_refused(proof: bytes) -> None:
    batch = blind([b"a"])
    with pytest.raises(ProofError):
        finalize(batch, Evaluation(evaluate(KEY, batch.elements), proof), PUBLIC)


BAD_ELEMENTS = {
    "identity": sodium.IDENTITY,
    "non-canonical": bytes([0]) + bytes([0xFF]) * 31,
    "not on the curve": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
    "short": b"\x01" * 31,
    "long": b"\x01" * 33,
}


@pytest.mark.parametrize("bad", BAD_ELEMENTS.values(), ids=BAD_ELEMENTS.keys())
@pytest.mark.parametrize("others", [0, 40], ids=["alone", "among many"])
def test_an_invalid_element_is_refused_on_both_sides(bad: bytes, others: int) -> None:
    batch = blind([b"%d" % number for number in range(others + 1)])
    honest = evaluate_with_proof(KEY, batch.elements)
    with pytest.raises(GroupError):
        evaluate(KEY, (*batch.elements[:-1], bad))
    with pytest.raises(GroupError):
        finalize_unproved(batch, (*honest.elements[:-1], bad))
    with pytest.raises(GroupError):
        finalize(batch, Evaluation((*honest.elements[:-1], bad), honest.proof), PUBLIC)
    with pytest.raises(GroupError):
        verify_proof(bad, batch.elements, honest)


def test_an_answer_with_more_or_fewer_elements_is_refused() -> None:
    batch = blind([b"a", b"b"])
    honest = evaluate_with_proof(KEY, batch.elements)
    for elements in (honest.elements[:1], honest.elements * 2, ()):
        with pytest.raises(ProofError):
            finalize_unproved(batch, elements)
        with pytest.raises(ProofError):
            finalize(batch, Evaluation(elements, honest.proof), PUBLIC)


def test_the_mode_without_proofs_cannot_be_finalized_as_proved() -> None:
    batch = blind([b"a"], Mode.OPRF)
    with pytest.raises(FieldError):
        finalize(batch, evaluate_with_proof(KEY, batch.elements), PUBLIC)


def test_limits_of_batches_inputs_and_seeds_hold() -> None:
    with pytest.raises(FieldError):
        blind([])
    with pytest.raises(FieldError):
        blind([bytes(65_536)])
    with pytest.raises(FieldError):
        evaluate(KEY, [PUBLIC] * (MAX_BATCH + 1))
    with pytest.raises(FieldError):
        blind([b"a"], blinds=[sodium.ONE, sodium.ONE])
    with pytest.raises(FieldError):
        derive_key_pair(bytes(31), b"")
    with pytest.raises(FieldError):
        derive_key_pair(bytes(32), bytes(65_536))


@pytest.mark.parametrize("scalar", [sodium.ZERO, b"\xff" * 32, b"", bytes(31)])
def test_a_zero_or_malformed_key_is_refused(scalar: bytes) -> None:
    with pytest.raises(GroupError):
        PrivateKey(scalar)


def test_elements_travel_as_one_string() -> None:
    elements = blind([b"a", b"b"]).elements
    assert split_elements(b"".join(elements)) == elements
    for bad in (b"", bytes(33), bytes(31)):
        with pytest.raises(GroupError):
            split_elements(bad)


def test_nothing_secret_shows_in_a_repr() -> None:
    batch = blind([b"name of a person"])
    shown = repr((KEY, batch, generate_key()))
    for secret in (KEY.scalar, batch.inputs[0], batch.blinds[0]):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


def test_a_batch_survives_being_stored_between_asking_and_finalizing() -> None:
    batch = pickle.loads(pickle.dumps(blind([b"a"])))  # noqa: S301 (our own bytes)
    assert finalize(batch, evaluate_with_proof(KEY, batch.elements), PUBLIC)
