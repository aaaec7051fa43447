"""The stock of names the population is drawn from: families of names by language, with their Latin spellings.

The words stand in ``names/*.toml``, written by us from common given and family names; family names are partly
built from stems and endings so that a hundred thousand people do not share a few hundred. A combination that is
known to belong to a public figure is left out of the stock by leaving out one of its halves.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from deploy.demo import romanise

Sex = Literal["M", "F"]
Words = tuple["Word", ...]

_FOLDER = Path(__file__).parent / "names"
_LATIN = ("french", "spanish", "turkish", "west_african", "german", "albanian")

SHARES: Mapping[str, float] = {
    "arabic": 0.27, "cyrillic": 0.16, "greek": 0.08, "han": 0.11, "hangul": 0.09, "french": 0.04, "spanish": 0.06,
    "turkish": 0.07, "west_african": 0.06, "german": 0.03, "albanian": 0.03,
}  # fmt: skip
"""How many of the persons bear a name of each language."""


@dataclass(frozen=True, slots=True)
class Word:
    """One part of a name: as its bearer writes it, and its Latin spellings by `romanise.CONVENTIONS`."""

    native: str
    latin: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A town where people are born: Latin and native name, and the country's ISO code."""

    latin: str
    native: str
    country: str


@dataclass(frozen=True, slots=True)
class Culture:
    """A language's names. ``middle`` is the father's name, the patronymic, or the second given or family name."""

    name: str
    script: str
    nationalities: tuple[str, ...]
    given: Mapping[Sex, Words]
    middle: Mapping[Sex, Words]
    middle_share: float
    family: Mapping[Sex, Words]
    places: tuple[Place, ...]
    bynames: Words
    middle_is_last: bool = False
    native_family_first: bool = False
    native_joiner: str = " "


@dataclass(frozen=True, slots=True)
class Trades:
    """What organisations and vessels are named with."""

    qualities: tuple[str, ...]
    things: tuple[str, ...]
    businesses: tuple[str, ...]
    countries: tuple[str, ...]
    flags: tuple[str, ...]
    forms: tuple[tuple[str, str], ...]


@cache
def cultures() -> Mapping[str, Culture]:
    """Give every language of the stock by name, in a fixed order."""
    tables = [_arabic(), _cyrillic(), _greek(), _han(), _hangul()]
    latin = _table("latin")
    tables += [_latin_culture(name, latin[name]) for name in _LATIN]
    return {culture.name: culture for culture in tables}


@cache
def trades() -> Trades:
    """Give the words that organisations and vessels are named with."""
    table = _table("trades")
    lists = {field: tuple(table[field]) for field in ("qualities", "things", "businesses", "countries", "flags")}
    return Trades(**lists, forms=tuple(table["forms"].items()))


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _arabic() -> Culture:
    table = _table("arabic")
    male = _listed(table["male"])
    family = _listed(table["family"]) + tuple(_descendant(word) for word in male)
    return Culture(
        name="arabic",
        script="Arab",
        nationalities=tuple(table["nationalities"]),
        given={"M": male, "F": _listed(table["female"])},
        middle={"M": male, "F": male},
        middle_share=0.6,
        family={"M": family, "F": family},
        places=_places(table["places"]),
        bynames=_listed(table["bynames"]),
    )


def _descendant(word: Word) -> Word:
    """Give the family name "son of" that name, as three offices write it."""
    english, french, german = word.latin
    return Word(f"بن {word.native}", (f"Bin {english}", f"Ben {french}", f"Ben {german}"))


def _cyrillic() -> Culture:
    table = _table("cyrillic")
    pairs = [tuple(text.split(", ")) for text in table["male"].values()]
    hard, hills = table["hard"], table["hills"]
    masculine = [stem + "ов" for stem in hard] + [stem + "ев" for stem in table["soft"]]
    masculine += [stem + "ин" for stem in table["nouns"]] + [stem + "ский" for stem in hills]
    feminine = [name + "а" for name in masculine[: -len(hills)]] + [stem + "ская" for stem in hills]
    either = [stem + ending for ending in ("енко", "ук") for stem in hard]
    return Culture(
        name="cyrillic",
        script="Cyrl",
        nationalities=tuple(table["nationalities"]),
        given={"M": _spelled(table["male"], romanise.cyrillic), "F": _spelled(table["female"], romanise.cyrillic)},
        middle={
            "M": _spelled([pair[0] for pair in pairs], romanise.cyrillic),
            "F": _spelled([pair[1] for pair in pairs], romanise.cyrillic),
        },
        middle_share=0.75,
        family={
            "M": _spelled(masculine + either, romanise.cyrillic),
            "F": _spelled(feminine + either, romanise.cyrillic),
        },
        places=_places(table["places"]),
        bynames=_spelled(table["bynames"], romanise.cyrillic),
        native_family_first=True,
    )


def _greek() -> Culture:
    table = _table("greek")
    endings: Mapping[str, str] = table["endings"]
    male = _spelled(table["male"], romanise.greek)
    return Culture(
        name="greek",
        script="Grek",
        nationalities=tuple(table["nationalities"]),
        given={"M": male, "F": _spelled(table["female"], romanise.greek)},
        middle={"M": male, "F": male},
        middle_share=0.15,
        family={
            "M": _spelled([stem + ending for ending in endings for stem in table["stems"]], romanise.greek),
            "F": _spelled([stem + ending for ending in endings.values() for stem in table["stems"]], romanise.greek),
        },
        places=_places(table["places"]),
        bynames=_spelled(table["bynames"], romanise.greek),
    )


def _han() -> Culture:
    table = _table("han")
    family = tuple(Word(native, _spellings(syllables, romanise.han)) for native, syllables in table["family"].items())
    return Culture(
        name="han",
        script="Hani",
        nationalities=tuple(table["nationalities"]),
        given={"M": _han_pairs(table["male"]), "F": _han_pairs(table["female"])},
        middle={"M": (), "F": ()},
        middle_share=0.0,
        family={"M": family, "F": family},
        places=_places(table["places"]),
        bynames=_listed(table["bynames"]),
        native_family_first=True,
        native_joiner="",
    )


def _han_pairs(characters: Mapping[str, str]) -> Words:
    pairs = [(one, other) for other in characters for one in characters if one != other]
    return tuple(
        Word(one + other, _spellings(f"{characters[one]} {characters[other]}", romanise.han)) for one, other in pairs
    )


def _hangul() -> Culture:
    table = _table("hangul")
    family = _listed(table["family"])
    return Culture(
        name="hangul",
        script="Hang",
        nationalities=tuple(table["nationalities"]),
        given={"M": _hangul_pairs(table["male"]), "F": _hangul_pairs(table["female"])},
        middle={"M": (), "F": ()},
        middle_share=0.0,
        family={"M": family, "F": family},
        places=_places(table["places"]),
        bynames=_listed(table["bynames"]),
        native_family_first=True,
        native_joiner="",
    )


def _hangul_pairs(syllables: list[str]) -> Words:
    return _spelled([one + other for other in syllables for one in syllables if one != other], romanise.hangul)


def _latin_culture(name: str, table: Mapping[str, Any]) -> Culture:
    built = [stem + ending for ending in table["endings"] for stem in table["stems"]]
    given: dict[Sex, Words] = {
        "M": _spelled(table["male"], romanise.latin),
        "F": _spelled(table["female"], romanise.latin),
    }
    family = _spelled(table["family"] + built, romanise.latin)
    double = bool(table["double"])
    towns = [tuple(text.split(", ")) for text in table["places"]]
    return Culture(
        name=name,
        script="Latn",
        nationalities=tuple(table["nationalities"]),
        given=given,
        middle={"M": family, "F": family} if double else given,
        middle_share=0.9 if double else 0.25,
        family={"M": family, "F": family},
        places=tuple(Place(town, town, country) for town, country in towns),
        bynames=_spelled(table["bynames"], romanise.latin),
        middle_is_last=double,
    )


def _listed(table: Mapping[str, str]) -> Words:
    return tuple(Word(native, _filled(spellings.split(", "))) for native, spellings in table.items())


def _filled(spellings: list[str]) -> tuple[str, str, str]:
    return spellings[0], spellings[min(1, len(spellings) - 1)], spellings[-1]


def _spelled(natives: Iterable[str], spell: Callable[[str, int], str]) -> Words:
    return tuple(Word(native, _spellings(native, spell)) for native in natives)


def _spellings(text: str, spell: Callable[[str, int], str]) -> tuple[str, str, str]:
    return spell(text, 0), spell(text, 1), spell(text, 2)


def _places(table: Mapping[str, str]) -> tuple[Place, ...]:
    towns = [(latin, text.split(", ")) for latin, text in table.items()]
    return tuple(Place(latin, native, country) for latin, (country, native) in towns)
