"""Crypto addresses: the examples of the standards (BIP 173, BIP 350, EIP-55), and any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.identifiers import Identifier, read_document
from matching.subject import Document


def _read(address: str) -> Identifier | None:
    return read_document(Document("wallet", address))


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD", True),
        ("1NEDqZPvTWRaoho48qXuLLsrYomMXPABfE", False),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", True),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", False),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", True),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", False),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", True),
        ("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", True),
        ("0xfb6916095ca1df60bB79Ce92cE3Ea74c37c5d359", False),
        ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", None),
        ("rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", None),
    ],
)
def test_checksums_of_the_standards_are_checked(address: str, valid: bool | None) -> None:
    read = _read(address)
    assert read is not None
    assert read.valid is valid


def test_capitals_mean_nothing_where_the_standard_says_so_and_everything_elsewhere() -> None:
    assert _read("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4") == _read("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    mixed, small = (
        _read("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        _read("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    )
    assert mixed is not None
    assert small is not None
    assert mixed.value == small.value
    assert _read("1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD") != _read("1nedqzpvtwraoho48qxullsryommxpabfd")


def test_a_link_to_a_wallet_is_its_address() -> None:
    assert _read("bitcoin:1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD?amount=1") == _read("1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD")


def test_the_address_of_nobody_is_no_number() -> None:
    assert _read("0x" + "0" * 40) is None


@given(st.text(max_size=300) | st.from_regex(r"(bc1|0x|1|T)[0-9a-zA-Z]{20,60}", fullmatch=True))
def test_any_text_is_read_or_not_at_all(text: str) -> None:
    read = _read(text)
    assert read is None or 4 <= len(read.value) <= 128
