"""What one caller or one node can do to the others at the hub: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import grpc
import pytest

from coordinator import responders
from coordinator.service import HubRelayServicer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1.envelope_pb2 import Envelope
from symbolon.v1.relay_pb2 import AnswerRequest, AnswerResponse
from tests.integration.federation import DevelopmentAuthority
from tests.integration.hub import ASKER, FIRST, SECOND, by_recipient, new_query_id, stage, well_formed


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
