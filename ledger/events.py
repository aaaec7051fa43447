"""The events of the disclosure log: closed, typed, free of personal data.

What is personal (a subject's fields, a record's id, a case reference, the name of a colleague) is never a field of an
event. It is handed to the log beside the event and enters the entry as salted commitments only (`ledger.entries`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ledger.account_events import AccountEvent
from ledger.agreement_events import AgreementEvent
from ledger.batch_events import BatchEvent
from ledger.case_events import CaseEvent
from ledger.directory_events import DirectoryEvent, NodeDirectoryEvent
from ledger.federation_events import FederationEvent
from ledger.investigation_events import InvestigationEvent
from ledger.log_events import LogEvent
from ledger.logged import LoggedEvent
from ledger.officer_events import OfficerEvent
from ledger.referral_events import ReferralEvent
from ledger.subject_events import SubjectAccessDecided
from ledger.system_events import SystemEvent

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]*$")]


class QuerySent(LoggedEvent):
    """Asker: a query is about to be put.

    Personal: the subject's fields, user, legal basis, case, justification; ``decision``, what each choice of an
    agreement was made from (`agreements.inputs`).
    ``not_asked`` are members to whom it is not put, since no agreement covers it or they normalise otherwise.
    """

    type: Literal["query_sent"] = "query_sent"
    query_id: Hex
    purpose: str
    recipients: tuple[str, ...]
    agreements: tuple[str, ...]
    agreement_hashes: tuple[Hex, ...]
    not_asked: tuple[str, ...] = ()


class QueryDenied(LoggedEvent):
    """Asker: a query of its own officer is not put; ``reason`` is the error's code. Personal: as for `QuerySent`."""

    type: Literal["query_denied"] = "query_denied"
    query_id: Hex
    purpose: str
    recipients: tuple[str, ...]
    reason: str


class AnswerReceived(LoggedEvent):
    """Asker: one node's outcome, before the analyst sees it.

    Personal: user, legal basis, case reference, the references told; ``decision``, what this side's own, of which the
    trace is, was made from. ``cases`` are the references told as both logs call them (`ledger.case_events.name_case`).
    """

    type: Literal["answer_received"] = "answer_received"
    query_id: Hex
    envelope_digest: Hex = ""
    member: str
    agreement_hash: Hex = ""
    purpose: str = ""
    outcome: str
    level: int
    candidates: int
    cases: tuple[Hex, ...] = ()
    trace: tuple[str, ...] = ()


class QueryReceived(LoggedEvent):
    """Holder: an envelope that verified has come. Personal: user, legal basis, case reference, justification."""

    type: Literal["query_received"] = "query_received"
    query_id: Hex
    envelope_digest: Hex
    sender: str
    agreement: str
    agreement_hash: Hex
    purpose: str
    entries: int


class QueryOpened(LoggedEvent):
    """Holder: records of ours share a rule token with the query.

    Personal: the record ids and references; user, legal basis, case reference of the query.
    """

    type: Literal["query_opened"] = "query_opened"
    query_id: Hex = ""
    envelope_digest: Hex
    sender: str = ""
    agreement_hash: Hex = ""
    purpose: str = ""
    records: int
    rules: tuple[str, ...]
    bands: tuple[str, ...]


NOTHING_OPENED = ("nothing opened",)
"""The trace of an answer to a query that opened no record: nothing was known of anybody, so nothing was decided."""


class QueryAnswered(LoggedEvent):
    """Holder: the level answered, with the decision's trace. Nothing found is level 0 too.

    Personal: user, legal basis, case reference of the query; ``decision``, what it was made from, where records opened.
    ``cases`` are the references told, as in `AnswerReceived`.
    """

    type: Literal["query_answered"] = "query_answered"
    query_id: Hex = ""
    envelope_digest: Hex
    sender: str
    level: int
    cases: tuple[Hex, ...] = ()
    agreement_hash: Hex
    purpose: str = ""
    trace: tuple[str, ...]


class HitSilent(LoggedEvent):
    """Holder: records matched of which only its own officers may know. Personal: as for `QueryOpened`."""

    type: Literal["hit_silent"] = "hit_silent"
    query_id: Hex = ""
    envelope_digest: Hex
    sender: str
    agreement_hash: Hex = ""
    purpose: str = ""
    records: int


class QueryRefused(LoggedEvent):
    """Holder: answered with nothing, for a reason that only this log knows.

    Query, agreement and purpose as far as the envelope could be read. Personal, if it was opened: user, legal basis,
    case reference, justification.
    """

    type: Literal["query_refused"] = "query_refused"
    query_id: Hex = ""
    envelope_digest: Hex
    sender: str
    agreement_hash: Hex = ""
    purpose: str = ""
    reason: str


class QueryRelayed(LoggedEvent):
    """Coordinator: the envelopes of one query are about to be delivered; the sequences run parallel."""

    type: Literal["query_relayed"] = "query_relayed"
    query_id: Hex
    sender: str
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    agreements: tuple[str, ...]
    entries: tuple[int, ...]
    envelope_bytes: tuple[int, ...]
    digests: tuple[Hex, ...]


class MailRelayed(LoggedEvent):
    """Coordinator: up to ``bags`` mailbags of this sender for this recipient are about to be carried."""

    type: Literal["mail_relayed"] = "mail_relayed"
    sender: str
    recipient: str
    bags: int


class MessagePosted(LoggedEvent):
    """Node: a message is about to leave for a partner; its size in KiB is rounded up to a power of two."""

    type: Literal["message_posted"] = "message_posted"
    partner: str
    digest: Hex
    kibibytes: int


class MessageAccepted(LoggedEvent):
    """Node: a message of a partner has come whole and is about to be handed over; fields as above."""

    type: Literal["message_accepted"] = "message_accepted"
    partner: str
    digest: Hex
    kibibytes: int


class MessageShown(LoggedEvent):
    """Node: somebody is about to see a message set aside, if there is one of that number. Personal: user."""

    type: Literal["message_shown"] = "message_shown"
    number: int


class MessageRetried(LoggedEvent):
    """Node: a message set aside is about to be handed over again, if there is one of that number. Personal: user."""

    type: Literal["message_retried"] = "message_retried"
    number: int


class MessageErased(LoggedEvent):
    """Node: a message set aside is about to be erased, if there is one of that number. Personal: user."""

    type: Literal["message_erased"] = "message_erased"
    number: int


class FederationJoined(LoggedEvent):
    """Node: entered the directory and pinned what the federation is. Personal: user."""

    type: Literal["federation_joined"] = "federation_joined"
    federation: str
    epoch: str
    epoch_public_key: Hex
    members: tuple[str, ...]


class KeysChanged(LoggedEvent):
    """Node: a member's certified keys differ from those pinned before."""

    type: Literal["keys_changed"] = "keys_changed"
    member: str
    signing_fingerprint: Hex
    sealing_fingerprint: Hex


class RecordsImported(LoggedEvent):
    """Node: an import has ended. Personal: user."""

    type: Literal["records_imported"] = "records_imported"
    added: int
    changed: int
    unchanged: int
    rejected: int
    removed: int


class BatchEnrolled(LoggedEvent):
    """Node: tokens of a batch of records are about to enter the index; ``elements`` is what the custodian counted.

    ``commitment`` is the root of an RFC 9162 tree over the records, salted leaf by leaf. Personal: user.
    """

    type: Literal["batch_enrolled"] = "batch_enrolled"
    custodian: str
    epoch: str
    records: int
    tokens: int
    elements: int
    commitment: Hex = ""


class RecordShown(LoggedEvent):
    """Node: somebody is about to see a record. Personal: user, record id."""

    type: Literal["record_shown"] = "record_shown"


class RecordsListed(LoggedEvent):
    """Node: somebody is about to see ``what`` of the list. Personal: user.

    ``records``, ``unfindable`` or ``doubtful`` ones, those ``fitting`` a data subject, or ``rejects`` of an import.
    """

    type: Literal["records_listed"] = "records_listed"
    what: str


class RecordRemoved(LoggedEvent):
    """Node: a record is about to be removed by hand, if there is such a one. Personal: user, record id."""

    type: Literal["record_removed"] = "record_removed"


class RecordRestored(LoggedEvent):
    """Node: a record removed by hand is about to be let in again, if there is such a one. Personal: as above."""

    type: Literal["record_restored"] = "record_restored"


class AuditorAccess(LoggedEvent):
    """Somebody is about to see personal fields of an entry, or of those up to ``last``. Personal: user; reason, if any.

    ``fields`` names them; ``*`` stands for all. ``last`` is 0 where it is one entry.
    """

    type: Literal["auditor_access"] = "auditor_access"
    entry: int
    fields: tuple[str, ...]
    last: int = 0


class AuditViewed(LoggedEvent):
    """Node: an officer is about to see a part of this log, or what is computed from it, with nothing personal opened.

    Of an auditor also any list or file of this node.

    ``view`` is what is shown, ``filters`` are what it was narrowed by, none of them personal. Personal: user.
    """

    type: Literal["audit_viewed"] = "audit_viewed"
    view: str
    filters: tuple[str, ...] = ()


Event = Annotated[
    QuerySent
    | QueryDenied
    | AnswerReceived
    | QueryReceived
    | QueryOpened
    | QueryAnswered
    | HitSilent
    | QueryRefused
    | QueryRelayed
    | MailRelayed
    | MessagePosted
    | MessageAccepted
    | DirectoryEvent
    | NodeDirectoryEvent
    | MessageShown
    | MessageRetried
    | MessageErased
    | FederationJoined
    | KeysChanged
    | RecordsImported
    | BatchEnrolled
    | RecordShown
    | RecordsListed
    | RecordRemoved
    | RecordRestored
    | OfficerEvent
    | SystemEvent
    | InvestigationEvent
    | AccountEvent
    | BatchEvent
    | FederationEvent
    | CaseEvent
    | ReferralEvent
    | AgreementEvent
    | AuditorAccess
    | AuditViewed
    | SubjectAccessDecided
    | LogEvent,
    Field(discriminator="type"),
]
