"""A name in Han is the same name in every language that reads it: compared, found in a list, and found blind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.comparison.name_reading import read_name
from matching.comparison.name_whole import western_names
from matching.features import query_features, record_features
from matching.letters import han
from matching.retrieval import RetrievalIndex
from matching.scoring import CUTOFFS, Comparison, compare_written_names
from matching.subject import Name, Subject, parse_subject

PROBABLE = dict(CUTOFFS)["probable"]

READ_SO = [
    ("陳國雄", "Chan Kwok Hung"),
    ("陈国雄", "CHAN Kwok-hung"),
    ("黃志強", "Chi-keung Wong"),
    ("梁美珍", "Leong Mei Chan"),
    ("曾偉文", "Tsang Wai-man"),
    ("吳世春", "Ng Sai Chun"),
    ("陳文福", "Tan Boon Hock"),
    ("林國明", "Lim Kok Beng"),
    ("阮文雄", "Nguyễn Văn Hùng"),
    ("阮文雄", "Hung Nguyen Van"),
    ("金永哲", "Kim Young-chul"),
    ("李龍洙", "Lee Yong-soo"),
    ("李龍洙", "Ri Ryong Su"),
    ("陳國雄", "Chen Guoxiong"),
]

MIXED = [("陳偉明", "Tan Wei Ming"), ("陈伟明", "Chan Wei Ming"), ("黃志強", "Ng Zhiqiang")]


OTHERS = [
    ("陳國雄", "Chan Kwok Ming"),
    ("黃志強", "Wong Mei Ling"),
    ("陳文福", "Tan Kok Seng"),
    ("阮文雄", "Nguyen Van Thanh"),
    ("金永哲", "Kim Min-ho"),
    ("陳國雄", "Wong Kwok Hung"),
    ("陳偉明", "Tan Wei Liang"),
]

PLACED = {"dob": ["1968-06-13"], "nationality": ["CN"]}


def score(one: str, other: str) -> float:
    return compare_written_names(one, other).score


def person(name: str) -> Subject:
    return parse_subject({"names": [name], **PLACED})


@pytest.mark.parametrize(("written", "spelt"), READ_SO)
def test_a_name_in_han_is_known_by_each_reading(written: str, spelt: str) -> None:
    assert score(written, spelt) >= PROBABLE
    assert score(spelt, written) == score(written, spelt)


@pytest.mark.parametrize(("written", "spelt"), MIXED)
def test_a_dialect_s_family_name_may_stand_beside_a_given_name_in_mandarin(written: str, spelt: str) -> None:
    assert score(written, spelt) >= PROBABLE


@pytest.mark.parametrize(("written", "spelt"), OTHERS)
def test_another_syllable_is_another_name(written: str, spelt: str) -> None:
    assert score(written, spelt) < PROBABLE


@pytest.mark.parametrize(("written", "spelt"), READ_SO)
def test_it_is_found_in_a_list_and_blind_by_each_reading(written: str, spelt: str) -> None:
    for asked, listed in ((written, spelt), (spelt, written)):
        index = RetrievalIndex([("other", person("Wang Bao")), ("sought", person(listed))])
        assert [one.record_id for one in index.search(person(asked))][:1] == ["sought"]
        features = {feature.canonical() for feature in query_features(person(asked))}
        assert not features.isdisjoint(feature.canonical() for feature in record_features(person(listed)))


@pytest.mark.parametrize(
    ("family", "given", "spelt"),
    [("金", "龍洙", ("kim", "yongsu")), ("李", "永哲", ("lee", "yeongcheol")), ("羅", "美", ("na", "mi"))],
)
def test_a_korean_name_begins_as_the_south_speaks_it(family: str, given: str, spelt: tuple[str, str]) -> None:
    assert spelt in han.spelt_otherwise(family + given)
    assert spelt in han.spelt_otherwise(f"{family} {given}")


def test_a_korean_name_is_measured_as_north_and_south_spell_it() -> None:
    korean = ["".join(signs) for table, signs in han.writings("李龍洙") if table == "hangul"]
    assert len(korean) == 2
    assert len({len(letters) for letters in korean}) == 1


@pytest.mark.parametrize(
    "name", ["Chan Kwok Hung", "陳", "陳國雄集團有限", "陳 Kwok", "たなか", "김영철", "", "陳國雄 陳國雄"]
)
def test_what_is_no_name_of_a_person_in_han_has_no_other_spelling(name: str) -> None:
    assert han.spelt_otherwise(name) == ()


def test_a_sign_without_a_reading_leaves_the_language_out() -> None:
    tables = [table for table, _ in han.writings("陳辻")]
    assert "hokkien" in tables
    assert len(tables) < len([table for table, _ in han.writings("陳國")])


def test_an_organisation_has_no_readings_of_persons() -> None:
    company = parse_subject({"category": "entity", "names": ["陳國雄"], "nationality": ["CN"]})
    codes = {value for feature in record_features(company) for value in feature.values}
    assert not any("kfkn" in code or "hunk" in code for code in codes)


# A Western given name beside a Chinese one.


@pytest.mark.parametrize("spelt", ["Peter Chan Kwok Hung", "Chan Kwok-hung, Peter", "CHAN Kwokhung Peter"])
def test_a_western_given_name_beside_it_is_missing_on_one_side(spelt: str) -> None:
    compared = compare_written_names("陳國雄", spelt)
    assert compared.score >= PROBABLE
    assert said(compared)[-1] == "peter on one side only"
    assert compared.score < score("陳國雄", "Chan Kwok Hung")


def said(compared: Comparison) -> list[str]:
    return [one.sentence for one in compared.contributions]


@pytest.mark.parametrize(
    "spelt", ["Chan Kwok Hung", "Kwok Hung Chan", "Ng Sze Tsz", "Peter Chan", "Kim Young Chol", "Tran Van Chinh"]
)
def test_what_may_be_a_sign_s_spelling_is_never_left_out(spelt: str) -> None:
    whole = read_name(Name("陳國雄"))
    assert western_names(whole, read_name(Name(spelt)).spelt) == []


def test_the_shorter_of_two_names_is_not_the_longer_one_with_a_part_left_out() -> None:
    assert score("陳國", "Chan Kwok Hung") < PROBABLE
    assert score("陳雄", "Chan Kwok Hung") < PROBABLE
    assert score("胡昌", "Paek Chang Ho") < PROBABLE


# Two scripts, neither of them Latin.


@pytest.mark.parametrize(
    ("one", "other"),
    [("田中花子", "たなかはなこ"), ("山田太郎", "ヤマダ タロウ"), ("金永哲", "김영철"), ("李龍洙", "이용수")],
)
def test_a_name_in_han_is_its_own_in_kana_and_in_hangul(one: str, other: str) -> None:
    assert score(one, other) >= PROBABLE
    assert score(other, one) == score(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("田中花子", "すずきいちろう"), ("山田太郎", "タナカ ハナコ"), ("金永哲", "박민호")]
)
def test_another_name_in_kana_or_hangul_is_not(one: str, other: str) -> None:
    assert score(one, other) < PROBABLE


HAN = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=6)


@given(HAN)
def test_any_word_in_han_is_read_in_bounded_ways(word: str) -> None:
    assert len(han.writings(word)) <= 5
    assert len(han.spelt_otherwise(word)) <= 5
    assert all(signs for _, signs in han.writings(word))
