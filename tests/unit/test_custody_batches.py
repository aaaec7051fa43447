"""Query batches: filled to their class with elements nobody can tell apart, unblinded only where an input stands."""

from __future__ import annotations

import pytest

from matching import sodium
from matching.errors import ProofError
from matching.oblivious import blind, evaluate_with_proof, finalize, generate_key
from node.custody import _proved_tokens, _query_batch

KEY = generate_key()
INPUTS = [b"input %d" % number for number in range(70)]


@pytest.mark.parametrize(("inputs", "size"), [(1, 64), (11, 64), (64, 64), (65, 128)])
def test_a_query_is_filled_to_its_class_with_different_valid_elements(inputs: int, size: int) -> None:
    elements = _query_batch(INPUTS[:inputs]).elements
    assert len(elements) == len(set(elements)) == size
    for element in elements:
        sodium.check_element(element)


def test_no_element_comes_twice_in_two_batches_of_one_query() -> None:
    assert not set(_query_batch(INPUTS[:11]).elements) & set(_query_batch(INPUTS[:11]).elements)


def test_the_tokens_are_those_of_the_inputs_alone() -> None:
    batch = _query_batch(INPUTS[:11])
    tokens = _proved_tokens(batch, evaluate_with_proof(KEY, batch.elements), KEY.public_key())
    alone = blind(INPUTS[:11])
    assert tokens == finalize(alone, evaluate_with_proof(KEY, alone.elements), KEY.public_key())


@pytest.mark.parametrize("place", [0, 10, 11, 63])
def test_a_custodian_that_changes_any_element_is_found_whether_it_stands_for_an_input_or_fills(place: int) -> None:
    batch = _query_batch(INPUTS[:11])
    honest = evaluate_with_proof(KEY, batch.elements)
    changed = list(honest.elements)
    changed[place] = sodium.multiply_base(sodium.random_scalar())
    with pytest.raises(ProofError):
        _proved_tokens(batch, type(honest)(tuple(changed), honest.proof), KEY.public_key())
