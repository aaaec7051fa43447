"""The blind benchmark counts what it says it counts, and the features of the product reach the aim."""

from __future__ import annotations

import gzip
import json
import random
from itertools import combinations
from pathlib import Path

import pytest

from benchmarks.blind import FORMS, Material, feature_key, main, measure, mistype, queries, read_material
from matching.features import query_features, record_features
from matching.oblivious import blind, evaluate, finalize_unproved, generate_key, token_input
from matching.subject import parse_subject

PAIR_FIELDS = [
    "name",
    "names",
    "aliases",
    "names_original",
    "dob",
    "pob",
    "nationality",
    "gender",
    "documents",
    "phones",
]


def pair_line(pair_id: str, label: str, one: dict[str, str], other: dict[str, str]) -> str:
    """Give a line of the pairs file, empty where a field is not given."""
    cells = [pair_id, label]
    for side in (one, other):
        cells += [side.get(field, "") for field in PAIR_FIELDS]
    return "\t".join(cells)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write invented pairs and lists in the form of the real ones."""
    header = "\t".join(["pair_id", "label", *(f"{field}_{side}" for side in "ab" for field in PAIR_FIELDS)])
    full = {"name": "Karlo Vantroyen", "dob": "1968-06-13", "nationality": "BE", "names_original": "Карло Вантройен"}
    lines = [
        header,
        pair_line("p1", "1", full, {"name": "VANTROYEN, Carlo", "dob": "1968-06-13|unknown"}),
        pair_line("p2", "1", {"name": "Ali Grunbold"}, {"name": "Timo Nemoryan"}),
        pair_line("n1", "0", full, full),
    ]
    pairs = tmp_path / "pairs.tsv.gz"
    pairs.write_bytes(gzip.compress("\n".join(lines).encode()))
    lists = tmp_path / "lists"
    lists.mkdir()
    listed = [
        {
            "record_id": "A-1",
            "names": ["Karlo Vantroyen"],
            "dob": ["1968-06-13"],
            "nationality": ["BE", "not a country"],
        },
        {"record_id": "A-2", "names": ["Kharlo Vantroyen"], "dob": ["1968-06-13"]},
        {"record_id": "A-3", "category": "entity", "names": ["Nemoryan Vantro"]},
        {"record_id": "A-4", "names": ["Mohammed Ali"]},
    ]
    (lists / "agency_one.jsonl").write_text("\n".join(map(json.dumps, listed)))
    foreign = [
        {"record_id": "F-1", "names": ["Karlo Vantroyen"], "dob": ["1968-06-13"]},
        {"record_id": "F-2", "names": ["Kyril Vantroyen"], "dob": ["1968-06-13"]},
    ]
    (lists / "extra_interpol_red_notices.jsonl").write_text("\n".join(map(json.dumps, foreign)))
    return pairs, lists


@pytest.fixture
def material(files: tuple[Path, Path]) -> Material:
    """Read the invented files."""
    return read_material(*files, None)


def test_a_form_counts_only_queries_that_have_what_it_names(material: Material) -> None:
    counted = measure(material, 22)["queries_counted"]
    assert counted == {
        "name": 4, "name_dob": 2, "name_dob_nationality": 1, "all_names": 1, "typo": 1, "native_script": 1
    }  # fmt: skip


def test_both_sides_ask_and_only_true_pairs_count(material: Material) -> None:
    recall = measure(material, 22)["recall"]
    assert recall["name"] == 0.5
    assert recall["name_dob_nationality"] == recall["native_script"] == 1


def test_an_evident_match_is_no_foreign_open(material: Material) -> None:
    opens = measure(material, 22)["foreign_opens"]
    # F-1 shares two parts and the full date with A-1, one with A-2; F-2 shares one with each.
    assert (opens["opens"], opens["queries"], opens["records"]) == (3, 2, 4)
    assert measure(material, 22)["foreign_open_rate"] == 3 / 8


def test_a_pair_that_a_truth_file_names_is_no_foreign_open(files: tuple[Path, Path]) -> None:
    (files[1] / "truth_dev.tsv").write_text("agency_a\trecord_a\tagency_b\trecord_b\nx\tF-2\ty\tA-2\n")
    assert measure(read_material(*files, None), 22)["foreign_opens"]["opens"] == 2


@pytest.mark.parametrize("seed", range(40))
def test_a_typo_is_one_edit_of_a_letter(seed: int) -> None:
    typed = mistype("Karlo Vantroyen", random.Random(seed))  # noqa: S311 (a repeatable edit)
    assert abs(len(typed) - len("Karlo Vantroyen")) <= 1
    assert len(typed.split()) == 2
    same = sum(one == other for one, other in zip(typed.split(), ["Karlo", "Vantroyen"], strict=True))
    assert same in (1, 2)  # transposing two equal letters changes nothing


def test_a_typo_is_the_same_each_time() -> None:
    subject = parse_subject({"names": ["Karlo Vantroyen"], "dob": ["1968"], "nationality": ["BE"]})
    assert queries(subject, "p1/0") == queries(subject, "p1/0")


def test_features_are_equal_for_the_benchmark_exactly_when_their_tokens_are_equal() -> None:
    key = generate_key()
    subjects = [
        parse_subject({"names": [name], "dob": ["1968-06-13"], "nationality": ["BE", "RU"]})
        for name in ("Karlo Vantroyen", "Carlo van Troyen", "VANTROYEN Timo", "Ivan Karlo Nemoryan")
    ]
    features = [feature for subject in subjects for feature in (*record_features(subject), *query_features(subject))]
    batch = blind([token_input("epoch-1", feature.canonical()) for feature in features])
    tokens = finalize_unproved(batch, evaluate(key, batch.elements))
    pairs = list(combinations(zip(features, tokens, strict=True), 2))
    equal = [one_token == other_token for (_, one_token), (_, other_token) in pairs]
    assert equal == [feature_key(one) == feature_key(other) for (one, _), (other, _) in pairs]
    assert {True, False} == set(equal)


def test_json_has_the_published_keys(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    main(["--pairs", str(files[0]), "--records", str(files[1]), "--budget", "24", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert set(printed["recall"]) == set(FORMS)
    assert set(printed["tokens_per_query"]) == set(printed["tokens_per_record"]) == {"median", "p99"}
    assert printed["budget"] == 24
    assert isinstance(printed["foreign_open_rate"], float)


def test_the_table_shows_the_curve(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    main(["--pairs", str(files[0]), "--records", str(files[1])])
    rows = [line.split("│")[1].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert [row for row in rows if row.isdigit()] == [str(budget) for budget in range(18, 31)]


@pytest.mark.shared
def test_the_blind_stage_reaches_its_aim_on_every_tenth_real_pair(shared: Path) -> None:
    data = shared / "data"
    material = read_material(data / "dev" / "cross_list.tsv.gz", data / "federation", None)
    counted, found = dict.fromkeys(FORMS, 0), dict.fromkeys(FORMS, 0)
    for pair in material.pairs[::10]:
        held = {feature.canonical() for feature in record_features(pair.sides[1])}
        for form, query in queries(pair.sides[0], f"{pair.pair_id}/0").items():
            counted[form] += 1
            found[form] += any(feature.canonical() in held for feature in query_features(query))
    share = {form: found[form] / counted[form] for form in FORMS}
    assert share["name_dob_nationality"] >= 0.98
    assert share["typo"] >= 0.92
    assert share["all_names"] >= 0.99
