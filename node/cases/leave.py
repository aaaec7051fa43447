"""How the holder gives or refuses leave, to pass content on or to use it otherwise, while the receiver has it.

Giving it tells others, so it takes the approvals of a release and the decision made again; one officer may refuse it.
"""

from __future__ import annotations

from agreements.facts import Stage
from agreements.stages import ReferralEvent
from ledger.referral_events import ConsentApproved, ConsentDecided
from node.cases.files import ConsentNote, Referral
from node.cases.holding import MATCH_CONFIRMED, moved, with_deed
from node.cases.messages import ConsentAnswer, ConsentRequest, digest_of_message
from node.cases.release import STOPPED, approval_clause, release_of
from node.cases.steps import Scene, Step, refuse, stated
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError


def answer_consent(referral: Referral, officer: Officer, scene: Scene, *, number: int, given: bool) -> Step[Referral]:
    """Approve that leave is given, or refuse it; the last approval needed gives it."""
    moved(referral, ReferralEvent.GIVE_LEAVE if given else ReferralEvent.REFUSE_LEAVE)
    note = next((one for one in referral.consents if one.asked.number == number and one.given is None), None)
    if note is None:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, "no such request for leave is open")
    if not given:
        return decided(referral, scene, note.asked, given=False, by=officer.name)
    return _approved(referral, officer, scene, note)


def _approved(referral: Referral, officer: Officer, scene: Scene, note: ConsentNote) -> Step[Referral]:
    if scene.stopped:
        raise refuse((STOPPED,))
    release = release_of(referral, scene, (), Stage.RELEASE)
    if release.rules_in_the_way or release.conditions is None:
        raise refuse(release.rules_in_the_way)
    if not release.is_of_the_match(referral):
        raise refuse((MATCH_CONFIRMED,))
    if getattr(release.conditions, note.asked.wanted) == "never":
        raise refuse((f"handling.{note.asked.wanted}",))
    deeds = with_deed(referral, officer, scene, note.approvals, of=digest_of_message(note.asked))
    approved = note.model_copy(update={"approvals": deeds})
    said = {"officer": officer.name, "decision": release.decided.text}
    asked = {"wanted": note.asked.wanted, "number": note.asked.number}
    statement = stated(ConsentApproved, referral, said, role=deeds[-1].role, trace=release.decision.trace, **asked)
    noted = referral.with_line(
        scene.now,
        ReferralEvent.GIVE_LEAVE_IN_PART.value,
        officer.name,
        consents=tuple(approved if one is note else one for one in referral.consents),
    )
    step = Step(noted, (statement,))
    is_enough = len({deed.officer for deed in deeds}) >= _needed(referral, scene)
    return step.then(decided(noted, scene, note.asked, given=True, by=officer.name)) if is_enough else step


def _needed(referral: Referral, scene: Scene) -> int:
    agreement = scene.agreement(referral.agreement)
    if agreement is None:
        raise refuse(("agreement.known",))
    return approval_clause(agreement, referral.request).needed


def decided(referral: Referral, scene: Scene, asked: ConsentRequest, *, given: bool, by: str = "") -> Step[Referral]:
    """Decide a request for leave, and answer it."""
    notes = tuple(
        one.model_copy(update={"given": given}) if one.asked.number == asked.number else one
        for one in referral.consents
    )
    after = referral.with_line(scene.now, f"{asked.wanted}_{'given' if given else 'refused'}", by, consents=notes)
    answered = {"wanted": asked.wanted, "given": given, "number": asked.number}
    statement = stated(ConsentDecided, referral, {"officer": by}, **answered)
    answer = ConsentAnswer(reference=referral.reference, number=asked.number, given=given)
    return Step(after, (statement,), (answer,))
