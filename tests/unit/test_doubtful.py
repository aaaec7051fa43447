"""The records with a value that cannot be meant, as the operator is shown them: by the call, and on their page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.log import Ledger
from matching.slips import may_slip, slips_of_subject
from matching.subject import SubjectFormatError, parse_subject
from node.officers.permission import Permission
from node.operations import record_calls
from node.operations.record_calls import RecordCalls
from node.records.doubtful import count_doubtful, doubtful
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire
from tests.unit.console_desk import ConsoleDesk
from tests.unit.listed import PERSON, enter_list
from tests.unit.two_desks import officer

OPERATOR, ANALYST = officer("o.perator", "operator"), officer("a.durand", "analyst")
AHEAD = {"record_id": "Z-1", "names": ["Ada Orme"], "dob": ["2091-01-01"]}
NOWHERE = {"record_id": "Z-2", "names": ["Idris Maran"], "address_countries": ["ZZZ"]}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def calls(ledger: Ledger, tmp_path: Path) -> Iterator[RecordCalls]:
    with SqliteRecordStore(tmp_path / "records.db") as records:
        enter_list(records, tmp_path, AHEAD, PERSON, NOWHERE)
        unused = cast("Any", None)
        yield RecordCalls(Permission(ledger), records, unused, ledger, unused, lambda: "2026-1")


async def test_they_are_listed_with_what_is_wrong_a_page_at_a_time_and_logged_first(
    calls: RecordCalls, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_calls, "MOST_FOUND", 1)
    first = await calls.find_records(wire.FindRecordsRequest(doubtful=True), OPERATOR)
    second = await calls.find_records(wire.FindRecordsRequest(doubtful=True, after="Z-1"), OPERATOR)
    told = [(one.record_id, one.name, one.problems[0].field) for found in (first, second) for one in found.records]
    assert told == [("Z-1", "Ada Orme", "dob"), ("Z-2", "Idris Maran", "address_countries")]
    assert (first.has_more, second.has_more) == (True, False)
    assert [cast("Any", entry.event).what for entry in ledger.entries()] == ["doubtful", "doubtful"]


_PASSED = ("1899-12-31", "1985", "1975~", "1999-12-31/2040-01-01", "2000-01-01", "2024-03-20/2025-03-20", "2026")
_AHEAD = ("2026-06-02", "2031", "1460-01-01", "2081-03-20", "01/02/2030", "2569-01-01", "circa 2040")
_BIRTHS = st.sampled_from((*_PASSED, "2026-06-01", "2026-06", *_AHEAD))
_CODES = st.sampled_from(["FR", "fra", "SUN", "XXB", "ZZ", "YU", "Q1"])


@given(
    births=st.lists(_BIRTHS, max_size=3), nationality=st.lists(_CODES, max_size=2), homes=st.lists(_CODES, max_size=2)
)
@example(births=["2031"], nationality=[], homes=[])
@example(births=["2031", "1975~"], nationality=["ZZ"], homes=[])
def test_no_slip_is_overlooked_by_the_glance_at_what_rows_say(
    births: list[str], nationality: list[str], homes: list[str]
) -> None:
    today = date(2026, 6, 1)
    row = {"names": ["Ada Orme"], "dob": births, "nationality": nationality, "address_countries": homes}
    try:
        subject = parse_subject(row)
    except SubjectFormatError:
        return
    assert may_slip(subject.to_row(), today) or not list(slips_of_subject(subject, today))


def test_a_glance_passes_over_what_has_no_slip() -> None:
    assert not may_slip({"dob": ["2001-05-06"], "nationality": ["FR"]}, date(2026, 6, 1))
    assert not may_slip({}, date(2026, 6, 1))


DAMAGED = {"{": 1, '{"dob": ["2091-01-01"]}': 2, '{"dob": "2091", "record_id": 7}': 1, "[]": 1, "null": 1}
"""Rows that are no records, and how many are counted beside another where one of them stands: by what it says."""


@pytest.mark.parametrize(("row", "counted"), DAMAGED.items())
def test_a_damaged_row_keeps_no_other_from_being_told(tmp_path: Path, row: str, counted: int) -> None:
    with SqliteRecordStore(tmp_path / "records.db") as records:
        enter_list(records, tmp_path, AHEAD, PERSON, NOWHERE)
        with sqlite3.connect(tmp_path / "records.db") as file:
            file.execute("UPDATE revision SET row_json = ? WHERE row_json LIKE '%Ada%'", (row,))
        file.close()
        told = [stored.record.record_id for stored, _ in doubtful(records, date(2026, 6, 1))]
        assert told == ["Z-2"]
        assert count_doubtful(records, date(2026, 6, 1)) == counted


async def test_nobody_but_the_operator_is_told_of_them(calls: RecordCalls) -> None:
    with pytest.raises(SymbolonError) as refused:
        await calls.find_records(wire.FindRecordsRequest(doubtful=True), ANALYST)
    assert refused.value.code is ErrorCode.ROLE_MISSING


async def test_their_page_names_them_and_leads_to_each(
    calls: RecordCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_calls, "MOST_FOUND", 1)
    with ConsoleDesk(tmp_path, records=calls) as console:
        console.enter(OPERATOR.name, "operator")
        browser = console.browser(OPERATOR.name)
        page = (await browser.get("/node/doubtful")).text
        assert "Ada Orme" in page
        assert "lies in the future" in page
        assert "Idris" not in page
        assert 'action="/node/records/show"' in page
        page = (await browser.send("/node/doubtful", after="Z-1")).text
        assert "Idris Maran" in page
        assert "2091" not in page
        assert "No record is doubtful." in (await browser.send("/node/doubtful", after="Z-2")).text
        assert 'href="/node/doubtful"' in (await browser.get("/node")).text
