"""Under which agreement a question may be put: the asker's choice before anything is sent.

The same rules as for every decision (``agreements.decision.decide_asking``). Among the agreements that allow something
comes first that of a joint team in whose case its member asks, so that the case, its visibility and its quotas are the
team's; then the one that tells most, at once and on request. The analyst may name another. What is refused is explained
by the first rule that stands in the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agreements.agreement import Agreement
from agreements.decision import Decision, decide_asking
from agreements.facts import Asked
from agreements.force import without_force
from agreements.standing import AgreementSet, Standing


class NoAgreementError(ValueError):
    """No agreement lets this agency put this question to that one now; the message says why, in plain words.

    ``fact`` names what of the question stands in the way: a fact of `Asked`, ``agreement`` or ``recipients``.
    """

    def __init__(self, reason: str, fact: str = "recipients") -> None:
        """Take the reason, and the fact it is about."""
        super().__init__(reason)
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Leave:
    """The agreement a question is put under, and what this side's own decision allows at once."""

    agreement: Agreement
    decision: Decision


REASONS = {
    "in_force": "no agreement with that agency is in force now",
    "purposes": "no agreement with that agency covers this purpose",
    "offences.categories": "the agreement does not cover this offence",
    "offences.minimum_penalty_months": "the offence is not punishable severely enough for the agreement",
    "offences.barred_natures": "the agreement bars offences of this nature, or the nature was not stated",
    "person_roles": "the agreement does not cover persons of this role",
    "death_penalty": "the agreement asks for an assurance that no death penalty is imposed",
    "joint_team": "only members of the joint team may ask under the agreement, and in its case",
    "legal_basis.given": "the legal basis is missing",
    "case.given": "the case is missing",
    "user.given": "the name of who asks is missing",
    "answer.maximum": "the agreement answers nothing at once",
}
"""What the analyst reads where a rule refuses; in the order in which they are told."""

FACTS = {
    "purposes": "purpose",
    "offences.categories": "offence",
    "offences.minimum_penalty_months": "penalty_months",
    "offences.barred_natures": "nature",
    "person_roles": "person_role",
    "death_penalty": "death_penalty",
    "legal_basis.given": "legal_basis",
}
"""What each rule goes by; the others go by who asks whom."""

UNSTATED = {
    "purposes": ("purpose", "the purpose is not stated yet"),
    "offences.categories": ("offence", "the offence is not stated yet"),
    "offences.minimum_penalty_months": ("penalty_months", "the maximum penalty is not stated yet"),
    "person_roles": ("person_role", "what the person is in the case is not stated yet"),
}
"""Of a draft: the fact that a rule waits for, and what the analyst reads. A query that is put states them all."""

OPEN = frozenset(said for _, said in UNSTATED.values())
"""Reasons that say nothing of an agreement yet."""


def may_ask(agreements: AgreementSet, asked: Asked, named: str = "") -> Leave:
    """Give the agreement to ask under, of all or of those with the identifier ``named``.

    ``asked.agreement_hash`` is not read. Raises `NoAgreementError` when there is none. Of several that tell the same
    the one with the lower hash is taken, so that a retry takes the same.
    """
    between = agreements.between(asked.asker, asked.holder)
    if not between:
        raise NoAgreementError("no agreement lets this agency ask that one")
    between = tuple(standing for standing in between if named in ("", standing.agreement.id))
    if not between:
        raise NoAgreementError(f"the agreement {named} does not let this agency ask that one", "agreement")
    leaves = [_leave(agreements, asked, standing) for standing in between]
    allowed = [leave for leave in leaves if leave.decision.level > 0]
    if not allowed:
        raise _nearest(leaves, between, asked)
    return min(allowed, key=_rank)


def _rank(leave: Leave) -> tuple[bool, int, int, bytes]:
    agreement = leave.agreement
    return agreement.joint_team is None, -leave.decision.level, -agreement.release.maximum, agreement.hash


def _leave(agreements: AgreementSet, asked: Asked, standing: Standing) -> Leave:
    named = replace(asked, agreement_hash=standing.agreement.hash)
    return Leave(standing.agreement, decide_asking(agreements, named))


def _nearest(leaves: Sequence[Leave], between: Sequence[Standing], asked: Asked) -> NoAgreementError:
    """Explain by the agreement that came nearest: the one with the fewest rules in the way, the latest of these.

    That of a team that the asker is not of, or whose case it is not, is further away than any other.
    """
    ways = [[clause for clause, level in leave.decision.caps if level == 0] for leave in leaves]
    versions = [standing.agreement.version for standing in between]
    nearest = min(
        range(len(ways)),
        key=lambda at: ("joint_team" in ways[at], "in_force" in ways[at], len(ways[at]), -versions[at]),
    )
    clause = next((clause for clause in REASONS if clause in ways[nearest]), "")
    reason = _told(clause, asked) if clause else "no agreement allows this question"
    if clause != "in_force":
        return NoAgreementError(reason, FACTS.get(clause, "recipients"))
    agreement = between[nearest].agreement
    why = without_force(between[nearest], asked.asker, asked.holder, asked.now)
    return NoAgreementError(f"{reason}: {agreement.id} v{agreement.version} is {why}")


def _told(clause: str, asked: Asked) -> str:
    fact, said = UNSTATED.get(clause, ("", ""))
    return said if fact and getattr(asked, fact) in ("", None) else REASONS[clause]
