"""A list whose asking fails stops and can go on, and the log has no step of a list that was not taken."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.entries import Statement
from node.batches import recording, running
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import batches_pb2 as wire
from tests.unit.batch_desk import BatchDesk, listed


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchDesk]:
    monkeypatch.setattr(running, "SWEEP_SECONDS", 0.05)
    made = BatchDesk(tmp_path)
    yield made
    made.close()


def full(*_: Any) -> Any:
    raise sqlite3.OperationalError("database or disk is full")


async def test_a_list_whose_file_cannot_be_written_stops_with_a_reason_and_can_go_on(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await desk.prepare(listed(3))
    async with desk.batches.at_work():
        with monkeypatch.context() as broken:
            broken.setattr(desk.store, "take", full)
            await desk.start(prepared.reference)
            stopped = await desk.until(prepared.reference, "stopped")
        assert stopped.reason == "interrupted"
        assert desk.events()[-1] == "batch_stopped"
        await desk.start(prepared.reference)
        await desk.until(prepared.reference, "finished")
    assert len(desk.asker.asked) == 3


async def test_a_list_that_is_let_go_on_while_it_stops_goes_on(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await desk.prepare(listed(3))
    stopping, may_stop, record = threading.Event(), threading.Event(), recording.batch_ended

    def slow(*given: Any) -> None:
        stopping.set()
        may_stop.wait(20)
        record(*given)

    monkeypatch.setattr(recording, "batch_ended", slow)
    desk.stopped = "log"
    async with desk.batches.at_work():
        await desk.start(prepared.reference)
        assert await asyncio.to_thread(stopping.wait, 20)
        desk.stopped = ""
        start = asyncio.create_task(desk.start(prepared.reference))
        await asyncio.sleep(0.2)
        may_stop.set()
        assert (await start).state == "running"
        await desk.until(prepared.reference, "finished")


async def test_a_list_that_stops_while_it_is_let_go_on_goes_on(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await desk.prepare(listed(3))
    beginning, may_begin, begin = threading.Event(), threading.Event(), desk.store.begin

    def slow(*given: Any, **named: Any) -> None:
        begin(*given, **named)
        beginning.set()
        may_begin.wait(20)

    stops = asyncio.Event()

    def once(_: object) -> str:
        reason = "" if stops.is_set() else "disclosing_stopped"
        stops.set()
        return reason

    monkeypatch.setattr(desk.batches, "_may_not_ask", once)
    async with desk.batches.at_work():
        with desk.precedence.single():
            await desk.start(prepared.reference)
            monkeypatch.setattr(desk.store, "begin", slow)
            start = asyncio.create_task(desk.start(prepared.reference))
            assert await asyncio.to_thread(beginning.wait, 20)
        await asyncio.wait_for(stops.wait(), 20)
        await asyncio.sleep(0.2)
        may_begin.set()
        assert (await start).state == "running"
        await desk.until(prepared.reference, "finished")


async def test_a_list_that_cannot_even_be_stopped_is_once_that_can_be_written(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await desk.prepare(listed(2))
    async with desk.batches.at_work():
        with monkeypatch.context() as broken:
            broken.setattr(desk.store, "take", full)
            broken.setattr(desk.store, "change", full)
            await desk.start(prepared.reference)
            await asyncio.sleep(0.3)
            assert (await desk.shown(prepared.reference)).state == "running"
        assert (await desk.until(prepared.reference, "stopped")).reason == "interrupted"


@pytest.mark.parametrize(("stopped", "event"), [("", "batch_finished"), ("not_witnessed", "batch_stopped")])
async def test_the_end_of_a_list_is_in_the_log_once_however_often_it_takes_to_keep_it(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch, stopped: str, event: str
) -> None:
    prepared = await desk.prepare(listed(1))
    desk.stopped = stopped
    async with desk.batches.at_work():
        with monkeypatch.context() as broken:
            broken.setattr(desk.store, "change", full)
            await desk.start(prepared.reference)
            await asyncio.sleep(0.5)
            assert (await desk.shown(prepared.reference)).state == "running"
        await desk.until(prepared.reference, "finished", "stopped")
    ends = [one.event.model_dump() for one in desk.ledger.entries() if one.event.type == event]
    assert len(ends) == len({str(one) for one in ends}) <= 2


async def test_a_list_that_stops_twice_for_one_reason_has_both_stops_in_the_log(desk: BatchDesk) -> None:
    desk.stopped = "not_witnessed"
    reference = (await desk.over(listed(1))).reference
    async with desk.batches.at_work():
        await desk.start(reference)
        await desk.until(reference, "stopped")
    assert desk.events().count("batch_stopped") == 2


async def test_the_log_has_no_start_of_a_list_that_does_not_start(desk: BatchDesk) -> None:
    over = await desk.over(listed(1))
    before = desk.events()
    for _ in range(2):
        with pytest.raises(SymbolonError) as caught:
            await desk.start(over.reference)
        assert caught.value.code is ErrorCode.STEP_NOT_POSSIBLE
    assert desk.events() == before


async def test_a_step_that_cannot_be_written_into_the_log_is_not_taken(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwritable(*_: Statement) -> Any:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    prepared = await desk.prepare(listed(1))
    monkeypatch.setattr(desk.ledger, "append", unwritable)
    named = {"reference": prepared.reference}
    for step in (
        lambda: desk.start(prepared.reference),
        lambda: desk.calls.cancel_batch(wire.CancelBatchRequest(**named), desk.officer()),
        lambda: desk.calls.delete_batch(wire.DeleteBatchRequest(**named), desk.officer()),
    ):
        with pytest.raises(SymbolonError) as caught:
            await step()
        assert caught.value.code is ErrorCode.LOG_NOT_WRITABLE
        assert (await desk.shown(prepared.reference)).state == "prepared"


async def test_a_list_that_starts_while_it_is_being_deleted_is_one_or_the_other(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = await desk.prepare(listed(2))
    begun, may_write = threading.Event(), threading.Event()
    append = desk.ledger.append

    def slow(*statements: Statement) -> Any:
        begun.set()
        may_write.wait(10)
        return append(*statements)

    monkeypatch.setattr(desk.ledger, "append", slow)
    async with desk.batches.at_work():
        request = wire.DeleteBatchRequest(reference=prepared.reference)
        deleting = asyncio.create_task(desk.calls.delete_batch(request, desk.officer()))
        await asyncio.to_thread(begun.wait, 10)
        starting = asyncio.create_task(desk.start(prepared.reference))
        await asyncio.sleep(0.1)
        may_write.set()
        await deleting
        with pytest.raises(SymbolonError) as caught:
            await starting
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert desk.asker.asked == []
    assert desk.events() == ["batch_erased"]
