"""The people the demonstration asks about, each placed on lists so that one thing shows.

A `Role` says where its person is listed and with which changes, and what an analyst types. Everything else about
the person is drawn, so another seed plays the same scenes with other people. What a query should find follows from
the lists alone, never from a matcher. The scenes leave out names that are known to carry too little for the default
budget (two short syllables, a family name of two common words or one that every fifth bears), so they show what the
blind match does where it works; how often it works, ``benchmarks/blind.py`` measures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from deploy.demo.listing import Change, latin_name, misspelled, native_name
from deploy.demo.people import Person, draw_birth, draw_person
from deploy.demo.stock import Sex

Asked = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready to ask: the subject in row form, and by the lists themselves which records it is about."""

    name: str
    shows: str
    subject: Asked
    person: str
    expected: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Role:
    """A scene. ``seats`` are places among the agencies (counted round) with the changes on that list.

    ``fits`` says which drawn persons can play it; ``double_seat`` is where a namesake of another birth year is listed.
    """

    name: str
    shows: str
    culture: str
    sex: Sex
    seats: tuple[tuple[int, tuple[Change, ...]], ...]
    ask: Callable[[Random, Person], Asked]
    fits: Callable[[Person], bool] = field(default=lambda person: True)
    double_seat: int | None = None


def draw_role(rng: Random, role: Role, number: int) -> Person:
    """Draw the person who plays a role."""
    while True:
        person = draw_person(rng, number, role.culture, role.sex)
        if role.double_seat is not None:
            person = replace(person, middle=None, documents=(), phone="", email="")
        if role.fits(person):
            return person


def draw_double(rng: Random, person: Person, number: int) -> Person:
    """Draw another person of the same common name and nationality, born in another year, month and day."""
    other = draw_person(rng, number, person.culture.name, person.sex)
    birth = draw_birth(rng)
    while not _born_apart(person, replace(other, birth=birth)):
        birth = draw_birth(rng)
    return replace(
        other,
        given=person.given,
        middle=person.middle,
        family=person.family,
        nationality=person.nationality,
        birth=birth,
        documents=(),
        phone="",
        email="",
    )


def typed(person: Person, name: str, with_nationality: bool = True) -> Asked:
    """Give what an analyst enters: one name, the day of birth, the sex, and the nationality where it is known."""
    asked: Asked = {"category": "individual", "names": [name], "dob": [person.birth.isoformat()], "gender": person.sex}
    return asked | ({"nationality": [person.nationality]} if with_nationality else {})


def _ask_in_english(_: Random, person: Person) -> Asked:
    return typed(person, latin_name(person, 0))


def _ask_without_nationality(_: Random, person: Person) -> Asked:
    return typed(person, latin_name(person, 0), with_nationality=False)


def _ask_in_native_script(_: Random, person: Person) -> Asked:
    asked = typed(person, native_name(person))
    return asked | {"names": [], "names_original": asked["names"]}


def _ask_with_slip(rng: Random, person: Person) -> Asked:
    given, family = person.given.latin[1], person.family.latin[1]
    return typed(person, f"{given} {misspelled(rng, family)}")


def _ask_with_day_and_month_swapped(_: Random, person: Person) -> Asked:
    swapped = f"{person.birth.year}-{person.birth.day:02}-{person.birth.month:02}"
    return typed(person, latin_name(person, 0)) | {"dob": [swapped]}


def _ask_by_passport(_: Random, person: Person) -> Asked:
    byname = person.byname.latin[0]
    passport = {field: person.documents[0][field] for field in ("type", "country", "number")}
    return {"category": "individual", "names": [byname], "documents": [passport]}


def _can_swap(person: Person) -> bool:
    return person.birth.day <= 12 and person.birth.day != person.birth.month


def _is_long_and_plain(person: Person) -> bool:
    return len(person.family.native) >= 8 and all(
        word.latin[1] == word.latin[2] for word in (person.given, person.family)
    )


def _is_common(person: Person) -> bool:
    return person.given in person.culture.given["M"][:6] and person.family in person.culture.family["M"][:12]


ROLES = (
    Role(
        "three-spellings",
        "one man on three lists: in Arabic letters alone, in French spelling, in German without the middle name",
        "arabic",
        "M",
        ((4, ("native_only",)), (0, ("latin_only",)), (1, ("latin_only", "no_middle"))),
        _ask_in_english,
        lambda person: person.middle is not None and " " not in person.family.latin[0],
    ),
    Role(
        "native-script",
        "asked in Cyrillic only; two lists know her in Latin letters, spelled in two ways",
        "cyrillic",
        "F",
        ((1, ("latin_only",)), (2, ("latin_only", "no_documents"))),
        _ask_in_native_script,
        lambda person: person.middle is not None,
    ),
    Role(
        "typing-slip",
        "one letter of the family name mistyped, and no marks on the letters",
        "turkish",
        "M",
        ((2, ()), (1, ("no_documents",))),
        _ask_with_slip,
        _is_long_and_plain,
    ),
    Role(
        "day-and-month",
        "day and month of birth changed places",
        "west_african",
        "M",
        ((0, ()), (4, ("no_documents",))),
        _ask_with_day_and_month_swapped,
        _can_swap,
    ),
    Role(
        "one-node",
        "asked in Latin letters; known to a single agency, which lists her in Hangul alone",
        "hangul",
        "F",
        ((3, ("native_only",)),),
        _ask_in_english,
        lambda person: len(person.given.latin[0]) >= 6 and person.family in person.culture.family["F"][5:30],
    ),
    Role(
        "passport",
        "nothing known but a byname and a passport number: one list has both, the other the number alone",
        "greek",
        "M",
        ((2, ("alias_primary",)), (0, ("no_middle",))),
        _ask_by_passport,
        lambda person: bool(person.documents) and person.byname.latin[0].isalpha(),
    ),
    Role(
        "nobody",
        "on nobody's list: no agency may learn that he was asked for",
        "french",
        "M",
        (),
        _ask_in_english,
    ),
    Role(
        "namesake",
        "a common name: one agency lists this man, another his namesake born in another year",
        "arabic",
        "M",
        ((3, ("latin_only",)),),
        _ask_in_english,
        _is_common,
        double_seat=0,
    ),
    Role(
        "han",
        "asked in Han characters; two lists have him in Pinyin, written together and apart",
        "han",
        "M",
        ((3, ("latin_only",)), (0, ("latin_only", "no_documents"))),
        _ask_in_native_script,
    ),
)


def _born_apart(one: Person, other: Person) -> bool:
    """Say whether nothing of two birth dates agrees, not even the day and month changed places."""
    years_apart = abs(one.birth.year - other.birth.year) >= 3
    return years_apart and not {one.birth.day, one.birth.month} & {other.birth.day, other.birth.month}
