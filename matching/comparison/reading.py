"""A subject made ready for comparison: folded names in parts with their sounds and bits, numbers read, places worded.

Reading costs more than comparing, so whoever compares one subject with many reads it once. What is read holds the
person's data in clear; it lives no longer than the comparison it is made for, and nothing here is cached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matching.comparison.names import FAMILY_NAME, GIVEN_NAME, ComparedName, cut, most_trusted
from matching.comparison.organisations import ComparedOrganisation, most_trusted_names, read_organisation_name
from matching.comparison.places import Place, read_places
from matching.dates import DateInterval
from matching.frequency import code_bits, part_bits
from matching.identifiers import Identifier, read_document, read_email, read_phone
from matching.name_alignment import Part
from matching.normalise import DESCENT, fold, name_parts, telling_parts
from matching.phonetics import sounds
from matching.subject import Category, Gender, Name, Subject

MOST_NAMES_READ = 96
"""Names of a subject that are folded at all: bounds the work on a hostile list of aliases."""

MOST_NUMBERS_READ = 32
MOST_REGIONS = 4
"""Countries a phone number without a country code is tried with."""

LONGEST_NAME = 200
"""Characters of a written name that are read."""

BITS_A_LETTER = 3.0
"""A part carries at most this for each of its letters: an initial is not rare because no table of names has it."""

FIRST_LETTER_BEYOND_LATIN = "\u0250"

_KUNYA = frozenset({"abu", "abou", "abo", "umm", "oum"})
_BEFORE_FATHER = DESCENT - {"oglu", "ogly", "ogli", "kyzy", "gizi", "qizi"}
"""Words that stand before the father's name; the others stand after it and tell no generation here."""

_VOWEL_CLASSES = str.maketrans("eiyouwa", "iiiuuua", "bcdfghjklmnpqrstvxz0123456789")


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
    roles = _roles_of_parts(subject)
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


def read_name(name: Name, roles: Mapping[str, str] | None = None) -> ComparedName:
    """Read one name: its telling parts with their roles and place in descent."""
    text = name.text[:LONGEST_NAME]
    roles = dict(roles or {}) | _roles_as_written(text)
    words = _words_read(text)
    parts = cut([_read_part(part, roles, descent, words) for part, descent in _descended_parts(text)])
    is_kunya = len(parts) <= 2 and not _KUNYA.isdisjoint(name_parts(text)[:1])
    return ComparedName(
        written=text,
        kind=name.kind,
        parts=parts,
        sounds=frozenset(sound for part in parts for sound in part.sounds),
        is_weak=name.kind == "weak" or is_kunya,
    )


def _read_part(text: str, roles: Mapping[str, str], descent: int | None, words: Mapping[str, str]) -> Part:
    most = BITS_A_LETTER * len(text)
    return Part(
        text=text,
        sounds=frozenset(sounds(text)),
        vowels=re.sub(r"(.)\1+", r"\1", text.translate(_VOWEL_CLASSES)),
        bits=min(part_bits(text), most),
        sound_bits=min(code_bits("skeleton", text), most),
        role=roles.get(text, ""),
        descent=descent,
        written=words.get(text, ""),
    )


def _descended_parts(text: str) -> list[tuple[str, int | None]]:
    """Give the telling parts; where *bin* and its kin say who is whose child, number person, father, grandfather."""
    tokens = name_parts(text)
    if _BEFORE_FATHER.isdisjoint(tokens):
        return [(part, None) for part in telling_parts(text)]
    generations: list[list[str]] = [[]]
    for token in tokens:
        if token in _BEFORE_FATHER:
            generations.append([])
        else:
            generations[-1].append(token)
    descended: list[tuple[str, int | None]] = []
    for generation, tokens_here in enumerate(generations):
        parts = telling_parts(" ".join(tokens_here))
        # Only the part next to the word is known: others may be a second given name or the family's.
        known = 0 if generation else len(parts) - 1
        descended += [(part, generation if place == known else None) for place, part in enumerate(parts)]
    return descended


def _roles_of_parts(subject: Subject) -> dict[str, str]:
    roles: dict[str, str] = {}
    for field, role in (("given", GIVEN_NAME), ("last", FAMILY_NAME)):
        for name, value in subject.name_parts:
            if name == field:
                roles |= dict.fromkeys(telling_parts(value[:LONGEST_NAME]), role)
    return roles


def _roles_as_written(text: str) -> dict[str, str]:
    """Read roles off the spelling: "FAMILY, Given", or a family name in capitals among small letters."""
    family, comma, given = text.partition(",")
    if comma and "," not in given:
        return dict.fromkeys(telling_parts(given), GIVEN_NAME) | dict.fromkeys(telling_parts(family), FAMILY_NAME)
    if text.isupper() or text.islower():
        return {}
    capitals = [word for word in text.split() if len(word) > 2 and word.isupper()]
    return dict.fromkeys(telling_parts(" ".join(capitals)), FAMILY_NAME) if capitals else {}


def _words_read(text: str) -> dict[str, str]:
    """Give for each part the word it was read from, where that word is not Latin."""
    if text.isascii():
        return {}
    words = [word for word in text.split() if word[0] >= FIRST_LETTER_BEYOND_LATIN]
    return {part: word for word in words for part in telling_parts(word)}


def _first_names(names: Iterable[Name]) -> tuple[Name, ...]:
    """Take the first `MOST_NAMES_READ` names, weak ones last."""
    return tuple(sorted(names, key=lambda name: name.kind == "weak"))[:MOST_NAMES_READ]


def _read_identifiers(subject: Subject) -> Iterable[Identifier]:
    regions = tuple(dict.fromkeys(subject.nationalities + subject.address_countries))[:MOST_REGIONS]
    read = [read_document(document) for document in subject.documents[:MOST_NUMBERS_READ]]
    read += [read_phone(text, regions) for text in subject.phones[:MOST_NUMBERS_READ]]
    read += [read_email(text) for text in subject.emails[:MOST_NUMBERS_READ]]
    return (identifier for identifier in dict.fromkeys(read) if identifier is not None)
