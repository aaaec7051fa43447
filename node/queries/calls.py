"""The desk's calls about queries: decode, ask, encode. Nothing is decided here."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from matching.subject import SubjectFormatError, parse_subject
from node.officers.permission import Permission
from node.officers.register import Officer
from node.queries.answers import Answer, Left
from node.queries.asking import Asker, Step
from node.queries.justification import Justification, JustificationError, check_justification
from node.queries.outcomes import NodeOutcome, Outcome
from node.queries.plan import Question
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2


class QueryCalls:
    """The part of the service Desk that puts queries."""

    def __init__(self, permission: Permission, asker: Asker) -> None:
        """Take what checks roles, and the asker."""
        self._permission = permission
        self._asker = asker

    async def query(
        self, request: desk_pb2.QueryRequest, officer: Officer, until: float
    ) -> AsyncIterator[desk_pb2.QueryResponse]:
        """Put a query and stream its steps and outcomes."""
        await self._permission.check(officer, "query")
        async for event in self._asker.ask(_question(request, officer.name), until):
            if isinstance(event, Step):
                progress = desk_pb2.QueryProgress(step=event.name, milliseconds=event.milliseconds)
                yield desk_pb2.QueryResponse(progress=progress)
            else:
                yield desk_pb2.QueryResponse(answer=_node_answer(event))


def _question(request: desk_pb2.QueryRequest, user: str) -> Question:
    try:
        row = json.loads(request.subject_json)
        if not isinstance(row, dict):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "subject: expected one JSON object")
        subject = parse_subject(row)
    except SubjectFormatError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    except ValueError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "subject: not JSON") from None
    return Question(
        subject,
        request.purpose,
        request.legal_basis,
        request.case_reference,
        user,
        _justification(request),
        tuple(request.recipients),
        request.agreement,
    )


def _justification(request: desk_pb2.QueryRequest) -> Justification:
    stated: dict[str, object] = {
        "offence": request.offence,
        "penalty_months": request.penalty_months if request.HasField("penalty_months") else None,
        "nature": request.nature,
        "person_role": request.person_role,
        "death_penalty": request.death_penalty or "unknown",
        "assurance": request.assurance,
    }
    try:
        return check_justification(stated)
    except JustificationError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None


_OUTCOMES = {
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


def _node_answer(outcome: NodeOutcome) -> desk_pb2.NodeAnswer:
    return desk_pb2.NodeAnswer(
        member=outcome.member,
        display_name=outcome.display_name,
        outcome=_OUTCOMES[outcome.outcome],
        level=outcome.answer.level,
        candidates=_candidates(outcome.answer),
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


def _candidates(answer: Answer) -> list[desk_pb2.Candidate]:
    return [
        desk_pb2.Candidate(reference=one.reference, band=one.band, reasons=one.reasons, code=one.code)
        for one in answer.candidates
    ]
