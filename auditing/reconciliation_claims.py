"""What each entry claims of something that another party's log speaks of too, under a key that both logs have.

Keys are the query's id with its two agencies, a message's digest, and the name of a case. Claims of parties whose
exports are not there, and those without a key (logs of an earlier release), are counted and left out. An officer's name
never enters a claim: `Reader` is given what makes a name into something that can be compared and not read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agreements.inputs import InputError, read_inputs
from agreements.sentences import Sentence, said
from auditing.sources import short
from ledger.case_events import FollowUpEvent
from ledger.entries import Entry
from ledger.events import (
    NOTHING_OPENED,
    AnswerReceived,
    HitSilent,
    MessageAccepted,
    MessagePosted,
    QueryAnswered,
    QueryOpened,
    QueryReceived,
    QueryRefused,
    QueryRelayed,
    QuerySent,
)
from ledger.federation_events import AnswerRelayed

Topic = Literal["case", "message", "query"]

REPLAYED = "replayed"

_NO_ID = said("queries without an id that both logs have (earlier releases, unreadable ones)")
_NO_EXPORT = said("entries about parties whose exports are not given")
_NO_CASE = said("entries that do not name their case (earlier releases)")

_FACTS = (
    "approved",
    "cause",
    "digest",
    "emergency",
    "fields",
    "given",
    "kind",
    "number",
    "over_quota",
    "reason",
    "role",
    "state",
    "about",
    "urgent",
    "use",
    "wanted",
)
"""The fields of follow-up events that are compared, or that duties follow from."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one entry says: of what (``topic`` and ``key``), in which log, under which number, at what time (seconds).

    ``event`` is the type of its event, ``facts`` what is compared.
    """

    topic: Topic
    key: str
    log: int
    number: int
    time: float
    event: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Reader:
    """Reads the entries of one log after the other into claims."""

    def __init__(self, parties: Sequence[str], disguise: Callable[[str], str]) -> None:
        """Take the parties whose exports are there, coordinators by their URIs, and what disguises an officer."""
        self._parties = tuple(parties)
        self._has_hub = any("://coordinator/" in name for name in parties)
        self._disguise = disguise
        self.left_out: Counter[Sentence] = Counter()

    def claims(self, log: int, entry: Entry, opened: Mapping[str, str]) -> Iterator[Claim]:
        """Give what an entry claims."""
        for topic, key, facts in self._read(self._parties[log], entry, opened):
            yield Claim(topic, key, log, entry.number, entry.time.timestamp(), entry.event.type, facts)

    def _read(
        self, own: str, entry: Entry, opened: Mapping[str, str]
    ) -> Iterator[tuple[Topic, str, Mapping[str, Any]]]:
        event = entry.event
        if isinstance(event, MessagePosted | MessageAccepted):
            if self._concerns(event.partner):
                yield "message", event.digest, {"partner": short(event.partner)}
        elif isinstance(event, FollowUpEvent):
            yield from self._follow_up(event, opened)
        else:
            for asker, holder, query_id, facts in _query(own, entry):
                if not query_id:
                    self.left_out[_NO_ID] += 1
                elif self._has_hub or self._concerns(asker if holder == own else holder):
                    yield "query", json.dumps([query_id, short(asker), short(holder)]), facts
                else:
                    self.left_out[_NO_EXPORT] += 1

    def _concerns(self, partner: str) -> bool:
        return short(partner) in self._parties

    def _follow_up(
        self, event: FollowUpEvent, opened: Mapping[str, str]
    ) -> Iterator[tuple[Topic, str, Mapping[str, Any]]]:
        if not event.partner:
            return  # a step refused without a file
        if not self._concerns(event.partner):
            self.left_out[_NO_EXPORT] += 1
        elif not event.case:
            self.left_out[_NO_CASE] += 1
        else:
            facts = {name: value for name in _FACTS if (value := getattr(event, name, None)) is not None}
            facts |= {"agreement": event.agreement_hash, "partner": short(event.partner)}
            if opened.get("officer"):
                facts["officer"] = self._disguise(opened["officer"])
            if "approved" in facts and opened.get("decision"):
                facts["decided"] = _approvers(opened["decision"])
            yield "case", event.case, facts


def _query(own: str, entry: Entry) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Give asker, holder, query and facts of each exchange an entry speaks of."""
    event = entry.event
    match event:
        case QuerySent():
            for holder, agreement in zip(event.recipients, event.agreement_hashes, strict=False):
                yield own, holder, event.query_id, {"purpose": event.purpose, "agreement": agreement}
        case AnswerReceived():
            yield own, event.member, event.query_id, _said(event) | {"outcome": event.outcome}
        case QueryReceived():
            yield event.sender, own, event.query_id, _said(event)
        case QueryOpened() | HitSilent():
            yield event.sender, own, event.query_id, _said(event)
        case QueryAnswered():
            yield event.sender, own, event.query_id, _said(event) | {"opened": event.trace != NOTHING_OPENED}
        case QueryRefused():
            opened = "justification" in entry.commitments
            yield event.sender, own, event.query_id, _said(event) | {"reason": event.reason, "opened": opened}
        case QueryRelayed():
            for holder, purpose, digest in zip(event.recipients, event.purposes, event.digests, strict=False):
                yield event.sender, holder, event.query_id, {"purpose": purpose, "digest": digest}
        case AnswerRelayed():
            facts = {"purpose": event.purpose, "digest": event.digest, "outcome": event.outcome}
            yield event.sender, event.recipient, event.query_id, facts
        case _:
            return


def _said(event: Any) -> dict[str, Any]:
    """Give of a query's event what is compared, where it says it; an empty text says nothing."""
    named = {"purpose": "purpose", "agreement": "agreement_hash", "digest": "envelope_digest"}
    facts = {name: value for name, member in named.items() if (value := getattr(event, member, ""))}
    if hasattr(event, "level"):
        facts |= {"level": event.level, "cases": list(event.cases)}
    return facts


def _approvers(decision: str) -> dict[str, Any] | None:
    """Give who approved by the input of a decision, in which roles, and whether the asker's people are among them."""
    try:
        (one,) = read_inputs(decision)
    except (InputError, ValueError):
        return None
    askers = {one.steps.requested_by, *one.steps.confirmed_by} - {""}
    approvals = [[approval.officer, approval.role] for approval in one.steps.approvals]
    return {"approvals": approvals, "by_asker": any(officer in askers for officer, _ in approvals)}
