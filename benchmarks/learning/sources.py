"""The public material that tables are learned from, read into pairs of a native and a Latin spelling."""

from __future__ import annotations

import csv
import gzip
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from pathlib import Path

from anyascii import anyascii
from rapidfuzz.distance import JaroWinkler

from matching.letters.words import script_of
from matching.normalise import telling_parts

LEAST_RESEMBLANCE = 0.82
"""Jaro-Winkler similarity under which two spellings are taken for two names."""

MOST_SPELLINGS = 6

_DICTIONARY_PARTS = 10
_PERSON_NAMES = "固有名詞,人名"


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled pair of a word in another script and a Latin word, with all its Latin variants and its source."""

    native: str
    latin: str
    variants: tuple[str, ...]
    script: str
    language: str
    level: str
    source: str
    is_same: bool


def latin_letters(text: str) -> str:
    """Give the plain small letters a to z of a Latin word, joined."""
    return re.sub("[^a-z]", "", anyascii(unicodedata.normalize("NFKD", text)).lower())


def read_rows(file: Path) -> list[Row]:
    """Read the labelled pairs of writings."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [
            Row(
                native=row["native"],
                latin=row["latin"],
                variants=tuple(filter(None, row["latin_variants"].split("|"))),
                script=script_of(unicodedata.normalize("NFKC", row["native"])),
                language=row["lang"],
                level=row["level"],
                source=row["source"],
                is_same=row["label"] == "1",
            )
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def names_by_country(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Give local form, Latin form and country of the common names whose local form is not Latin."""
    for file in ("forenames", "surnames"):
        with (folder / f"names_by_country_{file}.csv").open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                if script_of(row["Localized Name"]) not in ("", "latin"):
                    yield row["Localized Name"], row["Romanized Name"], row["Country"]


def japanese_surnames(folder: Path) -> Iterator[tuple[str, str]]:
    """Give hiragana and Latin spelling of the commonest Japanese surnames, also with long vowels written short."""
    with (folder / "jp_last_name.csv").open(encoding="utf-8", newline="") as lines:
        for _, _, kana, latin in csv.reader(lines):
            yield from ((kana, spelling) for spelling in {latin, _shortened(latin)})


def dictionary_names() -> Iterator[tuple[str, str]]:
    """Give written form and Latin reading of the persons' names in IPADIC, as the package janome carries it."""
    from jaconv import kana2alphabet, kata2hira  # noqa: PLC0415  # only for this

    for part in range(_DICTIONARY_PARTS):
        written = import_module(f"janome.sysdic.entries_compact{part}").DATA
        described = import_module(f"janome.sysdic.entries_extra{part}").DATA
        for number, entry in written.items():
            extra = described[number]
            if _PERSON_NAMES in extra[0] and script_of(entry[0]) == "han":
                latin = kana2alphabet(kata2hira(extra[4]))
                yield from ((entry[0], spelling) for spelling in {latin, _shortened(latin)})


def spelling_variants(folder: Path) -> Iterator[tuple[str, str]]:
    """Give two spellings of one name part: what is left of two names of one person when equal parts are taken out."""
    with gzip.open(folder / "aliases.tsv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["label"] != "1" or row["kind"] == "weak_aka" or {row["script_a"], row["script_b"]} != {"Latin"}:
                continue
            ones, others = telling_parts(row["name_a"]), telling_parts(row["name_b"])
            left = [part for part in ones if part not in others], [part for part in others if part not in ones]
            if len(left[0]) == len(left[1]) == 1 and _resemble(left[0][0], left[1][0]):
                yield left[0][0], left[1][0]


def writing_variants(folder: Path) -> Iterator[tuple[str, str]]:
    """Give two Latin spellings of one word in another script, where it has several."""
    for row in read_rows(folder / "translit.tsv.gz"):
        spellings = sorted({latin_letters(text) for text in row.variants} - {""})
        if row.is_same and row.level == "token":
            yield from (pair for pair in combinations(spellings[:MOST_SPELLINGS], 2) if _resemble(*pair))


def _resemble(one: str, other: str) -> bool:
    return JaroWinkler.similarity(one, other) >= LEAST_RESEMBLANCE


def _shortened(latin: str) -> str:
    return re.sub("oo", "o", re.sub("ou", "o", re.sub("uu", "u", latin)))
