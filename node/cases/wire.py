"""Cases and referrals as the desk's people are shown them: from the files to the messages of ``cases.proto``."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from node.cases.alerts import alerts_of_case, alerts_of_referral
from node.cases.files import Case, ConsentNote, Referral, Review
from node.cases.holding import MATCH_CONFIRMED
from node.cases.listing import Listed
from node.cases.messages import AttachedConditions, Offer, Request, digest_of_offer
from node.cases.release import Release
from node.cases.steps import Scene, partner_of
from node.cases.store import UNREADABLE
from symbolon.v1 import cases_pb2 as wire


def case_listed(line: Listed[Case], scene: Scene) -> wire.CaseShown:
    """Give a line of the list: where it stands and what is to be seen to, nothing of a person."""
    case = line.file
    if case is None:
        return wire.CaseShown(file=_unreadable(line))
    return wire.CaseShown(
        file=_standing(case, alerts_of_case(case, scene)), band=case.band, holder_state=case.holder_state
    )


def case_shown(case: Case, scene: Scene) -> wire.CaseShown:
    """Give a case whole; content is there where the file has it."""
    return wire.CaseShown(
        file=_file(case, alerts_of_case(case, scene)),
        band=case.band,
        confirmed_by=[one.officer for one in case.confirmations],
        rejected_because=case.rejected_because,
        holder_state=case.holder_state,
        recalled_because=case.recalled_because,
        conditions=_conditions(case.conditions),
        content_json=_json(case.content),
    )


def referral_listed(line: Listed[Referral], scene: Scene) -> wire.ReferralShown:
    """Give a line of the list: where it stands and what is to be seen to, nothing of a person."""
    referral = line.file
    if referral is None:
        return wire.ReferralShown(file=_unreadable(line))
    due = referral.clock.due if referral.clock else None
    alerts = alerts_of_referral(referral, scene)
    if line.times > 1:
        alerts.append(f"{line.times} times for this case, first on {line.first_at.date()}; the newest is shown")
    return wire.ReferralShown(file=_standing(referral, alerts), level=referral.level, clock_due_at=_seconds(due))


def referral_shown(referral: Referral, scene: Scene, release: Release | None = None) -> wire.ReferralShown:
    """Give a referral whole; with what would be released now, where that is given."""
    clock = referral.clock
    return wire.ReferralShown(
        file=_file(referral, alerts_of_referral(referral, scene)),
        record_id=referral.record_id,
        score=referral.score,
        bits=referral.bits,
        level=referral.level,
        clock_due_at=_seconds(clock.due if clock else None),
        clock_left_seconds=int(clock.left.total_seconds()) if clock and clock.left is not None else 0,
        approvals=[
            wire.ApprovalShown(officer=one.officer, role=one.role, at=_seconds(one.at)) for one in referral.approvals
        ],
        held=referral.held,
        receipt=referral.receipt or "",
        in_the_way=_in_the_way(referral, release) if release else (),
        content_json=_json(release.content if release and not release.rules_in_the_way else None),
        conditions=_conditions(release.conditions if release else None),
        digest=release.digest if release else "",
    )


def _in_the_way(referral: Referral, release: Release) -> tuple[str, ...]:
    return release.rules_in_the_way or (() if release.is_of_the_match(referral) else (MATCH_CONFIRMED,))


def _unreadable(line: Listed[Any]) -> wire.FileShown:
    return wire.FileShown(
        reference=line.reference,
        partner=line.partner,
        state="unreadable",
        since=_seconds(line.since),
        opened_at=_seconds(line.opened_at),
        alerts=[f"{UNREADABLE}; it stood at {line.state.replace('_', ' ')}"],
    )


def _standing(file: Case | Referral, alerts: list[str]) -> wire.FileShown:
    return wire.FileShown(
        reference=file.reference,
        partner=partner_of(file),
        agreement_hash=file.agreement,
        state=file.state.value,
        since=_seconds(file.since),
        opened_at=_seconds(file.opened_at),
        purpose=file.asked.purpose,
        deleted_on=file.due.isoformat() if file.due else "",
        review=wire.ReviewShown(state=file.review.state.value, due_at=_seconds(file.review.due)),
        alerts=alerts,
    )


def _file(file: Case | Referral, alerts: list[str]) -> wire.FileShown:
    whole = _standing(file, alerts)
    whole.MergeFrom(
        wire.FileShown(
            case_reference=file.asked.case,
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
        )
    )
    return whole


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
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode() if content is not None else b""


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
