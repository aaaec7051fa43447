"""Countries as lists write them: two letters, three letters, the codes of passports, states that are gone, names.

A code becomes the set of today's ISO 3166 alpha-2 codes it may stand for, so that SYR is SY, a passport's D is DE, and
SUN may be any of the Soviet Union's successors. A word becomes a country only where it is a country's whole name. What
a shared or a different country is worth is decided in ``matching.comparison``.

Sources: Unicode CLDR through Babel (codes with their aliases and successors, names in the languages below); ICAO Doc
9303 part 3, section 5, for codes of passports that ISO does not have; the names and former names in `_FURTHER_NAMES`
are those of official lists. CLDR has no capitals, demonyms or places, and neither has this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from babel import Locale
from babel.core import get_global

from matching.normalise import fold

LONGEST_CODE = 8
"""Characters of a code that are read; no standard has more than three."""

MOST_NAME_WORDS = 6
"""Words of the longest name of a country that is looked for ("democratic people s republic of korea" has six)."""

LANGUAGES = ("en", "fr", "de", "es", "pt", "it", "nl", "pl", "ru", "uk", "tr", "ar", "fa", "id")
"""Languages whose names of countries are known: those official lists and their sources are written in."""

_FURTHER_ALIASES = {
    "D": "DE", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB", "RKS": "XK", "XKX": "XK", "KOS": "XK",
    "EL": "GR", "ROM": "RO", "EUE": "EU", "CSK": "CZ SK", "CS": "RS ME CZ SK", "SCG": "RS ME",
    "YU": "RS ME HR SI BA MK XK", "YUG": "RS ME HR SI BA MK XK",
}  # fmt: skip
"""What CLDR lacks or tells otherwise. CS was Czechoslovakia, then Serbia and Montenegro."""

_NO_COUNTRY = frozenset({"XXA", "XXB", "XXC", "XXX", "ZZ", "ZZZ", "UNO", "UNA", "XX", "XPO", "XCC", "XES", "XMP"})
"""Stateless, refugee, unspecified, and the passports of organisations: none says what country a person is of."""

_GONE = {"SUN": "SU", "YUG": "YU", "SCG": "CS", "ANT": "AN"}
"""States that are gone and left several: one code for each, so that two lists write it alike."""

_FURTHER_NAMES = """
    AE uae | BO bolivia plurinational state of | BA bosnia | BN brunei darussalam | CD congo democratic republic of the
    CD democratic republic of the congo | CD drc | CD zaire | CG republic of the congo | CG congo brazzaville
    CI ivory coast | CI cote divoire | CN people s republic of china | CN peoples republic of china | CN prc
    CZ czech republic | DE germany federal republic of | CV cape verde | GB great britain | GB england | GB scotland
    GB wales | GB northern ireland | GB uk | IR iran islamic republic of | IR islamic republic of iran
    KP democratic people s republic of korea | KP democratic peoples republic of korea | KP dprk | KP dpr korea
    KP korea democratic people s republic of | KR republic of korea | KR korea republic of | KR rok
    LA lao people s democratic republic | LA lao peoples democratic republic | LY libyan arab jamahiriya
    LY state of libya | MD moldova republic of | MD republic of moldova | MK macedonia | MM burma | MM myanmar
    PS palestine | PS palestine state of | PS palestinian territory occupied | PS state of palestine
    PS occupied palestinian territory | PS gaza | PS gaza strip | PS west bank | RU russian federation | RU rossiya
    SY syrian arab republic | SZ swaziland | TL east timor | TR turkey | TR turkiye
    TW taiwan province of china | TZ tanzania united republic of | TZ united republic of tanzania
    US united states of america | US usa | US u s a | US u s | VA holy see | VE venezuela bolivarian republic of
    VN viet nam | YE republic of yemen | SU ussr | SU soviet union | SU union of soviet socialist republics
    YU yugoslavia | CSK czechoslovakia | CS serbia and montenegro | HK hong kong | MO macau | MO macao
"""

_NO_STATE = frozenset({"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"})

SHORTEST_NAME = 4
"""Letters of the shortest name taken from CLDR: names of scripts without vowels fold to three that mean much else."""


def successors(code: str) -> frozenset[str]:
    """Give the alpha-2 codes a country's code may stand for today; an unknown code stands for itself."""
    return _successors(code.strip().upper()[:LONGEST_CODE].rstrip())


def canonical_country(code: str) -> str:
    """Give one code for a country, alpha-2 where it has one; empty where it names none (stateless, unspecified)."""
    written = code.strip().upper()[:LONGEST_CODE].rstrip()
    now = _successors(written)
    if len(now) == 1:
        return next(iter(now))
    return _GONE.get(written, written) if now else ""


def canonical_countries(codes: Iterable[str]) -> tuple[str, ...]:
    """Give the different countries that codes name, each by one code, sorted."""
    return tuple(sorted({canonical_country(code) for code in codes} - {""}))


def known_codes() -> tuple[str, ...]:
    """Give every code that is known to mean a country, or none, sorted."""
    aliases = _aliases()
    today = {code for code in map(str, Locale("en").territories) if not code.isdecimal()}
    return tuple(sorted(today.union(aliases, *aliases.values(), _NO_COUNTRY, _GONE, _GONE.values())))


@cache
def states() -> frozenset[str]:
    """Give the alpha-2 codes of the countries there are today: no unions, no regions, no codes without a name."""
    return frozenset(code for code in Locale("en").territories if len(code) == 2 and code not in _NO_STATE)


def share_country(ones: Sequence[str], others: Sequence[str]) -> frozenset[str]:
    """Give what two lists of codes have in common, by today's codes."""
    return _all(ones) & _all(others)


def named_country(words: Sequence[str]) -> str:
    """Give the code of the country whose whole name these folded words are; empty where they are none."""
    return _names().get(tuple(words), "")


def countries_within(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split folded words into codes of countries named in them, longest name first, and the words that are left."""
    codes: list[str] = []
    rest: list[str] = []
    place = 0
    while place < len(words):
        length, code = _longest_name(words, place)
        if code:
            codes.append(code)
        else:
            rest.append(words[place])
        place += length
    return tuple(dict.fromkeys(codes)), tuple(rest)


def _longest_name(words: Sequence[str], place: int) -> tuple[int, str]:
    for length in range(min(MOST_NAME_WORDS, len(words) - place), 0, -1):
        if code := named_country(words[place : place + length]):
            return length, code
    return 1, ""


def _all(codes: Sequence[str]) -> frozenset[str]:
    return frozenset(now for code in codes for now in successors(code))


@cache
def _aliases() -> dict[str, frozenset[str]]:
    aliases = {code: frozenset(now) for code, now in get_global("territory_aliases").items()}
    return aliases | {code: frozenset(now.split()) for code, now in _FURTHER_ALIASES.items()}


def _successors(code: str) -> frozenset[str]:
    if not code or code in _NO_COUNTRY:
        return frozenset()
    return _aliases().get(code, frozenset({code}))


@cache
def _names() -> dict[tuple[str, ...], str]:
    """Read the names of all languages once; a name two countries bear in two languages is the first language's."""
    names: dict[tuple[str, ...], str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code not in _NO_STATE:
                for written in _variants(name):
                    names.setdefault(tuple(fold(written).split()), code)
    names = {words: code for words, code in names.items() if len("".join(words)) >= SHORTEST_NAME}
    for line in _FURTHER_NAMES.replace("\n", "|").split("|"):
        code, *words = line.split() or [""]
        names[tuple(words)] = code
    return {words: code for words, code in names.items() if words}


def _variants(name: str) -> tuple[str, ...]:
    """Give a name, what stands before its brackets, and what stands in them: "Myanmar (Burma)"."""
    before, _, within = name.partition("(")
    return tuple(text.replace("&", " and ") for text in (name, before, within.rstrip(")")))
