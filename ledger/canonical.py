"""RFC 8785 canonical JSON, fast for what the log writes.

Python's own encoder, written in C, gives the canonical bytes of strings, whole numbers within 2^53, truth values,
lists, and objects with ASCII names; `rfc8785` gives those of everything else, and says what has none. A test compares
the two.
"""

from __future__ import annotations

import json
from typing import Any

import rfc8785

_MOST = 2**53 - 1
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def canonical(value: Any) -> bytes:
    """Give the canonical bytes of a JSON value; raise `ValueError` where it has none."""
    return _encode(value).encode() if _plain(value) else rfc8785.dumps(value)


def _plain(value: Any) -> bool:
    """Say whether Python's encoder gives the canonical form."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-_MOST <= value <= _MOST)
    if kind is list or kind is tuple:
        return all(type(one) is str or _plain(one) for one in value)
    if kind is dict:
        return all(
            type(name) is str and name.isascii() and (type(one) is str or _plain(one)) for name, one in value.items()
        )
    return False
