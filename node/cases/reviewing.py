"""The review of a release in an emergency, on either side: by an officer who had no part in it, within its days.

It begins with the release, for before it there is nothing to review, and where a request was refused there never is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from agreements.stages import REVIEW, ReviewEvent, ReviewState, StageError, advance, allows
from ledger.case_events import EmergencyReviewed, EmergencyReviewOverdue
from node.cases.files import Case, Referral, Review
from node.cases.steps import Scene, Step, check_absent, check_words, stated
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError

File = TypeVar("File", Case, Referral)


def after_release(file: Case | Referral, scene: Scene) -> Review:
    """Give the review after content was released: begun if this was an emergency, or one that is open for it too.

    Without the agreement its time is over at once.
    """
    if file.request is None or file.request.emergency is None:
        return file.review
    agreement = scene.agreement(file.agreement)
    days = agreement.emergency.review_days if agreement else 0
    is_open = file.review.state in (ReviewState.DUE, ReviewState.OVERDUE)
    due = file.review.due if is_open else scene.now + timedelta(days=days)
    return Review(state=advance(REVIEW, file.review.state, ReviewEvent.RELEASED), due=due)


def review(file: File, officer: Officer, scene: Scene, *, result: str) -> Step[File]:
    """Review what was released in an emergency, with a result in words."""
    try:
        state = advance(REVIEW, file.review.state, ReviewEvent.REVIEW)
    except StageError as error:
        raise SymbolonError(ErrorCode.STEP_NOT_POSSIBLE, str(error)) from None
    check_words("result", result)
    check_absent(officer.name, {line.by for line in file.history}, "this officer had a part in the case")
    if isinstance(file, Case):
        check_absent(officer.name, {file.asked.user}, "this officer put the query")
    if file.request and file.request.emergency and isinstance(file, Case):
        check_absent(officer.name, {file.request.emergency.responsible}, "this officer answered for the emergency")
    reviewed = file.review.model_copy(update={"state": state, "by": officer.name, "result": result})
    after = file.with_line(scene.now, "review", officer.name, review=reviewed)
    return Step(after, (stated(EmergencyReviewed, file, {"officer": officer.name, "result": result}),))


def overdue(file: File, scene: Scene) -> Step[File] | None:
    """Note that the time for a review has passed, where it has."""
    due = file.review.due
    if due is None or scene.now < due or not allows(REVIEW, file.review.state, ReviewEvent.TIME_RUNS_OUT):
        return None
    late = file.review.model_copy(update={"state": ReviewState.OVERDUE})
    after = file.with_line(scene.now, "review_overdue", review=late)
    return Step(after, (stated(EmergencyReviewOverdue, file),))
