"""Passwords: which may be chosen, what is kept, and that what may be chosen lets in, however it is typed."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from node.accounts import password as passwords
from node.accounts.password import LONGEST, LONGEST_TYPED, check_password, hash_password, is_dated, is_password
from symbolon.rpc.errors import ErrorCode, SymbolonError

NAME, GOOD = "a.martin", "quiet harbour nine lamps"
VIETNAMESE = "đường về nhà xa lắm ệ ộ ễ ẫ ẩ ậ ặ "


@pytest.mark.parametrize("chosen", [GOOD, "четыре слова вместе", "كلمات كثيرة معا هنا", "8249170365528"])
def test_a_long_password_of_any_characters_may_be_chosen(chosen: str) -> None:
    check_password(chosen, NAME, "FR-DNMS")


@pytest.mark.parametrize(
    "chosen",
    [
        "",
        "elevenchars",
        "x1" * 129,
        "aaaaaaaaaaaaaaa",
        "abababababababab",
        "password1234!",
        "P A S S W O R D 2026",
        "123456789012",
        "abcdefghijklmn",
        "qwertyuiopas",
        "Password-Password",
        "my A.Martin is here",
        "long fr-dnms word",
        "long FRDNMS word",
        "ｐａｓｓｗｏｒｄ１２３４",  # full-width letters are the same password
    ],
)
def test_a_password_that_is_short_repeated_guessed_first_or_a_name_is_refused(chosen: str) -> None:
    with pytest.raises(SymbolonError, match="password") as raised:
        check_password(chosen, NAME, "FR-DNMS")
    assert raised.value.code is ErrorCode.INVALID_INPUT
    assert not chosen or chosen not in str(raised.value)


def test_a_password_is_kept_as_argon2id_with_the_parameters_of_rfc_9106() -> None:
    kept = hash_password(GOOD)
    assert extract_parameters(kept) == RFC_9106_LOW_MEMORY
    assert extract_parameters(passwords._NOBODY) == RFC_9106_LOW_MEMORY  # or its work would be less
    assert is_password(kept, GOOD)
    assert not is_password(kept, GOOD + " ")
    assert not is_password(None, "aaaaaaaaaaaa")
    assert not is_password("no hash", GOOD)


def test_a_hash_of_other_parameters_is_dated() -> None:
    assert is_dated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD))
    assert not is_dated(hash_password(GOOD))


@pytest.mark.parametrize("typed_as", ["NFC", "NFD"])
def test_a_password_that_may_be_chosen_lets_in_however_a_keyboard_writes_it(typed_as: Literal["NFC", "NFD"]) -> None:
    longest = (VIETNAMESE * 9)[:LONGEST]
    typed = unicodedata.normalize("NFD", longest)
    assert LONGEST < len(typed) <= LONGEST_TYPED
    check_password(typed, NAME, "FR-DNMS")
    assert is_password(hash_password(typed), unicodedata.normalize(typed_as, longest))


@pytest.mark.parametrize("more", ["x", "x" * LONGEST_TYPED])
def test_what_is_longer_than_a_password_is_none_and_is_not_cut_to_one(more: str) -> None:
    longest = (VIETNAMESE * 9)[:LONGEST]
    with pytest.raises(SymbolonError, match="256"):
        check_password(longest + more, NAME, "FR-DNMS")
    assert not is_password(hash_password(longest), longest + more)
