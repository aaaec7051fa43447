"""A file that a benchmark cannot use ends it with one line, code 2, the file and line, and no value of anybody."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import blind, febrl, names, pairs, retrieve

NAMES = "one,other,same,list\nKarlo Vantroyen,Carlo Vantroyen,1,x\nKarlo Vantroyen,Timo Nemoryan,0,x\n"
PAIRS = "pair_id\tlabel\tname_a\tdob_a\tname_b\tdob_b\n"
PAIR = "p1\t1\tKarlo Vantroyen\t1968-06-13\tCarlo Vantroyen\tcirca 1968\n"
LISTED = [{"record_id": "L-1", "names": ["Karlo Vantroyen"]}, {"record_id": "L-2", "names": ["Odo Brenninkmar"]}]
SECRETS = ("Vantroyen", "Nemoryan", "Brenninkmar")


def refused(module: Any, capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a benchmark that must refuse, and give the line it says."""
    with pytest.raises(SystemExit) as ended:
        module.main([*map(str, arguments), "--json"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.count("\n") == 1
    assert not any(secret in told for secret in SECRETS)
    return told


def of_names(file: Path, *further: str) -> list[object]:
    """Give the arguments for a file of names."""
    return ["--pairs", file, "--a", "one", "--b", "other", "--label", "same", "--no-peers", *further]


def lines(*rows: dict[str, Any]) -> bytes:
    """Write rows as a list."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the place of a file to be written."""
    return tmp_path / "some.file"


BROKEN = gzip.compress((NAMES + NAMES.split("\n", 1)[1] * 200).encode(), mtime=0)[:-30]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (NAMES.encode("utf-16"), "some.file line 1: not UTF-8"),
        (NAMES.encode("utf-16-le"), "some.file line 1: not UTF-8"),
        (NAMES.replace("Timo", "Tïmo").encode("latin-1"), "not UTF-8"),
        (BROKEN, "gzip file breaks off"),
        (gzip.compress(NAMES.encode(), mtime=0)[:20], "gzip file breaks off"),
        (gzip.compress(NAMES.encode(), mtime=0)[:-4] + b"abcd", "gzip file breaks off or is broken"),
        (b"", "has no column"),
        (NAMES.splitlines()[0].encode(), "has no pair"),
        (NAMES.replace(",0,", ",perhaps,").encode(), "some.file line 3, column same: a label is 1 or 0"),
    ],
)
def test_a_file_of_names_that_cannot_be_read_is_refused(
    content: bytes, says: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    assert says in refused(names, capsys, *of_names(file))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        assert str(path) in refused(names, capsys, *of_names(path))


def test_conditions_that_keep_no_row_are_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(NAMES)
    assert "no pair that every --where keeps: list=y" in refused(names, capsys, *of_names(file, "--where", "list=y"))


def test_a_row_of_another_width_is_read_as_far_as_it_goes(file: Path) -> None:
    file.write_text(NAMES + "Karlo Vantroyen,Timo Nemoryan,0,x,further\n")
    assert len(names.read_cases(file, ("one", "other", "same"))) == 3


def test_pairs_need_a_pair_with_names(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PAIRS)
    assert "has no pair" in refused(pairs, capsys, "--pairs", file, "--no-peers")
    file.write_text(PAIRS + "p1\t1\t\t\tCarlo Vantroyen\t\n")
    assert "line 2, side a: names" in refused(pairs, capsys, "--pairs", file, "--no-peers")


def test_birth_dates_that_cannot_be_read_are_counted(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(PAIRS + PAIR + PAIR.replace("1968-06-13", "30 Feb 1968|1968").replace("circa 1968", "unknown"))
    pairs.main(["--pairs", str(file), "--no-peers", "--json"])
    assert "2 birth dates in 1 rows cannot be read" in capsys.readouterr().err
    file.write_text(PAIRS + PAIR)
    pairs.main(["--pairs", str(file), "--no-peers", "--json"])
    assert capsys.readouterr().err == ""


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    """Write queries that name their right records."""
    path = tmp_path / "queries.jsonl"
    rows: list[dict[str, Any]] = [{"names": ["Karlo Vantroyen"], "right": ["L-1", "X-1"]}]
    rows.append({"names": ["Timo Nemoryan"], "right": "X-2"})
    path.write_bytes(lines(*rows, {"names": ["Odo Brenninkmar"], "right": None}))
    return path


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no record"),
        (NAMES.encode(), "some.file line 1: not a JSON object; a list has one JSON object a line"),
        (lines(*LISTED) + b'{"record_id": "L-3", "names": [', "some.file line 3: not a JSON object"),
        (lines(*LISTED) + b"[1]\n", "some.file line 3: not a JSON object"),
        (b"[" * 100_000, "some.file line 1: not a JSON object"),
        (lines(*LISTED, LISTED[0]), "some.file line 3: its record_id stands in the list before"),
        (lines({"names": ["Karlo Vantroyen"]}), "some.file line 1: a record of a list needs a record_id"),
        (lines({"record_id": "L-1", "names": "Karlo Vantroyen"}), "some.file line 1: names"),
        (lines({"record_id": "L-1", "names": ["Karlo Vantroyen"], "dob": "1968"}), "some.file line 1: dob"),
        (lines({"record_id": "L-1", "names": ["Karlo Vantroyen"], "nationality": None}), "line 1: nationality"),
        (lines(*LISTED).decode().encode("utf-16"), "some.file line 1: not UTF-8"),
        (gzip.compress(lines(*LISTED), mtime=0)[:-20], "gzip file breaks off"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(
    content: bytes, says: str, file: Path, queries: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    assert says in refused(retrieve, capsys, "--queries", queries, "--list", file, "--strangers", "--no-peers")


def test_expected_records_that_are_not_listed_are_counted_and_told(
    file: Path, queries: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(lines(*LISTED))
    arguments = ["--queries", str(queries), "--list", str(file), "--expected", "right", "--no-peers", "--json"]
    retrieve.main(arguments)
    told = capsys.readouterr()
    assert "2 expected record ids of 2 queries are not in the list; 1 queries have no other" in told.err
    figures = json.loads(told.out)
    assert figures["expected_not_in_list"] == 2
    assert (figures["ours"]["positives"], figures["ours"]["negatives"]) == (1, 2)


def test_queries_of_whom_nobody_said_whether_they_are_listed_are_refused(
    file: Path, queries: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(lines(*LISTED))
    for further in ([], ["--negatives", str(queries)]):
        with pytest.raises(SystemExit):
            retrieve.main(["--queries", str(queries), "--list", str(file), *further])
        assert "--strangers" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        retrieve.main(["--list", str(file)])
    assert "--queries is needed" in capsys.readouterr().err


def test_negatives_alone_are_all_who_is_asked_for(
    file: Path, queries: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(lines(*LISTED))
    retrieve.main(["--negatives", str(queries), "--list", str(file), "--no-peers", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["queries"], told["ours"]["negatives"], told["ours"]["false_positives"]) == (3, 3, 2)
    queries.write_text("")
    assert "has no person" in refused(retrieve, capsys, "--negatives", queries, "--list", file)


# --- folders ----------------------------------------------------------------------------------------------------------


def test_blind_needs_its_folder_its_lists_and_its_persons(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(PAIRS + PAIR)
    lists = tmp_path / "lists"
    assert "no folder with agency_" in refused(blind, capsys, "--pairs", file, "--records", lists)
    lists.mkdir()
    (lists / "agency_one.jsonl").write_bytes(lines_of := lines(*LISTED))
    assert "--foreign" in refused(blind, capsys, "--pairs", file, "--records", lists)
    (lists / "extra_interpol_red_notices.jsonl").write_bytes(lines_of + b"{")
    assert "red_notices.jsonl line 3" in refused(blind, capsys, "--pairs", file, "--records", lists)
    (lists / "extra_interpol_red_notices.jsonl").write_bytes(lines_of)
    file.write_text(PAIRS)
    assert "no pair labelled 1" in refused(blind, capsys, "--pairs", file, "--records", lists)


def test_duplicates_need_the_columns_and_ids_of_their_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "febrl_dataset9.csv"
    header = (
        "rec_id,given_name,surname,street_number,address_1,address_2,suburb,postcode,state,date_of_birth,soc_sec_id"
    )
    for content, says in (
        ("rec_id,given_name\nrec-1-org,karlo\n", "has no column surname"),
        (f"{header}\nrec-1-org,karlo,,,,,,,,,\n", "no two records of one person"),
        (f"{header}\nanother,karlo,,,,,,,,,\n", "not a record id"),
        ("", "no two records of one person"),
    ):
        path.write_text(content)
        assert says in refused(febrl, capsys, "--data", tmp_path, "--no-peers")
