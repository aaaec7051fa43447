"""All calls of the desk in one place, by the service of ``symbolon.v1`` whose methods they are.

The method ``ShowCase`` of a service is the function ``show_case`` of its object here. A unary call takes the request
and the officer; a call that streams takes its deadline, on the monotonic clock, as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from node.accounts.calls import AccountCalls
from node.accounts.provided import ProvidedIdentity
from node.accounts.staff import StaffCalls
from node.auditing.calls import AuditCalls
from node.auditing.subject_calls import SubjectCalls
from node.auditing.work_calls import AuditWorkCalls
from node.batches.calls import BatchCalls
from node.cases.calls import CaseCalls
from node.desk.room import Room
from node.investigations.calls import InvestigationCalls
from node.officers.permission import Permission
from node.officers.register import Officers
from node.operations.agreement_calls import AgreementCalls
from node.operations.list_calls import ListCalls
from node.operations.node_calls import NodeCalls
from node.operations.record_calls import RecordCalls
from node.queries.calls import QueryCalls
from node.status import NodeStatus


@dataclass(frozen=True, slots=True)
class Desk:
    """What this agency's people can do. Every call raises `SymbolonError`; `ROLE_MISSING` where no role allows it.

    ``provided`` tells who somebody is by the agency's identity provider, where it has one; it is no call. ``room`` is
    what all faces of the desk have together.
    """

    officers: Officers
    permission: Permission
    queries: QueryCalls
    cases: CaseCalls
    batches: BatchCalls
    status: NodeStatus
    investigations: InvestigationCalls
    accounts: AccountCalls
    staff: StaffCalls
    audit: AuditCalls
    audit_works: AuditWorkCalls
    subjects: SubjectCalls
    node: NodeCalls
    lists: ListCalls
    records: RecordCalls
    agreements: AgreementCalls
    provided: ProvidedIdentity | None = None
    room: Room = field(default_factory=Room)
