"""The FEBRL test sets (Christen 2008), read as subjects: invented Australians, each with copies spoilt by a generator.

``rec-17-org`` is an original and ``rec-17-dup-0`` a copy of it; that is the truth. Given name and surname become a name
with its parts, ``date_of_birth`` (yyyymmdd) a date where it is one, ``soc_sec_id`` a national identity number of AU,
and the six columns of the address one address. What a row leaves empty stays empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import TableError, read_table
from matching.dates import DateFormatError, DateInterval, parse_date
from matching.subject import Document, Name, Subject

COUNTRY = "AU"
ADDRESS = ("street_number", "address_1", "address_2", "suburb", "postcode", "state")
COLUMNS = ("rec_id", "given_name", "surname", *ADDRESS, "date_of_birth", "soc_sec_id")

_RECORD_ID = re.compile(r"rec-(\d+)-(?:org|dup-\d+)", re.ASCII)
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class DataSet:
    """One set: its records with the row each was read from, and who of them is the same person."""

    name: str
    records: tuple[tuple[str, Subject], ...]
    rows: tuple[dict[str, str], ...]

    @property
    def pairs(self) -> int:
        """Give the number of pairs that are the same person."""
        return sum(count * (count - 1) // 2 for count in Counter(person_of(one) for one, _ in self.records).values())


def read_data_set(file: Path) -> DataSet:
    """Read one set; raise `TableError` where it is none."""
    rows = [{column.strip(): cell.strip() for column, cell in row.items()} for row in read_table(file)]
    if missing := [column for column in COLUMNS if any(column not in row for row in rows[:1])]:
        raise TableError(f"{file.name} has no column {', '.join(missing)}")
    records = tuple((row["rec_id"], _subject(row)) for row in rows)
    data = DataSet(file.name.partition(".")[0], records, tuple(rows))
    if not data.pairs:
        raise TableError(f"{file.name} has no two records of one person")
    return data


def person_of(record_id: str) -> str:
    """Give the number of the person a record is of."""
    matched = _RECORD_ID.fullmatch(record_id)
    if matched is None:
        raise TableError("not a record id of FEBRL")
    return matched[1]


def same_person(pair: Sequence[str]) -> bool:
    """Say whether two record ids are of one person."""
    return person_of(pair[0]) == person_of(pair[1])


def _subject(row: dict[str, str]) -> Subject:
    name = " ".join(part for part in (row["given_name"], row["surname"]) if part)
    parts = (("given", row["given_name"]), ("last", row["surname"]))
    address = ", ".join(row[column] for column in ADDRESS if row[column])
    number = row["soc_sec_id"]
    return Subject(
        names=(Name(name),) if name else (),
        name_parts=tuple((role, value) for role, value in parts if value),
        births=_births(row["date_of_birth"]),
        documents=(Document("national_id", number, COUNTRY),) if number else (),
        addresses=(address,) if address else (),
        address_countries=(COUNTRY,),
    )


def _births(text: str) -> tuple[DateInterval, ...]:
    """Read the date, or leave it out where the copy was spoilt into none."""
    matched = _DATE.fullmatch(text)
    try:
        return (parse_date("-".join(matched.groups())),) if matched else ()
    except DateFormatError:
        return ()
