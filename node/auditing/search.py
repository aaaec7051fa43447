"""Searching the log: what may be asked for, and a page of what is found, the newest first.

What is asked for is written into the log in clear, so every part of it has to be a word that the log itself has: what
somebody typed goes nowhere. Only an officer and a reference are looked for in what is personal: that is opened for it,
which the log says first, and what was typed stands there as personal as what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import get_args

from auditing.denials import Denials
from auditing.findings import Finding
from auditing.terms import Term
from auditing.thresholds import Thresholds
from ledger.entries import Entry, check_opening
from ledger.events import Event
from ledger.reading import LedgerReader
from node.auditing.index import LogIndex, Wanted
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party

USUAL_PAGE, LONGEST_PAGE = 50, 200
MOST_DENIALS = 10_000
"""Denials, the newest, that are looked through for many in one day."""

TYPES: frozenset[str] = frozenset(event.model_fields["type"].default for event in get_args(get_args(Event)[0]))


_OFFICERS = ("officer", "user")
_REFERENCES = ("reference", "case_reference")
NAMING = (*_OFFICERS, *_REFERENCES)
"""The personal fields by which people tell entries apart."""

MOST_OPENED = 2_000
"""Entries that are opened for one page of what is looked for by an officer or a reference."""

_LONGEST_SOUGHT = 100  # characters

Noting = Callable[[int, int], None]
"""Writes that the entries between two numbers are opened."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom and what an entry names, as opened; empty where nothing is, or no longer."""

    officer: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """An officer and a reference that are looked for; empty for any."""

    officer: str
    reference: str

    @classmethod
    def read(cls, officer: str, reference: str) -> Sought:
        """Take what was typed; raise `SymbolonError` (`INVALID_INPUT`) where it is too long to be one."""
        if len(officer) > _LONGEST_SOUGHT or len(reference) > _LONGEST_SOUGHT:
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"at most {_LONGEST_SOUGHT} characters")
        return cls(officer.strip(), reference.strip())

    def __bool__(self) -> bool:
        """Say whether anything is looked for."""
        return bool(self.officer or self.reference)

    @property
    def said(self) -> str:
        """Give for the log what was looked for."""
        return "; ".join(f"{name}: {value}" for name in ("officer", "reference") if (value := getattr(self, name)))

    def fits(self, opened: Mapping[str, str]) -> bool:
        """Say whether what an entry names is what is looked for."""
        return (not self.officer or self.officer in [opened.get(name) for name in _OFFICERS]) and (
            not self.reference or self.reference in [opened.get(name) for name in _REFERENCES]
        )


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


def find_named(
    log: LedgerReader, index: LogIndex, query: Query, sought: Sought, before: int, most: int, noted: Noting
) -> tuple[list[tuple[Entry, Named]], int, int]:
    """Give a page of entries with what is looked for, what to go on before, and how many were opened for it.

    ``noted`` writes that the entries between two numbers are opened, before they are.
    """
    first, last = index.span(query.since, query.until)
    numbers = list(islice(index.numbers(query.wanted, first, min(before, last + 1)), MOST_OPENED))
    if numbers:
        noted(numbers[-1], numbers[0])
    found: list[tuple[Entry, Named]] = []
    count = 0
    for entry in log.those(numbers):
        if not (query.wanted.fits(entry) and query.has_day(entry)):
            continue
        count += 1
        if sought.fits(opened := _opened(log, entry)):
            found.append((entry, _named_in(opened)))
            if len(found) == most:
                return found, entry.number, count
    return found, numbers[-1] if len(numbers) == MOST_OPENED else 0, count


def named_in(log: LedgerReader, entries: Sequence[Entry], noted: Noting) -> list[tuple[Entry, Named]]:
    """Open whom and what entries, the newest first, name."""
    if entries:
        noted(entries[-1].number, entries[0].number)
    return [(entry, _named_in(_opened(log, entry))) for entry in entries]


def _opened(log: LedgerReader, entry: Entry) -> dict[str, str]:
    openings = [one for one in log.openings(entry.number) if one.name in NAMING]
    for one in openings:
        check_opening(entry, one)
    return {one.name: one.value for one in openings}


def _named_in(opened: Mapping[str, str]) -> Named:
    officer, reference = (
        next((opened[one] for one in names if one in opened), "") for names in (_OFFICERS, _REFERENCES)
    )
    return Named(officer, reference)


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
