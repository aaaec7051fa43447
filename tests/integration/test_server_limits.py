"""How much a server takes: bytes of a message, calls under way, calls of one connection."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from coordinator.custodian.evaluation import MOST_ENROLMENT_ELEMENTS
from coordinator.envelopes import MOST_ENVELOPES
from matching.envelope import MOST_ENVELOPE_BYTES
from matching.reply import REPLY_BYTES
from symbolon.rpc import server
from symbolon.rpc.channel import (
    ELEMENTS_LIMIT,
    ENVELOPE_LIMIT,
    MESSAGE_LIMIT,
    REPLY_LIMIT,
    TlsFiles,
    open_channel,
)
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.server import Service
from symbolon.v1 import custodian_pb2
from symbolon.v1.custodian_pb2_grpc import add_CustodianServicer_to_server
from tests.integration.federation import DevelopmentAuthority, refusal, serving
from tests.integration.taught_server import POLICY, SERVER, UNLISTED, Taught, build, calling, evaluate

HEALTH = "grpc.health.v1.Health/Check"


async def test_a_server_that_says_nothing_else_takes_no_more_than_one_envelope(
    server_tls: TlsFiles, listed_tls: TlsFiles
) -> None:
    servicer = Taught()
    service = Service(server_tls, POLICY, [lambda server: add_CustodianServicer_to_server(servicer, server)])
    async with serving(service) as address, calling(address, listed_tls) as channel:
        assert await evaluate(channel, bytes(MOST_ENVELOPE_BYTES))
        async with refusal() as refused:
            await evaluate(channel, bytes(ENVELOPE_LIMIT))
    assert refused().code is ErrorCode.MALFORMED


async def test_an_oversized_answer_is_refused_by_its_caller(server_tls: TlsFiles, listed_tls: TlsFiles) -> None:
    async with (
        serving(build(server_tls, Taught())) as address,
        open_channel(address, SERVER, listed_tls, message_limit=1_000) as channel,
    ):
        assert await evaluate(channel, bytes(900)) == bytes(900)
        async with refusal() as refused:
            await evaluate(channel, bytes(1_000))
    assert refused().code is ErrorCode.MALFORMED


def test_the_largest_honest_messages_fit_their_limits() -> None:
    assert MOST_ENVELOPES * (MOST_ENVELOPE_BYTES + 16) < MESSAGE_LIMIT
    assert MOST_ENVELOPE_BYTES + 16 < ENVELOPE_LIMIT
    assert MOST_ENROLMENT_ELEMENTS * 32 + 1_000 < ELEMENTS_LIMIT
    assert REPLY_BYTES + 16 < REPLY_LIMIT


class Held:
    """Behaves as an evaluation that begins and does not end before it may."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()

    async def __call__(self, request: Any, context: Any) -> custodian_pb2.EvaluateResponse:
        await self.may_end.wait()
        return custodian_pb2.EvaluateResponse(evaluated=b"finished")


async def test_more_calls_than_a_server_takes_are_told_that_it_is_busy(
    server_tls: TlsFiles, listed_tls: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CALLS", 2)
    held = Held()
    servicer = Taught(held)
    async with serving(build(server_tls, servicer)) as address, calling(address, listed_tls) as channel:
        under_way = [asyncio.create_task(evaluate(channel)) for _ in range(2)]
        await begun(servicer, 2)
        async with refusal() as refused:
            await evaluate(channel)
        assert refused().code is ErrorCode.BUSY
        held.may_end.set()
        assert await asyncio.gather(*under_way) == [b"finished"] * 2
        assert await evaluate(channel) == b"finished"


async def test_more_calls_than_one_connection_may_have_wait_at_their_caller(
    server_tls: TlsFiles, listed_tls: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_STREAMS", 1)
    held = Held()
    servicer = Taught(held)
    async with serving(build(server_tls, servicer)) as address, calling(address, listed_tls) as channel:
        await channel.channel_ready()
        under_way = [asyncio.create_task(evaluate(channel)) for _ in range(3)]
        await begun(servicer, 1)
        await asyncio.sleep(0.3)
        assert len(servicer.callers) == 1
        held.may_end.set()
        assert await asyncio.gather(*under_way) == [b"finished"] * 3


async def test_a_caller_that_sends_no_message_does_not_hold_a_call(
    server_tls: TlsFiles, listed_tls: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CALLS", 2)
    monkeypatch.setattr(server, "MESSAGE_SECONDS", 0.2)
    async with serving(build(server_tls, Taught())) as address, calling(address, listed_tls) as channel:
        silent = [silence(channel, path) for path in ("symbolon.v1.Custodian/Evaluate", HEALTH)]
        for call in silent:
            assert await asyncio.wait_for(call.code(), 5) is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await evaluate(channel, b"as is") == b"as is"


async def test_who_may_not_call_is_refused_before_a_message_is_waited_for(
    server_tls: TlsFiles, authority: DevelopmentAuthority, homes: Path
) -> None:
    unlisted = authority.certify(homes / "unlisted", UNLISTED)
    async with serving(build(server_tls, Taught())) as address, calling(address, unlisted) as channel:
        call = silence(channel, "symbolon.v1.Custodian/Evaluate")
        assert await asyncio.wait_for(call.code(), 5) is grpc.StatusCode.PERMISSION_DENIED


async def test_nobody_holds_a_call_by_watching_the_health_of_a_server(
    server_tls: TlsFiles, listed_tls: TlsFiles
) -> None:
    async with serving(build(server_tls, Taught())) as address, calling(address, listed_tls) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=30)
        assert await asyncio.wait_for(watch.code(), 5) is grpc.StatusCode.UNIMPLEMENTED


def silence(channel: grpc.aio.Channel, path: str) -> Any:
    """Begin a call, and send no message."""
    begin: Any = channel.stream_unary(f"/{path}")
    return begin(timeout=30)


async def begun(servicer: Taught, count: int) -> None:
    """Wait until so many calls are under way."""
    async with asyncio.timeout(5):
        while len(servicer.callers) < count:  # noqa: ASYNC110  # the servicer has no event of its own for this
            await asyncio.sleep(0.01)
