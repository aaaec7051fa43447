"""ristretto255 in plain integers, written from RFC 9496 alone: slow, not constant time, for checking only.

It shares no code with ``matching`` and does not use libsodium. Points are extended Edwards coordinates (X, Y, Z, T).
"""

from __future__ import annotations

Point = tuple[int, int, int, int]

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P
IDENTITY: Point = (0, 1, 1, 0)


def decode(data: bytes) -> Point:
    """Decode an element (section 4.3.1); raise ValueError when the encoding is not canonical or not valid."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or s & 1:
        raise ValueError("not canonical")
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inverse_root = _sqrt_ratio(1, v * u2 * u2 % P)
    den_x = inverse_root * u2 % P
    x = _absolute(2 * s * den_x % P)
    y = u1 * inverse_root * den_x * v % P
    t = x * y % P
    if not square or t & 1 or y == 0:
        raise ValueError("not an element")
    return x, y, 1, t


def encode(point: Point) -> bytes:
    """Encode an element (section 4.3.2)."""
    x0, y0, z0, t0 = point
    u1, u2 = (z0 + y0) * (z0 - y0) % P, x0 * y0 % P
    _, inverse_root = _sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = inverse_root * u1 % P, inverse_root * u2 % P
    z_inverse = den1 * den2 * t0 % P
    if t0 * z_inverse % P & 1:
        x, y, den = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        x, y, den = x0, y0, den2
    if x * z_inverse % P & 1:
        y = -y % P
    return _absolute(den * (z0 - y) % P).to_bytes(32, "little")


def from_uniform(data: bytes) -> Point:
    """Map 64 uniform bytes to an element (section 4.3.4)."""
    halves = (int.from_bytes(half, "little") % 2**255 % P for half in (data[:32], data[32:]))
    first, second = (_map(half) for half in halves)
    return add(first, second)


def add(left: Point, right: Point) -> Point:
    """Add two elements (the unified formula for a = -1)."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * D * t1 * t2, 2 * z1 * z2
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, point: Point) -> Point:
    """Multiply an element by a scalar, bit by bit."""
    result = IDENTITY
    for bit in bin(scalar % ORDER)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def _absolute(number: int) -> int:
    return -number % P if number & 1 else number


def _sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    flipped = check == -u % P
    if flipped or check == -u * SQRT_M1 % P:
        root = root * SQRT_M1 % P
    return check == u % P or flipped, _absolute(root)


def _map(t: int) -> Point:
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    square, s = _sqrt_ratio(u, v)
    c = -1
    if not square:
        s, c = -_absolute(s * t % P) % P, r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


BASE = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
