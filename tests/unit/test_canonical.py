"""The fast canonical form is the slow one: RFC 8785 by Python's encoder, compared with the library."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical, canonical_text, is_canonical

_TEXT = st.text(max_size=8)
_NUMBERS = st.integers(-(2**60), 2**60) | st.floats() | st.sampled_from([2**53 - 1, 2**53, -(2**53), -0.0, 1e21])
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_every_value_has_the_form_or_the_refusal_of_the_library(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except ValueError:
        with pytest.raises(ValueError, match=r"\w"):
            canonical(value)
        return
    assert canonical(value) == expected


@given(_TEXT)
def test_a_text_has_the_form_it_has_as_a_value(text: str) -> None:
    assert canonical_text(text) == canonical(text) == rfc8785.dumps(text)


def test_control_characters_and_half_characters() -> None:
    every = "".join(map(chr, range(0x250))) + "\u2028\u2029\ufeff\U0001f600"
    assert canonical({"a": every, "A": [every, True, 1]}) == rfc8785.dumps({"a": every, "A": [every, True, 1]})
    with pytest.raises(ValueError, match=r"\w"):
        canonical("\ud800")


def _knows(content: bytes) -> bool | None:
    """Say what it says of bytes; nothing where their value has no form."""
    try:
        return is_canonical(content)
    except ValueError:
        return None


@given(_VALUES)
def test_canonical_bytes_are_known_as_such_and_no_others(value: Any) -> None:
    for separators in ((",", ":"), (", ", ": ")):
        for is_ascii in (True, False):
            text = json.dumps(value, separators=separators, ensure_ascii=is_ascii)
            if "NaN" in text or "Infinity" in text or "\\ud" in text or any("\ud7ff" < one < "\ue000" for one in text):
                continue
            try:
                expected = rfc8785.dumps(json.loads(text)) == text.encode()
            except ValueError:
                assert not _knows(text.encode())
            else:
                assert _knows(text.encode()) == expected


@given(_VALUES)
def test_the_canonical_form_is_canonical(value: Any) -> None:
    try:
        content = rfc8785.dumps(json.loads(rfc8785.dumps(value)))
    except ValueError:
        return
    assert is_canonical(content)
    assert not is_canonical(b" " + content)


@pytest.mark.parametrize(
    "content", ['{"a":1,"a":1}', '{"b":1,"a":1}', "[1.0]", '["\\u0041"]', '["\\/"]', "[1e2]", "[-0]", '["\\u001F"]']
)
def test_other_spellings_of_a_value_are_not_canonical(content: str) -> None:
    assert not is_canonical(content.encode())


def test_text_of_any_character_is_canonical_unescaped() -> None:
    every = "".join(map(chr, range(0x250))) + "\u2028\u2029\ufeff\U0001f600"
    content = rfc8785.dumps({"a": [every, {"b": every}]})
    assert is_canonical(content)


@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b"[Infinity]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_has_no_form(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        is_canonical(content)
