"""Rows as an import gives them, on every page that shows one: a row has the keys it was given, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from console.comparing import rows_of
from node.cases import asking
from symbolon.v1 import cases_pb2, operations_pb2
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import HOLDER, ROW, TEXT, TwoDesks, held, two_desks

LATER = "LATERAAAAAAAAAAA"
LEAST: list[Mapping[str, Any]] = [
    {"documents": [{"number": "AK1"}]},
    {"documents": [{"number": "AK1", "type": "passport"}]},
    {"documents": [{"number": "AK1", "country": "GR"}]},
    {"documents": [{"number": "AK1", "note": "lost"}, {"number": "AK2"}]},
    {"name_parts": {"given": "Giorgos"}},
    {"name_parts": {"number": "IV"}},
    {"name_parts": {}},
    {"documents": [], "aliases": []},
]
"""The least that a field may have."""


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    yield from two_desks(tmp_path, TEXT)


@pytest.mark.parametrize("least", LEAST, ids=str)
async def test_a_referral_on_a_record_with_the_least_a_field_may_have_is_shown(
    tmp_path: Path, desks: TwoDesks, least: Mapping[str, Any]
) -> None:
    desks.holder.records["Z-1"] = held({**ROW, **least})
    desks.hit(TEXT, LATER)
    desks.ask(asking.confirm, reference=LATER)
    desks.ask(asking.request, reference=LATER, facts="seen twice at the border with different papers")
    desks.carry()
    with ConsoleDesk(tmp_path, desks.holder.desk, HOLDER) as console:
        console.enter("k.weber", "release_officer")
        browser = console.browser("k.weber")
        page = await browser.get(f"/referrals/{LATER}")
        assert page.status_code == 200
        assert ("AK1" in page.text) == (least.get("documents", ROW["documents"]) != [])
        shown = desks.holder.desk.release_now(desks.referral(LATER))
        sent = await browser.send(f"/referrals/{LATER}/approve", digest=shown.digest)
        assert sent.status_code == 200  # what leaves, before it is approved


class OneRecord:
    """The calls about records, at a node that has one."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row

    async def show_record(self, *_: object) -> operations_pb2.ShowRecordResponse:
        rules: dict[str, Any] = {
            "nationalities": [],
            "hidden_until": None,
            "category": "wanted_person",
            "barred": {"FR-DNMS": ["all"]},
        }
        return operations_pb2.ShowRecordResponse(
            record_id="Z-1", row_json=json.dumps(self.row).encode(), rules_json=json.dumps(rules).encode()
        )


async def shown_to_operator(folder: Path, row: Mapping[str, Any]) -> str:
    with ConsoleDesk(folder, records=OneRecord(row)) as console:
        console.enter("o.perator", "operator")
        browser = console.browser("o.perator")
        await browser.get("/")
        page = await browser.send("/node/records/show", record_id="Z-1")
        assert page.status_code == 200
        return page.text.partition("<main")[2]


@pytest.mark.parametrize("least", LEAST, ids=str)
async def test_a_record_with_the_least_a_field_may_have_is_shown(tmp_path: Path, least: Mapping[str, Any]) -> None:
    row = {**ROW, **least}
    assert "Giorgos Melanos" in await shown_to_operator(tmp_path, {"id": "Z-1", **row, "rules": {"code": "H1"}})
    case = cases_pb2.CaseShown(comparison=[cases_pb2.FieldCompared(field=field) for field in row])
    case.subject_json = case.content_json = json.dumps(row).encode()
    assert [one.field for one in rows_of(case)] == list(row)


async def test_a_record_is_shown_with_its_documents_in_words(tmp_path: Path) -> None:
    page = await shown_to_operator(tmp_path, ROW)
    assert "<bdi>AK1234567</bdi> · <bdi>passport</bdi> · <bdi>GR</bdi>" in page
    assert "{" not in page
