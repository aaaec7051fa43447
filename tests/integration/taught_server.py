"""A custodian in name only, whose behaviour each test of the server builder teaches it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc

from symbolon.rpc.channel import TlsFiles
from symbolon.rpc.identity import Party, peer_party
from symbolon.rpc.server import Policy, Service
from symbolon.v1 import custodian_pb2
from symbolon.v1.custodian_pb2_grpc import CustodianServicer, CustodianStub, add_CustodianServicer_to_server
from tests.integration.federation import channel_to

SERVER = Party("custodian", "FIRST")
LISTED = Party.agency("FR-DNMS")
UNLISTED = Party.agency("XX-OTHER")
Behaviour = Callable[[custodian_pb2.EvaluateRequest, Any], Awaitable[custodian_pb2.EvaluateResponse]]

POLICY = Policy(
    {
        "/symbolon.v1.Custodian/DescribeKey": lambda party: True,
        "/symbolon.v1.Custodian/Evaluate": lambda party: party == LISTED,
    }
)


class Taught(CustodianServicer):
    """Answers as the test says, and remembers who called."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.callers: list[Party] = []
        self._behaviour = behaviour

    async def DescribeKey(self, request: Any, context: Any) -> custodian_pb2.DescribeKeyResponse:  # noqa: N802
        self.callers.append(peer_party(context))
        return custodian_pb2.DescribeKeyResponse(epoch="e")

    async def Evaluate(self, request: Any, context: Any) -> custodian_pb2.EvaluateResponse:  # noqa: N802
        self.callers.append(peer_party(context))
        if self._behaviour is not None:
            return await self._behaviour(request, context)
        return custodian_pb2.EvaluateResponse(evaluated=request.blinded)


def build(tls: TlsFiles, servicer: Taught, message_limit: int = 1 << 20) -> Service:
    return Service(
        tls, POLICY, [lambda server: add_CustodianServicer_to_server(servicer, server)], message_limit=message_limit
    )


def calling(address: str, tls: TlsFiles) -> AbstractAsyncContextManager[grpc.aio.Channel]:
    return channel_to(address, SERVER, tls)


async def evaluate(channel: grpc.aio.Channel, blinded: bytes = b"", seconds: float | None = 5.0) -> bytes:
    request = custodian_pb2.EvaluateRequest(blinded=blinded)
    answer = await CustodianStub(channel).Evaluate(request, timeout=seconds)
    return answer.evaluated
