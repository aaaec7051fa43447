"""Hidden known tokens find a custodian that evaluates a bulk enrolment dishonestly."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.canaries import (
    FEWEST,
    Canary,
    canaries_wanted,
    canary_input,
    miss_probability,
    plant,
)
from matching.errors import CanaryError, FieldError
from matching.oblivious import (
    PrivateKey,
    blind,
    derive_key_pair,
    evaluate,
    evaluate_with_proof,
    finalize,
    finalize_unproved,
    generate_key,
    token_input,
)

KEY = derive_key_pair(bytes(32), b"canaries")


def known(count: int) -> list[Canary]:
    inputs = [canary_input("e1", bytes([number]) * 32) for number in range(count)]
    batch = blind(inputs)
    tokens = finalize(batch, evaluate_with_proof(KEY, batch.elements), KEY.public_key())
    return [Canary(text, token) for text, token in zip(inputs, tokens, strict=True)]


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (tests repeat themselves)


CANARIES = known(20)


def test_an_honest_evaluation_gives_the_tokens_in_the_order_asked() -> None:
    inputs = [token_input("e1", b"%d" % number) for number in range(50)]
    planted = plant(inputs, CANARIES)
    batch = blind(planted.inputs)
    tokens = planted.check(finalize_unproved(batch, evaluate(KEY, batch.elements)))
    plain = blind(inputs)
    assert tokens == finalize_unproved(plain, evaluate(KEY, plain.elements))


def test_another_key_is_found_out() -> None:
    planted = plant([b"a", b"b"], CANARIES)
    batch = blind(planted.inputs)
    with pytest.raises(CanaryError):
        planted.check(finalize_unproved(batch, evaluate(generate_key(), batch.elements)))


def test_a_custodian_falsifying_a_quarter_is_found_out_on_elements() -> None:
    planted = plant([b"%d" % number for number in range(48)], CANARIES, seeded(1))
    batch = blind(planted.inputs)
    honest, false = evaluate(KEY, batch.elements), evaluate(PrivateKey(bytes([7]) + bytes(31)), batch.elements)
    answered = [false[place] if place % 4 == 0 else one for place, one in enumerate(honest)]
    with pytest.raises(CanaryError):
        planted.check(finalize_unproved(batch, answered))


def test_the_rate_of_missing_is_the_documented_one() -> None:
    # Tokens stand for themselves here: only the hiding is measured, and real arithmetic would take many minutes.
    rng = seeded(20260501)
    canaries = [Canary(b"c%d" % number, b"c%d" % number) for number in range(64)]
    inputs = [b"%d" % number for number in range(2_400)]
    missed = 0
    for _ in range(1_000):
        planted = plant(inputs, canaries, rng)
        false = [one + b"!" if rng.random() < 0.1 else one for one in planted.inputs]
        try:
            planted.check(false)
            missed += 1
        except CanaryError:
            pass
    expected = 1_000 * miss_probability(0.1, canaries_wanted(len(inputs)))
    assert expected / 2 < missed < expected * 1.5
    assert miss_probability(0.1, 64) == pytest.approx(1 / 849, rel=0.01)
    assert miss_probability(1.0, 1) == 0


def test_canaries_lie_anywhere_in_the_batch() -> None:
    rng = seeded(7)
    inputs, canaries = [b"%d" % number for number in range(16)], [Canary(b"c", b"c")]
    places = Counter(
        place for _ in range(500) for place, one in enumerate(plant(inputs, canaries, rng).inputs) if one == b"c"
    )
    # 16 of 32 places hold a canary, so each place should be hit about 250 times.
    assert set(places) == set(range(32))
    assert all(190 < count < 310 for count in places.values())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=200), st.integers(1, 30), st.integers())
def test_every_input_comes_back_at_its_own_place(inputs: list[bytes], available: int, seed: int) -> None:
    canaries = [Canary(b"canary %d" % number, b"canary %d" % number) for number in range(available)]
    planted = plant(inputs, canaries, seeded(seed))
    assert planted.check(planted.inputs) == tuple(inputs)
    assert len(planted.inputs) == len(inputs) + canaries_wanted(len(inputs))


def test_one_changed_canary_suffices() -> None:
    planted = plant([b"a"], CANARIES)
    tokens = [bytes(64)] * len(planted.inputs)
    with pytest.raises(CanaryError, match=f"{FEWEST} of {FEWEST}"):
        planted.check(tokens)


def test_an_answer_of_another_length_is_refused() -> None:
    planted = plant([b"a"], CANARIES)
    with pytest.raises(CanaryError):
        planted.check(planted.inputs[:-1])


def test_batches_carry_64_canaries_in_10_000_and_never_fewer_than_the_minimum() -> None:
    assert [canaries_wanted(count) for count in (1, 2_500, 10_000, 65_000)] == [FEWEST, FEWEST, 64, 416]


def test_nothing_can_be_planted_without_canaries_or_inputs() -> None:
    with pytest.raises(FieldError):
        plant([b"a"], [])
    with pytest.raises(FieldError):
        plant([], CANARIES)
    with pytest.raises(FieldError):
        canary_input("e1", bytes(31))


def test_which_inputs_are_canaries_does_not_show() -> None:
    planted = plant([b"name of a person"], CANARIES)
    shown = repr(planted) + repr(CANARIES[0])
    assert "name of a person" not in shown
    assert repr(CANARIES[0].input) not in shown
    assert repr(planted.positions) not in shown
