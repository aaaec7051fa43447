"""RFC 8785 canonical JSON, fast for what the log writes.

Python's own encoder, written in C, gives the canonical bytes of strings, whole numbers within 2^53, truth values,
lists, and objects with ASCII names; `rfc8785` gives those of everything else, and says what has none. A test compares
the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from json.encoder import encode_basestring
from typing import Any

import rfc8785

_MOST = 2**53 - 1
_NESTING = (dict, list, tuple)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def canonical(value: Any) -> bytes:
    """Give the canonical bytes of a JSON value; raise `ValueError` where it has none."""
    return _encode(value).encode() if _plain(value) else rfc8785.dumps(value)


def canonical_text(value: str) -> bytes:
    """Give the canonical bytes of a text; raise `ValueError` where it has none, because half a character is in it."""
    return encode_basestring(value).encode()


def _plain(value: Any) -> bool:
    """Say whether Python's encoder gives the canonical form."""
    if type(value) is dict:
        return _named_plainly(value) and _all_plain(value.values())
    return _all_plain(value if type(value) in (list, tuple) else (value,))


def _all_plain(values: Iterable[Any]) -> bool:
    for one in values:
        kind = type(one)
        if kind is str or kind is bool or one is None or (kind is int and -_MOST <= one <= _MOST):
            continue
        if kind not in _NESTING or not _plain(one):
            return False
    return True


def _named_plainly(names: Iterable[Any]) -> bool:
    try:
        return "".join(names).isascii()
    except TypeError:  # a name that is no text
        return False
