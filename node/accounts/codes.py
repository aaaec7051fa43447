"""Codes that are drawn once and typed in once: of invitations, and for the day an authenticator is lost.

They are random and long, so of each only the SHA-256 is kept: a slow hash would add nothing.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32, without l, o, 0 and 1, which people take for one another
_GROUP = 4

INVITATION_CHARACTERS = 20
"""100 bits."""

RECOVERY_CHARACTERS = 16
"""80 bits."""

RECOVERY_CODES = 10
"""How many recovery codes a person gets."""


def draw_code(characters: int) -> str:
    """Draw a code, in groups of four as people read it."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(characters))
    return "-".join(drawn[start : start + _GROUP] for start in range(0, characters, _GROUP))


def draw_recovery_codes() -> list[str]:
    """Draw a person's recovery codes."""
    return [draw_code(RECOVERY_CHARACTERS) for _ in range(RECOVERY_CODES)]


def digest_of(typed: str) -> bytes:
    """Give what is kept of a code, however its groups were typed."""
    return sha256("".join(typed.split()).replace("-", "").casefold().encode()).digest()
