"""A hub with its custodian and taught nodes, for the tests of the coordinator.

The nodes speak the real protocol over real mutual TLS; what they answer is the test's choice.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc

from coordinator.custodian import home as custodian_home
from coordinator.custodian.service import custodian_service
from coordinator.home import CoordinatorHome, CoordinatorSettings, create_home
from coordinator.service import coordinator_service
from matching.envelope import QUERY_ID_BYTES, QueryBody, QueryHeader, SealedQuery, seal_query
from matching.features import golden_digest, own_normaliser
from matching.keys import SealingKey, SigningKey
from matching.lockbox import SizeClass
from matching.reply import REPLY_BYTES
from symbolon.rpc import certificates
from symbolon.rpc.channel import MESSAGE_LIMIT, TlsFiles
from symbolon.rpc.identity import Party
from symbolon.rpc.server import Policy, Service
from symbolon.v1.directory_pb2 import (
    JoinRequest,
    JoinResponse,
    ListMembersRequest,
    ListMembersResponse,
    MemberDescription,
    MemberEntry,
)
from symbolon.v1.directory_pb2_grpc import DirectoryStub
from symbolon.v1.envelope_pb2 import Envelope, SealedReply
from symbolon.v1.relay_pb2 import AnswerRequest, AnswerResponse, DeliverRequest, DeliverResponse, DeliveryFailure
from symbolon.v1.relay_pb2_grpc import RelayStub, ResponderServicer, add_ResponderServicer_to_server
from tests.integration.federation import LOOPBACK, DevelopmentAuthority, channel_to, serving

ASKER, FIRST, SECOND, OUTSIDER = (Party.agency(name) for name in ("FR-DNMS", "IT-DCPC", "GR-HCG", "XX-OTHER"))
HUB, CUSTODIAN = Party("coordinator", "HUB"), Party("custodian", "FIRST")
EPOCH = "2026-1"

Answering = Callable[[AnswerRequest, Any], Awaitable[AnswerResponse]]


async def well_formed(request: AnswerRequest, context: Any) -> AnswerResponse:
    """Answer with bytes of the right size, which is all the hub can judge."""
    return AnswerResponse(reply=SealedReply(reply=bytes(REPLY_BYTES)))


async def for_ever(request: AnswerRequest, context: Any) -> AnswerResponse:
    """Answer later than anybody waits."""
    await asyncio.sleep(60)
    raise AssertionError("nobody waited so long")


class TaughtNode(ResponderServicer):
    """A node that answers as the test says and keeps what it was asked."""

    def __init__(self, answering: Answering = well_formed) -> None:
        self.answering = answering
        self.received: list[bytes] = []
        self.abandoned = asyncio.Event()

    async def Answer(self, request: AnswerRequest, context: Any) -> AnswerResponse:  # noqa: N802
        """Answer one envelope."""
        self.received.append(request.envelope.query)
        try:
            return await self.answering(request, context)
        except asyncio.CancelledError:
            self.abandoned.set()
            raise


@dataclass
class Agency:
    """An agency with its keys and certificate, and where its node is reached."""

    party: Party
    tls: TlsFiles
    address: str = "127.0.0.1:9"
    signing: SigningKey = field(default_factory=SigningKey.generate)
    sealing: SealingKey = field(default_factory=SealingKey.generate)

    def entry(self, **changed: Any) -> MemberEntry:
        """Sign the agency's entry."""
        values: dict[str, Any] = {
            "member": self.party.uri,
            "display_name": f"Agency {self.party.name}",
            "address": self.address,
            "signing_key": self.signing.public_key().raw,
            "sealing_key": self.sealing.public_key().raw,
            "normaliser": own_normaliser(),
            "golden_digest": golden_digest(),
            "declared_records": 10,
            "issued_at": int(time.time()),
        }
        description = MemberDescription(**(values | changed)).SerializeToString(deterministic=True)
        certificate = certificates.load_certificate(self.tls.certificate.read_bytes())
        key = certificates.load_key(self.tls.key.read_bytes())
        return MemberEntry(
            description=description,
            certificate=certificates.certificate_der(certificate),
            signature=certificates.sign_statement(key, description),
        )

    def seal(
        self, recipient: Agency, query_id: bytes, size: SizeClass = SizeClass.SMALL, **changed: Any
    ) -> SealedQuery:
        """Seal a query about nobody; its lockbox is random bytes, which only a holder could tell from another."""
        now = int(time.time())
        values: dict[str, Any] = {
            "query_id": query_id,
            "sender": self.party.uri,
            "recipient": recipient.party.uri,
            "epoch": EPOCH,
            "normaliser_version": own_normaliser(),
            "agreement_id": "test-1",
            "purpose": "P1",
            "issued_at": now,
            "expires_at": now + 60,
            "size": size,
        }
        header = QueryHeader(**(values | changed))
        lockbox = secrets.token_bytes(size.lockbox_bytes)
        body = QueryBody(SealingKey.generate().public_key(), "", "law", "case", "user", bytes(32), lockbox)
        return seal_query(header, body, recipient.sealing.public_key(), self.signing)


@dataclass
class Stage:
    """A running hub and its custodian, with a clock the test sets."""

    authority: DevelopmentAuthority
    folder: Path
    stack: AsyncExitStack
    home: CoordinatorHome
    ahead: timedelta = timedelta()
    address: str = ""

    def now(self) -> datetime:
        """Give the hub's time: the real one, and what the test adds."""
        return datetime.now(UTC) + self.ahead

    def agency(self, party: Party) -> Agency:
        """Certify an agency."""
        return Agency(party, self.authority.certify(self.folder / party.name, party))

    async def node(
        self, party: Party, answering: Answering = well_formed, message_limit: int = MESSAGE_LIMIT
    ) -> tuple[Agency, TaughtNode]:
        """Start an agency's node and let it join."""
        agency, node = self.agency(party), TaughtNode(answering)
        agency.address = await self.serve_node(agency, node, message_limit)
        await self.join(agency)
        return agency, node

    async def serve_node(self, agency: Agency, node: TaughtNode, message_limit: int = MESSAGE_LIMIT) -> str:
        """Run a node and give its address."""
        policy = Policy({"/symbolon.v1.Responder/Answer": lambda caller: caller == HUB})
        registrations = [lambda server: add_ResponderServicer_to_server(node, server)]
        service = Service(agency.tls, policy, registrations, message_limit=message_limit)
        return await self.stack.enter_async_context(serving(service))

    def channel(self, agency: Agency) -> AbstractAsyncContextManager[grpc.aio.Channel]:
        """Connect to the hub as an agency."""
        return channel_to(self.address, HUB, agency.tls)

    async def join(self, agency: Agency, entry: MemberEntry | None = None) -> JoinResponse:
        """Join as an agency."""
        async with self.channel(agency) as channel:
            return await DirectoryStub(channel).Join(JoinRequest(entry=entry or agency.entry()), timeout=5)

    async def members(self, agency: Agency) -> ListMembersResponse:
        """List the members as an agency."""
        async with self.channel(agency) as channel:
            return await DirectoryStub(channel).ListMembers(ListMembersRequest(), timeout=5)

    async def deliver(
        self, agency: Agency, *queries: SealedQuery | bytes, seconds: float = 10
    ) -> list[DeliverResponse]:
        """Deliver envelopes as an agency and give all outcomes."""
        request = delivery(*queries)
        async with self.channel(agency) as channel:
            return [outcome async for outcome in RelayStub(channel).Deliver(request, timeout=seconds)]


def delivery(*queries: SealedQuery | bytes) -> DeliverRequest:
    """Put envelopes into a request."""
    raw = [query if isinstance(query, bytes) else query.to_bytes() for query in queries]
    return DeliverRequest(envelopes=[Envelope(query=one) for one in raw])


def by_recipient(outcomes: list[DeliverResponse]) -> dict[str, str]:
    """Give each recipient's outcome in a word."""
    return {
        one.recipient: "reply" if one.WhichOneof("outcome") == "reply" else DeliveryFailure.Name(one.failure)
        for one in outcomes
    }


def new_query_id() -> bytes:
    """Draw an identifier."""
    return secrets.token_bytes(QUERY_ID_BYTES)


def hub_home(authority: DevelopmentAuthority, folder: Path, custodian_address: str, **changed: Any) -> CoordinatorHome:
    """Make a certified hub's folder; ``changed`` are settings."""
    values = {
        "name": HUB.name,
        "federation": "Test federation",
        "listen": "127.0.0.1:0",
        "agencies": tuple(party.name for party in (ASKER, FIRST, SECOND)),
        "custodian": CUSTODIAN.name,
        "custodian_address": custodian_address,
    }
    home = create_home(folder, CoordinatorSettings.model_validate(values | changed))
    authority.certify_prepared(folder, HUB)
    return home


def make_custodian(authority: DevelopmentAuthority, folder: Path) -> custodian_home.CustodianHome:
    """Make a certified custodian's folder."""
    settings = custodian_home.CustodianSettings(
        name=CUSTODIAN.name, listen="127.0.0.1:0", epoch=EPOCH, agencies=(ASKER.name, FIRST.name, SECOND.name)
    )
    home = custodian_home.create_home(folder, settings)
    authority.certify_prepared(folder, CUSTODIAN)
    return home


@asynccontextmanager
async def running_custodian(home: custodian_home.CustodianHome, listen: str = LOOPBACK) -> AsyncIterator[str]:
    """Run a custodian and give its address."""
    async with custodian_service(home, lambda: datetime.now(UTC)) as service, serving(service, listen) as address:
        yield address


@asynccontextmanager
async def hub(authority: DevelopmentAuthority, folder: Path, home: CoordinatorHome) -> AsyncIterator[Stage]:
    """Run a hub that may not know the epoch's key yet."""
    async with AsyncExitStack() as stack:
        made = Stage(authority, folder, stack, home)
        service = await stack.enter_async_context(coordinator_service(home, made.now))
        made.address = await stack.enter_async_context(serving(service))
        yield made


@asynccontextmanager
async def stage(authority: DevelopmentAuthority, folder: Path, **changed: Any) -> AsyncIterator[Stage]:
    """Run a custodian, and a hub that knows its key already; ``changed`` are the hub's settings."""
    async with running_custodian(make_custodian(authority, folder / "custodian")) as custodian_address:
        home = hub_home(authority, folder / "hub", custodian_address, **changed)
        async with hub(authority, folder, home) as made:
            await known(made, made.agency(ASKER))
            yield made


async def known(made: Stage, agency: Agency) -> ListMembersResponse:
    """Wait until the hub has learned the epoch's key, and give its directory."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await made.members(agency)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.02)
