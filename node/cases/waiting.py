"""What goes on by itself once the node discloses again: offers, content and corrections that the stop rule kept back.

Nothing of it was lost and nothing is sent on the word of yesterday: each is decided anew, and what no longer has its
approvals, or whose file has moved on meanwhile, is left to the officers, to be approved anew.
"""

from __future__ import annotations

from agreements.clauses import CORE
from agreements.stages import REFERRAL, ReferralEvent, ReferralState, allows
from node.cases.correcting import corrected
from node.cases.files import Referral
from node.cases.holding import moved, offered, sent_or_not
from node.cases.release import STOPPED, Release, release_of
from node.cases.steps import Scene, Step


def gone_on(referral: Referral, scene: Scene) -> Step[Referral] | None:
    """Give the step that was kept back, or None where none was, or nothing may be disclosed yet."""
    if scene.stopped or STOPPED not in referral.held:
        return None
    if referral.state is ReferralState.ACKNOWLEDGED:
        return sent_or_not(referral, scene)
    release = release_of(referral, scene, referral.approvals)
    if release.decision.level >= CORE and release.is_of_the_match(referral):
        if allows(REFERRAL, referral.state, ReferralEvent.APPROVE):
            return _offered(referral, scene, release)
        if allows(REFERRAL, referral.state, ReferralEvent.CORRECT):
            return corrected(referral, scene, release)
    return Step(referral.with_line(scene.now, "disclosure_resumed", held=(), approvals=()))


def _offered(referral: Referral, scene: Scene, release: Release) -> Step[Referral]:
    event = ReferralEvent.APPROVE
    after = referral.with_line(scene.now, event.value, state=moved(referral, event), held=())
    return Step(after).then(offered(after, release))
