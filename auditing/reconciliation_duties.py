"""What the agreement makes a duty, in one case: approvals before a release, an answer, feedback, erasure, a review.

Judged from one side's own entries, at the moment up to which its export speaks. Where a check needs a field that was
not opened, or an agreement whose text is not there, it is counted as not checked, never as kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agreements import prose_words as words
from agreements.agreement import Agreement
from agreements.clauses import ApprovalClause
from agreements.sentences import Code, Sentence, Value, any_of, said
from auditing.reconciliation_claims import Claim
from auditing.reconciliation_outcome import Outcome

DAY, HOUR = 86_400.0, 3_600.0

GRACE = DAY
"""Seconds after a day on which something is due until it is called overdue: days end at midnight, and clocks sweep."""

_REQUEST_BEFORE = said("approvals: the request lies before the first entry of the export")
_NO_OFFICER = said("whether different people approved: the field officer is not opened")
_NO_DECISION = said("whether who asked approved: the field decision is not opened")

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

    def _agreement(self, claim: Claim, check: Sentence) -> Agreement | None:
        agreement = self._agreements.get(str(claim.facts.get("agreement", "")))
        if agreement is None:
            self._outcome.not_checked[said("%(check)s: the text of the agreement is in no export", check=check)] += 1
        return agreement

    def _until(self, claim: Claim) -> float:
        return self._outcome.logs[claim.log].until

    # Approvals

    def _judge_release(self, release: Claim, before: Sequence[Claim]) -> None:
        if not self._is_whole(release, before):
            return
        agreement = self._agreement(release, said("approvals"))
        approved = release.facts.get("approved", "")
        given = [one for one in before if one.event == "approval_given"]
        counted = [one for one in given if one.facts.get("approved", "") == approved] if approved else given
        if agreement is not None:
            self._judge_approvals(release, counted, _clause(agreement, before))
        self._judge_decision(release, counted)

    def _judge_leave(self, decided: Claim, before: Sequence[Claim]) -> None:
        if not self._is_whole(decided, before):
            return
        agreement = self._agreement(decided, said("approvals of leave"))
        number = decided.facts.get("number")
        given = [one for one in before if one.event == "consent_approved" and one.facts.get("number") == number]
        if agreement is not None:
            self._judge_approvals(decided, given, _clause(agreement, before))

    def _is_whole(self, release: Claim, before: Sequence[Claim]) -> bool:
        """Say whether the export goes back to the request, after which all approvals were given."""
        is_whole = self._outcome.logs[release.log].since is None or _last(before, "request_received") is not None
        if not is_whole:
            self._outcome.not_checked[_REQUEST_BEFORE] += 1
        return is_whole

    def _judge_approvals(self, release: Claim, approvals: Sequence[Claim], clause: ApprovalClause) -> None:
        fitting = [one for one in approvals if one.facts.get("role") in clause.roles]
        names = [one.facts.get("officer") for one in fitting]
        different = len(set(names) - {None})
        values: dict[str, Value] = {
            "place": self._outcome.place(release),
            "needed": clause.needed,
            "roles": any_of(map(Code, sorted(clause.roles))),
            "entries": ", ".join(str(one.number) for one in fitting) or said("none"),
        }
        if len(fitting) < clause.needed:
            text = said(
                "%(place)s was made with %(given)s of %(needed)s approvals (entries: %(entries)s); the agreement"
                " asks for %(needed)s different people in the role %(roles)s.",
                given=len(fitting),
                **values,
            )
            self._outcome.find("release_without_approval", text, release, *fitting)
        elif None not in names and different < clause.needed:
            text = said(
                "%(place)s was approved by %(different)s of %(needed)s people, one of them twice (entries:"
                " %(entries)s); the agreement asks for %(needed)s different people in the role %(roles)s.",
                different=different,
                **values,
            )
            self._outcome.find("release_without_approval", text, release, *fitting)
        elif different < clause.needed:
            self._outcome.not_checked[_NO_OFFICER] += 1

    def _judge_decision(self, release: Claim, approvals: Sequence[Claim]) -> None:
        """Compare the approvals that the decision was made from with those that the log has."""
        decided = release.facts.get("decided")
        if decided is None:
            self._outcome.not_checked[_NO_DECISION] += 1
            return
        place = self._outcome.place(release)
        if decided["by_asker"]:
            text = said(
                "%(place)s counted an approval by somebody who asked for it or confirmed the match.", place=place
            )
            self._outcome.find("release_without_approval", text, release)
        if len(decided["approvals"]) > len(approvals):
            text = said(
                "%(place)s counted %(counted)s approvals, of which the log has %(logged)s.",
                place=place,
                counted=len(decided["approvals"]),
                logged=len(approvals),
            )
            self._outcome.find("release_without_approval", text, release, *approvals)

    # Answers

    def _judge_answer(self, request: Claim, before: Sequence[Claim], after: Sequence[Claim]) -> None:
        """Find a request that nobody answered within the hours of the agreement, those with a judge not counted."""
        if any(one.event in _ANSWERS for one in after):
            return
        agreement = self._agreement(request, said("answers to requests"))
        if agreement is None:
            return
        asked = request if request.event == "request_received" else _last(before, "request_received")
        is_urgent = asked is not None and bool(asked.facts.get("urgent") or asked.facts.get("emergency"))
        hours = agreement.release.urgent_clock_hours if is_urgent else agreement.release.clock_hours
        waited = _waited(request.time, after, self._until(request))
        if waited > hours * HOUR:
            text = said(
                "%(place)s was not answered within %(hours)s: neither offer nor refusal follows.",
                place=self._outcome.place(request),
                hours=words.hours(hours),
            )
            self._outcome.find("unanswered_referral", text, request)

    # Copies

    def _judge_copy(self, content: Claim, after: Sequence[Claim]) -> None:
        agreement = self._agreement(content, said("feedback and erasure"))
        if agreement is None:
            return
        erased = next((one for one in after if one.event in _ERASURES), None)
        until = erased.time if erased is not None else self._until(content)
        place, handling = self._outcome.place(content), agreement.handling
        if until > content.time + handling.retention_days * DAY + GRACE:
            days = words.days(handling.retention_days)
            if erased is None:
                text = said("%(place)s: the copy was not erased within %(days)s after it came.", place=place, days=days)
            else:
                text = said(
                    "%(place)s: the copy was erased only with entry %(entry)s, later than %(days)s after it came.",
                    place=place,
                    entry=str(erased.number),
                    days=days,
                )
            self._outcome.find("overdue_deletion", text, content, *([erased] if erased else []))
        fed_back = next((one for one in after if one.event == "feedback_sent"), None)
        owed_until = fed_back.time if fed_back is not None else until
        if owed_until > content.time + handling.feedback_days * DAY + GRACE:
            days = words.days(handling.feedback_days)
            if fed_back is None:
                text = said("%(place)s: feedback was not given within %(days)s.", place=place, days=days)
            else:
                text = said(
                    "%(place)s: feedback was given only with entry %(entry)s, later than %(days)s.",
                    place=place,
                    entry=str(fed_back.number),
                    days=days,
                )
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
        agreement = self._agreement(used, said("reviews of emergencies"))
        if agreement is None or any(one.event == "emergency_reviewed" for one in after):
            return
        days = agreement.emergency.review_days
        if self._until(used) > released.time + days * DAY + GRACE:
            text = said(
                "%(place)s: what came of it (%(event)s, entry %(entry)s) was not reviewed within %(days)s.",
                place=self._outcome.place(used),
                event=Code(released.event),
                entry=str(released.number),
                days=words.days(days),
            )
            self._outcome.find("emergency_without_review", text, used, released)


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
