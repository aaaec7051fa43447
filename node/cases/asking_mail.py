"""What the holder's messages do to the asker's case, each a pure step. None is refused with an error.

What comes too late, or from a holder whose file says otherwise, changes nothing here and is noted in the log; where the
holder waits for a receipt it gets one, so that its file can end too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from agreements.clauses import CORE
from agreements.conditions import stricter
from agreements.facts import Stage
from agreements.inputs import Decided
from agreements.stages import CASE, CaseEvent, CaseState, advance, allows
from ledger.case_events import (
    CaseMessageIgnored,
    ClarificationReceived,
    ConsentReceived,
    ContentDeleted,
    ContentReceived,
    CorrectionReceived,
    DeclineReceived,
    OfferReceived,
    RecallReceived,
    SettlementReceived,
    StateReceived,
)
from node.cases.asking import erased
from node.cases.files import MOST_NOTES, Case, ClarificationNote
from node.cases.messages import (
    AttachedConditions,
    Clarification,
    ConsentAnswer,
    Content,
    Correction,
    CorrectionReceipt,
    Decline,
    DeletionReceipt,
    DisputeSettled,
    Message,
    Offer,
    Recall,
    RecallReceipt,
    StateNotice,
    digest_of_content,
    digest_of_message,
    digest_of_offer,
)
from node.cases.release import decide_own, lesser, stage_of_correction
from node.cases.reviewing import after_release
from node.cases.steps import Scene, Step, stated


def take(case: Case, message: Message, scene: Scene) -> Step[Case]:
    """Take a message of the holder's."""
    taken = _TAKEN.get(type(message))
    return taken(case, message, scene) if taken else ignored(case, message)


def ignored(case: Case, message: Message, *answers: Message) -> Step[Case]:
    """Let nothing follow but an answer, and a line in the log."""
    return Step(case, (stated(CaseMessageIgnored, case, kind=message.type),), answers)


def answer_unknown(message: Message) -> Message | None:
    """Give the receipt for a message about a case that is not, or not any more, here."""
    match message:
        case Recall():
            return RecallReceipt(reference=message.reference)
        case Content() | Correction():
            return DeletionReceipt(reference=message.reference, cause="not_expected")
        case _:
            return None


def _move(case: Case, event: CaseEvent) -> CaseState | None:
    return advance(CASE, case.state, event) if allows(CASE, case.state, event) else None


def _own(case: Case, scene: Scene, stage: Stage = Stage.RELEASE) -> Decided:
    confirmed_by = frozenset(one.officer for one in case.confirmations)
    return decide_own(case, case.request, scene, confirmed_by=confirmed_by, stage=stage)


def _offer(case: Case, offer: Offer, scene: Scene) -> Step[Case]:
    """Note what is offered, and what the own decision is now; whether it is taken on is decided when it is.

    One that comes while the agreement is suspended is not lost: nothing would bring it again. But a copy that it was to
    replace goes, and where nothing may be taken on, that ends the case.
    """
    state = _move(case, CaseEvent.OFFER_COMES)
    both = lesser(_own(case, scene), offer)
    if state is None:
        return ignored(case, offer)
    if both.decision.level < CORE and case.content is not None:
        return ignored(case, offer).then(erased(case, scene, "not_allowed"))
    statements = [stated(ContentDeleted, case, cause="offered_anew")] if case.content is not None else []
    after = case.with_line(
        scene.now,
        "offer_comes",
        state=state,
        offer=offer,
        holder_state="offered",
        content=None,
        corrected=(),
        conditions=None,
        due=None,
        feedback_until=None,
        acknowledgement=None,
        disputed="",
        consents=case.closed_consents,
    )
    fields, digest = tuple(offer.fields), digest_of_offer(offer)
    said, trace = {"decision": both.text}, both.decision.trace
    statement = stated(OfferReceived, case, said, fields=fields, digest=digest, trace=trace)
    return Step(after, (*statements, statement))


def _content(case: Case, message: Content, scene: Scene) -> Step[Case]:
    state = _move(case, CaseEvent.CONTENT_COMES)
    if case.content is not None:  # a copy is here: a receipt would be false
        return ignored(case, message)
    if state is None or not _is_as_offered(message, case.offer):
        return ignored(case, message, DeletionReceipt(reference=case.reference, cause="not_expected"))
    return _kept(case, message, scene, state, message.due)


def _kept(case: Case, message: Content | Correction, scene: Scene, state: CaseState, due: date) -> Step[Case]:
    """Keep of what came what both sides allow, under the stricter conditions; nothing where the own side does not."""
    stage = stage_of_correction(case, scene) if isinstance(message, Correction) else Stage.RELEASE
    decided = lesser(_own(case, scene, stage), message)
    both = decided.decision
    conditions = AttachedConditions.of(both.conditions) if both.conditions else message.conditions
    kept = {name: value for name, value in message.content.items() if name in both.fields}
    changes: dict[str, Any] = {"state": state, "content": kept, "conditions": conditions}
    changes["review"] = after_release(case, scene)
    changes["due"] = min(due, (scene.now + timedelta(days=conditions.retention_days)).date())
    if isinstance(message, Correction):
        event = CaseEvent.CORRECTION_COMES
        unread = case.corrected if case.is_unread else ()
        changed = tuple(sorted({*_differing(case.content or {}, kept), *unread}))
        changes |= {"corrections": message.number, "disputed": "", "corrected": changed}
    else:
        event = CaseEvent.CONTENT_COMES
        until = scene.now + timedelta(days=conditions.feedback_days)
        changes |= {"feedback_until": until, "holder_state": "content_sent"}
    after = case.with_line(scene.now, event.value, **changes)
    fields, digest = tuple(sorted(kept)), digest_of_message(message)
    named: dict[str, Any] = {"fields": fields, "digest": digest, "trace": both.trace}
    said = {"decision": decided.text}
    if isinstance(message, Correction):
        statement = stated(CorrectionReceived, case, said, number=message.number, **named)
    else:
        statement = stated(ContentReceived, case, said, **named)
    step = Step(after, (statement,))
    # The agreement stopped allowing it while it was under way: it is erased before anybody can read it.
    return step if both.level >= CORE else step.then(erased(after, scene, "not_allowed"))


def _differing(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> set[str]:
    """Name the fields that read differently, or that only one has."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _is_as_offered(message: Content, offer: Offer | None) -> bool:
    return (
        _is_under(message, offer)
        and offer is not None
        and digest_of_content(message.salt, message.content) == offer.content_digest
    )


def _is_under(message: Content | Correction, offer: Offer | None) -> bool:
    """Say whether this comes under the offer that was acknowledged, with no field more and the same conditions.

    Those of a correction may be stricter.
    """
    return (
        offer is not None
        and message.offer_digest == digest_of_offer(offer)
        and (message.conditions == offer.conditions or _is_stricter(message, offer))
        and message.content.keys() <= set(offer.fields)
    )


def _is_stricter(message: Content | Correction, offer: Offer) -> bool:
    told = message.conditions.read()
    return isinstance(message, Correction) and stricter(told, offer.conditions.read()) == told


def _decline(case: Case, message: Decline, scene: Scene) -> Step[Case]:
    event = _refusal(case, scene) if message.over_quota is not None else CaseEvent.DECLINE_COMES
    state = _move(case, event)
    if state is None:
        return ignored(case, message)
    after = case.with_line(scene.now, event.value, state=state, holder_state="")
    return Step(after, (stated(DeclineReceived, case, over_quota=message.over_quota is not None),))


def _refusal(case: Case, scene: Scene) -> CaseEvent:
    """Give the way back: a match that was not confirmed before the emergency is not confirmed by its refusal."""
    agreement = scene.agreement(case.agreement)
    is_confirmed = agreement is not None and len(case.confirmations) >= agreement.release.confirmations
    return CaseEvent.QUOTA_REFUSAL_COMES if is_confirmed else CaseEvent.EMERGENCY_REFUSAL_COMES


def _state(case: Case, message: StateNotice, scene: Scene) -> Step[Case]:
    if not allows(CASE, case.state, CaseEvent.DECLINE_COMES) or message.state == case.holder_state:
        return ignored(case, message)
    # The holder is at it: the time after which nothing came of the request begins anew.
    changes: dict[str, Any] = {"holder_state": message.state, "state": case.state}
    reopened = _move(case, CaseEvent.HOLDER_REOPENS)
    if message.state == "requested" and reopened is not None:
        changes |= {"state": reopened, "offer": None, "acknowledgement": None}
    after = case.with_line(scene.now, f"holder_{message.state}", **changes)
    return Step(after, (stated(StateReceived, case, state=message.state),))


def _recall(case: Case, message: Recall, scene: Scene) -> Step[Case]:
    receipt = RecallReceipt(reference=case.reference)
    state = _move(case, CaseEvent.RECALL_COMES)
    if state is None:
        return ignored(case, message, receipt)
    statements = [stated(RecallReceived, case, {"reason": message.reason})]
    if case.content is not None:
        statements.append(stated(ContentDeleted, case, cause="recalled"))
    after = case.with_line(
        scene.now,
        "recall_comes",
        state=state,
        content=None,
        corrected=(),
        offer=None,
        recalled_because=message.reason,
        consents=case.closed_consents,
    )
    return Step(after, tuple(statements), (receipt,))


def _correction(case: Case, message: Correction, scene: Scene) -> Step[Case]:
    state = _move(case, CaseEvent.CORRECTION_COMES)
    if state is None or case.due is None:
        if case.content is not None:  # a copy is here: a receipt would be false
            return ignored(case, message)
        return ignored(case, message, DeletionReceipt(reference=case.reference, cause="not_expected"))
    receipt = CorrectionReceipt(reference=case.reference, number=message.number)
    if message.number <= case.corrections:
        return ignored(case, message, receipt)
    if not _is_under(message, case.offer):  # the copy is wrong, and what should replace it was never acknowledged
        return ignored(case, message).then(erased(case, scene, "not_expected"))
    step = _kept(case, message, scene, state, case.due)
    return step if step.file.is_over else step.then(Step(step.file, (), (receipt,)))


def _settled(case: Case, message: DisputeSettled, scene: Scene) -> Step[Case]:
    state = _move(case, CaseEvent.DISPUTE_SETTLED)
    if state is None:
        return ignored(case, message)
    after = case.with_line(scene.now, "dispute_settled", state=state, disputed="", settled=message.words)
    return Step(after, (stated(SettlementReceived, case, {"words": message.words}),))


def _consent(case: Case, message: ConsentAnswer, scene: Scene) -> Step[Case]:
    open_one = next((one for one in case.consents if one.asked.number == message.number and one.given is None), None)
    if open_one is None or _move(case, CaseEvent.LEAVE_ANSWERED) is None:
        return ignored(case, message)
    asked = open_one.asked
    notes = [one.model_copy(update={"given": message.given}) if one is open_one else one for one in case.consents]
    outcome = "given" if message.given else "refused"
    after = case.with_line(scene.now, f"{asked.wanted}_{outcome}", consents=tuple(notes))
    statement = stated(ConsentReceived, case, wanted=asked.wanted, given=message.given, number=message.number)
    return Step(after, (statement,))


def _clarification(case: Case, message: Clarification, scene: Scene) -> Step[Case]:
    known = {note.number for note in case.clarifications}
    if case.is_over or case.request is None or message.number in known or len(known) >= MOST_NOTES:
        return ignored(case, message)
    note = ClarificationNote(number=message.number, about=message.about)
    after = case.with_line(scene.now, f"asked_about_{message.about}", clarifications=(*case.clarifications, note))
    return Step(after, (stated(ClarificationReceived, case, about=message.about, number=message.number),))


_TAKEN: Mapping[type, Callable[[Case, Any, Scene], Step[Case]]] = {
    Offer: _offer,
    Content: _content,
    Decline: _decline,
    StateNotice: _state,
    Recall: _recall,
    Correction: _correction,
    DisputeSettled: _settled,
    ConsentAnswer: _consent,
    Clarification: _clarification,
}
