"""The full comparison: whether two subjects are the same, how sure that is, and why, in words.

A declarative list of attributes (`ATTRIBUTES`) each gives contributions in points: binary logarithms of a likelihood
ratio after Fellegi and Sunter (1969). Points and the prior add up, and the score is their probability:
``score = 1 / (1 + 2 ** -(PRIOR + points))``. Bands are cut from the score once, here. This module does not decide
what may be told: an agreement does, and `Comparison.at_level` cuts the explanation to the level it granted.

The comparison is symmetric, deterministic, bounded on any input and free of side effects. What it cannot do: judge
handwriting, or tell twins who share every attribute apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property

from matching.comparison import name_points, organisations
from matching.comparison.births import compare_births
from matching.comparison.disclosure import CORE_FIELDS, Band, Disclosure, disclose
from matching.comparison.documents import compare_identifiers
from matching.comparison.evidence import Contribution, Evidence, Told, judged
from matching.comparison.name_points import ALONE, PRIOR_ALONE
from matching.comparison.name_reading import read_name
from matching.comparison.names import compare_names, most_trusted
from matching.comparison.organisations import compare_organisation_names, most_trusted_names, read_organisation_name
from matching.comparison.origin import compare_genders, compare_nationalities
from matching.comparison.places import compare_addresses, compare_birth_places
from matching.comparison.reading import ComparedSubject, read_subject
from matching.subject import Category, Name, Subject

__all__ = [
    "ATTRIBUTES",
    "CORE_FIELDS",
    "CUTOFFS",
    "ORGANISATION_PRIOR_ALONE",
    "PRIOR",
    "Band",
    "ComparedSubject",
    "Comparison",
    "Contribution",
    "Disclosure",
    "WithoutNames",
    "band_of",
    "compare",
    "compare_without_names",
    "compare_written_names",
    "read_subject",
    "score_of",
]

PRIOR = -13.0
"""Points before anything is compared: odds of about 1 in 8,000 that a record which opened is the person asked for."""

ORGANISATION_PRIOR_ALONE = -8.0
"""Points before two bare names of organisations are compared with each other, see `compare_written_names`."""

CUTOFFS: tuple[tuple[Band, float], ...] = (("strong", 0.95), ("probable", 0.5), ("possible", 0.1))
"""The lowest score of each band, declared once; below the last there is no band and no hit."""

CATEGORY_DIFFERENT = -8.0

NAMES_AT_MOST = max(name_points.NAME_AT_MOST, organisations.NAME_AT_MOST)
"""Points that names of any kind are worth at most."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the list: its name, the function that compares it, and whether that compares names."""

    name: str
    compare: Callable[[ComparedSubject, ComparedSubject], Evidence]
    is_name: bool = False


@dataclass(frozen=True)
class Comparison:
    """The result: score in 0..1, its band or None below all of them, and the evidence in the list's order.

    Why is said when it is asked for, from what was compared; so a comparison holds names of both sides in clear.
    """

    score: float
    band: Band | None
    evidence: tuple[Evidence, ...] = field(repr=False)

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """Give what each feature contributes, in the list's order."""
        return tuple(contribution for evidence in self.evidence for contribution in evidence.explain())

    @property
    def points(self) -> float:
        """Give the sum of all contributions, without the prior."""
        return sum([evidence.points for evidence in self.evidence])

    def at_level(self, level: int, fields: Collection[str] = CORE_FIELDS) -> Disclosure:
        """Cut the result to a sharing level; ``fields`` are the record's fields whose values level 3 may show."""
        return disclose(level, self.band, self.score, self.contributions, fields)


@dataclass(frozen=True, slots=True)
class WithoutNames:
    """Two subjects compared in all but their names, which cost most: evidence in the list's order, with gaps."""

    query: ComparedSubject
    record: ComparedSubject
    evidence: tuple[Evidence | None, ...] = field(repr=False)

    @property
    def is_out_of_reach(self) -> bool:
        """Say whether the two reach no band whatever their names are worth."""
        points = sum([evidence.points for evidence in self.evidence if evidence is not None])
        return band_of(score_of(points + NAMES_AT_MOST)) is None

    def with_names(self) -> Comparison:
        """Compare the names, too."""
        evidence = [
            attribute.compare(self.query, self.record) if found is None else found
            for attribute, found in zip(ATTRIBUTES, self.evidence, strict=True)
        ]
        return _conclude(PRIOR, tuple(evidence))


def compare(query: Subject | ComparedSubject, record: Subject | ComparedSubject) -> Comparison:
    """Compare two subjects in full. Whoever compares one with many passes `read_subject` of it, read once."""
    one = query if isinstance(query, ComparedSubject) else read_subject(query)
    other = record if isinstance(record, ComparedSubject) else read_subject(record)
    return compare_without_names(one, other).with_names()


def compare_without_names(query: ComparedSubject, record: ComparedSubject) -> WithoutNames:
    """Begin a comparison, for who would not finish it where names no longer matter."""
    found = [None if attribute.is_name else attribute.compare(query, record) for attribute in ATTRIBUTES]
    return WithoutNames(query, record, tuple(found))


def compare_written_names(one: str, other: str, category: Category = "individual") -> Comparison:
    """Compare two names with nothing around them: the score says whether they are forms of one name.

    That two names are one says less than that two persons are one, so the prior is higher: `PRIOR_ALONE` for persons,
    `ORGANISATION_PRIOR_ALONE` for all else.
    """
    if category == "individual":
        query, record = most_trusted((read_name(Name(one)),)), most_trusted((read_name(Name(other)),))
        return _conclude(PRIOR_ALONE, (compare_names(query, record, ALONE),))
    names = [most_trusted_names((read_organisation_name(Name(name), category),)) for name in (one, other)]
    return _conclude(ORGANISATION_PRIOR_ALONE, (Told(compare_organisation_names(*names)),))


def _conclude(prior: float, evidence: tuple[Evidence, ...]) -> Comparison:
    score = score_of(sum([one.points for one in evidence]), prior)
    return Comparison(score, band_of(score), evidence)


def score_of(points: float, prior: float = PRIOR) -> float:
    """Give the probability for a sum of points: each point doubles the odds, starting from the prior."""
    # float(2) ** 1024 overflows, and nothing beyond 200 points changes a probability.
    return float(1.0 / (1.0 + 2.0 ** -max(-200.0, min(200.0, prior + points))))


def band_of(score: float) -> Band | None:
    """Give the band a score lies in, or None below the lowest cutoff."""
    for band, cutoff in CUTOFFS:
        if score >= cutoff:
            return band
    return None


def _compare_categories(query: Category, record: Category) -> tuple[Contribution, ...]:
    if query == record:
        return ()
    return (judged("category", CATEGORY_DIFFERENT, f"{query} against {record}"),)


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("category", lambda one, other: Told(_compare_categories(one.category, other.category))),
    Attribute("names", lambda one, other: compare_names(one.names, other.names), is_name=True),
    Attribute(
        "organisation names",
        lambda one, other: Told(compare_organisation_names(one.organisation_names, other.organisation_names)),
        is_name=True,
    ),
    Attribute("births", lambda one, other: Told(compare_births(one.births, other.births))),
    Attribute("identifiers", lambda one, other: Told(compare_identifiers(one.identifiers, other.identifiers))),
    Attribute("nationalities", lambda one, other: Told(compare_nationalities(one.nationalities, other.nationalities))),
    Attribute("gender", lambda one, other: Told(compare_genders(one.gender, other.gender))),
    Attribute("birth places", lambda one, other: Told(compare_birth_places(one.birth_places, other.birth_places))),
    Attribute("addresses", lambda one, other: Told(compare_addresses(one.addresses, other.addresses))),
)
"""All that is compared, in the order in which it is explained. A new attribute is a file and a line here."""
