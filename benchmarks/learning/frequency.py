"""Build ``frequency_table.json`` from open name material: ``python -m benchmarks.learning.frequency NAMES_FOLDER``.

Run by hand when the codes or the material change; never at run time. It reads no list of suspects. The material:

- ``frequency_known.txt`` beside this file, written by us: the commonest parts by culture, in thousandths of people;
- ``names_by_country_{forenames,surnames}.csv`` (CC0): the commonest names of about 100 countries, by rank;
- ``{forenames,surnames}.txt.gz`` (Unlicense): 108,000 different names, without counts; they tell how many rare names
  fall together in one code.

What is written is aggregated: for each code of a family the bits it carries, minus log2 of the share of people who
bear a part with that code, where that is fewer bits than the cap. No name is copied, and no code that few names share.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from matching.normalise import telling_parts
from matching.phonetics import CODE_FAMILIES

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "matching" / "frequency_table.json"
CAP_BITS = 13.0
LEAST_BITS = 2.0

COUNTRIES_SHARE = 0.5
"""People not covered by the hand-written cultures are taken to be spread over the countries of the lists."""

TAIL_SHARE = 0.9
"""Parts of a person's name, on average, that are in no table of common names."""

_TOP_SHARE = 0.02
_RANK_DECAY = 0.7


def build(folder: Path, target: Path) -> dict[str, int]:
    """Write the table built from the folder of names; give how many codes each family has."""
    known, listed, tail = _known(), _by_country(folder), _different(folder)
    table = {family: _bits(known, listed, tail, code_of) for family, code_of in CODE_FAMILIES.items()}
    text = json.dumps({"cap": round(10 * CAP_BITS), "families": table}, separators=(",", ":"), sort_keys=True)
    target.write_text(text + "\n", encoding="ascii")
    return {family: len(codes) for family, codes in table.items()}


def _bits(
    known: dict[tuple[str, str], float],
    listed: dict[tuple[str, str], float],
    tail: Counter[str],
    code_of: Callable[[str], str],
) -> dict[str, int]:
    """Give the tenths of a bit of each code that tells less than the cap."""
    by_code = _shares(known, code_of), _shares(listed, code_of)
    rare = _spread(tail, code_of)
    shares = {
        code: max(source.get(code, 0) for source in by_code) + TAIL_SHARE * rare.get(code, 0)
        for code in sorted({*by_code[0], *by_code[1], *rare})
    }
    return {
        code: round(10 * max(LEAST_BITS, -math.log2(share)))
        for code, share in shares.items()
        if -math.log2(share) < CAP_BITS - 0.05
    }


def _known() -> dict[tuple[str, str], float]:
    """Read the hand-written table: (culture, part) → share of all people."""
    shares: dict[tuple[str, str], float] = defaultdict(float)
    culture, weight = "", 0.0
    for line in (HERE / "frequency_known.txt").read_text(encoding="ascii").splitlines():
        words = line.split()
        if line.startswith("@"):
            culture, weight = words[1], float(words[2]) / 100
        elif words and not line.startswith("#"):
            for part, count in zip(words[::2], words[1::2], strict=True):
                shares[culture, _unified(part)] += weight * float(count) / 1000
    return shares


def _by_country(folder: Path) -> dict[tuple[str, str], float]:
    """Read the lists by country: rank gives the share within the country, countries weigh alike."""
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for file, rank_column in (("forenames", "Index"), ("surnames", "Rank")):
        rows = list(_rows(folder / f"names_by_country_{file}.csv"))
        countries = {row["Country"] for row in rows}
        seen: set[tuple[str, str]] = set()
        for row in rows:
            rank = float(row[rank_column] or 20)
            for part in telling_parts(row["Romanized Name"]):
                if (row["Country"], part) not in seen:
                    seen.add((row["Country"], part))
                    in_country = _TOP_SHARE / rank**_RANK_DECAY
                    shares[row["Country"], part] += COUNTRIES_SHARE * in_country / len(countries)
    return shares


def _different(folder: Path) -> Counter[str]:
    return Counter(
        part
        for file in ("forenames", "surnames")
        for name in gzip.open(folder / f"{file}.txt.gz", "rt", encoding="utf-8-sig")
        for part in telling_parts(name)
    )


def _shares(source: dict[tuple[str, str], float], code_of: Callable[[str], str]) -> dict[str, float]:
    """Give each code its share: spellings of one code add up, and so do cultures."""
    shares: dict[str, float] = defaultdict(float)
    for (_, part), share in source.items():
        shares[code_of(part)] += share
    return shares


def _spread(names: Counter[str], code_of: Callable[[str], str]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for name in names:
        counts[code_of(name)] += 1
    total = counts.total()
    return {code: count / total for code, count in counts.items() if count > 1}


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def _unified(part: str) -> str:
    return telling_parts(part)[0]


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), TABLE))
