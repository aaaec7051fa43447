"""The full comparison: contradiction below omission, rare above common, every point explained, levels kept."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from matching.comparison.names import MOST_NAMES
from matching.dates import parse_date
from matching.scoring import CUTOFFS, PRIOR, Comparison, band_of, compare, read_subject, score_of
from matching.subject import Document, Name, Subject, parse_subject


def person(*names: str, **fields: Any) -> Subject:
    return parse_subject({"names": list(names)} | fields)


def points(one: Subject, other: Subject) -> float:
    return compare(one, other).points


ARVID = person(
    "Arvid Johan Testmann",
    dob=["1968-06-13"],
    nationality=["AT"],
    gender="M",
    pob=["Ebenfurth, Austria"],
    documents=[{"type": "passport", "country": "AT", "number": "U1234509"}],
)


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_family_name_first_is_the_same_name() -> None:
    assert points(person("Arvid Johan Testmann"), person("TESTMANN, Arvid Johan")) == points(
        person("Arvid Johan Testmann"), person("Arvid Johan Testmann")
    )


def test_a_missing_middle_name_costs_less_than_another_one() -> None:
    whole, missing, other = (person(f"Arvid {middle} Testmann") for middle in ("Johan", "", "Ulrich"))
    assert points(whole, whole) > points(whole, missing) > points(whole, other)


def test_father_and_son_do_not_answer_for_each_other() -> None:
    karim, nadir = person("KARIM BIN NADIR"), person("NADIR BIN KARIM")
    assert points(karim, karim) > 0 > points(karim, nadir)
    assert points(karim, person("Karim Nadir")) > points(karim, nadir)


def test_brothers_who_share_all_but_their_own_name_are_two_persons() -> None:
    one = person("Karim Ben Nadir Ben Yusri TESTAOUI HARBZI", dob=["1982-05-03"])
    other = person("Walid Ben Nadir Ben Yusri TESTAOUI HARBZI", dob=["1986-03-09"])
    assert compare(one, other).band is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Abdul Rahman Testani", "Abdurrahman Testani"),
        ("Maria Delacruz", "Maria de la Cruz"),
        ("Jean-Pierre Testard", "Jeanpierre Testard"),
        ("Arvid J. Testmann", "Arvid Johan Testmann"),
        ("Yuriy Testovich Bukhvalin", "Iurii Testovich Bukhvalin"),
    ],
)
def test_one_name_written_in_two_ways_agrees(one: str, other: str) -> None:
    born = {"dob": ["1979-05-20"]}
    assert compare(person(one, **born), person(other, **born)).band in ("strong", "probable")
    assert points(person(one), person(other)) > 5


@pytest.mark.parametrize(("one", "other"), [("Li Wu", "Lu Wu"), ("Ocean Star 1", "Ocean Star 2"), ("Kim Bo", "Kim Ba")])
def test_a_short_part_or_a_number_that_differs_contradicts(one: str, other: str) -> None:
    assert points(person(one), person(other)) < points(person(one), person(one)) - 5


def test_jon_is_john() -> None:
    assert points(person("Jon Testmann"), person("John Testmann")) > points(
        person("Jan Testmann"), person("John Testmann")
    )


def test_a_rare_name_says_more_than_a_common_one() -> None:
    common, rare = person("Mohammed Ali"), person("Zbyslaw Quenstedt")
    assert points(rare, rare) > points(common, common)


def test_a_name_in_another_script_is_read() -> None:
    cyrillic = parse_subject({"names_original": ["Арвид Тестманов"], "dob": ["1968-06-13"]})
    compared = compare(cyrillic, person("Arvid Testmanov", dob=["1968-06-13"]))
    assert compared.band == "strong"
    assert "Тестманов (read as " in compared.contributions[1].sentence


def test_the_best_of_all_names_speaks() -> None:
    other = parse_subject({"names": ["Someone Else"], "aliases": ["Arvid Testmann"], "alias_quality": ["strong"]})
    assert points(person("Arvid Testmann"), other) == points(person("Arvid Testmann"), person("Arvid Testmann"))


@pytest.mark.parametrize("quality", ["weak", "unknown", "strong"])
def test_an_equal_kunya_alone_is_no_match(quality: str) -> None:
    def called(name: str, year: str) -> Subject:
        row = {"names": [name], "aliases": ["Abu Muhammad"], "alias_quality": [quality], "nationality": ["SY"]}
        return parse_subject(row | {"dob": [year]})

    assert compare(called("Karim Testaoui", "1970"), called("Walid Harbzi", "1970")).band is None
    assert compare(person("Abu Muhammad", nationality=["SY"]), called("Walid Harbzi", "1970")).band is None


def test_a_weak_alias_counts_less_than_a_strong_one() -> None:
    def also(quality: str) -> Subject:
        return parse_subject({"names": ["Someone Else"], "aliases": ["The Cartographer"], "alias_quality": [quality]})

    asked = person("The Cartographer")
    assert points(asked, also("strong")) > points(asked, also("weak")) > points(asked, person("Someone Else"))


# --- dates ------------------------------------------------------------------------------------------------------------


def births(one: str, other: str) -> float:
    return points(replace(ARVID, births=(parse_date(one),)), replace(ARVID, births=(parse_date(other),)))


def test_dates_are_worth_what_they_share() -> None:
    unknown = points(ARVID, replace(ARVID, births=()))
    descending = [
        births("1968-06-13", "1968-06-13"),
        births("1968-06", "1968-06"),
        births("1968", "1968-06-13"),
        births("1965/1970", "1968-06-13"),
        unknown,
        births("1968", "1969"),
        births("1968-06-13", "1970-02-27"),
        births("1968-06-13", "1991-02-27"),
    ]
    assert descending == sorted(descending, reverse=True)
    assert len(set(descending)) == len(descending)


def test_a_swapped_day_and_month_agree_in_part() -> None:
    assert births("1968-06-05", "1968-06-05") > births("1968-06-05", "1968-05-06") > births("1968-06-05", "1968-09-23")


def test_a_first_of_january_says_hardly_more_than_its_year() -> None:
    assert births("1968-01-01", "1968-01-01") < births("1968-01-02", "1968-01-02")
    assert births("1968-01-01", "1968-06-13") > births("1968-02-01", "1968-06-13")


def test_an_approximate_date_neither_agrees_nor_contradicts_as_much() -> None:
    unknown = points(ARVID, replace(ARVID, births=()))
    assert births("1968", "1968") > births("1968~", "1968") > unknown
    assert unknown > births("1968", "1975~") > births("1968", "1975")


def test_one_year_off_is_told_in_words() -> None:
    compared = compare(person("Arvid Testmann", dob=["1968"]), person("Arvid Testmann", dob=["1969"]))
    assert compared.contributions[-1].explanation == "birth date: 1968 and 1969, birth year differs by one (−0.4)"


# --- numbers and origin -----------------------------------------------------------------------------------------------


def numbered(number: str, kind: str = "passport", country: str = "AT") -> Subject:
    return replace(ARVID, documents=(Document(kind, number, country),))


def test_an_equal_number_outweighs_another_name() -> None:
    stranger = person("Ulrike Muster", documents=[{"type": "passport", "country": "AT", "number": "u 1234509"}])
    assert compare(ARVID, stranger).score >= 0.5
    assert compare(ARVID, replace(stranger, births=(parse_date("1991-02-27"),))).band == "possible"


def test_a_slip_in_a_number_is_partial_evidence() -> None:
    none = points(ARVID, replace(ARVID, documents=()))
    assert points(ARVID, numbered("U1234509")) > points(ARVID, numbered("U1234590")) > none
    assert none > points(ARVID, numbered("K7710277"))


def test_a_wrong_check_digit_is_told_and_never_decides() -> None:
    right, wrong = numbered("17291716060", "national_id", "TR"), numbered("17291716061", "national_id", "TR")
    compared = compare(wrong, wrong)
    assert points(right, right) > compared.points
    assert any("check digit is wrong" in contribution.sentence for contribution in compared.contributions)
    stranger = replace(wrong, names=(Name("Ulrike Muster"),), births=(), birth_places=(), nationalities=(), gender="")
    assert compare(wrong, stranger).band is None


def test_different_passports_hardly_contradict_and_different_ships_do() -> None:
    passports = points(ARVID, replace(ARVID, documents=())) - points(ARVID, numbered("K7710277"))
    one, other = numbered("9074729", "imo", ""), numbered("9123453", "imo", "")
    ships = points(replace(ARVID, documents=()), one) - points(one, other)
    assert 0 < passports < 1 < ships


def test_a_person_is_not_a_vessel() -> None:
    assert points(ARVID, ARVID) > points(ARVID, replace(ARVID, category="vessel"))


# --- the score --------------------------------------------------------------------------------------------------------


def test_points_and_prior_make_the_score() -> None:
    assert score_of(-PRIOR) == 0.5
    assert score_of(-PRIOR + 1) == pytest.approx(2 / 3)
    compared = compare(ARVID, ARVID)
    assert compared.score == score_of(sum(contribution.points for contribution in compared.contributions))


def test_bands_are_cut_once_and_in_descending_order() -> None:
    cutoffs = [cutoff for _, cutoff in CUTOFFS]
    assert cutoffs == sorted(cutoffs, reverse=True)
    for band, cutoff in CUTOFFS:
        assert band_of(cutoff) == band
        assert band_of(cutoff - 1e-9) != band
    assert band_of(0.0) is None


@pytest.mark.parametrize("field", ["births", "documents"])
def test_a_subject_is_strongly_itself_by_name_and_one_telling_attribute(field: str) -> None:
    for name in ("Arvid Johan Testmann", "Mohammed Ali"):
        known = replace(Subject(names=(Name(name),)), **{field: getattr(ARVID, field)})
        assert compare(known, known).band == "strong"


def test_a_stranger_is_in_no_band() -> None:
    assert compare(ARVID, person("Ulrike Muster", dob=["1981-02-27"], nationality=["DE"])).band is None


def test_the_work_on_hostile_input_is_bounded() -> None:
    hostile = parse_subject(
        {
            "names": ["x" * 2000, "a " * 900],
            "aliases": [f"Name{place} Abu Omar Said bin Khalid Yusuf Ibrahim Adam Nuh" for place in range(3000)],
            "dob": ["1950", "1951-02-03"] * 1000,
            "pob": ["far away " * 100] * 1000,
            "documents": [{"type": "passport", "number": f"{place}77777"} for place in range(3000)],
            "phones": [f"+1 202 555 {place:04}" for place in range(3000)],
            "nationality": ["AT", "DE"] * 1000,
        }
    )
    begun = time.process_time()  # of minutes, were it not bounded
    assert len(read_subject(hostile).names) == MOST_NAMES
    assert compare(hostile, hostile) == compare(hostile, hostile)
    assert time.process_time() - begun < 10.0


# --- what may be told -------------------------------------------------------------------------------------------------


def _disclosed() -> Comparison:
    other = person("TESTMAN, Arvid Ulrich", dob=["1968-06-13"], nationality=["AT"], pob=["Ebenfurth"])
    return compare(ARVID, other)


def test_the_comparison_is_cut_to_the_level_and_the_fields() -> None:
    assert _disclosed().at_level(1).explanation == ()
    assert _disclosed().at_level(2).band == _disclosed().band
    assert any("johan against ulrich (−" in line for line in _disclosed().at_level(3).explanation)
    assert "birth place: agrees" in _disclosed().at_level(3).explanation
    assert _disclosed().at_level(3, {"pob"}).explanation[0].endswith("agrees")
    assert _disclosed().at_level(4).score == _disclosed().score


def test_below_every_band_no_level_tells_more_than_no_hit() -> None:
    stranger = compare(ARVID, person("Ulrike Muster"))
    assert [stranger.at_level(level).hit for level in range(5)] == [None, False, False, False, False]
    assert all(not stranger.at_level(level).explanation for level in range(5))
