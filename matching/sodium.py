"""The ristretto255 group (RFC 9496) and its scalars, as libsodium computes them.

This module decides which bytes are an element or a scalar, and nothing else: hashing, blinding and proofs are in
``oblivious``. Elements and scalars are their 32-byte encodings. An element from outside must pass `check_element`
(canonical, on the curve, not the identity: RFC 9497 section 4.1); every product that comes out as the identity is
refused. A scalar from outside must pass `check_scalar` (canonical, RFC 9497 section 4.1).

The library is the system's libsodium (1.0.18 or later), and where there is none the copy in the wheel ``rbcl``,
imported only then: that import is slow and writes the library to a temporary file, which is removed at once.
Calls go through ``ctypes.CDLL``, which releases the GIL, so threads truly share the cores. libsodium's scalar and
point arithmetic runs in constant time; Python's own copies of the bytes are not wiped (threat T23).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hmac
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matching.errors import GroupError

ELEMENT_BYTES = 32
SCALAR_BYTES = 32
HASH_BYTES = 64
IDENTITY = bytes(ELEMENT_BYTES)
ZERO = bytes(SCALAR_BYTES)
ONE = (1).to_bytes(SCALAR_BYTES, "little")

# Sonames before find_library: the latter starts ldconfig or a compiler to answer the same question.
_SONAMES = ("libsodium.so.26", "libsodium.so.23", "libsodium.so")

_CORE = "crypto_core_ristretto255_"
_VOID = {_CORE + "scalar_reduce": 2, _CORE + "scalar_mul": 3, _CORE + "scalar_add": 3, _CORE + "scalar_sub": 3}
_STATUS = {
    _CORE + "add": 3,
    _CORE + "sub": 3,
    _CORE + "from_hash": 2,
    _CORE + "is_valid_point": 1,
    _CORE + "scalar_invert": 2,
    "crypto_scalarmult_ristretto255": 3,
    "crypto_scalarmult_ristretto255_base": 2,
}


class SodiumMissingError(RuntimeError):
    """Neither a system libsodium with ristretto255 nor the wheel ``rbcl`` can be loaded."""


@dataclass(frozen=True, slots=True)
class _Sodium:
    """One loaded library: its functions by C name, its version, and where it was found."""

    functions: Mapping[str, Callable[..., int | None]]
    version: str
    source: str


def library_version() -> str:
    """Say which libsodium computes, and where it came from, for logs and benchmarks."""
    return f"{_sodium().version} ({_sodium().source})"


def check_element(element: bytes) -> None:
    """Accept the canonical encoding of any element but the identity; raise `GroupError` on all else."""
    if not isinstance(element, bytes) or len(element) != ELEMENT_BYTES or element == IDENTITY:
        raise GroupError("not an encoded group element")
    if _sodium().functions[_CORE + "is_valid_point"](element) != 1:
        raise GroupError("not an encoded group element")


def check_scalar(scalar: bytes) -> None:
    """Accept a canonical scalar, zero included; raise `GroupError` on all else. Takes constant time."""
    if not isinstance(scalar, bytes) or len(scalar) != SCALAR_BYTES:
        raise GroupError("not an encoded scalar")
    if not hmac.compare_digest(reduce_scalar(scalar + ZERO), scalar):
        raise GroupError("not a canonical scalar")


def add(left: bytes, right: bytes) -> bytes:
    """Add two elements; the identity is allowed here, as the start and the result of a sum."""
    return _call(_CORE + "add", _element(left), _element(right))


def subtract(left: bytes, right: bytes) -> bytes:
    """Subtract the right element from the left one; the identity is allowed, as in `add`."""
    return _call(_CORE + "sub", _element(left), _element(right))


def multiply(scalar: bytes, element: bytes) -> bytes:
    """Multiply an element by a scalar; raise `GroupError` on an invalid element or an identity result."""
    return _call("crypto_scalarmult_ristretto255", _scalar(scalar), _element(element))


def multiply_base(scalar: bytes) -> bytes:
    """Multiply the generator by a scalar; raise `GroupError` when the scalar is zero."""
    return _call("crypto_scalarmult_ristretto255_base", _scalar(scalar))


def from_hash(uniform: bytes) -> bytes:
    """Map 64 uniform bytes to an element (RFC 9496 section 4.3.4)."""
    return _call(_CORE + "from_hash", _exactly(uniform, HASH_BYTES))


def reduce_scalar(wide: bytes) -> bytes:
    """Reduce 64 little-endian bytes modulo the group order."""
    return _call(_CORE + "scalar_reduce", _exactly(wide, HASH_BYTES))


def multiply_scalars(left: bytes, right: bytes) -> bytes:
    """Multiply two scalars modulo the group order."""
    return _call(_CORE + "scalar_mul", _scalar(left), _scalar(right))


def add_scalars(left: bytes, right: bytes) -> bytes:
    """Add two scalars modulo the group order."""
    return _call(_CORE + "scalar_add", _scalar(left), _scalar(right))


def subtract_scalars(left: bytes, right: bytes) -> bytes:
    """Subtract the right scalar from the left one modulo the group order."""
    return _call(_CORE + "scalar_sub", _scalar(left), _scalar(right))


def invert_scalar(scalar: bytes) -> bytes:
    """Invert a scalar modulo the group order; raise `GroupError` on zero."""
    return _call(_CORE + "scalar_invert", _scalar(scalar))


def random_scalar(entropy: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Draw a uniform non-zero scalar: 64 bytes of entropy, reduced (the bias is below 2**-250)."""
    while True:
        scalar = reduce_scalar(entropy(HASH_BYTES))
        if scalar != ZERO:
            return scalar


def _exactly(value: bytes, size: int) -> bytes:
    # libsodium reads `size` bytes from the pointer whatever Python thinks: this check keeps memory safe.
    if not isinstance(value, bytes) or len(value) != size:
        raise GroupError(f"expected {size} bytes")
    return value


def _element(value: bytes) -> bytes:
    return _exactly(value, ELEMENT_BYTES)


def _scalar(value: bytes) -> bytes:
    return _exactly(value, SCALAR_BYTES)


def _call(name: str, *arguments: bytes) -> bytes:
    result = ctypes.create_string_buffer(ELEMENT_BYTES)  # elements and scalars are equally long
    if _sodium().functions[name](result, *arguments):
        raise GroupError("the group operation has no valid result")
    return result.raw


@cache
def _sodium() -> _Sodium:
    for name in _candidates():
        with suppress(OSError, AttributeError):
            return _bind(ctypes.CDLL(name), name)
    with suppress(ImportError, OSError, AttributeError):
        return _bundled()
    raise SodiumMissingError("install libsodium 1.0.18 or later (Debian: libsodium23), or the wheel rbcl")


def _bind(library: ctypes.CDLL, source: str) -> _Sodium:
    """Declare every function, so that a library without ristretto255 fails here and not in the middle of a query."""
    functions: dict[str, Callable[..., int | None]] = {}
    for name, count in (_VOID | _STATUS).items():
        function = getattr(library, name)
        function.argtypes = [ctypes.c_char_p] * count
        function.restype = None if name in _VOID else ctypes.c_int
        functions[name] = function
    if library.sodium_init() < 0:
        raise OSError("libsodium refuses to initialise")
    library.sodium_version_string.restype = ctypes.c_char_p
    return _Sodium(functions, library.sodium_version_string().decode(), source)


def _candidates() -> Iterator[str]:
    yield from _SONAMES
    found = ctypes.util.find_library("sodium")
    if found is not None:
        yield found


def _bundled() -> _Sodium:
    from rbcl import _sodium as loaded  # noqa: PLC0415 (slow, and only for machines without libsodium)

    # A second object around the same handle, so that rbcl's own signatures and ours do not meet.
    bound = _bind(ctypes.CDLL(loaded._name, handle=loaded._handle), "rbcl")
    with suppress(OSError):
        Path(loaded._name).unlink()
    return bound
