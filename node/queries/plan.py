"""Whom a query is put to: the question, and the agreements' say over each member.

Pure. A member that no agreement covers is not asked, and the analyst is told so; nothing about the query reaches it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agreements.agreement import Agreement
from agreements.asking import NoAgreementError, may_ask
from agreements.facts import Asked
from agreements.standing import AgreementSet
from matching.envelope import check_stated
from matching.errors import FieldError
from matching.normalise import name_parts
from matching.subject import Subject
from node.directory.membership import Member
from node.queries.extent import ExtentError, check_extent
from node.queries.justification import Justification, asked
from node.queries.outcomes import NodeOutcome, Outcome
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party

_ALWAYS_STATED = ("offence", "penalty_months", "nature", "person_role")  # without them no agreement allows anything
_MIN_FACTS = 2  # of given name, family name and birth date: Reg. (EU) 2024/982, art. 43


@dataclass(frozen=True, slots=True)
class Question:
    """A query as an analyst puts it. ``recipients`` are URIs; none means everybody an agreement allows.

    ``agreement`` is the identifier of the one to ask under, where the analyst says which.
    """

    subject: Subject = field(repr=False)
    purpose: str
    legal_basis: str
    case_reference: str
    user: str
    justification: Justification = field(repr=False)
    recipients: tuple[str, ...] = ()
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A member that will be asked, under which agreement, and the facts both sides decide from."""

    member: Member
    agreement: Agreement
    asked: Asked


def check_question(question: Question) -> None:
    """Raise `SymbolonError` naming the field unless the query has its reasons and the minimum content."""
    reasons = {name: getattr(question, name).strip() for name in ("purpose", "legal_basis", "case_reference", "user")}
    stated = {name: getattr(question.justification, name) for name in _ALWAYS_STATED}
    for name, value in (reasons | stated).items():
        if value in ("", None):
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{name} is required")
    subject = question.subject
    try:
        check_stated("legal_basis", question.legal_basis)
        check_stated("case_reference", question.case_reference)
        check_extent(subject)
    except (FieldError, ExtentError) as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    most_parts = max((len(name_parts(name.text)) for name in subject.names), default=0)
    if subject.category == "individual" and most_parts + bool(subject.births) < _MIN_FACTS and not subject.documents:
        detail = "at least two of given name, family name and birth date are needed, or a document number"
        raise SymbolonError(ErrorCode.QUERY_TOO_THIN, detail)


def plan(
    question: Question,
    agreements: AgreementSet,
    asker: str,
    members: Mapping[str, Member],
    now: datetime,
) -> tuple[tuple[Planned, ...], tuple[NodeOutcome, ...]]:
    """Give the members to ask, and the outcome of those that cannot be.

    Raises `SymbolonError` when the question itself is not complete or names somebody who is no member.
    """
    check_question(question)
    unknown = sorted(set(question.recipients) - members.keys())
    if unknown:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"recipients: no such member: {', '.join(unknown)}")
    planned, not_asked = [], []
    for uri in sorted(question.recipients or members):
        member = members[uri]
        if not member.normalises_alike:
            not_asked.append(_not_asked(member, Outcome.REFUSED, ErrorCode.NORMALISER_MISMATCH.value.text))
            continue
        try:
            leave = may_ask(agreements, facts_of(question, asker, uri, now), question.agreement)
        except NoAgreementError as error:
            not_asked.append(_not_asked(member, Outcome.NOT_ASKED, str(error)))
            continue
        facts = facts_of(question, asker, uri, now, leave.agreement.hash)
        planned.append(Planned(member, leave.agreement, facts))
    return tuple(planned), tuple(not_asked)


def facts_of(question: Question, asker: str, holder: str, now: datetime, agreement_hash: bytes = b"") -> Asked:
    """Give what the rules decide from; ``asker`` and ``holder`` are URIs."""
    return asked(
        question.justification,
        asker=Party.parse(asker).name,
        holder=Party.parse(holder).name,
        agreement_hash=agreement_hash,
        purpose=question.purpose,
        user=question.user,
        legal_basis=question.legal_basis,
        case=question.case_reference,
        now=now,
    )


def _not_asked(member: Member, outcome: Outcome, explanation: str) -> NodeOutcome:
    return NodeOutcome(member.uri, member.display_name, outcome, explanation=explanation)
