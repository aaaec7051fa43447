"""A subject made ready for comparison: folded names in parts with their sounds and bits, numbers read, places worded.

Reading costs more than comparing, so whoever compares one subject with many reads it once. What is read holds the
person's data in clear; it lives no longer than the comparison it is made for, and nothing here is cached.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matching.comparison.name_reading import LONGEST_NAME, ComparedName, read_name, roles_of
from matching.comparison.names import most_trusted
from matching.comparison.organisations import ComparedOrganisation, most_trusted_names, read_organisation_name
from matching.comparison.places import Place, read_places
from matching.dates import DateInterval
from matching.identifiers import Identifier, read_document, read_email, read_phone, regions_of
from matching.normalise import fold
from matching.subject import Category, Gender, Name, Subject

MOST_NAMES_READ = 96
"""Names of a subject that are folded at all: bounds the work on a hostile list of aliases."""

MOST_NUMBERS_READ = 32


@dataclass(frozen=True, slots=True)
class ComparedSubject:
    """Everything of a subject that is compared, read once; either `names` or `organisation_names` is empty."""

    category: Category
    names: tuple[ComparedName, ...]
    organisation_names: tuple[ComparedOrganisation, ...]
    births: tuple[DateInterval, ...]
    birth_places: tuple[Place, ...]
    addresses: tuple[Place, ...]
    nationalities: tuple[str, ...]
    gender: Gender
    identifiers: tuple[Identifier, ...]


def read_subject(subject: Subject) -> ComparedSubject:
    """Read a subject for comparison; never fails on a subject that `parse_subject` accepts."""
    roles = roles_of(subject.name_parts)
    is_person = subject.category == "individual"
    first_names = _first_names(subject.names)
    names = [read_name(name, roles) for name in first_names] if is_person else []
    others = [] if is_person else [read_organisation_name(name, subject.category) for name in first_names]
    return ComparedSubject(
        category=subject.category,
        names=most_trusted(names),
        organisation_names=most_trusted_names(others),
        births=subject.births,
        birth_places=read_places(fold(text[:LONGEST_NAME]) for text in subject.birth_places[:MOST_NUMBERS_READ]),
        addresses=read_places(fold(text[:LONGEST_NAME]) for text in subject.addresses[:MOST_NUMBERS_READ]),
        nationalities=subject.nationalities,
        gender=subject.gender,
        identifiers=tuple(_read_identifiers(subject)),
    )


def _first_names(names: Iterable[Name]) -> tuple[Name, ...]:
    """Take the first `MOST_NAMES_READ` names, weak ones last."""
    return tuple(sorted(names, key=lambda name: name.kind == "weak"))[:MOST_NAMES_READ]


def _read_identifiers(subject: Subject) -> Iterable[Identifier]:
    regions = regions_of(subject)
    read = [read_document(document) for document in subject.documents[:MOST_NUMBERS_READ]]
    read += [read_phone(text, regions) for text in subject.phones[:MOST_NUMBERS_READ]]
    read += [read_email(text) for text in subject.emails[:MOST_NUMBERS_READ]]
    return (identifier for identifier in dict.fromkeys(read) if identifier is not None)
