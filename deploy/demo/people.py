"""Invented persons, organisations and vessels, before any agency has written them down.

What is true of a person stands here; how a list writes it, with its gaps and slips, is decided by
``deploy.demo.listing``. Common names come more often than rare ones: a bent draw picks the place in the stock, bent
more for given names than for family names, as in life. Every draw uses `random.Random.random` alone, which gives the
same numbers on every platform.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from random import Random
from typing import TypeVar

from deploy.demo import reserved
from deploy.demo.stock import SHARES, Culture, Place, Sex, Word, cultures, trades

Item = TypeVar("Item")
Documents = tuple[dict[str, str], ...]

_FIRST_BIRTH = date(1952, 1, 1).toordinal()
_BIRTH_DAYS = date(2004, 1, 1).toordinal() - _FIRST_BIRTH


@dataclass(frozen=True, slots=True)
class Person:
    """A person as he or she really is. ``phone`` and ``email`` may be empty, ``documents`` too."""

    key: str
    culture: Culture
    sex: Sex
    given: Word
    middle: Word | None
    family: Word
    byname: Word
    birth: date
    birthplace: Place
    nationality: str
    documents: Documents
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Thing:
    """An organisation or a vessel. ``other_name`` is what some lists call it; ``country`` its seat or flag."""

    key: str
    category: str
    name: str
    other_name: str
    country: str
    documents: Documents


def pick(rng: Random, items: Sequence[Item]) -> Item:
    """Draw one, all equally likely."""
    return items[int(len(items) * rng.random())]


def pick_common(rng: Random, items: Sequence[Item]) -> Item:
    """Draw one, the first ones of the list much more often."""
    even = rng.random()
    return items[int(len(items) * even * even)]


def pick_family(rng: Random, items: Sequence[Item]) -> Item:
    """Draw one, the first ones of the list about three times as often as the last."""
    even = rng.random()
    return items[int(len(items) * even * (1 + even) / 2)]


def draw_person(rng: Random, number: int, culture_name: str = "", sex: Sex | None = None) -> Person:
    """Draw the ``number``-th person, of a language drawn by `SHARES` unless named; phones follow ``number``."""
    culture = cultures()[culture_name] if culture_name else _draw_culture(rng)
    if sex is None:
        sex = "M" if rng.random() < 0.8 else "F"
    given = pick_common(rng, culture.given[sex])
    family = pick_family(rng, culture.family[sex])
    middle = pick_common(rng, culture.middle[sex]) if rng.random() < culture.middle_share else None
    if middle is not None and middle.native in (given.native, family.native):
        middle = None
    nationality = pick(rng, culture.nationalities)
    return Person(
        key=f"P{number:06}",
        culture=culture,
        sex=sex,
        given=given,
        middle=middle,
        family=family,
        byname=pick(rng, culture.bynames),
        birth=draw_birth(rng),
        birthplace=pick(rng, _places_of(culture.name, nationality)),
        nationality=nationality,
        documents=_draw_documents(rng, nationality),
        phone=reserved.phone(number) if rng.random() < 0.1 else "",
        email=_email(rng, given, family, number) if rng.random() < 0.06 else "",
    )


def draw_thing(rng: Random, number: int, category: str) -> Thing:
    """Draw the ``number``-th organisation ("entity") or ship ("vessel")."""
    words = trades()
    stem = f"{pick(rng, words.qualities)} {pick(rng, words.things)}"
    if category == "vessel":
        ordinal = f" {1 + int(rng.random() * 9)}" if rng.random() < 0.6 else ""
        name = f"{stem}{ordinal}"
        documents: Documents = (reserved.ship_number(number),)
        return Thing(f"V{number:06}", category, name, f"MV {name}", pick(rng, words.flags), documents)
    short, long = pick(rng, words.forms)
    stem += f" {pick(rng, words.businesses)}"
    country = pick(rng, words.countries)
    documents = (reserved.registration(number, country),)
    return Thing(f"E{number:06}", category, f"{stem} {short}", f"{stem} {long}", country, documents)


def draw_birth(rng: Random) -> date:
    """Draw a day of birth between 1952 and 2003."""
    return date.fromordinal(_FIRST_BIRTH + int(_BIRTH_DAYS * rng.random()))


@cache
def _weighted_cultures() -> tuple[tuple[Culture, ...], tuple[float, ...]]:
    return tuple(cultures()[name] for name in SHARES), tuple(accumulate(SHARES.values()))


def _draw_culture(rng: Random) -> Culture:
    found, sums = _weighted_cultures()
    return found[min(bisect(sums, rng.random()), len(found) - 1)]


@cache
def _places_of(culture_name: str, nationality: str) -> tuple[Place, ...]:
    """Give the towns of that country; where the stock has none, all of the language."""
    places = cultures()[culture_name].places
    return tuple(place for place in places if place.country == nationality) or places


def _draw_documents(rng: Random, nationality: str) -> Documents:
    chance = rng.random()
    if chance > 0.45:
        return ()
    first = reserved.passport(rng, nationality)
    return (first, reserved.identity_card(rng, nationality)) if chance < 0.1 else (first,)


def _email(rng: Random, given: Word, family: Word, number: int) -> str:
    return f"{_mailbox(given.latin[0])}.{_mailbox(family.latin[0])}{number}@{pick(rng, reserved.EMAIL_HOSTS)}"


def _mailbox(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower().replace("ı", "i").replace("ß", "ss"))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())
