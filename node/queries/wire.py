"""Queries between the wire's messages and the types of the node: decode and encode, and nothing else."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from agreements.asking import OPEN
from matching.slips import born_by, slips_of_row
from matching.subject import Subject, SubjectFormatError, parse_subject
from node.cases.cleared import Cleared
from node.queries.answers import Candidate, Left
from node.queries.extent import ExtentError, check_row
from node.queries.hint import Draft, Hint, Problem, read_draft
from node.queries.justification import UNSTATED, Justification, JustificationError, check_justification
from node.queries.outcomes import NodeOutcome, Outcome
from node.queries.plan import Question
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2


def question_of(request: desk_pb2.QueryRequest, user: str, today: date) -> Question:
    """Decode a query; raise `SymbolonError` (`INVALID_INPUT`) naming the first field that cannot be read or meant."""
    row = _row_of(request)
    try:
        check_row(row)
        subject = parse_subject(row)
    except (ExtentError, SubjectFormatError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    for slip in slips_of_row(row, today):
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{slip.field}: {slip.reason}")
    return question_about(born_by(subject, today), request, user)


def question_about(subject: Subject, request: desk_pb2.QueryRequest, user: str) -> Question:
    """Give the question about a subject for the reasons of a request; raise as `question_of`."""
    try:
        justification = check_justification(_stated(request))
    except JustificationError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    return _question(request, subject, justification, user)


def draft_of(request: desk_pb2.QueryRequest, user: str, today: date) -> tuple[Draft, Question]:
    """Decode a draft: what cannot be read is a problem, not an error, as long as the subject is one JSON object."""
    draft = read_draft(_row_of(request) if request.subject_json else {}, today)
    stated = _stated(request)
    problems: list[Problem] = []
    justification = UNSTATED
    while stated:
        try:
            justification = check_justification(stated)
            break
        except JustificationError as error:
            problems.append(Problem(error.field, error.reason))
            if stated.pop(error.field, None) is None:
                break
    draft = Draft(draft.subject, (*problems, *draft.problems))
    return draft, _question(request, draft.subject, justification, user)


def _question(request: desk_pb2.QueryRequest, subject: Subject, justification: Justification, user: str) -> Question:
    return Question(
        subject,
        request.purpose,
        request.legal_basis,
        request.case_reference,
        user,
        justification,
        tuple(request.recipients),
        request.agreement,
    )


def _row_of(request: desk_pb2.QueryRequest) -> dict[str, Any]:
    try:
        row = json.loads(request.subject_json)
    except (ValueError, RecursionError):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "subject: not JSON") from None
    if not isinstance(row, dict):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "subject: expected one JSON object")
    return row


def _stated(request: desk_pb2.QueryRequest) -> dict[str, object]:
    return {
        "offence": request.offence,
        "penalty_months": request.penalty_months if request.HasField("penalty_months") else None,
        "nature": request.nature,
        "person_role": request.person_role,
        "death_penalty": request.death_penalty or "unknown",
        "assurance": request.assurance,
    }


OUTCOMES = {
    Outcome.HIT: desk_pb2.NODE_OUTCOME_HIT,
    Outcome.NOTHING: desk_pb2.NODE_OUTCOME_NOTHING,
    Outcome.UNREACHABLE: desk_pb2.NODE_OUTCOME_UNREACHABLE,
    Outcome.TIMED_OUT: desk_pb2.NODE_OUTCOME_TIMED_OUT,
    Outcome.REFUSED: desk_pb2.NODE_OUTCOME_REFUSED,
    Outcome.INVALID_REPLY: desk_pb2.NODE_OUTCOME_INVALID_REPLY,
    Outcome.NOT_ASKED: desk_pb2.NODE_OUTCOME_NOT_ASKED,
    Outcome.INCONCLUSIVE: desk_pb2.NODE_OUTCOME_INCONCLUSIVE,
    Outcome.QUOTA_USED: desk_pb2.NODE_OUTCOME_QUOTA_USED,
    Outcome.LAPSED: desk_pb2.NODE_OUTCOME_LAPSED,
}
"""The outcomes on the wire."""


def node_answer(outcome: NodeOutcome) -> desk_pb2.NodeAnswer:
    """Encode one node's outcome."""
    return desk_pb2.NodeAnswer(
        member=outcome.member,
        display_name=outcome.display_name,
        outcome=OUTCOMES[outcome.outcome],
        level=outcome.answer.level,
        candidates=[_candidate(one, outcome.cleared.get(one.reference)) for one in outcome.answer.candidates],
        contact=outcome.answer.contact,
        explanation=outcome.explanation,
        milliseconds=outcome.milliseconds,
        **_left(outcome.answer.left),
    )


def _left(left: Left | None) -> dict[str, int]:
    if left is None:
        return {}
    return {
        "left_today": left.today,
        "left_this_year": left.this_year,
        "left_in_case": left.in_case,
        "requests_left_today": left.requests.requests_today,
        "emergencies_left_this_month": left.requests.emergencies_this_month,
    }


def _candidate(told: Candidate, cleared: Cleared | None) -> desk_pb2.Candidate:
    candidate = desk_pb2.Candidate(reference=told.reference, band=told.band, reasons=told.reasons, code=told.code)
    if cleared is not None:
        before = desk_pb2.ClearedBefore(
            by=cleared.officer,
            at=int(cleared.cleared_at.timestamp()),
            reason=cleared.reason,
            reference=cleared.reference,
        )
        candidate.cleared.CopyFrom(before)
    return candidate


def hint_shown(hint: Hint) -> desk_pb2.HintResponse:
    """Encode what a draft lacks."""
    return desk_pb2.HintResponse(
        bits=hint.bits,
        budget=hint.budget,
        answerable=hint.answerable,
        tokens=hint.tokens,
        minimum=hint.minimum,
        additions=[desk_pb2.HintAddition(kind=one.kind, bits=one.bits) for one in hint.additions],
        readings=[
            desk_pb2.FieldReading(field=one.field, written=one.written, read=one.read, state=one.state)
            for one in hint.readings
        ],
        problems=[desk_pb2.FieldProblem(field=one.field, reason=one.reason) for one in hint.problems],
        reach=sorted(_reach(hint), key=lambda one: one.member),
        purposes=hint.reach.purposes,
    )


def _reach(hint: Hint) -> list[desk_pb2.HintReach]:
    asked = [
        desk_pb2.HintReach(
            member=one.member.uri,
            display_name=one.member.display_name,
            asked=True,
            agreement=one.agreement.id,
            code=one.agreement.handling.code,
            budget=one.agreement.answer.bit_budget,
            enough=one.agreement.answer.bit_budget in hint.enough,
        )
        for one in hint.reach.planned
    ]
    not_asked = [
        desk_pb2.HintReach(
            member=one.member, display_name=one.display_name, reason=one.explanation, open=one.explanation in OPEN
        )
        for one in hint.reach.not_asked
    ]
    return [*asked, *not_asked]
