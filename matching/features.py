"""Rule tokens: the conjunctions of a subject's data that two agencies may find they share, and nothing smaller.

A *feature* is a rule and its values: codes of parts of one name with as much of birth date and nationality as brings
the whole to ``budget`` bits under the public tables of ``matching.frequency``; or a document number with its type and
country, a telephone number, an e-mail address. Equality of `Feature.canonical` of a query's and a record's feature is
the whole of the blind match. Which conjunctions there are: ``docs/reference/rule-tokens.md``; why these and what they
find and open by chance: ``docs/decisions/0003-rule-tokens-and-bit-budget.md``.

Raising the budget replaces features by fuller ones, so the sets of two budgets are not nested. What holds instead: a
query and a record that share a feature at one budget share one at every lower budget, unless one of them was cut at
its limit. Not decided here: how alike two subjects are (``matching.scoring``), and who may know it (the agreement).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, zip_longest
from typing import Any

from matching.circumstances import surroundings
from matching.conjunctions import minimal_conjunctions
from matching.countries import canonical_countries
from matching.encoding import encode
from matching.frequency import NUMBER_BITS, part_bits
from matching.identifiers import WORLDWIDE_KINDS, Identifier, read_document, read_email, read_phone, regions_of
from matching.letters.han import spelt_otherwise
from matching.normalise import readings, telling_parts
from matching.organisations import telling_words
from matching.subject import Category, NameKind, Subject, parse_subject
from matching.version import normaliser_version

DEFAULT_BUDGET = 22.0
"""Bits a feature carries at least, by default; chosen on the curve in decision 0003."""

MOST_RECORD_FEATURES = 256
MOST_QUERY_FEATURES = 256
"""Features of one subject; what is beyond is left out, evenly from all names."""

MOST_NAMES = 64
"""Names of a subject, and readings of them, that yield features; the most trusted first."""

MOST_PARTS_USED = 6
"""Parts of one name that are combined, the rarest first."""

MOST_NUMBERS = 32
SHORTEST_DOCUMENT_NUMBER = 5

RULES_VERSION = "4"
"""Raise it when the making of features changes in a way that ``matching.version`` does not see."""

_TRUST: dict[NameKind, int] = {"primary": 0, "strong": 1, "original": 2, "variation": 3, "unknown": 3, "weak": 4}


@cache
def own_normaliser() -> str:
    """Give the version of the normaliser that these features are made with: of rules, tables and libraries.

    It is part of every feature and header, so that other code or tables never match in silence. It reads all tables
    once, a third of a second, so it is made when first asked for.
    """
    limits = (MOST_RECORD_FEATURES, MOST_QUERY_FEATURES, MOST_NAMES, MOST_PARTS_USED, MOST_NUMBERS)
    return normaliser_version(RULES_VERSION, *limits, SHORTEST_DOCUMENT_NUMBER, WORLDWIDE_KINDS, _TRUST)


@dataclass(frozen=True, slots=True)
class Feature:
    """A rule with its values and the bits they carry; equal canonical strings are a blind match."""

    rule: str
    values: tuple[str, ...]
    bits: float

    def canonical(self) -> bytes:
        """Give the bytes that are hashed: rule, normaliser version and values, each after its length."""
        return encode("symbolon/v1/feature", self.rule, own_normaliser(), *self.values)


def record_features(subject: Subject, budget: float = DEFAULT_BUDGET) -> tuple[Feature, ...]:
    """Give the features under which a record is enrolled: no duplicates, always in the same order."""
    return _features(subject, budget, asking=False, most=MOST_RECORD_FEATURES)


def query_features(subject: Subject, budget: float = DEFAULT_BUDGET) -> tuple[Feature, ...]:
    """Give the features a query asks with; it also tries day and month the other way round."""
    return _features(subject, budget, asking=True, most=MOST_QUERY_FEATURES)


def golden_digest() -> str:
    """Give the digest, in hexadecimal, over the features of `GOLDEN_ROWS`; compared when a node joins."""
    digest = hashlib.sha256()
    for row in GOLDEN_ROWS:
        subject = parse_subject(row)
        for feature in (*record_features(subject), *query_features(subject)):
            digest.update(encode(feature.canonical()))
    return digest.hexdigest()


def _features(subject: Subject, budget: float, *, asking: bool, most: int) -> tuple[Feature, ...]:
    numbers = (feature for feature in number_features(subject) if feature.bits >= budget)
    by_name = _by_name(subject, budget, asking=asking)
    in_turns = chain.from_iterable(zip_longest(*by_name)) if sum(map(len, by_name)) > most else chain(*by_name)
    different = {(one.rule, one.values): one for one in chain(numbers, in_turns) if one is not None}
    return tuple(islice(different.values(), most))


def _by_name(subject: Subject, budget: float, *, asking: bool) -> list[list[Feature]]:
    """Give the features of each different name, the most trusted name first."""
    around = surroundings(subject, asking=asking)
    kind = "person" if subject.category == "individual" else "other"
    return [
        [
            Feature(f"{kind}/{one.family}{len(one.codes)}/{one.circumstance.label}", one.values, one.bits)
            for one in islice(minimal_conjunctions(parts, around, budget), MOST_QUERY_FEATURES)
        ]
        for parts in different_names(subject)
    ]


def parts_as_written(name: str, category: Category) -> tuple[tuple[str, ...], ...]:
    """Give the telling parts of a name, and those with two short ones joined."""
    return readings(telling_parts(name) if category == "individual" else telling_words(name))


def parts_as_read(name: str, category: Category) -> tuple[tuple[str, ...], ...]:
    """Give the parts as written, then those that a person's name in Han has in other languages."""
    otherwise = spelt_otherwise(name) if category == "individual" else ()
    return (*parts_as_written(name, category), *otherwise)


def different_names(subject: Subject) -> list[tuple[str, ...]]:
    """Give the parts of each name that are combined; the order of names and of parts makes no difference."""
    trusted = sorted(subject.names, key=lambda name: (_TRUST[name.kind], name.text))
    names = (parts for name in trusted[:MOST_NAMES] for parts in parts_as_read(name.text, subject.category))
    chosen = (sorted(parts, key=_rarest_first)[:MOST_PARTS_USED] for parts in names)
    return list(islice(dict.fromkeys(tuple(sorted(parts)) for parts in chosen if parts), MOST_NAMES))


def _rarest_first(part: str) -> tuple[float, str]:
    return -part_bits(part), part


def number_features(subject: Subject) -> Iterator[Feature]:
    """Give documents with their type and country, telephone numbers and e-mail addresses, in order."""
    nationalities = canonical_countries(subject.nationalities)
    regions = regions_of(subject)
    for document in sorted(map(read_document, subject.documents[:MOST_NUMBERS]), key=str):
        if document and len(document.value) >= SHORTEST_DOCUMENT_NUMBER and document.valid is not False:
            for country in _issuers(document, nationalities):
                yield Feature("document", (document.kind, country, document.value), NUMBER_BITS)
    for phone in sorted((read_phone(text, regions) for text in subject.phones[:MOST_NUMBERS]), key=str):
        if phone and phone.value.startswith("+") and phone.valid is not False:
            yield Feature("phone", (phone.value,), NUMBER_BITS)
    for email in sorted((read_email(text) for text in subject.emails[:MOST_NUMBERS]), key=str):
        if email:
            yield Feature("email", (email.value,), NUMBER_BITS)


def _issuers(document: Identifier, nationalities: tuple[str, ...]) -> tuple[str, ...]:
    """Give the countries a number stands with: none where it is one in the world, else its own or the holder's two."""
    if document.kind in WORLDWIDE_KINDS:
        return ("",)
    return (document.country,) if document.country else nationalities[:2]


GOLDEN_ROWS: tuple[dict[str, Any], ...] = (
    {"names": ["Karlo Vantroyen"], "dob": ["1971-03-09"], "nationality": ["BE"], "emails": ["karlo@example.org"]},
    {"names": ["Велиханов Абдурахман Тимурович"], "dob": ["1980~"], "nationality": ["RU", "KZ"]},
    {"names": ["Yusuf al-Tarabulusi"], "aliases": ["Abu Nemor"], "alias_quality": ["weak"], "dob": ["1968/1970"],
     "names_original": ["يوسف الطرابلوسي"], "nationality": ["LY"],
     "documents": [{"type": "passport", "country": "LY", "number": "ZZ-0012345"}]},
    {"names": ["한새봄", "Han Sae-bom"], "dob": ["1990-01-01"]},
    {"names": ["Ανδροκλής Μαυρίδης"], "dob": ["1959-11"], "nationality": ["GR"]},
    {"category": "entity", "names": ["Nemoryan Shipping & Trading Co. Ltd"], "address_countries": ["MT"],
     "documents": [{"type": "Company IMO", "number": "IMO 8765414"},
                   {"type": "LEI", "number": "5299NEMORYANVANTRO78"}]},
    {"category": "vessel", "names": ["MV Vantro Star"], "documents": [{"type": "IMO", "number": "IMO 8765436"}]},
    {"category": "vehicle", "names": ["Vantro"], "documents": [{"type": "VIN", "number": "1M8GDM9AXKP042788"}]},
    {"names": ["Timo Vantroyen"], "dob": ["13 Jun 1968"], "nationality": ["SYR"], "phones": ["011 331 0000"],
     "documents": [{"type": "Passport No.", "number": "N° 00-123456"}]},
    {"names": ["Ivan Nemoryan"], "dob": ["13 juin 1968"], "nationality": ["SUN"]},
    {"names": ["Karla Grunbold"], "dob": ["1347/03/23"], "nationality": ["D"],
     "phones": ["030 23125 000"], "emails": ["K.Grun.bold+nemor@googlemail.com", "karla@bücher-nemor.org"]},
    {"names": ["Han Vantro"], "address_countries": ["GBR"], "phones": ["020 7946 0958"],
     "documents": [{"type": "IBAN", "number": "GB82 WEST 1234 5698 7654 32"},
                   {"type": "BTC", "number": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
                   {"type": "IMEI", "number": "490154203237518"}]},
    {"names": ["欧阳望舒", "任望舒", "李龍洙", "陳文福", "阮氏水"], "dob": ["1968-06-13"]},
    {"names": ["Maxamed Cali Cismaan", "高橋健一"], "dob": ["1968-06-13"]},
    {"names": ["เนโมเรียน วานโตร"], "dob": ["1968-06-13"]},
    {"names": ["ნემორიანი ვანტრო"], "dob": ["1968-06-13"]},
    {"names": ["Նեմորյան Վանտրո"], "dob": ["1968-06-13"]},
    {"names": ["नेमोरियान वानत्रो"], "dob": ["1968-06-13"]},
    {"names": ["ネモリャン・ヴァントロ", "ねもりやん"], "dob": ["1968-06-13"]},
    {"documents": [{"type": "passport", "country": "LY", "number": "ZZ-0012345"}]},
)  # fmt: skip
"""Invented subjects; `golden_digest` is the digest over their features."""
