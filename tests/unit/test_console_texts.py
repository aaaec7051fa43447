"""Every text of the console is there in every language, with the same places for values, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from console.languages import LOCALE, language_of, languages
from tests.unit.console_texts import catalogue, texts, untranslated

CATALOGUES = sorted(LOCALE.glob("*.po"))
_VALUE = re.compile(r"%\((\w+)\)s")


def by_file(paths: list[Path]) -> list[ParameterSet]:
    return [pytest.param(path, id=path.stem) for path in paths]


def test_there_are_texts() -> None:
    assert len(texts()) > 20


@pytest.mark.parametrize("path", by_file(CATALOGUES))
def test_every_text_is_translated_and_no_other(path: Path) -> None:
    known = catalogue(path)
    wanted = {message.id for message in texts() if message.id}
    assert {message.id for message in known if message.id} ^ wanted == set()
    assert untranslated(known) == []
    assert [message.id for message in known if message.id and message.fuzzy] == []
    assert not known.obsolete


@pytest.mark.parametrize("path", by_file(CATALOGUES))
def test_a_translation_has_the_values_of_its_text(path: Path) -> None:
    wrong = []
    for message in catalogue(path):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
        allowed = {name for one in ids for name in _VALUE.findall(one)}
        if message.id and any(set(_VALUE.findall(one)) - allowed for one in strings):
            wrong.append(message.id)
        if isinstance(message.id, str) and message.id and set(_VALUE.findall(str(message.string))) != allowed:
            wrong.append(message.id)
    assert wrong == []


def test_a_language_is_chosen_by_the_person_and_else_by_the_browser() -> None:
    assert language_of("en", "fr").code == "en"
    assert language_of("", "xx;q=0.9, en-GB").code == "en"
    assert language_of("xx", "").code == "en"
    assert language_of("", "*, ;;, \x00").code == "en"
    for code, language in languages().items():
        assert language_of("", f"{code}-XX,en;q=0.5") is language
