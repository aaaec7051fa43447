"""Two names of people and nothing else: which pairs are probable, which are nearer than others, and what always holds.

A rule is a row of a table. Spellings are of invented people; where a name is well known it stands for its spellings.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.scoring import CUTOFFS, Comparison, band_of, compare_written_names, score_of

PROBABLE = dict(CUTOFFS)["probable"]
SLACK = 1e-9


def score(one: str, other: str) -> float:
    return compare_written_names(one, other).score


def points(one: str, other: str) -> float:
    return compare_written_names(one, other).points


def rows(table: str) -> list[tuple[str, ...]]:
    """Read a table of rules: a rule a line, cells between bars."""
    return [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()]


SAME = rows(
    """
    given and family name exchanged | Arvid Testmann | Testmann Arvid
    given and family name exchanged and three parts | Ivan Petrovich Bukhvalin | Bukhvalin Ivan Petrovich
    family name in front of a comma | Arvid Testmann | TESTMANN, Arvid
    family name in capitals | Arvid TESTMANN | TESTMANN Arvid
    a middle part left out | Arvid Johan Testmann | Arvid Testmann
    a part more at the end | Juan Testado Querubin | Juan Testado
    a family name alone | Arvid Testmann | Testmann
    parts written as one | Jean-Pierre Testard | Jeanpierre Testard
    parts written as one: particles | Maria de la Cruz | Maria Delacruz
    particles with a slip | Maria dela Crux | Maria de la Cruz
    a part written as two | Wang Xiao Ming | Wang Xiaoming
    parts joined in the other script | عبد الرحمن تستاني | Abdurrahman Testani
    parts joined in the other script, kunya | أبو بكر الحربزي | Abu Bakr al-Harbzi
    an initial | Arvid J. Testmann | Arvid Johan Testmann
    an initial of one letter that Latin spells in two | Ю. П. Тестманов | Yuri Petrovich Testmanov
    an initial of one letter that Latin spells in two, in one script | Ю. П. Тестманов | Юрий Петрович Тестманов
    an initial of one letter that Latin spells in many ways | Х. Тестманов | Hamid Testmanov
    an initial of one letter that Latin spells in many ways | Хамид Тестманов | H. Testmanov
    an initial of one letter that Latin spells in many ways: Greek | Χ. Μαυρίδης | Christos Mavridis
    a title | Dr. Arvid Testmann | Arvid Testmann
    titles before and after | Mr Arvid Testmann Jr | Arvid Testmann
    an honorific | Sheikh Samir Harbzi | Samir Harbzi
    an honorific of rank | General Samir Harbzi | Samir Harbzi
    a nickname | Bill Testmann | William Testmann
    a nickname in another language | Sasha Bukhvalin | Aleksandr Bukhvalin
    two keys exchanged | Arvid Testmann | Arvid Tetsmann
    a letter lost | Arvid Testmann | Arvid Testmnn
    the article with a hyphen | Samir al-Harbzi | Samir Harbzi
    the article glued | Samir Al Harbzi | Samir Alharbzi
    abd al- in two spellings | Abdul Rahman Testani | Abdurrahman Testani
    abd al- as three words | Abd al-Rahman Testani | Abdulrahman Testani
    bin left out | Karim bin Nadir | Karim Nadir
    bin and ibn | Karim bin Nadir | Karim ibn Nadir
    the father left out | Samir bin Nadir al-Harbzi | Samir al-Harbzi
    a patronymic left out | Ivan Petrovich Bukhvalin | Ivan Bukhvalin
    a second Spanish family name left out | Juan Testado Querubin | Juan Testado
    Chinese order turned | Wang Xiaoming | Xiaoming Wang
    a mononym | Sukarnoto | Sukarnoto
    a mononym in an older spelling | Sukarnoto | Soekarnoto
    a spelling | Jon Testmann | John Testmann
    a spelling of a common name | Mohammed Harbzi | Muhammad Harbzi
    a Turkish spelling of it | Mohammed Harbzi | Mehmet Harbzi
    Latin with diacritics: Polish | Łukasz Żółtowski | Lukasz Zoltowski
    Latin with diacritics: Turkish | Özgür Çelik | Ozgur Celik
    Latin with diacritics: Vietnamese | Nguyễn Văn Thử | Nguyen Van Thu
    Latin with an umlaut written out | Müller Jörg | Mueller Joerg
    Arabic without vowels | سمير الحربزي | Samir al-Harbzi
    Arabic without vowels, romanised otherwise | سمير الحربزي | Samir Al Harbazi
    Arabic with the family name alone | القذافي | al-Qadhafi
    Arabic with the family name alone, as papers write it | القذافي | Gaddafi
    Arabic with bin | سمير بن نادر | Samir bin Nadir
    Arabic with a common name | محمد الحربزي | Mohammed al-Harbzi
    Persian | فرهاد تستانی | Farhad Testani
    Urdu | فرہاد خان تستوی | Farhad Khan Testvi
    Hebrew | יעקב ברקאי | Yaakov Barkai
    West African, as French and as English writes it | Fatoumata Traoré | Fatumata Trawally
    West African, as French and as English writes it | Lamine Cissé | Lamin Ceesay
    West African, as French and as English writes it | Modou Thiam | Modou Cham
    Korean, as the North and the South write it | Ri Chol-man | Lee Cheol-man
    Russian | Арвид Тестманов | Arvid Testmanov
    Russian, as English writes it | Гагарин | Gagarin
    Russian, as French writes it | Гагарин | Gagarine
    Cyrillic with Latin letters that look so | Артыш XАBPИH | Artysh Khavrin
    Cyrillic with Latin letters that look so | Вiктоpiя САТIНЕЦЬ | Вікторія Сатінець
    Ukrainian | Олександр Тестенко | Oleksandr Testenko
    Ukrainian and the English form | Олександр Тестенко | Alexander Testenko
    Greek | Γιώργος Μαυρίδης | Giorgos Mavridis
    Armenian | Գրիգոր Տեստյան | Grigor Testyan
    Georgian | გიორგი ტესტაძე | Giorgi Testadze
    Han in pinyin | 王小明 | Wang Xiaoming
    Han in pinyin, family name last | 王小明 | Xiaoming Wang
    Han in Wade-Giles | 王小明 | Wang Hsiao-ming
    Han in pinyin, simplified | 习近平 | Xi Jinping
    Han in Wade-Giles with apostrophe | 习近平 | Hsi Chin-p'ing
    Hangul as the North writes it | 김정은 | Kim Jong Un
    Hangul in the revised romanisation | 김정은 | Gim Jeong-eun
    Hangul as papers write it | 김철수 | Kim Chul-soo
    Japanese in Han | 田中花子 | Tanaka Hanako
    Japanese in Han, family name last | 田中花子 | Hanako Tanaka
    Hiragana | たなか はなこ | Tanaka Hanako
    Katakana | タナカ ハナコ | Tanaka Hanako
    Katakana of a foreign name | ジョン・テストマン | John Testman
    Thai | สมชาย ทดสอบ | Somchai Thotsop
    Devanagari | राजेश परीक्षित | Rajesh Parikshit
    Bengali | রহমান করিম | Rahman Karim
    two scripts in one name | Арвид Testmanov | Arvid Testmanov
    """
)

OTHERS = rows(
    """
    another given name | Arvid Testmann | Ulrich Testmann
    another middle name | Arvid Johan Testmann | Arvid Ulrich Testmann
    another patronymic | Ivan Petrovich Bukhvalin | Ivan Sergeevich Bukhvalin
    another second family name | Juan Testado Querubin | Juan Testado Molinero
    nothing in common | Arvid Testmann | Ulrike Muster
    father and son exchanged | KARIM BIN NADIR | NADIR BIN KARIM
    father and son exchanged | SALMAN BIN MUHAMMAD | MUHAMMAD BIN SALMAN
    another initial, of a letter that Latin spells in two | Ю. Тестманов | Ivan Testmanov
    another initial, of a letter that Latin spells in two | Ш. Тестманов | Timur Testmanov
    another initial, in one script | Ю. Тестманов | Иван Тестманов
    a vowel of a short part | Li Wu | Lu Wu
    another end on the same beginning | Mark Testmann | Mark Testberg
    another end on the same beginning | Viktor Temnovich | Viktor Temnelko
    Arabic: another given name | سمير الحربزي | Nabil Al Harbazi
    Arabic in one script: another given name | سمير الحربزي | نبيل الحربزي
    Hebrew: another given name | יעקב ברקאי | Yitzhak Barkai
    Cyrillic: another given name | Арвид Тестманов | Ulrich Testmanov
    Greek: another given name | Γιώργος Μαυρίδης | Nikos Mavridis
    Han: one other sign | 王小明 | 王大明
    Hangul: one other syllable | 김정은 | 김정일
    Hangul: another given name | 김철수 | Kim Young-ho
    """
)

NEARER = rows(
    """
    nothing differs, then a part is missing | Arvid Johan Testmann | Arvid Johan Testmann | Arvid Testmann
    a part is missing, then it is another | Arvid Johan Testmann | Arvid Testmann | Arvid Ulrich Testmann
    an initial, then another middle name | Arvid Johan Testmann | Arvid J. Testmann | Arvid Ulrich Testmann
    no patronymic, then another | Ivan Petrovich Bukhvalin | Ivan Bukhvalin | Ivan Sergeevich Bukhvalin
    no second family name, then another | Juan Testado Querubin | Juan Testado | Juan Testado Molinero
    a spelling, then a cousin of it | John Testmann | Jon Testmann | Jan Testmann
    a nickname, then another name | William Testmann | Bill Testmann | Ulrich Testmann
    a slip, then another name | Arvid Testmann | Arvid Tetsmann | Arvid Quenstedt
    bin left out, then turned | Karim bin Nadir | Karim Nadir | Nadir bin Karim
    a homophone, then another sign | 王小明 | 王晓明 | 王大明
    its romanisation, then another's | 王小明 | Wang Xiaoming | Wang Daming
    its romanisation, then another's | 김철수 | Kim Cheol Su | Kim Young Ho
    its romanisation, then another's | 田中花子 | Tanaka Hanako | Tanaka Yoshio
    its romanisation, then another's | Гагарин | Gagarine | Gorbunov
    its romanisation, then another's | القذافي | Gaddafi | Nasrawi
    its romanisation, then another's | สมชาย ทดสอบ | Somchai Thotsop | Somsak Thotsop
    its romanisation, then another's | राजेश परीक्षित | Rajesh Parikshit | Suresh Parikshit
    its romanisation, then another's | გიორგი ტესტაძე | Giorgi Testadze | Nino Testadze
    its romanisation, then another's | Գրիգոր Տեստյան | Grigor Testyan | Ashot Testyan
    """
)


@pytest.mark.parametrize(("rule", "one", "other"), SAME)
def test_forms_of_one_name_are_at_least_probable(rule: str, one: str, other: str) -> None:
    assert score(one, other) >= PROBABLE, rule


@pytest.mark.parametrize(("rule", "one", "other"), OTHERS)
def test_names_of_two_persons_are_not_probable(rule: str, one: str, other: str) -> None:
    assert score(one, other) < PROBABLE, rule


@pytest.mark.parametrize(("rule", "name", "nearer", "further"), NEARER)
def test_what_differs_less_is_nearer(rule: str, name: str, nearer: str, further: str) -> None:
    assert points(name, nearer) > points(name, further), rule


# --- what always holds ------------------------------------------------------------------------------------------------

VOCABULARY = """ali mohammed hassan arvid arvyd testmann testman li lu wu abu omar bin ibn al abdul rahman abdurrahman 7
    王小明 Тестманов محمد 김철수 田中花子 たなか テスト สมชาย राजेश Γιώργος יעקב de la
    cruz delacruz william bill van der Dr."""
WRITTEN = st.lists(st.sampled_from(VOCABULARY.split()), min_size=1, max_size=5).map(" ".join)
TEXTS = WRITTEN | st.text(max_size=60)


def compared(one: str, other: str) -> Comparison:
    return compare_written_names(one, other)


@given(TEXTS, TEXTS)
def test_the_order_of_asking_does_not_matter(one: str, other: str) -> None:
    there, back = compared(one, other), compared(other, one)
    assert there.points == pytest.approx(back.points)
    assert sorted(c.feature for c in there.contributions) == sorted(c.feature for c in back.contributions)


@given(TEXTS, TEXTS)
def test_any_two_texts_compare_and_always_alike(one: str, other: str) -> None:
    found = compared(one, other)
    assert 0.0 <= found.score <= 1.0
    assert found.band == band_of(found.score)
    assert found == compared(one, other)


@given(TEXTS, TEXTS)
def test_no_name_is_nearer_to_a_name_than_itself(one: str, other: str) -> None:
    assert points(one, one) >= points(one, other) - SLACK


@given(TEXTS, TEXTS)
def test_every_contribution_has_a_sentence_and_what_speaks_against_costs(one: str, other: str) -> None:
    for contribution in compared(one, other).contributions:
        assert contribution.sentence.strip()
        assert contribution.explanation.startswith(f"{contribution.feature}: ")
        assert (contribution.outcome in ("missing", "differs")) == (contribution.points < 0)


@given(WRITTEN, WRITTEN)
def test_the_score_is_what_the_explained_points_give(one: str, other: str) -> None:
    found = compared(one, other)
    nothing = compare_written_names("", "")
    assert nothing.contributions == ()
    told = sum(contribution.points for contribution in found.contributions)
    assert found.score / (1 - found.score) == pytest.approx(2**told * nothing.score / (1 - nothing.score))


def test_names_that_are_no_names_say_nothing() -> None:
    assert compared("", "Arvid Testmann").contributions == ()
    assert compared("...", "Arvid Testmann").contributions == ()
    assert compared("", "").score == score_of(0.0, -3.0)


def test_a_name_of_thousands_of_words_is_cut() -> None:
    assert score("Arvid Testmann " * 5_000, "Arvid Testmann") <= 1.0
    assert compared("王" * 50_000, "Wang " * 20_000).score <= 1.0
