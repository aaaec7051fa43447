"""Subjects and their rows: what is read comes back, what is wrong is named by field and never by value."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from matching.dates import parse_date
from matching.features import record_features
from matching.subject import SUBJECT_FIELDS, Document, Name, Subject, SubjectFormatError, parse_subject, subject_part

FULL_ROW: dict[str, Any] = {
    "category": "individual",
    "names": ["Arvid Testmann"],
    "aliases": ["The Cartographer", "Arvid Testman"],
    "alias_quality": ["weak", "strong"],
    "names_original": ["Арвид Тестманн"],
    "name_parts": {"given": "Arvid", "last": "Testmann"},
    "dob": ["1968-06-13", "1967/1969~"],
    "pob": ["Ebenfurth"],
    "nationality": ["AT", "HUN"],
    "gender": "M",
    "documents": [{"type": "passport", "country": "AT", "number": "U 1234567", "note": "expired"}],
    "phones": ["+43 1 5550100"],
    "emails": ["arvid@example.org"],
    "addresses": ["1 Invented Lane, Ebenfurth"],
    "address_countries": ["AT"],
}


def test_a_full_row_is_read_field_by_field() -> None:
    subject = parse_subject(FULL_ROW)
    assert subject.names == (
        Name("Arvid Testmann"),
        Name("The Cartographer", "weak"),
        Name("Arvid Testman", "strong"),
        Name("Арвид Тестманн", "original"),
    )
    assert subject.births == (parse_date("1968-06-13"), parse_date("1967/1969~"))
    assert subject.documents == (Document("passport", "U 1234567", "AT", "expired"),)
    assert subject.nationalities == ("AT", "HUN")


def test_a_date_as_a_list_writes_it_is_every_date_it_may_be() -> None:
    subject = parse_subject({"names": ["Arvid Testmann"], "dob": ["circa 1968", "05/06/1970"]})
    assert [birth.written() for birth in subject.births] == ["1968~", "1970-06-05", "1970-05-06"]
    assert parse_subject(subject.to_row()) == subject


def test_a_row_survives_the_way_there_and_back() -> None:
    subject = parse_subject(FULL_ROW)
    assert subject.to_row() == FULL_ROW
    assert parse_subject(subject.to_row()) == subject


def test_empty_fields_do_not_travel() -> None:
    assert parse_subject({"names": ["Arvid Testmann"]}).to_row() == {
        "category": "individual",
        "names": ["Arvid Testmann"],
    }


def test_an_alias_without_quality_is_of_unknown_quality() -> None:
    assert parse_subject({"names": ["A B"], "aliases": ["C D"]}).names[1] == Name("C D", "unknown")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alias_quality": ["weak"]}, "alias_quality"),
        ({"dob": ["31.6.1968"]}, "dob"),
        ({"nationality": ["Austria"]}, "nationality"),
        ({"gender": "mail"}, "gender"),
        ({"documents": [{"type": "passport"}]}, "documents"),
        ({"secret_field": "secret value"}, "row"),
        ({"category": "spaceship"}, "category"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(change: dict[str, Any], field: str) -> None:
    row = FULL_ROW | change
    with pytest.raises(SubjectFormatError) as caught:
        parse_subject(row)
    assert caught.value.field == field
    assert caught.value.reason
    for value in ("31.6.1968", "Austria", "spaceship", "secret", "Testmann"):
        assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "gender"),
    [
        *product(["M", "m", "male", "Male", " MALE ", "Homme"], ["M"]),
        *product(["F", "f", "female", "FEMALE", "Féminin", "fe\u0301minin"], ["F"]),
        *product(["X", "x", "unspecified"], ["X"]),
        *product(["", " ", "Unknown"], [""]),
    ],
)
def test_a_gender_is_read_as_lists_write_it(written: str, gender: str) -> None:
    assert parse_subject({"names": ["Arvid Testmann"], "gender": written}).gender == gender


@pytest.mark.parametrize("written", ["mail", "1", "M F", 1, ["M"], None])
def test_a_gender_that_is_none_is_told_the_letters_there_are(written: object) -> None:
    with pytest.raises(SubjectFormatError) as caught:
        parse_subject({"names": ["Arvid Testmann"], "gender": written})
    assert (caught.value.field, caught.value.reason) == ("gender", "expected one of: 'M', 'F' or 'X'")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *product(["names", "names_original"], ["😀 😀 😀", "???", "- .", "№ §", "\u0301", "…"]),
        *product(["aliases"], ["😀 😀 😀", "№", "\u0301"]),
    ],
)
def test_a_persons_name_without_a_letter_is_none(field: str, text: str) -> None:
    with pytest.raises(SubjectFormatError, match="a name without a letter") as caught:
        parse_subject({"names": ["Arvid Testmann"], field: [text]})
    assert caught.value.field == field
    assert text not in str(caught.value)


@pytest.mark.parametrize("mark", ['"', '""', "-", "?", "…"])
def test_a_mark_left_over_among_the_aliases_sets_no_row_aside_and_is_worth_nothing(mark: str) -> None:
    plain, marked = ({"names": ["Arvid Testmann"], "aliases": aliases} for aliases in ([], [mark]))
    assert record_features(parse_subject(marked)) == record_features(parse_subject(plain))


@pytest.mark.parametrize(("field", "is_name"), [("names", False), ("names_original", False), ("aliases", True)])
def test_a_person_may_be_called_by_a_number_besides(field: str, is_name: bool) -> None:
    row = {"names": ["Arvid Testmann"], field: ["40"]}
    if is_name:
        assert Name("40", "unknown") in parse_subject(row).names
    else:
        with pytest.raises(SubjectFormatError):
            parse_subject(row)


@pytest.mark.parametrize("text", ["Arvid 😀", "Ò", "李", "أ", "たろう", "क", "X-7"])
def test_a_letter_of_any_script_makes_a_name(text: str) -> None:
    assert parse_subject({"names": [text]}).names == (Name(text),)


@pytest.mark.parametrize("category", ["entity", "vessel", "aircraft", "vehicle"])
def test_a_company_or_ship_may_be_called_by_a_number(category: str) -> None:
    assert parse_subject({"category": category, "names": ["1860"]}).names == (Name("1860"),)
    with pytest.raises(SubjectFormatError):
        parse_subject({"category": category, "names": ["😀"]})


def test_the_subject_part_leaves_out_what_is_not_compared() -> None:
    row = FULL_ROW | {"record_id": "R-1", "programs": ["X"]}
    assert subject_part(row) == FULL_ROW
    assert "record_id" not in SUBJECT_FIELDS


def test_a_subject_cannot_be_changed() -> None:
    subject = Subject(names=(Name("Arvid Testmann"),))
    with pytest.raises(AttributeError):
        subject.gender = "F"  # type: ignore[misc]
