"""Make what names in Han are read by besides Mandarin and Japanese: ``python -m benchmarks.learning.han FOLDER``.

``FOLDER`` holds the Unicode Han database (Unihan) as Debian's package ``unicode-data`` installs it,
``Unihan_Readings.txt.bz2`` and ``Unihan_Variants.txt.bz2`` in ``/usr/share/unicode``; its licence stands in
``matching/letters/NOTICE``. From it come the Cantonese, Korean and Vietnamese reading of each sign; a sign in its new
form without a reading is read as in its old one. Signs of which one is another's new form stand for one.

How people spell those readings is in ``cantonese.txt`` and, for Hokkien and its neighbours sign by sign, in
``hokkien.txt`` beside this module; ``vietnamese.txt`` has the Sino-Vietnamese readings of signs of names, which Unihan
mixes with those of Vietnamese words.
"""

from __future__ import annotations

import bz2
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.learning.forms import TARGET, write
from matching.letters.han import NOT_KNOWN, READINGS_FILE
from matching.normalise import fold

SPELLINGS = Path(__file__).parent
LEAST_SHARE = 0.01
DOUBT = 0.1
"""The share of spellings that no line foresees."""

FIRST_SPELLING = 0.55
"""The share of the first of several Hokkien spellings; the others have the rest in equal parts."""

LONGEST_SPELLING = 6

LAST_SIGN = "\uffff"
"""The last sign that is read: rarer ones are in no name that people spell."""

Table = dict[str, dict[str, object]]
Shares = dict[str, float]

_READ = {"kCantonese": 0, "kHangul": 1, "kVietnamese": 2}
JAPANESE_FORMS = """
沢澤泽 辺邊邉边 斉齊齐 斎齋斋 高髙 崎﨑嵜 浜濱滨 滝瀧泷 広廣广 島嶋嶌岛 桜櫻樱 竜龍龙 関關关 黒黑 条條 栄榮荣 恵惠
塩鹽盐 実實实 真眞 徳德 国國 学學 円圓圆 万萬 与與 来來 冨富 峯峰 槙槇 頼賴赖 瀬瀨濑 薗園园 曽曾 蔵藏 穂穗 豊豐
聡聰聪 歳歲岁
"""
"""Signs of family and given names as Japan writes them since 1946, with their older forms and those of China."""

SOUTHERN = {"hoang": "huynh", "vu": "vo", "phuc": "phuoc", "nhat": "nhut", "chu": "chau"}
"""Vietnamese syllables of names that the South spells otherwise."""

_NEW_AND_OLD = ("kTraditionalVariant", "kSimplifiedVariant")
_SAME_AT_END = {"i": "y", "y": "i"}
_TAUGHT = "E"
"""What kHangul marks the readings of the signs taught at school with."""


def readings(fields: Iterable[tuple[str, str, str]], variants: Iterable[tuple[str, str, str]]) -> dict[str, list[str]]:
    """Give Cantonese, Hangul, Vietnamese and the sign that stands for its forms, `NOT_KNOWN` for none and itself."""
    found: dict[str, list[str]] = defaultdict(lambda: [NOT_KNOWN] * (len(_READ) + 1))
    stands_for = dict(_one_for_all_forms(variants := list(variants)))
    for sign, field, value in fields:
        if field in _READ:
            found[sign][_READ[field]] = _reading(field, value)
    for sign, field, value in variants:
        if field == "kTraditionalVariant":
            olds = [one for one in map(_sign, value.split()) if one != sign]
            for place in range(len(_READ)):
                known = [found[old][place] for old in olds if old in found and found[old][place] != NOT_KNOWN]
                if known and found[sign][place] == NOT_KNOWN:
                    found[sign][place] = known[0]
    for sign, reading in _vietnamese_by_hand():
        found[sign][_READ["kVietnamese"]] = reading
    for sign, one in stands_for.items():
        found[sign][len(_READ)] = one
    return {sign: read for sign, read in found.items() if set(read) != {NOT_KNOWN}}


def _vietnamese_by_hand() -> Iterator[tuple[str, str]]:
    """Give signs of names with their Sino-Vietnamese reading, which Unihan often lacks or gives after others."""
    for reading, *signs in _lines("vietnamese.txt"):
        for sign in "".join(signs):
            yield sign, reading


def _one_for_all_forms(variants: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """Give signs with the first sign, by its number, of those that are new and old forms of one another."""
    together: dict[str, set[str]] = {}
    pairs = [(sign, _sign(one)) for sign, field, value in variants if field in _NEW_AND_OLD for one in value.split()]
    pairs += [(forms[0], form) for forms in JAPANESE_FORMS.split() for form in forms[1:]]
    for sign, other in pairs:
        joined = together.get(sign, {sign}) | together.get(other, {other})
        together |= dict.fromkeys(joined, joined)
    for sign, forms in together.items():
        if sign <= LAST_SIGN and (first := min(forms)) != sign:
            yield sign, first


def _reading(field: str, value: str) -> str:
    if field == "kHangul":
        ranked = sorted(value.split(), key=lambda one: _TAUGHT not in one)
        return ranked[0].partition(":")[0]
    return re.sub("[^a-z]", "", fold(value.split(maxsplit=1)[0])) or NOT_KNOWN


def fields_of(path: Path) -> Iterator[tuple[str, str, str]]:
    """Give sign, field and value of each line of a file of Unihan."""
    with bz2.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("U+"):
                point, field, value = line.rstrip("\n").split("\t")
                if _sign(point) <= LAST_SIGN:
                    yield _sign(point), field, value


def _sign(point: str) -> str:
    return chr(int(point.partition("<")[0].removeprefix("U+"), 16))


def cantonese_table(syllables: Mapping[str, int]) -> Table:
    """Give the letter table of syllables, each counted as often as signs are read so."""
    spellings = _cantonese_spellings()
    pieces = {one: _spelt(one, spellings) for one in sorted(syllables)}
    return _as_table({one: shares for one, shares in pieces.items() if shares}, syllables)


def _cantonese_spellings() -> dict[str, dict[str, Shares]]:
    held: dict[str, dict[str, Shares]] = {"onset": {}, "rhyme": {}, "syllable": {}}
    for kind, one, *said in _lines("cantonese.txt"):
        if one.strip("-") in held[kind]:
            raise ValueError(f"cantonese.txt: {kind} {one} stands twice")
        shares = {spelling.strip("-"): float(share) for spelling, _, share in (text.partition(":") for text in said)}
        held[kind][one.strip("-")] = {spelling: share / sum(shares.values()) for spelling, share in shares.items()}
    return held


def _spelt(syllable: str, held: Mapping[str, Mapping[str, Shares]]) -> Shares:
    """Give the spellings of a syllable with their shares: its own line's, else those of its onset by its rhyme's."""
    if syllable in held["syllable"]:
        return held["syllable"][syllable]
    rhymes = held["rhyme"]
    onsets = [onset for onset in held["onset"] if syllable.startswith(onset) and syllable[len(onset) :] in rhymes]
    if not onsets:
        return {}
    onset = max(onsets, key=len)
    shares: dict[str, float] = defaultdict(float)
    for first, share in held["onset"][onset].items():
        for rest, other in rhymes[syllable[len(onset) :]].items():
            shares[first + rest] += share * other
    return dict(shares)


def vietnamese_table(syllables: Mapping[str, int]) -> Table:
    """Give the letter table of syllables, which are written as they are; *y* and *i* at an end are one sound."""
    turned = {one: one[:-1] + _SAME_AT_END[one[-1]] for one in syllables if len(one) > 1 and one[-1] in _SAME_AT_END}
    others = turned | SOUTHERN
    pieces = {one: {one: 0.8, others[one]: 0.2} if one in others else {one: 1.0} for one in sorted(syllables)}
    return _as_table(pieces, syllables)


def hokkien_table() -> Table:
    """Give the letter table of signs."""
    spellings: dict[str, dict[str, None]] = defaultdict(dict)
    for signs, *said in _lines("hokkien.txt"):
        for sign in signs:
            if sign in spellings:
                raise ValueError(f"hokkien.txt: {sign} stands twice")
            spellings[sign] = dict.fromkeys(said)
    pieces = {sign: _in_order(tuple(said)) for sign, said in sorted(spellings.items())}
    return _as_table(pieces, dict.fromkeys(pieces, 1))


def _in_order(said: tuple[str, ...]) -> Shares:
    first, *others = said
    return {first: FIRST_SPELLING if others else 1.0} | {one: (1 - FIRST_SPELLING) / len(others) for one in others}


def _lines(file: str) -> Iterator[list[str]]:
    for line in (SPELLINGS / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def _as_table(pieces: Mapping[str, Shares], often: Mapping[str, int]) -> Table:
    letters: dict[str, float] = defaultdict(float)
    for piece, shares in pieces.items():
        for spelling, share in shares.items():
            for letter in spelling:
                letters[letter] += often[piece] * share
    ends: dict[str, object] = {"^": {"": 0}, "$": {"": 0}}
    return {
        "letters": {letter: _tenths(count / sum(letters.values())) for letter, count in letters.items()},
        "pieces": ends
        | {
            piece: {
                spelling: _tenths((1 - DOUBT) * share)
                for spelling, share in shares.items()
                if share >= LEAST_SHARE and len(spelling) <= LONGEST_SPELLING
            }
            for piece, shares in pieces.items()
        },
    }


def _tenths(share: float) -> int:
    return round(-10 * math.log2(share))


def tables(read: Mapping[str, Sequence[str]]) -> dict[str, Table]:
    """Give the letter tables for the readings of signs."""
    cantonese, _, vietnamese, _ = (
        Counter(one for one in syllables if one != NOT_KNOWN) for syllables in zip(*read.values(), strict=True)
    )
    return {
        "cantonese": cantonese_table(cantonese),
        "hokkien": hokkien_table(),
        "vietnamese": vietnamese_table(vietnamese),
    }


def main(arguments: list[str]) -> None:
    """Write the readings and the tables."""
    folder = Path(arguments[0])
    read = readings(fields_of(folder / "Unihan_Readings.txt.bz2"), fields_of(folder / "Unihan_Variants.txt.bz2"))
    size = write(read, TARGET / READINGS_FILE)
    for name, table in tables(read).items():
        text = json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (TARGET / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: {len(text.encode()) / 1024:.0f} KiB", file=sys.stderr)
    print(f"{len(read)} signs, {size / 1024:.0f} KiB", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
