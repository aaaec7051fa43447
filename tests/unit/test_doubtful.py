"""The records with a value that cannot be meant, as the operator is shown them: by the call, and on their page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.log import Ledger
from node.officers.permission import Permission
from node.operations import record_calls
from node.operations.record_calls import RecordCalls
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
