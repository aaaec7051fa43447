"""What a node writes into its disclosure log, and what of it is personal.

One function for each moment at which an entry has to be durable before the node goes on. What names or describes a
person (fields, record ids, references, case references, the user's own name) goes in as salted commitments only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from agreements.agreement import Agreement
from ledger.entries import Statement
from ledger.events import (
    AnswerReceived,
    BatchEnrolled,
    FederationJoined,
    HitSilent,
    KeysChanged,
    QueryAnswered,
    QueryOpened,
    QueryReceived,
    QueryRefused,
    QuerySent,
    RecordRemoved,
    RecordRestored,
    RecordShown,
    RecordsImported,
)
from ledger.log import Ledger
from ledger.padding import filled_up
from matching.envelope import QueryBody, SealedQuery
from matching.subject import Subject
from node.enrolment import EnrolmentBatch
from node.examination import Finding, Hit
from node.membership import Federation, KeyChange
from node.outcomes import NodeOutcome
from node.plan import Planned, Question

ENTRIES_OF_QUERY = 5
"""Entries that every query makes at the holder, whatever came of it: it was received, and up to four say what of it. Or
who puts a question often enough could read off the log's size what nobody told him (docs/explanation/protocol.md)."""


async def query_sent(ledger: Ledger, question: Question, planned: Sequence[Planned], query_id: bytes) -> None:
    """Asker: before anything about the query leaves."""
    event = QuerySent(
        query_id=query_id.hex(),
        purpose=question.purpose,
        recipients=tuple(one.member.uri for one in planned),
        agreements=tuple(one.agreement.id for one in planned),
        agreement_hashes=tuple(one.agreement.hash.hex() for one in planned),
    )
    reasons = {
        "user": question.user,
        "legal_basis": question.legal_basis,
        "case_reference": question.case_reference,
        "justification": question.justification.to_text(),
    }
    await ledger.record(Statement(event, _subject_fields(question.subject) | reasons))


async def answer_received(ledger: Ledger, question: Question, query_id: bytes, outcome: NodeOutcome) -> None:
    """Asker: before the analyst sees a node's outcome."""
    event = AnswerReceived(
        query_id=query_id.hex(),
        member=outcome.member,
        outcome=outcome.outcome.value,
        level=outcome.answer.level,
        candidates=len(outcome.answer.candidates),
    )
    personal = {"user": question.user}
    if outcome.answer.candidates:
        personal["references"] = json.dumps([one.reference for one in outcome.answer.candidates])
    await ledger.record(Statement(event, personal))


async def query_received(ledger: Ledger, query: SealedQuery, body: QueryBody, remember_until: int) -> None:
    """Holder: an envelope that verified; raises `AlreadySeenError` the second time."""
    header = query.header
    event = QueryReceived(
        query_id=header.query_id.hex(),
        envelope_digest=query.digest().hex(),
        sender=header.sender,
        agreement=header.agreement_id,
        agreement_hash=body.agreement_hash.hex(),
        purpose=header.purpose,
        entries=int(header.size),
    )
    reasons = {
        "user": body.user_id,
        "legal_basis": body.legal_basis,
        "case_reference": body.case_reference,
        "justification": body.justification,
    }
    await ledger.admit(query.digest(), remember_until, Statement(event, reasons))


async def query_answered(ledger: Ledger, query: SealedQuery, agreement: Agreement, finding: Finding | None) -> None:
    """Holder: what was opened and what is answered, in one transaction, before the reply is sealed."""
    digest = query.digest().hex()
    answered = QueryAnswered(
        envelope_digest=digest,
        sender=query.header.sender,
        level=finding.answer.level if finding else 0,
        agreement_hash=agreement.hash.hex(),
        trace=finding.decision.trace if finding else ("nothing opened",),
    )
    statements = [Statement(answered)]
    if finding is not None:
        statements.insert(0, _opened(digest, finding))
        statements += _beside_the_answer(digest, query.header.sender, finding)
    await ledger.record(*filled_up(statements, ENTRIES_OF_QUERY - 1))


async def query_refused(ledger: Ledger, digest: bytes, sender: str, reason: str, written: int) -> None:
    """Holder: answered with nothing, and why, which nobody else learns; ``written`` are the query's entries so far."""
    statement = Statement(QueryRefused(envelope_digest=digest.hex(), sender=sender, reason=reason))
    await ledger.record(*filled_up([statement], ENTRIES_OF_QUERY - written))


async def keys_changed(ledger: Ledger, changes: Sequence[KeyChange]) -> None:
    """Node: members' certified keys changed; before the new ones are used."""
    await ledger.record(*map(_keys_changed, changes))


def joined(ledger: Ledger, federation: Federation, changes: Sequence[KeyChange]) -> None:
    """Node: entered the directory and pinned the federation."""
    event = FederationJoined(
        federation=federation.name,
        epoch=federation.epoch,
        epoch_public_key=federation.epoch_public_key,
        members=tuple(sorted(federation.members)),
    )
    ledger.append(Statement(event), *map(_keys_changed, changes))


def records_imported(ledger: Ledger, *, added: int, changed: int, unchanged: int, rejected: int, removed: int) -> None:
    """Node: an import has ended."""
    event = RecordsImported(added=added, changed=changed, unchanged=unchanged, rejected=rejected, removed=removed)
    ledger.append(Statement(event))


async def batch_enrolled(ledger: Ledger, custodian: str, epoch: str, batch: EnrolmentBatch) -> None:
    """Node: before the tokens of a batch of records enter the index."""
    event = BatchEnrolled(
        custodian=custodian, epoch=epoch, records=batch.records, tokens=batch.tokens, elements=batch.elements
    )
    await ledger.record(Statement(event))


def record_shown(ledger: Ledger, record_id: str, user: str) -> None:
    """Node: before somebody sees a record."""
    ledger.append(Statement(RecordShown(), {"record_id": record_id, "user": user}))


def record_removed(ledger: Ledger, record_id: str, user: str) -> None:
    """Node: before a record is removed by hand."""
    ledger.append(Statement(RecordRemoved(), {"record_id": record_id, "user": user}))


def record_restored(ledger: Ledger, record_id: str, user: str) -> None:
    """Node: before a record removed by hand is let in again."""
    ledger.append(Statement(RecordRestored(), {"record_id": record_id, "user": user}))


def _opened(digest: str, finding: Finding) -> Statement:
    event = QueryOpened(
        envelope_digest=digest,
        records=finding.opened,
        rules=tuple(hit.rule for hit in finding.hits),
        bands=tuple(hit.comparison.band or "" for hit in finding.hits),
    )
    return Statement(event, {"hits": _hits(finding.hits)})


def _beside_the_answer(digest: str, sender: str, finding: Finding) -> list[Statement]:
    """Give what the asker does not learn: hits for our officers only, and fishing that found nothing it might learn."""
    statements = []
    if finding.silent:
        event = HitSilent(envelope_digest=digest, sender=sender, records=len(finding.silent))
        statements.append(Statement(event, {"hits": _hits(finding.silent)}))
    if finding.fishing:
        statements.append(Statement(QueryRefused(envelope_digest=digest, sender=sender, reason="fishing")))
    return statements


def _hits(hits: Sequence[Hit]) -> str:
    return json.dumps([{"record_id": hit.record_id, "reference": hit.reference} for hit in hits], ensure_ascii=False)


def _keys_changed(change: KeyChange) -> Statement:
    event = KeysChanged(
        member=change.member,
        signing_fingerprint=change.signing_fingerprint,
        sealing_fingerprint=change.sealing_fingerprint,
    )
    return Statement(event)


def _subject_fields(subject: Subject) -> dict[str, str]:
    return {f"subject.{name}": json.dumps(value, ensure_ascii=False) for name, value in subject.to_row().items()}
