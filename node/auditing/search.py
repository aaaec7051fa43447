"""Searching the log: what may be asked for, and a page of what is found, the newest first.

What is asked for is written into the log in clear, so every part of it has to be a word that the log itself has: what
somebody typed goes nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from auditing.denials import Denials
from auditing.findings import Finding
from auditing.terms import Term
from auditing.thresholds import Thresholds
from ledger.entries import Entry
from ledger.events import Event
from ledger.reading import LedgerReader
from node.auditing.index import LogIndex, Wanted
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party

USUAL_PAGE, LONGEST_PAGE = 50, 200
MOST_DENIALS = 10_000
"""Denials, the newest, that are looked through for many in one day."""

TYPES: frozenset[str] = frozenset(event.model_fields["type"].default for event in get_args(get_args(Event)[0]))


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for, checked; ``filters`` say it for the log."""

    wanted: Wanted
    since: date | None
    until: date | None
    filters: tuple[str, ...]

    def has_day(self, entry: Entry) -> bool:
        """Say whether an entry lies in the period."""
        day = entry.time.date()
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


def read_day(text: str, name: str) -> date | None:
    """Read a day; raise `SymbolonError` (`INVALID_INPUT`)."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{name}: expected YYYY-MM-DD") from None


def read_days(since: str, until: str) -> tuple[date | None, date | None]:
    """Read a period of which either end may be open; raise `SymbolonError`."""
    first, last = read_day(since, "since"), read_day(until, "until")
    if first and last and first > last:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "the first day is after the last")
    return first, last


def read_party(text: str) -> str:
    """Give the URI of an agency or party; raise `SymbolonError`."""
    if not text:
        return ""
    try:
        return (Party.parse(text) if "://" in text else Party.agency(text)).uri
    except IdentityError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "partner: expected an agency, or a party's URI") from None


def read_query(
    index: LogIndex, *, kind: str, partner: str, purpose: str, agreement: str, days: tuple[str, str], **flags: bool
) -> Query:
    """Check what is asked for; ``flags`` are ``denied`` and ``padding``. Raises `SymbolonError`."""
    terms: list[Term] = []
    if kind:
        if kind not in TYPES:
            raise SymbolonError(ErrorCode.INVALID_INPUT, "type: no event of this log is called so")
        terms.append(("type", kind))
    if party := read_party(partner):
        terms.append(("party", party))
    if purpose:
        if not index.has(("purpose", purpose)):
            raise SymbolonError(ErrorCode.INVALID_INPUT, "purpose: no entry names it")
        terms.append(("purpose", purpose))
    if flags.get("denied"):
        terms.append(("denied", ""))
    one_of = index.agreement_terms(agreement) if agreement else []
    if agreement and not one_of:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "agreement: no entry names it")
    since, until = read_days(*days)
    filters = [f"{name}={value}" for name, value in terms if value]
    filters += [f"agreement={agreement}"] if agreement else []
    filters += [f"since={since}"] if since else []
    filters += [f"until={until}"] if until else []
    filters += ["denied"] if flags.get("denied") else []
    if not terms and not flags.get("padding"):
        terms.append(("spoken", ""))
    if not terms and not one_of:
        one_of = [("spoken", ""), ("type", "log_padded")]
    return Query(Wanted(tuple(terms), tuple(one_of)), since, until, tuple(filters))


def find(log: LedgerReader, index: LogIndex, query: Query, before: int, most: int) -> tuple[list[Entry], int]:
    """Give a page of entries before a number, each checked, and what to go on before; 0 where there are no more."""
    first, last = index.span(query.since, query.until)
    numbers = index.numbers(query.wanted, first, min(before, last + 1))
    found: list[Entry] = []
    for entry in log.those(numbers):
        if query.wanted.fits(entry) and query.has_day(entry):
            if len(found) == most:
                return found, found[-1].number
            found.append(entry)
    return found, 0


def many_denials(log: LedgerReader, index: LogIndex, query: Query, before: int) -> list[Finding]:
    """Give the days with many denials among the newest of those asked for (`auditing.denials`)."""
    found, _ = find(log, index, query, before, MOST_DENIALS)
    detector = Denials(Thresholds())
    findings = [one for entry in reversed(found) for one in detector.observe((entry, {}))]
    findings += detector.end()
    return [one for one in reversed(findings) if one.pattern == "denied"]


def linked(
    log: LedgerReader, index: LogIndex, terms: Sequence[Term], number: int, most: int
) -> list[tuple[Entry, str]]:
    """Give the other entries that have one of these terms, each once, with the kind of the first they share."""
    shared = dict[int, str]()
    for other, (kind, _) in index.linked(terms, most):
        if other != number:
            shared.setdefault(other, kind)
    return list(_named(log, shared))


def _named(log: LedgerReader, shared: dict[int, str]) -> Iterator[tuple[Entry, str]]:
    for entry in log.those(sorted(shared)):
        yield entry, shared[entry.number]
