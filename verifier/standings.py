"""Where each agreement stood when: its acceptance, suspensions, ends and later versions, as the log has them.

The statements of the parties are in the log whole, with their signatures, so none has to be believed. A change counts
from its entry on, but a decision begun before may still be logged after it, so every state of the minutes before is
accepted. What lies before the first entry of an export is not known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from agreements import signing
from agreements.declarations import last_day
from agreements.inputs import StandingFacts
from ledger.agreement_events import (
    AgreementAccepted,
    AgreementEnded,
    AgreementResumed,
    AgreementSuperseded,
    AgreementSuspended,
)
from ledger.entries import Entry
from symbolon.rpc.identity import IdentityError, Party
from verifier.agreements import AgreementChecker
from verifier.report import Report
from verifier.trust import Trust

UNDER_WAY = timedelta(minutes=5)
"""How long before its entry a decision may have looked at the agreements."""

MOST_STATES = 64
"""States of one agreement that are remembered; decisions of five minutes never need as many."""

_Stated = AgreementSuspended | AgreementResumed | AgreementEnded
_KINDS = {AgreementSuspended: "suspends", AgreementResumed: "resumes", AgreementEnded: "ends"}
_UNKNOWN = StandingFacts(frozenset(), False, frozenset(), {}, None)


@dataclass(frozen=True, slots=True)
class _State:
    since: datetime
    entry: int
    facts: StandingFacts


class StandingChecker:
    """Follows the agreements through the log."""

    def __init__(self, agreements: AgreementChecker, trust: Trust, report: Report) -> None:
        """Begin with nothing accepted."""
        self._agreements = agreements
        self._trust = trust
        self._report = report
        self._states: dict[str, list[_State]] = {}

    def follow(self, entry: Entry) -> None:
        """Take an entry about an agreement; of others nothing follows."""
        event = entry.event
        if isinstance(event, AgreementAccepted):
            signed_by = self._agreements.signers(event.agreement_hash)
            self._change(entry, event.agreement_hash, accepted=True, signed_by=signed_by or frozenset())
        elif isinstance(event, AgreementSuperseded):
            self._supersede(entry, event)
        elif isinstance(event, _Stated):
            self._state(entry, event)

    def is_known(self, agreement_hash: str) -> bool:
        """Say whether the log, as far as the export goes, has the acceptance of an agreement."""
        states = self._states.get(agreement_hash)
        return states is not None and states[-1].facts.accepted

    def changed_by(self, agreement_hash: str) -> int:
        """Name the entry that changed last where an agreement stands."""
        return self._states[agreement_hash][-1].entry

    def when(self, agreement_hash: str, moment: datetime) -> Iterator[StandingFacts]:
        """Give every state that a decision may have seen which looked at that moment, the latest first."""
        for state in reversed(self._states.get(agreement_hash, [])):
            yield state.facts
            if state.since < moment - UNDER_WAY:
                return

    def _supersede(self, entry: Entry, event: AgreementSuperseded) -> None:
        try:
            self._change(entry, event.agreement_hash, superseded_from=date.fromisoformat(event.from_day))
        except ValueError:
            self._report.find(f"Entry {entry.number} names no day from which it counts.", entry.number)

    def _state(self, entry: Entry, event: _Stated) -> None:
        agency = _agency(event.party)
        self._check_statement(entry, event, agency)
        facts = self._facts(event.agreement_hash)
        if isinstance(event, AgreementEnded):
            ended = {**facts.ended, agency: self._last_day(entry, event)}
            self._change(entry, event.agreement_hash, ended=ended)
            return
        others = facts.suspended_by - {agency}
        suspended = others | {agency} if isinstance(event, AgreementSuspended) else others
        self._change(entry, event.agreement_hash, suspended_by=suspended)

    def _last_day(self, entry: Entry, event: AgreementEnded) -> date:
        """Give the last day that counts; what cannot be read ends the agreement at once."""
        agreement = self._agreements.find(event.agreement_hash)
        try:
            stated = date.fromisoformat(event.last_day)
            if agreement is None:
                return stated
            declaration = json.loads(event.statement)["declaration"] if event.statement else {"at": entry.time}
            at = declaration["at"]
            at = at if isinstance(at, datetime) else datetime.fromisoformat(at)
            return last_day(agreement, stated, at.astimezone(UTC), entry.time)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            self._report.find(f"Entry {entry.number} states an end that cannot be read.", entry.number)
            return date.min

    def _check_statement(self, entry: Entry, event: _Stated, agency: str) -> None:
        if self._trust.authority is None:
            self._report.skip("statements about agreements: no --authority was given", entry.number)
            return
        try:
            signed = signing.SignedDeclaration.model_validate_json(event.statement)
            declared = signing.verify(signed, self._trust.authority)
        except ValueError:  # of which those of pydantic and of declarations are
            self._report.find(f"Entry {entry.number} has a statement whose signature does not hold.", entry.number)
            return
        logged = (_KINDS[type(event)], agency, event.agreement_hash)
        if (declared.kind, declared.agency, declared.agreement) != logged:
            self._report.find(f"Entry {entry.number} has a statement that says something else.", entry.number)
            return
        self._report.checked["statements about agreements"] += 1

    def _facts(self, agreement_hash: str) -> StandingFacts:
        states = self._states.get(agreement_hash)
        return states[-1].facts if states else _UNKNOWN

    def _change(self, entry: Entry, agreement_hash: str, **changes: Any) -> None:
        facts = replace(self._facts(agreement_hash), **changes)
        if self._agreements.find(agreement_hash) is None:
            return  # nothing can be decided again without its text
        states = self._states.setdefault(agreement_hash, [])
        states.append(_State(entry.time, entry.number, facts))
        del states[:-MOST_STATES]


def _agency(uri: str) -> str:
    try:
        return Party.parse(uri).name
    except IdentityError:
        return ""
