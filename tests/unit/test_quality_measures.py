"""The quality benchmarks' measures, kinds of difference and tables: computed by hand, and counted by brute force."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.differences import kind_of_difference, script_of, script_pair
from benchmarks.measures import average_precision, best_f1, figures, recall_at_false_positives
from benchmarks.tables import TableError, category_of, pair_side, parse_condition, read_label, read_table

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
