"""The coordinator's process: opens what the hub has, puts it together, serves until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import grpc

from coordinator.delivery import Allowance, Delivery
from coordinator.description import own_entry, stated
from coordinator.directory import Directory
from coordinator.directory_log import DirectoryLog
from coordinator.directory_store import DirectoryStore
from coordinator.entries import Normaliser
from coordinator.envelopes import check_number
from coordinator.federation import FederationWatch, ask_over
from coordinator.home import CoordinatorHome
from coordinator.mail import MailRelay
from coordinator.metering import DailyMeter
from coordinator.responders import Responders
from coordinator.witnessing import WitnessRelay
from ledger.checkpoints import ledger_origin
from ledger.cosignatures import witness_name
from ledger.cosigning import ASK_SECONDS, Cosigner
from ledger.directory import directory_origin
from ledger.exchange import Clocks, Exchange, Pace, Told
from ledger.log import Ledger
from ledger.refusals import RefusedCalls
from ledger.witness import Witness
from matching.features import golden_digest, own_normaliser
from symbolon.rpc.background import in_background
from symbolon.rpc.certificates import load_certificate
from symbolon.rpc.channel import ENVELOPE_LIMIT, MESSAGE_LIMIT, open_channel
from symbolon.rpc.identity import Party, peer_party
from symbolon.rpc.server import Policy, Service
from symbolon.v1 import directory_pb2, mail_pb2, relay_pb2, witness_pb2
from symbolon.v1.directory_pb2_grpc import DirectoryServicer, add_DirectoryServicer_to_server
from symbolon.v1.mail_pb2_grpc import PostServicer, add_PostServicer_to_server
from symbolon.v1.relay_pb2_grpc import RelayServicer, add_RelayServicer_to_server
from symbolon.v1.witness_pb2_grpc import WitnessServicer, add_WitnessServicer_to_server

DIRECTORY_SECONDS = 300.0
"""Seconds from one showing of the directory's head to its witnesses to the next, at most: what is new waits for one."""

_Context = grpc.aio.ServicerContext[Any, Any]


def coordinator_policy(home: CoordinatorHome) -> Policy:
    """Give the allowlist: admitted agencies, for everything."""
    admitted = home.agencies

    def is_admitted(party: Party) -> bool:
        return party in admitted

    methods = ("Directory/Join", "Directory/ListMembers", "Relay/Deliver", "Post/Carry", "Witness/AddCheckpoint")
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
        return await self._directory.list(request.known)


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


class HubWitnessServicer(WitnessServicer):
    """The gRPC face of the witness exchange: decode, call, encode."""

    def __init__(self, relay: WitnessRelay) -> None:
        self._relay = relay

    async def AddCheckpoint(  # noqa: N802  # named by the service definition
        self, request: witness_pb2.AddCheckpointRequest, context: _Context
    ) -> witness_pb2.AddCheckpointResponse:
        """Cosign, or hand on to the member that is asked."""
        return await self._relay.add(peer_party(context), request, context.time_remaining())


@asynccontextmanager
async def coordinator_service(home: CoordinatorHome, clock: Callable[[], datetime]) -> AsyncIterator[Service]:
    """Put the server together, with the custodian watched for as long as it is open.

    Raises `SymbolonError` when settings or certificate are missing or wrong.
    """
    tls = home.tls
    home.prepare_keys()  # a folder of an earlier release has none
    normaliser = Normaliser(own_normaliser(), await asyncio.to_thread(golden_digest))
    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(Ledger(home.ledger_path, whole=True))
        refused = RefusedCalls(ledger)
        await stack.enter_async_context(refused.counting())
        store = stack.enter_context(DirectoryStore(home.directory_path))
        meter = stack.enter_context(DailyMeter(home.meter_path))
        custodian = open_channel(home.settings.custodian_address, home.custodian, tls, message_limit=ENVELOPE_LIMIT)
        await stack.enter_async_context(custodian)
        directory_ledger = stack.enter_context(Ledger(home.directory_log_path, whole=True))
        log = DirectoryLog(directory_ledger, home.party.uri, home.signing_key())
        watch = FederationWatch(home, log, normaliser.version)
        authority = load_certificate(tls.authority.read_bytes())
        directory = Directory(store, watch, log, own_entry(home), authority, normaliser, meter, clock)
        await directory.begin(stated(home, normaliser), home.agencies)
        await stack.enter_async_context(in_background(watch.keep(ask_over(custodian))))
        responders = Responders(tls)
        stack.push_async_callback(responders.close)
        settings = home.settings
        allowance = Allowance(settings.queries_a_day, settings.queries_of, settings.delivery_seconds)
        delivery = Delivery(directory, responders, meter, ledger, allowance, clock)
        mail = MailRelay(directory, responders, meter, ledger, settings.bags_a_day, clock)
        witnessing = _witnessing(home, ledger, directory, responders, clock)
        for exchange in _exchanges(home, ledger, directory_ledger, witnessing, clock):
            await stack.enter_async_context(in_background(exchange.run()))
        await stack.enter_async_context(in_background(witnessing.watch()))
        yield Service(
            tls,
            coordinator_policy(home),
            [
                lambda server: add_DirectoryServicer_to_server(HubDirectoryServicer(directory), server),
                lambda server: add_RelayServicer_to_server(HubRelayServicer(delivery), server),
                lambda server: add_PostServicer_to_server(HubPostServicer(mail), server),
                lambda server: add_WitnessServicer_to_server(HubWitnessServicer(witnessing), server),
            ],
            message_limit=MESSAGE_LIMIT,
            on_refusal=refused.note,
        )


def _witnessing(
    home: CoordinatorHome, ledger: Ledger, directory: Directory, responders: Responders, clock: Callable[[], datetime]
) -> WitnessRelay:
    witness = Witness(home.witness_path, witness_name(home.party.uri), home.signing_key())
    return WitnessRelay(home.party, directory, responders, Cosigner(witness, ledger, clock))


def _exchanges(
    home: CoordinatorHome, ledger: Ledger, directory: Ledger, relay: WitnessRelay, clock: Callable[[], datetime]
) -> tuple[Exchange, Exchange]:
    """Have the coordinator's own log and the directory witnessed by the members; neither waits for them.

    Every member reads the directory whole, so it is not filled up, and a new head of it is shown soon.
    """
    seconds, key = home.settings.witness_minutes * 60, home.signing_key()

    async def ask(witness: str, content: bytes) -> Told:
        return await relay.ask(witness, content, ASK_SECONDS)

    def exchange(log: Ledger, origin: str, pace: Pace) -> Exchange:
        return Exchange(log, origin, key, ask, relay.witnesses, pace, Clocks(clock))

    return (
        exchange(ledger, ledger_origin(home.party.uri), Pace(seconds, home.settings.log_padding, needed=1)),
        exchange(directory, directory_origin(home.party.uri), Pace(min(seconds, DIRECTORY_SECONDS), 0, needed=1)),
    )


async def serve(home: CoordinatorHome, listen: str, announce: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``announce`` is told the port once calls are answered."""
    async with coordinator_service(home, lambda: datetime.now(UTC)) as service:
        await service.serve(listen, announce)
