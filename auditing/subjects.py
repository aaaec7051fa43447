"""Whether an entry speaks of one person: by the fields asked with, by record, by reference.

Two persons may have one name, and two countries one number, so neither alone is ever enough. An entry is about the
person where two of name, full birth date and document number are his. Where only one is, and nothing speaks against it,
or a name is only similar, it is *unclear*: an officer looks and says so by the entry's number, or it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from rapidfuzz import fuzz

from auditing.asked import simplified
from auditing.sources import Opened, read_list
from ledger.events import AnswerReceived, QueryDenied, QuerySent

SUBJECT_FIELDS = tuple(
    f"subject.{name}"
    for name in (
        "address_countries",
        "addresses",
        "alias_quality",
        "aliases",
        "category",
        "dob",
        "documents",
        "emails",
        "gender",
        "name_parts",
        "names",
        "names_original",
        "nationality",
        "phones",
        "pob",
    )
)
"""The personal fields of a query that describe the person asked for."""

SEARCHED_FIELDS = (*SUBJECT_FIELDS, "hits", "record_id", "reference", "references")
"""The personal fields that are opened to look for a person."""

_SIMILAR = 85
_NAMES = ("subject.names", "subject.names_original", "subject.aliases")
_FULL = len("1979-03-11")


class Likeness(Enum):
    """Whether an entry is about the person."""

    SAME = "same"
    UNCLEAR = "unclear"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is looked for: names, birth dates and document numbers, record ids, references; entries known to be his.

    ``without`` are records that are not his, though they fit.
    """

    names: tuple[str, ...] = ()
    births: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    records: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    also: frozenset[int] = frozenset()
    without: frozenset[str] = frozenset()


def compare(wanted: Wanted, opened: Mapping[str, str]) -> Likeness:
    """Say whether the person of a query is the one looked for."""
    names = {words for field in _NAMES for words in map(_words, _texts(opened, field)) if words}
    looked_for = {words for words in map(_words, wanted.names) if words}
    dates = _texts(opened, "subject.dob")
    full = {one for one in dates if len(one) == _FULL}
    documented = bool({_number(one) for one in wanted.documents} & _documents(opened))
    agreeing = bool(names & looked_for) + bool(full & set(wanted.births)) + documented
    if agreeing > 1:
        return Likeness.SAME
    if documented:
        return Likeness.UNCLEAR
    similar = any(fuzz.ratio(one, other) >= _SIMILAR for one in names for other in looked_for)
    born_otherwise = full and wanted.births and not agreeing - bool(names & looked_for)
    is_rough = any(len(one) < _FULL for one in dates)
    return Likeness.UNCLEAR if similar and (not born_otherwise or is_rough) else Likeness.OTHER


class Search:
    """First reading: which queries, envelopes, references and entries are about the person."""

    def __init__(self, wanted: Wanted) -> None:
        """Begin before the first entry."""
        self._wanted = wanted
        self.queries: set[str] = set()
        self.envelopes: set[str] = set()
        self.references: set[str] = set(wanted.references)
        self.entries: set[int] = set(wanted.also)
        self.unclear: list[int] = []

    def observe(self, one: Opened) -> None:
        """Take an entry."""
        entry, opened = one
        event = entry.event
        if isinstance(event, (QuerySent, QueryDenied)):
            likeness = compare(self._wanted, opened)
            if likeness is Likeness.SAME or entry.number in self._wanted.also:
                self.entries.add(entry.number)
                self.queries.add(event.query_id)
            elif likeness is Likeness.UNCLEAR:
                self.unclear.append(entry.number)
        elif isinstance(event, AnswerReceived):
            told = {one for one in read_list(opened.get("references", "")) if isinstance(one, str)}
            if event.query_id in self.queries:
                self.references |= told
            if told & self._wanted.references:
                self.entries.add(entry.number)
        self._note_record(entry.number, event, opened)

    def is_about(self, one: Opened) -> bool:
        """Say in a second reading whether an entry is about the person."""
        entry, opened = one
        event = entry.event
        return (
            entry.number in self.entries
            or getattr(event, "query_id", None) in self.queries
            or getattr(event, "envelope_digest", None) in self.envelopes
            or ("reference" in opened and opened["reference"] in self.references)
            or ("record_id" in opened and opened["record_id"] in self._wanted.records)
        )

    def _note_record(self, number: int, event: Any, opened: Mapping[str, str]) -> None:
        records, references = self._wanted.records, self._wanted.references
        for hit in read_list(opened.get("hits", "")):
            if isinstance(hit, dict) and (hit.get("record_id") in records or hit.get("reference") in references):
                self.envelopes.add(str(getattr(event, "envelope_digest", "")))
                self.references.add(str(hit.get("reference", "")))
        if "record_id" in opened and opened["record_id"] in records and "reference" in opened:
            self.references.add(opened["reference"])
        self.references.discard("")


def _words(text: str) -> str:
    return " ".join(sorted(simplified(text).split()))


def _texts(opened: Mapping[str, str], field: str) -> list[str]:
    return [one for one in read_list(opened.get(field, "")) if isinstance(one, str)]


def _documents(opened: Mapping[str, str]) -> set[str]:
    found: Iterable[Any] = read_list(opened.get("subject.documents", ""))
    return {_number(str(one.get("number", ""))) for one in found if isinstance(one, dict)} - {""}


def _number(text: str) -> str:
    return "".join(one for one in text.upper() if one.isalnum())
