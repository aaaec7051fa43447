"""Whom the retrieval benchmark asks for, and which records of the list are the right answer.

Questions come from a list in the import form (JSON lines) or from a table (TSV or CSV, plain or gzipped). A table has
the name in a column ``name``, ``names`` or ``full_name``, the birth date in ``dob`` or ``date_of_birth``, nationality
as a code or a country's name, and ``aliases``, ``names_original``, ``gender`` where it has them; ``|`` joins several.

The right answers are those a truth file names (pairs of columns ``record_a`` and ``record_b``, either way round), or a
field or column of the question itself. With a truth file, who is not in it is left out, since nobody said whether the
list has him; with a column, an empty cell says that it has not, and so do ids that the list does not have, which are
counted; with neither, all are persons that must not hit.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.tables import Row, TableError, read_list, read_record, read_table, subject_of
from matching.countries import named_country
from matching.normalise import fold
from matching.subject import Subject, subject_part

SEED = 20260

NAME, BIRTH = "name", "name_birth_nationality"

_COLUMNS = {
    "names": ("names", "name", "full_name"),
    "aliases": ("aliases",),
    "names_original": ("names_original",),
    "dob": ("dob", "date_of_birth", "birth_date"),
    "nationality": ("nationality",),
}
_GENDERS = {"m": "M", "male": "M", "f": "F", "female": "F"}


@dataclass(frozen=True, slots=True)
class Question:
    """A subject asked for and the record ids that are right; none where the list does not have it.

    ``unlisted`` is how many further ids the question's own column names that the list does not have.
    """

    subject: Subject
    expected: frozenset[str]
    unlisted: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """Where the right answers stand: a truth file, or a field or column of the questions, or neither."""

    truth: Path | None = None
    column: str | None = None


def read_records(file: Path) -> list[tuple[str, Subject]]:
    """Read a list: record id and subject of every row; raise `TableError` where two have one id, or there is none."""
    records: dict[str, Subject] = {}
    for row in read_list(file):
        record_id, subject = read_record(row)
        if record_id in records:
            raise TableError(f"{row.place}: its record_id stands in the list before")
        records[record_id] = subject
    if not records:
        raise TableError(f"{file.name} has no record")
    return list(records.items())


def read_questions(file: Path, listed: frozenset[str], answers: Answers = Answers()) -> list[Question]:
    """Read the questions; of the right answers those that the list has."""
    known = _read_truth(answers.truth) if answers.truth else None
    questions = []
    for row, subject in _read_rows(file):
        if known is not None:
            expected = known.get(str(row.get("record_id", "")), frozenset()) & listed
            if expected:
                questions.append(Question(subject, expected))
        else:
            told = _told(row, answers.column)
            questions.append(Question(subject, told & listed, len(told - listed)))
    return questions


def sample(questions: Sequence[Question], most: int) -> list[Question]:
    """Choose at most so many, the same ones in every run, in their order."""
    if len(questions) <= most:
        return list(questions)
    places = sorted(random.Random(SEED).sample(range(len(questions)), most))  # noqa: S311
    return [questions[place] for place in places]


def cut(question: Question, form: str) -> Question:
    """Ask with less: the first name alone, or with it the first birth date and nationality."""
    subject = question.subject
    named = Subject(names=subject.names[:1], category=subject.category)
    if form == BIRTH:
        named = replace(named, births=subject.births[:1], nationalities=subject.nationalities[:1])
    return replace(question, subject=named)


def _read_rows(file: Path) -> Iterator[tuple[Row, Subject]]:
    if ".jsonl" in file.name:
        for asked in read_list(file):
            yield asked, subject_of(subject_part(asked), asked.place)
        return
    for cells in read_table(file):
        row = _row_of(cells)
        if not (row["names"] or row["names_original"]):
            raise TableError(f"{cells.place}: every row needs a name, in a column names, name or full_name")
        yield cells, subject_of(row, cells.place)


def _row_of(cells: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field, columns in _COLUMNS.items():
        cell = next((cells[column] for column in columns if cells.get(column)), "")
        row[field] = [value.strip() for value in cell.split("|") if value.strip()]
    row["nationality"] = [named_country(fold(value).split()) or value for value in row["nationality"]]
    return row | {"gender": _GENDERS.get((cells.get("gender") or "").strip().lower(), "")}


def _told(row: Row, column: str | None) -> frozenset[str]:
    if column is None:
        return frozenset()
    if column not in row:
        raise TableError(f"{row.place}: the queries have no column {column}")
    told = row[column] or ()
    if not isinstance(told, str | list | tuple):
        raise TableError(f"{row.place}: {column} must have record ids, as a text or a list")
    return frozenset(str(one).strip() for one in (told.split("|") if isinstance(told, str) else told)) - {""}


def _read_truth(file: Path) -> Mapping[str, frozenset[str]]:
    known: dict[str, set[str]] = defaultdict(set)
    for row in read_table(file, ("record_a", "record_b")):
        known[row["record_a"]].add(row["record_b"])
        known[row["record_b"]].add(row["record_a"])
    return {one: frozenset(others) for one, others in known.items()}
