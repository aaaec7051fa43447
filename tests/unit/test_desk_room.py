"""Officers' calls over gRPC leave room for the partners', and a stream ends with its officer's leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.log import Ledger
from node.desk import room as room_module
from node.desk.room import Room
from node.desk.servicers import SERVICES, _handler
from node.officers.access import DeskAccess
from node.officers.key import OfficerKey
from node.officers.register import Officers
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.server import MOST_CALLS
from symbolon.v1 import desk_pb2

ANNA, BORIS = OfficerKey.draw("anna"), OfficerKey.draw("boris")


class Call:
    """A call with an officer's key."""

    def __init__(self, key: OfficerKey | None = None) -> None:
        self._key = key

    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        return tuple(self._key.metadata) if self._key else ()

    def time_remaining(self) -> float:
        return 60.0


class Held:
    """Calls that last until they may end."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.begun = 0

    async def __call__(self, *_: Any) -> str:
        self.begun += 1
        await self.may_end.wait()
        return "ended"


@pytest.fixture
def officers(tmp_path: Path) -> Iterator[Officers]:
    with Officers(tmp_path / "officers.db") as opened:
        for key in (ANNA, BORIS):
            opened.add(key, ["analyst"], "", "test", datetime.now(UTC), lambda _: None)
        yield opened


@pytest.fixture
def access(officers: Officers, tmp_path: Path) -> Iterator[DeskAccess]:
    with Ledger(tmp_path / "ledger.db") as ledger:
        yield DeskAccess(officers, ledger)


def method(name: str) -> Any:
    return SERVICES["Desk"].methods_by_name[name]


async def begun(held: Held, count: int) -> None:
    async with asyncio.timeout(10):
        while held.begun < count:  # noqa: ASYNC110  # a call has no event of its own for this
            await asyncio.sleep(0.01)


async def refused(call: Any) -> ErrorCode:
    with pytest.raises(SymbolonError) as caught:
        await call
    return caught.value.code


async def test_one_officer_leaves_room_for_others_and_all_of_them_for_partners(
    access: DeskAccess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(room_module, "MOST_OF_OFFICER", 2)
    monkeypatch.setattr(room_module, "MOST_OF_DESK", 3)
    held, room = Held(), Room()
    call = _handler(method("ReadMrz"), held, access, room).unary_unary
    state = _handler(method("Status"), held, access, room).unary_unary
    first = [asyncio.create_task(call(None, Call(ANNA))) for _ in range(2)]
    await begun(held, 2)
    assert await refused(call(None, Call(ANNA))) is ErrorCode.BUSY
    other = asyncio.create_task(call(None, Call(BORIS)))
    await begun(held, 3)
    assert await refused(call(None, Call(BORIS))) is ErrorCode.BUSY
    told = asyncio.create_task(state(None, Call()))
    await begun(held, 4)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "anna" not in caplog.text
    held.may_end.set()
    assert await asyncio.gather(*first, other, told) == ["ended"] * 4
    assert await call(None, Call(ANNA)) == "ended"


async def test_the_state_is_told_to_few_at_once(access: DeskAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "MOST_OF_NOBODY", 1)
    held = Held()
    state = _handler(method("Status"), held, access, Room()).unary_unary
    told = asyncio.create_task(state(None, Call()))
    await begun(held, 1)
    assert await refused(state(None, Call())) is ErrorCode.BUSY
    held.may_end.set()
    assert await told == "ended"


def test_officers_and_those_who_ask_for_the_state_leave_most_of_the_server_to_partners() -> None:
    assert room_module.MOST_OF_OFFICER < room_module.MOST_OF_DESK
    assert room_module.MOST_OF_DESK + room_module.MOST_OF_NOBODY < 0.6 * MOST_CALLS


@pytest.mark.parametrize("ends", ["disabled", "changed"])
async def test_a_stream_gives_nothing_more_once_its_officer_is_out(
    access: DeskAccess, officers: Officers, ends: str
) -> None:
    closed = asyncio.Event()

    async def answers(*_: Any) -> AsyncIterator[desk_pb2.QueryResponse]:
        try:
            yield desk_pb2.QueryResponse()
            yield desk_pb2.QueryResponse()
        finally:
            closed.set()

    stream = _handler(method("Query"), answers, access, Room()).unary_stream(None, cast("Any", Call(ANNA)))
    await anext(stream)
    if ends == "disabled":
        officers.disable("anna", "test", datetime.now(UTC), lambda _: None)
    else:
        officers.change("anna", ["auditor"], None, "test", datetime.now(UTC), lambda _: None)
    assert await refused(anext(stream)) is ErrorCode.OFFICER_UNKNOWN
    assert closed.is_set()


class Outgoing:
    """Stands in for the systems' calls: lets the caller's system be removed, and remembers in whose names it called."""

    def __init__(self) -> None:
        self.removed = False
        self.noted: list[str] = []

    async def note(self, _: Any, officer: str) -> None:
        self.noted.append(officer)

    async def check_still(self, _: Any) -> None:
        if self.removed:
            raise SymbolonError(ErrorCode.NOT_PERMITTED)


async def test_a_stream_gives_nothing_more_once_its_system_is_removed(officers: Officers, tmp_path: Path) -> None:
    async def answers(*_: Any) -> AsyncIterator[desk_pb2.QueryResponse]:
        yield desk_pb2.QueryResponse()
        yield desk_pb2.QueryResponse()

    systems = Outgoing()
    with Ledger(tmp_path / "ledger.db") as ledger:
        access = DeskAccess(officers, ledger, systems=cast("Any", systems))
        stream = _handler(method("Query"), answers, access, Room()).unary_stream(None, cast("Any", Call(ANNA)))
        await anext(stream)
        systems.removed = True
        assert await refused(anext(stream)) is ErrorCode.NOT_PERMITTED
    assert systems.noted == ["anna"]


async def test_a_system_that_proves_nobody_is_noted_without_a_name_while_the_refusal_waits(
    officers: Officers, tmp_path: Path
) -> None:
    """Were the name noted of an officer that there is, the time it takes would tell that there is one."""
    systems = Outgoing()
    with Ledger(tmp_path / "ledger.db") as ledger:
        access = DeskAccess(officers, ledger, systems=cast("Any", systems))
        call = _handler(method("ReadMrz"), Held(), access, Room()).unary_unary
        for key in (OfficerKey("anna", bytes(32)), OfficerKey("nobody", bytes(32)), None):
            assert await refused(call(None, Call(key))) is ErrorCode.OFFICER_UNKNOWN
    assert systems.noted == ["", "", ""]
