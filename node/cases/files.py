"""What is kept of a hit: the asker's case and the holder's referral, each one closed document.

A file never changes; a step gives its successor (``node.cases.asking``, ``node.cases.holding``). The history names
events, times and own officers, so that a person can read the course of it after the content is gone.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Any, Self

from pydantic import AwareDatetime

from agreements.codes import OfficerRole
from agreements.stages import CASES_OVER, REFERRALS_OVER, CaseState, Clock, ReferralState, ReviewState
from node.cases.facts import AskedFacts
from node.cases.messages import (
    Acknowledgement,
    AttachedConditions,
    Closed,
    ConsentRequest,
    DeletionCause,
    FeedbackGiven,
    Offer,
    Request,
    Unclear,
)
from node.officers.register import Officer


class Line(Closed):
    """One line of a file's history: what happened, when, and by whom of this side; empty where nobody acted."""

    at: AwareDatetime
    event: str
    by: str = ""


class Deed(Closed):
    """What one officer of this side did in a role: a confirmation or an approval.

    ``of`` is what it was of, ``words`` the reason given for it.
    """

    officer: str
    role: str
    at: AwareDatetime
    of: str = ""
    words: str = ""


class ConsentNote(Closed):
    """A request for consent, and its answer once there is one; at the holder with the approvals of it."""

    asked: ConsentRequest
    given: bool | None = None
    approvals: tuple[Deed, ...] = ()


class Team(Closed):
    """Who of this agency sees the file of a joint team's case, noted with the hit: its agreement may become unreadable.

    ``members`` are the team's officers here. At the holder ``approvers`` are the roles in which its agreement lets
    somebody approve: what the agency releases of its own record is decided by those who decide every release.
    """

    members: tuple[str, ...]
    approvers: tuple[OfficerRole, ...] = ()

    def has(self, officer: Officer) -> bool:
        """Say whether an officer is of the team, or may approve what it asks for."""
        return officer.name in self.members or not officer.roles.isdisjoint(self.approvers)


class ClarificationNote(Closed):
    """What the holder asked about a request, and the answer once there is one."""

    number: int
    about: Unclear
    answer: str = ""


class Review(Closed):
    """The review of an emergency: where it stands, until when, by whom and with what result."""

    state: ReviewState = ReviewState.NONE
    due: AwareDatetime | None = None
    by: str = ""
    result: str = ""


MOST_NOTES = 20
"""Uses told, requests for leave and questions that a file takes of each kind; of a partner no more is taken."""

MOST_LINES = 200
"""Lines of history that a file keeps, the newest ones, and the first of each officer who had a part."""


class _File(Closed):
    """What both sides keep. ``team`` says who here sees it, if its case is a joint team's.

    ``reasons`` say why it matched: at the asker as it was told, at the holder with the values compared. They go when
    the file is over, as does the asker's ``subject``: nobody has to recognise anybody any more.
    """

    state: CaseState | ReferralState
    reference: str
    agreement: str
    asked: AskedFacts
    team: Team | None
    opened_at: AwareDatetime
    since: AwareDatetime
    version: int = 1
    reasons: tuple[str, ...] = ()
    request: Request | None = None
    requested_at: AwareDatetime | None = None
    offer: Offer | None = None
    due: date | None = None
    feedback: tuple[FeedbackGiven, ...] = ()
    feedback_until: AwareDatetime | None = None
    disputed: str = ""
    settled: str = ""
    corrections: int = 0
    consents: tuple[ConsentNote, ...] = ()
    clarifications: tuple[ClarificationNote, ...] = ()
    review: Review = Review()
    history: tuple[Line, ...] = ()

    def may_be_seen(self, officer: Officer) -> bool:
        """Say whether an officer may see it: what is a joint team's, only those noted with the hit, and an auditor."""
        return self.team is None or self.team.has(officer) or officer.may("audit")

    @property
    def is_over(self) -> bool:
        """Say whether nothing follows any more but the file's erasure."""
        return self.state in CASES_OVER or self.state in REFERRALS_OVER

    @property
    def is_emergency(self) -> bool:
        """Say whether a life is said to be in danger: what was requested says so, and the file is not over."""
        return self.request is not None and self.request.emergency is not None and not self.is_over

    @property
    def closed_consents(self) -> tuple[ConsentNote, ...]:
        """Give the requests for consent as they stand when the copy is gone: what is open is refused."""
        return tuple(note.model_copy(update={"given": False}) if note.given is None else note for note in self.consents)

    def with_line(self, now: datetime, event: str, by: str = "", **changes: Any) -> Self:
        """Give the file's successor: fields changed, one version on, one line more."""
        moved = {"since": now} if "state" in changes else {}
        line = Line(at=now, event=event, by=by)
        after = self.model_copy(
            update=changes | moved | {"version": self.version + 1, "history": shortened((*self.history, line))}
        )
        return after.without_comparison() if after.is_over and not after.awaits_review else after

    @property
    def awaits_review(self) -> bool:
        """Say whether an officer has still to judge what was done in an emergency."""
        return self.review.state in (ReviewState.DUE, ReviewState.OVERDUE)

    def without_comparison(self) -> Self:
        """Forget who was compared with whom."""
        return self.model_copy(update={"reasons": ()})


def shortened(history: tuple[Line, ...]) -> tuple[Line, ...]:
    """Leave out the oldest lines of a long history, but let everybody who had a part still be named."""
    older, newest = history[:-MOST_LINES], history[-MOST_LINES:]
    first = {line.by: line for line in reversed(older) if line.by}
    return (*(line for line in older if line is first.get(line.by)), *newest)


ENDS = ("recall_comes", "decline_comes")
"""Lines of a case's history by which the holder has ended it."""

NEWS = frozenset(
    {
        *ENDS,
        "dispute_settled",
        *(f"{leave}_{answer}" for leave in ("onward_transfer", "change_of_purpose") for answer in ("given", "refused")),
    }
)
"""Those that an officer here takes note of: nothing else follows from them."""

_CONTENT = frozenset({"content_comes", "correction_comes"})


class Case(_File):
    """The asker's file of one hit. ``subject`` is whom it asked for, as entered.

    ``repeat`` is the holder's tag by which the same hit is known again (`node.cases.cleared`). ``content`` is there
    from its coming until its deletion; ``corrected`` names the fields that the last correction changed.
    """

    member: str
    query_id: str
    band: str
    subject: dict[str, Any] | None = None
    repeat: str = ""
    state: CaseState = CaseState.HIT
    confirmations: tuple[Deed, ...] = ()
    rejected_because: str = ""
    acknowledgement: Acknowledgement | None = None
    content: dict[str, Any] | None = None
    corrected: tuple[str, ...] = ()
    conditions: AttachedConditions | None = None
    holder_state: str = ""
    recalled_because: str = ""

    @property
    def news(self) -> tuple[str, ...]:
        """Give what the holder has done that an officer here has to know, and that came since one last acted on it."""
        since = next((place for place, line in enumerate(reversed(self.history)) if line.by), len(self.history))
        return tuple(line.event for line in self.history[len(self.history) - since :] if line.event in NEWS)

    @property
    def is_unread(self) -> bool:
        """Say whether what came last, the content or a correction of it, was read by nobody."""
        events = [line.event for line in self.history]
        came = max((place for place, event in enumerate(events) if event in _CONTENT), default=-1)
        return "read" not in events[came + 1 :]

    def without_comparison(self) -> Self:
        """Forget who was compared with whom."""
        return self.model_copy(update={"reasons": (), "subject": None})


class Referral(_File):
    """The holder's file of one hit.

    ``matched`` is the digest of the subject that matched, empty where it is not known, ``held`` names the rules that
    keep content back although it was acknowledged, ``sent`` the fields the partner has, ``sent_as`` the digest of what
    it has and of its conditions, made with ``sent_salt``; empty where it is not known. ``appeal`` is one to the
    emergency clause that was refused because a quota is used up.
    """

    record_id: str
    matched: str = ""
    score: float
    bits: float
    level: int
    state: ReferralState = ReferralState.TOLD
    appeal: Request | None = None
    clock: Clock | None = None
    approvals: tuple[Deed, ...] = ()
    salt: str = ""
    sent: tuple[str, ...] = ()
    sent_as: str = ""
    sent_salt: str = ""
    held: tuple[str, ...] = ()
    receipt: DeletionCause | None = None
    correction_confirmed: int = 0

    @property
    def is_emergency(self) -> bool:
        """Say the same; an appeal that was refused is one until an officer has taken note of it."""
        return super().is_emergency or self.state is ReferralState.APPEAL_REFUSED

    @property
    def alike(self) -> str:
        """Name the line of a list that it is in: silent hits on one record for one case share theirs.

        Records that are the same person to the letter are one here.
        """
        if self.state not in (ReferralState.SILENT, ReferralState.SILENT_SEEN):
            return self.reference
        what = [self.agreement, self.asked.asker, self.asked.case, self.matched or self.record_id]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()
