"""The records that cannot be found blind, as the operator is shown them: by the call, and on their page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledger.log import Ledger
from matching.subject import parse_subject
from node.officers.permission import Permission
from node.operations import record_calls
from node.operations.record_calls import RecordCalls
from node.records.rows import Record
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import operations_pb2 as wire
from tests.unit.console_desk import ConsoleDesk
from tests.unit.two_desks import officer

OPERATOR, ANALYST = officer("o.perator", "operator"), officer("a.durand", "analyst")


@dataclass
class Records:
    """Records by their numbers, of which one was removed after it was enrolled."""

    named: dict[int, str] = field(default_factory=lambda: {3: "Z-3", 1: "Z-1", 2: "Z-2", 4: "Z-4"})
    removed: str = "Z-2"

    def identify(self, numbers: Sequence[int]) -> dict[int, str]:
        return {number: self.named[number] for number in numbers}

    def current(self, record_id: str) -> Any:
        if record_id == self.removed:
            return None
        return SimpleNamespace(record=Record(record_id, parse_subject({"names": [f"Name {record_id}"]})), revision=1)


class Index:
    """An index in which the first three records have no feature."""

    def without_entries(self, epoch: str) -> list[int]:
        return [3, 1, 2] if epoch == "2026-1" else []


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def calls(ledger: Ledger) -> RecordCalls:
    records, index = cast("Any", Records()), cast("Any", Index())
    return RecordCalls(Permission(ledger), records, index, ledger, cast("Any", None), lambda: "2026-1")


async def found(calls: RecordCalls, **asked: Any) -> tuple[list[str], bool]:
    told = await calls.find_records(wire.FindRecordsRequest(unfindable=True, **asked), OPERATOR)
    return [one.record_id for one in told.records], told.has_more


async def test_they_are_listed_by_id_a_page_at_a_time_and_logged_first(
    calls: RecordCalls, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await found(calls) == (["Z-1", "Z-3"], False)
    monkeypatch.setattr(record_calls, "MOST_FOUND", 1)
    assert await found(calls) == (["Z-1"], True)
    assert await found(calls, after="Z-1") == (["Z-3"], False)
    assert {entry.event.what for entry in ledger.entries()} == {"unfindable"}  # type: ignore[union-attr]  # of one type


async def test_nobody_but_the_operator_is_told_of_them(calls: RecordCalls) -> None:
    with pytest.raises(SymbolonError) as refused:
        await calls.find_records(wire.FindRecordsRequest(unfindable=True), ANALYST)
    assert refused.value.code is ErrorCode.ROLE_MISSING


async def test_their_page_names_them_and_leads_to_each(
    calls: RecordCalls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_calls, "MOST_FOUND", 1)
    with ConsoleDesk(tmp_path, records=calls) as console:
        console.enter(OPERATOR.name, "operator")
        browser = console.browser(OPERATOR.name)
        page = (await browser.get("/node/unfindable")).text
        assert "Name Z-1" in page
        assert "Name Z-3" not in page
        assert 'action="/node/records/show"' in page
        assert "Name Z-3" in (await browser.send("/node/unfindable", after="Z-1")).text
