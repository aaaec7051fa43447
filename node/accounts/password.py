"""Passwords: which may be chosen, and what is kept of one.

Chosen as NIST SP 800-63B (5.1.1) says: long, of any characters, no rules of composition, nothing that is guessed first.
Kept as Argon2id with the parameters of RFC 9106 for little memory, which exceed OWASP's least; a hash of other
parameters is made anew when its owner signs in.
"""

from __future__ import annotations

import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from node.accounts.guessed_first import GUESSED_FIRST
from symbolon.rpc.errors import ErrorCode, SymbolonError

SHORTEST = 12
LONGEST = 256
"""Characters of a password in its one form (`_written`), at least and at most."""

LONGEST_TYPED = 4 * LONGEST
"""Characters of it as they come: keyboards write a letter with its accents as up to four."""

_FEWEST = 5  # different characters
_SHORTEST_NAME = 3
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
)

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)

_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$h7rp0cFBovBA8EJ9S3pVLg$SMSepbVUjNzb5QqHLqc//SuNOvzkRjFS74bR5bXpzck"
"""What a password is compared with where there is no account, to take as long; a test holds its parameters."""


def hash_password(password: str) -> str:
    """Give what is kept of a password."""
    return _HASHER.hash(_written(password))


def is_password(kept: str | None, password: str) -> bool:
    """Say whether this is the password; without one that is kept, the same work is done for nothing."""
    try:
        written = _written(password)
        is_same = _HASHER.verify(kept or _NOBODY, written[:LONGEST])
        return is_same and kept is not None and len(written) <= LONGEST
    except (VerificationError, InvalidHashError):
        return False


def is_dated(kept: str) -> bool:
    """Say whether what is kept was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def check_password(password: str, officer: str, agency: str) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) unless an officer of an agency may choose this password."""
    reason = _reason_against(_written(password), officer, agency)
    if reason:
        raise SymbolonError(ErrorCode.INVALID_INPUT, reason)


def _reason_against(password: str, officer: str, agency: str) -> str:
    folded = password.casefold()
    plain = re.sub(r"[\W_]", "", folded)
    if len(password) < SHORTEST:
        return "the password needs at least 12 characters"
    if len(password) > LONGEST:  # as `is_password` has it, or it would never let in
        return "the password has more than 256 characters"
    if len(set(folded)) < _FEWEST or re.fullmatch(r"(.{1,6}?)\1+.{0,5}", folded):
        return "the password repeats few characters: choose another"
    if any(plain and plain in run for run in _RUNS) or re.sub(r"[\W\d_]", "", folded) in GUESSED_FIRST:
        return "the password is one that is guessed first: choose another"
    names = {re.sub(r"[\W_]", "", name.casefold()) for name in (officer, agency)}
    if any(name in plain for name in names if len(name) >= _SHORTEST_NAME):
        return "the password contains your name or your agency's: choose another"
    return ""


def _written(password: str) -> str:
    """Give the one form (NFKC) of what keyboards write in several; what is too long as typed is so in it, too."""
    if len(password) > LONGEST_TYPED:
        return password[: LONGEST + 1]
    return unicodedata.normalize("NFKC", password)
