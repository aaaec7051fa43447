"""The quality benchmarks count what they say they count, on invented names and against a reference by brute force."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import names, pairs, quality
from benchmarks.clear_to_blind import clear_to_blind
from benchmarks.differences import kind_of_difference, script_of, script_pair
from benchmarks.measures import average_precision, best_f1, figures, recall_at_false_positives
from benchmarks.peers.environment import PEERS_PYTHON, PeerMissingError, ask_peer
from benchmarks.peers.strings import score_anyascii, score_jellyfish
from benchmarks.quality_page import write_page
from benchmarks.scoreboard import Case, Scored, report, score_all, time_caches_cleared
from benchmarks.tables import TableError, category_of, pair_side, parse_condition, read_label, read_table
from matching.scoring import CUTOFFS, compare
from matching.subject import Name, Subject

Y, N = True, False


# --- measures ---------------------------------------------------------------------------------------------------------


def test_average_precision_is_the_textbooks() -> None:
    # Found at rank 1 (precision 1) and at rank 3 (precision 2/3), each for half of the recall.
    assert average_precision([0.9, 0.8, 0.7, 0.1], [Y, N, Y, N]) == pytest.approx((1 + 2 / 3) / 2, abs=1e-5)


def test_pairs_of_equal_score_are_taken_together() -> None:
    assert average_precision([0.5, 0.5, 0.5, 0.5], [Y, N, Y, N]) == 0.5
    assert best_f1([0.5, 0.5], [Y, N]) == pytest.approx(2 / 3, abs=1e-5)
    assert recall_at_false_positives([0.5, 0.5], [Y, N]) == 0


def test_best_f1_is_of_a_threshold_between_scores() -> None:
    # At 0.9: P 1, R 1/2; at 0.6: P 2/3, R 1.
    assert best_f1([0.9, 0.7, 0.6, 0.2], [Y, N, Y, N]) == 0.8


def test_recall_at_one_per_cent_lets_one_of_a_hundred_through_and_not_two() -> None:
    scores = [0.9, 0.8, 0.7, 0.6, 0.5] + [0.1] * 98
    same = [Y, N, Y, N, Y] + [N] * 98
    assert recall_at_false_positives(scores, same) == pytest.approx(2 / 3, abs=1e-5)


def test_with_fewer_than_a_hundred_negatives_none_passes() -> None:
    assert recall_at_false_positives([0.9, 0.8, 0.7] + [0.1] * 98, [Y, N, Y] + [N] * 98) == 0.5


def test_figures_at_the_cutoff_are_counts() -> None:
    told = figures([0.9, 0.5, 0.5, 0.4, 0.1], [Y, Y, N, Y, N], 0.5)
    assert told["precision"] == told["recall"] == told["f1"] == pytest.approx(2 / 3, abs=1e-5)
    assert (told["pairs"], told["positives"], told["false_positive_rate"], told["right"]) == (5, 3, 0.5, 0.6)


@pytest.mark.parametrize("same", [[Y, Y], [N, N], []])
def test_where_a_class_is_missing_no_figure_flatters(same: list[bool]) -> None:
    told = figures([0.9, 0.1][: len(same)], same, 0.5)
    both = ("precision", "f1", "best_f1", "average_precision", "recall_at_1pct_fpr")
    assert [told[key] for key in both] == [None] * 5
    assert (told["recall"] is None) == (not any(same))
    assert (told["false_positive_rate"] is None) == (N not in same)


def test_nothing_flagged_has_no_precision_and_no_f1() -> None:
    told = figures([0.1, 0.1], [Y, N], 0.5)
    assert (told["precision"], told["recall"], told["f1"]) == (None, 0, 0)


@st.composite
def scored_pairs(draw: st.DrawFn) -> tuple[list[float], list[bool]]:
    """Draw scores with many ties, and labels of both kinds."""
    drawn = draw(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.7, 1.0]), st.booleans()), max_size=150))
    drawn += [(draw(st.sampled_from([0.25, 0.5])), label) for label in (Y, N)]
    drawn = draw(st.permutations(drawn))
    return [score for score, _ in drawn], [label for _, label in drawn]


def by_brute_force(scores: Sequence[float], same: Sequence[bool]) -> tuple[float, float, float]:
    """Give average precision, best F1 and recall at one per cent by counting anew at every threshold."""
    area = best = before = at_one = 0.0
    for threshold in sorted(set(scores), reverse=True):
        flagged = [label for score, label in zip(scores, same, strict=True) if score >= threshold]
        precision, recall = sum(flagged) / len(flagged), sum(flagged) / sum(same)
        area += (recall - before) * precision
        before = recall
        best = max(best, 2 * precision * recall / (precision + recall)) if precision else best
        false = (len(flagged) - sum(flagged)) / (len(same) - sum(same))
        at_one = max(at_one, recall) if false <= 0.01 else at_one
    return area, best, at_one


@given(scored_pairs())
def test_measures_are_those_of_counting_anew_at_every_threshold(drawn: tuple[list[float], list[bool]]) -> None:
    measured = average_precision(*drawn), best_f1(*drawn), recall_at_false_positives(*drawn)
    assert measured == pytest.approx(by_brute_force(*drawn), abs=2e-5)


@given(scored_pairs())
def test_the_order_of_the_file_changes_no_figure(drawn: tuple[list[float], list[bool]]) -> None:
    scores, same = drawn
    assert figures(scores, same, 0.5) == figures(scores[::-1], same[::-1], 0.5)


# --- differences ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("Karlo Vantroyen", "VANTROYEN, Karlo", "order"),
        ("Karlo Vantroyen", "KÁRLO vantroyen", "same"),
        ("Karlo Vantroyen", "Карло Вантройен", "other script"),
        ("Hak Chol Nemor", "Hak-Cholnemor", "joined or split"),
        ("Karlo Van Troyen", "Vantroyen Karlo", "joined or split"),
        ("Karlo Timo Vantroyen", "Karlo Vantroyen", "extra part"),
        ("K. Vantroyen", "Karlo Vantroyen", "initials"),
        ("Karlo Vantroyen", "Carlo Vantroien", "spelling"),
        ("Karlo Timo Vantroyen", "Carlo Vantroyen", "spelling, extra part"),
        ("Karlo Vantroyen", "Timo Vantroyen", "another part"),
        ("Karlo Vantroyen", "Abu Nemor", "nothing shared"),
        ("", "Abu Nemor", "other script"),
    ],
)
def test_the_kind_of_a_difference_is_the_first_that_fits(one: str, other: str, kind: str) -> None:
    assert kind_of_difference(one, other) == kind_of_difference(other, one) == kind


def test_a_name_is_in_the_script_of_most_of_its_letters() -> None:
    assert script_of("Карло V.") == "Cyrillic"
    assert script_of("欧阳望舒") == "Han"
    assert script_of("ﻛﺮﻳﻢ") == "Arabic"  # presentation forms
    assert script_of("12 -") == "none"
    assert script_pair("Karlo", "Карло") == script_pair("Карло", "Karlo") == "Cyrillic/Latin"


# --- tables -----------------------------------------------------------------------------------------------------------

ROWS = '# a note\none,other,same,kind\n"Vantroyen, Karlo",Karlo Vantroyen,true,x/1\nA,B,false,\nC,D,0,y\n'


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_table_is_read_plain_or_gzipped_with_commas_or_tabs(tmp_path: Path, separator: str, zipped: bool) -> None:
    text = 'one\tother\n"Karlo\tVan\n' if separator == "\t" else 'one,other\n"""Karlo",Van\n'
    file = tmp_path / "table"
    file.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    assert list(read_table(file)) == [{"one": '"Karlo', "other": "Van"}]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [("kind=x*", 1), ("kind=x*,", 2), ("kind!=x*", 2), ("kind=", 1), ("kind!=", 2), ("one=A,C", 2), ("one=a", 0)],
)
def test_a_condition_keeps_rows(tmp_path: Path, condition: str, kept: int) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(ROWS)
    assert len(list(read_table(file, where=[parse_condition(condition)]))) == kept


def test_a_missing_column_is_named_and_no_value_is(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(ROWS)
    with pytest.raises(TableError, match="no column group") as raised:
        list(read_table(file, ["group"]))
    assert "Karlo" not in str(raised.value)


def test_a_label_is_yes_or_no_or_refused_without_its_text() -> None:
    assert [read_label({"same": text}, "same") for text in ("1", "TRUE", " 0", "false")] == [Y, Y, N, N]
    with pytest.raises(TableError) as raised:
        read_label({"same": "Karlo"}, "same")
    assert "Karlo" not in str(raised.value)


def test_a_schema_gives_the_category() -> None:
    schemas = ["Person", "Company", "Organization", "LegalEntity", "Vessel", "Airplane", "", "Whatever"]
    assert [category_of({"schema": schema}) for schema in schemas] == [
        "individual", "entity", "entity", "entity", "vessel", "aircraft", "individual", "individual"
    ]  # fmt: skip
    assert category_of({"schema": "", "category": "vessel"}) == "vessel"
    assert category_of({}) == "individual"


def test_a_side_is_read_with_what_the_row_has() -> None:
    row = {"name_a": "Karlo Vantroyen", "names_a": "Karlo Vantroyen|Karlo V.", "aliases_a": "Abu Nemor|Timo"}
    row |= {"alias_quality_a": "weak|strong", "dob_a": "1968-06-13|unknown", "documents_a": "passport:BE:U1:2|none"}
    subject = pair_side(row, "a")
    assert [(name.text, name.kind) for name in subject.names] == [
        ("Karlo Vantroyen", "primary"), ("Karlo V.", "primary"), ("Abu Nemor", "weak"), ("Timo", "strong")
    ]  # fmt: skip
    assert len(subject.births) == 1
    assert [document.number for document in subject.documents] == ["U1:2"]


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
    kept, page = tmp_path / "figures.json", tmp_path / "page.md"
    kept.write_text(json.dumps(results))
    quality.main(["--from", str(kept), "--output", str(page)])
    text = page.read_text(encoding="utf-8")
    assert "python -m benchmarks.names --pairs ../shared/data/peers/name_bench_cases.csv" in text
    assert "From clear to blind" in text
    assert not any(part in text for part in ("Karlo", "Nemoryan", "Вантройен"))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 20
    assert write_page([(one, results[one.title]) for one in quality.SETS if one.title in results]) == text


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
