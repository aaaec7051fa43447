"""Which of the agency's own records fit the person of a request, by the comparison that queries are answered with.

The log of a holder knows what others asked of it by the ids of its records alone, so who searches it by a name has to
find these first. A record *fits* where the comparison calls it strong, which a name alone never is; one that is only
probable or possible is *in doubt*: an officer looks, and says so by its id, or it is left out. A removed record has no
content to be found by; its id does, where somebody knows it. Data subjects are natural persons, so no others are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from auditing.subjects import Wanted
from matching.comparison.reading import read_subject
from matching.dates import DateInterval
from matching.scoring import Band, compare
from matching.subject import Document, Name, Subject
from node.records.store import StoredRecord

MOST_IN_DOUBT = 50
"""Records in doubt that are listed, those that fit best; of the rest only the number is told."""


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """A record here: name and birth dates as listed, empty where it is not in the list; how it fits, if it does."""

    record_id: str
    name: str = ""
    births: tuple[str, ...] = ()
    band: Band | None = None
    is_taken: bool = False

    @property
    def fits(self) -> bool:
        """Say whether it is taken for the person's where nobody says otherwise."""
        return self.band == "strong"


@dataclass(frozen=True, slots=True)
class OwnRecords:
    """The records named, those that fit and those in doubt, the best first; how many in doubt are not listed."""

    listed: tuple[OwnRecord, ...] = ()
    left_off: int = 0

    @property
    def taken(self) -> frozenset[str]:
        """Give the ids of those that are searched for."""
        return frozenset(one.record_id for one in self.listed if one.is_taken)


def looks_up(wanted: Wanted) -> bool:
    """Say whether the person is described by more than ids."""
    return bool(wanted.names or wanted.documents)


def look_up(wanted: Wanted, stored: Iterable[StoredRecord]) -> OwnRecords:
    """Compare every record with the person: those named are taken, and those that fit unless they are taken out.

    Where the person is described by ids alone, nothing is read.
    """
    named = {one: OwnRecord(one, is_taken=True) for one in sorted(wanted.records)}
    if not looks_up(wanted):
        return OwnRecords(tuple(named.values()))
    query = read_subject(_subject(wanted))
    fitting: list[tuple[float, OwnRecord]] = []
    for one in stored:
        record_id, subject = one.record.record_id, one.record.subject
        is_named = record_id in named
        if subject.category != "individual" and not is_named:
            continue
        found = compare(query, subject)
        if found.band is None and not is_named:
            continue
        births = tuple(birth.written() for birth in subject.births)
        own = OwnRecord(record_id, subject.names[0].text, births, found.band)
        if is_named:
            named[record_id] = replace(own, is_taken=True)
        else:
            fitting.append((found.score, replace(own, is_taken=own.fits and record_id not in wanted.without)))
    ranked = [own for _, own in sorted(fitting, key=lambda pair: (-pair[0], pair[1].record_id))]
    sure, in_doubt = [one for one in ranked if one.fits], [one for one in ranked if not one.fits]
    listed = (*named.values(), *sure, *in_doubt[:MOST_IN_DOUBT])
    return OwnRecords(listed, max(0, len(in_doubt) - MOST_IN_DOUBT))


def _subject(wanted: Wanted) -> Subject:
    return Subject(
        names=tuple(map(Name, wanted.names)),
        births=tuple(DateInterval(day, day) for day in map(date.fromisoformat, wanted.births)),
        documents=tuple(Document("", number) for number in wanted.documents),
    )
