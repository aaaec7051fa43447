"""RFC 8785 canonical JSON, fast for what the log writes.

Python's own encoder, written in C, gives the canonical bytes of strings, whole numbers within 2^53, truth values,
lists, and objects with ASCII names; `rfc8785` gives those of everything else, and says what has none. Whether bytes
that were read are canonical is seen by what pydantic's encoder, faster still, makes of the same values in the same
order. Tests compare the three.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring
from typing import Any

import rfc8785
from pydantic_core import from_json, to_json

_MOST = 2**53 - 1
_NESTING = (dict, list, tuple)
_Named = Callable[[Iterable[Any]], bool]
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def canonical(value: Any) -> bytes:
    """Give the canonical bytes of a JSON value; raise `ValueError` where it has none."""
    return _encode(value).encode() if _plain(value, _named_plainly) else rfc8785.dumps(value)


def canonical_text(value: str) -> bytes:
    """Give the canonical bytes of a text; raise `ValueError` where it has none, because half a character is in it."""
    return encode_basestring(value).encode()


def is_canonical(content: bytes) -> bool:
    """Say whether bytes are the canonical form of the JSON value they stand for; raise `ValueError` for none."""
    value = from_json(content, allow_inf_nan=False)
    return (_plain(value, _named_in_order) and to_json(value) == content) or canonical(value) == content


def _plain(value: Any, named: _Named) -> bool:
    """Say whether Python's encoder gives the canonical form; ``named`` says it of an object's names."""
    if type(value) is dict:
        return named(value) and _all_plain(value.values(), named)
    return _all_plain(value if type(value) in (list, tuple) else (value,), named)


def _all_plain(values: Iterable[Any], named: _Named) -> bool:
    for one in values:
        kind = type(one)
        if kind is str or kind is bool or one is None or (kind is int and -_MOST <= one <= _MOST):
            continue
        if kind not in _NESTING or not _plain(one, named):
            return False
    return True


def _named_plainly(names: Iterable[Any]) -> bool:
    try:
        return "".join(names).isascii()
    except TypeError:  # a name that is no text
        return False


def _named_in_order(names: Iterable[str]) -> bool:
    """Say of names that were read whether they are plain and in their canonical order."""
    given = list(names)
    return given == sorted(given) and "".join(given).isascii()
