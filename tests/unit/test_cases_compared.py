"""Who was asked for beside what is known of the other side: as the holder told it, and field by field with content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matching.comparison.disclosure import features
from matching.comparison.name_reading import read_name
from matching.comparison.names import compare_names, most_trusted
from matching.comparison.side_by_side import PartBeside, parts_beside
from matching.subject import Name
from node.cases import asking
from node.cases.comparing import FieldCompared, compared
from node.cases.wire import case_shown
from tests.unit.two_desks import TEXT, TwoDesks, opened_desks

ASKED = {
    "category": "individual",
    "names": ["Giorgos Melanos"],
    "dob": ["1984-08-16"],
    "nationality": ["GR"],
    "documents": [{"type": "passport", "number": "AK1234576", "country": "GR"}],
}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    with opened_desks(tmp_path, TEXT) as made:
        yield made


def beside(desks: TwoDesks, content: dict[str, Any] | None, *reasons: str) -> dict[str, FieldCompared]:
    case = desks.case().model_copy(update={"subject": ASKED, "content": content, "reasons": reasons})
    return {one.field: one for one in compared(case)}


def parts(one: str, other: str) -> tuple[PartBeside, ...]:
    query, record = (most_trusted((read_name(Name(name)),)) for name in (one, other))
    pair = compare_names(query, record).trusted
    assert pair is not None
    return parts_beside(pair)


def test_before_content_a_field_says_what_the_holder_told_and_no_more(desks: TwoDesks) -> None:
    rows = beside(desks, None, "name: agrees", "family name: agrees in part", "birth date: differs", "of no kind")
    assert {field: row.verdict for field, row in rows.items()} == {
        "category": "not_compared",
        "names": "agrees_in_part",
        "dob": "differs",
        "nationality": "not_compared",
        "documents": "not_compared",
        "": "not_compared",
    }
    assert rows["names"].reasons == ("name: agrees", "family name: agrees in part")
    assert rows[""].reasons == ("of no kind",)
    assert not any(row.parts for row in rows.values())


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ("birth date: 1984-08-16, the same day (+12.0)", "agrees"),
        ("birth date: 1984-08-16 and 1984-08-18, one digit (+0.8)", "agrees_in_part"),
        ("birth date: 1984-08-16 against 1990-01-01 (−6.0)", "differs"),
        ("birth date: on one side only", "one_side_only"),
        ("birth date: gone mad", "not_compared"),
    ],
)
def test_a_told_sentence_gives_the_verdict_by_its_words_or_its_points(desks: TwoDesks, told: str, verdict: str) -> None:
    assert beside(desks, None, told)["dob"].verdict == verdict


def test_content_is_compared_as_matching_compares(desks: TwoDesks) -> None:
    content = {
        "category": "individual",
        "names": ["Georgios Melanos"],
        "dob": ["1990-01-03"],
        "nationality": ["GR"],
        "documents": [{"type": "passport", "number": "AK1234567", "country": "GR"}],
        "phones": ["+30 21 0000 0000"],
        "action": "arrest",
    }
    rows = beside(desks, content, "birth date: agrees")
    assert {field: row.verdict for field, row in rows.items()} == {
        "category": "agrees",
        "names": "agrees_in_part",
        "dob": "differs",
        "nationality": "agrees",
        "documents": "agrees_in_part",
        "phones": "one_side_only",
        "action": "not_compared",
    }
    assert [(part.one, part.other, part.outcome) for part in rows["names"].parts] == [
        ("giorgos", "georgios", "close"),
        ("melanos", "melanos", "agrees"),
    ]


@pytest.mark.parametrize("content", [{"dob": ["1984-08-16"]}, {"names": "no list"}, {"dob": ["no date"]}, {}])
def test_content_of_any_form_is_set_beside_and_fails_nothing(desks: TwoDesks, content: dict[str, Any]) -> None:
    rows = beside(desks, content)
    assert set(rows) >= set(ASKED)
    assert rows["names"].verdict in ("one_side_only", "not_compared")


def test_names_stand_beside_each_other_part_by_part_in_any_script() -> None:
    assert parts("محمد علي", "Ali Mohammed")[0].one.startswith("محمد")
    assert parts("محمد علي", "Ali Mohammed")[0].other == "mohammed"
    left = parts("Anna Maria Rossi", "Anna Rossi")
    assert PartBeside("name part", "maria", "", "missing") in left
    against = parts("Anna Rossi", "Anna Bianchi")
    assert PartBeside("name part", "rossi", "bianchi", "differs") in against
    assert [part.outcome for part in parts("Anna Rossi", "Bela Kovacs")] == ["differs", "differs"]


def test_every_feature_of_a_comparison_has_a_field_to_stand_at(desks: TwoDesks) -> None:
    for feature in features():
        assert "" not in beside(desks, None, f"{feature}: agrees"), feature


def test_what_is_over_compares_nobody(desks: TwoDesks) -> None:
    desks.ask(asking.reject, reason="another birth place")
    assert compared(desks.case()) == []


def test_the_handling_code_is_that_of_the_conditions_and_before_them_of_the_agreement(desks: TwoDesks) -> None:
    scene = desks.asker.desk.scene()
    assert case_shown(desks.case(), scene).handling_code == TEXT.handling.code
    desks.to_content()
    conditions = desks.case().conditions
    assert conditions is not None
    assert case_shown(desks.case(), scene).handling_code == conditions.code
    bare = desks.case().model_copy(update={"conditions": None, "offer": None, "agreement": "00" * 32})
    assert case_shown(bare, scene).handling_code == "H3"
