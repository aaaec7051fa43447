"""Machine readable zones: the specimens of ICAO Doc 9303, every form, every check digit, any text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.identifiers import (
    Identifier,
    ZoneFormatError,
    machine_readable_check_digit,
    parse_machine_readable_zone,
    read_document,
    read_machine_readable_zone,
)
from matching.subject import Document, parse_subject

TODAY = date(2026, 1, 1)
PASSPORT = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
CARD = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
SMALL_CARD = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
VISA = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"
SMALL_VISA = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<"
LONG_NUMBER = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"
"""The specimens of ICAO Doc 9303 parts 4 to 7, of the invented state Utopia; nobody's documents."""


@pytest.mark.parametrize(
    ("zone", "form", "kind", "number", "births"),
    [
        (PASSPORT, "TD3", "passport", "L898902C3", ["1974-08-12"]),
        (CARD, "TD1", "national_id", "D23145890", ["1974-08-12"]),
        (SMALL_CARD, "TD2", "national_id", "D23145890", ["1974-08-12"]),
        (VISA, "MRV-A", "permit", "L8988901C", ["1940-09-07"]),
        (SMALL_VISA, "MRV-B", "permit", "L8988901C", ["1940-09-07"]),
    ],
)
def test_the_specimens_of_icao_are_read(zone: str, form: str, kind: str, number: str, births: list[str]) -> None:
    read = parse_machine_readable_zone(zone, TODAY)
    assert (read.form, read.kind, read.number, read.issuer) == (form, kind, number, "UTO")
    assert (read.surname, read.given_names, read.sex) == ("ERIKSSON", "ANNA MARIA", "F")
    assert [birth.written() for birth in read.births] == births
    assert read.valid


def test_a_number_of_more_than_nine_signs_goes_on_in_the_optional_data() -> None:
    read = parse_machine_readable_zone(LONG_NUMBER, TODAY)
    assert read.number == "D23145890734"
    assert read.valid


def test_the_holder_of_a_visa_may_have_no_nationality() -> None:
    assert parse_machine_readable_zone(VISA, TODAY).nationality == ""


def test_a_german_passport_is_german() -> None:
    zone = "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\nC01X00T478D<<6408125F2702283<<<<<<<<<<<<<<<4"
    read = parse_machine_readable_zone(zone, TODAY)
    assert (read.issuer, read.nationality, read.number) == ("DE", "DE", "C01X00T47")
    assert read.valid


@pytest.mark.parametrize(
    ("place", "sign", "fields"),
    [
        (44 + 1 + 9, "7", ("number", "composite")),
        (44 + 1 + 18, "3", ("birth date", "composite")),
        (44 + 1 + 24, "9", ("expiry", "composite")),
        (44 + 1 + 42, "7", ("personal number", "composite")),
        (44 + 1 + 43, "7", ("composite",)),
    ],
)
def test_each_wrong_check_digit_is_named(place: int, sign: str, fields: tuple[str, ...]) -> None:
    read = parse_machine_readable_zone(PASSPORT[:place] + sign + PASSPORT[place + 1 :], TODAY)
    assert read.wrong == fields


def test_a_zone_is_a_query_for_its_holder() -> None:
    row = parse_machine_readable_zone(PASSPORT, TODAY).to_row()
    assert row == {
        "names": ["ERIKSSON, ANNA MARIA"],
        "name_parts": {"last": "ERIKSSON", "given": "ANNA MARIA"},
        "dob": ["1974-08-12"],
        "nationality": ["UTO"],
        "gender": "F",
        "documents": [{"type": "passport", "country": "UTO", "number": "L898902C3"}],
    }
    assert parse_subject(row).births[0].written() == "1974-08-12"
    misread = parse_machine_readable_zone(PASSPORT.replace("L898902C36", "L898902C37"), TODAY)
    assert misread.to_row() == {}


def test_letters_read_for_digits_are_read_back() -> None:
    read = parse_machine_readable_zone(PASSPORT.replace("7408122F", "74O8I22F"), TODAY)
    assert [birth.written() for birth in read.births] == ["1974-08-12"]


def test_a_birth_date_of_two_digits_is_every_date_it_can_be() -> None:
    young = PASSPORT.replace("7408122", "200812" + str(machine_readable_check_digit("200812")))
    assert [birth.written() for birth in parse_machine_readable_zone(young, TODAY).births] == [
        "1920-08-12",
        "2020-08-12",
    ]
    unknown = PASSPORT.replace("7408122", "74<<<<" + str(machine_readable_check_digit("74<<<<")))
    assert [birth.written() for birth in parse_machine_readable_zone(unknown, TODAY).births] == ["1974"]


@pytest.mark.parametrize(
    "pasted",
    [
        PASSPORT,
        PASSPORT.replace("\n", ""),
        PASSPORT.replace("\n", "  "),
        PASSPORT.lower(),
        PASSPORT.replace("\n", "\r\n\r\n"),
        " " + PASSPORT.replace("<10", " < 1 0"),
    ],
)
def test_a_zone_is_read_however_it_was_pasted(pasted: str) -> None:
    assert read_machine_readable_zone(pasted) == Identifier("passport", "L898902C3", "UTO", True)


def test_the_line_with_the_number_is_enough() -> None:
    assert read_machine_readable_zone(PASSPORT.split("\n")[1]) == Identifier("passport", "L898902C3", "", True)
    assert read_machine_readable_zone(CARD[:30]) == Identifier("national_id", "D23145890", "UTO", True)
    assert read_machine_readable_zone("L898902C3") is None


def test_a_zone_in_the_place_of_a_number_is_read() -> None:
    wrong = read_document(Document("passport", PASSPORT.replace("L898902C36", "L898902C37")))
    assert wrong == Identifier("passport", "L898902C3", "UTO", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<",
        PASSPORT[:80],
        CARD[:61],
        "P<UTO" * 40,
        PASSPORT.replace("\n", "<<\n"),
        PASSPORT.replace("\n", "<<"),
        CARD.replace("\n", "", 1),
        PASSPORT.replace("P<", "I<"),
        PASSPORT + " " * 400 + ".",
    ],
)
def test_what_is_no_zone_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ZoneFormatError) as caught:
        parse_machine_readable_zone(text, TODAY)
    assert len(text) < 2 or text not in str(caught.value)


def test_machine_readable_check_digits_follow_icao() -> None:
    assert machine_readable_check_digit("520727") == 3
    assert machine_readable_check_digit("AB2134<<<") == 5


ZONES = st.one_of(
    *(
        st.lists(st.text("ABV<0123PI9M", min_size=width, max_size=width), min_size=lines, max_size=lines)
        for lines, width in ((3, 30), (2, 36), (2, 44))
    )
).map("\n".join)


@given(st.text(max_size=500) | ZONES)
def test_any_text_is_a_zone_or_refused(text: str) -> None:
    read_machine_readable_zone(text)
    try:
        read = parse_machine_readable_zone(text, TODAY)
    except ZoneFormatError:
        return
    assert len(read.checks) >= 3
    assert all(birth.earliest <= TODAY for birth in read.births)
