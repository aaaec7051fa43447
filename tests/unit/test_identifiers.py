"""Numbers that identify: canonical form, check digits, and how two of them relate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.identifiers import (
    Identifier,
    canonical_number,
    machine_readable_check_digit,
    read_document,
    read_email,
    read_machine_readable_zone,
    read_phone,
    relate,
    same_country,
)
from matching.subject import Document

SPECIMEN_ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
"""The specimen of ICAO Doc 9303 part 4, appendix A; nobody's passport."""


def _read(kind: str, number: str, country: str = "") -> Identifier:
    identifier = read_document(Document(kind, number, country))
    assert identifier is not None
    return identifier


def test_spelling_does_not_matter() -> None:
    assert _read("passport", "ab 12-34/567").value == _read("Passport", "AB1234567").value == "AB1234567"
    assert canonical_number("№ ٠١٢٣ ４５６") == "NO0123456"


def test_letters_that_look_the_same_are_the_same() -> None:
    cyrillic, latin = "МС 7654321", "MC 7654321"
    assert _read("passport", cyrillic) == _read("passport", latin)


@pytest.mark.parametrize("number", ["", "12", "0000000", "XXXXXXX", "unknown", "1234567", "9876543"])
def test_a_placeholder_is_not_a_number(number: str) -> None:
    assert read_document(Document("passport", number)) is None


@pytest.mark.parametrize(
    ("kind", "country", "right", "wrong"),
    [
        ("iban", "", "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
        ("vessel_imo", "", "IMO 9074729", "IMO 9074728"),
        ("imei", "", "49-015420-323751-8", "49-015420-323751-9"),
        ("card", "", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("national_id", "TR", "17291716060", "17291716061"),
        ("national_id", "ES", "54362315K", "54362315A"),
        ("tax_id", "RU", "123456789047", "123456789048"),
        ("registration", "RU", "1022200525819", "1022500001326"),
        ("wallet", "", "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD", "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfE"),
    ],
)
def test_check_digits_are_checked(kind: str, country: str, right: str, wrong: str) -> None:
    assert _read(kind, right, country).valid is True
    assert _read(kind, wrong, country).valid is False


def test_a_company_may_hold_an_imo_number_too() -> None:
    assert _read("vessel_imo", "IMO 1234565").valid is True


def test_a_number_of_another_shape_is_not_called_wrong() -> None:
    assert _read("national_id", "AB-55", "TR").valid is None
    assert _read("national_id", "54362315K").valid is None
    assert _read("passport", "L898902C3", "FR").valid is None


def test_only_a_right_vehicle_number_is_remarkable() -> None:
    assert _read("vin", "1M8GDM9AXKP042788").valid is True
    assert _read("vin", "1M8GDM9A1KP042788").valid is None


def test_the_number_is_found_in_a_pasted_machine_readable_zone() -> None:
    assert read_machine_readable_zone(SPECIMEN_ZONE) == Identifier("passport", "L898902C3", "", True)
    assert _read("passport", SPECIMEN_ZONE.replace("L898902C36", "L898902C37")).valid is False
    card = "I<UTOD231458907<<<<<<<<<<<<<<<"
    assert read_machine_readable_zone(card) == Identifier("national_id", "D23145890", "", True)
    assert read_machine_readable_zone("L898902C3") is None


def test_machine_readable_check_digits_follow_icao() -> None:
    assert machine_readable_check_digit("520727") == 3
    assert machine_readable_check_digit("AB2134<<<") == 5


def test_a_phone_is_read_to_e164_with_the_regions_at_hand() -> None:
    international = read_phone("+44 20 7946 0018")
    assert international == read_phone("(020) 7946 0018", ("FR", "GB")[1:])
    assert international is not None
    assert international.value == "+442079460018"
    assert read_phone("call me") is None


def test_a_phone_without_its_country_code_is_near() -> None:
    whole, local = read_phone("+44 20 7946 0018"), read_phone("020 7946 0018")
    assert whole is not None
    assert local is not None
    assert relate(whole, local) == "near"


def test_an_email_is_read_without_its_display_name() -> None:
    assert read_email("Arvid T. <Arvid@Example.ORG>") == Identifier("email", "arvid@example.org")
    assert read_email("no address") is None


def test_one_slip_in_a_long_number_is_near_and_in_a_short_one_different() -> None:
    assert relate(_read("passport", "L898902C3"), _read("passport", "L898920C3")) == "near"
    assert relate(_read("passport", "L898902C3"), _read("passport", "898902C3")) == "near"
    assert relate(_read("passport", "89890"), _read("passport", "89891")) == "different"
    assert relate(_read("passport", "L898902C3"), _read("passport", "K771204D9")) == "different"


def test_a_slip_is_not_near_where_countries_differ() -> None:
    assert relate(_read("passport", "L898902C3", "FR"), _read("passport", "L898920C3", "DE")) == "different"


def test_two_ships_with_right_numbers_are_two_ships() -> None:
    assert relate(_read("imo", "9074729"), _read("imo", "9074728")) == "near"
    assert relate(_read("imo", "9074729"), _read("imo", "9174725")) == "different"


def test_equal_numbers_relate_though_lists_call_them_differently() -> None:
    assert relate(_read("passport", "L898902C3"), _read("national_id", "L898902C3")) == "equal"
    assert relate(_read("passport", "L898902C3"), _read("national_id", "L898920C3")) == "unrelated"
    assert relate(_read("passport", "490154203237518"), _read("imei", "490154203237518")) == "unrelated"


def test_an_unknown_issuer_neither_agrees_nor_differs() -> None:
    assert same_country(_read("passport", "L898902C3", "fr"), _read("passport", "L898902C3", "FR")) is True
    assert same_country(_read("passport", "L898902C3", "FR"), _read("passport", "L898902C3")) is None


NUMBERS = st.text(max_size=80) | st.from_regex(r"[A-Z0-9 <-]{4,50}", fullmatch=True)
KINDS = st.sampled_from(["passport", "national_id", "tax_id", "registration", "imo", "iban", "imei", "vin", "wallet"])
COUNTRIES = st.sampled_from(["", "CN", "CZ", "MX", "RU", "TR", "IT", "XX"])
DOCUMENTS = st.builds(Document, KINDS, NUMBERS, COUNTRIES)


@given(DOCUMENTS, DOCUMENTS)
def test_any_number_is_read_and_relations_are_symmetric(document: Document, against: Document) -> None:
    one, other = read_document(document), read_document(against)
    if one is not None and other is not None:
        assert relate(one, other) == relate(other, one)
        assert relate(one, one) == "equal"
        assert len(one.value) <= 64


@given(st.text(max_size=100), st.lists(st.text(max_size=3), max_size=3))
def test_any_text_is_read_as_a_phone_or_an_email_or_not_at_all(text: str, regions: list[str]) -> None:
    for identifier in (read_phone(text, regions), read_email(text)):
        assert identifier is None or identifier.value
