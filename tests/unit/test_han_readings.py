"""A name in Han is the same name in every language that reads it: compared, found in a list, and found blind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.comparison import name_whole
from matching.comparison.name_reading import read_name
from matching.comparison.name_whole import western_names
from matching.features import query_features, record_features
from matching.letters import han
from matching.letters.tables import TABLES_OF_SCRIPT
from matching.retrieval import RetrievalIndex
from matching.scoring import CUTOFFS, Comparison, compare, compare_written_names
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
    ("廖國雄", "Leow Kok Hiong"),
    ("阮文雄", "Nguyễn Văn Hùng"),
    ("范氏秋", "Phạm Thị Thu"),
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

BORN = {"dob": ["1968"]}
BORN_THAT_DAY = {"dob": ["1968-06-13"]}

STRANGERS = [
    "Wong Tai Ming",
    "Chan Siu Man",
    "Tan Ah Kow",
    "Nguyen Thi Hoa",
    "Kim Min-ho",
    "Lee Siu Lung",
    "Chen Wei",
    "Ng Ka Ho",
]
"""People of a list that bear the same family names."""


def score(one: str, other: str) -> float:
    return compare_written_names(one, other).score


def person(name: str, born: dict[str, list[str]] = BORN) -> Subject:
    return parse_subject({"names": [name], **born})


def found_by_name(asked: str, *listed: str) -> list[str]:
    """Search by the name alone in a list that holds the names asked for among strangers."""
    records = [(name, parse_subject({"names": [name]})) for name in (*STRANGERS, *listed)]
    return [one.record_id for one in RetrievalIndex(records).search(parse_subject({"names": [asked]}))]


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
        assert found_by_name(asked, listed)[:1] == [listed]
        features = {feature.canonical() for feature in query_features(person(asked))}
        assert not features.isdisjoint(feature.canonical() for feature in record_features(person(listed)))


@pytest.mark.parametrize(
    ("family", "given", "spelt"),
    [("金", "龍洙", ("kim", "yong", "su")), ("李", "永哲", ("lee", "yeongcheol")), ("羅", "美", ("na", "mi"))],
)
def test_a_korean_name_begins_as_the_south_speaks_it(family: str, given: str, spelt: tuple[str, ...]) -> None:
    assert spelt in han.spelt_otherwise(family + given)
    assert spelt in han.spelt_otherwise(f"{family} {given}")


def test_a_name_in_han_is_read_by_every_table_there_is_for_it() -> None:
    assert {table for table, _ in read_name(Name("陳國雄")).whole} == set(TABLES_OF_SCRIPT["han"])


def test_a_korean_name_is_measured_as_north_and_south_spell_it() -> None:
    korean = ["".join(signs) for table, signs in han.writings("李龍洙") if table == "hangul"]
    assert len(korean) == 2
    assert len({len(letters) for letters in korean}) == 1


@pytest.mark.parametrize("name", ["Chan Kwok Hung", "陳", "陳國雄集團有限", "陳 Kwok", "たなか", "김영철", ""])
def test_what_is_no_name_of_a_person_in_han_has_no_other_spelling(name: str) -> None:
    assert han.spelt_otherwise(name) == ()


def test_who_has_names_in_han_is_found_by_another_name_too() -> None:
    index = RetrievalIndex([("sought", parse_subject({"names": ["Omar Hassan"]}))])
    asked = parse_subject({"names": ["Omar Hassan"], "aliases": ["陳國雄", "黃志強", "阮文雄"]})
    assert [one.record_id for one in index.search(asked)] == ["sought"]


@pytest.mark.parametrize("name", ["(陳國雄)", "陳, 國雄", "陳國雄\u200e", "陳　國雄"])
def test_marks_and_blanks_around_signs_make_no_difference(name: str) -> None:
    assert han.spelt_otherwise(name) == han.spelt_otherwise("陳國雄")


@pytest.mark.parametrize(("sign", "table", "syllable"), [("單", "cantonese", "sin"), ("區", "cantonese", "au")])
def test_a_family_name_is_read_otherwise_than_its_sign(sign: str, table: str, syllable: str) -> None:
    assert dict(han.writings(sign + "文"))[table][0] == syllable
    assert dict(han.writings("文" + sign))[table][1] != syllable


@pytest.mark.parametrize(("family", "spelt"), [("金", "Kim"), ("沈", "Sim"), ("車", "Cha"), ("葉", "Sup")])
def test_a_korean_family_name_is_read_otherwise_than_its_sign(family: str, spelt: str) -> None:
    assert score(family + "英哲", f"{spelt} Young-chul") >= PROBABLE
    korean, *_ = [signs for table, signs in han.writings(family) if table == "hangul"]
    assert korean != next(signs for table, signs in han.writings("文" + family) if table == "hangul")[-len(korean) :]


def test_a_reading_that_fewer_people_have_counts_a_little_less(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = (("陳國雄", "Tan Kok Hiong"), ("金永哲", "Kim Young-chul"))
    before = [score(*pair) for pair in pairs]
    monkeypatch.setattr(name_whole, "OTHER_READING", {})
    assert all(less < score(*pair) for less, pair in zip(before, pairs, strict=True))


def test_a_particle_joined_to_a_syllable_takes_no_bits_from_a_name() -> None:
    assert score("张志丁", "Zhang Zhi Din") >= PROBABLE


def test_an_alias_in_kana_is_compared_beside_one_in_latin_letters() -> None:
    asked, listed = parse_subject({"names": ["田中花子"]}), {"names": ["Testman Peter"], "aliases": ["たなかはなこ"]}
    assert "田中花子 can be written たなかはなこ" in said(compare(asked, parse_subject(listed)))


def test_a_sign_without_a_reading_leaves_the_language_out() -> None:
    tables = [table for table, _ in han.writings("陳辻")]
    assert "hokkien" in tables
    assert len(tables) < len([table for table, _ in han.writings("陳國")])


def test_an_organisation_has_no_readings_of_persons() -> None:
    company = parse_subject({"category": "entity", "names": ["陳國雄"], "nationality": ["CN"]})
    codes = {value for feature in record_features(company) for value in feature.values}
    assert not any("kfkn" in code or "hunk" in code for code in codes)


# Japanese names.


@pytest.mark.parametrize(
    ("written", "spelt"),
    [("小林美咲", "Kobayashi Misaki"), ("鈴木 花子", "Suzuki Hanako"), ("渡辺健一", "Watanabe Kenichi")],
)
def test_a_japanese_name_is_found_in_a_list_and_blind(written: str, spelt: str) -> None:
    for asked, listed in ((written, spelt), (spelt, written)):
        assert found_by_name(asked, listed)[:1] == [listed]
        features = {feature.canonical() for feature in query_features(person(asked, BORN_THAT_DAY))}
        assert not features.isdisjoint(
            feature.canonical() for feature in record_features(person(listed, BORN_THAT_DAY))
        )


def test_a_japanese_name_is_found_in_a_list_by_its_kana() -> None:
    assert found_by_name("田中花子", "たなかはなこ")[:1] == ["たなかはなこ"]
    assert found_by_name("たなかはなこ", "田中花子")[:1] == ["田中花子"]


def test_a_name_of_four_signs_is_read_as_a_japanese_one_alone() -> None:
    assert han.spelt_otherwise("田中花子") == (("tanaka", "hanako"), ("tanakahanako",))


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


def test_what_is_left_out_counts_nothing_beside_a_record() -> None:
    asked, plain, western = map(person, ("陳國雄", "Chan Kwok Hung", "Peter Chan Kwok Hung"))
    points = [
        next(one.points for one in compare(asked, listed).contributions if one.feature == "name")
        for listed in (plain, western)
    ]
    assert points[0] == points[1]


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
    assert len(han.spelt_otherwise(word)) <= 10
    assert all(signs for _, signs in han.writings(word))
