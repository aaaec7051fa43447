"""What the holder's officers do with a referral, each a pure step: checked, decided anew, stated, then the next file.

Raises `SymbolonError` for what may not be done: `STEP_NOT_POSSIBLE`, `NOT_THIS_OFFICER`, `AGREEMENT_REFUSES` with the
names of the rules in the way, which nobody else learns.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from agreements.clauses import CORE
from agreements.stages import REFERRAL, Clock, ReferralEvent, ReferralState, StageError, advance
from ledger.entries import Statement
from ledger.referral_events import (
    ApprovalGiven,
    ClarificationAsked,
    ContentSent,
    ContentWithheld,
    DisputeSettled,
    HitSilentSeen,
    MatchConfirmed,
    RecallSent,
    RefusedAppealSeen,
    ReleaseOffered,
    ReleaseReopened,
    RequestDeclined,
    RequestResumed,
    RequestWithJudge,
)
from node.cases import messages
from node.cases.files import ClarificationNote, Deed, Referral
from node.cases.messages import (
    Clarification,
    Content,
    Decline,
    Offer,
    Recall,
    StateNotice,
    digest_of_content,
    digest_of_message,
    digest_of_offer,
)
from node.cases.release import STOPPED, Release, approval_clause, clock_hours, release_of
from node.cases.reviewing import after_release
from node.cases.steps import Scene, Step, built, check_absent, check_room, check_words, refuse, stated
from node.officers.register import Officer, role_needed
from symbolon.rpc.errors import ErrorCode, SymbolonError

MATCH_CONFIRMED = "record.match_confirmed"
"""What stands in the way while a record that has changed since the hit was not compared again by an officer."""


def moved(referral: Referral, event: ReferralEvent) -> ReferralState:
    """Give the state an event leads to; raise `SymbolonError` (`STEP_NOT_POSSIBLE`) where it leads nowhere."""
    try:
        return advance(REFERRAL, referral.state, event)
    except StageError as error:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, str(error)) from None


def see(referral: Referral, officer: Officer, scene: Scene) -> Step[Referral]:
    """Take note of a hit that its asker was not told of, or of an appeal for a life that was over the quota."""
    if referral.state is ReferralState.APPEAL_REFUSED:
        event = ReferralEvent.SEE_APPEAL
        after = referral.with_line(scene.now, event.value, officer.name, state=moved(referral, event))
        return Step(after, (stated(RefusedAppealSeen, referral, {"officer": officer.name}),))
    state = moved(referral, ReferralEvent.SEE_SILENT)
    after = referral.with_line(scene.now, "see_silent", officer.name, state=state)
    return Step(after, (stated(HitSilentSeen, referral, {"officer": officer.name}),))


def approve(referral: Referral, officer: Officer, scene: Scene, *, digest: str) -> Step[Referral]:
    """Approve the release shown under this digest; with the last approval needed the conditions are offered."""
    moved(referral, ReferralEvent.APPROVE)
    deeds, release, statement = approved(referral, officer, scene, digest)
    is_last = release.decision.level >= CORE
    if is_last and scene.stopped:
        return waiting(referral, officer, scene, release, deeds, ReferralEvent.APPROVE_IN_PART, statement)
    event = ReferralEvent.APPROVE if is_last else ReferralEvent.APPROVE_IN_PART
    after = referral.with_line(
        scene.now, event.value, officer.name, state=moved(referral, event), approvals=deeds, held=()
    )
    step = Step(after, (statement,))
    return step.then(offered(after, release)) if is_last else step


def waiting(
    referral: Referral,
    officer: Officer,
    scene: Scene,
    release: Release,
    deeds: tuple[Deed, ...],
    event: ReferralEvent,
    statement: Statement,
) -> Step[Referral]:
    """Note the last approval, and let what it sends wait until this node discloses again (`node.cases.waiting`)."""
    after = referral.with_line(
        scene.now, event.value, officer.name, state=moved(referral, event), approvals=deeds, held=(STOPPED,)
    )
    return Step(after, (statement, _decided(ContentWithheld, referral, release, stopped=scene.stopped)))


def approved(
    referral: Referral, officer: Officer, scene: Scene, digest: str
) -> tuple[tuple[Deed, ...], Release, Statement]:
    """Add an officer's approval of exactly what was shown: all that are of it, the release with them, the entry."""
    shown = release_of(referral, scene, referral.approvals)
    check_shown(shown, digest)
    if not (shown.rules_in_the_way or shown.is_of_the_match(referral)):
        raise refuse((MATCH_CONFIRMED,))
    deeds = with_deed(referral, officer, scene, referral.approvals, of=shown.digest)
    release = release_of(referral, scene, deeds)
    if release.rules_in_the_way:
        raise refuse(release.rules_in_the_way)
    said = {"officer": officer.name, "decision": release.decided.text}
    given_as = {"role": deeds[-1].role, "approved": release.digest}
    return deeds, release, stated(ApprovalGiven, referral, said, trace=release.decision.trace, **given_as)


def with_deed(
    referral: Referral, officer: Officer, scene: Scene, deeds: tuple[Deed, ...], *, of: str
) -> tuple[Deed, ...]:
    """Add an officer's deed to those of the same matter; raise where role or officer do not fit."""
    agreement = scene.agreement(referral.agreement)
    if agreement is None:
        raise refuse(("agreement.known",))
    clause = approval_clause(agreement, referral.request)
    fitting = sorted(officer.roles & clause.roles)
    if not fitting:
        raise SymbolonError(ErrorCode.NOT_THIS_OFFICER, role_needed(clause.roles, officer))
    name = scene.officer(officer)
    valid = tuple(deed for deed in deeds if deed.of == of and scene.still_has(deed))
    check_absent(name, {deed.officer for deed in valid}, "this officer has approved already")
    return (*valid, Deed(officer=name, role=fitting[0], at=scene.now, of=of))


def check_shown(release: Release, digest: str) -> None:
    """Raise `SymbolonError` (`STEP_NOT_POSSIBLE`) where an officer names another release than there is now."""
    if release.digest != digest:
        detail = "the record or its rules changed meanwhile, and nothing was approved: look at what would leave now"
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, detail)


def offered(referral: Referral, release: Release) -> Step[Referral]:
    """Offer the conditions of an approved release, with a digest of its content."""
    if release.conditions is None:
        raise RuntimeError("a release that is allowed has conditions")
    offer = built(
        Offer,
        {
            "reference": referral.reference,
            "conditions": release.conditions,
            "fields": sorted(release.decision.fields),
            "content_digest": digest_of_content(referral.salt, release.content),
        },
    )
    named = {"fields": tuple(offer.fields), "digest": digest_of_offer(offer), "approved": release.digest}
    said = {"decision": release.decided.text}
    statement = stated(ReleaseOffered, referral, said, trace=release.decision.trace, **named)
    return Step(referral.model_copy(update={"offer": offer}), (statement,), (offer,))


def confirm_match(referral: Referral, officer: Officer, scene: Scene, *, digest: str) -> Step[Referral]:
    """Say that the record as shown under this digest, changed since the hit, is still of the person asked for."""
    moved(referral, ReferralEvent.CONFIRM_MATCH)
    release = release_of(referral, scene, ())
    check_shown(release, digest)
    if release.rules_in_the_way:
        raise refuse(release.rules_in_the_way)
    after = referral.with_line(
        scene.now, ReferralEvent.CONFIRM_MATCH.value, officer.name, matched=release.subject, approvals=()
    )
    return Step(after, (stated(MatchConfirmed, referral, {"officer": officer.name}),))


def decline(referral: Referral, officer: Officer, scene: Scene, *, reason: str) -> Step[Referral]:
    """Decline; the reason stays in this house. Nothing but an officer declines what a person is to decide."""
    check_words("reason", reason)
    state = moved(referral, ReferralEvent.DECLINE)
    after = referral.with_line(
        scene.now, "decline", officer.name, state=state, clock=None, approvals=(), offer=None, held=()
    )
    statement = stated(RequestDeclined, referral, {"officer": officer.name, "reason": reason}, trace=())
    return Step(after, (statement,), (Decline(reference=referral.reference),))


def hand_to_judge(referral: Referral, officer: Officer, scene: Scene) -> Step[Referral]:
    """Hand the request to a judge; the clock stands still, and the asker sees that."""
    state = moved(referral, ReferralEvent.HAND_TO_JUDGE)
    clock = referral.clock.paused(scene.now) if referral.clock else None
    after = referral.with_line(scene.now, "hand_to_judge", officer.name, state=state, clock=clock)
    notice = StateNotice(reference=referral.reference, state="with_judge")
    return Step(after, (stated(RequestWithJudge, referral, {"officer": officer.name}),), (notice,))


def resume(referral: Referral, officer: Officer, scene: Scene) -> Step[Referral]:
    """Take the request back from the judge; the clock goes on with what was left."""
    state = moved(referral, ReferralEvent.JUDGE_RETURNS)
    clock = referral.clock.resumed(scene.now) if referral.clock else None
    after = referral.with_line(scene.now, "judge_returns", officer.name, state=state, clock=clock)
    notice = StateNotice(reference=referral.reference, state="requested")
    return Step(after, (stated(RequestResumed, referral, {"officer": officer.name}),), (notice,))


def send(referral: Referral, officer: Officer, scene: Scene, *, digest: str) -> Step[Referral]:
    """Send content that was held back although it was acknowledged, if the decision allows it now."""
    moved(referral, ReferralEvent.SEND_CONTENT)
    release = release_of(referral, scene, referral.approvals)
    check_shown(release, digest)
    in_the_way = release.rules_in_the_way or ((STOPPED,) if scene.stopped else ())
    if in_the_way:
        raise refuse(in_the_way)
    return sent_or_not(referral, scene, by=officer.name)


def sent_or_not(referral: Referral, scene: Scene, by: str = "") -> Step[Referral]:
    """Decide once more, now that the conditions are acknowledged: send, have it approved anew, or hold back.

    Never raises: an acknowledgement has come, and what follows from it depends on the record and the agreement alone.
    Never declines: a record that may not be told of any more goes the way of every one that has changed, or what comes
    without any person would tell it. It is held back for what both sides know, and for that alone.
    """
    offer = referral.offer
    release = release_of(referral, scene, referral.approvals)
    if release.known_in_the_way or scene.stopped:
        return held_back(referral, scene, release)
    as_offered = offer is not None and digest_of_content(referral.salt, release.content) == offer.content_digest
    as_offered = as_offered and release.is_of_the_match(referral)
    if offer is None or not as_offered or release.decision.level < CORE or release.conditions != offer.conditions:
        return reopened(referral, scene, release)
    return _sent(referral, scene, release, offer, by)


def held_back(referral: Referral, scene: Scene, release: Release) -> Step[Referral]:
    """Keep content back, and say why to the own officers only; what the stop rule keeps back goes on by itself."""
    after = referral.with_line(scene.now, "content_withheld", held=release.known_in_the_way or (STOPPED,))
    return Step(after, (_decided(ContentWithheld, referral, release, stopped=scene.stopped),))


def reopened(referral: Referral, scene: Scene, release: Release) -> Step[Referral]:
    """Have it approved anew: what was approved is not what the record gives now. The asker sees that it goes on.

    Under a new salt: the old one is never told, so the old digest says nothing of what may be withheld now. The clock
    goes on, or begins where the request was over with, so that this ends too if nobody decides.
    """
    state = moved(referral, ReferralEvent.REOPEN)
    after = referral.with_line(
        scene.now,
        "reopen",
        state=state,
        approvals=(),
        offer=None,
        held=(),
        salt=scene.draw(),
        clock=referral.clock or clock_of(referral, scene),
    )
    notice = StateNotice(reference=referral.reference, state="requested")
    return Step(after, (_decided(ReleaseReopened, referral, release),), (notice,))


def clock_of(referral: Referral, scene: Scene) -> Clock | None:
    """Start the clock of a referral's request, the shorter one where it is urgent or an emergency."""
    agreement, request = scene.agreement(referral.agreement), referral.request
    if agreement is None or request is None:
        return None
    return Clock.started(scene.now, clock_hours(agreement, request))


def _decided(event: Callable[..., Any], referral: Referral, release: Release, **fields: Any) -> Statement:
    return stated(event, referral, {"decision": release.decided.text}, trace=release.decision.trace, **fields)


def _sent(referral: Referral, scene: Scene, release: Release, offer: Offer, by: str) -> Step[Referral]:
    state = moved(referral, ReferralEvent.SEND_CONTENT)
    due = (scene.now + timedelta(days=offer.conditions.retention_days)).date()
    content = built(
        Content,
        {
            "reference": referral.reference,
            "offer_digest": digest_of_offer(offer),
            "salt": referral.salt,
            "content": release.content,
            "conditions": offer.conditions,
            "due": due,
        },
    )
    after = referral.with_line(
        scene.now,
        "send_content",
        by,
        state=state,
        due=due,
        clock=None,
        held=(),
        sent=tuple(sorted(release.content)),
        sent_as=release.digest,
        sent_salt=referral.salt,
        salt=scene.draw(),  # the one told now says nothing of what comes later
        feedback_until=scene.now + timedelta(days=offer.conditions.feedback_days),
        review=after_release(referral, scene),
    )
    statement = stated(
        ContentSent,
        referral,
        {"officer": by, "decision": release.decided.text},
        fields=tuple(sorted(release.content)),
        digest=digest_of_message(content),
        trace=release.decision.trace,
        approved=release.digest,
    )
    return Step(after, (statement,), (content,))


def recall(referral: Referral, officer: Officer, scene: Scene, *, reason: str) -> Step[Referral]:
    """Recall what was told or released; the receiver's copy is erased, with a receipt."""
    state = moved(referral, ReferralEvent.RECALL)
    message = built(Recall, {"reference": referral.reference, "reason": reason})
    closed = referral.closed_consents
    after = referral.with_line(scene.now, "recall", officer.name, state=state, clock=None, consents=closed)
    statement = stated(RecallSent, referral, {"officer": officer.name, "reason": message.reason})
    return Step(after, (statement,), (message,))


def settle(referral: Referral, officer: Officer, scene: Scene, *, words: str) -> Step[Referral]:
    """Let what is disputed stand, and say why."""
    state = moved(referral, ReferralEvent.SETTLE_DISPUTE)
    message = built(messages.DisputeSettled, {"reference": referral.reference, "words": words})
    after = referral.with_line(
        scene.now, "settle_dispute", officer.name, state=state, disputed="", settled=message.words
    )
    statement = stated(DisputeSettled, referral, {"officer": officer.name, "words": message.words})
    return Step(after, (statement,), (message,))


def ask_about(referral: Referral, officer: Officer, scene: Scene, *, about: str) -> Step[Referral]:
    """Ask the asker about its request, from a closed list of what may be unclear; the clock goes on."""
    moved(referral, ReferralEvent.APPROVE)
    check_room(referral.clarifications)
    if any(note.about == about and not note.answer for note in referral.clarifications):
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "this was asked already, and the answer has not come yet")
    number = len(referral.clarifications) + 1
    message = built(Clarification, {"reference": referral.reference, "number": number, "about": about})
    note = ClarificationNote(number=number, about=message.about)
    after = referral.with_line(
        scene.now, f"ask_about_{about}", officer.name, clarifications=(*referral.clarifications, note)
    )
    statement = stated(ClarificationAsked, referral, {"officer": officer.name}, about=message.about, number=number)
    return Step(after, (statement,), (message,))
