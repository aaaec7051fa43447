"""A node's process: opens what the node has, puts it together, serves until told to stop.

Data walks one way: `servicers` → `asking` or `responding` → `examination` and the agreements → the ledger → the wire.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import grpc

from ledger.checkpoints import ledger_origin
from ledger.cosignatures import witness_name
from ledger.cosigning import Cosigner
from ledger.exchange import Exchange, Pace
from ledger.log import Ledger
from ledger.refusals import RefusedCalls
from ledger.witness import Witness
from matching.features import golden_digest
from node.accounts.calls import AccountCalls
from node.accounts.client import oidc_of
from node.accounts.identities import Identities
from node.accounts.provided import ProvidedIdentity
from node.accounts.provider import Provider
from node.accounts.staff import StaffCalls
from node.accounts.store import Accounts
from node.agreements.book import AgreementBook
from node.agreements.exports import kept_agreements
from node.agreements.mail import heeding
from node.agreements.signing import book_of, load_signatory
from node.auditing.calls import AuditCalls
from node.auditing.house import AuditedHouse
from node.auditing.subject_calls import SubjectCalls
from node.auditing.work_calls import AuditWorkCalls
from node.batches.calls import BatchCalls
from node.batches.running import Batches, Means
from node.batches.store import BatchStore
from node.cases.calls import CaseCalls
from node.cases.clockwork import Clockwork, Keeping
from node.cases.desk import CaseDesk
from node.cases.incoming import Incoming
from node.cases.steps import HeldRecord
from node.cases.store import has_case
from node.cases.work import CaseWork
from node.cases_file import open_cases
from node.config import NodeHome
from node.custody import CustodianClient
from node.database import DatabaseFile
from node.desk.calls import Desk
from node.desk.servicers import add_desk_to_server, desk_rules
from node.directory.membership import Member
from node.directory.recording import directory_news, epoch_live
from node.directory.review import News
from node.directory.view import Directory
from node.disclosing import Disclosing
from node.enrolment.index import IndexStore
from node.enrolment.pepper import check_pepper
from node.investigations.calls import InvestigationCalls
from node.investigations.store import InvestigationStore
from node.keys import NodeKeys, load_keys
from node.mail.carrier import Carrier
from node.mail.post_room import PostRoom
from node.officers.access import DeskAccess
from node.officers.permission import Permission
from node.officers.register import Officers
from node.operations.agreement_calls import AgreementCalls
from node.operations.list_calls import ListCalls, note_cancelled
from node.operations.node_calls import NodeCalls
from node.operations.record_calls import RecordCalls
from node.operations.spool import Spool
from node.operations.workshop import Workshop
from node.queries import queries_left
from node.queries.asking import Asker
from node.queries.calls import QueryCalls
from node.queries.plan import Planned
from node.queries.precedence import Precedence
from node.queries.responding import Responder
from node.records.rules import HouseRules, rules_of
from node.records.sqlite import SqliteRecordStore
from node.retention import erasing
from node.servicers import NodeMailboxServicer, NodeResponderServicer
from node.status import NodeStatus
from node.witnessing import NodeWitnessServicer, asking_over, witnessed_logs, witnesses
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.identity import Party
from symbolon.rpc.server import Policy, Service
from symbolon.v1.mail_pb2_grpc import add_MailboxServicer_to_server
from symbolon.v1.relay_pb2_grpc import add_ResponderServicer_to_server
from symbolon.v1.witness_pb2_grpc import add_WitnessServicer_to_server

logger = logging.getLogger("symbolon.node")


def node_policy(home: NodeHome) -> Policy:
    """Give the allowlist: the coordinator delivers, this agency's own certificate uses the desk."""

    def is_coordinator(party: Party) -> bool:
        return party == home.coordinator

    def is_own(party: Party) -> bool:
        return party == home.party

    return Policy(
        {
            "/symbolon.v1.Responder/Answer": is_coordinator,
            "/symbolon.v1.Mailbox/Accept": is_coordinator,
            "/symbolon.v1.Witness/AddCheckpoint": is_coordinator,
            **desk_rules(is_own),
        }
    )


Beside = Callable[[NodeHome, Desk], AbstractAsyncContextManager[None]]
"""What runs beside a node on its desk for as long as it serves: the console."""


async def serve(  # noqa: PLR0915
    home: NodeHome, listen: str, announce: Callable[[int], None], beside: Beside
) -> None:
    """Serve until SIGTERM or SIGINT; ``announce`` is told the port once the node answers.

    Raises `SymbolonError` when something is missing: keys,
    certificate, membership, readable ``rules.toml``, the pepper of the index.
    """
    tls = home.tls
    keys = load_keys(home.keys)
    golden_digest()  # loads every table of the normaliser, so that the first query waits for none of them
    house = _house_rules(home)
    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(Ledger(home.ledger_path, whole=True))
        records = stack.enter_context(SqliteRecordStore(home.records_path))
        index = stack.enter_context(IndexStore(home.index_path))
        officers = stack.enter_context(Officers(home.officers_path))
        accounts = stack.enter_context(Accounts(home.accounts_path))
        cases = open_cases(home.cases_path)
        stack.callback(cases.close)
        agreements = book_of(home, cases, ledger)
        check_pepper(index, keys.pepper, home.party.uri)
        hub = await stack.enter_async_context(open_channel(home.settings.coordinator_address, home.coordinator, tls))

        async def report(news: News) -> None:
            await directory_news(ledger, news)

        directory = Directory(home, hub, report)
        federation = directory.federation
        epoch_live(ledger, federation)
        custodian_channel = await stack.enter_async_context(
            open_channel(federation.custodian_address, Party.parse(federation.custodian), tls)
        )
        public_key = bytes.fromhex(federation.epoch_public_key)
        custodian = CustodianClient(custodian_channel, federation.epoch, public_key, who=federation.custodian_named)
        asker = Asker(home, keys, directory, custodian, hub, ledger, agreements, cases)
        exchange = _exchange(home, keys, directory, hub, ledger)
        disclosing = Disclosing(ledger, home.ledger_path, exchange, home.settings.witness_hours * 3600)
        cosigner = _cosigner(home, keys, ledger)
        responder = Responder(
            home, keys, directory, records, index, agreements, ledger, cases, house, stopped=disclosing.reason
        )
        permission = Permission(ledger)
        provided = await _provided(stack, home, officers, ledger)

        held = _held(records, house)
        work = CaseWork(
            home.party,
            cases,
            ledger,
            agreements.current,
            held,
            roles_of=officers.roles_of,
            stopped=disclosing.reason,
        )

        def pinned(uri: str) -> Member | None:
            return directory.federation.members.get(uri)

        room = PostRoom(
            home.party.uri,
            keys,
            cases,
            ledger,
            lambda: _partners(agreements),
            pinned,
            heeding(agreements, Incoming(work).handle),
        )
        carrier = Carrier(room, hub, home.settings.mail_tick_seconds, directory.members)
        status = NodeStatus(home, directory, records, index, agreements, ledger, cases, disclosing, cosigner)
        precedence = Precedence()
        batches = Batches(
            stack.enter_context(BatchStore(home.batches_path)),
            Means(
                asker,
                ledger,
                precedence,
                officers.roles_of,
                disclosing.reason,
                partial(has_case, cases),
                home.settings.query_seconds,
                home.settings.batch_days,
            ),
        )
        audited = _audited(home, keys, directory, ledger)
        works = AuditWorkCalls(permission, audited)
        stack.callback(works.stop)
        subjects = SubjectCalls(permission, audited)
        stack.callback(subjects.stop)
        spool = Spool(home.uploads_folder)
        workshop = Workshop(home.folder, spool, partial(note_cancelled, records, ledger, spool))
        desk = Desk(
            officers=officers,
            permission=permission,
            queries=QueryCalls(permission, asker, precedence),
            cases=CaseCalls(permission, CaseDesk(work)),
            batches=BatchCalls(permission, batches, partial(_left_for, cases), most=home.settings.batch_rows),
            status=status,
            investigations=InvestigationCalls(permission, InvestigationStore(cases, _keeping(home).closed), ledger),
            accounts=AccountCalls(accounts, officers, ledger, home.settings.agency),
            staff=StaffCalls(permission, officers, accounts, ledger),
            audit=AuditCalls(permission, audited),
            audit_works=works,
            subjects=subjects,
            node=NodeCalls(permission, home, status, directory, records, index, agreements, ledger, cases),
            lists=ListCalls(permission, home, records, ledger, spool, workshop),
            records=RecordCalls(permission, records, index, ledger, house),
            agreements=AgreementCalls(permission, agreements, records, house, partial(load_signatory, home)),
            provided=provided,
        )
        refused = RefusedCalls(ledger, _is_of_the_server)
        service = Service(
            tls,
            node_policy(home),
            [
                lambda server: add_ResponderServicer_to_server(NodeResponderServicer(responder), server),
                lambda server: add_desk_to_server(desk, DeskAccess(officers, ledger, provided), server),
                lambda server: add_MailboxServicer_to_server(NodeMailboxServicer(carrier), server),
                lambda server: add_WitnessServicer_to_server(NodeWitnessServicer(home, directory, cosigner), server),
            ],
            on_refusal=refused.note,
        )
        await stack.enter_async_context(refused.counting())
        await stack.enter_async_context(disclosing.at_work())
        await stack.enter_async_context(_watching(cosigner, lambda: witnessed_logs(home, directory)))
        await stack.enter_async_context(carrier.at_work())
        await stack.enter_async_context(Clockwork(work, _keeping(home)).at_work(home.settings.sweep_seconds))
        await stack.enter_async_context(erasing(home.ledger_path, home.settings.log_personal_days))
        await stack.enter_async_context(batches.at_work())
        await stack.enter_async_context(workshop.at_work())
        await stack.enter_async_context(beside(home, desk))
        await service.serve(listen, announce)


async def _provided(
    stack: AsyncExitStack, home: NodeHome, officers: Officers, ledger: Ledger
) -> ProvidedIdentity | None:
    """Open what the identity provider is asked with, where the agency has one; it is asked when somebody comes."""
    oidc = oidc_of(home)
    if oidc is None:
        return None
    identities = stack.enter_context(Identities(home.identities_path))
    provider = Provider(oidc)
    stack.push_async_callback(provider.close)
    return ProvidedIdentity(provider, identities, officers, ledger)


def _is_of_the_server(_: str, code: ErrorCode) -> bool:
    """Say whether a refusal is the server's own; what the node's parts refuse they write down themselves."""
    return code in (ErrorCode.NOT_PERMITTED, ErrorCode.DEADLINE_REQUIRED, ErrorCode.INTERNAL)


def _exchange(home: NodeHome, keys: NodeKeys, directory: Directory, hub: grpc.aio.Channel, ledger: Ledger) -> Exchange:
    settings = home.settings
    pace = Pace(settings.witness_minutes * 60, settings.log_padding, settings.witnesses_needed)
    origin = ledger_origin(home.party.uri)
    return Exchange(ledger, origin, keys.signing, asking_over(hub, home), lambda: witnesses(home, directory), pace)


def _audited(home: NodeHome, keys: NodeKeys, directory: Directory, ledger: Ledger) -> AuditedHouse:
    return AuditedHouse(
        home.party.uri,
        ledger,
        home.ledger_path,
        home.audit_folder,
        keys.signing,
        lambda: witnesses(home, directory),
        lambda: kept_agreements(home.cases_path),
        home.tls.authority,
    )


def _cosigner(home: NodeHome, keys: NodeKeys, ledger: Ledger) -> Cosigner:
    witness = Witness(home.witness_path, witness_name(home.party.uri), keys.signing)
    return Cosigner(witness, ledger, lambda: datetime.now(UTC))


@asynccontextmanager
async def _watching(cosigner: Cosigner, logs: Callable[[], Collection[str]]) -> AsyncIterator[None]:
    task = asyncio.create_task(cosigner.watch(logs))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _held(records: SqliteRecordStore, house: HouseRules) -> Callable[[str, datetime], HeldRecord | None]:
    """Give the look-up of a record as it stands, with its rules at a moment."""

    def held(record_id: str, now: datetime) -> HeldRecord | None:
        stored = records.current(record_id)
        if stored is None:
            return None
        record = stored.record
        return HeldRecord(record, rules_of(record.rules, record.subject, house, now))

    return held


def _keeping(home: NodeHome) -> Keeping:
    return Keeping(timedelta(days=home.settings.unpursued_days), timedelta(days=home.settings.closed_case_days))


def _left_for(cases: DatabaseFile, planned: Planned) -> tuple[int, int]:
    """Give how many queries a partner still takes today and in the case, by its last answer."""
    asked = planned.asked
    return queries_left.left(cases.connection, planned.member.uri, planned.agreement, asked.case, asked.now)


def _house_rules(home: NodeHome) -> HouseRules:
    """Read ``rules.toml``, and say what is not said in it: records that do not say it either are told to nobody."""
    house = HouseRules.of(home.rules_path)
    if house.unsaid:
        logger.warning(
            "%s does not say %s: records that do not say it themselves are told to nobody",
            home.rules_path.name,
            ", ".join(house.unsaid),
        )
    return house


def _partners(agreements: AgreementBook) -> set[str]:
    """Give everybody with whom this node has an agreement, in force or not: what follows a hit may outlast it."""
    return {Party.agency(party.agency).uri for one in agreements.current() for party in one.agreement.parties}
