"""One question as the patterns see it, denied ones too: who asked when, and what likens the person to another.

Of a person only digests and sort keys are made here, and no report shows them. A holder's log has none: it never
learns who was asked for, unless a record of its own opened the question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from auditing.exchanges import Direction
from auditing.sources import Opened, read_list, short
from ledger.entries import Entry
from ledger.events import QueryDenied, QueryReceived, QueryRelayed, QuerySent

_NUMBER = re.compile(r"\d{5,18}")
_FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Traits:
    """What is compared of a person asked for: the first name as written, its words sorted, dates, numbers, a digest."""

    name: str
    words: str
    births: frozenset[str]
    numbers: tuple[int, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. ``house`` is the agency that asks, empty for our own; ``who`` its user as opened, or empty."""

    number: int
    time: datetime
    direction: Direction
    house: str
    partners: tuple[str, ...]
    purposes: tuple[str, ...]
    who: str
    traits: Traits | None


def read_question(one: Opened) -> Iterator[Asked]:
    """Give the question that an entry is about, if it is about one."""
    entry, opened = one
    reader = _READERS.get(type(entry.event))
    if reader is not None:
        yield reader(entry, entry.event, opened)


def simplified(text: str) -> str:
    """Give a text without accents, case, punctuation and double spaces."""
    plain = unicodedata.normalize("NFKD", text[:_LONGEST_NAME]).casefold()
    kept = "".join(one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    return " ".join(kept.split())


def read_traits(opened: Mapping[str, str]) -> Traits | None:
    """Give what is compared of the person of a query, None where no name is open."""
    names = [*_texts(opened, "subject.names"), *_texts(opened, "subject.names_original")]
    name = simplified(names[0]) if names else ""
    if not name:
        return None
    births = frozenset(_texts(opened, "subject.dob"))
    words = " ".join(sorted(name.split()))
    return Traits(name, words, births, tuple(_numbers(opened)), _digest(words, *sorted(births)))


def _digest(*parts: str) -> bytes:
    return blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=12).digest()


def full_dates(traits: Traits) -> frozenset[str]:
    """Give birth dates that say a day; the first of January stands for an unknown one in many lists."""
    return frozenset(one for one in traits.births if _FULL_DATE.fullmatch(one) and not one.endswith("-01-01"))


def _sent(entry: Entry, event: QuerySent | QueryDenied, opened: Mapping[str, str]) -> Asked:
    partners = tuple(map(short, event.recipients))
    user = opened.get("user", "")
    return Asked(entry.number, entry.time, "sent", "", partners, (event.purpose,), user, read_traits(opened))


def _received(entry: Entry, event: QueryReceived, opened: Mapping[str, str]) -> Asked:
    house = short(event.sender)
    user = opened.get("user", "")
    return Asked(entry.number, entry.time, "received", house, (house,), (event.purpose,), user, None)


def _relayed(entry: Entry, event: QueryRelayed, opened: Mapping[str, str]) -> Asked:
    partners = (short(event.sender), *map(short, event.recipients))
    return Asked(entry.number, entry.time, "relayed", partners[0], partners, event.purposes, "", None)


_READERS: Mapping[type, Callable[[Entry, Any, Mapping[str, str]], Asked]] = {
    QueryDenied: _sent,
    QuerySent: _sent,
    QueryReceived: _received,
    QueryRelayed: _relayed,
}


def _texts(opened: Mapping[str, str], field: str) -> list[str]:
    return [one for one in read_list(opened.get(field, "")) if isinstance(one, str)]


def _numbers(opened: Mapping[str, str]) -> Iterator[int]:
    documents: list[Any] = read_list(opened.get("subject.documents", ""))
    written = [str(one.get("number", "")) for one in documents if isinstance(one, dict)]
    for text in [*written, *_texts(opened, "subject.phones")]:
        found = _NUMBER.search("".join(one for one in text if one.isascii() and one.isalnum()))
        if found:
            yield int(found[0])
