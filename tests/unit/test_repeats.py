"""The tag by which an asker knows the same hit again: equal for the same, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agreements.template import TEMPLATE
from matching.subject import parse_subject
from node.queries.repeats import repeat_key, repeat_tag
from tests.unit.holder import Asking, Holder, holder, person
from tests.unit.test_responding import ASKED, MELANOS, ROWS

JOHN = parse_subject({"category": "individual", "names": ["Giorgos Melanos"], "dob": ["1984-08-16"]})
KEY = repeat_key(b"p" * 32)


@pytest.fixture
def zasm(tmp_path: Path) -> Iterator[Holder]:
    with holder(tmp_path, ROWS) as opened:
        yield opened


def tag(**changes: object) -> str:
    given = {"asker": "FR-DNMS", "case": "1", "payload": b"p", "record_id": "Z-1", "subject": JOHN} | changes
    return repeat_tag(KEY, **given)  # type: ignore[arg-type]  # of the right types by name


def test_a_tag_is_equal_for_the_same_and_for_nothing_else() -> None:
    changed = parse_subject({"category": "individual", "names": ["Giorgos Melanos"], "dob": ["1984-08-17"]})
    others = [
        tag(asker="IT-ALTRA"),
        tag(case="2"),
        tag(payload=b"q"),
        tag(record_id="Z-2"),
        tag(subject=changed),
        tag(asker="FR-DNM", case="S1"),
        repeat_tag(repeat_key(b"q" * 32), "FR-DNMS", "1", b"p", "Z-1", JOHN),
    ]
    assert tag() == tag()
    assert len({tag(), *others}) == len(others) + 1
    assert len(tag()) == 32


async def repeat_of(zasm: Holder, **changes: Any) -> str:
    """Ask once more and give the tag of the one candidate."""
    (candidate,) = (await zasm.ask(Asking(**{"subject": ASKED} | changes))).candidates
    return candidate.repeat


async def test_the_same_query_in_the_same_case_gives_the_same_tag_and_a_new_reference(zasm: Holder) -> None:
    first, second = [(await zasm.ask(Asking(ASKED))).candidates[0] for _ in range(2)]
    assert first.repeat == second.repeat != ""
    assert first.reference != second.reference


async def test_a_tag_links_neither_cases_nor_queries_nor_versions_of_a_record(zasm: Holder) -> None:
    tag = await repeat_of(zasm)
    in_another_case = await repeat_of(zasm, body={"case_reference": "2026/118"})
    about_somebody_else = await repeat_of(zasm, subject=person(**MELANOS | {"pob": ["Athina"]}))
    row = json.loads(ROWS.splitlines()[0])
    zasm.change(row | {"pob": ["Athina"]})
    changed = (await zasm.ask(Asking(ASKED))).candidates
    assert len({tag, in_another_case, about_somebody_else, *(one.repeat for one in changed)}) == 3 + len(changed)
    zasm.change(row)
    assert [one.repeat for one in (await zasm.ask(Asking(ASKED))).candidates] == [tag]


async def test_a_hit_without_a_reference_has_no_tag(tmp_path: Path) -> None:
    with holder(tmp_path, ROWS, TEMPLATE.replace("maximum = 2", "maximum = 1", 1)) as zasm:
        answer = await zasm.ask(Asking(ASKED))
        assert (answer.level, answer.candidates) == (1, ())
