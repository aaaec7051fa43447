"""What the blind stage finds, and what it opens by chance, on labelled pairs and real lists.

``python -m benchmarks.blind --pairs FILE --records DIR [--budget B] [--foreign FILE] [--curve] --json``

*Recall*: of the pairs labelled 1, both sides in turn ask about the person and the other side holds the full record. A
query is built in six forms; a form counts only the queries whose asking side has what the form names:

- ``name``: the primary name alone; ``name_dob``: with the birth dates; ``name_dob_nationality``: with both;
- ``all_names``: all names, aliases and original spellings with birth dates and nationality;
- ``typo``: ``name_dob_nationality`` after one seeded edit of a letter (substitute, insert, delete, transpose);
- ``native_script``: the first name in its original script in place of the Latin one, with what else there is.

*Foreign opens*: every person of ``--foreign`` (name, birth dates, nationality) is asked of every record of the
``agency_*`` lists; an open is a shared feature. Left out are pairs that a truth file beside the
lists names, and pairs that share two name parts and a full birth date. What remains still holds some true matches
under other spellings, so the rate is an upper bound. It is given per (query, record) pair over all records, and beside
it over records of persons alone, which is the harder count. Tokens are counted per ``name_dob_nationality`` query of
the pairs and per person of the lists.

The features are the product's own; a test proves that their equality is the equality of tokens.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.quality_options import refusing
from benchmarks.tables import Row, TableError, pair_side, read_label, read_list, read_record, read_table
from matching.features import DEFAULT_BUDGET, Feature, query_features, record_features
from matching.normalise import name_parts
from matching.subject import Name, Subject

FORMS = ("name", "name_dob", "name_dob_nationality", "all_names", "typo", "native_script")
CURVE = tuple(range(18, 31))
SEED = "symbolon-typo-1"

Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records of one person."""

    pair_id: str
    sides: tuple[Subject, Subject]


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a list, with what decides whether a foreign pair is an evident match."""

    record_id: str
    subject: Subject
    parts: frozenset[str]
    full_births: frozenset[str]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is read once and measured at each budget."""

    pairs: tuple[Pair, ...]
    records: tuple[Record, ...]
    foreign: tuple[Record, ...]
    known: frozenset[frozenset[str]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = _parser()
    options = parser.parse_args(arguments)
    with refusing(parser):
        material = read_material(options.pairs, options.records, options.foreign)
    shown = Console(stderr=True)
    budgets: tuple[float, ...] = (options.budget,)
    if options.curve or not options.json:
        budgets = tuple(sorted({options.budget, *map(float, CURVE)}))
    results = [
        measure(material, budget)
        for budget in track(budgets, "measuring", console=shown, disable=not shown.is_terminal, transient=True)
    ]
    chosen = next(result for result in results if result["budget"] == options.budget)
    if options.json:
        print(json.dumps(chosen | ({"curve": results} if options.curve else {})))
    else:
        _show(results)


def measure(material: Material, budget: float) -> dict[str, Any]:
    """Give recall by form, foreign open rate and token counts at one budget."""
    recall, per_query = _recall(material.pairs, budget)
    index, per_record = _index(material.records, budget)
    opened, opened_persons = _foreign_opens(material, index, budget)
    persons = sum(record.subject.category == "individual" for record in material.records)
    return {
        "budget": budget,
        "recall": recall,
        "foreign_open_rate": _rate(opened, len(material.foreign) * len(material.records)),
        "tokens_per_record": _spread(per_record),
        "tokens_per_query": _spread(per_query["name_dob_nationality"]),
        "tokens_per_query_by_form": {form: _spread(per_query[form]) for form in FORMS},
        "queries_counted": {form: len(per_query[form]) for form in FORMS},
        "foreign_opens": {
            "opens": opened,
            "queries": len(material.foreign),
            "records": len(material.records),
            "rate_persons_only": _rate(opened_persons, len(material.foreign) * persons),
        },
    }


def read_material(pairs: Path, lists: Path, foreign: Path | None) -> Material:
    """Read the pairs, the ``agency_*`` lists, the foreign persons and the known pairs beside the lists."""
    files = sorted(file for file in lists.glob("agency_*") if ".jsonl" in file.name)
    if not files:
        raise TableError(f"{lists} is no folder with agency_*.jsonl lists")
    material = Material(
        pairs=tuple(_read_pairs(pairs)),
        records=tuple(_record(row) for file in files for row in read_list(file)),
        foreign=tuple(_read_persons(foreign or _interpol(lists))),
        known=frozenset(_known_pairs(lists)),
    )
    if not material.pairs:
        raise TableError(f"{pairs.name} has no pair labelled 1")
    return material


def queries(subject: Subject, seed: str) -> dict[str, Subject]:
    """Give the query of each form that the subject has the data for."""
    primary = next((name for name in subject.names if name.kind == "primary"), subject.names[0])
    native = next((name for name in subject.names if name.kind == "original"), None)
    named = Subject(names=(primary,))
    dated = replace(named, births=subject.births)
    full = replace(dated, nationalities=subject.nationalities)
    chance = random.Random(SEED + seed)  # noqa: S311 (a repeatable edit, nothing secret)
    forms = {"name": named}
    if subject.births:
        forms["name_dob"] = dated
    if subject.births and subject.nationalities:
        forms["name_dob_nationality"] = full
        forms["all_names"] = replace(full, names=subject.names)
        forms["typo"] = replace(full, names=(Name(mistype(primary.text, chance)),))
    if native:
        forms["native_script"] = replace(full, names=(native,))
    return forms


def mistype(text: str, chance: random.Random) -> str:
    """Make one edit of a letter in one name part of two letters or more."""
    words = text.split()
    able = [place for place, word in enumerate(words) if sum(map(str.isalpha, word)) > 1]
    if not able:
        return text
    place = chance.choice(able)
    words[place] = _mistype_word(words[place], chance)
    return " ".join(words)


def _mistype_word(word: str, chance: random.Random) -> str:
    at = chance.choice([place for place, letter in enumerate(word) if letter.isalpha()])
    letter = chance.choice([each for each in "abcdefghijklmnopqrstuvwxyz" if each != word[at].lower()])
    match chance.choice(("substitute", "insert", "delete", "transpose")):
        case "substitute":
            return word[:at] + letter + word[at + 1 :]
        case "insert":
            return word[:at] + letter + word[at:]
        case "delete":
            return word[:at] + word[at + 1 :]
        case _:
            at = min(at, len(word) - 2)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _recall(pairs: Iterable[Pair], budget: float) -> tuple[dict[str, float | None], dict[str, list[int]]]:
    found, counts = Counter[str](), {form: list[int]() for form in FORMS}
    for pair in pairs:
        for asking, holding in ((0, 1), (1, 0)):
            held = {feature_key(feature) for feature in record_features(pair.sides[holding], budget)}
            for form, query in queries(pair.sides[asking], f"{pair.pair_id}/{asking}").items():
                features = query_features(query, budget)
                counts[form].append(len(features))
                found[form] += any(feature_key(feature) in held for feature in features)
    return {form: _share(found[form], len(counts[form])) for form in FORMS}, counts


def _index(records: Sequence[Record], budget: float) -> tuple[dict[Key, list[int]], list[int]]:
    index: dict[Key, list[int]] = defaultdict(list)
    counts = []
    for place, record in enumerate(records):
        features = record_features(record.subject, budget)
        if record.subject.category == "individual":
            counts.append(len(features))
        for feature in features:
            index[feature_key(feature)].append(place)
    return index, counts


def _foreign_opens(material: Material, index: dict[Key, list[int]], budget: float) -> tuple[int, int]:
    opened, opened_persons = 0, 0
    for person in material.foreign:
        query = queries(person.subject, "").get("name_dob_nationality")
        features = query_features(query or _barest(person.subject), budget)
        for place in {place for feature in features for place in index.get(feature_key(feature), ())}:
            record = material.records[place]
            if not _evident(person, record, material.known):
                opened += 1
                opened_persons += record.subject.category == "individual"
    return opened, opened_persons


def _barest(subject: Subject) -> Subject:
    return Subject(names=subject.names[:1], births=subject.births, nationalities=subject.nationalities)


def _evident(one: Record, other: Record, known: frozenset[frozenset[str]]) -> bool:
    """Say whether the pair is known or shares two name parts and a full birth date."""
    if frozenset((one.record_id, other.record_id)) in known:
        return True
    return bool(one.full_births & other.full_births) and len(one.parts & other.parts) > 1


def feature_key(feature: Feature) -> Key:
    """Give what `Feature.canonical` encodes besides the one version; equal exactly when that is equal."""
    return feature.rule, feature.values


def _read_pairs(file: Path) -> Iterator[Pair]:
    for row in read_table(file, ("pair_id", "label", "name_a", "name_b")):
        if read_label(row, "label"):
            yield Pair(row["pair_id"], (pair_side(row, "a"), pair_side(row, "b")))


def _interpol(lists: Path) -> Path:
    """Find INTERPOL's notices beside the lists."""
    found = sorted(lists.glob("extra_interpol_red_notices.jsonl*"))
    if not found:
        raise TableError(f"{lists} has no extra_interpol_red_notices.jsonl; name a file of persons with --foreign")
    return found[0]


def _read_persons(file: Path) -> Iterator[Record]:
    for row in read_list(file):
        if row.get("category", "individual") == "individual":
            yield _record(row)


def _record(row: Row) -> Record:
    record_id, subject = read_record(row)
    births = frozenset(birth.written() for birth in subject.births if birth.day and not birth.approximate)
    parts = frozenset(part for name in subject.names for part in name_parts(name.text))
    return Record(record_id, subject, parts, births)


def _known_pairs(lists: Path) -> Iterator[frozenset[str]]:
    for file in sorted(lists.glob("truth*.tsv*")):
        for row in read_table(file, ("record_a", "record_b")):
            yield frozenset((row["record_a"], row["record_b"]))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None


def _rate(opened: int, pairs: int) -> float | None:
    return opened / pairs if pairs else None


def _spread(counts: Sequence[int]) -> dict[str, float]:
    ordered = sorted(counts)
    return {"median": statistics.median(ordered), "p99": ordered[int(0.99 * (len(ordered) - 1))]} if ordered else {}


def _show(results: Sequence[dict[str, Any]]) -> None:
    counts = results[0]["queries_counted"]
    table = Table(title="Blind stage: recall in per cent by query form (queries counted), opens, tokens (median / p99)")
    table.add_column("B", justify="right")
    for form in FORMS:
        table.add_column(f"{form}\n({counts[form]})", justify="right")
    for heading in ("foreign opens\na pair", "of persons\nalone", "a query", "a record"):
        table.add_column(heading, justify="right")
    for result in results:
        recall = [result["recall"][form] for form in FORMS]
        rates = result["foreign_open_rate"], result["foreign_opens"]["rate_persons_only"]
        spreads = result["tokens_per_query"], result["tokens_per_record"]
        table.add_row(
            f"{result['budget']:g}",
            *("-" if share is None else f"{100 * share:.2f}" for share in recall),
            *("-" if rate is None else f"{rate:.1e}" for rate in rates),
            *(f"{spread.get('median', 0):g} / {spread.get('p99', 0):g}" for spread in spreads),
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blind", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="labelled pairs, tab-separated, plain or gzipped")
    parser.add_argument("--records", type=Path, required=True, help="folder of the agency_* lists, plain or gzipped")
    parser.add_argument("--budget", type=float, default=DEFAULT_BUDGET, help="bits, %(default)s by default")
    parser.add_argument("--foreign", type=Path, help="persons of no list; INTERPOL's in the folder by default")
    parser.add_argument("--curve", action="store_true", help="measure budgets 18 to 30, also with --json")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    main()
