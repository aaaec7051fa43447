"""The fast canonical form is the slow one: RFC 8785 by Python's encoder, compared with the library."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical, canonical_text

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
