"""Every decision that was logged is made again, from what it was made from, under the agreement as it stood.

Of each entry with a decision: what it was made from is about the same agreement, parties, purpose and time as the
entry; the agreement stood as the decision took it to stand; and made again it leads to exactly the level, the reckoning
(the trace, rule by rule) and no more than the fields that were logged. An entry that discloses something, or
decides anything, and does not hold what that was made from is found. One whose ``decision`` was not opened, or has been
erased, is counted as not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from agreements.agreement import Agreement
from agreements.clauses import CORE, SUPPLEMENTARY
from agreements.decision import Decision
from agreements.inputs import DecisionInput, InputError, Side, read_inputs
from ledger.entries import Entry
from ledger.events import NOTHING_OPENED
from ledger.exports import ExportHead
from symbolon.rpc.identity import IdentityError, Party
from verifier.agreements import AgreementChecker, name_of
from verifier.report import Report
from verifier.standings import StandingChecker

CLOCK_TOLERANCE = timedelta(minutes=10)
"""How long before or after its entry a decision may be dated."""

MOST_CONSIDERED = 64
"""Records in one decision at most; a node compares 24."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an entry says came of a decision: side, level (None: it names none), fields, and in what words."""

    side: Side
    level: Callable[[Any, Agreement], int] | None = None
    has_fields: bool = False
    verb: str = ""
    at_most: bool = False


def _level(event: Any, _: Agreement) -> int:
    return int(event.level)


def _released(event: Any, agreement: Agreement) -> int:
    """Give the level that fields are of: 4 where one is not among the core fields."""
    return CORE if set(event.fields) <= agreement.release.core_fields else SUPPLEMENTARY


_CLAIMS: Mapping[str, _Claim] = {
    "query_answered": _Claim("holder", _level, verb="answered"),
    "approval_given": _Claim("holder"),
    "release_offered": _Claim("holder", _released, True, "offered", at_most=True),
    "content_sent": _Claim("holder", _released, True, "released", at_most=True),
    "content_withheld": _Claim("holder"),
    "release_reopened": _Claim("holder"),
    "request_declined": _Claim("holder"),
    "consent_approved": _Claim("holder"),
    "correction_sent": _Claim("holder", _released, True, "released", at_most=True),
    "answer_received": _Claim("asker", _level, verb="shown", at_most=True),
    "request_sent": _Claim("asker"),
    "offer_received": _Claim("asker"),
    "conditions_acknowledged": _Claim("asker"),
    "content_received": _Claim("asker", has_fields=True),
    "correction_received": _Claim("asker", has_fields=True),
}
"""The events with one decision; `query_sent` has one for each agency asked."""


_CORRECTIONS = frozenset({"approval_given", "content_withheld", "correction_sent", "correction_received"})
"""The events whose decision may be one of a correction alone."""


class DecisionChecker:
    """Makes the decisions of one party's log again."""

    def __init__(
        self, head: ExportHead, agreements: AgreementChecker, standings: StandingChecker, report: Report
    ) -> None:
        """Take whose log it is, the agreements, and where they stand as the log goes on."""
        self._own = _name(head.party)
        self._is_whole = head.first == 1
        self._agreements = agreements
        self._standings = standings
        self._report = report

    def check(self, entry: Entry, opened: str | None) -> None:
        """Check the decision of an entry, if it has one; ``opened`` is its field ``decision``, where it was opened."""
        kind = entry.event.type
        if kind == "query_sent":
            self._check_choices(entry, opened)
        elif kind in _CLAIMS:
            self._check_one(entry, _CLAIMS[kind], opened)

    def _check_choices(self, entry: Entry, opened: str | None) -> None:
        event: Any = entry.event
        asked = list(zip(event.recipients, event.agreement_hashes, strict=False))
        if not len(asked) == len(event.recipients) == len(event.agreement_hashes):
            self._find(entry, "does not name one agreement for each agency asked")
            return
        for one, (recipient, agreement_hash) in zip(self._inputs(entry, opened, len(asked)), asked, strict=False):
            decided = self._decided(entry, one, "asker", _name(recipient), agreement_hash)
            if decided is None:
                continue
            decision, agreement = decided
            if decision.level == 0:
                self._find(entry, f"put a query that {self._allowed(decision, agreement)}")
            self._report.checked["decisions"] += 1

    def _check_one(self, entry: Entry, claim: _Claim, opened: str | None) -> None:
        event: Any = entry.event
        if not event.trace or event.trace == NOTHING_OPENED:
            if getattr(event, "level", 0) or claim.has_fields:
                self._find(entry, "discloses something without a decision")
            return
        partner = _partner(event)
        for one in self._inputs(entry, opened, 1):
            decided = self._decided(entry, one, claim.side, partner, event.agreement_hash)
            if decided is not None:
                self._compare(entry, claim, *decided)
                self._report.checked["decisions"] += 1

    def _inputs(self, entry: Entry, opened: str | None, count: int) -> tuple[DecisionInput, ...]:
        """Read what decisions were made from; nothing where that cannot be, which is counted or found."""
        if "decision" not in entry.commitments:
            self._find(entry, "does not hold what its decision was made from")
            return ()
        if opened is None:
            self._skip("not opened, or erased", entry, count)
            return ()
        try:
            inputs = read_inputs(opened)
        except InputError:
            inputs = ()
        if len(inputs) != count or any(len(one.considered) > MOST_CONSIDERED for one in inputs):
            self._find(entry, "has a decision that cannot be read")
            return ()
        return inputs

    def _decided(
        self, entry: Entry, one: DecisionInput, side: Side, partner: str, agreement_hash: str
    ) -> tuple[Decision, Agreement] | None:
        """Decide again; nothing where it is about something else than the entry, or the agreement is not there."""
        asker, holder = (self._own, partner) if side == "asker" else (partner, self._own)
        stated = (one.side, one.asked.asker, one.asked.holder, one.asked.agreement_hash.hex())
        if stated != (side, asker, holder, agreement_hash) or not _is_of(entry, one):
            self._find(entry, "has a decision that is about something else than the entry")
            return None
        agreement = self._agreements.find(agreement_hash)
        if agreement is None:
            self._skip("the text of the agreement is not there: give it with --agreement", entry)
            return None
        try:
            decision = one.decide(agreement)
            self._check_standing(entry, one, agreement, decision)
        except (OverflowError, ValueError):  # a moment at the end of all days
            self._find(entry, "has a decision that cannot be made")
            return None
        return decision, agreement

    def _check_standing(self, entry: Entry, one: DecisionInput, agreement: Agreement, decision: Decision) -> None:
        """Find a decision that took the agreement to stand where by the log it did not."""
        agreement_hash = agreement.hash.hex()
        if not self._standings.is_known(agreement_hash):
            if self._is_whole:
                self._find(entry, f"decided under {name_of(agreement)}, which by this log was never accepted")
            else:
                self._report.skip(
                    "where the agreement of a decision stood: accepted before the first entry", entry.number
                )
            return
        for facts in self._standings.when(agreement_hash, one.asked.now):
            if facts == one.standing or replace(one, standing=facts).decide(agreement).caps == decision.caps:
                return
        changed = self._standings.changed_by(agreement_hash)
        self._find(entry, f"took {name_of(agreement)} to stand otherwise than it did (last changed by entry {changed})")

    def _compare(self, entry: Entry, claim: _Claim, decision: Decision, agreement: Agreement) -> None:
        event: Any = entry.event
        level = claim.level(event, agreement) if claim.level else None
        if level is not None and level > decision.level:
            self._find(entry, f"says level {level} was {claim.verb}, but {self._allowed(decision, agreement)}")
        elif level is not None and level < decision.level and not claim.at_most:
            self._find(
                entry, f"says level {level} was {claim.verb}, where {name_of(agreement)} leads to {decision.level}"
            )
        elif decision.trace != event.trace:
            self._find(
                entry, f"has another reckoning than {name_of(agreement)} leads to: {_first(decision, event.trace)}"
            )
        if claim.has_fields and not set(event.fields) <= decision.fields and (level is None or level <= decision.level):
            self._find(entry, f"has fields that {name_of(agreement)} does not let out at level {decision.level}")

    def _allowed(self, decision: Decision, agreement: Agreement) -> str:
        """Say what was allowed, and by which clause no more."""
        clause = next((clause for clause, level in decision.caps if level == decision.level), "none")
        return f"{name_of(agreement)}, clause {clause}, allows at most {decision.level}"

    def _skip(self, reason: str, entry: Entry, count: int = 1) -> None:
        self._report.skip(f"decisions: {reason}", entry.number, count)

    def _find(self, entry: Entry, text: str) -> None:
        self._report.find(f"Entry {entry.number} {text}.", entry.number)


def _is_of(entry: Entry, one: DecisionInput) -> bool:
    """Say whether stage, purpose and moment of a decision are those of its entry."""
    purpose = getattr(entry.event, "purpose", "")
    now = one.asked.now
    if one.only_corrects and entry.event.type not in _CORRECTIONS:
        return False  # what only corrects may do without an agreement in force, and nothing else may
    if purpose not in ("", one.asked.purpose) or now.utcoffset() is None:
        return False
    return abs(entry.time - now) <= CLOCK_TOLERANCE


def _partner(event: Any) -> str:
    """Name the other agency."""
    for member in ("sender", "member"):
        if hasattr(event, member):
            return _name(getattr(event, member))
    return str(event.partner)


def _name(uri: str) -> str:
    try:
        return Party.parse(uri).name
    except IdentityError:
        return ""


def _first(decision: Decision, trace: tuple[str, ...]) -> str:
    """Name the first rule that the log does not have as it comes out."""
    logged = set(trace)
    missing = next((line for line in decision.trace if line not in logged), "")
    return missing or "the log has rules that are none"
