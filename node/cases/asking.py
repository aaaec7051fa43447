"""What the asker's officers do with a case, each a pure step: checked, then stated for the log, then the next file.

Raises `SymbolonError` for what may not be done: `STEP_NOT_POSSIBLE`, `NOT_THIS_OFFICER`, `AGREEMENT_REFUSES`.
"""

from __future__ import annotations

from agreements.clauses import CORE
from agreements.stages import CASE, CaseEvent, CaseState, StageError, advance
from ledger.case_events import (
    ClarificationAnswered,
    ConditionsAcknowledged,
    ConsentAsked,
    ContentDeleted,
    ContentRead,
    DisputeSent,
    EmergencyUsed,
    FeedbackSent,
    HitConfirmed,
    HitRejected,
    OutcomeSeen,
    RequestSent,
)
from node.cases.ending import ends_with_deletion, is_due, suspension_of
from node.cases.files import Case, ConsentNote, Deed
from node.cases.messages import (
    Acknowledgement,
    ClarificationAnswer,
    ConsentRequest,
    DeletionReceipt,
    Dispute,
    EmergencyAppeal,
    FeedbackGiven,
    Request,
    Urgency,
    Use,
    digest_of_offer,
)
from node.cases.release import decide_own, lesser
from node.cases.steps import Scene, Step, built, check_absent, check_room, check_words, in_the_way, refuse, stated
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError


def moved(case: Case, event: CaseEvent) -> CaseState:
    """Give the state an event leads to; raise `SymbolonError` (`STEP_NOT_POSSIBLE`) where it leads nowhere."""
    try:
        return advance(CASE, case.state, event)
    except StageError as error:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, str(error)) from None


def confirm(case: Case, officer: Officer, scene: Scene, *, reason: str) -> Step[Case]:
    """Confirm that the match is the person asked for, and why; an agreement may want several officers to say so."""
    agreement = scene.agreement(case.agreement)
    moved(case, CaseEvent.CONFIRM)
    check_words("reason", reason)
    if agreement is None:
        raise refuse(("agreement.known",))
    check_absent(officer.name, _confirmers(case), "this officer has confirmed the match already")
    deeds = (*case.confirmations, Deed(officer=officer.name, role="analyst", at=scene.now, words=reason))
    is_last = len(deeds) >= agreement.release.confirmations
    event = CaseEvent.CONFIRM if is_last else CaseEvent.CONFIRM_IN_PART
    after = case.with_line(scene.now, event.value, officer.name, state=moved(case, event), confirmations=deeds)
    return Step(after, (stated(HitConfirmed, case, {"officer": officer.name, "reason": reason}),))


def reject(case: Case, officer: Officer, scene: Scene, *, reason: str) -> Step[Case]:
    """Say that the match is not the person asked for, and why."""
    state = moved(case, CaseEvent.REJECT)
    check_words("reason", reason)
    after = case.with_line(scene.now, "reject", officer.name, state=state, rejected_because=reason)
    return Step(after, (stated(HitRejected, case, {"officer": officer.name, "reason": reason}),))


def request(
    case: Case,
    officer: Officer,
    scene: Scene,
    *,
    facts: str,
    urgency: Urgency = "normal",
    emergency: EmergencyAppeal | None = None,
) -> Step[Case]:
    """Ask for more, with reasons; offence and purpose are those of the query, another takes another query."""
    event = CaseEvent.REQUEST_IN_EMERGENCY if emergency else CaseEvent.REQUEST
    state = moved(case, event)
    check_words("facts", facts)
    message = built(
        Request,
        {
            "reference": case.reference,
            "confirmed_by": [deed.officer for deed in case.confirmations],
            "requested_by": officer.name,
            "facts": facts,
            "offence": case.asked.offence,
            "purpose": case.asked.purpose,
            "urgency": "urgent" if emergency else urgency,
            "emergency": emergency,
        },
    )
    _check_answers_for(message, scene)
    own = decide_own(case, message, scene, confirmed_by=frozenset(_confirmers(case)))
    if own.decision.level < CORE:
        raise refuse(in_the_way(own.decision.caps, CORE))
    said = {"officer": officer.name, "facts": message.facts, "decision": own.text}
    kind = {"emergency": emergency is not None, "urgent": message.urgency == "urgent"}
    statements = [stated(RequestSent, case, said, trace=own.decision.trace, **kind)]
    if message.emergency:
        statements.append(stated(EmergencyUsed, case, {"responsible": message.emergency.responsible}))
    after = case.with_line(scene.now, event.value, officer.name, state=state, request=message, requested_at=scene.now)
    return Step(after, tuple(statements), (message,))


def acknowledge(case: Case, officer: Officer, scene: Scene, *, offer_digest: str) -> Step[Case]:
    """Take on exactly the conditions shown, named by their digest; the content comes only after that."""
    state = moved(case, CaseEvent.ACKNOWLEDGE)
    offer = case.offer
    if offer is None or digest_of_offer(offer) != offer_digest:
        detail = "the conditions offered are not those named: show the case and read them again"
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, detail)
    own = decide_own(case, case.request, scene, confirmed_by=frozenset(_confirmers(case)))
    if lesser(own, offer).decision.level < CORE:
        raise refuse(in_the_way(own.decision.caps, CORE))
    message = Acknowledgement(reference=case.reference, offer_digest=offer_digest, acknowledged_by=officer.name)
    after = case.with_line(scene.now, "acknowledge", officer.name, state=state, acknowledgement=message)
    said = {"officer": officer.name, "decision": own.text}
    statement = stated(ConditionsAcknowledged, case, said, digest=offer_digest, trace=own.decision.trace)
    return Step(after, (statement,), (message,))


def read(case: Case, officer: Officer, scene: Scene) -> Step[Case]:
    """Read the content, logged first: until the day it ends, erased by then or not, and under no suspension."""
    if case.content is None:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, f"there is no content while the state is {case.state}")
    if is_due(case, scene) or ends_with_deletion(case, scene):
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "the copy is to be deleted: nobody reads it any more")
    suspended = suspension_of(case, scene)
    if suspended:
        raise SymbolonError(
            ErrorCode.STEP_NOT_POSSIBLE, f"nobody reads the copy meanwhile: the agreement is {suspended}"
        )
    after = case.with_line(scene.now, "read", officer.name)
    return Step(after, (stated(ContentRead, case, {"officer": officer.name}, fields=tuple(sorted(case.content))),))


def see(case: Case, officer: Officer, scene: Scene) -> Step[Case]:
    """Take note of what the holder has done: recalled, declined, settled a dispute, answered about leave."""
    if not case.news:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "there is nothing that waits for being taken note of")
    after = case.with_line(scene.now, "see", officer.name)
    return Step(after, (stated(OutcomeSeen, case, {"officer": officer.name}),))


def give_feedback(case: Case, officer: Officer, scene: Scene, *, use: Use, words: str = "") -> Step[Case]:
    """Tell the giver what the content was used for."""
    state = moved(case, CaseEvent.GIVE_FEEDBACK)
    check_room(case.feedback)
    message = built(FeedbackGiven, {"reference": case.reference, "use": use, "words": words})
    after = case.with_line(scene.now, "give_feedback", officer.name, state=state, feedback=(*case.feedback, message))
    statement = stated(FeedbackSent, case, {"officer": officer.name, "words": message.words}, use=use)
    return Step(after, (statement,), (message,))


def dispute(case: Case, officer: Officer, scene: Scene, *, words: str) -> Step[Case]:
    """Tell the giver that something released seems wrong."""
    state = moved(case, CaseEvent.DISPUTE)
    check_words("words", words)
    message = built(Dispute, {"reference": case.reference, "words": words})
    after = case.with_line(scene.now, "dispute", officer.name, state=state, disputed=message.words)
    statement = stated(DisputeSent, case, {"officer": officer.name, "words": message.words})
    return Step(after, (statement,), (message,))


def delete(case: Case, officer: Officer, scene: Scene) -> Step[Case]:
    """Erase the copy before its due date, with the receipt."""
    return erased(case, scene, "officer", officer.name)


def erased(case: Case, scene: Scene, cause: str, by: str = "") -> Step[Case]:
    """Erase the copy, with a receipt for the giver."""
    state = moved(case, CaseEvent.DELETE)
    receipt = built(DeletionReceipt, {"reference": case.reference, "cause": cause})
    after = case.with_line(
        scene.now, f"delete_{cause}", by, state=state, content=None, corrected=(), consents=case.closed_consents
    )
    return Step(after, (stated(ContentDeleted, case, {"officer": by}, cause=cause),), (receipt,))


def ask_consent(case: Case, officer: Officer, scene: Scene, *, wanted: str, to: str, reason: str) -> Step[Case]:
    """Ask the giver for leave to pass content on, or to use it for another purpose; *never* is never asked."""
    moved(case, CaseEvent.ASK_LEAVE)
    if case.content is None or case.conditions is None:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "leave is asked for content that is here")
    check_room(case.consents)
    message = built(
        ConsentRequest,
        {
            "reference": case.reference,
            "number": len(case.consents) + 1,
            "wanted": wanted,
            "to": to,
            "reason": reason,
            "requested_by": officer.name,
        },
    )
    if message.wanted == "onward_transfer":
        _check_receiver(message.to, case, scene)
    if getattr(case.conditions, message.wanted) == "never":
        raise refuse((f"handling.{message.wanted}",))
    after = case.with_line(
        scene.now, f"ask_{wanted}", officer.name, consents=(*case.consents, ConsentNote(asked=message))
    )
    said = {"officer": officer.name, "words": f"{message.to}: {message.reason}"}
    return Step(after, (stated(ConsentAsked, case, said, wanted=message.wanted, number=message.number),), (message,))


def answer(case: Case, officer: Officer, scene: Scene, *, number: int, words: str) -> Step[Case]:
    """Answer what the holder asked about the request."""
    note = next((one for one in case.clarifications if one.number == number and not one.answer), None)
    if note is None or case.is_over:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "no such question is open")
    message = built(
        ClarificationAnswer,
        {"reference": case.reference, "number": number, "words": words, "answered_by": officer.name},
    )
    notes = tuple(
        one.model_copy(update={"answer": message.words}) if one.number == number else one for one in case.clarifications
    )
    after = case.with_line(scene.now, f"answer_about_{note.about}", officer.name, clarifications=notes)
    said = {"officer": officer.name, "words": message.words}
    return Step(after, (stated(ClarificationAnswered, case, said, about=note.about, number=number),), (message,))


def _check_receiver(name: str, case: Case, scene: Scene) -> None:
    """Raise `SymbolonError` (`INVALID_INPUT`) where it is one of the two sides; any other may be named, a court too."""
    if name in (scene.own, case.asked.holder):
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"to: {name} has it already")


def _check_answers_for(message: Request, scene: Scene) -> None:
    """Raise where an emergency has nobody who answers for it but who asks, or nobody who is an officer here."""
    if message.emergency is None:
        return
    responsible = message.emergency.responsible
    check_absent(
        responsible,
        {message.requested_by},
        "who asks does not answer for the emergency: name another officer",
    )
    if not scene.roles_of(responsible):
        detail = "who answers for the emergency is no active officer here: name one who is"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)


def _confirmers(case: Case) -> set[str]:
    return {deed.officer for deed in case.confirmations}
