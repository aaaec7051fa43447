"""Common parts tell little, rare ones much; the table is small and its generator gives it to the letter."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.learning import frequency as frequency_build
from matching import frequency
from matching.frequency import CAP_BITS, SPELLING_BITS, code_bits, nationality_bits, part_bits
from matching.normalise import telling_parts
from matching.phonetics import CODE_FAMILIES


@pytest.mark.parametrize("common", ["mohamed", "ali", "ahmad", "ivan", "maria", "kim", "wang", "jose", "khan"])
def test_the_commonest_names_of_the_world_tell_little(common: str) -> None:
    assert part_bits(common) < 8


@pytest.mark.parametrize("rare", ["vantroyen", "nemoryan", "xqathup"])
def test_a_name_that_no_table_knows_tells_the_cap(rare: str) -> None:
    assert part_bits(rare) == CAP_BITS


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12))
def test_a_finer_code_never_tells_less(word: str) -> None:
    coarse, skeleton, spelling = (code_bits(family, word) for family in CODE_FAMILIES)
    assert 2 <= coarse <= skeleton <= spelling <= min(CAP_BITS, skeleton + SPELLING_BITS)


@given(st.text(alphabet="aeghikx", min_size=1, max_size=6), st.text(alphabet="aeghikx", min_size=1, max_size=6))
def test_the_bits_depend_on_the_code_alone(one: str, other: str) -> None:
    for family, code_of in CODE_FAMILIES.items():
        if code_of(one) == code_of(other):
            assert code_bits(family, one) == code_bits(family, other)


def test_an_initial_tells_little() -> None:
    assert max(part_bits(letter) for letter in "abcdefghijklmnopqrstuvwxyz") <= 5


def test_an_unlisted_nationality_tells_more_than_any_listed_one() -> None:
    assert nationality_bits("RU") < nationality_bits("LY") < nationality_bits("TV")


def test_the_table_is_small_and_holds_codes_with_bits_alone() -> None:
    assert len(frequency.table_text()) < 200_000
    assert '"cap":130' in frequency.table_text()


def test_hand_written_shares_add_up_to_all_people() -> None:
    text = files("benchmarks.learning").joinpath("frequency_known.txt").read_text(encoding="ascii")
    assert sum(float(line.split()[2]) for line in text.splitlines() if line.startswith("@")) == 100
    words = [word for line in text.splitlines() if line[:1].isalpha() for word in line.split()[::2]]
    assert all(telling_parts(word) for word in words)


@pytest.mark.shared
def test_the_generator_gives_the_table_as_shipped(shared: Path, tmp_path: Path) -> None:
    shipped = Path(frequency.__file__).with_name("frequency_table.json")
    rebuilt = tmp_path / "table.json"
    frequency_build.build(shared / "data" / "names", rebuilt)
    assert rebuilt.read_bytes() == shipped.read_bytes()
