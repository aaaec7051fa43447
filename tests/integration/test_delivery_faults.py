"""What one caller or one node can do to the others at the hub: nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import grpc
import pytest

from coordinator import delivery as delivering
from coordinator import responders
from coordinator.envelopes import read_envelopes
from coordinator.service import HubRelayServicer
from matching.envelope import SealedQuery
from matching.reply import REPLY_BYTES
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.envelope_pb2 import Envelope
from symbolon.v1.relay_pb2 import AnswerRequest, AnswerResponse
from tests.integration.federation import DevelopmentAuthority, refusal
from tests.integration.hub import ASKER, FIRST, SECOND, by_recipient, for_ever, new_query_id, stage, well_formed


class Flood:
    """Stands for millions of empty envelopes in one message: they may be counted, not looked at."""

    def __len__(self) -> int:
        return 4_000_000

    def __iter__(self) -> Iterator[Envelope]:
        raise AssertionError("an envelope was looked at")


async def test_too_many_envelopes_are_refused_before_one_is_looked_at() -> None:
    nobody: Any = None
    request: Any = SimpleNamespace(envelopes=Flood())
    with pytest.raises(SymbolonError) as refused:
        await anext(HubRelayServicer(nobody).Deliver(request, nobody))
    assert refused.value.code is ErrorCode.MALFORMED


async def test_a_call_given_up_keeps_its_place_until_its_thread_has_ended(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def held(*arguments: Any) -> list[SealedQuery]:
        begun.set()
        assert may_end.wait(10)
        return read_envelopes(*arguments)

    monkeypatch.setattr(delivering, "MOST_OF_ONE_AGENCY", 1)
    monkeypatch.setattr(delivering, "read_envelopes", held)
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, node = await made.node(FIRST)
        given_up = asyncio.create_task(made.deliver(asker, asker.seal(member, new_query_id())))
        await asyncio.to_thread(begun.wait, 10)
        given_up.cancel()
        await asyncio.wait([given_up])
        await asyncio.sleep(0.2)
        async with refusal() as refused:
            await made.deliver(asker, asker.seal(member, new_query_id()))
        assert refused().code is ErrorCode.BUSY
        may_end.set()
        await asyncio.sleep(0.2)
        assert by_recipient(await made.deliver(asker, asker.seal(member, new_query_id()))) == {FIRST.uri: "reply"}
        assert len(node.received) == 1


async def test_of_a_node_no_more_is_read_than_a_reply_takes(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responders, "REPLY_LIMIT", REPLY_BYTES)  # without room for the message around the reply
    assert set((await outcomes_of_two(authority, homes, well_formed)).values()) == {"DELIVERY_FAILURE_INVALID_REPLY"}


class GarbledStatus(NamedTuple):
    """A refusal whose details are no message, as only a lying node sends."""

    code: grpc.StatusCode = grpc.StatusCode.FAILED_PRECONDITION
    details: str = ""
    trailing_metadata: tuple[tuple[str, bytes], ...] = (("grpc-status-details-bin", b"\xff\xff\xff"),)


async def test_a_garbled_refusal_costs_no_other_nodes_outcome(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(request: AnswerRequest, context: Any) -> AnswerResponse:
        monkeypatch.setattr("symbolon.rpc.server.to_status", lambda error: GarbledStatus())
        raise SymbolonError(ErrorCode.EPOCH_MISMATCH)

    assert await outcomes_of_two(authority, homes, refuse) == {
        FIRST.uri: "DELIVERY_FAILURE_INVALID_REPLY",
        SECOND.uri: "reply",
    }


async def test_whatever_goes_wrong_with_one_node_costs_no_other_nodes_outcome(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(error: grpc.aio.AioRpcError) -> None:
        raise RuntimeError("Ivan Invented, born 1980")

    async def refuse(request: AnswerRequest, context: Any) -> AnswerResponse:
        raise SymbolonError(ErrorCode.EPOCH_MISMATCH)

    monkeypatch.setattr(responders, "classify", fail)
    assert await outcomes_of_two(authority, homes, refuse) == {
        FIRST.uri: "DELIVERY_FAILURE_INVALID_REPLY",
        SECOND.uri: "reply",
    }
    assert f"{FIRST.uri}: RuntimeError at test_delivery_faults.py:" in caplog.text
    assert "Invented" not in caplog.text


async def outcomes_of_two(authority: DevelopmentAuthority, homes: Path, answering: Any) -> dict[str, str]:
    """Give what comes of a query to a node taught so and to an honest one, which answers later."""

    async def later(request: AnswerRequest, context: Any) -> AnswerResponse:
        await asyncio.sleep(0.3)
        return await well_formed(request, context)

    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        first, _ = await made.node(FIRST, answering)
        second, _ = await made.node(SECOND, later)
        query_id = new_query_id()
        return by_recipient(await made.deliver(asker, asker.seal(first, query_id), asker.seal(second, query_id)))


async def test_who_waits_for_a_full_node_waits_on_its_own_time(
    authority: DevelopmentAuthority, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responders, "MOST_AT_ONE_NODE", 1)
    async with stage(authority, homes) as made:
        asker = made.agency(ASKER)
        await made.join(asker)
        member, node = await made.node(FIRST, for_ever)
        first, *others = [asker.seal(member, new_query_id()) for _ in range(3)]
        longest = asyncio.create_task(made.deliver(asker, first, seconds=10.0))
        while not node.received:  # noqa: ASYNC110  # the node has no event of its own for this
            await asyncio.sleep(0.01)
        outcomes = await asyncio.gather(*(made.deliver(asker, query, seconds=3.0) for query in others))
        assert not longest.done()
        assert len(node.received) == 1
        outcomes.append(await longest)
    assert [by_recipient(one) for one in outcomes] == [{FIRST.uri: "DELIVERY_FAILURE_TIMED_OUT"}] * 3
