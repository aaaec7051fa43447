"""The binding: what libsodium computes is ristretto255, and nothing malformed reaches it."""

from __future__ import annotations

import ctypes.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import sodium
from matching.errors import GroupError
from tests.vectors import ristretto

GENERATOR = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")

uniform = st.binary(min_size=64, max_size=64)
scalars = uniform.map(sodium.reduce_scalar).filter(lambda scalar: scalar != sodium.ZERO)
elements = uniform.map(sodium.from_hash).filter(lambda element: element != sodium.IDENTITY)

# RFC 9496 appendix A.2: encodings that must be refused. One of each kind.
BAD_ENCODINGS = {
    "non-canonical field element": "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "the prime itself": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "negative field element": "0100000000000000000000000000000000000000000000000000000000000000",
    "non-square": "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "negative xy": "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "y is zero": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "identity": "00" * 32,
    "too short": "e2f2ae0a",
    "too long": GENERATOR.hex() + "00",
    "empty": "",
}


def number(scalar: bytes) -> int:
    return int.from_bytes(scalar, "little")


def test_the_generator_is_the_one_of_the_rfc() -> None:
    assert sodium.multiply_base(sodium.ONE) == GENERATOR


@settings(max_examples=20, deadline=None)
@given(uniform, elements, scalars)
def test_libsodium_and_plain_integers_compute_the_same_group(wide: bytes, element: bytes, k: bytes) -> None:
    p, q = ristretto.from_uniform(wide), ristretto.decode(element)
    assert number(sodium.reduce_scalar(wide)) == number(wide) % ristretto.ORDER
    assert sodium.from_hash(wide) == ristretto.encode(p)
    assert sodium.add(sodium.from_hash(wide), element) == ristretto.encode(ristretto.add(p, q))
    assert sodium.multiply(k, element) == ristretto.encode(ristretto.multiply(number(k), q))


@settings(max_examples=40, deadline=None)
@given(scalars, scalars, elements)
def test_scalars_act_on_elements_as_a_field(a: bytes, b: bytes, element: bytes) -> None:
    twice = sodium.multiply(a, sodium.multiply(b, element))
    assert twice == sodium.multiply(sodium.multiply_scalars(a, b), element)
    assert sodium.multiply(sodium.invert_scalar(a), sodium.multiply(a, element)) == element
    assert number(sodium.add_scalars(a, b)) == (number(a) + number(b)) % ristretto.ORDER
    assert sodium.subtract_scalars(sodium.add_scalars(a, b), b) == a
    assert sodium.subtract(sodium.add(element, GENERATOR), GENERATOR) == element


@pytest.mark.parametrize("encoding", BAD_ENCODINGS.values(), ids=BAD_ENCODINGS.keys())
def test_an_invalid_element_is_refused_everywhere(encoding: str) -> None:
    bad = bytes.fromhex(encoding)
    with pytest.raises(GroupError):
        sodium.check_element(bad)
    with pytest.raises(GroupError):
        sodium.multiply(sodium.ONE, bad)


def test_a_valid_element_is_accepted() -> None:
    sodium.check_element(GENERATOR)


@pytest.mark.parametrize("excess", [0, 1, 2**200], ids=["order", "order+1", "far above"])
def test_a_scalar_at_or_above_the_order_is_refused(excess: int) -> None:
    with pytest.raises(GroupError):
        sodium.check_scalar((ristretto.ORDER + excess).to_bytes(32, "little"))


def test_the_greatest_scalar_and_zero_are_canonical() -> None:
    sodium.check_scalar((ristretto.ORDER - 1).to_bytes(32, "little"))
    sodium.check_scalar(sodium.ZERO)


def test_zero_has_no_inverse_and_no_product() -> None:
    for refused in (sodium.invert_scalar, sodium.multiply_base):
        with pytest.raises(GroupError):
            refused(sodium.ZERO)
    with pytest.raises(GroupError):
        sodium.multiply(sodium.ZERO, GENERATOR)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sodium.add(GENERATOR[:31], GENERATOR),
        lambda: sodium.subtract(GENERATOR, b""),
        lambda: sodium.multiply(bytes(31), GENERATOR),
        lambda: sodium.multiply_base(bytes(33)),
        lambda: sodium.from_hash(bytes(63)),
        lambda: sodium.reduce_scalar(bytes(32)),
        lambda: sodium.multiply_scalars(bytes(32), bytes(1)),
        lambda: sodium.check_scalar(bytes(31)),
        lambda: sodium.add("e2" * 16, GENERATOR),  # type: ignore[arg-type]
        lambda: sodium.multiply_base(None),  # type: ignore[arg-type]
    ],
)
def test_bytes_of_another_size_or_type_never_reach_the_library(call: Callable[[], object]) -> None:
    with pytest.raises(GroupError):
        call()


def test_random_scalars_are_canonical_and_differ() -> None:
    drawn = {sodium.random_scalar() for _ in range(50)}
    assert len(drawn) == 50
    for scalar in drawn:
        sodium.check_scalar(scalar)


def test_a_zero_draw_is_drawn_again() -> None:
    draws = iter([bytes(64), b"\x01" + bytes(63)])
    assert sodium.random_scalar(lambda size: next(draws)) == sodium.ONE


@pytest.fixture
def without_system_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sodium, "_SONAMES", ())
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    sodium._sodium.cache_clear()
    yield
    sodium._sodium.cache_clear()


@pytest.mark.usefixtures("without_system_library")
def test_the_bundled_library_computes_the_same_and_leaves_no_file_behind() -> None:
    assert sodium.library_version().endswith("(rbcl)")
    assert sodium.multiply_base(sodium.ONE) == GENERATOR
    with pytest.raises(GroupError):
        sodium.check_element(bytes.fromhex(BAD_ENCODINGS["non-square"]))
    from rbcl import _sodium as loaded  # noqa: PLC0415 (only loaded where the system has none)

    assert not Path(loaded._name).exists()


@pytest.mark.usefixtures("without_system_library")
def test_a_machine_without_any_library_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise ImportError

    monkeypatch.setattr(sodium, "_bundled", nothing)
    with pytest.raises(sodium.SodiumMissingError, match="install libsodium"):
        sodium.library_version()


def test_the_library_is_called_outside_the_gil() -> None:
    # FUNCFLAG_PYTHONAPI (4) would keep the GIL held during the call: PyDLL sets it, CDLL does not.
    functions = sodium._sodium().functions.values()
    assert all(not type(function)._flags_ & 4 for function in functions)  # type: ignore[attr-defined]
