"""Two sides beside each other at the console: what is written otherwise is marked, whatever the verdict on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from console.comparing import PartRow, Row, Stretch, rows_of, stretches
from console.languages import languages
from console.wording.sentences import sentence
from node.cases.wire import case_shown
from tests.unit.two_desks import TEXT, TwoDesks, opened_desks


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    with opened_desks(tmp_path, TEXT) as made:
        yield made


def written(parts: Sequence[Stretch]) -> str:
    """Give a value with what is marked of it in brackets."""
    return "".join(f"[{one.text}]" if one.differs else one.text for one in parts)


def rows(desks: TwoDesks, asked: dict[str, object], told: dict[str, object]) -> dict[str, Row]:
    case = desks.case().model_copy(update={"subject": {"category": "individual", **asked}, "content": told})
    return {row.field: row for row in rows_of(case_shown(case, desks.asker.desk.scene()))}


def test_a_part_that_is_only_spelled_otherwise_is_marked_and_says_why_in_a_sentence(desks: TwoDesks) -> None:
    found = rows(desks, {"names": ["Muhammad Majid al-Qayrawani"]}, {"names": ["Mohamed Majid KAIROUANI"]})
    parts: dict[str, PartRow] = {written(one.told).translate({91: None, 93: None}): one for one in found["names"].parts}
    mohamed = parts["mohamed"]
    assert mohamed.verdict != "differs"
    assert "[" in written(mohamed.asked)
    assert "[" in written(mohamed.told)
    assert sentence(mohamed.why, languages()["en"]) == "muhammad is a spelling of mohamed"
    majid = parts["majid"]
    assert (written(majid.asked), written(majid.told), majid.why) == ("majid", "majid", "")


def test_signs_that_are_written_otherwise_are_marked_where_both_agree(desks: TwoDesks) -> None:
    documents = [{"type": "passport", "number": number} for number in ("AK 1234567", "AK1234567")]
    found = rows(
        desks,
        {"names": ["Giorgos Melanos"], "documents": documents[:1], "dob": ["1984-08-16"]},
        {"names": ["Giorgos Melanos"], "documents": documents[1:], "dob": ["1984-08-16"]},
    )
    assert found["documents"].verdict == "agrees"
    assert written(found["documents"].asked[0].stretches) == "AK[ ]1234567"
    assert written(found["dob"].asked[0].stretches) == "1984-08-16"


def test_capitals_are_no_difference_and_what_has_little_in_common_is_marked_whole() -> None:
    assert written(stretches("Melanos", ["MELANOS"])) == "Melanos"
    assert written(stretches("Rossi", ["Melanos"])) == "[Rossi]"
    assert written(stretches("x" * 101, ["y"])) == "x" * 101
