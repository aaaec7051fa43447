"""What a draft of a query lacks: how each value is read, what stands in the way, and what would help. Pure.

A draft may be incomplete or wrong in any field: each value is read by itself, what cannot be read is named by its field
and left out, and the rest is weighed. Nothing here is kept: whoever calls has the words forgotten
(`matching.forgetting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

from agreements.asking import OPEN
from matching.countries import canonical_country
from matching.dates import DateInterval
from matching.envelope import check_stated
from matching.errors import FieldError
from matching.features import DEFAULT_BUDGET, query_features
from matching.identifiers import Identifier, read_document, read_email, read_phone, regions_of
from matching.identifying import Addition, additions, best_bits
from matching.normalise import name_parts
from matching.slips import born_by, slips_of_row
from matching.subject import SUBJECT_FIELDS, Subject, SubjectFormatError, parse_subject
from node.queries.extent import LONGEST_NAME, MOST_IN_ROW, MOST_OF_EACH, UNKNOWN_FIELD, ExtentError, check_extent
from node.queries.plan import ALWAYS_STATED, MINIMUM, REASONS, Question, Reach, has_minimum

_SCALARS = frozenset({"category", "gender", "name_parts", "alias_quality"})
NO_NUMBER = "identifies nobody: too short, or what forms are filled with"
NO_COUNTRY = "names no country: stateless, a refugee, or not specified"
OF_NO_COUNTRY = "a number counts with the country that issued it: add the country"


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """One value as written and as compared; ``state`` says how exact a date is, or what a check digit says."""

    field: str
    written: str
    read: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way: the field, and the reason without the value."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class Draft:
    """What could be read of a draft's subject, and the problems with the rest."""

    subject: Subject
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Hint:
    """What a draft lacks. ``enough`` are the budgets, of those asked for, that it carries."""

    bits: float
    budget: float
    tokens: int
    minimum: bool
    additions: tuple[Addition, ...]
    readings: tuple[Reading, ...]
    problems: tuple[Problem, ...]
    reach: Reach
    enough: frozenset[float] = field(default_factory=frozenset)

    @property
    def answerable(self) -> bool:
        """Say whether the query could be put as it is."""
        budgets = {one.agreement.answer.bit_budget for one in self.reach.planned}
        return bool(budgets) and budgets <= self.enough and self.minimum and not self.problems


def read_draft(row: Mapping[str, Any], today: date) -> Draft:
    """Read a row that may be incomplete, value by value; of each field no more than a query may say, or can mean."""
    kept: dict[str, Any] = {}
    problems = [Problem("row", UNKNOWN_FIELD)] if row.keys() - SUBJECT_FIELDS else []
    for name in (name for name in row if name in SUBJECT_FIELDS):
        values, beyond = _within(name, row[name])
        problems += beyond
        if name in _SCALARS or not isinstance(values, list):
            read = _readable(name, values, today)
            problems += [] if read is None else [read]
            kept |= {} if read else {name: values}
            continue
        verdicts = [(value, _readable(name, [value], today)) for value in values]
        problems += dict.fromkeys(problem for _, problem in verdicts if problem)
        kept[name] = [value for value, problem in verdicts if problem is None]
    kept.pop("alias_quality", None)  # parallel to the aliases as they were
    subject, beyond = _within_extent(parse_subject({name: values for name, values in kept.items() if values}))
    return Draft(born_by(subject, today), (*problems, *beyond))


def hint(draft: Draft, question: Question, reach: Reach) -> Hint:
    """Weigh a draft against the agreements that are in question; ``question`` has the draft's subject."""
    subject = draft.subject
    budgets = sorted({one.agreement.answer.bit_budget for one in reach.planned}) or [DEFAULT_BUDGET]
    counts = {budget: len(query_features(subject, budget)) for budget in budgets}
    return Hint(
        bits=best_bits(subject),
        budget=budgets[-1],
        tokens=counts[budgets[-1]],
        minimum=has_minimum(subject),
        additions=additions(subject),
        readings=tuple(_readings(subject)),
        problems=tuple(dict.fromkeys(_problems(draft, question, reach))),
        reach=reach,
        enough=frozenset(budget for budget, count in counts.items() if count),
    )


def _within(name: str, values: Any) -> tuple[Any, list[Problem]]:
    """Give as many values of a field as a query may have, and say where there are more."""
    most = MOST_IN_ROW.get(name, 0)
    if not isinstance(values, list | dict) or len(values) <= most:
        return values, []
    first = values[:most] if isinstance(values, list) else dict(islice(values.items(), most))
    return first, [Problem(name, f"a query has at most {most}")]


def _within_extent(subject: Subject) -> tuple[Subject, list[Problem]]:
    """Give as much of a subject as a query may say, and what there is beyond: weighing more would take long."""
    try:
        check_extent(subject)
    except ExtentError as error:
        name, _, reason = str(error).partition(": ")
        names = tuple(name for name in subject.names if len(name.text) <= LONGEST_NAME)
        cut = {field: getattr(subject, field)[:most] for field, most in MOST_OF_EACH.items()}
        return replace(subject, **cut | {"names": names[: MOST_OF_EACH["names"]]}), [Problem(name, reason)]
    return subject, []


def _readable(name: str, values: Any, today: date) -> Problem | None:
    if not values:
        return None
    try:
        parse_subject({name: values} if name != "alias_quality" else {})
    except SubjectFormatError as error:
        return Problem(error.field, error.reason)
    return next((Problem(slip.field, slip.reason) for slip in slips_of_row({name: values}, today)), None)


def _problems(draft: Draft, question: Question, reach: Reach) -> Iterator[Problem]:
    """Give what stands in the way, in the order of the form."""
    yield from _missing(question)
    yield from draft.problems
    yield from _beyond(question)
    yield from _uncounted(draft.subject)
    yield from _refused(reach)


def _missing(question: Question) -> Iterator[Problem]:
    for name in REASONS:
        if not getattr(question, name).strip():
            yield Problem(name, "is required")
    for name in ALWAYS_STATED:
        if getattr(question.justification, name) in ("", None):
            yield Problem(name, "is required")
    if not has_minimum(question.subject):
        yield Problem("names", MINIMUM)


def _beyond(question: Question) -> Iterator[Problem]:
    """Give what a query may not say: a line that cannot travel."""
    for name in ("legal_basis", "case_reference"):
        stated = getattr(question, name)
        try:
            check_stated(name, stated or "-")
        except FieldError as error:
            yield Problem(name, str(error).removeprefix(f"{name} "))


def _uncounted(subject: Subject) -> Iterator[Problem]:
    """Say of documents why none of them counts, where nothing else is there that could be asked about."""
    numbers = (read_document(document) for document in subject.documents)
    if not best_bits(subject) and any(number and not number.country for number in numbers):
        yield Problem("documents", OF_NO_COUNTRY)


def _refused(reach: Reach) -> Iterator[Problem]:
    """Say why nobody may be asked, once it is known of all."""
    if not reach.planned and not any(one.explanation in OPEN for one in reach.not_asked):
        for one in reach.not_asked:
            yield Problem(one.fact, one.explanation)


def _readings(subject: Subject) -> Iterator[Reading]:
    for name in subject.names:
        at = "names_original" if name.kind == "original" else "names" if name.kind == "primary" else "aliases"
        yield Reading(at, name.text, " ".join(name_parts(name.text)))
    for birth in subject.births:
        yield Reading("dob", birth.written(), birth.written(), _exactness(birth))
    for code in subject.nationalities:
        country = canonical_country(code)
        yield Reading("nationality", code, country, "" if country else NO_COUNTRY)
    for document in subject.documents:
        yield _number("documents", document.number, read_document(document))
    regions = regions_of(subject)
    for phone in subject.phones:
        yield _number("phones", phone, read_phone(phone, regions))
    for email in subject.emails:
        yield _number("emails", email, read_email(email))


def _exactness(birth: DateInterval) -> str:
    if birth.approximate:
        return "approximate"
    return "exact" if birth.day else "partial"


def _number(name: str, written: str, number: Identifier | None) -> Reading:
    if number is None:
        return Reading(name, written, "", NO_NUMBER)
    state = {True: "right", False: "wrong", None: "unchecked"}[number.valid]
    return Reading(name, written, f"{number.country} {number.value}".strip(), state)
