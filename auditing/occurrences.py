"""What happened beside the queries: refusals, denied calls, opened fields, what followed hits, duties still open."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agreements.agreement import Agreement
from auditing.exchanges import Exchange
from auditing.measures import Tally, others
from auditing.people import People
from auditing.selection import Selection
from auditing.sources import Opened, short
from auditing.tables import Cell, Rows, Table, columns
from ledger.case_events import (
    CaseErased,
    ContentDeleted,
    ContentReceived,
    FeedbackSent,
    FollowUpEvent,
    RecallReceived,
    StepRefused,
)
from ledger.entries import Entry
from ledger.events import AuditorAccess, QueryDenied
from ledger.federation_events import CallRefused
from ledger.officer_events import OfficerRefused
from ledger.referral_events import RequestRefused

MOST_COPIES = 100_000
"""Copies that are followed by their references at a time; the oldest is forgotten first."""

_SHOWN_NUMBERS = 20


@dataclass(slots=True)
class _Copy:
    """Content of a partner, from its coming until its erasure."""

    number: int
    time: datetime
    key: tuple[str, ...]
    fed_back: bool = False


class _Numbers:
    """The first numbers of entries, for each key."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], list[int]] = {}

    def add(self, key: tuple[str, ...], number: int) -> None:
        numbers = self._numbers.setdefault(key, []) if len(self._numbers) < 10_000 else []
        if len(numbers) < _SHOWN_NUMBERS:
            numbers.append(number)

    def text(self, key: tuple[str, ...], count: int) -> str:
        """Give them as one text; dots where there are more."""
        numbers = self._numbers.get(key, [])
        return " ".join(map(str, numbers)) + (" …" if count > len(numbers) else "")


class Occurrences:
    """Counts what happened beside the queries."""

    def __init__(self, selection: Selection, people: People, reads_references: bool) -> None:
        """Count nothing yet; copies can be followed where references are opened (``reads_references``)."""
        self._selection = selection
        self._people = people
        self._reads_references = reads_references
        self._refused: Tally[tuple[str, ...]] = Tally(others(3))
        self._denied: Tally[tuple[str, ...]] = Tally(others(3))
        self._accesses: Tally[tuple[str, ...]] = Tally(others(2))
        self._steps: Tally[tuple[str, ...]] = Tally(others(2))
        self._duties: Tally[tuple[str, ...]] = Tally(others(2))
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._numbers = _Numbers()
        self._now: datetime | None = None
        self._readers: Mapping[type, Callable[[Entry, Any, Mapping[str, str]], None]] = {
            OfficerRefused: self._denied_to_officer,
            QueryDenied: self._denied_to_officer,
            StepRefused: self._denied_to_officer,
            CallRefused: self._call_refused,
            AuditorAccess: self._accessed,
        }

    def add_exchange(self, exchange: Exchange) -> None:
        """Count a query that was refused, or got no answer."""
        reason = exchange.reason or ("" if exchange.answered else exchange.outcome or "no answer in the log")
        if reason and exchange.direction != "relayed":
            key = (exchange.direction, exchange.partner, reason)
            self._refused.add(key, "count")
            self._numbers.add(key, exchange.number)

    def observe(self, one: Opened) -> None:
        """Take an entry."""
        entry, opened = one
        event = entry.event
        if isinstance(event, FollowUpEvent) and self._selection.has_partner(short(event.partner)):
            self._follow(entry, event, opened.get("reference", ""))
        if not self._selection.has_day(entry.time):
            return
        reader = self._readers.get(type(event))
        if reader is not None:
            reader(entry, event, opened)

    def tables(self, agreements: Mapping[str, Agreement]) -> Iterator[Table]:
        """Give the tables."""
        yield self._refusals()
        yield self._denials()
        yield self._opened()
        yield self._followed()
        yield self._open_duties(agreements)

    def _denied_to_officer(
        self, entry: Entry, event: OfficerRefused | QueryDenied | StepRefused, opened: Mapping[str, str]
    ) -> None:
        officer = opened.get("user" if isinstance(event, QueryDenied) else "officer", "")
        self._deny((event.type, event.reason, self._people.label("", officer)), entry.number)

    def _call_refused(self, entry: Entry, event: CallRefused, opened: Mapping[str, str]) -> None:
        self._deny((f"{event.type} {event.method}", event.reason, short(event.caller)), entry.number, event.calls)

    def _deny(self, key: tuple[str, ...], number: int, calls: int = 1) -> None:
        self._denied.add(key, "count", by=calls)
        self._numbers.add(("denied", *key), number)

    def _accessed(self, entry: Entry, event: AuditorAccess, opened: Mapping[str, str]) -> None:
        key = (self._people.label("", opened.get("user", "")), " ".join(event.fields))
        self._accesses.add(key, "count", *(("ranges",) if event.last else ()))
        self._numbers.add(("opened", *key), entry.number)

    def _follow(self, entry: Entry, event: FollowUpEvent, reference: str) -> None:
        kind: str = getattr(event, "type", "")
        self._now = entry.time
        if self._selection.has_day(entry.time):
            self._steps.add((short(event.partner), kind), "count")
        key = (short(event.partner), event.agreement_hash)
        if isinstance(event, ContentReceived):
            self._duties.add(key, "received")
            if reference and reference not in self._copies:
                self._copies[reference] = _Copy(entry.number, entry.time, key)
                if len(self._copies) > MOST_COPIES:
                    self._copies.popitem(last=False)
        elif isinstance(event, FeedbackSent):
            self._duties.add(key, "feedback")
            if reference in self._copies:
                self._copies[reference].fed_back = True
        elif isinstance(event, (ContentDeleted, RecallReceived, CaseErased)):
            if not isinstance(event, CaseErased):
                self._duties.add(key, "deleted")
            self._copies.pop(reference, None)
        elif isinstance(event, RequestRefused) and self._selection.has_day(entry.time):
            refused = ("request", short(event.partner), event.reason)
            self._refused.add(refused, "count")
            self._numbers.add(refused, entry.number)

    def _refusals(self) -> Table:
        rows: Rows = tuple(
            (*key, counts["count"], self._numbers.text(key, counts["count"])) for key, counts in self._refused.rows()
        )
        named = columns(direction="direction", partner="partner", reason="reason", count="count", entries="entries")
        about = (
            "Queries and requests refused, and those without a word on the person. Most reasons the asker never learns."
        )
        return Table("refusals", "Refusals and failures", about, named, rows)

    def _denials(self) -> Table:
        rows: Rows = tuple(
            (*key, counts["count"], self._numbers.text(("denied", *key), counts["count"]))
            for key, counts in self._denied.rows()
        )
        named = columns(what="what", reason="reason", who="who", count="count", entries="entries")
        about = "What our own users and other parties were denied. One entry may stand for many calls of a minute."
        return Table("denied_calls", "Denied calls", about, named, rows)

    def _opened(self) -> Table:
        rows: Rows = tuple(
            (*key, counts["count"], counts["ranges"], self._numbers.text(("opened", *key), counts["count"]))
            for key, counts in self._accesses.rows()
        )
        named = columns(
            user="user", fields="fields", count="accesses", ranges="of them over a range", entries="entries"
        )
        about = "Personal fields opened by auditors and others; * stands for all fields. This report is the next one."
        return Table("opened_fields", "Opened fields", about, named, rows)

    def _followed(self) -> Table:
        rows: Rows = tuple((partner, kind, counts["count"]) for (partner, kind), counts in self._steps.rows())
        named = columns(partner="partner", event="event", count="count")
        return Table("follow_up", "What followed hits", "Events of cases and referrals.", named, rows)

    def _open_duties(self, agreements: Mapping[str, Agreement]) -> Table:
        rows: list[tuple[Cell, ...]] = []
        for key, counts in self._duties.rows():
            agreement = agreements.get(key[1])
            late = self._late(key, agreement) if agreement and self._reads_references else (None, None, "")
            rows.append((key[0], key[1][:12], counts["received"], counts["feedback"], counts["deleted"], *late))
        named = columns(partner="partner", agreement_hash="agreement hash", received="copies received")
        done = columns(feedback="feedback given", deleted="copies deleted")
        late_columns = columns(late_feedback="feedback late", late_deletion="deletion late", entries="entries")
        about = (
            "Content of partners and what is owed for it, whole log up to the end of the period. Late is told where"
            " references are compared and the agreement's text is at hand; a correction counts from the first content."
        )
        return Table("duties", "Duties", about, named + done + late_columns, tuple(rows))

    def _late(self, key: tuple[str, ...], agreement: Agreement) -> tuple[int, int, str]:
        feedback, deletion = 0, 0
        numbers: list[int] = []
        for copy in self._copies.values():
            if copy.key != key or self._now is None:
                continue
            age = self._now - copy.time
            owes_word = not copy.fed_back and age > timedelta(days=agreement.handling.feedback_days)
            owes_deletion = age > timedelta(days=agreement.handling.retention_days)
            feedback, deletion = feedback + owes_word, deletion + owes_deletion
            if (owes_word or owes_deletion) and len(numbers) < _SHOWN_NUMBERS:
                numbers.append(copy.number)
        return feedback, deletion, " ".join(map(str, numbers))
