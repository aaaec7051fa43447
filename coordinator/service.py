"""The coordinator's process: opens what the hub has, puts it together, serves until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import grpc

from coordinator.delivery import Allowance, Delivery
from coordinator.description import own_entry
from coordinator.directory import Directory
from coordinator.directory_store import DirectoryStore
from coordinator.entries import Normaliser
from coordinator.envelopes import check_number
from coordinator.federation import FederationWatch, ask_over
from coordinator.home import CoordinatorHome
from coordinator.mail import MailRelay
from coordinator.metering import DailyMeter
from coordinator.responders import Responders
from ledger.log import Ledger
from ledger.refusals import RefusedCalls
from matching.features import NORMALISER_VERSION, golden_digest
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.channel import ENVELOPE_LIMIT, MESSAGE_LIMIT, open_channel
from symbolon.rpc.identity import Party, peer_party
from symbolon.rpc.server import Policy, Service
from symbolon.v1 import directory_pb2, mail_pb2, relay_pb2
from symbolon.v1.directory_pb2_grpc import DirectoryServicer, add_DirectoryServicer_to_server
from symbolon.v1.mail_pb2_grpc import PostServicer, add_PostServicer_to_server
from symbolon.v1.relay_pb2_grpc import RelayServicer, add_RelayServicer_to_server

_Context = grpc.aio.ServicerContext[Any, Any]


def coordinator_policy(home: CoordinatorHome) -> Policy:
    """Give the allowlist: admitted agencies, for everything."""
    admitted = home.agencies

    def is_admitted(party: Party) -> bool:
        return party in admitted

    methods = ("Directory/Join", "Directory/ListMembers", "Relay/Deliver", "Post/Carry")
    return Policy({f"/symbolon.v1.{method}": is_admitted for method in methods})


class HubDirectoryServicer(DirectoryServicer):
    """The gRPC face of the directory: decode, call, encode."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def Join(  # noqa: N802  # named by the service definition
        self, request: directory_pb2.JoinRequest, context: _Context
    ) -> directory_pb2.JoinResponse:
        """Enter the caller."""
        federation = await self._directory.join(peer_party(context), request.entry)
        return directory_pb2.JoinResponse(federation=federation)

    async def ListMembers(  # noqa: N802  # named by the service definition
        self, request: directory_pb2.ListMembersRequest, context: _Context
    ) -> directory_pb2.ListMembersResponse:
        """Give the directory."""
        return self._directory.list()


class HubRelayServicer(RelayServicer):
    """The gRPC face of the relay: decode, call, encode."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def Deliver(  # noqa: N802  # named by the service definition
        self, request: relay_pb2.DeliverRequest, context: _Context
    ) -> AsyncIterator[relay_pb2.DeliverResponse]:
        """Deliver, and stream the outcomes."""
        check_number(request.envelopes)  # before anything is made of them: empty ones come by the million
        envelopes = [envelope.query for envelope in request.envelopes]
        remaining: Callable[[], float] = context.time_remaining  # the builder refuses calls without a deadline
        async with aclosing(self._delivery.deliver(peer_party(context), envelopes, remaining)) as outcomes:
            async for outcome in outcomes:
                yield outcome


class HubPostServicer(PostServicer):
    """The gRPC face of the mail: decode, call, encode."""

    def __init__(self, mail: MailRelay) -> None:
        self._mail = mail

    async def Carry(  # noqa: N802  # named by the service definition
        self, request: mail_pb2.CarryRequest, context: _Context
    ) -> mail_pb2.CarryResponse:
        """Carry one bag."""
        failure = await self._mail.carry(peer_party(context), request.bag, context.time_remaining())
        return mail_pb2.CarryResponse(failure=failure)


@asynccontextmanager
async def coordinator_service(home: CoordinatorHome, clock: Callable[[], datetime]) -> AsyncIterator[Service]:
    """Put the server together, with the custodian watched for as long as it is open.

    Raises `SymbolonError` when settings or certificate are missing or wrong.
    """
    tls = home.tls
    home.prepare_keys()  # a folder of an earlier release has none
    normaliser = Normaliser(NORMALISER_VERSION, await asyncio.to_thread(golden_digest))
    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(Ledger(home.ledger_path))
        refused = RefusedCalls(ledger)
        await stack.enter_async_context(refused.counting())
        store = stack.enter_context(DirectoryStore(home.directory_path))
        meter = stack.enter_context(DailyMeter(home.meter_path))
        custodian = open_channel(home.settings.custodian_address, home.custodian, tls, message_limit=ENVELOPE_LIMIT)
        await stack.enter_async_context(custodian)
        watch = FederationWatch(home, store, normaliser.version)
        await stack.enter_async_context(_in_background(watch.keep(ask_over(custodian))))
        authority = load_certificate(tls.authority.read_bytes())
        directory = Directory(store, watch, ledger, own_entry(home), authority, normaliser, home.agencies, clock)
        responders = Responders(tls)
        stack.push_async_callback(responders.close)
        settings = home.settings
        allowance = Allowance(settings.queries_a_day, settings.queries_of, settings.delivery_seconds)
        delivery = Delivery(directory, responders, meter, ledger, allowance, clock)
        mail = MailRelay(directory, responders, meter, ledger, settings.bags_a_day, clock)
        yield Service(
            tls,
            coordinator_policy(home),
            [
                lambda server: add_DirectoryServicer_to_server(HubDirectoryServicer(directory), server),
                lambda server: add_RelayServicer_to_server(HubRelayServicer(delivery), server),
                lambda server: add_PostServicer_to_server(HubPostServicer(mail), server),
            ],
            message_limit=MESSAGE_LIMIT,
            on_refusal=refused.note,
        )


async def serve(home: CoordinatorHome, listen: str, announce: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``announce`` is told the port once calls are answered."""
    async with coordinator_service(home, lambda: datetime.now(UTC)) as service:
        await service.serve(listen, announce)


@asynccontextmanager
async def _in_background(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
