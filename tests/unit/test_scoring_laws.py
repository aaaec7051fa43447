"""The laws of the full comparison, as properties of any two subjects, and its figures on labelled pairs."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.dates import parse_date
from matching.scoring import CUTOFFS, compare
from matching.subject import Document, Name, NameKind, Subject, SubjectFormatError, parse_subject


def points(one: Subject, other: Subject) -> float:
    return compare(one, other).points


VOCABULARY = """ali mohammed hassan arvid arvyd testmann testman li lu wu abu omar bin ibn al abdul rahman
    abdurrahman o j 7 王小明 Тестманов محمد 김철수 de la cruz delacruz"""
WORDS = st.sampled_from(VOCABULARY.split())
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join) | st.text(min_size=1, max_size=30)
KINDS: st.SearchStrategy[NameKind] = st.sampled_from(["primary", "strong", "weak", "variation", "unknown", "original"])
NAMES = st.builds(Name, TEXTS, KINDS)
DATES = """1968-06-13 1968-06-05 1968-05-06 1969-06-13 1968-01-01 1968 1968~ 1968-06 1965/1970 1969 1991-02-27
    1850/2100"""
BIRTHS = st.sampled_from(DATES.split()).map(parse_date)
COUNTRIES = st.sampled_from(["AT", "DE", "SY", "AUT"])
DOCUMENTS = st.builds(
    Document,
    st.sampled_from(["passport", "national_id", "imo", "iban", "other"]),
    st.sampled_from(["U1234509", "U1234590", "1234509", "9074729", "17291716060", "17291716061", "K7710277"]),
    st.sampled_from(["", "AT", "TR"]),
)
PLACES = st.sampled_from(["Ebenfurth, Austria", "Ebenfurt", "Damascus", "Syria", "", "12"])
SUBJECTS = st.builds(
    Subject,
    names=st.lists(NAMES, min_size=1, max_size=4).map(tuple),
    births=st.lists(BIRTHS, max_size=2).map(tuple),
    nationalities=st.lists(COUNTRIES, max_size=2).map(tuple),
    gender=st.sampled_from(["", "M", "F", "X"]),
    documents=st.lists(DOCUMENTS, max_size=2).map(tuple),
    birth_places=st.lists(PLACES, max_size=2).map(tuple),
)
ATTRIBUTES = st.one_of(
    BIRTHS.map(lambda value: ("births", (value,))),
    COUNTRIES.map(lambda value: ("nationalities", (value,))),
    st.sampled_from(["M", "F"]).map(lambda value: ("gender", value)),
    DOCUMENTS.map(lambda value: ("documents", (value,))),
    PLACES.map(lambda value: ("birth_places", (value,))),
)
CONTRADICTIONS = st.sampled_from(
    [
        ("births", (parse_date("1968-06-13"),), (parse_date("1991-02-27"),)),
        ("births", (parse_date("1968"),), (parse_date("1970~"),)),
        ("nationalities", ("AT",), ("SY",)),
        ("gender", "M", "F"),
        ("documents", (Document("imo", "9074729"),), (Document("imo", "9123453"),)),
        ("birth_places", ("Ebenfurth",), ("Damascus",)),
    ]
)
SLACK = 1e-9


def _empty(value: object) -> Any:
    return "" if isinstance(value, str) else ()


@given(SUBJECTS, SUBJECTS)
def test_any_two_subjects_compare_and_the_order_of_asking_does_not_matter(one: Subject, other: Subject) -> None:
    compared, turned = compare(one, other), compare(other, one)
    assert 0.0 <= compared.score <= 1.0
    assert compared.score == pytest.approx(turned.score)
    for contribution in compared.contributions:
        assert contribution.explanation
        assert (contribution.outcome in ("missing", "differs")) == (contribution.points < 0)


@given(SUBJECTS, SUBJECTS, ATTRIBUTES)
def test_an_agreeing_attribute_never_lowers(one: Subject, other: Subject, attribute: tuple[str, Any]) -> None:
    field, value = attribute
    one, other = (replace(subject, **{field: _empty(value)}) for subject in (one, other))
    agreeing = points(replace(one, **{field: value}), replace(other, **{field: value}))
    assert agreeing >= points(one, other) - SLACK
    assert agreeing >= points(one, replace(other, **{field: value})) - SLACK


@given(SUBJECTS, SUBJECTS, CONTRADICTIONS)
def test_a_contradicting_attribute_never_raises(one: Subject, other: Subject, attribute: tuple[str, Any, Any]) -> None:
    field, ours, theirs = attribute
    one, other = (replace(subject, **{field: _empty(ours)}) for subject in (one, other))
    assert points(replace(one, **{field: ours}), replace(other, **{field: theirs})) <= points(one, other) + SLACK


@given(SUBJECTS, SUBJECTS, NAMES)
def test_a_shared_name_never_lowers(one: Subject, other: Subject, name: Name) -> None:
    shared = (replace(subject, names=(*subject.names, name)) for subject in (one, other))
    assert points(*shared) >= points(one, other) - SLACK


@given(SUBJECTS, SUBJECTS, st.randoms(use_true_random=False))
def test_the_order_of_names_does_not_matter(one: Subject, other: Subject, chance: Any) -> None:
    names = list(one.names)
    chance.shuffle(names)
    assert points(replace(one, names=tuple(names)), other) == pytest.approx(points(one, other))


def test_the_order_of_names_does_not_matter_where_none_sounds_like_another() -> None:
    other = Subject(names=(Name("OÞ"),))
    told = [points(Subject(names=names), other) for names in permutations(map(Name, (":", "0", "O")))]
    assert len(set(told)) == 1


@given(st.builds(Subject, names=st.lists(st.builds(Name, st.text(max_size=60), KINDS), max_size=3).map(tuple)))
def test_no_text_as_a_name_breaks_the_comparison(subject: Subject) -> None:
    assert 0.0 <= compare(subject, subject).score <= 1.0


# --- real lists -------------------------------------------------------------------------------------------------------

SAMPLED_EVERY = 4


def _side(row: dict[str, str], side: str) -> dict[str, Any]:
    def cell(field: str) -> list[str]:
        return [value for value in row[f"{field}_{side}"].split("|") if value.strip()]

    documents = [document.split(":", 2) for document in cell("documents")]
    qualities = cell("alias_quality")
    return {
        "names": cell("names") or [row[f"name_{side}"]],
        "aliases": cell("aliases"),
        "alias_quality": qualities if len(qualities) == len(cell("aliases")) else [],
        "names_original": cell("names_original"),
        "dob": cell("dob"),
        "pob": cell("pob"),
        "nationality": cell("nationality"),
        "gender": row[f"gender_{side}"],
        "documents": [
            {"type": kind, "country": country, "number": number}
            for kind, country, number in documents
            if number.strip()
        ],
        "addresses": cell("addresses"),
        "phones": cell("phones"),
    }


def _labelled_scores(pairs: Path) -> list[tuple[float, bool]]:
    csv.field_size_limit(1 << 24)
    scored = []
    with gzip.open(pairs, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows[::SAMPLED_EVERY]:
        try:
            one, other = parse_subject(_side(row, "a")), parse_subject(_side(row, "b"))
        except SubjectFormatError:
            continue
        scored.append((compare(one, other).score, row["label"] == "1"))
    return scored


@pytest.mark.shared
def test_labelled_pairs_of_real_lists_are_told_apart_at_the_declared_cutoff(shared: Path) -> None:
    scored = _labelled_scores(shared / "data" / "dev" / "cross_list.tsv.gz")
    assert len(scored) > 2000
    probable = dict(CUTOFFS)["probable"]
    found = sum(same for score, same in scored if score >= probable)
    wrong = sum(not same for score, same in scored if score >= probable)
    missed = sum(same for score, same in scored if score < probable)
    assert 2 * found / (2 * found + wrong + missed) >= 0.985
    assert found / (found + missed) >= 0.995
