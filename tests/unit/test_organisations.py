"""Names of organisations, vessels, aircraft and vehicles: what is read from them, and how two of them compare."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matching.comparison.evidence import Contribution
from matching.comparison.organisation_alignment import align
from matching.comparison.organisation_reading import MOST_WORDS
from matching.comparison.organisations import (
    LOSS_AT_MOST,
    NAME_AT_MOST,
    SAME_FORM,
    ComparedOrganisation,
    compare_organisation_names,
    most_trusted_names,
    read_organisation_name,
)
from matching.organisations import telling_words
from matching.scoring import compare, compare_written_names
from matching.subject import Category, Document, Name, NameKind, Subject

SLACK = 1e-9


def read(text: str, category: Category = "entity", kind: NameKind = "primary") -> ComparedOrganisation:
    return read_organisation_name(Name(text, kind), category)


def compared(one: str, other: str, category: Category = "entity") -> tuple[Contribution, ...]:
    return compare_organisation_names([read(one, category)], [read(other, category)])


def points(one: str, other: str, category: Category = "entity") -> float:
    return sum(contribution.points for contribution in compared(one, other, category))


def score(one: str, other: str, category: Category = "entity") -> float:
    return compare_written_names(one, other, category).score


# --- what is read -----------------------------------------------------------------------------------------------------

LIMITED = """Vantro GmbH|Vantro Gesellschaft mit beschränkter Haftung|Vantro Ltd.|Vantro Co., Ltd|Vantro LLC
    Vantro L.L.C.|OOO Vantro|ООО «Вантро»|Общество с ограниченной ответственностью "Вантро"
    OBSHCHESTVO S OGRANICHENNOI OTVETSTVENNOSTIU VANTRO|Vantro S.à r.l.|Vantro B.V.|Vantro Sp. z o.o.|Vantro Kft.
    Vantro d.o.o.|Vantro s.r.o.|Vantro spol. s r.o.|Vantro Oy|Vantro Pte. Ltd.|Vantro Sdn. Bhd.|Vantro Ltd. Şti.
    万特罗有限公司|Limited Liability Company Vantro|Vantro S. de R.L. de C.V.|VantroGmbH
    Vantro Limted Liability Company"""
STOCK = """Vantro AG|Vantro Aktiengesellschaft|Vantro Aktiengeselschaft|OAO Vantro|ПАО Вантро|Vantro S.A.|Vantro A.Ş.
    Vantro plc|Vantro S.p.A.|Vantro Joint Stock Company|Vantro Joint Stock Compan|Vantro S.A. de C.V.|Vantro N.V.
    Открытое акционерное общество Вантро|株式会社ヴァントロ|VantroAG|A/S Vantro|Vantro Nyrt."""


@pytest.mark.parametrize("written", [text.strip() for text in LIMITED.replace("\n", "|").split("|")])
def test_forms_of_a_limited_company_are_one_class_in_any_language(written: str) -> None:
    assert "limited" in read(written).forms
    assert not [word for word in read(written).words if word.role == "form"]


@pytest.mark.parametrize("written", [text.strip() for text in STOCK.replace("\n", "|").split("|")])
def test_forms_of_a_stock_company_are_one_class_in_any_language(written: str) -> None:
    assert "stock" in read(written).forms


def test_a_short_form_is_one_only_at_the_end_or_the_beginning() -> None:
    assert [word.text for word in read("Vantro AG Nemor").words] == ["vantro", "ag", "nemor"]
    assert [word.text for word in read("Vantro AG").words] == ["vantro"]


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("Nemor Unit 23", ("23",)),
        ("Nemor Unit Twenty-Three", ("23",)),
        ("Nemor Unit Twenty 3", ("23",)),
        ("Nemor Fund II", ("2",)),
        ("Nemor Fund V L.P.", ("5",)),
        ("1st Nemor Bank", ("1",)),
        ("First Nemor Bank", ("1",)),
        ("Nemor Trust 2004-AHL1", ("1", "2004")),
        ("Nemor 007", ("7",)),
        ("V Nemor Star", ()),
    ],
)
def test_numbers_are_read_from_digits_words_ordinals_and_roman_numerals(written: str, numbers: tuple[str, ...]) -> None:
    assert read(written).numbers == numbers


def test_letters_with_dots_or_blanks_between_are_one_word() -> None:
    assert {read(text).joined for text in ("X.Q.V. Company", "X. Q. V. Company", "XQV Company", "X Q V Co.")} == {"xqv"}


def test_words_of_many_languages_stand_for_one() -> None:
    for text in ("Nemor Bank", "Banco Nemor", "Немор Банк", "Banque Nemor", "بنك Nemor"):
        assert {word.text for word in read(text).words} == {"nemor", "bank"}


def test_prefixes_of_ships_are_no_part_of_their_names() -> None:
    for prefix in ("M/V", "MV", "M.V.", "MT", "SS", "F/V"):
        assert [word.text for word in read(f"{prefix} Nemora Vantrel", "vessel").words] == ["nemora", "vantrel"]


def test_a_name_of_nothing_but_forms_is_still_a_name() -> None:
    assert read("The Company Ltd").words
    assert score("The Company Ltd", "The Company Ltd") > 0.5


# --- how two names compare --------------------------------------------------------------------------------------------

SAME = [
    ("Vantrosk Aktiengesellschaft", "Vantrosk AG"),
    ("VantroskAG", "Vantrosk AG"),
    ("OAO Nemorprom", "Open Joint Stock Company Nemorprom"),
    ("Nemor & Vantro Co.", "Nemor and Vantro Company"),
    ("Good Nemor Company", "Goodnemor Company"),
    ("van der nemor corp", "vandernemor corp"),
    ("Brigade Forty-Four Nemora", "Brigade 44 Nemora"),
    ("The Nemora Refinery Corporation", "NEMORA REFINERY COMPANY"),
    ("Nemorast Vantrel LLC", "Nemorrast Vantrel LLC"),
    ("Al-Nemora", "Al-Nimura/Islamic Army"),
    ("Nemorskiy Instrument-Making Plant JSC", "АО «Неморский приборостроительный завод»"),
    ("Banco Nemorano", "Nemorano Bank"),
    ("深圳市万特罗科技有限公司", "Shenzhen Wanteluo Technology Co., Ltd."),
    ("北京市万特罗有限公司", "北京万特罗有限公司"),
]
DIFFERENT = [
    ("Nemorast Trading LLC", "Vantrel Trading LLC"),
    ("Bank of Iran", "Bank of Iraq"),
    ("Nemor Unit 23", "Nemor Unit 24"),
    ("Nemorast Capital Fund I", "Nemorast Capital Fund II"),
    ("Nemorast (France) SARL", "Nemorast (Germany) GmbH"),
    ("Nemorast Business Systems", "Nemorast Business Enterprises"),
    ("QXV Aviation", "QAU Aviation"),
    ("X.Q.V. Company", "V.Q.X. Company"),
    ("Management Company", "Nemorast Management Company"),
    ("ООО «Немо»", "ООО «Неморал»"),
    ("ANO Nemorast Vantrel", "LLC Nemorast Vantrel"),
    ("深圳市万特罗科技有限公司", "Shenzhen Nimuoer Technology Co., Ltd."),
    ("上海市场贸易公司", "上海贸易公司"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_forms_of_one_name_reach_the_cutoff(one: str, other: str) -> None:
    assert score(one, other) >= 0.5


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_names_of_different_bodies_stay_below_the_cutoff(one: str, other: str) -> None:
    assert score(one, other) < 0.5


def test_a_rare_word_says_more_than_a_common_one() -> None:
    assert points("Nemorast", "Nemorast") > points("Trading", "Trading")
    assert points("Nemorast Trading", "Nemorast Shipping") > points("Nemorast Trading", "Vantrel Trading")


def test_a_word_left_out_costs_less_than_one_that_differs() -> None:
    whole, omitted = points("Nemorast Vantrel", "Nemorast Vantrel"), points("Nemorast Vantrel", "Nemorast")
    assert whole > omitted > points("Nemorast Vantrel", "Nemorast Quixum")


def test_a_common_word_left_out_costs_less_than_a_rare_one() -> None:
    assert points("Nemorast Trading", "Nemorast") > points("Nemorast Vantrel", "Nemorast")


def test_what_stands_in_brackets_costs_least() -> None:
    assert points("Nemorast (Austria) AG", "Nemorast AG") > points("Nemorast Austria AG", "Nemorast AG")


def test_legal_forms_support_a_little_and_contradict_mildly() -> None:
    bare = points("Nemorast", "Nemorast")
    assert points("Nemorast AG", "Nemorast") == bare
    assert points("Nemorast AG", "Nemorast S.A.") == pytest.approx(bare + SAME_FORM)
    assert points("Nemorast AG", "Nemorast GmbH") < bare


def test_an_acronym_supports_in_part_the_name_it_abbreviates() -> None:
    full = "Nemoran Revolutionary Guild Corps"
    assert 0 < points("NRGC", full) < points(full, full)


def test_initials_of_the_same_name_stand_aside_in_brackets_or_not() -> None:
    full, short = "Nemoran Revolutionary Guild Corps", points("NRGC", "Nemoran Revolutionary Guild Corps")
    for written in (f"{full} (NRGC)", f"NRGC {full}", f"{full} / NRGC"):
        assert points(written, full) > points(f"Quixum {full}", full)
        assert points(written, "NRGC") >= short - SLACK


def test_a_word_with_a_slip_counts_by_its_length() -> None:
    assert points("Nemorastika", "Nemorastiva") > points("Nemor", "Nemot") > points("Nem", "Net")


def test_known_words_are_not_taken_for_misspellings_of_each_other() -> None:
    for one, other in (("Health", "Heart"), ("Oil", "Coil"), ("Iran", "Iraq"), ("Import", "Export")):
        assert not align(read(one).words, read(other).words).answers


def test_order_of_words_makes_no_difference() -> None:
    assert points("Nemorast Vantrel Trading", "Trading Vantrel Nemorast") == pytest.approx(
        points("Nemorast Vantrel Trading", "Nemorast Vantrel Trading")
    )


def test_number_plates_and_tails_agree_however_they_are_spaced_and_in_nothing_less() -> None:
    assert score("QX 123 ZV", "QX123ZV", "vehicle") >= 0.5
    assert score("QX 123 ZV", "QX 124 ZV", "vehicle") < 0.5
    assert score("QX-ZVW", "QXZVW", "aircraft") >= 0.5
    assert score("QX-ZVW", "QX-ZVU", "aircraft") < 0.5


def test_an_equal_imo_number_outweighs_a_new_name_and_a_different_one_an_equal_name() -> None:
    def ship(name: str, imo: str) -> Subject:
        return Subject((Name(name),), "vessel", documents=(Document("imo", imo),))

    assert compare(ship("Nemora Vantrel", "9074729"), ship("Quixum Star", "9074729")).band is not None
    assert compare(ship("Nemora Vantrel", "9074729"), ship("Nemora Vantrel", "9123453")).band is None


@pytest.mark.parametrize(("one", "other"), [("LLC", "Ltd"), ("GmbH", "Limited"), ("OOO", "Co., Ltd"), ("AG", "S.A.")])
def test_legal_forms_alone_are_nobodys_name(one: str, other: str) -> None:
    assert score(one, other) < 0.1
    assert compare(Subject((Name(one),), "entity"), Subject((Name(one),), "entity")).score < 0.5


def test_one_slip_in_a_short_word_of_a_ship_is_a_slip_where_all_else_is_equal() -> None:
    assert score("Sea Nemora", "See Nemora", "vessel") >= 0.5
    assert score("Sea Nemora", "Sea Nemora", "vessel") > score("Sea Nemora", "See Nemora", "vessel")
    assert score("Sea Nemora", "Tea Nemora Star", "vessel") < 0.5
    assert score("Sea Star", "See Star", "vessel") < 0.5
    assert score("Nemorast Oil", "Nemorast Coil") < 0.5


@pytest.mark.parametrize("cyrillic", ["А123ВС77", "А 123 ВС 77", "а123вс77", "А123ВС-77"])
def test_a_plate_typed_in_cyrillic_agrees_with_itself_in_latin(cyrillic: str) -> None:
    assert score(cyrillic, "A123BC77", "vehicle") == score("A123BC77", "A123BC77", "vehicle") >= 0.5
    assert score(cyrillic, "A124BC77", "vehicle") < 0.5
    assert read(cyrillic, "vehicle").written == cyrillic


def test_a_make_in_cyrillic_is_no_plate() -> None:
    assert [word.text for word in read("Вектор 2107", "vehicle").words] == ["vektor"]


@pytest.mark.parametrize("name", ["Star", "Nemora Star", "LLC", "QX-ZVW", "QX 123 ZV"])
@pytest.mark.parametrize("category", ["vessel", "aircraft", "vehicle"])
def test_names_of_two_categories_compare_the_same_both_ways(name: str, category: Category) -> None:
    for other in (name, f"{name} II", name.replace("a", "e")):
        one, two = Subject((Name(name),), category), Subject((Name(other),), "entity")
        assert compare(one, two).points == pytest.approx(compare(two, one).points)


def test_equal_names_of_ships_say_less_than_those_of_organisations() -> None:
    assert points("Nemora", "Nemora", "vessel") < points("Nemora", "Nemora", "entity")


def test_the_best_of_all_names_speaks() -> None:
    one = [read("Quixum Holding"), read("Nemorast Vantrel")]
    assert sum(line.points for line in compare_organisation_names(one, [read("Nemorast Vantrel")])) == points(
        "Nemorast Vantrel", "Nemorast Vantrel"
    )


def test_a_weak_alias_supports_less() -> None:
    weak = compare_organisation_names([read("Nemorast", kind="weak")], [read("Nemorast")])
    assert 0 < sum(line.points for line in weak) < points("Nemorast", "Nemorast")


def test_an_organisation_and_a_person_are_told_apart_by_category_alone() -> None:
    lines = compare(Subject((Name("Nemorast"),), "entity"), Subject((Name("Nemorast"),))).contributions
    assert [line.feature for line in lines] == ["category"]


def test_blind_features_of_companies_are_made_of_what_tells_them_apart() -> None:
    long_form = telling_words("OBSHCHESTVO S OGRANICHENNOI OTVETSTVENNOSTYU NEMORAST VANTREL QUIXUM")
    assert long_form == telling_words("Nemorast Vantrel Quixum LLC") == ("nemorast", "vantrel", "quixum")
    assert telling_words("Nemorast Bank") == telling_words("Banco Nemorast")[::-1] == ("nemorast", "bank")


# --- laws -------------------------------------------------------------------------------------------------------------

VOCABULARY = """nemorast vantrel quixum nemorasts Nemor ast the of and bank banco trading llc GmbH AG S.A. ООО Немораст
    公司 شركة iran iraq moscow europe II 2 23 24 first forty four (vantrel) /islamic army XQV X.Q.V. & international
    joint stock company limited"""
TEXTS = st.lists(st.sampled_from(VOCABULARY.split()), min_size=1, max_size=7).map(" ".join) | st.text(max_size=60)
CATEGORIES: st.SearchStrategy[Category] = st.sampled_from(["entity", "vessel", "aircraft", "vehicle"])
KINDS: st.SearchStrategy[NameKind] = st.sampled_from(["primary", "strong", "weak", "variation", "unknown", "original"])
RARE = st.lists(st.sampled_from(["nemorast", "vantrel", "quixum", "zolbrek"]), min_size=1, max_size=3, unique=True)


@given(TEXTS, TEXTS, CATEGORIES)
@example("AG", "AG II", "entity")  # alone a common word, beside a number a telling one
def test_comparison_is_symmetric_deterministic_and_bounded(one: str, other: str, category: Category) -> None:
    here = points(one, other, category)
    assert here == points(one, other, category)
    assert here == pytest.approx(points(other, one, category))
    assert LOSS_AT_MOST <= here <= NAME_AT_MOST + SAME_FORM + SLACK


@given(TEXTS, TEXTS, CATEGORIES)
def test_every_line_has_a_sentence_and_the_sign_of_its_outcome(one: str, other: str, category: Category) -> None:
    for line in compared(one, other, category):
        assert line.sentence
        assert (line.outcome in ("missing", "differs")) == (line.points < 0)


@given(TEXTS, CATEGORIES)
def test_a_name_compared_with_itself_never_contradicts(text: str, category: Category) -> None:
    assert all(line.points >= 0 for line in compared(text, text, category))


@given(RARE, st.integers(2, 999), st.integers(2, 999), CATEGORIES)
def test_numbers_that_differ_contradict(words: list[str], one: int, other: int, category: Category) -> None:
    name = " ".join(words)
    same = points(f"{name} {one}", f"{name} {one}", category)
    if one != other:
        assert points(f"{name} {one}", f"{name} {other}", category) < min(8, same)
        assert score(f"{name} {one}", f"{name} {other}", category) < 0.5


@given(RARE, TEXTS)
def test_an_equal_legal_form_on_both_sides_never_lowers(words: list[str], other: str) -> None:
    name = " ".join(words)
    assert points(f"{name} Ltd", f"{name} Ltd") >= points(name, name) - SLACK
    assert points(f"{name} {other}", f"{name} {other}") >= 0


@given(st.lists(st.builds(Name, TEXTS, KINDS), min_size=1, max_size=5), st.builds(Name, TEXTS, KINDS), CATEGORIES)
def test_a_shared_name_never_lowers(names: list[Name], shared: Name, category: Category) -> None:
    def subject(*texts: Name) -> Subject:
        return Subject(tuple(texts), category)

    one, other = names[:1], names[1:] or names
    alone = compare(subject(*one), subject(*other)).points
    assert compare(subject(*one, shared), subject(*other, shared)).points >= min(alone, 0) - SLACK


@given(st.text(max_size=400), CATEGORIES)
def test_any_text_is_read_to_a_bounded_name(text: str, category: Category) -> None:
    name = read(text, category)
    assert len(name.words) <= MOST_WORDS
    assert len(most_trusted_names([name, name])) <= 1


def test_a_hostile_name_costs_bounded_work() -> None:
    text = " ".join(["joint stock"] * 5000 + ["forty"] * 5000)
    assert len(read(text).words) <= MOST_WORDS
    assert points(text, text) <= NAME_AT_MOST + SAME_FORM
