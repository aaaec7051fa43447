"""The quality benchmarks count what they say they count, on invented names; the page says what was counted."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import names, pairs, quality
from benchmarks.clear_to_blind import clear_to_blind
from benchmarks.measures import average_precision
from benchmarks.peers.environment import PEERS_PYTHON, PeerMissingError, ask_peer
from benchmarks.peers.strings import score_anyascii, score_jellyfish
from benchmarks.quality_without import ResourceError, emptied_copy, empty_constant
from benchmarks.scoreboard import Case, Scored, report, score_all, time_caches_cleared
from benchmarks.tables import parse_condition, read_table
from matching.scoring import CUTOFFS, compare
from matching.subject import Name, Subject
from tests.conftest import REPOSITORY

Y, N = True, False


# --- scoreboard -------------------------------------------------------------------------------------------------------


def case(one: str, other: str, same: bool, *groups: str) -> Case:
    """Give a pair of persons with one name each."""
    return Case(Subject(names=(Name(one),)), Subject(names=(Name(other),)), same, (groups,))


def test_a_pair_is_timed_once() -> None:
    cases = [case("A", "B", Y), case("B", "A", Y), case("A", "B", N), case("A", "C", N)]
    timed = score_all(cases, lambda one, other: 1.0, "ours", 0.5).microseconds
    assert [taken is None for taken in timed] == [False, True, True, False]


def test_a_group_of_positives_borrows_the_negatives_of_its_wider_group() -> None:
    cases = [
        case("A", "B", Y, "one", "strong"), case("A", "C", N, "one", ""), case("A", "D", Y, "two", "strong"),
        case("A", "E", N, "three", "x"), case("A", "F", Y, "three", "x"),
    ]  # fmt: skip
    ours = Scored("ours", 0.5, [0.9, 0.6, 0.9, 0.1, 0.1], [1.0, 99.0, 1.0, 1.0, 1.0])
    told = report(cases, ours, [], ["list,strength"])["by"]
    assert told["one/strong"] | {"negatives_of": "one", "pairs": 2, "precision": 0.5} == told["one/strong"]
    assert told["one/strong"]["microseconds_per_pair"] == 1
    assert (told["two/strong"]["negatives_of"], told["two/strong"]["pairs"]) == ("all", 3)
    assert "negatives_of" not in told["three/x"]
    assert told["one/"]["average_precision"] is None
    assert told["one/"]["false_positive_rate"] == 1


def test_emptying_the_caches_changes_no_score_and_leaves_the_tables() -> None:
    cases = [case("Karlo Vantroyen", "Carlo Vantroyen", Y)]

    def score(one: Subject, other: Subject) -> float:
        return compare(one, other).score

    before = score(cases[0].one, cases[0].other)
    assert time_caches_cleared(cases, score)
    assert score(cases[0].one, cases[0].other) == before


def test_string_peers_take_the_best_pair_of_names_in_any_order() -> None:
    one = Subject(names=(Name("Abu Nemor"), Name("VANTROYEN, Karlo")))
    assert score_anyascii(one, Subject(names=(Name("Кarlo Vantroyen"),))) == 1  # the first letter is Cyrillic
    assert score_jellyfish(one, Subject(names=(Name("Kárlo Vantroyen"),))) == 1
    assert score_jellyfish(one, Subject(names=(Name("..."),))) == 0


def test_a_peer_that_is_not_installed_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PeerMissingError, match="make peers"):
        next(ask_peer(tmp_path / "peer.py", [], tmp_path / "no-python"))


def test_a_peer_that_breaks_off_is_left_out_with_its_code(tmp_path: Path) -> None:
    script = tmp_path / "peer.py"
    script.write_text("print('\"peer 1\"'); input(); print('[0.5, 1.0]'); raise SystemExit(3)")
    answers = ask_peer(script, ["a", "b"], Path(sys.executable))
    assert next(answers) == "peer 1"
    with pytest.raises(PeerMissingError, match="code 3"):
        list(answers)


@pytest.mark.skipif(not PEERS_PYTHON.is_file(), reason="no environment for the peers: make peers")
def test_logic_v2_scores_every_pair_by_itself() -> None:
    cases = [case("Karlo Vantroyen", "Karlo Vantroyen", Y), case("Timo Nemor", "Karlo Vantroyen", N)]
    told = names.measure(cases)
    (peer,) = (peer for name, peer in told["peers"].items() if "logic-v2" in name)
    assert (peer["precision"], peer["recall"]) == (1, 1)
    assert told["peers_left_out"] == {}


# --- commands ---------------------------------------------------------------------------------------------------------

_FOUND = {"precision": 0.95, "recall": 0.95, "f1": 0.95}
_JUDGED = {"found": 0.95, "pairs": _FOUND | {"best_f1": 0.97}, "groups": _FOUND | {"f1": 0.96}, "seconds": 3.0}
DUPLICATES = {"sets": {"one": {"records": 9, "pairs": 4, "ours": _JUDGED, "peers": {"splink 0": _JUDGED}}}}
COLUMN_OPTIONS = {"--a", "--b", "--label", "--group"}
PUBLISHED = {
    "precision", "recall", "f1", "best_f1", "average_precision", "false_positive_rate", "recall_at_1pct_fpr",
    "microseconds_per_pair",
}  # fmt: skip


@pytest.fixture
def name_file(tmp_path: Path) -> Path:
    """Write invented pairs of names."""
    file = tmp_path / "names.csv"
    file.write_text(
        "one,other,same,list,strength,schema\n"
        "Karlo Vantroyen,Carlo Vantroyen,true,x,strong,Person\n"
        "Karlo Vantroyen,Timo Nemoryan,false,x,,Person\n"
        "Карло Вантройен,Karlo Vantroyen,true,y,strong,Person\n"
        "Nemoryan Shipping Ltd,Nemoryan Shipping Limited,true,y,weak,Company\n"
        "Nemoryan Shipping Ltd,Vantroyen Bakery,false,y,,Company\n"
    )
    return file


@pytest.fixture
def record_file(tmp_path: Path) -> Path:
    """Write invented pairs of records."""
    columns = [f"{field}_{side}" for side in "ab" for field in ("name", "dob", "nationality", "documents")]
    rows = [
        ["1", "Karlo Vantroyen", "1968-06-13", "BE", "", "VANTROYEN, Carlo", "1968-06-13", "BE", ""],
        ["1", "Karlo Vantroyen", "1968-06-13", "BE", "", "Abu Nemor", "1975", "", ""],
        ["0", "Karlo Vantroyen", "1968-06-13", "BE", "", "Timo Nemoryan", "1980", "FR", ""],
    ]
    file = tmp_path / "pairs.tsv.gz"
    file.write_bytes(gzip.compress("\n".join("\t".join(row) for row in [["label", *columns], *rows]).encode()))
    return file


def run(module: Any, capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Run a benchmark and give what it prints."""
    module.main([*map(str, arguments), "--no-peers", "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def of_names(file: Path) -> list[object]:
    """Give the arguments for the invented names."""
    return ["--pairs", file, "--a", "one", "--b", "other", "--label", "same"]


def test_names_print_the_published_keys(name_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(names, capsys, *of_names(name_file), "--group", "list,strength")
    assert told["cutoff"] == dict(CUTOFFS)["probable"]
    assert told["pairs"] == 5
    assert set(told["ours"]) >= PUBLISHED
    assert set(told["by"]) == {"x/strong", "x/", "y/strong", "y/weak", "y/"}
    assert all(set(one) >= PUBLISHED for one in told["by"].values())
    assert set(told["by_script"]) == {"Latin/Latin", "Cyrillic/Latin"}
    assert told["peers"] == {}


def test_names_are_scored_beside_the_peers_that_are_there(name_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names.main([*map(str, of_names(name_file)), "--peers-python", "/nowhere/python", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert len(told["peers"]) == 2
    assert all(set(peer) >= PUBLISHED | {"cutoff", "by", "by_script", "by_kind"} for peer in told["peers"].values())
    assert "make peers" in told["peers_left_out"]["nomenklatura logic-v2"]


def test_names_print_tables_without_a_name(name_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names.main([*map(str, of_names(name_file)), "--group", "list,strength", "--peers-python", "/nowhere/python"])
    printed = capsys.readouterr().out
    assert "make peers" in printed
    assert "x/strong (negatives of x)" in printed
    assert not any(part in printed for part in ("Karlo", "Nemoryan", "Вантройен"))


def test_a_condition_that_cannot_be_read_ends_the_command(name_file: Path) -> None:
    for where in ("list", "nowhere=1"):
        with pytest.raises(SystemExit):
            names.main([*map(str, of_names(name_file)), "--where", where, "--no-peers"])


def test_pairs_print_the_published_keys(record_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(pairs, capsys, "--pairs", record_file)
    assert set(told["ours"]) >= PUBLISHED
    loss = told["clear_to_blind"]
    assert set(loss) >= {"clear_recall", "blind_recall", "blind_and_clear_recall", "loss_points"}
    assert (loss["queries"], loss["clear_recall"]) == (4, 0.5)
    assert loss["name_dob_nationality"]["queries"] == 3  # one side has no nationality


def test_names_alone_say_less_than_records(record_file: Path) -> None:
    (alone, *_), (full, *_) = (pairs.read_cases(record_file, names_only=only) for only in (True, False))
    assert alone.one == Subject(names=full.one.names)
    assert full.one.births


def test_what_is_flagged_and_does_not_open_is_lost() -> None:
    same = Subject(names=(Name("Karlo Vantroyen"),))
    cases = [Case(same, same, Y), Case(same, Subject(names=(Name("Timo Nemoryan"),)), Y), Case(same, same, N)]
    told = clear_to_blind(cases, lambda one, other: 1.0, 0.5)
    opening = told["blind_recall"]
    assert (told["queries"], told["clear_recall"]) == (4, 1)
    assert opening in (0, 0.5)  # two rare names may or may not carry the bits of the budget
    assert told["loss_points"] == 100 * (1 - opening)


def test_the_page_is_written_of_figures_and_shows_the_commands(
    name_file: Path, record_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = {
        quality.SETS[0].title: run(names, capsys, *of_names(name_file), "--group", "list,strength"),
        quality.SETS[-1].title: run(pairs, capsys, "--pairs", record_file),
    }
    less = {title: result["ours"] | {"average_precision": 0.5} for title, result in results.items()}
    kept, page = tmp_path / "figures.json", tmp_path / "page.md"
    made = {"sets": results, "duplicates": DUPLICATES, "without": {"matching.scripts:_TABLE": less}}
    kept.write_text(json.dumps(made))
    quality.main(["--from", str(kept), "--output", str(page)])
    text = page.read_text(encoding="utf-8")
    assert "python -m benchmarks.names --pairs ../shared/data/peers/name_bench_cases.csv" in text
    assert "From clear to blind" in text
    assert not any(part in text for part in ("Karlo", "Nemoryan", "Вантройен"))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 20
    assert "|  | splink 0 | .9500 | .9500 | .9500 | .9500 | .9700 | .9600 | 3.0 |" in rows
    assert any(row.startswith("| `matching.scripts:_TABLE` | +50.00 |") for row in rows)


def test_a_table_is_emptied_before_anything_is_derived_from_it() -> None:
    source = 'A: dict[str, int] = {\n    "x": 1,\n}\nB = frozenset(A) | {"y"}\n'
    for name, left in (("A", (0, 1)), ("B", (1, 0))):
        told: dict[str, Any] = {}
        exec(empty_constant(source, name), told)  # noqa: S102 (our own two lines)
        assert (len(told["A"]), len(told["B"])) == left


@pytest.mark.parametrize("resource", ["matching.scripts", "benchmarks.blind:FORMS", "matching.subject:_NO_SUCH"])
def test_a_resource_that_is_not_there_is_refused(resource: str, tmp_path: Path) -> None:
    with pytest.raises(ResourceError):
        emptied_copy(REPOSITORY, resource, tmp_path)


def test_a_benchmark_runs_in_a_copy_with_a_resource_emptied(name_file: Path, tmp_path: Path) -> None:
    emptied_copy(REPOSITORY, "matching.normalise:TITLES", tmp_path)
    command = ["benchmarks.names", *map(str, of_names(name_file))]
    assert quality.run(command, ["--no-peers"], tmp_path)["pairs"] == 5


@pytest.mark.parametrize("one", quality.SETS, ids=lambda one: one.title)
def test_every_set_is_measured_by_a_command_that_is_understood(one: quality.LabelledSet) -> None:
    module, *arguments = one.command("/nowhere")
    with pytest.raises(SystemExit):  # understood, and the file is not there
        {"names": names, "pairs": pairs}[module.removeprefix("benchmarks.")].main([*arguments, "--no-peers"])


@pytest.mark.shared
@pytest.mark.parametrize("one", quality.SETS, ids=lambda one: one.title)
def test_every_set_is_there_and_has_its_columns(one: quality.LabelledSet, shared: Path) -> None:
    told = list(zip(one.arguments, one.arguments[1:], strict=False))
    needed = [column for option, text in told if option in COLUMN_OPTIONS for column in text.split(",")]
    where = [parse_condition(text) for option, text in told if option == "--where"]
    assert next(read_table(shared / "data" / one.file, needed, where))


@pytest.mark.shared
def test_real_names_of_two_lists_are_told_apart_better_than_by_strings(shared: Path) -> None:
    cases = pairs.read_cases(shared / "data" / "dev" / "cross_list.tsv.gz", names_only=True)[::20]
    ours = score_all(cases, lambda one, other: compare(one, other).score, "ours", 0.5)
    strings = score_all(cases, score_anyascii, "strings", 0.9)
    same = [one.same for one in cases]
    assert average_precision(ours.scores, same) > max(0.98, average_precision(strings.scores, same))
