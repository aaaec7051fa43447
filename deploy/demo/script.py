"""What the demonstration plays: which agencies with which lists, and which questions with which known answers.

Either the invented federation of `deploy.demo.population`, or a folder of lists in the same form
(``agency_<id>.jsonl``, and a ``truth*.tsv`` of record pairs known to be the same person).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo.population import AGENCIES, federation
from matching.subject import parse_subject, subject_part

_REAL_QUESTIONS = 6
_ASKED_FIELDS = ("category", "names", "dob", "nationality")


@dataclass(frozen=True)
class SceneQuestion:
    """A question, who asks it, and the other agencies that are known to list the person."""

    name: str
    shows: str
    asker: str
    subject: Mapping[str, Any]
    expected: frozenset[str]


@dataclass(frozen=True)
class Script:
    """Agencies by id with their display names, their list files, and the questions in order."""

    agencies: Mapping[str, str]
    lists: Mapping[str, Path]
    questions: tuple[SceneQuestion, ...]
    truth_is_complete: bool


def invented(folder: Path, seed: int, records_per_agency: int) -> Script:
    """Write the invented lists into a folder and give their script."""
    population = federation(seed, records_per_agency)
    population.write(folder)
    agencies = {agency: style.title for agency, style in AGENCIES.items()}
    rotation = list(agencies)
    questions = []
    for place, query in enumerate(population.queries()):
        outsiders = [agency for agency in rotation[place % len(rotation) :] + rotation if agency not in query.expected]
        questions.append(SceneQuestion(query.name, query.shows, outsiders[0], query.subject, frozenset(query.expected)))
    lists = {agency: folder / f"agency_{agency}.jsonl" for agency in agencies}
    return Script(agencies, lists, tuple(questions), truth_is_complete=True)


def from_folder(folder: Path) -> Script:
    """Read a folder of lists; raise `FileNotFoundError` when it holds none."""
    lists = {_agency_id(path): path for path in sorted(folder.glob("agency_*.jsonl"))}
    if not lists:
        raise FileNotFoundError(f"{folder} holds no agency_*.jsonl")
    names = {agency: agency.replace("-", " ").title() for agency in lists}
    questions = tuple(_known_questions(folder, lists)) + tuple(_unknown_question(folder, lists))
    return Script(names, lists, questions, truth_is_complete=False)


def _known_questions(folder: Path, lists: Mapping[str, Path]) -> Iterator[SceneQuestion]:
    """Ask about persons that the truth file knows at several agencies, those known at most first."""
    known: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for pair in _truth(folder):
        one, other = (_name(pair["agency_a"]), pair["record_a"]), (_name(pair["agency_b"]), pair["record_b"])
        if pair.get("category", "individual") == "individual" and one[0] in lists and other[0] in lists:
            known[one].add(other)
            known[other].add(one)
    by_reach = sorted(known, key=lambda record: (-len({agency for agency, _ in known[record]}), record))
    used: set[tuple[str, str]] = set()
    asked_by: dict[str, int] = defaultdict(int)
    for asker, record_id in by_reach:
        if (asker, record_id) in used or asked_by[asker] > _REAL_QUESTIONS // len(lists):
            continue
        row = _find(lists[asker], record_id)
        if row is None or not row["dob"]:
            continue
        used |= known[(asker, record_id)] | {(asker, record_id)}
        asked_by[asker] += 1
        expected = frozenset(agency for agency, _ in known[(asker, record_id)]) - {asker}
        yield SceneQuestion(record_id, "a record of the asking agency's own list", asker, _asked(row), expected)
        if sum(asked_by.values()) == _REAL_QUESTIONS:
            return


def _unknown_question(folder: Path, lists: Mapping[str, Path]) -> Iterator[SceneQuestion]:
    """Ask about an invented person, whom no real list can name."""
    stranger = next(query for query in federation(1).queries() if not query.expected)
    yield SceneQuestion(
        "nobody", "an invented person, on nobody's list", next(iter(lists)), stranger.subject, frozenset()
    )


def _asked(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return parse_subject(subject_part({name: row[name] for name in _ASKED_FIELDS if row.get(name)})).to_row()


def _truth(folder: Path) -> Iterator[Mapping[str, str]]:
    for path in sorted(folder.glob("truth*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t")


def _find(path: Path, record_id: str) -> dict[str, Any] | None:
    return next((row for row in _rows(path) if row["record_id"] == record_id), None)


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _agency_id(path: Path) -> str:
    return _name(path.stem.removeprefix("agency_"))


def _name(written: str) -> str:
    return written.upper().replace("_", "-")
