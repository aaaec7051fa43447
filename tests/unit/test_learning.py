"""The learner of letter tables: a made-up alphabet is read off invented pairs, and shipped tables can be made again."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from benchmarks.learning import han as han_learning
from benchmarks.learning import letters
from benchmarks.learning.alignment import DOUBT, LEAST_SHARE, Cutting, Example, Piece, as_table, learn
from benchmarks.learning.hints import by_hand, thai_hints
from benchmarks.learning.sources import latin_letters
from matching.letters import han, lines
from matching.letters.agreement import agreement
from matching.letters.tables import table_of

CIPHER = dict(zip("ⰰⰱⰲⰳⰴⰵⰶⰷⰸⰹ", ["a", "b", "k", "sh", "t", "o", "m", "u", "r", "ch"], strict=True))
"""Glagolitic letters with sounds that are not theirs, so that nothing but the pairs can teach them."""

_SEED = 7


def spelt(signs: tuple[str, ...]) -> str:
    return "".join(CIPHER[sign] for sign in signs)


def invented_pairs(count: int) -> list[Example]:
    chosen = random.Random(_SEED)  # noqa: S311  # words of a test
    words = [tuple(chosen.choices("".join(CIPHER), k=chosen.randint(3, 7))) for _ in range(count)]
    return [Example(word, spelt(word)) for word in words]


@pytest.fixture(scope="module")
def cipher() -> dict[str, Any]:
    return as_table(learn(invented_pairs(300), Cutting()))


def test_a_made_up_alphabet_is_read_off_invented_pairs(cipher: dict[str, Any]) -> None:
    for sign, latin in CIPHER.items():
        choices = cipher["pieces"][sign]
        assert min(choices, key=choices.get) == latin
        assert choices[latin] <= 2, "nearly every time"


def test_what_was_learned_reads_words_that_were_not_shown(cipher: dict[str, Any]) -> None:
    table = table_of(cipher)
    chosen = random.Random(_SEED + 1)  # noqa: S311  # words of a test
    for _ in range(20):
        word = tuple(chosen.sample("".join(CIPHER), k=6))
        assert agreement(word, spelt(word), table) > 10
        assert agreement(word, spelt(word[::-1]), table) < 0


def test_learning_twice_gives_the_same_table(cipher: dict[str, Any]) -> None:
    assert as_table(learn(invented_pairs(300), Cutting())) == cipher


def test_two_signs_that_are_written_as_one_sound_are_learned_as_a_piece() -> None:
    pairs = [Example(("ⰰ", "ⰱ"), "x"), Example(("ⰲ", "ⰰ", "ⰱ"), "kx"), Example(("ⰰ", "ⰱ", "ⰲ"), "xk")] * 30
    pairs += [Example(("ⰰ", "ⰲ"), "ak"), Example(("ⰱ", "ⰲ"), "bk")] * 30
    assert as_table(learn(pairs, Cutting()))["pieces"]["ⰰⰱ"]["x"] <= 2  # type: ignore[index]


def test_a_piece_of_two_signs_has_to_be_seen_more_than_twice() -> None:
    learned = learn([Example(("ⰰ", "ⰱ"), "x")], Cutting())
    assert ("ⰰ", "ⰱ") not in {signs for signs, _ in learned}


def test_pieces_are_no_longer_than_the_cutting_allows() -> None:
    learned = learn(invented_pairs(50), Cutting(most_signs=1, longest=2))
    assert {len(signs) for signs, _ in learned} == {1}
    assert max(len(latin) for _, latin in learned) <= 2


def test_empty_and_very_long_pairs_teach_nothing() -> None:
    pairs = [Example((), "abc"), Example(("ⰰ",), ""), Example(("ⰰ",) * 50, "a" * 50)]
    assert learn(pairs, Cutting()) == {}


def test_a_sign_seen_once_is_known_by_its_usual_letter_too() -> None:
    learned = as_table(learn([Example(("б", "о"), "po")], Cutting()))
    assert "b" in learned["pieces"]["б"]  # type: ignore[operator]


def test_thai_signs_have_their_usual_spellings_and_those_alone() -> None:
    hints = thai_hints()
    assert hints[("ก",), "k"] > hints[("ก",), "g"] > hints[("ก",), "ka"] > 0
    assert hints[("ห",), ""] > 0
    assert (("ะ",), "aa") not in hints, "only a consonant carries an unwritten vowel"
    assert all(len(signs) == 1 and "\u0e01" <= signs[0] <= "\u0e5b" for signs, _ in hints)
    assert all(not latin or (latin.isascii() and latin.islower()) for _, latin in hints)


def test_of_scripts_with_hardly_a_pair_the_spellings_are_written_by_hand() -> None:
    for table, script in (("tamil", "TAMIL"), ("telugu", "TELUGU"), ("cyrillic", "CYRILLIC")):
        pairs = by_hand(table)
        assert pairs
        assert all(unicodedata.name(sign).startswith(script) for word, _ in pairs for sign in word)
        assert all(not latin or (latin.isascii() and latin.islower()) for _, latin in pairs)
    assert pairs.count(("ѓ", "gj")) > pairs.count(("ѓ", "g")) > 0
    assert ("ѓ", "gja") not in pairs, "Cyrillic writes its vowels"
    assert {("க", "k"), ("க", "ka"), ("்", "")} <= set(by_hand("tamil"))
    assert by_hand("greek") == []


def test_a_table_holds_tenths_of_bits_and_doubts_what_was_seen_little() -> None:
    few = as_table({(("я",), "ya"): 2.0})
    many = as_table({(("я",), "ya"): 2000.0})
    assert few["pieces"] == {"я": {"ya": 10}}, f"two seen, {DOUBT} doubted: one half, ten tenths of a bit"
    assert many["pieces"] == {"я": {"ya": 0}}
    assert many["letters"] == {"a": 10, "y": 10}


def test_a_share_too_small_is_left_out() -> None:
    counts: dict[Piece, float] = {(("я",), "ya"): 1.0, (("я",), "a"): 2 / LEAST_SHARE}
    assert as_table(counts)["pieces"] == {"я": {"a": 0}}


WADE_GILES = """
zhang chang|qing ching|xi hsi|zhi chih|si ssu|bo po|ren jen|zi tzu|dong tung|jian chien|wang wang|zhu chu|cai tsai
chen chen|chi chih|shi shih
"""


@pytest.mark.parametrize("pair", WADE_GILES.replace("\n", "|").strip("|").split("|"))
def test_wade_giles_is_written_from_pinyin(pair: str) -> None:
    pinyin, wade_giles = pair.split()
    assert letters._wade_giles(pinyin) == wade_giles


def test_latin_letters_are_plain_and_joined() -> None:
    assert latin_letters("Özgül-Dağ O'Test") == "ozguldagotest"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["tamil", "telugu", "thai", "khmer"])
def test_learning_a_table_again_gives_the_file_that_ships(
    name: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = letters.TARGET / f"{name}.json"
    monkeypatch.setattr(letters, "TARGET", tmp_path)
    letters.main(["--shared", str(shared / "data"), "--only", name])
    assert (tmp_path / f"{name}.json").read_bytes() == shipped.read_bytes()


@pytest.mark.shared
def test_measuring_by_folds_prints_a_line_and_writes_nothing(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(letters, "TARGET", tmp_path)
    letters.main(["--shared", str(shared / "data"), "--only", "tamil", "--folds", "2"])
    assert capsys.readouterr().out.startswith("tamil: ")
    assert list(tmp_path.iterdir()) == []


# Readings of Han.

UNIHAN = [
    ("陳", "kCantonese", "can4"),
    ("陳", "kHangul", "진:0E"),
    ("陳", "kVietnamese", "trần"),
    ("陳", "kDefinition", "exhibit, display"),
    ("國", "kCantonese", "gwok3 gwaak3"),
    ("國", "kHangul", "욱:1N 국:0E"),
    ("鐵", "kHangul", "철:0E"),
    ("铁", "kCantonese", "tit3"),
]
VARIANTS = [("铁", "kTraditionalVariant", "U+9435<kHanYu"), ("铁", "kSemanticVariant", "U+570B")]


def test_a_sign_has_its_first_reading_without_tone_and_the_korean_one_that_is_taught() -> None:
    read = han_learning.readings(UNIHAN, [])
    assert {sign: read[sign] for sign, *_ in UNIHAN} == {
        "陳": ["can", "진", "tran", "-"],
        "國": ["gwok", "국", "quoc", "国"],
        "鐵": ["-", "철", "-", "-"],
        "铁": ["tit", "-", "-", "-"],
    }


def test_a_sign_in_its_new_form_is_read_as_in_its_old_one_where_it_has_no_reading_itself() -> None:
    read = han_learning.readings(UNIHAN, VARIANTS)
    assert read["铁"] == ["tit", "철", "-", "鐵"]
    assert read["鐵"] == ["-", "철", "-", "-"], "it stands for both"


def test_the_tables_of_the_readings_that_ship_are_the_tables_that_ship() -> None:
    held = b"".join(lines._blocks(han.READINGS_FILE)).decode().split("\n")[1:]
    read = {sign: said.split(" ") for sign, _, said in (line.partition("\t") for line in held)}
    assert held == sorted(held, key=str.encode)
    for name, table in han_learning.tables(read).items():
        assert json.loads((letters.TARGET / f"{name}.json").read_text(encoding="utf-8")) == table, name


def test_no_table_is_learned_that_is_written_by_hand() -> None:
    learned = {name for names in letters.LEARNED_TABLES.values() for name in names}
    assert learned.isdisjoint(han_learning.tables({"陳": ("can", "진", "tran", "-")}))
