"""Whatever a token depends on changes the normaliser version or the golden digest, so that drift is refused aloud."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest

from matching import (
    circumstances,
    countries,
    features,
    frequency,
    listed_dates,
    normalise,
    organisation_words,
    organisations,
    phonetics,
    scripts,
    version,
)
from matching.features import RULES_VERSION, golden_digest, own_normaliser
from matching.identifiers import contacts, documents, number, schemes
from matching.letters import han
from matching.letters.tables import TABLES_OF_SCRIPT
from matching.letters.words import script_of
from matching.subject import parse_subject
from matching.version import GOLDEN_WORDS, LIBRARIES, normaliser_version, text_of


def current() -> str:
    """Give the version that a node would have now."""
    made: str = features.own_normaliser.__wrapped__()
    return made


@pytest.fixture(autouse=True)
def _made_before_anything_is_changed() -> None:
    own_normaliser()


def test_the_version_is_the_same_when_nothing_changed() -> None:
    assert current() == own_normaliser()
    assert re.fullmatch(rf"{RULES_VERSION}-[0-9a-f]{{16}}", own_normaliser())


@pytest.mark.parametrize(
    ("module", "table"),
    [
        (normalise, "PARTICLES"),
        (normalise, "ARTICLES"),
        (normalise, "DESCENT"),
        (normalise, "TITLES"),
        (normalise, "_STEMS"),
        (normalise, "_FAITH"),
        (normalise, "_GOD"),
        (normalise, "_GOD_AFTER_ABD"),
        (han, "_READ_OTHERWISE_AS_FAMILY_NAME"),
        (han, "_WITH_I"),
        (scripts, "_ARABIC_NAMES"),
        (scripts, "_CYRILLIC_LETTERS"),
        (scripts, "_HAN_SURNAMES"),
        (scripts, "_KOREAN_SURNAMES"),
        (scripts, "_READ_OTHERWISE_AS_SURNAME"),
        (phonetics, "_RESPELLINGS"),
        (phonetics, "_COARSE"),
        (frequency, "_TABLE"),
        (frequency, "_NATIONALITY_SHARES"),
        (organisation_words, "_ENTRIES"),
        (organisation_words, "_RESPELT"),
        (circumstances, "FEWEST_PARTS"),
        (countries, "_FURTHER_ALIASES"),
        (countries, "_GONE"),
        (countries, "_NO_COUNTRY"),
        (contacts, "_DOMAIN_OF"),
        (contacts, "_IGNORED_SIGNS"),
        (contacts, "_TAGGED"),
        (documents, "_KIND_OF_LABEL"),
        (documents, "PERSONAL_KINDS"),
        (number, "_LOOKALIKES"),
        (schemes, "_SCHEMES"),
        (features, "_TRUST"),
        (features, "WORLDWIDE_KINDS"),
    ],
)
def test_a_table_with_one_entry_less_changes_the_version(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, table: str
) -> None:
    entries = getattr(module, table)
    less = dict(list(entries.items())[1:]) if isinstance(entries, dict) else type(entries)(sorted(entries, key=str)[1:])
    monkeypatch.setattr(module, table, less)
    assert current() != own_normaliser()


@pytest.mark.parametrize(
    ("module", "constant"),
    [
        (circumstances, "DATELESS_NATIONALITY_DISCOUNT"),
        (circumstances, "MOST_DATES"),
        (circumstances, "MOST_NATIONALITIES"),
        (circumstances, "MOST_YEARS"),
        (contacts, "MOST_REGIONS"),
        (features, "MOST_NAMES"),
        (features, "MOST_NUMBERS"),
        (features, "MOST_PARTS_USED"),
        (features, "MOST_QUERY_FEATURES"),
        (features, "MOST_RECORD_FEATURES"),
        (features, "SHORTEST_DOCUMENT_NUMBER"),
        (frequency, "NUMBER_BITS"),
        (listed_dates, "LATEST_SHORT_YEAR"),
        (number, "LONGEST_NUMBER"),
        (number, "SHORTEST_COMPARED"),
        (normalise, "LONGEST_PART"),
        (normalise, "MOST_CHARACTERS"),
        (organisation_words, "SHORTEST_MISSPELT"),
        (organisations, "FEWEST_WORDS"),
        (organisations, "_MOST_WORDS"),
    ],
)
def test_another_limit_changes_the_version(monkeypatch: pytest.MonkeyPatch, module: ModuleType, constant: str) -> None:
    monkeypatch.setattr(module, constant, getattr(module, constant) + 1)
    assert current() != own_normaliser()


@pytest.mark.parametrize("file", han.FILES)
def test_another_reading_of_a_sign_changes_the_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str
) -> None:
    shipped = Path(str(files("matching.letters")))
    for one in han.FILES:
        (tmp_path / one).write_bytes((shipped / one).read_bytes())
    monkeypatch.setattr(version, "files", lambda _: tmp_path)
    assert current() == own_normaliser()
    (tmp_path / file).write_bytes(b"other readings")
    assert current() != own_normaliser()


def test_another_pattern_changes_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalise, "_ABD", re.compile(normalise._ABD.pattern, re.IGNORECASE))
    assert current() != own_normaliser()


def test_other_rules_change_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "RULES_VERSION", "another")
    assert current() == own_normaliser().replace(RULES_VERSION, "another", 1)


def test_another_set_of_codes_changes_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phonetics, "CODE_FAMILIES", {"coarse": phonetics.coarse})
    assert current() != own_normaliser()


@pytest.mark.parametrize("script", sorted(GOLDEN_WORDS))
def test_another_romanisation_of_a_script_changes_the_version(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    fold = normalise.fold
    words = GOLDEN_WORDS[script]
    monkeypatch.setattr(normalise, "fold", lambda text: fold(text) + "x" if text == words else fold(text))
    assert current() != own_normaliser()


def test_another_code_changes_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalise, "telling_parts", lambda text: normalise.name_parts(text)[:1])
    assert current() != own_normaliser()


def test_another_reading_of_han_changes_the_golden_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = golden_digest()
    monkeypatch.setitem(scripts._READERS, "han", lambda word: "vantro")
    scripts.romanise.cache_clear()
    try:
        assert golden_digest() != before
    finally:
        monkeypatch.undo()
        scripts.romanise.cache_clear()
    assert golden_digest() == before


def test_every_script_with_tables_has_a_golden_word_and_han_a_golden_row() -> None:
    assert GOLDEN_WORDS.keys() | {"han"} == TABLES_OF_SCRIPT.keys()
    assert all(script_of(word) == script for script, words in GOLDEN_WORDS.items() for word in words.split())
    assert all(re.fullmatch("[a-z]+( [a-z]+)*", normalise.fold(words)) for words in GOLDEN_WORDS.values())
    rows = [parse_subject(row) for row in features.GOLDEN_ROWS]
    assert any(script_of(name.text) == "han" for row in rows for name in row.names)


@pytest.mark.parametrize("code", ["SYR", "SUN", "D", "ZZZ"])
def test_another_reading_of_a_country_changes_the_version(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    read = countries.canonical_country
    monkeypatch.setattr(countries, "canonical_country", lambda one: "TV" if one == code else read(one))
    assert current() != own_normaliser()


def test_other_successors_of_a_state_that_is_gone_change_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    read = countries.successors
    monkeypatch.setattr(countries, "successors", lambda one: read(one) - {"RU"})
    assert current() != own_normaliser()


def test_every_code_of_today_and_of_passports_is_among_the_known_ones() -> None:
    known = set(countries.known_codes())
    assert known >= {"SY", "SYR", "D", "DEU", "SU", "SUN", "YUG", "CSK", "GBD", "XXA", "XK", "RKS", "TV"}
    assert len(known) > 500


def test_another_name_of_a_month_changes_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    months = listed_dates.month_names() | {"jun": 7}
    monkeypatch.setattr(listed_dates, "month_names", lambda: months)
    assert current() != own_normaliser()


def test_other_tables_of_unicode_change_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unicodedata, "unidata_version", "99.0.0")
    assert current() != own_normaliser()


@pytest.mark.parametrize("library", LIBRARIES)
def test_another_version_of_a_library_changes_the_version(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    read = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "99" if name == library else read(name))
    assert current() != own_normaliser()


@pytest.mark.parametrize("reader", ["read_document", "read_phone", "read_email", "regions_of", "canonical_countries"])
def test_another_reading_changes_the_golden_digest(monkeypatch: pytest.MonkeyPatch, reader: str) -> None:
    before = golden_digest()
    monkeypatch.setattr(features, reader, lambda *_: None if reader.startswith("read") else ())
    assert golden_digest() != before


def test_asking_for_other_successors_changes_the_golden_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = golden_digest()
    monkeypatch.setattr(circumstances, "successors", lambda code: frozenset({code}))
    assert golden_digest() != before


def test_the_text_of_a_constant_is_sorted_and_holds_no_address() -> None:
    assert text_of(frozenset({"b", "a"})) == text_of({"a", "b"}) == "{'a','b'}"
    assert text_of({"b": 1, "a": (2.5, None)}) == "{'a':(2.5,None),'b':1}"
    assert text_of([re.compile("x"), date(1968, 6, 13)]) == "(/'x'/32,datetime.date(1968, 6, 13))"
    assert text_of(parse_subject) == "parse_subject"
    assert text_of(("ab", "c")) != text_of(("a", "bc"))


def test_a_constant_that_has_no_text_is_refused_aloud() -> None:
    with pytest.raises(TypeError, match="of type object"):
        normaliser_version("1", object())
