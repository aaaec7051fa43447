"""How the holder corrects what it released: by the approvals of a release, for it is one.

Within the fields sent and under the conditions acknowledged the correction replaces the copy. A field more, or other
conditions, make it a new offer: the copy is erased there, and nothing comes before the acknowledgement. Under an
agreement that is suspended, replaced or has ended nothing is offered: what is there is put right, under the same
conditions or stricter ones.
"""

from __future__ import annotations

from agreements.clauses import CORE
from agreements.stages import ReferralEvent
from ledger.referral_events import CorrectionSent
from node.cases.files import Referral
from node.cases.holding import approved, moved, offered, waiting
from node.cases.messages import Correction, digest_of_message, digest_of_offer
from node.cases.release import Release
from node.cases.reviewing import after_release
from node.cases.steps import Scene, Step, built, stated
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError

AS_SENT = "nothing reads otherwise than what was sent: mend the record first, or settle the dispute"


def correct(referral: Referral, officer: Officer, scene: Scene, *, digest: str) -> Step[Referral]:
    """Approve that what is shown under this digest replaces what was released; the last approval sends it."""
    state = moved(referral, ReferralEvent.CORRECT_IN_PART)
    deeds, release, statement = approved(referral, officer, scene, digest)
    if release.is_as_sent(referral):
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, AS_SENT)
    if release.decision.level >= CORE and scene.stopped:
        return waiting(referral, officer, scene, release, deeds, ReferralEvent.CORRECT_IN_PART, statement)
    noted = referral.model_copy(update={"approvals": deeds})
    if release.decision.level < CORE:
        line = ReferralEvent.CORRECT_IN_PART.value
        return Step(noted.with_line(scene.now, line, officer.name, state=state), (statement,))
    return Step(noted, (statement,)).then(corrected(noted, scene, release, officer.name))


def corrected(referral: Referral, scene: Scene, release: Release, by: str = "") -> Step[Referral]:
    """Send an approved correction, or offer it anew where it brings more than was acknowledged."""
    follows = _replaced if _is_within(referral, release) else _offered_anew
    return follows(referral, scene, release, by)


def _is_within(referral: Referral, release: Release) -> bool:
    """Say whether the receiver has acknowledged all that this would bring."""
    offer = referral.offer
    if release.only_corrects:
        return True
    return offer is not None and release.conditions == offer.conditions and release.content.keys() <= set(referral.sent)


def _replaced(referral: Referral, scene: Scene, release: Release, by: str) -> Step[Referral]:
    number, offer = referral.corrections + 1, referral.offer
    if offer is None or release.conditions is None:
        raise RuntimeError("a correction replaces what was offered")
    message = built(
        Correction,
        {
            "reference": referral.reference,
            "number": number,
            "offer_digest": digest_of_offer(offer),
            "salt": referral.salt,
            "content": release.content,
            "conditions": release.conditions,
        },
    )
    after = referral.with_line(
        scene.now,
        ReferralEvent.CORRECT.value,
        by,
        state=moved(referral, ReferralEvent.CORRECT),
        corrections=number,
        disputed="",
        held=(),
        sent=tuple(sorted(release.content)),
        sent_as=release.digest,
        sent_salt=referral.salt,
        salt=scene.draw(),
        review=after_release(referral, scene),
    )
    statement = stated(
        CorrectionSent,
        referral,
        {"officer": by, "decision": release.decided.text},
        fields=tuple(sorted(release.content)),
        digest=digest_of_message(message),
        trace=release.decision.trace,
        approved=release.digest,
        number=number,
    )
    return Step(after, (statement,), (message,))


def _offered_anew(referral: Referral, scene: Scene, release: Release, by: str) -> Step[Referral]:
    event = ReferralEvent.OFFER_ANEW
    after = referral.with_line(
        scene.now,
        event.value,
        by,
        state=moved(referral, event),
        disputed="",
        held=(),
        consents=referral.closed_consents,
    )
    return Step(after).then(offered(after, release))
