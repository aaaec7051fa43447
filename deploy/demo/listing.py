"""How an agency writes a person down: its house style, and the changes that come between two lists.

A `Style` is an agency's habit (order of the name, spelling convention, how often the native script stands beside).
A `Change` is something that went differently on one list: the very variations by which real lists disagree. The
row is in the import format (``docs/reference/records.md``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any, Literal

from deploy.demo import reserved
from deploy.demo.people import Person, Thing, pick
from deploy.demo.stock import Word

Change = Literal[
    "transliteration", "swapped", "no_middle", "typo", "native_only", "latin_only", "alias_primary",
    "year_only", "day_month", "approximate", "no_birth", "no_nationality", "extra_document", "no_documents",
    "other_name",
]  # fmt: skip
Order = Literal["given_family", "given_FAMILY", "FAMILY_given", "family_comma", "CAPITALS"]
Row = dict[str, Any]

_PROGRAMS = ("Migrant smuggling", "Facilitation by sea", "Document fraud", "Trafficking", "Money transfer")
_BIRTH_CHANGES: frozenset[Change] = frozenset({"year_only", "day_month", "approximate", "no_birth"})
_NAME_CHANGES: frozenset[Change] = frozenset({"swapped", "typo", "native_only", "alias_primary"})
_LETTERS = "aeiouklmnrst"


@dataclass(frozen=True, slots=True)
class Style:
    """An agency's house style. ``convention`` is of `romanise.CONVENTIONS`; the shares lie between 0 and 1."""

    agency: str
    title: str
    convention: int = 0
    order: Order = "given_family"
    name_parts: bool = False
    native_share: float = 0.15
    native_shares: Mapping[str, float] = field(default_factory=dict)
    gender_share: float = 0.7


def person_row(rng: Random, person: Person, style: Style, record_id: str, changes: Collection[Change] = ()) -> Row:
    """Write a person down in a style with those changes. Chance decides only what the style leaves open."""
    convention = (style.convention + 1) % 3 if "transliteration" in changes else style.convention
    given, family = _latin_parts(person, convention, "no_middle" not in changes)
    if "typo" in changes:
        if len(family) >= len(given):
            family = misspelled(rng, family)
        else:
            given = misspelled(rng, given)
    if "swapped" in changes:
        given, family = family, given
    name, aliases = _ordered(given, family, style.order), []
    native = native_name(person, "no_middle" not in changes) if _shows_native(rng, person, style, changes) else ""
    if "native_only" in changes:
        name = ""
    if "alias_primary" in changes:
        name, aliases = person.byname.latin[convention], [name]
    elif name and rng.random() < 0.12:
        aliases = [person.byname.latin[convention]]
    return _row(
        rng,
        record_id,
        style,
        category="individual",
        names=[name] if name else [],
        aliases=aliases,
        alias_quality=["strong" if "alias_primary" in changes else "weak"] * len(aliases),
        names_original=[native] if native else [],
        name_parts={"last": family, "given": given} if style.name_parts and name else {},
        dob=_birth_written(rng, person.birth, changes),
        pob=[person.birthplace.latin] if rng.random() < 0.4 else [],
        nationality=[] if "no_nationality" in changes else [person.nationality],
        gender=person.sex if rng.random() < style.gender_share else "",
        documents=_documents(rng, person, changes),
        phones=[person.phone] if person.phone and "no_documents" not in changes else [],
        emails=[person.email] if person.email and "no_documents" not in changes else [],
        addresses=[f"{person.birthplace.latin}, old town"] if rng.random() < 0.1 else [],
        address_countries=[],
    )


def thing_row(rng: Random, thing: Thing, style: Style, record_id: str, changes: Collection[Change] = ()) -> Row:
    """Write an organisation or vessel down; ``other_name`` takes what other lists call it."""
    name = thing.other_name if "other_name" in changes else thing.name
    return _row(
        rng,
        record_id,
        style,
        category=thing.category,
        names=[name.upper() if style.order == "CAPITALS" else name],
        aliases=[],
        alias_quality=[],
        names_original=[],
        name_parts={},
        dob=[],
        pob=[],
        nationality=[],
        gender="",
        documents=[dict(document) for document in thing.documents],
        phones=[],
        emails=[],
        addresses=[],
        address_countries=[thing.country],
    )


def possible_changes(person: Person) -> list[Change]:
    """Give the changes that would show in a row of this person, in a fixed order."""
    found: list[Change] = ["swapped", "typo", "year_only", "approximate", "no_nationality", "alias_primary"]
    found.append("extra_document")
    if person.middle is not None:
        found += ["no_middle", "no_middle"]
    if person.birth.day <= 12 and person.birth.day != person.birth.month:
        found += ["day_month", "day_month"]
    if person.culture.script != "Latn":
        found += ["native_only", "transliteration", "transliteration"]
    return found


def draw_changes(rng: Random, person: Person) -> tuple[Change, ...]:
    """Draw one to three changes that go together: at most one of the birth date, at most one of the whole name."""
    left = possible_changes(person)
    drawn: list[Change] = []
    for _ in range(1 + int(rng.random() * 2.4)):
        chosen = pick(rng, left)
        drawn.append(chosen)
        group = next((group for group in (_BIRTH_CHANGES, _NAME_CHANGES) if chosen in group), frozenset({chosen}))
        left = [change for change in left if change not in group]
    if "native_only" in drawn:
        drawn = [change for change in drawn if change != "transliteration"]
    if (person.documents or person.phone or person.email) and rng.random() < 0.6:
        drawn.append("no_documents")
    return tuple(sorted(drawn))


def misspelled(rng: Random, word: str) -> str:
    """Make one slip of the keyboard behind the first letter: two letters swapped, one lost, doubled or another."""
    places = [place for place in range(1, len(word) - 1) if word[place].isalpha() and word[place + 1].isalpha()]
    if not places:
        return word + "h"
    place = pick(rng, places)
    before, letter, following, after = word[:place], word[place], word[place + 1], word[place + 2 :]
    slips = [before + following + after, before + letter + letter + following + after]
    slips += [before + other + following + after for other in _LETTERS if other != letter.lower()][:4]
    if letter != following:
        slips.append(before + following + letter + after)
    return pick(rng, slips)


def latin_name(person: Person, convention: int, with_middle: bool = True) -> str:
    """Give the name in Latin letters, given name first, as an analyst would type it."""
    return " ".join(_latin_parts(person, convention, with_middle))


def native_name(person: Person, with_middle: bool = True) -> str:
    """Give the name in its own script and order."""
    culture = person.culture
    middle = [person.middle] if person.middle is not None and with_middle else []
    words: list[Word]
    if culture.native_family_first:
        words = [person.family, person.given, *middle]
    elif culture.middle_is_last:
        words = [person.given, person.family, *middle]
    else:
        words = [person.given, *middle, person.family]
    return culture.native_joiner.join(word.native for word in words)


def _shows_native(rng: Random, person: Person, style: Style, changes: Collection[Change]) -> bool:
    if person.culture.script == "Latn" or "latin_only" in changes:
        return False
    share = style.native_shares.get(person.culture.script, style.native_share)
    return "native_only" in changes or rng.random() < share


def _latin_parts(person: Person, convention: int, with_middle: bool) -> tuple[str, str]:
    given, family = person.given.latin[convention], person.family.latin[convention]
    if person.middle is None or not with_middle:
        return given, family
    middle = person.middle.latin[convention]
    if person.culture.middle_is_last:
        return given, f"{family} {middle}"
    return f"{given} {middle}", family


def _ordered(given: str, family: str, order: Order) -> str:
    if order == "given_family":
        return f"{given} {family}"
    if order == "given_FAMILY":
        return f"{given} {family.upper()}"
    if order == "FAMILY_given":
        return f"{family.upper()} {given}"
    if order == "family_comma":
        return f"{family}, {given}"
    return f"{given} {family}".upper()


def _birth_written(rng: Random, birth: date, changes: Collection[Change]) -> list[str]:
    if "no_birth" in changes:
        return []
    if "year_only" in changes:
        return [f"{birth.year}"]
    if "approximate" in changes:
        return [f"{birth.year + int(rng.random() * 3) - 1}~"]
    if "day_month" in changes:
        return [f"{birth.year}-{birth.day:02}-{birth.month:02}"]
    return [birth.isoformat()]


def _documents(rng: Random, person: Person, changes: Collection[Change]) -> list[dict[str, str]]:
    known = () if "no_documents" in changes else person.documents
    extra = [reserved.identity_card(rng, person.nationality)] if "extra_document" in changes else []
    return [dict(document) for document in (*known, *extra)]


def _row(rng: Random, record_id: str, style: Style, **subject: Any) -> Row:
    listed = f"{2011 + int(rng.random() * 14)}-{1 + int(rng.random() * 12):02}-{1 + int(rng.random() * 28):02}"
    beside = {"programs": [pick(rng, _PROGRAMS)], "listed_on": listed, "source": f"{style.title} (invented)"}
    return {"record_id": record_id, **subject, **beside}
