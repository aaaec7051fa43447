"""What an agreement decides: whether a question may be put, and at which level it is answered.

Pure, total and fail-closed: what is missing, unknown or not in force gives level 0. Every clause can only lower the
level, so the result is the minimum of all of them, and their order does not matter. Each side decides over its own copy
of the agreement and the lower decision counts. The trace says which clause allowed and which capped, for the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agreements.agreement import MAX_LEVEL, Agreement


class NoAgreementError(ValueError):
    """No agreement in force lets this agency put this question to that one."""


@dataclass(frozen=True, slots=True)
class AskContext:
    """Who asks whom for what, under which agreement (its hash, 32 bytes), and whether the reasons were given."""

    asker: str
    holder: str
    agreement_hash: bytes
    purpose: str
    now: datetime
    legal_basis: bool
    case_reference: bool


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """The best match: score of the full comparison (0 to 1), bits of the rule token that opened."""

    score: float
    bits: float


@dataclass(frozen=True, slots=True)
class Decision:
    """The level answered (0 to 2), how many candidates may be told, and why."""

    level: int
    maximum_candidates: int
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cap:
    clause: str
    level: int


NOTHING = Decision(0, 0, ("no agreement of this hash",))


def decide(agreements: Sequence[Agreement], context: AskContext, match: MatchFacts | None) -> Decision:
    """Decide the level of an answer under the one agreement the question names by hash.

    Removing an agreement never raises the level, a higher score never lowers it, and nothing missing raises it.
    """
    named = [agreement for agreement in agreements if agreement.hash == context.agreement_hash]
    if not named:
        return NOTHING
    agreement = named[0]
    caps = tuple(_caps(agreement, context, match))
    level = min(cap.level for cap in caps)
    trace = tuple(f"{cap.clause}: at most level {cap.level}" for cap in caps)
    return Decision(level, agreement.maximum_candidates if level == MAX_LEVEL else 0, trace)


def standing(agreements: Iterable[Agreement], now: datetime) -> tuple[Agreement, ...]:
    """Give the agreements in force, and of several versions of one the newest, which may have narrowed it."""
    current = [one for one in agreements if one.in_force(now)]
    newest: dict[str, int] = {}
    for one in current:
        newest[one.id] = max(one.version, newest.get(one.id, one.version))
    return tuple(one for one in current if one.version == newest[one.id])


def may_ask(agreements: Sequence[Agreement], asker: str, holder: str, purpose: str, now: datetime) -> Agreement:
    """Give the agreement under which a question may be put: of several that stand the one that tells most, then by id.

    Names are those of agencies. Raises `NoAgreementError` with the reason when there is none, or none that answers.
    """
    between = [one for one in agreements if one.has_role(asker, "asks") and one.has_role(holder, "holds")]
    if not between or asker == holder:
        raise NoAgreementError("no agreement lets this agency ask that one")
    current = [one for one in standing(agreements, now) if one in between]
    if not current:
        raise NoAgreementError("no agreement with that agency is in force today")
    fitting = [one for one in current if purpose in one.purposes and one.answer.maximum > 0]
    if not fitting:
        raise NoAgreementError("no agreement with that agency covers this purpose")
    return min(fitting, key=lambda one: (-one.answer.maximum, one.id, one.hash))


def _caps(agreement: Agreement, context: AskContext, match: MatchFacts | None) -> Iterable[_Cap]:
    def unless(condition: bool, clause: str) -> _Cap:
        return _Cap(clause, MAX_LEVEL if condition else 0)

    yield unless(context.asker != context.holder, "parties.distinct")
    yield unless(agreement.has_role(context.asker, "asks"), "parties.asks")
    yield unless(agreement.has_role(context.holder, "holds"), "parties.holds")
    yield unless(agreement.in_force(context.now), "validity")
    yield unless(context.purpose in agreement.purposes, "purposes")
    yield unless(context.legal_basis, "legal_basis.given")
    yield unless(context.case_reference, "case_reference.given")
    yield _Cap("answer.maximum", agreement.answer.maximum)
    yield unless(match is not None and match.bits >= agreement.bit_budget, "bit_budget")
    yield _Cap("answer.scores", _level_of_score(agreement, match))


def _level_of_score(agreement: Agreement, match: MatchFacts | None) -> int:
    # Written so that a score that is not a number fails every comparison and gives 0.
    if match is None or not match.score >= agreement.answer.hit_score:
        return 0
    return MAX_LEVEL if match.score >= agreement.answer.reference_score else 1
