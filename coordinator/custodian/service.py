"""A custodian's process: opens its key and counts, serves listed agencies and any coordinator until told to stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc

from coordinator.custodian.evaluation import Evaluator, Quota
from coordinator.custodian.home import CustodianHome, CustodianSettings, load_key
from coordinator.metering import DailyMeter
from matching.oblivious import SUITE
from symbolon.rpc.channel import ELEMENTS_LIMIT
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party, peer_party
from symbolon.rpc.server import Policy, Service
from symbolon.v1 import custodian_pb2
from symbolon.v1.custodian_pb2_grpc import CustodianServicer, add_CustodianServicer_to_server

_Context = grpc.aio.ServicerContext[Any, Any]


def custodian_policy(settings: CustodianSettings) -> Policy:
    """Give the allowlist: listed agencies evaluate, and they and every coordinator may read the public key."""
    agencies = {Party.agency(name) for name in settings.agencies}

    def is_listed(party: Party) -> bool:
        return party in agencies

    def is_listed_or_coordinator(party: Party) -> bool:
        return party.kind == "coordinator" or party in agencies

    return Policy(
        {
            "/symbolon.v1.Custodian/DescribeKey": is_listed_or_coordinator,
            "/symbolon.v1.Custodian/Evaluate": is_listed,
        }
    )


class KeyServicer(CustodianServicer):
    """The gRPC face: decode, call, encode."""

    def __init__(self, epoch: str, public_key: bytes, evaluator: Evaluator) -> None:
        self._description = custodian_pb2.DescribeKeyResponse(epoch=epoch, public_key=public_key, suite=SUITE)
        self._evaluator = evaluator

    async def DescribeKey(  # noqa: N802  # named by the service definition
        self, request: custodian_pb2.DescribeKeyRequest, context: _Context
    ) -> custodian_pb2.DescribeKeyResponse:
        """Tell which key is live."""
        return self._description

    async def Evaluate(  # noqa: N802  # named by the service definition
        self, request: custodian_pb2.EvaluateRequest, context: _Context
    ) -> custodian_pb2.EvaluateResponse:
        """Count, then evaluate."""
        caller = peer_party(context)
        if request.use == custodian_pb2.EVALUATION_USE_QUERY:
            proved = await self._evaluator.for_query(caller, request.epoch, request.blinded)
            return custodian_pb2.EvaluateResponse(evaluated=b"".join(proved.elements), proof=proved.proof)
        if request.use == custodian_pb2.EVALUATION_USE_ENROLMENT:
            evaluated = await self._evaluator.for_enrolment(caller, request.epoch, request.blinded)
            return custodian_pb2.EvaluateResponse(evaluated=b"".join(evaluated))
        raise SymbolonError(ErrorCode.MALFORMED, "use: neither query nor enrolment")


def custodian_service(home: CustodianHome, meter: DailyMeter, clock: Callable[[], datetime]) -> Service:
    """Put the server together; raise `SymbolonError` when key or certificate is missing."""
    settings = home.settings
    key = load_key(home)
    quotas = (
        Quota(settings.query_elements_a_day, settings.query_elements_of),
        Quota(settings.enrolment_elements_a_day, settings.enrolment_elements_of),
    )
    servicer = KeyServicer(settings.epoch, key.public_key(), Evaluator(settings.epoch, key, meter, quotas, clock))
    return Service(
        home.tls,
        custodian_policy(settings),
        [lambda server: add_CustodianServicer_to_server(servicer, server)],
        message_limit=ELEMENTS_LIMIT,
    )


async def serve(home: CustodianHome, listen: str, announce: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``announce`` is told the port once calls are answered."""
    with DailyMeter(home.meter_path) as meter:
        await custodian_service(home, meter, lambda: datetime.now(UTC)).serve(listen, announce)
