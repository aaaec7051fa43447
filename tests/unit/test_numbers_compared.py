"""Numbers, birth dates and origin compared: slips in part, wrong check digits never decide, and any two are bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.comparison.births import compare_births, compare_dates
from matching.comparison.documents import NEAR_UNSOUND_SHARE, compare_identifiers
from matching.comparison.evidence import Contribution
from matching.comparison.origin import compare_genders, compare_nationalities
from matching.dates import DateInterval, parse_date
from matching.identifiers import Identifier, read_document, read_email, read_phone
from matching.listed_dates import read_listed_dates
from matching.scoring import PRIOR, compare
from matching.subject import Document, Name, Subject


def _points(*lines: object) -> float:
    return sum(line.points for line in lines)  # type: ignore[attr-defined]


def _numbers(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    read, against = (read_document(Document(kind, number, country)) for kind, number, country in (one, other))
    assert read is not None
    assert against is not None
    return _points(*compare_identifiers((read,), (against,)))


def _passports(one: str, other: str, country: str = "AT") -> float:
    return _numbers(("passport", one, country), ("passport", other, country))


def test_a_slip_counts_by_what_it_is() -> None:
    descending = [
        _passports("U1234509", "U1234509"),
        _passports("U1234509", "U12345O9"),
        _passports("U1234509", "U1235409"),
        _passports("U1234509", "U1284509"),
        _passports("U1234509", "U1234508"),
        0.0,
        _passports("U1234509", "K7710277"),
    ]
    assert descending == sorted(descending, reverse=True)
    assert len(set(descending)) == len(descending)


def _lines(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[Contribution, ...]:
    read = [read_document(Document(kind, number, country)) for kind, number, country in (one, other)]
    return compare_identifiers(read[:1], read[1:])  # type: ignore[arg-type]


def test_a_wrong_check_digit_is_told_and_never_decides() -> None:
    right, wrong = ("national_id", "17291716060", "TR"), ("national_id", "17291716061", "TR")
    assert _numbers(right, right) > -PRIOR
    (line,) = _lines(wrong, wrong)
    assert (line.points, line.outcome) == (0.0, "close")
    assert line.sentence.endswith("its check digit is wrong")
    assert 0 < _numbers(right, wrong) <= NEAR_UNSOUND_SHARE * _numbers(right, right)


def test_a_wrong_check_digit_of_a_number_that_differs_or_is_near_is_told() -> None:
    wrong = ("national_id", "17291716061", "TR")
    for other in (("national_id", "17291716060", "TR"), ("national_id", "38104627512", "TR")):
        (line,) = _lines(wrong, other)
        assert "of 17291716061, its check digit is wrong" in line.sentence


def test_two_wrong_numbers_one_slip_apart_give_no_more_than_equal_ones() -> None:
    assert _numbers(("national_id", "17291716061", "TR"), ("national_id", "17291716016", "TR")) == 0


@pytest.mark.parametrize(
    "number",
    [("iban", "GB82WEST12345698765433", "GB"), ("imo", "9074720", ""), ("card", "4111111111111112", ""),
     ("wallet", "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfE", ""), ("tax_id", "17291716061", "TR")],
)  # fmt: skip
def test_no_equal_number_with_a_wrong_check_digit_lifts_a_score(number: tuple[str, ...]) -> None:
    named = Subject((Name("Karlo Vantroyen"),))
    numbered = replace(named, documents=(Document(number[0], number[1], number[2]),))
    assert compare(numbered, numbered).score <= compare(named, named).score


def test_a_wrong_number_on_both_sides_hides_no_contradiction_and_no_agreement() -> None:
    wrong, ship, other = (read_document(Document("imo", number)) for number in ("9300005", "9074729", "9123453"))
    assert wrong is not None
    assert ship is not None
    assert other is not None
    apart = _points(*compare_identifiers([ship], [other]))
    assert _points(*compare_identifiers([ship, wrong], [wrong, other])) == apart < 0
    agreeing = compare_identifiers([wrong, ship], [ship, wrong])
    assert _points(*agreeing) == _points(*compare_identifiers([ship], [ship]))
    assert any("check digit is wrong" in line.sentence for line in agreeing)


def _phones(one: str, other: str) -> tuple[Contribution, ...]:
    read, against = read_phone(one), read_phone(other)
    assert read is not None
    assert against is not None
    return compare_identifiers((read,), (against,))


@pytest.mark.parametrize("phone", ["+999 20 7946 0018", "(+999) 20 7946 0018", "00999 20 7946 0018"])
def test_a_phone_of_no_country_is_told_and_gives_nothing(phone: str) -> None:
    (line,) = _phones(phone, phone)
    assert line.points == 0
    assert "no telephone has this number" in line.sentence


def test_a_phone_with_its_last_two_digits_exchanged_is_near_and_a_neighbour_is_not() -> None:
    equal, near = _phones("+44 20 7946 0018", "+44 20 7946 0018"), _phones("+44 20 7946 0018", "+44 20 7946 0081")
    assert 0 < _points(*near) < _points(*equal) / 2
    assert _phones("+44 20 7946 0018", "+44 20 7946 0019") == ()


def test_a_wallet_with_one_wrong_sign_is_near_and_told() -> None:
    right, wrong = "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD", "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfE"
    (line,) = _lines(("wallet", right, ""), ("wallet", wrong, ""))
    assert 0 < line.points <= NEAR_UNSOUND_SHARE * _numbers(("wallet", right, ""), ("wallet", right, ""))
    assert f"of {wrong}, its check digit is wrong" in line.sentence


def test_equal_numbers_of_two_countries_say_little() -> None:
    assert _numbers(("passport", "U1234509", "AT"), ("passport", "U1234509", "TUR")) <= 5
    assert _passports("U1234509", "U1234509", "AT") == _numbers(
        ("passport", "U1234509", "AUT"), ("passport", "U1234509", "AT")
    )
    assert _numbers(("passport", "U1234509", "SUN"), ("passport", "U1234509", "UA")) > 20


def test_a_plate_says_less_where_its_country_is_not_known() -> None:
    known, unknown = ("plate", "W 12345 X", "AT"), ("plate", "W-12345-X", "")
    assert _numbers(known, known) > _numbers(known, unknown) > 0


def test_another_identity_number_of_one_country_contradicts_more_than_another_passport() -> None:
    passports, identities = ("passport", "K7710277", "AT"), ("national_id", "K7710277", "AT")
    assert _numbers(("national_id", "U1234509", "AT"), identities) < _numbers(("passport", "U1234509", "AT"), passports)
    assert _numbers(("national_id", "U1234509", "DE"), identities) == 0


def test_a_phone_without_its_country_is_partial_evidence() -> None:
    whole, local = read_phone("+44 20 7946 0018"), read_phone("020 7946 0018")
    assert whole is not None
    assert local is not None
    assert _points(*compare_identifiers((whole,), (whole,))) > _points(*compare_identifiers((whole,), (local,))) > 0


def _births(one: str, other: str) -> float:
    return _points(*compare_births((parse_date(one),), (parse_date(other),)))


def test_a_slip_in_a_date_counts_by_what_it_is() -> None:
    descending = [
        _births("1968-06-12", "1968-06-12"),
        _births("1968-06-12", "1968-12-06"),
        _births("1968-06-12", "1968-06-21"),
        _births("1968-06-12", "1969-06-12"),
        _births("1968-06-12", "1968-06-07"),
        _births("1968-06-12", "1986-06-12"),
        _births("1968-06-12", "1968-09-12"),
        0.0,
        _births("1968-06-12", "1968-09-03"),
        _births("1968-06-12", "1991-06-12"),
        _births("1968-06-12", "1991-02-27"),
    ]
    assert descending == sorted(descending, reverse=True)
    # Some slips weigh the same; none weighs as much as the same day, and none as little as another date.
    assert descending[0] > descending[1]
    assert descending[-1] < descending[-3] < 0.0


def test_an_ambiguous_date_agrees_with_either_reading() -> None:
    read = read_listed_dates("05/06/1968")
    for day in ("1968-06-05", "1968-05-06"):
        assert _points(*compare_births(read, (parse_date(day),))) == _births("1968-06-05", "1968-06-05")


def test_an_open_end_only_contradicts() -> None:
    before = read_listed_dates("before 1970")
    assert _points(*compare_births(before, (parse_date("1968"),))) == 0
    assert _points(*compare_births(before, (parse_date("1991"),))) < -5


@pytest.mark.parametrize(
    ("one", "other", "sign"),
    [
        (["SYR"], ["SY"], 1),
        (["D"], ["DE"], 1),
        (["SUN"], ["UA"], 1),
        (["YU"], ["HR"], 1),
        (["SYR"], ["AT"], -1),
        (["XXA"], ["AT"], 0),
        ([], ["AT"], 0),
    ],
)
def test_a_nationality_is_compared_in_any_code(one: list[str], other: list[str], sign: int) -> None:
    points = _points(*compare_nationalities(one, other))
    assert (points > 0) - (points < 0) == sign


def test_a_successor_agrees_less_than_the_country_itself() -> None:
    assert _points(*compare_nationalities(["SUN"], ["UA"])) < _points(*compare_nationalities(["UKR"], ["UA"]))


def test_an_unknown_gender_says_nothing() -> None:
    assert compare_genders("X", "M") == compare_genders("", "F") == ()


DAYS = st.dates(parse_date("1900").earliest, parse_date("2020").latest)
INTERVALS = st.builds(
    lambda one, two, near: DateInterval(min(one, two), max(one, two), near), DAYS, DAYS, st.booleans()
)
POINTS = st.builds(lambda day, near: DateInterval(day, day, near), DAYS, st.booleans())
IDENTIFIERS = st.builds(
    Document,
    st.sampled_from(
        ["passport", "national_id", "imo", "iban", "imei", "vin", "plate", "wallet", "card", "odd kind", "visa"]
    ),
    st.from_regex(r"[A-Z]{0,2}[0-9]{5,16}", fullmatch=True) | st.text(max_size=40),
    st.sampled_from(["", "AT", "TR", "SUN", "UA"]),
).map(read_document)
CONTACTS = st.text(max_size=40).map(read_email) | st.from_regex(r"\+?[0-9 ]{6,16}", fullmatch=True).map(read_phone)
NUMBERS = st.lists(IDENTIFIERS | CONTACTS, max_size=4).map(
    lambda read: [number for number in read if number is not None]
)


@given(INTERVALS | POINTS, INTERVALS | POINTS)
def test_any_two_dates_compare_within_bounds_whichever_side_asks(one: DateInterval, other: DateInterval) -> None:
    points, outcome, how = compare_dates(one, other)
    assert (points, outcome, how) == compare_dates(other, one)
    assert -8.0 <= points <= 12.5
    assert (outcome == "differs") == (points < 0)
    assert compare_dates(one, one)[0] >= 0


@given(NUMBERS, NUMBERS)
def test_any_two_lists_of_numbers_compare_within_bounds(ones: list[Identifier], others: list[Identifier]) -> None:
    lines, turned = compare_identifiers(ones, others), compare_identifiers(others, ones)
    assert _points(*lines) == pytest.approx(_points(*turned))
    assert -9.0 <= _points(*lines) <= 28.0
    assert _points(*compare_identifiers(ones, ones)) >= 0


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_number_in_common_never_lowers(
    ones: list[Identifier], others: list[Identifier], shared: list[Identifier]
) -> None:
    before = _points(*compare_identifiers(ones, others))
    assert _points(*compare_identifiers([*shared[:1], *ones], [*shared[:1], *others])) >= before - 1e-9
