"""Cases and referrals as the desk's people are shown them: from the files to the messages of ``cases.proto``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import fields
from datetime import datetime
from typing import Any

from agreements.agreement import Agreement
from agreements.articles_of_rules import article_of
from agreements.facts import RecordRules
from agreements.prose import articles
from agreements.stages import CASE, REFERRAL, CaseEvent, CaseState, ReferralEvent, ReferralState, allows
from node.cases.alerts import alerts_of_case, alerts_of_referral, allowance_of
from node.cases.allowance import Allowance
from node.cases.cleared import Cleared
from node.cases.comparing import VERDICTS, FieldCompared, compared
from node.cases.desk_steps import OpenStep, View, open_steps
from node.cases.facts import AskedFacts
from node.cases.files import Case, ConsentNote, Referral, Review
from node.cases.holding import MATCH_CONFIRMED
from node.cases.messages import AttachedConditions, Offer, Request, digest_of_offer
from node.cases.release import Release, approval_clause, clock_hours
from node.cases.steps import Scene, partner_of
from node.cases.urgency import Pending, Weighed, pending
from node.cases.withholding import CONDITIONS, Withheld, letting, row_of, withheld_of
from node.officers.register import Officer, in_order
from node.sentences import sentence_shown, sentences_shown
from symbolon.v1 import cases_pb2 as wire

_TO_DECIDE = (ReferralState.REQUESTED, ReferralState.OVERDUE, ReferralState.WITH_JUDGE)


def case_listed(weighed: Weighed[Case]) -> wire.CaseShown:
    """Give a line of the list: where it stands and what is to be seen to, nothing of a person."""
    case = weighed.line.file
    if case is None:
        return wire.CaseShown(file=_unreadable(weighed))
    return wire.CaseShown(file=_standing(case, weighed.pending), band=case.band, holder_state=case.holder_state)


def case_shown(
    case: Case, scene: Scene, officer: Officer | None = None, same_hits: Iterable[Case] = ()
) -> wire.CaseShown:
    """Give a case whole, beside where others of the same hit stand; content is there where the file has it."""
    agreement = scene.agreement(case.agreement)
    return wire.CaseShown(
        file=_file(View(case), scene, pending(alerts_of_case(case, scene, officer), officer)),
        band=case.band,
        subject_json=_json(case.subject),
        confirmations=[
            wire.ConfirmationShown(officer=one.officer, at=_seconds(one.at), reason=one.words)
            for one in case.confirmations
        ],
        confirmations_needed=agreement.release.confirmations if agreement else 0,
        rejected_because=case.rejected_because,
        holder_state=case.holder_state,
        recalled_because=case.recalled_because,
        conditions=_conditions(case.conditions) if _has_copy(case) else None,
        content_json=_json(case.content),
        corrected=case.corrected if _has_copy(case) else (),
        requests_left=_requests_left(allowance_of(case, scene)),
        comparison=map(_compared, compared(case)),
        handling_code=_handling_code(case, agreement),
        decided_within_hours=_decided_within(case, agreement),
        agreement=_named(agreement) if agreement else None,
        same_hits=[
            wire.SameHit(reference=one.reference, state=one.state.value, opened_at=_seconds(one.opened_at))
            for one in same_hits
        ],
    )


def _decided_within(case: Case, agreement: Agreement | None) -> int:
    if agreement is None or case.request is None or case.state is not CaseState.REQUESTED:
        return 0
    return clock_hours(agreement, case.request)


def referral_listed(weighed: Weighed[Referral]) -> wire.ReferralShown:
    """Give a line of the list: where it stands and what is to be seen to, nothing of a person."""
    referral = weighed.line.file
    if referral is None:
        return wire.ReferralShown(file=_unreadable(weighed))
    shown = wire.ReferralShown(file=_standing(referral, weighed.pending), level=referral.level)
    shown.MergeFrom(_clock(referral))
    return shown


def referral_shown(
    referral: Referral,
    scene: Scene,
    release: Release | None = None,
    officer: Officer | None = None,
    *,
    with_record: bool = False,
) -> wire.ReferralShown:
    """Give a referral whole; with what would be released now, where that is given, and with the record if wanted."""
    in_the_way = _in_the_way(referral, release) if release else None
    view = View(referral, in_the_way, is_as_sent=release is not None and release.is_as_sent(referral))
    shown = wire.ReferralShown(
        file=_file(view, scene, pending(alerts_of_referral(referral, scene, officer), officer)),
        as_sent=view.is_as_sent,
        record_id=referral.record_id,
        score=referral.score,
        bits=referral.bits,
        level=referral.level,
        held=referral.held,
        receipt=referral.receipt or "",
        appeal=_request(referral.appeal),
        in_the_way=in_the_way or (),
        content_json=_json(release.content if release and not release.rules_in_the_way else None),
        conditions=_conditions(release.conditions if release else None),
        digest=release.digest if release else "",
    )
    shown.MergeFrom(_clock(referral))
    shown.MergeFrom(_approvals(referral, scene, release))
    held = scene.record(referral.record_id) if release or with_record else None
    agreement = scene.agreement(referral.agreement)
    if held is not None and release is not None:
        shown.withheld.extend(_withheld(one) for one in withheld_of(referral, held, release, agreement))
    if held is not None and with_record:
        shown.record_json = _json(row_of(held))
        shown.record_rules_json = _json(_rules(held.rules))
    if agreement is not None:
        content = release.content if release and not release.rules_in_the_way else {}
        shown.released.extend(wire.FieldReleased(field=one, rule=letting(one, agreement)) for one in content)
        named = {*shown.in_the_way, *shown.held, *(one.rule for one in shown.released), "approval", CONDITIONS}
        named |= {rule for one in shown.withheld for rule in one.rules}
        shown.agreement.CopyFrom(agreement_shown(agreement, named))
    return shown


def agreement_shown(agreement: Agreement, rules: Set[str] = frozenset()) -> wire.AgreementShown:
    """Give an agreement as people read it, with which of these rules rest on which article."""
    resting: dict[int, list[str]] = {}
    for rule in sorted(rules):
        resting.setdefault(article_of(rule, agreement), []).append(rule)
    shown = _named(agreement)
    shown.articles.extend(
        wire.ArticleShown(
            number=number,
            heading=sentence_shown(article.heading),
            agreed=sentences_shown(article.agreed),
            practice=sentences_shown(article.practice),
            rules=resting.get(number, ()),
        )
        for number, article in enumerate(articles(agreement), 1)
    )
    return shown


def _named(agreement: Agreement) -> wire.AgreementShown:
    return wire.AgreementShown(
        id=agreement.id, version=agreement.version, title=agreement.title, legal_basis=agreement.legal_basis
    )


def _withheld(one: Withheld) -> wire.FieldWithheld:
    return wire.FieldWithheld(field=one.field, rules=one.rules, instead=one.instead)


def _rules(rules: RecordRules) -> dict[str, Any]:
    """Give the rules of a record as JSON has them; None where it is not known, which tells least."""
    written = ((one.name, getattr(rules, one.name)) for one in fields(rules))
    return {name: _written(value) for name, value in written}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Mapping):
        return dict(sorted(value.items()))
    return sorted(value) if isinstance(value, frozenset | tuple) else value


def cleared_listed(one: Cleared) -> wire.ClearedHit:
    """Give a cleared hit."""
    return wire.ClearedHit(
        reference=one.reference,
        partner=one.partner,
        purpose=one.purpose,
        case_reference=one.case_reference,
        band=one.band,
        by=one.officer,
        at=_seconds(one.cleared_at),
        reason=one.reason,
        returned=one.returned,
        returned_at=_seconds(one.returned_at),
    )


def _compared(field: FieldCompared) -> wire.FieldCompared:
    parts = [
        wire.PartCompared(role=one.role, asked=one.one, told=one.other, verdict=VERDICTS[one.outcome], how=one.how)
        for one in field.parts
    ]
    return wire.FieldCompared(field=field.field, verdict=field.verdict, reasons=field.reasons, parts=parts)


def _handling_code(case: Case, agreement: Agreement | None) -> str:
    """Give the code under which the file is treated; the strictest where nothing says which."""
    conditions = case.conditions or (case.offer and case.offer.conditions)
    if conditions:
        return conditions.code
    return agreement.handling.code if agreement else "H3"


def _has_copy(file: Case | Referral) -> bool:
    """Say whether a copy of content is at the asker, as far as this side knows, and may stay until its day."""
    if isinstance(file, Case):
        return allows(CASE, file.state, CaseEvent.DELETE)
    return allows(REFERRAL, file.state, ReferralEvent.LEAVE_ASKED)


def _in_the_way(referral: Referral, release: Release) -> tuple[str, ...]:
    return release.rules_in_the_way or (() if release.is_of_the_match(referral) else (MATCH_CONFIRMED,))


def _unreadable(weighed: Weighed[Any]) -> wire.FileShown:
    line, alerts = weighed.line, weighed.pending.alerts
    return wire.FileShown(
        reference=line.reference,
        partner=line.partner,
        state="unreadable",
        since=_seconds(line.since),
        opened_at=_seconds(line.opened_at),
        alerts=[one.words for one in alerts],
        alert_kinds=[one.kind for one in alerts],
    )


def _clock(referral: Referral) -> wire.ReferralShown:
    """Give when the clock runs out, or who has stopped it and what is left; nothing of it where all is decided."""
    clock = referral.clock
    if referral.state not in _TO_DECIDE:
        return wire.ReferralShown()
    if clock is None or clock.left is None:
        return wire.ReferralShown(clock_due_at=_seconds(clock.due if clock else None))
    stopped = next((line for line in reversed(referral.history) if line.event == ReferralEvent.HAND_TO_JUDGE), None)
    return wire.ReferralShown(
        clock_left_seconds=int(clock.left.total_seconds()),
        clock_paused_by=stopped.by if stopped else "",
        clock_paused_at=_seconds(stopped.at if stopped else None),
    )


def _approvals(referral: Referral, scene: Scene, release: Release | None) -> wire.ReferralShown:
    """Give who has approved, who has to and who cannot any more."""
    agreement = scene.agreement(referral.agreement)
    clause = approval_clause(agreement, referral.request) if agreement else None
    counting = {one for one in referral.approvals if release and one.of == release.digest and scene.still_has(one)}
    return wire.ReferralShown(
        approvals=[
            wire.ApprovalShown(officer=one.officer, role=one.role, at=_seconds(one.at), counts=one in counting)
            for one in referral.approvals
        ],
        approvals_needed=clause.needed if clause else 0,
        approval_roles=in_order(clause.roles) if clause else (),
        not_by=[one.officer for one in referral.approvals if one in counting],
    )


def _standing(file: Case | Referral, pending: Pending) -> wire.FileShown:
    return wire.FileShown(
        reference=file.reference,
        partner=partner_of(file),
        agreement_hash=file.agreement,
        state=file.state.value,
        since=_seconds(file.since),
        opened_at=_seconds(file.opened_at),
        purpose=file.asked.purpose,
        case_reference=file.asked.case,
        emergency=file.is_emergency,
        deleted_on=file.due.isoformat() if file.due and _has_copy(file) else "",
        review=wire.ReviewShown(state=file.review.state.value, due_at=_seconds(file.review.due)),
        alerts=[one.words for one in pending.alerts],
        alert_kinds=[one.kind for one in pending.alerts],
        see_to_by=_seconds(pending.until),
        waits_for_others=pending.is_for_others,
    )


def _file(view: View, scene: Scene, pending: Pending) -> wire.FileShown:
    file = view.file
    whole = _standing(file, pending)
    whole.MergeFrom(
        wire.FileShown(
            asked=_asked(file.asked),
            reasons=file.reasons,
            request=_request(file.request),
            offer=_offer(file.offer),
            feedback=[wire.Use(use=one.use, words=one.words) for one in file.feedback],
            disputed=file.disputed,
            settled=file.settled,
            leaves=[_leave(one) for one in file.consents],
            questions=[
                wire.Question(number=one.number, about=one.about, answer=one.answer) for one in file.clarifications
            ],
            review=_review(file.review),
            history=[wire.HistoryLine(at=_seconds(one.at), event=one.event, by=one.by) for one in file.history],
            next_steps=[_next_step(one) for one in open_steps(view, scene)],
        )
    )
    return whole


def _asked(asked: AskedFacts) -> wire.AskedShown:
    return wire.AskedShown(
        purpose=asked.purpose,
        legal_basis=asked.basis,
        case_reference=asked.case,
        asked_by=asked.user,
        offence=asked.offence,
        penalty_months=asked.penalty_months,
        nature=asked.nature,
        person_role=asked.person_role,
        death_penalty=asked.death_penalty,
        assurance=asked.assurance,
    )


def _next_step(step: OpenStep) -> wire.NextStep:
    return wire.NextStep(
        step=step.name,
        options=step.options,
        number=step.number,
        roles=in_order(step.roles),
        only_if=step.guard or "",
    )


def _request(request: Request | None) -> wire.FollowUp | None:
    if request is None:
        return None
    appeal = request.emergency
    return wire.FollowUp(
        facts=request.facts,
        urgency=request.urgency,
        emergency=wire.EmergencyUse(responsible=appeal.responsible, danger=appeal.danger) if appeal else None,
        offence=request.offence,
        purpose=request.purpose,
        confirmed_by=request.confirmed_by,
        requested_by=request.requested_by,
    )


def _requests_left(left: Allowance | None) -> wire.RequestsLeft | None:
    if left is None:
        return None
    return wire.RequestsLeft(
        requests_today=left.requests,
        requests_a_day=left.requests_a_day,
        emergencies_this_month=left.emergencies,
        emergencies_a_month=left.emergencies_a_month,
        said_on=left.said_on.isoformat(),
    )


def _offer(offer: Offer | None) -> wire.OfferShown | None:
    if offer is None:
        return None
    return wire.OfferShown(digest=digest_of_offer(offer), conditions=_conditions(offer.conditions), fields=offer.fields)


def _conditions(conditions: AttachedConditions | None) -> wire.BindingConditions | None:
    if conditions is None:
        return None
    return wire.BindingConditions(
        code=conditions.code,
        caveats=conditions.caveats,
        retention_days=conditions.retention_days,
        feedback_days=conditions.feedback_days,
        onward_transfer=conditions.onward_transfer,
        change_of_purpose=conditions.change_of_purpose,
    )


def _leave(note: ConsentNote) -> wire.Leave:
    asked = note.asked
    return wire.Leave(number=asked.number, wanted=asked.wanted, to=asked.to, reason=asked.reason, given=note.given)


def _review(review: Review) -> wire.ReviewShown:
    return wire.ReviewShown(state=review.state.value, due_at=_seconds(review.due), by=review.by, result=review.result)


def _json(content: dict[str, Any] | None) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() if content is not None else b""


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
