"""The normaliser version: one short text that differs wherever two installations could make different tokens.

Two agencies whose tables or libraries differ would miss each other in silence; with the version in every canonical
string and header they refuse each other aloud. It is a digest over

- every constant, by name and value, of the modules that rule tokens are made in (`_MODULES`): tables, patterns, limits;
- the tables those modules take from a library: codes of countries with their successors, names of months;
- the files by which a name in Han is spelt as other languages than Mandarin do (`matching.letters.han`);
- `GOLDEN_WORDS`, one in each script, as they are romanised and coded, which also shows a change of the code itself;
- the version of Python's Unicode tables, and of the `LIBRARIES` whose data decide how a name or number is read.

What neither shows is raised by hand (``matching.features.RULES_VERSION``). Han is read by a library that takes a third
of a second to load, so its words are in ``matching.features.golden_digest`` alone, and its tables and version here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from importlib import metadata
from importlib.resources import files
from types import ModuleType

from matching import (
    calendars,
    circumstances,
    conjunctions,
    countries,
    dates,
    frequency,
    listed_dates,
    normalise,
    organisation_words,
    organisations,
    phonetics,
    scripts,
)
from matching.encoding import encode
from matching.identifiers import contacts, documents, number, schemes, transport, wallets, zones
from matching.letters import agreement, han

LIBRARIES = ("anyascii", "babel", "email-validator", "idna", "phonenumbers", "pypinyin", "python-stdnum")
"""Packages whose data decide what a token holds; all agencies of a federation install the same versions of them."""

GOLDEN_WORDS: Mapping[str, str] = {
    "arabic": "عبد الكريم الطرابلوسي", "armenian": "Նեմորյան Վանտրո", "bengali": "নেমোরিয়ান ভানত্রো",
    "cyrillic": "Абдурахман Велиханов", "devanagari": "नेमोरियान वानत्रो", "georgian": "ნემორიანი ვანტრო",
    "greek": "Ανδροκλής Μαυρίδης", "hangul": "한새봄", "hebrew": "נחמיה ברקאי", "hiragana": "ねもりやん",
    "kannada": "ನೆಮೋರಿಯಾನ್", "katakana": "ネモリャン・ヴァントロ", "khmer": "នេម៉ូរីយ៉ាន",
    "latin": "Nemoryan-Özgüldağ Shchukhdzhev Xquathophyck", "myanmar": "နေမိုရီယန်", "tamil": "நெமோரியான்",
    "telugu": "నెమోరియాన్", "thai": "เนโมเรียน",
}  # fmt: skip
"""An invented name in each script, so that another transliteration library cannot drift unseen."""

_MODULES = (
    calendars, circumstances, conjunctions, countries, dates, frequency, listed_dates, normalise, organisation_words,
    organisations, phonetics, scripts, agreement, han, contacts, documents, number, schemes, transport, wallets, zones,
)  # fmt: skip

_DIGITS = 16


def normaliser_version(rules: str, *limits: object) -> str:
    """Give the version: ``rules`` as it is, and hexadecimal digits of the digest, over the caller's ``limits`` too."""
    text = encode("symbolon/v1/normaliser", text_of(limits), *_texts())
    return f"{rules}-{hashlib.sha256(text).hexdigest()[:_DIGITS]}"


def text_of(value: object) -> str:
    """Write a constant so that equal ones are written alike in every process; raise `TypeError` for what has no text.

    Sets and mappings are sorted, functions and classes are their names; nothing is ever written by its address.
    """
    if value is None or isinstance(value, str | int | float | bytes | date | timedelta):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{text_of(key)}:{text_of(one)}" for key, one in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(map(text_of, value))) + "}"
    if isinstance(value, tuple | list):
        return "(" + ",".join(map(text_of, value)) + ")"
    return _text_of_object(value)


def _text_of_object(value: object) -> str:
    if isinstance(value, re.Pattern):
        # The flags as a number: their names differ between releases of Python.
        return f"/{value.pattern!r}/{int(value.flags)}"
    if is_dataclass(value) and not isinstance(value, type):
        return text_of(tuple(getattr(value, field.name) for field in fields(value)))
    if isinstance(name := getattr(value, "__qualname__", None), str):
        return name
    raise TypeError(f"a constant of type {type(value).__name__} has no text for the normaliser's version")


def _texts() -> Iterator[str]:
    for module in _MODULES:
        yield module.__name__
        yield text_of(_constants(module))
    codes = countries.known_codes()
    yield text_of({code: (countries.canonical_country(code), countries.successors(code)) for code in codes})
    yield text_of(listed_dates.month_names())
    for script, words in sorted(GOLDEN_WORDS.items()):
        yield text_of((script, normalise.fold(words), _codes_of(words)))
    for file in filter(None, han.FILES):
        yield hashlib.sha256(files("matching.letters").joinpath(file).read_bytes()).hexdigest()
    yield unicodedata.unidata_version
    yield text_of(tuple((library, metadata.version(library)) for library in LIBRARIES))


def _codes_of(words: str) -> list[str]:
    return [code(part) for part in normalise.telling_parts(words) for code in phonetics.CODE_FAMILIES.values()]


def _constants(module: ModuleType) -> dict[str, object]:
    """Give what a module names in capitals, but for the modules it imports."""
    return {name: one for name, one in vars(module).items() if name.isupper() and not isinstance(one, ModuleType)}
