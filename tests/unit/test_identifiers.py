"""Numbers that identify: canonical form, check digits, and how two of them relate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.identifiers import (
    Identifier,
    canonical_number,
    read_document,
    read_email,
    read_phone,
    relate,
    same_country,
    slip_between,
)
from matching.subject import Document


def _read(kind: str, number: str, country: str = "") -> Identifier:
    identifier = read_document(Document(kind, number, country))
    assert identifier is not None
    return identifier


def test_spelling_does_not_matter() -> None:
    assert _read("passport", "ab 12-34/567").value == _read("Passport", "AB1234567").value == "AB1234567"
    assert canonical_number("№ ٠١٢٣ ４５６") == "NO0123456"


@pytest.mark.parametrize("written", ["Passport No. U1234509", "No: U 1234509", "№ U1234509", "passport U1234509"])
def test_a_label_before_a_number_is_no_part_of_it(written: str) -> None:
    assert _read("passport", written).value == "U1234509"
    assert _read("passport", "NO1234509").value == "NO1234509"


def test_letters_that_look_the_same_are_the_same() -> None:
    cyrillic, latin = "МС 7654321", "MC 7654321"
    assert _read("passport", cyrillic) == _read("passport", latin)


@pytest.mark.parametrize(
    "number", ["", "12", "0000000", "XXXXXXX", "unknown", "1234567", "9876543", "A0000000", "P 0000"]
)
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
        ("lei", "", "213800KUD8LAJWSQ9D15", "213800KUD8LAJWSQ9D16"),
        ("national_id", "IR", "0499370899", "0499370898"),
        ("national_id", "BEL", "85073003328", "85073003329"),
    ],
)
def test_check_digits_are_checked(kind: str, country: str, right: str, wrong: str) -> None:
    assert _read(kind, right, country).valid is True
    assert _read(kind, wrong, country).valid is False


def test_a_ship_and_a_company_are_two_registers() -> None:
    by_digit, by_label = _read("vessel_imo", "IMO 1234565"), _read("Company IMO", "1234565")
    assert by_digit == by_label == Identifier("imo_company", "1234565", "", True)
    assert _read("company imo", "9074729").valid is False
    assert relate(by_digit, _read("imo", "9074729")) == "unrelated"


def test_a_number_of_another_shape_is_not_called_wrong() -> None:
    assert _read("national_id", "AB-55", "TR").valid is None
    assert _read("national_id", "54362315K").valid is None
    assert _read("national_id", "4509 123459", "RU").valid is None
    assert _read("passport", "L898902C3", "FR").valid is None
    assert _read("national_id", "123-45-6780", "US").valid is None


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("1M8GDM9AXKP042788", True),
        ("1M8GDM9A1KP042788", False),
        ("WM8GDM9A1KP042788", None),
        ("IM8GDM9AXKPO42788", True),
        ("1M8GDM9AXKP04278", None),
    ],
)
def test_a_wrong_vehicle_number_is_called_wrong_only_where_the_digit_is_mandatory(
    number: str, valid: bool | None
) -> None:
    assert _read("vin", number).valid is valid


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


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("0044 20 7946 0018", ()),
        ("Tel. +44 (0)20 7946 0018", ()),
        ("442079460018", ()),
        ("020 7946 0018", ("GBR",)),
        ("020 7946 0018", ("SY", "GB")),
    ],
)
def test_a_phone_is_the_same_however_its_country_code_is_written(text: str, regions: tuple[str, ...]) -> None:
    phone = read_phone(text, regions)
    assert phone is not None
    assert (phone.value, phone.country) == ("+442079460018", "GB")


def test_phones_of_two_countries_are_not_near_for_their_last_digits() -> None:
    one, other = read_phone("+44 20 7946 0018"), read_phone("+49 30 7946 0018")
    assert one is not None
    assert other is not None
    assert relate(one, other) == "different"


def test_an_email_is_read_without_its_display_name() -> None:
    assert read_email("Arvid T. <Arvid@Example.ORG>") == Identifier("email", "arvid@example.org")
    assert read_email("no address") is None


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("Arvid.Testmann@gmail.com", "arvidtestmann+list@googlemail.com", "equal"),
        ("arvid+x@outlook.com", "arvid@outlook.com", "equal"),
        ("arvid.t@proton.me", "arvidt@protonmail.com", "equal"),
        ("arvid@bücher.example", "ARVID@xn--bcher-kva.example", "equal"),
        ("arvid.testmann@example.org", "arvidtestmann@example.org", "near"),
        ("arvid+news@example.org", "arvid@example.org", "near"),
        ("arvid.testmann@example.org", "arvid.testman@example.org", "near"),
        ("arvid1968@example.org", "arvid1969@example.org", "different"),
        ("arvid@example.org", "arvid@example.com", "different"),
    ],
)
def test_email_addresses_are_merged_only_where_their_provider_merges_them(one: str, other: str, relation: str) -> None:
    read, against = read_email(one), read_email(other)
    assert read is not None
    assert against is not None
    assert relate(read, against) == relation


def test_an_address_no_server_would_take_is_flagged() -> None:
    assert read_email("arvid..t@example.org") == Identifier("email", "arvid..t@example.org", "", False)


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("L898902C3", "L8989O2C3", "letters that look alike"),
        ("L898902C3", "L898920C3", "two signs exchanged"),
        ("L898902C3", "L898702C3", "one slip apart"),
        ("L898902C3", "L898902C4", "neighbours in a series"),
        ("L898902C3", "L898902C36", "with a check digit on one side"),
        ("L898902C3", "L898902C37", "shortened on one side"),
        ("L898902C3", "898902C3", "shortened on one side"),
        ("L898902C3", "K771204D9", None),
    ],
)
def test_the_slip_between_two_passport_numbers_is_named(one: str, other: str, slip: str | None) -> None:
    assert slip_between(_read("passport", one), _read("passport", other)) == slip
    assert slip_between(_read("passport", other), _read("passport", one)) == slip


def test_two_numbers_with_right_check_digits_are_two_numbers() -> None:
    one, other = _read("national_id", "54362315K", "ES"), _read("national_id", "54362316E", "ES")
    assert one.valid
    assert other.valid
    assert relate(one, other) == "different"


@pytest.mark.parametrize("written", ["490154203237518", "49015420323751", "4901542032375101", "49-015420-323751-8"])
def test_a_device_is_one_with_and_without_check_digit_and_software_version(written: str) -> None:
    assert _read("imei", written).value == "49015420323751"


def test_an_account_is_of_the_country_in_its_number() -> None:
    account = _read("bank account", "GB82 WEST 1234 5698 7654 32", "DE")
    assert account == Identifier("iban", "GB82WEST12345698765432", "GB", True)


@pytest.mark.parametrize(
    ("country", "same"), [("SYR", "SY"), ("sy", "SY"), ("D", "DE"), ("UK", "GB"), ("GBD", "GB"), ("SUN", "SU")]
)
def test_a_country_is_one_however_its_code_is_written(country: str, same: str) -> None:
    assert _read("passport", "L898902C3", country) == _read("passport", "L898902C3", same)


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


@pytest.mark.parametrize("label", ["Digital Currency Address - XBT", "BTC address", "Ethereum wallet", "bitcoin"])
def test_a_wallet_is_known_by_labels_that_name_its_currency(label: str) -> None:
    read = read_document(Document(label, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"))
    assert read is not None
    assert (read.kind, read.value, read.valid) == ("wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", True)


@pytest.mark.parametrize("label", ["Email address", "digital currency address of a firm", "dash camera"])
def test_another_label_is_no_wallet(label: str) -> None:
    read = read_document(Document(label, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"))
    assert read is None or read.kind != "wallet"
