"""What a node writes into its disclosure log about queries, and what of it is personal.

One function for each moment at which an entry has to be durable before the node goes on. What names or describes a
person (fields, record ids, references, case references, the user's own name) goes in as salted commitments only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from agreements.codes import Purpose
from agreements.inputs import Decided
from ledger.case_events import HitReturned, name_case
from ledger.entries import Statement
from ledger.events import (
    NOTHING_OPENED,
    AnswerReceived,
    HitSilent,
    QueryAnswered,
    QueryDenied,
    QueryOpened,
    QueryReceived,
    QueryRefused,
    QuerySent,
)
from ledger.log import Ledger
from ledger.padding import filled_up
from matching.envelope import QueryBody, SealedQuery
from matching.subject import Subject
from node.cases.cleared import Cleared
from node.cases.store import ReceivedHit
from node.queries.answers import Answer
from node.queries.examination import Finding, Hit
from node.queries.outcomes import Awaited, NodeOutcome
from node.queries.plan import Planned, Question
from symbolon.rpc.identity import IdentityError, Party

_PURPOSES = frozenset(get_args(Purpose))

ENTRIES_OF_QUERY = 5
"""Entries that every query makes at the holder, whatever came of it: it was received, and up to four say what of it. Or
who puts a question often enough could read off the log's size what nobody told him (docs/explanation/protocol.md)."""


async def query_sent(
    ledger: Ledger,
    question: Question,
    planned: Sequence[Planned],
    not_asked: Sequence[NodeOutcome],
    query_id: bytes,
    made_from: str,
) -> None:
    """Asker: before anything about the query leaves; ``made_from`` is what each agreement was chosen from."""
    event = QuerySent(
        query_id=query_id.hex(),
        purpose=question.purpose,
        recipients=tuple(one.member.uri for one in planned),
        agreements=tuple(one.agreement.id for one in planned),
        agreement_hashes=tuple(one.agreement.hash.hex() for one in planned),
        not_asked=tuple(one.member for one in not_asked),
    )
    await ledger.record(Statement(event, _all_of(question) | {"decision": made_from}))


async def query_denied(ledger: Ledger, question: Question, query_id: bytes, reason: str) -> None:
    """Asker: before its own officer is told that the query is not put, or not any further."""
    # What an officer typed into these two was not checked yet, and might be anything.
    purpose = question.purpose if question.purpose in _PURPOSES else ""
    recipients = tuple(uri for uri in question.recipients if _is_agency(uri))
    event = QueryDenied(query_id=query_id.hex(), purpose=purpose, recipients=recipients, reason=reason)
    await ledger.record(Statement(event, _all_of(question)))


async def answer_received(
    ledger: Ledger,
    question: Question,
    query_id: bytes,
    asked: Awaited,
    outcome: NodeOutcome,
    own: Decided | None,
) -> None:
    """Asker: before the analyst sees a node's outcome; ``own`` is this side's decision where a reply was read."""
    event = AnswerReceived(
        query_id=query_id.hex(),
        envelope_digest=asked.context.query_digest.hex(),
        member=outcome.member,
        agreement_hash=asked.asked.agreement_hash.hex(),
        purpose=question.purpose,
        outcome=outcome.outcome.value,
        level=outcome.answer.level,
        candidates=len(outcome.answer.candidates),
        cases=_cases(asked.context.asker, outcome.member, outcome.answer),
        trace=own.decision.trace if own else (),
    )
    personal = _reasons(question.user, question.legal_basis, question.case_reference)
    if own is not None:
        personal["decision"] = own.text
    if outcome.answer.candidates:
        personal["references"] = json.dumps([one.reference for one in outcome.answer.candidates])
    await ledger.record(Statement(event, personal))


def hit_returned(asked: Awaited, question: Question, hit: ReceivedHit, cleared: Cleared) -> Statement:
    """Asker: before the analyst sees, folded, that a hit which was cleared has come again."""
    holder = Party.parse(hit.member).name
    event = HitReturned(
        partner=holder,
        agreement_hash=asked.asked.agreement_hash.hex(),
        purpose=question.purpose,
        case=name_case(Party.parse(asked.context.asker).name, holder, hit.reference),
    )
    said = {"reference": hit.reference, "cleared": cleared.reference, "officer": question.user}
    return Statement(event, said | _reasons(question.user, question.legal_basis, question.case_reference))


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
    said = _reasons_in(body) | {"justification": body.justification}
    await ledger.admit(query.digest(), remember_until, Statement(event, said))


async def query_answered(ledger: Ledger, query: SealedQuery, body: QueryBody, finding: Finding | None) -> None:
    """Holder: what was opened and what is answered, in one transaction, before the reply is sealed."""
    about = _About.of(query, body)
    answered = about.state(
        QueryAnswered,
        {"decision": finding.made_from} if finding else None,
        level=finding.answer.level if finding else 0,
        cases=_cases(query.header.sender, query.header.recipient, finding.answer) if finding else (),
        trace=finding.decision.trace if finding else NOTHING_OPENED,
    )
    statements = [answered]
    if finding is not None:
        statements.insert(0, _opened(about, finding))
        statements += _beside_the_answer(about, finding)
    await ledger.record(*filled_up(statements, ENTRIES_OF_QUERY - 1))


async def query_refused(
    ledger: Ledger,
    digest: bytes,
    sender: str,
    query: SealedQuery | None,
    body: QueryBody | None,
    reason: str,
    written: int = 0,
) -> None:
    """Holder: answered with nothing, and why, which nobody else learns; with what of the envelope could be read.

    ``written`` are the query's entries so far.
    """
    event = QueryRefused(
        query_id=query.header.query_id.hex() if query else "",
        envelope_digest=digest.hex(),
        sender=sender,
        agreement_hash=body.agreement_hash.hex() if body else "",
        purpose=query.header.purpose if query else "",
        reason=reason,
    )
    said = _reasons_in(body) | {"justification": body.justification} if body else {}
    await ledger.record(*filled_up([Statement(event, said)], ENTRIES_OF_QUERY - written))


@dataclass(frozen=True, slots=True)
class _About:
    """What each entry of a holder says of the query: whose it is, under what, and why."""

    named: dict[str, str]
    reasons: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, query: SealedQuery, body: QueryBody) -> _About:
        named = {
            "query_id": query.header.query_id.hex(),
            "envelope_digest": query.digest().hex(),
            "sender": query.header.sender,
            "agreement_hash": body.agreement_hash.hex(),
            "purpose": query.header.purpose,
        }
        return cls(named, _reasons_in(body))

    def state(self, event: Callable[..., Any], personal: Mapping[str, str] | None = None, **fields: Any) -> Statement:
        return Statement(event(**self.named, **fields), self.reasons | dict(personal or {}))


def _cases(asker: str, holder: str, answer: Answer) -> tuple[str, ...]:
    """Name the references told as both logs call them, in no order that says more than they do."""
    names = (Party.parse(asker).name, Party.parse(holder).name)
    return tuple(sorted(name_case(*names, one.reference) for one in answer.candidates))


def _opened(about: _About, finding: Finding) -> Statement:
    return about.state(
        QueryOpened,
        {"hits": _hits(finding.hits)},
        records=finding.opened,
        rules=tuple(hit.rule for hit in finding.hits),
        bands=tuple(hit.comparison.band or "" for hit in finding.hits),
    )


def _beside_the_answer(about: _About, finding: Finding) -> list[Statement]:
    """Give what the asker does not learn: hits for our officers only, and fishing that found nothing it might learn."""
    statements = []
    if finding.silent:
        statements.append(about.state(HitSilent, {"hits": _hits(finding.silent)}, records=len(finding.silent)))
    if finding.fishing:
        statements.append(about.state(QueryRefused, reason="fishing"))
    return statements


def _is_agency(uri: str) -> bool:
    try:
        return Party.parse(uri).kind == "agency"
    except IdentityError:
        return False


def _all_of(question: Question) -> dict[str, str]:
    """Give what of a question is personal: whom it is about, and why it is asked by whom."""
    reasons = _reasons(question.user, question.legal_basis, question.case_reference)
    return _subject_fields(question.subject) | reasons | {"justification": question.justification.to_text()}


def _reasons(user: str, legal_basis: str, case_reference: str) -> dict[str, str]:
    return {"user": user, "legal_basis": legal_basis, "case_reference": case_reference}


def _reasons_in(body: QueryBody) -> dict[str, str]:
    return _reasons(body.user_id, body.legal_basis, body.case_reference)


def _hits(hits: Sequence[Hit]) -> str:
    return json.dumps([{"record_id": hit.record_id, "reference": hit.reference} for hit in hits], ensure_ascii=False)


def _subject_fields(subject: Subject) -> dict[str, str]:
    return {f"subject.{name}": json.dumps(value, ensure_ascii=False) for name, value in subject.to_row().items()}
