"""A letter apart and another person: pinyin syllables, forms for the other sex, generations; and spellings of one."""

from __future__ import annotations

import pytest

from matching.comparison.disclosure import fields_of
from matching.comparison.likeness import are_of_two_sexes
from matching.comparison.pinyin import SYLLABLES, are_other_syllables, is_pinyin
from matching.features import query_features, record_features
from matching.normalise import telling_parts
from matching.scoring import CUTOFFS, Comparison, compare_written_names
from matching.subject import parse_subject

PROBABLE = dict(CUTOFFS)["probable"]


def compared(one: str, other: str) -> Comparison:
    return compare_written_names(one, other)


def sentences(one: str, other: str) -> list[str]:
    return [said.sentence for said in compared(one, other).contributions]


# Pinyin.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wang Fang", "Wang Fan"),
        ("Zhang Lin", "Zhang Ling"),
        ("Lin Wei", "Ling Wei"),
        ("Chen Xiaoming", "Chen Xiaoling"),
        ("Li Xiao Ming", "Li Xiaoling"),
        ("Liu Jianguo", "LIU Jianhua"),
        ("Wang Bin", "Wang Ben"),
        ("Mr Wang Fang", "Wang Fan"),
        ("Li Xinyuan", "Li Xinuan"),
    ],
)
def test_another_syllable_of_pinyin_is_another_name(one: str, other: str) -> None:
    assert compared(one, other).score < PROBABLE
    assert compared(other, one).score == compared(one, other).score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wang Xiaoming", "Wang Xiao Ming"),
        ("Wang Xiaoming", "Wang Xiao-ming"),
        ("Lü Xiulan", "Lyu Xiulan"),
        ("Lv Xiulan", "Lu Xiulan"),
        ("Zhang Wenfu", "Chang Wen-fu"),
        ("Su Luqi", "Su Lu-chi"),
        ("Zhang Guoqing", "Chang Kuo-ching"),
        ("Zhang Yousheng", "Chang Yu-sheng"),
        ("Zhang Ruming", "Chang Ju-ming"),
        ("Wang Xiaoming", "Wang Hsiao-ming"),
    ],
)
def test_another_way_to_write_a_chinese_name_is_the_same_name(one: str, other: str) -> None:
    assert compared(one, other).score >= PROBABLE


@pytest.mark.parametrize(
    ("one", "other"), [("Ali Hasan", "Ali Hasen"), ("Anna Lin", "Ana Lin"), ("Leila Bai", "Laila Bai")]
)
def test_what_only_could_be_pinyin_is_spelt_in_several_ways(one: str, other: str) -> None:
    assert compared(one, other).score >= PROBABLE


@pytest.mark.parametrize("parts", [("wang", "fang"), ("xiaoming", "li"), ("li", "xiao", "ming"), ("ouyang", "na")])
def test_a_family_name_and_one_or_two_syllables_are_pinyin(parts: tuple[str, ...]) -> None:
    assert is_pinyin(parts)


@pytest.mark.parametrize("name", ["", "wang", "ali hasan", "chan kwok hung", "li xiao ming na", "wang peter"])
def test_other_names_are_none(name: str) -> None:
    assert not is_pinyin(name.split())


def test_there_are_as_many_syllables_as_pinyin_has() -> None:
    assert {"a", "er", "zhuang", "xiong", "lü".replace("ü", "v"), "nyu"} <= SYLLABLES
    assert SYLLABLES.isdisjoint({"kwok", "chul", "hsi", "ter", "ng", "b"})
    assert 400 <= len(SYLLABLES) <= 430


def test_syllables_that_wade_giles_parts_by_an_apostrophe_may_be_one() -> None:
    assert not are_other_syllables("zhang", "chang")
    assert not are_other_syllables("bing", "ping")
    assert not are_other_syllables("gang", "kang")
    assert are_other_syllables("jiang", "jian")
    assert are_other_syllables("lin", "lina") == are_other_syllables("lina", "lin")


# Families.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Valentin Orekhov", "Valentina Orekhova"),
        ("Evgeny Zhuravlin", "Evgenia Zhuravlina"),
        ("Александр Журавлин", "Александра Журавлина"),
        ("William Testman Jr", "William Testman Sr"),
        ("William Testman II", "TESTMAN, William III"),
        ("Branko Testman", "Branka Testman"),
    ],
)
def test_who_differs_from_another_by_sex_or_generation_is_another(one: str, other: str) -> None:
    assert compared(one, other).score < PROBABLE
    assert compared(other, one).score == compared(one, other).score


@pytest.mark.parametrize(
    "forms",
    [
        "mario maria",
        "karim karima",
        "farid farideh",
        "stefan stefanie",
        "christian christina",
        "evgeny evgenia",
        "georgios georgia",
        "josef josefine",
    ],
)
def test_forms_for_the_other_sex_are_known_by_their_ends(forms: str) -> None:
    man, woman = forms.split()
    assert are_of_two_sexes(man, woman)
    assert are_of_two_sexes(woman, man)


@pytest.mark.parametrize(("one", "other"), [("kovalenko", "kovalenka"), ("al", "ala"), ("frank", "frankie")])
def test_other_ends_are_no_other_sex(one: str, other: str) -> None:
    assert not are_of_two_sexes(one, other)


def test_a_generation_says_why_and_only_where_both_have_one() -> None:
    assert "jr against sr" in sentences("William Testman Jr", "William Testman Sr")
    assert "ii against iii" in sentences("William Testman II", "William Testman III")
    assert fields_of("generation") == fields_of("name part")
    plain = compared("William Testman", "William Testman").score
    assert compared("William Testman Jr", "William Testman").score == plain
    assert compared("William Testman Jr", "William Testman II").score == plain


# Signs.


@pytest.mark.parametrize(("one", "other"), [("陳國雄", "陈国雄"), ("渡辺太郎", "渡邊太郎"), ("髙澤一", "高沢一")])
def test_old_and_new_forms_of_signs_are_one_name(one: str, other: str) -> None:
    assert compared(one, other).score > 0.85


@pytest.mark.parametrize(("one", "other"), [("张伟", "章伟"), ("李伟", "李威")])
def test_another_sign_of_the_same_sound_is_only_possible(one: str, other: str) -> None:
    assert 0.1 < compared(one, other).score < PROBABLE


# Spelling.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maxamed Cali Cismaan", "Mohamed Ali Osman"),
        ("Faarax Jaamac Ciise", "Farah Jama Isse"),
        ("Cali bin Maxamed", "Ali bin Mohamed"),
        ("Cabdullaahi Yuusuf Axmed", "Abdullahi Yusuf Ahmed"),
        ("Юрий Щербаковский", "Juri Schtscherbakowski"),
        ("Юрий Щербаковский", "Iouri Chtcherbakovski"),
        ("Ѓорѓи Ќосевски", "Gjorgji Kjosevski"),
        ("吕秀兰", "Lyu Xiulan"),
        ("Abdelkader Benyoucefi", "Abd al-Qadir bin Yusufi"),
        ("முருகன் செல்வராசன்", "Murugan Selvarasan"),
        ("వెంకటేశ్వర రావు", "Venkateswara Rao"),
    ],
)
def test_spellings_of_a_language_or_an_office_are_one_name(one: str, other: str) -> None:
    assert compared(one, other).score >= PROBABLE


def test_an_initial_in_a_somali_name_stays() -> None:
    assert telling_parts("Maxamed C Cali") == ("mahamed", "c", "ali")


def test_a_somali_name_is_found_blind_as_it_is_spelt_abroad() -> None:
    asked, listed = (
        parse_subject({"names": [name], "dob": ["1988-03-20"], "nationality": ["SO"]})
        for name in ("Maxamed Cali Cismaan", "Mohamed Ali Osman")
    )
    features = {feature.canonical() for feature in query_features(asked)}
    assert not features.isdisjoint(feature.canonical() for feature in record_features(listed))


@pytest.mark.parametrize(
    "name", ["Carlos Xavier Cruz", "Cali Mendoza", "Xi Cang", "Maxmilian Carter", "Maxamed Cavazo"]
)
def test_what_shows_no_somali_spelling_keeps_its_letters(name: str) -> None:
    assert all(set(part) & {"c", "x"} for part in telling_parts(name) if part not in ("mendoza", "mahamed"))


@pytest.mark.parametrize(
    ("name", "part"),
    [("Daniela Rossi", "daniela"), ("Nikola Petrov", "nikola"), ("Padilla", "padilla"), ("Hamid Ullah", "hamidulah"),
     ("Hamidulla", "hamidulah"), ("Nasrallah", "nasrulah"), ("Asadollah", "asadulah"), ("Nematillah", "nematulah")],
)  # fmt: skip
def test_an_ending_like_god_s_name_is_his_only_where_it_is_spelt_so(name: str, part: str) -> None:
    assert telling_parts(name)[0] == part
