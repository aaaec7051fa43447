"""The queries that the console runs for its officers: how many at once, how long they are kept, how they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from console.running import KEPT_SECONDS, MOST_AT_ONCE, MOST_OF_ONE, RunningQueries, RunningQuery
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2
from tests.unit.asked_desk import request


async def _never(asked: asyncio.Event | None = None) -> AsyncGenerator[desk_pb2.QueryResponse, None]:
    await (asked or asyncio.Event()).wait()
    yield desk_pb2.QueryResponse()


async def test_an_officer_has_a_few_queries_at_once_and_the_oldest_give_way() -> None:
    queries = RunningQueries()
    end = asyncio.Event()
    for _ in range(MOST_AT_ONCE):
        queries.start(RunningQuery("a", request(), ()), _never(end))
    with pytest.raises(SymbolonError) as caught:
        queries.start(RunningQuery("a", request(), ()), _never(end))
    assert caught.value.code is ErrorCode.BUSY
    queries.start(RunningQuery("b", request(), ()), _never(end))
    end.set()
    await asyncio.sleep(0.01)
    first = queries.of("a")[-1]
    for _ in range(MOST_OF_ONE):
        queries.start(RunningQuery("a", request(), ()), _never(end))
        await asyncio.sleep(0.001)
    assert len(queries.of("a")) == MOST_OF_ONE
    assert queries.find(first.name, "a") is None
    await queries.close()


async def test_a_query_ends_clearly_with_the_node() -> None:
    queries = RunningQueries()
    query = RunningQuery("a", request(), ())
    queries.start(query, _never())
    await asyncio.sleep(0)
    await queries.close()
    assert query.state == "closed"


async def test_a_query_that_was_ended_before_its_first_step_is_told_as_ended() -> None:
    queries = RunningQueries()
    query = RunningQuery("a", request(), ())
    watching = asyncio.create_task(query.sent(20))
    await asyncio.sleep(0)
    queries.start(query, _never())
    await queries.close()
    assert query.state == "closed"
    await asyncio.wait_for(watching, 1)


async def test_no_query_begins_once_the_node_stops() -> None:
    queries = RunningQueries()
    await queries.close()
    late = RunningQuery("a", request(), ())
    with pytest.raises(SymbolonError) as caught:
        queries.start(late, _never())
    assert caught.value.code is ErrorCode.BUSY
    assert queries.of("a") == []


async def test_a_query_is_forgotten_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    later: list[tuple[float, Any]] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda seconds, call, *what: later.append((seconds, (call, what))))
    queries = RunningQueries()
    query = RunningQuery("a", request(), ())
    queries.start(query, _never())
    [(seconds, (call, what))] = later
    assert seconds == KEPT_SECONDS
    call(*what)
    assert queries.find(query.name, "a") is None
    monkeypatch.undo()
    await queries.close()
