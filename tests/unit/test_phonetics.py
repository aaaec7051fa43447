"""Codes by sound: spellings of one name share them, finer codes refine coarser ones, and none grows without bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.normalise import telling_parts
from matching.phonetics import CODE_FAMILIES, LONGEST_CODE, coarse, skeleton, sounds, spelling

WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=24)


@pytest.mark.parametrize(
    "spellings",
    [
        ("mohamed", "muhammad", "mouhamed", "mokhammed", "محمد"),
        ("yusuf", "youssef", "yousif", "يوسف"),
        ("khaled", "khalid", "халид", "خالد"),
        ("vladimir", "wladimir", "владимир"),
        ("qasim", "kassem", "qassim", "قاسم"),
    ],
)
def test_transliterations_of_one_name_share_a_skeleton(spellings: tuple[str, ...]) -> None:
    assert len({skeleton(telling_parts(text)[0]) for text in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("karlov", "karloff"), ("park", "bark"), ("sharipov", "saripov")])
def test_confusable_consonants_share_a_coarse_code(one: str, other: str) -> None:
    assert coarse(one) == coarse(other)


@given(WORDS, WORDS)
def test_parts_equal_in_a_finer_code_are_equal_in_every_coarser_one(one: str, other: str) -> None:
    if spelling(one) == spelling(other):
        assert skeleton(one) == skeleton(other)
    if skeleton(one) == skeleton(other):
        assert coarse(one) == coarse(other)


@given(WORDS)
def test_a_coarser_code_is_computed_from_the_finer_one(word: str) -> None:
    respelt = word.replace("ou", "u").replace("ph", "f")
    if spelling(respelt) == spelling(word):
        assert (skeleton(respelt), coarse(respelt)) == (skeleton(word), coarse(word))


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=2000))
def test_codes_are_bounded_and_never_empty(word: str) -> None:
    for code in CODE_FAMILIES.values():
        assert 1 <= len(code(word)) <= 2 * LONGEST_CODE


def test_sounds_name_their_family() -> None:
    assert sounds("mohamed") == ("s:mmd", "m:MHMT")
