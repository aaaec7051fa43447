"""What the agreement makes a duty, in one case: approvals before a release, an answer, feedback, erasure, a review.

Judged from one side's own entries, at the moment up to which its export speaks. Where a check needs a field that was
not opened, or an agreement whose text is not there, it is counted as not checked, never as kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agreements.agreement import Agreement
from agreements.clauses import ApprovalClause
from auditing.reconciliation_claims import Claim
from auditing.reconciliation_outcome import Outcome

DAY, HOUR = 86_400.0, 3_600.0

GRACE = DAY
"""Seconds after a day on which something is due until it is called overdue: days end at midnight, and clocks sweep."""

_ANSWERS = frozenset({"release_offered", "request_declined", "recall_sent", "deletion_confirmed", "case_erased"})
_RELEASES = frozenset({"content_sent", "correction_sent", "release_offered"})
_ERASURES = frozenset({"content_deleted", "case_erased"})


class DutyJudge:
    """Says of each side of a case which duties were not kept."""

    def __init__(self, outcome: Outcome, agreements: Mapping[str, Agreement]) -> None:
        """Take where findings go, and the agreements whose texts are at hand, by hash."""
        self._outcome = outcome
        self._agreements = agreements

    def judge_asker(self, claims: Sequence[Claim]) -> None:
        """Judge what the asker owes for what it received."""
        for place, claim in enumerate(claims):
            if claim.event == "content_received":
                self._judge_copy(claim, claims[place + 1 :])
        self._judge_reviews(claims, "content_received")

    def judge_holder(self, claims: Sequence[Claim]) -> None:
        """Judge what the holder owes before it releases, and to who asks."""
        for place, claim in enumerate(claims):
            if claim.event in _RELEASES and not _is_sent_later(claim, claims[place + 1 :]):
                self._judge_release(claim, claims[:place])
            elif claim.event == "consent_decided" and claim.facts.get("given"):
                self._judge_leave(claim, claims[:place])
            elif claim.event in ("request_received", "release_reopened"):
                self._judge_answer(claim, claims[:place], claims[place + 1 :])
        self._judge_reviews(claims, "content_sent")

    def _agreement(self, claim: Claim, duty: str) -> Agreement | None:
        agreement = self._agreements.get(str(claim.facts.get("agreement", "")))
        if agreement is None:
            self._outcome.not_checked[f"{duty}: the text of the agreement is in no export"] += 1
        return agreement

    def _until(self, claim: Claim) -> float:
        return self._outcome.logs[claim.log].until

    # Approvals

    def _judge_release(self, release: Claim, before: Sequence[Claim]) -> None:
        if not self._is_whole(release, before):
            return
        agreement = self._agreement(release, "approvals")
        approved = release.facts.get("approved", "")
        given = [one for one in before if one.event == "approval_given"]
        counted = [one for one in given if one.facts.get("approved", "") == approved] if approved else given
        if agreement is not None:
            self._judge_approvals(release, counted, _clause(agreement, before))
        self._judge_decision(release, counted)

    def _judge_leave(self, decided: Claim, before: Sequence[Claim]) -> None:
        if not self._is_whole(decided, before):
            return
        agreement = self._agreement(decided, "approvals of leave")
        number = decided.facts.get("number")
        given = [one for one in before if one.event == "consent_approved" and one.facts.get("number") == number]
        if agreement is not None:
            self._judge_approvals(decided, given, _clause(agreement, before))

    def _is_whole(self, release: Claim, before: Sequence[Claim]) -> bool:
        """Say whether the export goes back to the request, after which all approvals were given."""
        is_whole = self._outcome.logs[release.log].since is None or _last(before, "request_received") is not None
        if not is_whole:
            self._outcome.not_checked["approvals: the request lies before the first entry of the export"] += 1
        return is_whole

    def _judge_approvals(self, release: Claim, approvals: Sequence[Claim], clause: ApprovalClause) -> None:
        fitting = [one for one in approvals if one.facts.get("role") in clause.roles]
        names = [one.facts.get("officer") for one in fitting]
        different = len(set(names) - {None})
        place, needed = self._outcome.place(release), _people(clause)
        if len(fitting) < clause.needed:
            entries = f"entry {_numbers(fitting)}" if fitting else "no entry"
            text = f"{place} was made with {len(fitting)} of {clause.needed} approvals ({entries}); {needed}."
            self._outcome.find("release_without_approval", text, release, *fitting)
        elif None not in names and different < clause.needed:
            twice = f"{place} was approved by {different} of {clause.needed} people, one of them twice"
            text = f"{twice} (entries {_numbers(fitting)}); {needed}."
            self._outcome.find("release_without_approval", text, release, *fitting)
        elif different < clause.needed:
            self._outcome.not_checked["whether different people approved: the field officer is not opened"] += 1

    def _judge_decision(self, release: Claim, approvals: Sequence[Claim]) -> None:
        """Compare the approvals that the decision was made from with those that the log has."""
        decided = release.facts.get("decided")
        if decided is None:
            self._outcome.not_checked["whether who asked approved: the field decision is not opened"] += 1
            return
        place = self._outcome.place(release)
        if decided["by_asker"]:
            text = f"{place} counted an approval by somebody who asked for it or confirmed the match."
            self._outcome.find("release_without_approval", text, release)
        if len(decided["approvals"]) > len(approvals):
            text = f"{place} counted {len(decided['approvals'])} approvals, of which the log has {len(approvals)}."
            self._outcome.find("release_without_approval", text, release, *approvals)

    # Answers

    def _judge_answer(self, request: Claim, before: Sequence[Claim], after: Sequence[Claim]) -> None:
        """Find a request that nobody answered within the hours of the agreement, those with a judge not counted."""
        if any(one.event in _ANSWERS for one in after):
            return
        agreement = self._agreement(request, "answers to requests")
        if agreement is None:
            return
        asked = request if request.event == "request_received" else _last(before, "request_received")
        is_urgent = asked is not None and bool(asked.facts.get("urgent") or asked.facts.get("emergency"))
        hours = agreement.release.urgent_clock_hours if is_urgent else agreement.release.clock_hours
        waited = _waited(request.time, after, self._until(request))
        if waited > hours * HOUR:
            text = f"{self._outcome.place(request)} was not answered within {hours} hours: neither offer nor refusal"
            self._outcome.find("unanswered_referral", f"{text} follows.", request)

    # Copies

    def _judge_copy(self, content: Claim, after: Sequence[Claim]) -> None:
        agreement = self._agreement(content, "feedback and erasure")
        if agreement is None:
            return
        erased = next((one for one in after if one.event in _ERASURES), None)
        until = erased.time if erased is not None else self._until(content)
        place, handling = self._outcome.place(content), agreement.handling
        if until > content.time + handling.retention_days * DAY + GRACE:
            when = f"erased only with entry {erased.number}" if erased else "not erased"
            text = f"{place}: the copy was {when}, later than {handling.retention_days} days after it came."
            self._outcome.find("overdue_deletion", text, content, *([erased] if erased else []))
        fed_back = next((one for one in after if one.event == "feedback_sent"), None)
        owed_until = fed_back.time if fed_back is not None else until
        if owed_until > content.time + handling.feedback_days * DAY + GRACE:
            when = f"given only with entry {fed_back.number}" if fed_back else "not given"
            text = f"{place}: feedback was {when} within {handling.feedback_days} days."
            text = text if fed_back is None else text.replace(" within ", ", later than ")
            self._outcome.find("overdue_feedback", text, content, *([fed_back] if fed_back else []))

    # Emergencies

    def _judge_reviews(self, claims: Sequence[Claim], release: str) -> None:
        """Find content that came of an appeal to the emergency clause and that nobody reviewed in time."""
        used: Claim | None = None
        for place, claim in enumerate(claims):
            if claim.event == "emergency_used":
                used = claim
            elif claim.event == release and used is not None:
                self._judge_review(used, claim, claims[place + 1 :])
                used = None

    def _judge_review(self, used: Claim, released: Claim, after: Sequence[Claim]) -> None:
        agreement = self._agreement(used, "reviews of emergencies")
        if agreement is None or any(one.event == "emergency_reviewed" for one in after):
            return
        days = agreement.emergency.review_days
        if self._until(used) > released.time + days * DAY + GRACE:
            text = f"{self._outcome.place(used)}: what came of it ({released.event}, entry {released.number}) was not"
            self._outcome.find("emergency_without_review", f"{text} reviewed within {days} days.", used, released)


def _clause(agreement: Agreement, before: Sequence[Claim]) -> ApprovalClause:
    """Give who approves: the shorter path where the request appealed to the emergency clause."""
    request = _last(before, "request_received")
    is_emergency = request is not None and bool(request.facts.get("emergency"))
    return agreement.emergency.approval if is_emergency else agreement.release.approval


def _is_sent_later(release: Claim, after: Sequence[Claim]) -> bool:
    """Say whether what is offered is sent later, and the approvals are counted then."""
    approved = release.facts.get("approved")
    sent = (one for one in after if one.event == "content_sent")
    return release.event == "release_offered" and any(one.facts.get("approved") == approved for one in sent)


def _last(claims: Sequence[Claim], event: str) -> Claim | None:
    return next((one for one in reversed(claims) if one.event == event), None)


def _waited(begin: float, after: Sequence[Claim], until: float) -> float:
    """Give the seconds for which the clock of a request has run; with a judge it stands still."""
    ran, since = 0.0, begin
    is_running = True
    for one in after:
        if one.event == "request_with_judge" and is_running:
            ran, is_running = ran + one.time - since, False
        elif one.event == "request_resumed" and not is_running:
            since, is_running = one.time, True
    return ran + (until - since if is_running else 0.0)


def _people(clause: ApprovalClause) -> str:
    return f"the agreement asks for {clause.needed} different people in the role {' or '.join(sorted(clause.roles))}"


def _numbers(claims: Sequence[Claim]) -> str:
    return ", ".join(str(one.number) for one in claims)
