"""The retrieval and duplicate benchmarks count what they say they count, on invented lists."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import febrl, retrieve
from benchmarks.febrl_records import person_of, read_data_set
from benchmarks.retrieve_figures import Answered, Found, figures
from benchmarks.retrieve_questions import BIRTH, NAME, Answers, Question, cut, read_questions, read_records, sample
from benchmarks.tables import TableError
from matching.subject import Name, Subject

LISTED = [
    {"record_id": "L-1", "names": ["Karlo Vantroyen"], "dob": ["1968-06-13"], "nationality": ["BE"]},
    {"record_id": "L-2", "names": ["Arvid Testmanov"], "dob": ["1971-02-03"], "nationality": ["SE"]},
    {"record_id": "L-3", "category": "entity", "names": ["Nemoryan Shipping Co. Ltd"]},
    {"record_id": "L-4", "names": ["Odo Brenninkmar"]},
]
ASKED = [
    {"record_id": "Q-1", "names": ["VANTROYEN, Carlo"], "aliases": ["Grunbold"], "dob": ["1968-06-13"]},
    {"record_id": "Q-2", "names": ["Quilliam Feduxo"], "dob": ["1950-05-05"], "nationality": ["not a country"]},
    {"record_id": "Q-3", "names": ["Testmanov Arvid"], "dob": ["1971-02-03"], "nationality": ["SE"]},
]
TRUTH = "record_a\trecord_b\nL-1\tQ-1\nQ-3\tL-2\nQ-2\tX-9\n"
NOBODY = (
    "full_name,first_name,last_name,gender,date_of_birth,nationality\n"
    "Quilliam Feduxo,Quilliam,Feduxo,male,1950-05-05,Iraq\n"
    "Arvid Testmanov,Arvid,Testmanov,male,1971-02-03,Sweden\n"
)
FEBRL = (
    "rec_id, given_name, surname, street_number, address_1, address_2, suburb, postcode, state, date_of_birth,"
    " soc_sec_id\n"
    "rec-1-org, arvid, testmanov, 6, tarrow street, willow, saint nemo, 4011, wa, 19080209, 6988048\n"
    "rec-1-dup-0, arvid, testmanof, 6, tarrow street, willow, saint nemo, 4011, wa, 19080209, 6988048\n"
    "rec-1-dup-1, avrid, testmanov, 6, tarow street, , saint nemo, 4011, wa, 19081309, 6988084\n"
    "rec-2-org, , brenninkmar, 69, gibbon street, killbrook, bitterling, 4814, qld, 19990219, 7364009\n"
    "rec-3-org, , , 2, harbour road, , bitterling, 4814, qld, , \n"
)


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    """Write a list."""
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Write the list, the queries, the truth, and persons of no list."""
    (tmp_path / "truth.tsv").write_text(TRUTH, encoding="utf-8")
    (tmp_path / "nobody.csv").write_text(NOBODY, encoding="utf-8")
    return {
        "list": write(tmp_path, "list.jsonl", LISTED),
        "queries": write(tmp_path, "queries.jsonl", ASKED),
        "truth": tmp_path / "truth.tsv",
        "nobody": tmp_path / "nobody.csv",
    }


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    """Run the retrieval benchmark and give what it printed."""
    retrieve.main([*map(str, arguments), "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_figures_are_told_by_the_names_that_others_read(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(
        capsys,
        "--queries",
        files["queries"],
        "--list",
        files["list"],
        "--truth",
        files["truth"],
        "--peers-python",
        "no",
    )
    assert (told["cutoff"], told["queries"], told["list"]) == (0.5, 2, 4)
    assert {
        "recall_at_1", "recall_at_5", "flagged", "false_positives", "queries_per_second", "p50_milliseconds",
        "p95_milliseconds", "peak_mib",
    } <= set(told["ours"])  # fmt: skip
    assert (told["ours"]["recall_at_1"], told["ours"]["flagged"]) == (1.0, 1.0)
    assert told["ours"]["false_positives"] is None
    assert told["ours"]["peak_mib"] > 1
    assert set(told["by"]) == {NAME, BIRTH}
    assert [one["records"] for one in told["growth"]["sizes"]] == [1, 2, 4]
    (brute_force,) = told["peers"].values()
    assert brute_force["recall_at_5"] == 1.0
    assert "make peers" in told["peers_left_out"]["nomenklatura logic-v2"]


def test_of_strangers_everything_flagged_is_false(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "--queries", files["nobody"], "--list", files["list"], "--strangers", "--no-peers")
    assert told["ours"]["recall_at_1"] is None
    assert (told["ours"]["negatives"], told["ours"]["false_positives"]) == (2, 1)
    assert told["ours"]["false_positives_per_1000"] == 500.0


def test_negatives_are_asked_beside_the_queries(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    told = run(
        capsys, "--queries", files["queries"], "--list", files["list"], "--truth", files["truth"],
        "--negatives", files["nobody"], "--no-peers",
    )  # fmt: skip
    assert told["by"]["negatives"]["false_positives"] == 1
    assert told["peers"] == {}


def test_the_table_for_people_says_the_same(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    retrieve.main(["--queries", str(files["nobody"]), "--list", str(files["list"]), "--strangers", "--no-peers"])
    printed = capsys.readouterr().out
    assert "symbolon, as asked" in printed
    assert "Growth with the list" in printed


def test_who_is_not_in_the_truth_is_left_out(files: dict[str, Path]) -> None:
    questions = read_questions(files["queries"], frozenset({"L-1", "L-2"}), Answers(files["truth"]))
    assert [set(question.expected) for question in questions] == [{"L-1"}, {"L-2"}]


def test_a_column_tells_the_right_records_and_an_empty_cell_that_there_is_none(tmp_path: Path) -> None:
    table = tmp_path / "queries.tsv.gz"
    lines = ["name\tdob\tnationality\tright", "Karlo Vantroyen\t1968-06-13\tBelgium\tL-1|X-2", "Odo Brenn\t\t\t"]
    table.write_bytes(gzip.compress("\n".join(lines).encode()))
    first, second = read_questions(table, frozenset({"L-1"}), Answers(column="right"))
    assert (first.expected, second.expected) == (frozenset({"L-1"}), frozenset())
    assert first.subject.nationalities == ("BE",)
    assert [birth.written() for birth in first.subject.births] == ["1968-06-13"]
    with pytest.raises(TableError, match="no column wrong"):
        read_questions(table, frozenset(), Answers(column="wrong"))


def test_a_table_without_names_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "queries.csv"
    table.write_text("person,dob\nKarlo Vantroyen,1968\n", encoding="utf-8")
    with pytest.raises(TableError, match="needs a name"):
        read_questions(table, frozenset())


def test_no_question_left_is_an_error(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    files["truth"].write_text("record_a\trecord_b\nA\tB\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        run(capsys, "--queries", files["queries"], "--list", files["list"], "--truth", files["truth"])
    assert "no question is left" in capsys.readouterr().err


def test_cut_questions_keep_their_answers(files: dict[str, Path]) -> None:
    (question, *_) = read_questions(files["queries"], frozenset({"L-1"}), Answers(files["truth"]))
    assert cut(question, NAME) == Question(Subject(names=(Name("VANTROYEN, Carlo"),)), frozenset({"L-1"}))
    assert cut(question, BIRTH).subject.births == question.subject.births


def test_a_sample_is_the_same_in_every_run(files: dict[str, Path]) -> None:
    questions = [Question(subject, frozenset()) for _, subject in read_records(files["list"])]
    assert sample(questions, 2) == sample(questions, 2)
    assert len(sample(questions, 2)) == 2
    assert sample(questions, 9) == questions


def test_figures_of_known_answers_are_those_counted_by_hand() -> None:
    nobody = Subject(names=(Name("Karlo Vantroyen"),))
    questions = [Question(nobody, frozenset({"right"}))] * 3 + [Question(nobody, frozenset())] * 2
    found = [
        (Found("right", 0.9), Found("wrong", 0.2)),
        (Found("wrong", 0.9), Found("right", 0.4)),
        (),
        (Found("wrong", 0.5),),
        (Found("wrong", 0.49),),
    ]
    told = figures(questions, [Answered(one, 2.0) for one in found], 0.5)
    assert (told["recall_at_1"], told["recall_at_5"], told["flagged"]) == (0.3333, 0.6667, 0.3333)
    assert (told["false_positives"], told["false_positives_per_1000"]) == (1, 500.0)
    assert (told["queries_per_second"], told["p50_milliseconds"], told["p95_milliseconds"]) == (500.0, 2.0, 2.0)


@pytest.fixture
def febrl_folder(tmp_path: Path) -> Path:
    """Write an invented set in the form of FEBRL."""
    (tmp_path / "febrl_dataset9.csv.gz").write_bytes(gzip.compress(FEBRL.encode()))
    return tmp_path


def test_duplicates_are_found_and_counted(febrl_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    febrl.main(["--data", str(febrl_folder), "--peers-python", "no", "--json"])
    told = json.loads(capsys.readouterr().out)
    one = told["sets"]["febrl_dataset9"]
    assert (one["records"], one["pairs"]) == (5, 3)
    assert one["ours"]["found"] == 1.0
    assert one["ours"]["groups"]["f1"] == 1.0
    assert "make peers" in told["peers_left_out"]["splink"]


def test_the_table_of_duplicates_names_the_set(febrl_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    febrl.main(["--data", str(febrl_folder), "--no-peers"])
    assert "febrl_dataset9: 5 records, 3 true pairs" in capsys.readouterr().out


def test_invalid_dates_and_empty_cells_are_left_out(febrl_folder: Path) -> None:
    data = read_data_set(febrl_folder / "febrl_dataset9.csv.gz")
    subjects = dict(data.records)
    assert subjects["rec-1-dup-1"].births == ()
    assert subjects["rec-3-org"].names == ()
    assert subjects["rec-3-org"].documents == ()
    assert subjects["rec-2-org"].documents[0].country == "AU"


def test_true_pairs_that_were_not_proposed_count_as_missed(febrl_folder: Path) -> None:
    data = read_data_set(febrl_folder / "febrl_dataset9.csv.gz")
    told = febrl.judge(data, {("rec-1-dup-0", "rec-1-org"): 20.0, ("rec-1-org", "rec-2-org"): 14.0}, 0.5)
    assert (told["pairs"]["false"], told["pairs"]["missed"]) == (1, 2)
    assert told["pairs"]["best_f1"] == 0.5  # one of three found and none false, which no lower threshold betters
    assert told["groups"]["false"] == 2


def test_groups_are_what_pairs_lead_to() -> None:
    groups = febrl.group_of([("a", "b"), ("c", "d"), ("b", "d"), ("e", "f")])
    assert sorted(map(sorted, groups)) == [["a", "b", "c", "d"], ["e", "f"]]


def test_an_id_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="not a record id"):
        person_of("rec-x")
