"""The console's visits and the calls over gRPC have one room, so that officers leave the node time for its partners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.desk import room
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import audit_pb2 as wire
from tests.unit.console_desk import ConsoleDesk

ONE, OTHER, THIRD = "i.auditor", "j.auditor", "k.auditor"


class Held:
    """Calls of auditors that last until they may end."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.begun = asyncio.Semaphore(0)

    async def search_log(self, *_: Any) -> wire.SearchLogResponse:
        self.begun.release()
        await self.may_end.wait()
        return wire.SearchLogResponse()

    async def download_audit_file(self, *_: Any) -> AsyncIterator[wire.DownloadAuditFileResponse]:
        yield wire.DownloadAuditFileResponse(content=b"first ")
        self.begun.release()
        await self.may_end.wait()
        yield wire.DownloadAuditFileResponse(content=b"second")


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def desk(tmp_path: Path, held: Held) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path, audit=held, audit_works=held) as made:
        for name in (ONE, OTHER, THIRD):
            made.enter(name, "auditor")
        yield made


async def begun(held: Held, count: int) -> None:
    async with asyncio.timeout(20):
        for _ in range(count):
            await held.begun.acquire()


async def test_visits_of_one_officer_leave_room_for_others_and_all_of_them_for_partners(
    desk: ConsoleDesk, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_OF_OFFICER", 2)
    monkeypatch.setattr(room, "MOST_OF_DESK", 3)
    one, other, third = (desk.browser(name) for name in (ONE, OTHER, THIRD))
    under_way = [asyncio.create_task(one.get("/audit")) for _ in range(2)]
    await begun(held, 2)
    assert (await one.get("/audit")).status_code == 503
    under_way.append(asyncio.create_task(other.get("/audit")))
    await begun(held, 1)
    assert (await third.get("/audit")).status_code == 503
    with pytest.raises(SymbolonError) as caught, desk.desk.room.of_officer("over gRPC"):
        pass
    assert caught.value.code is ErrorCode.BUSY
    assert (await one.get("/sign-in")).status_code == 303  # who is signed in goes on from there
    held.may_end.set()
    assert [answer.status_code for answer in await asyncio.gather(*under_way)] == [200] * 3
    assert (await one.get("/audit")).status_code == 200


@pytest.mark.parametrize(("bound", "again"), [("MOST_STREAMS_OF_OFFICER", ONE), ("MOST_STREAMS", OTHER)])
async def test_answers_that_go_on_are_counted_apart_until_they_end(
    desk: ConsoleDesk, held: Held, monkeypatch: pytest.MonkeyPatch, bound: str, again: str
) -> None:
    monkeypatch.setattr(room, bound, 1)
    monkeypatch.setattr(room, "MOST_OF_OFFICER", 1)
    path = "/audit/works/w/files/export.jsonl"
    going_on = asyncio.create_task(desk.browser(ONE).get(path))
    await begun(held, 1)
    assert (await desk.browser(again).get(path)).status_code == 503
    assert (await desk.browser(ONE).get("/account")).status_code == 200
    held.may_end.set()
    assert (await going_on).text == "first second"
    assert (await desk.browser(again).get(path)).text == "first second"
