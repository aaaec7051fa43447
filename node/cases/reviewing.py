"""The review of a release in an emergency, on either side: by an officer who had no part in it, within its days.

It begins with the release, for before it there is nothing to review, and where a request was refused there never is.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    for name, part in _parts(file):
        check_absent(officer.name, {name}, part)
    reviewed = file.review.model_copy(update={"state": state, "by": officer.name, "result": result})
    after = file.with_line(scene.now, "review", officer.name, review=reviewed)
    return Step(after, (stated(EmergencyReviewed, file, {"officer": officer.name, "result": result}),))


def had_part(file: Case | Referral, officer: Officer) -> bool:
    """Say whether an officer had a part in a case, and so reviews nothing of it."""
    return any(name == officer.name for name, _ in _parts(file))


def _parts(file: Case | Referral) -> Iterator[tuple[str, str]]:
    """Give who had which part; to have taken note of what the holder did is none."""
    for line in file.history:
        if line.by and line.event != "see":
            yield line.by, "this officer had a part in the case"
    if isinstance(file, Case):
        yield file.asked.user, "this officer put the query"
        if file.request and file.request.emergency:
            yield file.request.emergency.responsible, "this officer answered for the emergency"


def overdue(file: File, scene: Scene) -> Step[File] | None:
    """Note that the time for a review has passed, where it has."""
    due = file.review.due
    if due is None or scene.now < due or not allows(REVIEW, file.review.state, ReviewEvent.TIME_RUNS_OUT):
        return None
    late = file.review.model_copy(update={"state": ReviewState.OVERDUE})
    after = file.with_line(scene.now, "review_overdue", review=late)
    return Step(after, (stated(EmergencyReviewOverdue, file),))
