"""The desk of a running node, made of what the node has: every call with the parts it works on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from ledger.cosigning import Cosigner
from node.accounts.calls import AccountCalls
from node.accounts.client import oidc_of
from node.accounts.identities import Identities
from node.accounts.provided import ProvidedIdentity
from node.accounts.provider import Provider
from node.accounts.staff import StaffCalls
from node.agreements.exports import kept_agreements
from node.agreements.signing import load_signatory
from node.auditing.calls import AuditCalls
from node.auditing.house import AuditedHouse
from node.auditing.subject_calls import SubjectCalls
from node.auditing.work_calls import AuditWorkCalls
from node.batches.calls import BatchCalls
from node.batches.running import Batches, Means
from node.batches.store import BatchStore
from node.cases.calls import CaseCalls
from node.cases.desk import CaseDesk
from node.cases.store import has_case
from node.cases.work import CaseWork
from node.database import DatabaseFile
from node.desk.calls import Desk
from node.disclosing import Disclosing
from node.holdings import Holdings
from node.investigations.calls import InvestigationCalls
from node.investigations.store import InvestigationStore
from node.officers.permission import Permission
from node.operations.agreement_calls import AgreementCalls
from node.operations.list_calls import LISTS, ListCalls, note_cut_short
from node.operations.node_calls import NodeCalls
from node.operations.record_calls import RecordCalls
from node.operations.spool import Spool
from node.operations.workshop import Workshop
from node.queries import queries_left
from node.queries.asking import Asker
from node.queries.calls import QueryCalls
from node.queries.plan import Planned
from node.queries.precedence import Precedence
from node.status import NodeStatus
from node.uploads import Uploads
from node.witnessing import witnesses


@asynccontextmanager
async def desk_at_work(
    has: Holdings, work: CaseWork, disclosing: Disclosing, cosigner: Cosigner
) -> AsyncIterator[Desk]:
    """Give the desk; lists of queries, imports and the auditors' long works go on while the context lasts."""
    async with AsyncExitStack() as stack:
        home, permission, precedence = has.home, Permission(has.ledger), Precedence()
        asker = Asker(home, has.keys, has.directory, has.custodian, has.hub, has.ledger, has.agreements, has.cases)
        batches = Batches(
            stack.enter_context(BatchStore(home.batches_path)), _means(has, asker, precedence, disclosing)
        )
        audited = _audited(has)
        works, subjects = AuditWorkCalls(permission, audited), SubjectCalls(permission, audited, has.records)
        await stack.enter_async_context(works.at_work())
        await stack.enter_async_context(subjects.at_work())
        spool, uploads = Spool(home.uploads_folder), Uploads(home.uploads_folder, LISTS)
        workshop = Workshop(home.folder, spool, partial(note_cut_short, has.records, has.ledger, spool))
        status = NodeStatus(has, disclosing, cosigner)
        closed = timedelta(days=home.settings.closed_case_days)
        desk = Desk(
            officers=has.officers,
            permission=permission,
            queries=QueryCalls(permission, asker, precedence),
            cases=CaseCalls(permission, CaseDesk(work)),
            batches=BatchCalls(permission, batches, partial(_left_for, has.cases), most=home.settings.batch_rows),
            status=status,
            investigations=InvestigationCalls(permission, InvestigationStore(has.cases, closed), has.ledger),
            accounts=AccountCalls(has.accounts, has.officers, has.ledger, home.settings.agency),
            staff=StaffCalls(permission, has.officers, has.accounts, has.ledger),
            audit=AuditCalls(permission, audited),
            audit_works=works,
            subjects=subjects,
            node=NodeCalls(permission, has, status),
            lists=ListCalls(permission, home, has.records, has.ledger, uploads, workshop),
            records=RecordCalls(
                permission, has.records, has.index, has.ledger, has.house, lambda: has.directory.federation.epoch
            ),
            agreements=AgreementCalls(
                permission, has.agreements, has.records, has.house, partial(load_signatory, home)
            ),
            provided=_provided(has, stack),
        )
        await stack.enter_async_context(desk.accounts.refusals.counting())
        if desk.provided is not None:
            await stack.enter_async_context(desk.provided.refusals.counting())
        await stack.enter_async_context(batches.at_work())
        await stack.enter_async_context(workshop.at_work())
        await stack.enter_async_context(uploads.at_work())
        yield desk


def _means(has: Holdings, asker: Asker, precedence: Precedence, disclosing: Disclosing) -> Means:
    settings = has.home.settings
    return Means(
        asker,
        has.ledger,
        precedence,
        has.officers.roles_of,
        disclosing.reason,
        partial(has_case, has.cases),
        settings.query_seconds,
        settings.batch_days,
    )


def _audited(has: Holdings) -> AuditedHouse:
    home = has.home
    return AuditedHouse(
        home.party.uri,
        has.ledger,
        home.ledger_path,
        home.audit_folder,
        has.keys.signing,
        lambda: witnesses(home, has.directory),
        lambda: kept_agreements(home.cases_path),
        home.tls.authority,
    )


def _provided(has: Holdings, stack: AsyncExitStack) -> ProvidedIdentity | None:
    """Open what the identity provider is asked with, where the agency has one; it is asked when somebody comes."""
    oidc = oidc_of(has.home)
    if oidc is None:
        return None
    identities = stack.enter_context(Identities(has.home.identities_path))
    provider = Provider(oidc)
    stack.push_async_callback(provider.close)
    return ProvidedIdentity(provider, identities, has.officers, has.ledger)


def _left_for(cases: DatabaseFile, planned: Planned) -> tuple[int, int]:
    """Give how many queries a partner still takes today and in the case, by its last answer."""
    asked = planned.asked
    return queries_left.left(cases.connection, planned.member.uri, planned.agreement, asked.case, asked.now)
