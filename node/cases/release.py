"""What the agreement allows of a record now: the decision of release, made anew each time, and the content it gives.

Decided at approval, at the offer and when content leaves; an approval is of exactly this content under these
conditions, so where either has changed since, it counts for nothing. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from agreements.agreement import Agreement
from agreements.clauses import CORE, ApprovalClause
from agreements.codes import OfficerRole
from agreements.conditions import stricter
from agreements.decision import Decision
from agreements.facts import Approval, Asked, Emergency, MatchFacts, QuotaUse, RecordRules, Stage, Steps
from agreements.inputs import Considered, Decided, Told, decided
from agreements.stages import REFERRAL, ReferralEvent, allows
from node.cases.ending import ends_with_deletion
from node.cases.files import Case, Deed, Referral
from node.cases.messages import AttachedConditions, Content, Correction, Offer, Request, digest_of_content
from node.cases.steps import HeldRecord, Scene

_OF_RECORD = ("record", "protection.", "scores", "match", "answer.bit_budget", "discreet_hits")
"""How the rules begin that speak of record and match, of which the partner learns nothing; all others are known to both
sides. What is decided without a person goes by those alone, and never by what the record has become."""


STOPPED = "disclosure.stopped"
"""What stands in the way of all that would leave while this node discloses nothing (`node.disclosing`)."""


@dataclass(frozen=True, slots=True)
class Release:
    """The decision; where it allows a release, its content and conditions, and a digest of both for the approvals.

    ``known_in_the_way`` are the rules in the way of which both sides know, whatever record and match say.
    """

    decided: Decided
    content: dict[str, Any]
    conditions: AttachedConditions | None
    digest: str
    known_in_the_way: tuple[str, ...]
    subject: str = ""

    @property
    def only_corrects(self) -> bool:
        """Say whether it stays within what was released, under an agreement that is not in force any more."""
        return self.decided.made_from.only_corrects

    @property
    def decision(self) -> Decision:
        """Give the decision alone."""
        return self.decided.decision

    def is_of_the_match(self, referral: Referral) -> bool:
        """Say whether the record is of whom it was when it matched, or when an officer confirmed that it matches."""
        return bool(self.subject) and self.subject == referral.matched

    def is_as_sent(self, referral: Referral) -> bool:
        """Say whether it is, to the letter and under the same conditions, what was sent last."""
        return referral.sent_as == _digest(referral.sent_salt, self.content, self.conditions)

    @property
    def rules_in_the_way(self) -> tuple[str, ...]:
        """Name the rules that keep the decision under the core fields, approvals that are missing aside."""
        return _in_the_way(self.decision)


def asked_of(file: Case | Referral, request: Request | None, scene: Scene) -> Asked:
    """Give the question as it is decided now, with the appeal to the emergency clause if the request has one."""
    appeal = request.emergency if request else None
    emergency = Emergency(appeal.responsible, bool(appeal.danger)) if appeal else None
    return file.asked.at(scene.now, emergency)


def release_of(referral: Referral, scene: Scene, approvals: tuple[Deed, ...], stage: Stage | None = None) -> Release:
    """Decide the release of a referral's record with these approvals, as far as they are of what it gives now.

    Where content is out and the agreement has no force any more, decide what only corrects it.
    """
    stage = stage or _stage_of(referral, scene)
    decide = partial(_decide, referral, scene, scene.used(referral), stage)
    held, agreement = scene.record(referral.record_id), scene.agreement(referral.agreement)
    rules = held.rules if held is not None else None
    # Of a record that is not there, nothing else is decided: of one with no rules, what both sides know is.
    known = _known(decide(rules or RecordRules(), ()).decision)
    if agreement is None or held is None:
        return Release(decide(rules, ()), {}, None, "", known)
    allowed = decide(rules, _everybody(agreement, referral)).decision
    conditions = AttachedConditions.of(allowed.conditions) if allowed.conditions else None
    content = content_of(held, allowed)
    if stage is Stage.CORRECTION:
        content, conditions = _within_what_was_released(referral, content, allowed)
    digest = _digest(referral.salt, content, conditions)
    counted = tuple(Approval(one.officer, one.role) for one in approvals if one.of == digest and scene.still_has(one))
    decided_now = decide(rules, counted)
    return Release(decided_now, content, conditions, digest, known, held.subject_digest)


def content_of(held: HeldRecord, decision: Decision) -> dict[str, Any]:
    """Give exactly the fields that a decision allows and the record has."""
    own = {
        "record_category": held.rules.category,
        "person_role": held.rules.person_role,
        "action": (decision.conditions and decision.conditions.action) or "",
    }
    row = held.record.to_row() | own
    return {name: row[name] for name in sorted(decision.fields) if row.get(name)}


def approval_clause(agreement: Agreement, request: Request | None) -> ApprovalClause:
    """Give who approves this request."""
    return agreement.emergency.approval if request and request.emergency else agreement.release.approval


def clock_hours(agreement: Agreement, request: Request) -> int:
    """Give the hours in which this request is to be decided: fewer where it is urgent or an emergency."""
    is_urgent = request.urgency == "urgent" or request.emergency is not None
    return agreement.release.urgent_clock_hours if is_urgent else agreement.release.clock_hours


def decide_own(
    case: Case,
    request: Request | None,
    scene: Scene,
    *,
    confirmed_by: frozenset[str],
    stage: Stage = Stage.RELEASE,
) -> Decided:
    """Decide as the asker whether this request, made by these people, may lead to a release, or to its correction."""
    asked = asked_of(case, request, scene)
    steps = Steps(confirmed_by, request is not None, request.requested_by if request else "")
    return decided(scene.agreements, "asker", asked, stage=stage, steps=steps)


def lesser(own: Decided, told: Offer | Content | Correction) -> Decided:
    """Give what both sides allow of what the holder sends: the fields of both, the stricter conditions."""
    fields = told.fields if isinstance(told, Offer) else told.content
    return own.within(Told(frozenset(fields), told.conditions.read()))


def _decide(
    referral: Referral,
    scene: Scene,
    quota: QuotaUse,
    stage: Stage,
    rules: RecordRules | None,
    approvals: tuple[Approval, ...],
) -> Decided:
    request = referral.request
    # The asker's officers go by their own names, the holder's by the agency's name too: nobody is both.
    named = frozenset(request.confirmed_by) if request else frozenset()
    steps = Steps(named, request is not None, request.requested_by if request else "", approvals)
    asked = asked_of(referral, request, scene)
    one = Considered(rules, MatchFacts(referral.score, referral.bits))
    parts = {"stage": stage, "considered": (one,), "steps": steps, "quota": quota}
    return decided(scene.agreements, "holder", asked, **parts)


def stage_of_correction(file: Case | Referral, scene: Scene) -> Stage:
    """Give as what a correction is decided: as any release while the agreement is in force, and where it deletes.

    What was suspended, replaced or has ended with the copy kept allows no more than to put right what is there.
    """
    standing, asked = scene.agreements.find(bytes.fromhex(file.agreement)), file.asked
    if standing is None or standing.in_force(asked.asker, asked.holder, scene.now) or ends_with_deletion(file, scene):
        return Stage.RELEASE
    return Stage.CORRECTION


def _stage_of(referral: Referral, scene: Scene) -> Stage:
    is_out = referral.offer is not None and allows(REFERRAL, referral.state, ReferralEvent.CORRECT)
    return stage_of_correction(referral, scene) if is_out else Stage.RELEASE


def _within_what_was_released(
    referral: Referral, content: dict[str, Any], allowed: Decision
) -> tuple[dict[str, Any], AttachedConditions | None]:
    """Give the fields that were sent, under the conditions that were acknowledged or stricter ones."""
    if referral.offer is None or allowed.conditions is None:
        return {}, None
    conditions = AttachedConditions.of(stricter(allowed.conditions, referral.offer.conditions.read()))
    return {name: value for name, value in content.items() if name in referral.sent}, conditions


def _in_the_way(decision: Decision) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clause for clause, level in decision.caps if level < CORE and clause != "approval"))


def _known(decision: Decision) -> tuple[str, ...]:
    return tuple(rule for rule in _in_the_way(decision) if not rule.startswith(_OF_RECORD))


def _everybody(agreement: Agreement, referral: Referral) -> tuple[Approval, ...]:
    """Give approvals that suffice, to see what could be released at most."""
    clause = approval_clause(agreement, referral.request)
    role: OfficerRole = sorted(clause.roles)[0]
    return tuple(Approval(f"*/{number}", role) for number in range(clause.needed))


def _digest(salt: str, content: dict[str, Any], conditions: AttachedConditions | None) -> str:
    return digest_of_content(
        salt, {"content": content, "conditions": conditions and conditions.model_dump(mode="json")}
    )
