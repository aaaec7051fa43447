"""Learn the letter tables of ``matching/letters``: ``python -m benchmarks.learning.letters --shared FOLDER``.

What is learned from, all of it public and none of it shipped:

- the labelled pairs of ``dev/translit.tsv.gz`` (names in a script beside their Latin spellings; label 1);
- ``names/names_by_country_*.csv`` (CC0): common names by country with their local and Latin forms;
- ``names/jp_last_name.csv`` (MIT): readings of Japanese surnames, for hiragana only;
- the names of persons in the dictionary IPADIC, as the package ``janome`` carries it, for the readings of kanji.

Only shares of letters come out: a table says how often ق is written *q*, *k* or *gh*, and names no person.
``--folds N`` learns from all but one part in turn and prints how well the part left out is told from its negatives,
which is the honest figure; the shipped tables are learned from everything.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.learning.alignment import Cutting, Example, as_table, learn
from benchmarks.learning.hints import by_hand
from benchmarks.learning.sources import (
    Row,
    dictionary_names,
    japanese_surnames,
    latin_letters,
    names_by_country,
    read_rows,
    spelling_variants,
    writing_variants,
)
from benchmarks.measures import average_precision, recall_at_false_positives
from matching.letters.agreement import agreement, per_letter
from matching.letters.tables import TABLES_OF_SCRIPT, table_of
from matching.letters.words import script_of, signs
from matching.scripts import mandarin_syllables

TARGET = Path(__file__).parents[2] / "matching" / "letters"
CUTTINGS = {
    "latin": Cutting(most_signs=2, longest=3),
    "mandarin": Cutting(most_signs=1, longest=6),
    "kanji": Cutting(most_signs=2, longest=6),
}
WADE_GILES = {
    "zh": "ch",
    "ch": "ch",
    "sh": "sh",
    "q": "ch",
    "j": "ch",
    "x": "hs",
    "z": "ts",
    "c": "ts",
    "b": "p",
    "d": "t",
    "g": "k",
    "r": "j",
}
OWN_READINGS = 6
"""Times a Mandarin syllable counts as written in pinyin besides the examples; half as often in Wade-Giles."""

NOT_LEARNED = ("list:eu_oj", "google", "anetac")
"""Sources of pairs that are measured and never learned from: for testing only (CC BY-NC), or under no known licence."""

LEARNED_TABLES = TABLES_OF_SCRIPT | {"han": ("mandarin", "kanji")}
"""The tables of each script that are learned from pairs; the others of Han are made by ``benchmarks.learning.han``."""

_JAPANESE = ("jp_last_name", "jp_first_name")
_SEED = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn each table and write it, or measure by folds."""
    options = _options(arguments)
    rows = read_rows(options.shared / "dev" / "translit.tsv.gz")
    names = sorted({name for tables in LEARNED_TABLES.values() for name in tables})
    for name in [options.only] if options.only else names:
        extra = _extra(name, options.shared)
        own = [row for row in rows if _belongs(row, name)]
        if options.folds:
            _measure(name, own, extra, options.folds)
            continue
        table = _learned(name, [row for row in own if row.is_same and _may_teach(row)], extra)
        text = json.dumps(table, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (TARGET / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: {len(table['pieces'])} pieces of signs, {len(text.encode()) / 1024:.0f} KiB", file=sys.stderr)


def _learned(name: str, rows: Sequence[Row], extra: Sequence[Example]) -> dict[str, dict[str, object]]:
    examples = [*extra, *(example for row in rows for example in _examples(row, name))]
    return as_table(learn(examples, CUTTINGS.get(name, Cutting())))


def _belongs(row: Row, name: str) -> bool:
    """Say whether a row is of the script the table is for; Han rows are Mandarin or Japanese by their source."""
    if name not in LEARNED_TABLES.get(row.script, ()):
        return False
    if row.script != "han":
        return True
    japanese = row.source.removeprefix("negative:").startswith(_JAPANESE) or row.language in ("ja", "jp")
    return japanese == (name == "kanji") and "rigour" not in row.source


def _may_teach(row: Row) -> bool:
    return not row.source.startswith(NOT_LEARNED)


def _examples(row: Row, name: str) -> Iterator[Example]:
    for latin in sorted({latin_letters(text) for text in (row.latin, *row.variants)} - {""}):
        yield Example(_signs(row.native, name), latin)


def _signs(word: str, name: str) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", word)
    if name == "mandarin":
        return tuple(mandarin_syllables("".join(text.split())))
    return tuple(signs(text, script_of(text)))


def _extra(name: str, shared: Path) -> list[Example]:
    """Give the examples beside the labelled pairs."""
    pairs = [
        (native, latin)
        for native, latin, country in names_by_country(shared / "names")
        if name in LEARNED_TABLES.get(script_of(native), ()) and (country == "JP") == (name == "kanji")
    ]
    if name == "hiragana":
        pairs += japanese_surnames(shared / "names")
    if name == "kanji":
        pairs += dictionary_names()
    if name == "latin":
        pairs = [*spelling_variants(shared / "dev"), *writing_variants(shared / "dev"), *_two_romanisations()]
        pairs += [(latin, native) for native, latin in pairs] + [(native, native) for native, _ in pairs]
    examples = [Example(_signs(native, name), latin_letters(latin)) for native, latin in pairs]
    examples += [Example(tuple(word), latin) for word, latin in by_hand(name)]
    return examples + (_own_readings() if name == "mandarin" else [])


def _own_readings() -> list[Example]:
    """Give every Mandarin syllable as pinyin and as Wade-Giles write it."""
    syllables = sorted({one for sign in map(chr, range(0x4E00, 0x9FA6)) for one in mandarin_syllables(sign)})
    examples = []
    for syllable in syllables:
        written = syllable.replace("v", "u")  # ü, which pypinyin gives as v
        examples += [Example((syllable,), written)] * OWN_READINGS
        examples += [Example((syllable,), _wade_giles(written))] * (OWN_READINGS // 2)
        if written != syllable:
            examples += [Example((syllable,), syllable), Example((syllable,), syllable.replace("v", "yu"))] * 2
    return examples


def _two_romanisations() -> list[tuple[str, str]]:
    """Give each Mandarin syllable, and two neighbours in alphabetical order as one word, in pinyin and Wade-Giles."""
    syllables = sorted({one for sign in map(chr, range(0x4E00, 0x9FA6)) for one in mandarin_syllables(sign) if one})
    words = [(one,) for one in syllables] + list(pairwise(syllables))
    return [("".join(word), "".join(map(_wade_giles, word))) for word in words]


def _wade_giles(syllable: str) -> str:
    """Give the Wade-Giles spelling of a toneless pinyin syllable, without apostrophes and accents."""
    onset = next((onset for onset in sorted(WADE_GILES, key=len, reverse=True) if syllable.startswith(onset)), "")
    rhyme = syllable.removeprefix(onset)
    if onset in ("zh", "ch", "sh", "r") and rhyme == "i":
        rhyme = "ih"
    rhyme = {"ong": "ung", "ian": "ien", "ui": "uei", "uo": "o"}.get(rhyme, rhyme)
    return {"zi": "tzu", "ci": "tzu", "si": "ssu"}.get(syllable, WADE_GILES.get(onset, onset) + rhyme)


def _measure(name: str, rows: Sequence[Row], extra: Sequence[Example], folds: int) -> None:
    """Print average precision and recall at 1 % false positives over words the table was not learned from."""
    chosen = random.Random(_SEED)  # noqa: S311  # parts of a measurement, not a secret
    part_of = {native: chosen.randrange(folds) for native in dict.fromkeys(row.native for row in rows)}
    scored: list[tuple[float, bool]] = []
    for part in range(folds):
        held = _learned(
            name, [row for row in rows if row.is_same and _may_teach(row) and part_of[row.native] != part], extra
        )
        measure = _measure_of(held)
        scored += [
            (measure(_signs(row.native, name), latin_letters(row.latin)), row.is_same)
            for row in rows
            if part_of[row.native] == part and (row.level == "full" or _counts(row))
        ]
    scores, labels = zip(*scored, strict=True)
    found, precise = recall_at_false_positives(scores, labels), average_precision(scores, labels)
    print(f"{name}: {len(scored)} pairs, recall at 1 % false positives {found}, average precision {precise}")


def _counts(row: Row) -> bool:
    """Say whether a row is measured: those of the name file rigour only where there are few others."""
    return "rigour" not in row.source or row.script not in (
        "arabic",
        "armenian",
        "cyrillic",
        "greek",
        "han",
        "katakana",
    )


def _measure_of(held: dict[str, dict[str, object]]) -> Callable[[tuple[str, ...], str], float]:
    table = table_of(held)
    return lambda signs, latin: per_letter(agreement(signs, latin, table), latin)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.learning.letters", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--shared", type=Path, required=True, help="the folder of official lists and names")
    parser.add_argument("--only", help="one table")
    parser.add_argument("--folds", type=int, default=0, help="measure over that many parts instead of writing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
