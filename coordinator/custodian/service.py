"""A custodian's process: opens key, counts and log, serves listed agencies and any coordinator until told to stop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import grpc

from coordinator.custodian.evaluation import Evaluator, Quota
from coordinator.custodian.home import CustodianHome, CustodianSettings, load_key
from coordinator.custodian.recording import DescribedKey, epoch_live
from coordinator.metering import DailyMeter
from ledger.log import Ledger
from ledger.refusals import RefusedCalls
from matching.oblivious import SUITE, PrivateKey
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

    def __init__(self, described: DescribedKey, evaluator: Evaluator) -> None:
        self._described = described
        self._evaluator = evaluator

    async def DescribeKey(  # noqa: N802  # named by the service definition
        self, request: custodian_pb2.DescribeKeyRequest, context: _Context
    ) -> custodian_pb2.DescribeKeyResponse:
        """Tell which key is live."""
        await self._described.told_to(peer_party(context))
        key = self._described
        return custodian_pb2.DescribeKeyResponse(epoch=key.epoch, public_key=key.public_key, suite=SUITE)

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


@asynccontextmanager
async def custodian_service(home: CustodianHome, clock: Callable[[], datetime]) -> AsyncIterator[Service]:
    """Put the server together, with counts and log open; raise `SymbolonError` when key or certificate is missing."""
    key, tls = load_key(home), home.tls
    home.prepare_signing_key()  # a folder of an earlier release has none
    async with AsyncExitStack() as stack:
        meter = stack.enter_context(DailyMeter(home.meter_path))
        ledger = stack.enter_context(Ledger(home.ledger_path, whole=True))
        refused = RefusedCalls(ledger)
        await stack.enter_async_context(refused.counting())
        servicer = _servicer(home, key, meter, ledger, clock)
        yield Service(
            tls,
            custodian_policy(home.settings),
            [lambda server: add_CustodianServicer_to_server(servicer, server)],
            message_limit=ELEMENTS_LIMIT,
            on_refusal=refused.note,
        )


def _servicer(
    home: CustodianHome, key: PrivateKey, meter: DailyMeter, ledger: Ledger, clock: Callable[[], datetime]
) -> KeyServicer:
    settings = home.settings
    quotas = (
        Quota(settings.query_elements_a_day, settings.query_elements_of),
        Quota(settings.enrolment_elements_a_day, settings.enrolment_elements_of),
    )
    epoch_live(ledger, home.party, settings.epoch, key.public_key())
    described = DescribedKey(ledger, settings.epoch, key.public_key(), clock)
    return KeyServicer(described, Evaluator(settings.epoch, key, meter, quotas, ledger, clock))


async def serve(home: CustodianHome, listen: str, announce: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``announce`` is told the port once calls are answered."""
    async with custodian_service(home, lambda: datetime.now(UTC)) as service:
        await service.serve(listen, announce)
