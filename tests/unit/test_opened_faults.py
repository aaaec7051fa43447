"""Faults that only an opened lockbox can meet: none tells of a record of which nothing may be told."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from matching.subject import SubjectFormatError, parse_subject
from node.queries.answers import INCONCLUSIVE, NOTHING
from tests.unit.holder import Asking, Holder, holder, person

ASKED = person(names=["Giorgos Melanos"], dob=["1984-08-16"], nationality=["GR"], gender="M")
STRANGER = person(names=["Tatsuo Kirimori"], dob=["1961-02-03"], nationality=["JP"])
HALF = "\ud800"
SECRET: tuple[dict[str, Any], ...] = ({"barred": ["FR"]}, {"sealed": "yes"}, {"at_most": 0}, {"discreet": "yes"})
CRAFTED: tuple[dict[str, Any], ...] = (
    {"documents": [{"type": "passport", "number": "AB123456", "country": HALF}]},
    {"documents": [{"type": HALF, "number": "AB123456"}]},
    {"documents": [{"type": "passport", "number": "AB123456", "note": HALF}]},
    {"name_parts": {"family": HALF}},
    {"name_parts": {HALF: "Melanos"}},
    {"phones": [HALF]},
)


def _holder(tmp_path: Path, rules: dict[str, Any]) -> contextlib.AbstractContextManager[Holder]:
    row = {"record_id": "DE-1", "names": ["MELANOS Georgios"], "dob": ["1984-08-16"], "nationality": ["GR"]}
    return holder(tmp_path, json.dumps(row | {"rules": rules}))


@pytest.mark.parametrize("crafted", CRAFTED, ids=[json.dumps(one) for one in CRAFTED])
@pytest.mark.parametrize("rules", [{}, *SECRET], ids=json.dumps)
async def test_a_payload_that_cannot_be_compared_reads_the_same_whoever_is_on_the_list(
    tmp_path: Path, rules: dict[str, Any], crafted: dict[str, Any]
) -> None:
    payload = json.dumps({"names": ["Giorgos Melanos"], **crafted}).encode()
    with _holder(tmp_path, rules) as zasm:
        assert await zasm.ask(Asking(ASKED, payload=payload)) == NOTHING
        assert await zasm.ask(Asking(STRANGER, payload=payload)) == NOTHING
        assert zasm.logged("query_refused")[0].event.model_dump()["reason"] == "fishing"


@pytest.mark.parametrize("part", ["query_features", "read_subject"])
async def test_whatever_fails_over_the_payload_alone_is_the_askers_doing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    monkeypatch.setattr(f"node.queries.examination.{part}", _fail)
    with _holder(tmp_path, {"barred": ["FR"]}) as zasm:
        assert await zasm.ask(Asking(ASKED)) == NOTHING
    assert "RuntimeError" in caplog.text
    assert "Melanos" not in caplog.text


@pytest.mark.parametrize("rules", SECRET, ids=json.dumps)
async def test_a_comparison_that_fails_with_a_record_not_to_be_told_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: dict[str, Any]
) -> None:
    monkeypatch.setattr("node.queries.examination.compare", _fail)
    with _holder(tmp_path, rules) as zasm:
        assert await zasm.ask(Asking(ASKED)) == NOTHING
        assert await zasm.ask(Asking(STRANGER)) == NOTHING


@pytest.mark.parametrize("damage", ["no JSON", '{"record_id":"DE-1","rules":{"barred":7}}'])
async def test_a_record_whose_rules_cannot_be_read_is_told_to_nobody(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    with _holder(tmp_path, {}) as zasm:
        _damage(zasm, "UPDATE revision SET row_json = ?", damage)
        assert await zasm.ask(Asking(ASKED)) == NOTHING
        assert await zasm.ask(Asking(STRANGER)) == NOTHING
    assert "a record cannot be read" in caplog.text


@pytest.mark.parametrize(("rules", "told"), [({}, INCONCLUSIVE), *((one, NOTHING) for one in SECRET)])
async def test_a_damaged_record_is_a_fault_only_where_it_might_be_told(
    tmp_path: Path, rules: dict[str, Any], told: object
) -> None:
    with _holder(tmp_path, rules) as zasm:
        _damage(zasm, "UPDATE revision SET row_json = json_set(row_json, '$.names', ?)", "not a list")
        assert await zasm.ask(Asking(ASKED)) == told
        assert await zasm.ask(Asking(STRANGER)) == NOTHING


@pytest.mark.parametrize("crafted", CRAFTED, ids=[json.dumps(one) for one in CRAFTED])
def test_half_a_character_is_no_text_of_a_subject(crafted: dict[str, Any]) -> None:
    with pytest.raises(SubjectFormatError):
        parse_subject({"names": ["Giorgos Melanos"], **crafted})


def _fail(*_: object) -> None:
    raise RuntimeError("Giorgos Melanos")


def _damage(zasm: Holder, statement: str, value: str) -> None:
    with contextlib.closing(sqlite3.connect(zasm.records_folder / "data" / "records.db")) as database, database:
        database.execute(statement, (value,))
