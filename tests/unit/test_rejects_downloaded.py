"""Rows set aside leave as one file, all of them, for as long as whoever asked for it is an operator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from console.session import COOKIE
from console.visit import SignedOutError
from ledger.events import RecordsListed
from node.config import NodeHome
from node.operations import list_calls
from node.operations.list_calls import ListCalls
from node.records.importing import import_file
from node.records.sqlite import SqliteRecordStore
from tests.unit.console_desk import ORIGIN, ConsoleDesk

KEEPER = "o.keeper"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
ROWS = [json.dumps({"record_id": f"X-{number}", "names": []}).encode() for number in range(20_100)]
CSV = "record_id,names\n" + "".join(f'X-{number},"Ruslana\nOvdiyenko é",\n' for number in range(3))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> NodeHome:
    """Give the folder of a node that has imported two lists of nothing but faults."""
    folder = tmp_path_factory.mktemp("node")
    made = NodeHome(folder, cast("Any", None))
    with SqliteRecordStore(made.records_path) as records:
        for name, content in (("a.jsonl", b"\n".join([*ROWS, b"\xff"])), ("b.csv", CSV.encode())):
            (folder / name).write_bytes(content)
            import_file(folder / name, records, made.rejects_folder, NOW)
    return made


@pytest.fixture
def desk(tmp_path: Path, home: NodeHome) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made, SqliteRecordStore(home.records_path) as records:
        made.enter(KEEPER, "operator")
        made.give(lists=ListCalls(made.desk.permission, home, records, made.ledger, *(cast("Any", None),) * 2))
        yield made


async def test_all_rows_that_can_be_mended_leave_however_often_they_are_asked_for(desk: ConsoleDesk) -> None:
    browser = desk.browser(KEEPER)
    assert '<a class="button act" href="/node/rejects/1/rows">' in (await browser.get("/node/rejects/1")).text
    for _ in range(2):
        answer = await browser.get("/node/rejects/1/rows")
        assert answer.headers["content-disposition"].endswith("set-aside-1.jsonl")
        assert answer.content.splitlines() == ROWS
    looks = [one.event.what for one in desk.ledger.entries() if isinstance(one.event, RecordsListed)]
    assert looks == ["rejects"] * 3


async def test_rows_of_csv_leave_under_their_header(desk: ConsoleDesk) -> None:
    answer = await desk.browser(KEEPER).get("/node/rejects/2/rows")
    assert answer.headers["content-disposition"].endswith("set-aside-2.csv")
    assert answer.text == CSV


async def test_there_is_no_file_of_an_import_that_set_nothing_aside(desk: ConsoleDesk) -> None:
    assert (await desk.browser(KEEPER).get("/node/rejects/3/rows")).status_code == 404


async def test_who_is_shut_out_meanwhile_gets_no_further_row_and_no_end(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts = list_calls._in_parts
    given: list[bytes] = []

    def until_disabled(lines: Any) -> Iterator[bytes]:
        for part in in_parts(lines):
            if len(given) == 2:
                desk.officers.disable(KEEPER, "test", datetime.now(UTC), lambda _: None)
            given.append(part)
            yield part

    monkeypatch.setattr(list_calls, "_in_parts", until_disabled)
    transport = httpx.ASGITransport(cast("Any", desk.app))  # tells that the answer broke off, as a server would
    cookies = {COOKIE: desk.token(KEEPER)}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies) as client:
        with pytest.raises(SignedOutError):
            await client.get("/node/rejects/1/rows")
    assert len(given) == 3
