"""The dictionary of name forms: what it lists is known, what it lacks is left to letters, and it can be left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.learning.forms import dictionary, turned_round, write
from matching.comparison import likeness
from matching.forgetting import forget_words
from matching.letters import forms, lines
from matching.letters.forms import are_two_names, known_forms
from matching.scoring import compare_written_names

LINES = (
    "nemorask, nemoraskova, nemorasks, Неморашк => Q1\n",
    "al-vantri, elvantri, الفنطري => Q2\n",
    "vantro vant, вантро вант => Q3\n",
    "quelne, кельн => Q4\n",
    "kelnos, кельн => Q5\n",
    "jarvelo, yarvelo, ярвело, γιαρβελο, יארוולו => Q6\n",
    "jarvino, ярвино, γιαρβινο, יארוינו => Q7\n",
    "jarvelu, ярвело, γιαρβελου, יארוולו => Q8\n",
    "jarvilo, ярвило, γιαρβιλο => Q9\n",
)


def score(one: str, other: str) -> float:
    return compare_written_names(one, other).score


@pytest.fixture
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a dictionary of invented names in the place of the one that ships."""
    write(dictionary(LINES), tmp_path / forms.FORMS_FILE)
    write(turned_round(dictionary(LINES)), tmp_path / forms.LATIN_FILE)
    monkeypatch.setattr(lines, "files", lambda _: tmp_path)
    _forget()


@pytest.fixture(autouse=True)
def _put_back() -> object:
    yield
    _forget()


def _forget() -> None:
    """Forget the dictionary, and the words that were read with it."""
    lines._blocks.cache_clear()
    forget_words()


def test_a_word_has_the_spellings_of_every_line_it_stands_in_without_inflected_ones() -> None:
    assert dictionary(LINES[:5]) == {
        "неморашк": ["nemorask"],
        "الفنطری": ["alvantri", "elvantri", "vantri"],
        "кельн": ["kelnos", "quelne"],
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
    held = b"".join(lines._blocks(forms.FORMS_FILE)).split(b"\n")[1:]
    assert held == sorted(held)
    for line in held[:: len(held) // 1000]:
        word, spellings = line.decode().split("\t")
        assert not word.isascii()
        assert all(spelling.isascii() and spelling.isalnum() for spelling in spellings.split(" "))
        assert known_forms(word) == tuple(spellings.split(" "))


@pytest.mark.usefixtures("invented")
def test_two_spellings_are_two_names_where_three_scripts_write_both_and_none_alike() -> None:
    assert are_two_names("jarvelo", "jarvino")
    assert are_two_names("jarvino", "jarvelo")
    assert not are_two_names("jarvelo", "yarvelo")  # of one line
    assert not are_two_names("jarvelo", "jarvelu")  # of two lines that share a word
    assert not are_two_names("jarvelo", "jarvilo")  # of two scripts only
    assert not are_two_names("jarvelo", "jarveno")
    assert not are_two_names("", "\t")


def test_the_shipped_spellings_are_the_dictionary_turned_round() -> None:
    listed = dict(line.split("\t") for line in b"".join(lines._blocks(forms.FORMS_FILE)).decode().split("\n")[1:])
    made = turned_round({word: spellings.split(" ") for word, spellings in listed.items()})
    shipped = b"".join(lines._blocks(forms.LATIN_FILE)).decode().split("\n")[1:]
    assert shipped == sorted(f"{spelling}\t{' '.join(said)}" for spelling, said in made.items())


ALIKE = ("Rashid/Rasim", "Karim/Karima", "Daniel/Daniela", "Hasan/Hussain", "Muhammad/Mahmoud", "Asif/Arif")
ONE = (
    "Muhammad/Mohammed",
    "Hassan/Hasan",
    "Sergei/Serhiy",
    "Yusuf/Youssef",
    "Qasim/Kassem",
    "Leila/Layla",
    "Nasir/Naser",
)


@pytest.mark.parametrize("pair", ALIKE)
def test_given_names_that_look_alike_are_of_two_persons(pair: str) -> None:
    one, other = (f"{given} Testmanov" for given in pair.split("/"))
    compared = compare_written_names(one, other)
    assert compared.score < 0.5
    assert "is listed as another name than" in compared.contributions[0].sentence
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(forms, "LATIN_FILE", "")
        assert score(one, other) > 0.5


@pytest.mark.parametrize("pair", ONE)
def test_spellings_of_one_given_name_stay_of_one_person(pair: str) -> None:
    one, other = (f"{given} Testmanov" for given in pair.split("/"))
    assert score(one, other) > 0.8


def test_what_is_known_as_two_names_is_so_in_latin_letters_only() -> None:
    """The romanisation of a word is one of many, so that it is listed says nothing."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(likeness, "are_two_names", lambda *_: True)
        assert score("Тестман Юрий", "Testmann Yuri") > 0.5
        assert score("سمير الحربزي", "Samir al-Harbzi") > 0.5


def test_a_korean_name_is_known_by_the_family_and_the_given_name_in_either_order() -> None:
    assert score("한새봄", "Han Sae-bom") > 0.85
    assert score("한새봄", "Saebom Han") == pytest.approx(score("한새봄", "Han Saebom"), abs=0.05)
