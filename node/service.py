"""A node's process: opens what the node has, puts it together, serves until told to stop.

Data walks one way: `servicers` → `asking` or `responding` → `examination` and the agreements → the ledger → the wire.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from ledger.checkpoints import ledger_origin
from ledger.cosignatures import witness_name
from ledger.cosigning import Cosigner
from ledger.exchange import Exchange, Pace
from ledger.refusals import RefusedCalls
from ledger.witness import Witness
from matching.features import golden_digest
from matching.letters.loading import load_tables
from node.agreements.book import AgreementBook
from node.agreements.mail import heeding
from node.cases.clockwork import Clockwork, Keeping
from node.cases.incoming import Incoming
from node.cases.steps import HeldRecord
from node.cases.work import CaseWork
from node.config import NodeHome
from node.desk.calls import Desk
from node.desk.making import desk_at_work
from node.desk.servicers import add_desk_to_server, desk_rules
from node.directory.membership import Member
from node.disclosing import Disclosing
from node.holdings import Holdings, open_holdings
from node.mail.carrier import Carrier
from node.mail.post_room import PostRoom
from node.officers.access import DeskAccess
from node.queries.responding import Responder
from node.records.rules import rules_of
from node.retention import erasing
from node.servicers import NodeMailboxServicer, NodeResponderServicer
from node.systems.calls import SystemCalls
from node.systems.clients import NodeClients
from node.witnessing import NodeWitnessServicer, asking_over, witnessed_logs, witnesses
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.identity import Party
from symbolon.rpc.server import Policy, Service
from symbolon.v1.mail_pb2_grpc import add_MailboxServicer_to_server
from symbolon.v1.relay_pb2_grpc import add_ResponderServicer_to_server
from symbolon.v1.witness_pb2_grpc import add_WitnessServicer_to_server

logger = logging.getLogger("symbolon.node")

MOST_FILES = 65_536
"""Files that a node has open at most, where the machine allows as many."""


def node_policy(home: NodeHome) -> Policy:
    """Give the allowlist: the coordinator delivers, this agency's own certificate and its systems' use the desk."""

    def is_coordinator(party: Party) -> bool:
        return party == home.coordinator

    def is_own(party: Party) -> bool:
        return party == home.party

    desk = desk_rules(is_own)
    return Policy(
        {
            "/symbolon.v1.Responder/Answer": is_coordinator,
            "/symbolon.v1.Mailbox/Accept": is_coordinator,
            "/symbolon.v1.Witness/AddCheckpoint": is_coordinator,
            **desk,
        },
        of_systems=frozenset(desk),
    )


Beside = Callable[[NodeHome, Desk], AbstractAsyncContextManager[None]]
"""What runs beside a node on its desk for as long as it serves: the console."""


async def serve(home: NodeHome, listen: str, announce: Callable[[int], None], beside: Beside) -> None:
    """Serve until SIGTERM or SIGINT; ``announce`` is told the port once the node answers.

    Raises `SymbolonError` when something is missing: keys,
    certificate, membership, readable ``rules.toml``, the pepper of the index.
    """
    settings = home.settings
    _open_as_many_files_as_may_be()
    golden_digest()  # loads every table of the normaliser, so that the first query waits for none of them
    load_tables()  # and those of the comparison: a first hit that took longer would show that it was one
    async with AsyncExitStack() as stack:
        has = await open_holdings(home, stack)
        exchange = _exchange(has)
        disclosing = Disclosing(has.ledger, home.ledger_path, exchange, settings.witness_hours * 3600)
        cosigner = _cosigner(has)
        work = CaseWork(
            home.party,
            has.cases,
            has.ledger,
            has.agreements.current,
            _held(has),
            roles_of=has.officers.roles_of,
            stopped=disclosing.reason,
        )
        carrier = Carrier(_post_room(has, work), has.hub, settings.mail_tick_seconds, has.directory.members)
        refused = RefusedCalls(has.ledger, _is_of_the_server)
        await stack.enter_async_context(refused.counting())
        await stack.enter_async_context(disclosing.at_work())
        await stack.enter_async_context(_watching(cosigner, lambda: witnessed_logs(home, has.directory)))
        await stack.enter_async_context(carrier.at_work())
        await stack.enter_async_context(Clockwork(work, _keeping(home)).at_work(settings.sweep_seconds))
        await stack.enter_async_context(erasing(home.ledger_path, settings.log_personal_days))
        desk = await stack.enter_async_context(desk_at_work(has, work, disclosing, cosigner))
        clients = NodeClients(home.tls.authority, home.systems)
        systems = SystemCalls(clients, has.ledger)
        await stack.enter_async_context(systems.counting())
        access = DeskAccess(has.officers, has.ledger, desk.provided, systems)
        responder = _responder(has, disclosing)
        witness = NodeWitnessServicer(home, has.directory, cosigner)
        service = Service(
            home.tls,
            node_policy(home),
            [
                lambda server: add_ResponderServicer_to_server(NodeResponderServicer(responder), server),
                lambda server: add_desk_to_server(desk, access, server),
                lambda server: add_MailboxServicer_to_server(NodeMailboxServicer(carrier), server),
                lambda server: add_WitnessServicer_to_server(witness, server),
            ],
            on_refusal=refused.note,
            clients=clients,
        )
        await stack.enter_async_context(beside(home, desk))
        gc.freeze()  # tables and modules stay: no later collection looks through them
        await service.serve(listen, announce)


def _open_as_many_files_as_may_be() -> None:
    """Raise the soft limit of open files to the hard one: partners, databases and the console's browsers share it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _responder(has: Holdings, disclosing: Disclosing) -> Responder:
    return Responder(
        has.home,
        has.keys,
        has.directory,
        has.records,
        has.index,
        has.agreements,
        has.ledger,
        has.cases,
        has.house,
        stopped=disclosing.reason,
    )


def _post_room(has: Holdings, work: CaseWork) -> PostRoom:
    def pinned(uri: str) -> Member | None:
        return has.directory.federation.members.get(uri)

    return PostRoom(
        has.home.party.uri,
        has.keys,
        has.cases,
        has.ledger,
        lambda: _partners(has.agreements),
        pinned,
        heeding(has.agreements, Incoming(work).handle),
    )


def _is_of_the_server(_: str, code: ErrorCode) -> bool:
    """Say whether a refusal is the server's own; what the node's parts refuse they write down themselves."""
    return code in (ErrorCode.NOT_PERMITTED, ErrorCode.DEADLINE_REQUIRED, ErrorCode.INTERNAL)


def _exchange(has: Holdings) -> Exchange:
    home, settings = has.home, has.home.settings
    pace = Pace(settings.witness_minutes * 60, settings.log_padding, settings.witnesses_needed)
    origin = ledger_origin(home.party.uri)
    return Exchange(
        has.ledger, origin, has.keys.signing, asking_over(has.hub, home), lambda: witnesses(home, has.directory), pace
    )


def _cosigner(has: Holdings) -> Cosigner:
    witness = Witness(has.home.witness_path, witness_name(has.home.party.uri), has.keys.signing)
    return Cosigner(witness, has.ledger, lambda: datetime.now(UTC))


@asynccontextmanager
async def _watching(cosigner: Cosigner, logs: Callable[[], Collection[str]]) -> AsyncIterator[None]:
    task = asyncio.create_task(cosigner.watch(logs))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _held(has: Holdings) -> Callable[[str, datetime], HeldRecord | None]:
    """Give the look-up of a record as it stands, with its rules at a moment."""

    def held(record_id: str, now: datetime) -> HeldRecord | None:
        stored = has.records.current(record_id)
        if stored is None:
            return None
        record = stored.record
        return HeldRecord(record, rules_of(record.rules, record.subject, has.house, now))

    return held


def _keeping(home: NodeHome) -> Keeping:
    return Keeping(timedelta(days=home.settings.unpursued_days), timedelta(days=home.settings.closed_case_days))


def _partners(agreements: AgreementBook) -> set[str]:
    """Give everybody with whom this node has an agreement, in force or not: what follows a hit may outlast it."""
    return {Party.agency(party.agency).uri for one in agreements.current() for party in one.agreement.parties}
