"""Who was asked for beside what is known of the other side, field by field. Pure; nothing is kept.

With content, the two are compared as matching compares them, here at the asker. Before content, it is the reasons that
the holder told with the hit, each at the field it is about: nothing is added to what its agreement let it tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from matching.comparison.disclosure import fields_of
from matching.comparison.evidence import Outcome
from matching.comparison.names import BestNames, compare_names
from matching.comparison.reading import ComparedSubject, read_subject
from matching.comparison.side_by_side import PartBeside, parts_beside
from matching.scoring import compare
from matching.subject import SubjectFormatError, parse_subject, subject_part
from node.cases.files import Case

VERDICTS: Mapping[Outcome, str] = {
    "agrees": "agrees",
    "close": "agrees_in_part",
    "missing": "one_side_only",
    "differs": "differs",
}
"""What is said of a field for each outcome of a comparison."""

NOT_COMPARED, WITH_NAMES = "not_compared", "with_names"

ORDER = (
    "category",
    "names",
    "aliases",
    "alias_quality",
    "names_original",
    "name_parts",
    "dob",
    "pob",
    "nationality",
    "gender",
    "documents",
    "phones",
    "emails",
    "addresses",
    "address_countries",
)
"""The fields of a subject, in the order in which they stand beside each other; what else is told follows."""

_OF_NAMES = frozenset({"aliases", "alias_quality", "names_original", "name_parts"})
_POINTS = re.compile(r" \(([+−])(\d+\.\d)\)$")


@dataclass(frozen=True, slots=True)
class FieldCompared:
    """One field: the verdict, why, and of names the parts; ``field`` is empty for a reason that is of no field."""

    field: str
    verdict: str
    reasons: tuple[str, ...] = ()
    parts: tuple[PartBeside, ...] = ()


def compared(case: Case) -> list[FieldCompared]:
    """Compare who was asked for with the content, where it is there, or else with what the holder told of the match."""
    if case.subject is None:
        return []
    return _with_content(case.subject, case.content) if case.content is not None else _as_told(case)


def _as_told(case: Case) -> list[FieldCompared]:
    said: dict[str, list[tuple[Outcome, str]]] = {}
    others: list[FieldCompared] = []
    for line in case.reasons:
        feature, _, rest = line.partition(": ")
        outcome, field = _outcome(rest), _field(feature)
        if outcome is None or not field:
            others.append(FieldCompared("", NOT_COMPARED, (line,)))
        else:
            said.setdefault(field, []).append((outcome, line))
    return [*_rows(said, case.subject or {}, {}), *others]


def _outcome(rest: str) -> Outcome | None:
    """Read the outcome off a told reason: in words, or by its points as `evidence.judged` does."""
    words: dict[str, Outcome] = {
        "agrees": "agrees",
        "agrees in part": "close",
        "on one side only": "missing",
        "differs": "differs",
    }
    if rest in words:
        return words[rest]
    points = _POINTS.search(rest)
    if points is None:
        return None
    if points[1] == "−":
        return "missing" if " on one side only" in rest else "differs"
    return "agrees" if float(points[2]) > 1 else "close"


def _with_content(subject: Mapping[str, Any], content: Mapping[str, Any]) -> list[FieldCompared]:
    one, other = _read(subject), _read(content)
    if one is None or other is None:
        return list(_rows({}, subject, content))
    said: dict[str, list[tuple[Outcome, str]]] = {}
    for contribution in compare(one, other).contributions:
        said.setdefault(_field(contribution.feature), []).append((contribution.outcome, contribution.explanation))
    parts = _parts(compare_names(one.names, other.names))
    return [replace(row, parts=parts) if row.field == "names" else row for row in _rows(said, subject, content)]


def _read(row: Mapping[str, Any]) -> ComparedSubject | None:
    """Read a side; None where it is no subject. A release may leave every name out, which no record may."""
    try:
        return read_subject(parse_subject(subject_part(row)))
    except SubjectFormatError:
        return None


def _parts(names: BestNames) -> tuple[PartBeside, ...]:
    pair = names.trusted or names.weak
    return parts_beside(pair) if pair else ()


def _rows(
    said: Mapping[str, list[tuple[Outcome, str]]], subject: Mapping[str, Any], content: Mapping[str, Any]
) -> Iterator[FieldCompared]:
    fields = dict.fromkeys((*ORDER, *content))
    for field in fields:
        told = said.get(field, [])
        if told:
            yield FieldCompared(field, _verdict([outcome for outcome, _ in told]), tuple(line for _, line in told))
        elif field in subject or field in content:
            yield FieldCompared(field, _silent(field, subject, content))


def _verdict(outcomes: Iterable[Outcome]) -> str:
    """Give the verdict on a field of which several things are said: what is not one is in part."""
    found = set(outcomes)
    return VERDICTS[found.pop()] if len(found) == 1 else "agrees_in_part"


def _silent(field: str, subject: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    if field in _OF_NAMES:
        return WITH_NAMES
    if subject.get(field) == content.get(field):
        return VERDICTS["agrees"]
    is_of_subject = field in ORDER and bool(content)
    return "one_side_only" if is_of_subject and (field in subject) != (field in content) else NOT_COMPARED


def _field(feature: str) -> str:
    """Name the field at which a feature is shown: the first of those it shows, and none for one that is not known."""
    shown = fields_of(feature)
    return next((field for field in ORDER if field in shown), "")
