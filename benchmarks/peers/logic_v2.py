"""Compare pairs with nomenklatura's logic-v2: run by its own Python, which needs nothing of this project.

Standard input has one pair a line, a JSON array of two rows in the import format, with ``schema`` beside them. Standard
output begins with a line naming the version; then every pair gives one line, ``[score, microseconds]``. Weights and
configuration are logic-v2's defaults. Entities are made before the clock starts.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from followthemoney import model  # type: ignore[import-not-found]
from nomenklatura.matching import LogicV2, ScoringConfig  # type: ignore[import-not-found]

MOST_YEARS = 10

_DOCUMENTS = {"passport": "passportNumber", "tax_id": "taxNumber", "registration": "registrationNumber"}
_GENDERS = {"M": "male", "F": "female", "X": "other"}
_CATEGORIES = {"individual": "Person", "entity": "LegalEntity", "vessel": "Vessel", "aircraft": "Airplane"}
_WARM_UP = {"names": ["Karlo Vantroyen"]}


def main() -> None:
    """Answer every line of the input."""
    config = ScoringConfig.defaults()
    identities = map(str, itertools.count())
    LogicV2.compare(entity(_WARM_UP, next(identities)), entity(_WARM_UP, next(identities)), config)
    print(json.dumps(f"nomenklatura {version('nomenklatura')} logic-v2"), flush=True)
    for line in sys.stdin:
        one, other = (entity(row, next(identities)) for row in json.loads(line))
        start = time.thread_time()
        score = LogicV2.compare(one, other, config).score
        print(json.dumps([score, 1e6 * (time.thread_time() - start)]))


def entity(row: Mapping[str, Any], identity: str) -> Any:
    """Make the entity of a row; what its schema has no property for is left out.

    No two entities may share an identity: nomenklatura caches the names of an entity by it.
    """
    made = model.make_entity(row.get("schema") or _CATEGORIES.get(row.get("category", ""), "Person"))
    made.id = identity
    for name, value in properties(row):
        if name in made.schema.properties:
            made.add(name, value, quiet=True)
    return made


def properties(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the properties of a row by their names in FollowTheMoney."""
    yield from (("name", name) for field in ("names", "names_original") for name in row.get(field, ()))
    aliases = row.get("aliases", [])
    for alias, quality in zip(aliases, row.get("alias_quality") or ["unknown"] * len(aliases), strict=True):
        yield "weakAlias" if quality == "weak" else "alias", alias
    yield from (("birthDate", date) for text in row.get("dob", ()) for date in dates(text))
    yield from (("birthPlace", place) for place in row.get("pob", ()))
    country = "nationality" if row.get("category", "individual") == "individual" else "country"
    yield from ((country, code) for code in row.get("nationality", ()))
    yield from (("gender", _GENDERS[code]) for code in (row.get("gender"),) if code)
    yield from (("address", address) for address in row.get("addresses", ()))
    yield from (("phone", phone) for phone in row.get("phones", ()))
    yield from (("email", email) for email in row.get("emails", ()))
    for document in row.get("documents", ()):
        yield _DOCUMENTS.get(document.get("type", ""), "idNumber"), document["number"]


def dates(text: str) -> list[str]:
    """Give a date as FollowTheMoney has it; an interval as its years, a long one not at all."""
    first, _, last = text.rstrip("~").partition("/")
    if not last:
        return [first]
    years = [int(found[0]) for found in (re.match(r"\d{4}", end) for end in (first, last)) if found]
    if len(years) < 2 or years[1] - years[0] > MOST_YEARS:
        return []
    return [str(year) for year in range(years[0], years[1] + 1)]


if __name__ == "__main__":
    main()
