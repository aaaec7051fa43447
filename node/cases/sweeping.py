"""What time does: clocks that run out, copies that are due, files nobody pursues, reviews that are late. Pure.

Both sides look at their own files only; what the partner has to know travels as a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from agreements.stages import CASE, REFERRAL, UNPURSUED, CaseEvent, ReferralEvent, advance, allows
from ledger.case_events import CaseErased, CaseLapsed
from ledger.referral_events import RequestOverdue
from node.cases import reviewing
from node.cases.asking import erased
from node.cases.ending import PATIENCE, ends_with_deletion, is_due
from node.cases.files import Case, Referral
from node.cases.messages import StateNotice
from node.cases.steps import Scene, Step, stated
from node.cases.waiting import gone_on
from node.cases.wakes import Wait


def next_step(
    file: Case | Referral, scene: Scene, unpursued: timedelta, kept: timedelta
) -> Step[Case | Referral] | None:
    """Give the step that time takes with a file now, or None where there is none."""
    if is_over(file, scene, kept):
        return Step(file, (stated(CaseErased, file),), erases=True)
    if isinstance(file, Case):
        return _next_of_case(file, scene, unpursued)
    return _next_of_referral(file, scene, unpursued)


def woken_by(now: datetime, unpursued: timedelta, kept: timedelta) -> Mapping[Wait, datetime]:
    """Give, for each kind of waiting, up to which of its moments time does something with a file now."""
    spans = {Wait.UNPURSUED: unpursued, Wait.PATIENCE: PATIENCE, Wait.CLOSED: kept, Wait.TOLD: kept}
    return {Wait.ALWAYS: now, Wait.MOMENT: now} | {wait: now - span for wait, span in spans.items()}


def _next_of_case(case: Case, scene: Scene, unpursued: timedelta) -> Step[Case] | None:
    """Give the step that time takes with a case, or None where there is none."""
    if allows(CASE, case.state, CaseEvent.DELETE):
        if is_due(case, scene):
            return erased(case, scene, "due")
        if ends_with_deletion(case, scene):
            return erased(case, scene, "agreement_ended")
    if allows(CASE, case.state, CaseEvent.LAPSE) and _is_late(case, scene.now, unpursued):
        state = advance(CASE, case.state, CaseEvent.LAPSE)
        return Step(case.with_line(scene.now, "lapse", state=state, offer=None), (stated(CaseLapsed, case),))
    return reviewing.overdue(case, scene)


def _next_of_referral(referral: Referral, scene: Scene, unpursued: timedelta) -> Step[Referral] | None:
    """Give the step that time takes with a referral, or None where there is none."""
    kept_back = gone_on(referral, scene)
    if kept_back is not None:
        return kept_back
    runs = referral.clock is not None and allows(REFERRAL, referral.state, ReferralEvent.CLOCK_RUNS_OUT)
    if runs and referral.clock and referral.clock.has_run_out(scene.now):
        return _clock_runs_out(referral, scene)
    if allows(REFERRAL, referral.state, ReferralEvent.LAPSE) and _is_late(referral, scene.now, unpursued):
        state = advance(REFERRAL, referral.state, ReferralEvent.LAPSE)
        after = referral.with_line(scene.now, "lapse", state=state, clock=None, approvals=(), held=())
        return Step(after, (stated(CaseLapsed, referral),))
    return reviewing.overdue(referral, scene)


def is_over(file: Case | Referral, scene: Scene, kept: timedelta) -> bool:
    """Say whether a file is to be erased: it ended long enough ago, and no review of it is open."""
    wait = timedelta() if file.request is None else kept
    return file.is_over and not file.awaits_review and scene.now >= file.since + wait


def _clock_runs_out(referral: Referral, scene: Scene) -> Step[Referral]:
    # Whatever the record is by now: what the clock does must tell nothing of it.
    state = advance(REFERRAL, referral.state, ReferralEvent.CLOCK_RUNS_OUT)
    after = referral.with_line(scene.now, "clock_runs_out", state=state)
    notice = StateNotice(reference=referral.reference, state="overdue")
    return Step(after, (stated(RequestOverdue, referral),), (notice,))


def _is_late(file: Case | Referral, now: datetime, unpursued: timedelta) -> bool:
    if isinstance(file, Referral) and file.due is not None and now.astimezone(UTC).date() <= file.due:
        return False  # a copy of what was released before may be there: it is recalled, or its receipt comes
    return now >= file.since + (unpursued if file.state in UNPURSUED else PATIENCE)
