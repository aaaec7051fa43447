"""The dictionary of name forms: what it lists is known, what it lacks is left to letters, and it can be left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.learning.forms import dictionary, write
from matching.forgetting import forget_words
from matching.letters import forms
from matching.letters.forms import known_forms
from matching.scoring import compare_written_names

LINES = (
    "nemorask, nemoraskova, nemorasks, Неморашк => Q1\n",
    "al-vantri, elvantri, الفنطري => Q2\n",
    "vantro vant, вантро вант => Q3\n",
    "quelne, кельн => Q4\n",
    "kelnos, кельн => Q5\n",
)


def score(one: str, other: str) -> float:
    return compare_written_names(one, other).score


@pytest.fixture
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a dictionary of invented names in the place of the one that ships."""
    write(dictionary(LINES), tmp_path / forms.FORMS_FILE)
    monkeypatch.setattr(forms, "files", lambda _: tmp_path)
    _forget()


@pytest.fixture(autouse=True)
def _put_back() -> object:
    yield
    _forget()


def _forget() -> None:
    """Forget the dictionary, and the words that were read with it."""
    forms._blocks.cache_clear()
    forget_words()


def test_a_word_has_the_spellings_of_every_line_it_stands_in_without_inflected_ones() -> None:
    assert dictionary(LINES) == {
        "неморашк": {"nemorask"},
        "الفنطری": {"alvantri", "elvantri", "vantri"},
        "кельн": {"quelne", "kelnos"},
    }


@pytest.mark.usefixtures("invented")
def test_words_are_found_and_their_neighbours_are_not() -> None:
    assert known_forms("кельн") == ("kelnos", "quelne")
    assert known_forms("неморашк") == ("nemorask",)
    assert all(known_forms(word) == () for word in ("", "а", "кель", "кельна", "яяя", "\t", "nemorask"))


@pytest.mark.usefixtures("invented")
def test_a_listed_spelling_is_sure_and_one_that_is_not_is_doubted() -> None:
    sure = compare_written_names("Кельн", "Quelne")
    assert sure.score > 0.85
    assert "is known as quelne" in sure.contributions[0].explanation
    doubted = score("Неморашк", "Nemorashka")
    assert doubted < letters_alone("Неморашк", "Nemorashka")


def letters_alone(one: str, other: str) -> float:
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(forms, "FORMS_FILE", "")
        _forget()
        return score(one, other)


def test_without_its_file_no_word_is_known() -> None:
    assert known_forms("гагарин")
    assert letters_alone("Гагарин", "Gagarin") > 0.85
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(forms, "FORMS_FILE", "")
        assert known_forms("гагарин") == ()


def test_the_shipped_lines_are_in_order_and_hold_words_of_two_scripts() -> None:
    lines = b"".join(forms._blocks()).split(b"\n")[1:]
    assert lines == sorted(lines)
    for line in lines[:: len(lines) // 1000]:
        word, spellings = line.decode().split("\t")
        assert not word.isascii()
        assert all(spelling.isascii() and spelling.isalnum() for spelling in spellings.split(" "))
        assert known_forms(word) == tuple(spellings.split(" "))


def test_a_korean_name_is_known_by_the_family_and_the_given_name_in_either_order() -> None:
    assert score("한새봄", "Han Sae-bom") > 0.85
    assert score("한새봄", "Saebom Han") == pytest.approx(score("한새봄", "Han Saebom"), abs=0.05)
