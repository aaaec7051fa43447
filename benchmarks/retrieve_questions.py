"""Whom the retrieval benchmark asks for, and which records of the list are the right answer.

Questions come from a list in the import form (JSON lines) or from a table (TSV or CSV, plain or gzipped). A table has
the name in a column ``name``, ``names`` or ``full_name``, the birth date in ``dob`` or ``date_of_birth``, nationality
as a code or a country's name, and ``aliases``, ``names_original``, ``gender`` where it has them; ``|`` joins several.

The right answers are those a truth file names (pairs of columns ``record_a`` and ``record_b``, either way round), or a
field or column of the question itself. With a truth file, who is not in it is left out, since nobody said whether the
list has him; with a column, an empty cell says that it has not; with neither, all are persons that must not hit.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.tables import TableError, read_list, read_table, subject_of
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
    """A subject asked for and the record ids that are right; none where the list does not have it."""

    subject: Subject
    expected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answers:
    """Where the right answers stand: a truth file, or a field or column of the questions, or neither."""

    truth: Path | None = None
    column: str | None = None


def read_records(file: Path) -> list[tuple[str, Subject]]:
    """Read a list: record id and subject of every row."""
    return [(str(row["record_id"]), subject_of(subject_part(row))) for row in read_list(file)]


def read_questions(file: Path, listed: frozenset[str], answers: Answers = Answers()) -> list[Question]:
    """Read the questions; of the right answers those that the list has."""
    known = _read_truth(answers.truth) if answers.truth else None
    questions = []
    for row, subject in _read_rows(file):
        if known is not None:
            expected = known.get(str(row.get("record_id", "")), frozenset()) & listed
            if not expected:
                continue
        else:
            expected = _told(row, answers.column) & listed
        questions.append(Question(subject, expected))
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


def _read_rows(file: Path) -> Iterator[tuple[Mapping[str, Any], Subject]]:
    if ".jsonl" in file.name:
        for row in read_list(file):
            yield row, subject_of(subject_part(row))
        return
    for cells in read_table(file):
        row = _row_of(cells)
        if not (row["names"] or row["names_original"]):
            raise TableError(f"{file.name}: every row needs a name, in a column names, name or full_name")
        yield cells, subject_of(row)


def _row_of(cells: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field, columns in _COLUMNS.items():
        cell = next((cells[column] for column in columns if cells.get(column)), "")
        row[field] = [value.strip() for value in cell.split("|") if value.strip()]
    row["nationality"] = [named_country(fold(value).split()) or value for value in row["nationality"]]
    return row | {"gender": _GENDERS.get((cells.get("gender") or "").strip().lower(), "")}


def _told(row: Mapping[str, Any], column: str | None) -> frozenset[str]:
    if column is None:
        return frozenset()
    if column not in row:
        raise TableError(f"the queries have no column {column}")
    told = row[column]
    return frozenset(told.split("|") if isinstance(told, str) else map(str, told)) - {""}


def _read_truth(file: Path) -> Mapping[str, frozenset[str]]:
    known: dict[str, set[str]] = defaultdict(set)
    for row in read_table(file, ("record_a", "record_b")):
        known[row["record_a"]].add(row["record_b"])
        known[row["record_b"]].add(row["record_a"])
    return {one: frozenset(others) for one, others in known.items()}
