"""Codes of an authenticator: TOTP (RFC 6238) with what every app takes, SHA-1, six digits and thirty seconds.

A code counts once (section 5.2): of an account the step of the last code is kept, and no code of it or before counts
again. One step of drift to either side is forgiven.
"""

from __future__ import annotations

import re
from hmac import compare_digest

import pyotp

STEP_SECONDS = 30
_DRIFT = (-1, 0, 1)
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_NOBODY = "A" * 32


def draw_secret() -> str:
    """Draw a secret of 160 bits, in Base32 as people type it."""
    return pyotp.random_base32(32)


def address_of(secret: str, officer: str, agency: str) -> str:
    """Give the address (otpauth) that an app reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=officer, issuer_name=f"Symbolon {agency}")


def is_code(typed: str) -> bool:
    """Say whether this is of the form of an authenticator's code."""
    return _CODE.fullmatch("".join(typed.split())) is not None


def step_of(secret: str | None, typed: str, now: float, after: int) -> int:
    """Give the step whose code this is, later than ``after``; 0 where it is none. ``now`` are Unix seconds.

    Without a secret the same work is done for nothing.
    """
    code, current = "".join(typed.split()), int(now) // STEP_SECONDS
    totp = pyotp.TOTP(secret or _NOBODY)
    found = 0
    for step in (current + drift for drift in _DRIFT):
        fits = compare_digest(totp.at(step * STEP_SECONDS).encode(), code.encode())
        if fits and secret and step > after:
            found = step
    return found
