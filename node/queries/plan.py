"""Whom a query is put to: the question, and the agreements' say over each member.

Pure. A member that no agreement covers is not asked, and the analyst is told so; nothing about the query reaches it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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

REASONS = ("purpose", "legal_basis", "case_reference")
ALWAYS_STATED = ("offence", "penalty_months", "nature", "person_role")
"""What a query always states; without them no agreement allows anything."""

MINIMUM = "at least two of given name, family name and birth date are needed, or a document number"
_MIN_FACTS = 2  # of given name, family name and birth date: Reg. (EU) 2024/982, art. 43
_MOST_TOLD = 200  # characters of names that are no member's


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


@dataclass(frozen=True, slots=True)
class Reach:
    """Who would be asked a draft, who not and why; the purposes for which somebody may be asked; all members' URIs."""

    planned: tuple[Planned, ...]
    not_asked: tuple[NodeOutcome, ...]
    purposes: tuple[str, ...]
    members: Collection[str]


def check_question(question: Question) -> None:
    """Raise `SymbolonError` naming the field unless the query has its reasons and the minimum content."""
    check_reasons(question)
    check_subject(question.subject)


def check_reasons(question: Question) -> None:
    """Raise `SymbolonError` naming the field unless a query says why it is put; whom it is about is not looked at."""
    reasons = {name: getattr(question, name).strip() for name in (*REASONS, "user")}
    stated = {name: getattr(question.justification, name) for name in ALWAYS_STATED}
    for name, value in (reasons | stated).items():
        if value in ("", None):
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"{name} is required")
    try:
        check_stated("legal_basis", question.legal_basis)
        check_stated("case_reference", question.case_reference)
    except FieldError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None


def check_subject(subject: Subject) -> None:
    """Raise `SymbolonError` unless a query says enough of the person, and not too much."""
    try:
        check_extent(subject)
    except ExtentError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    if not has_minimum(subject):
        raise SymbolonError(ErrorCode.QUERY_TOO_THIN, MINIMUM)


def check_recipients(question: Question, members: Collection[str]) -> None:
    """Raise `SymbolonError` naming whom a question is put to that is no member; of a long list its beginning."""
    unknown = ", ".join(sorted(set(question.recipients) - set(members)))
    if unknown:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"recipients: no such member: {unknown[:_MOST_TOLD]}")


def has_minimum(subject: Subject) -> bool:
    """Say whether a subject has the minimum content of a query; of a name, only a person's is laid down."""
    if subject.documents:
        return True
    if subject.category != "individual":
        return bool(subject.names)
    most_parts = max((len(name_parts(name.text)) for name in subject.names), default=0)
    return most_parts + bool(subject.births) >= _MIN_FACTS


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
    check_recipients(question, members)
    return within_reach(question, agreements, asker, members, now)


def within_reach(
    question: Question,
    agreements: AgreementSet,
    asker: str,
    members: Mapping[str, Member],
    now: datetime,
) -> tuple[tuple[Planned, ...], tuple[NodeOutcome, ...]]:
    """Give the same of a question that may be a draft; recipients that are no members are left out."""
    planned, not_asked = [], []
    for uri in sorted(set(question.recipients or members) & members.keys()):
        member = members[uri]
        if not member.normalises_alike:
            not_asked.append(_not_asked(member, Outcome.REFUSED, ErrorCode.NORMALISER_MISMATCH.value.text))
            continue
        try:
            leave = may_ask(agreements, facts_of(question, asker, uri, now), question.agreement)
        except NoAgreementError as error:
            not_asked.append(_not_asked(member, Outcome.NOT_ASKED, str(error), error.fact))
            continue
        facts = facts_of(question, asker, uri, now, leave.agreement.hash)
        planned.append(Planned(member, leave.agreement, facts))
    return tuple(planned), tuple(not_asked)


def askable_purposes(agreements: AgreementSet, asker: str, members: Collection[str], now: datetime) -> tuple[str, ...]:
    """Give the purposes of the agreements in force under which ``asker``, a name, may ask any member, sorted."""
    holders = [Party.parse(uri).name for uri in members]
    in_force = (
        standing.agreement
        for holder in holders
        for standing in agreements.between(asker, holder)
        if standing.in_force(asker, holder, now) and standing.agreement.answer.maximum
    )
    return tuple(sorted({purpose for agreement in in_force for purpose in agreement.purposes}))


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


def _not_asked(member: Member, outcome: Outcome, explanation: str, fact: str = "recipients") -> NodeOutcome:
    return NodeOutcome(member.uri, member.display_name, outcome, explanation=explanation, fact=fact)
