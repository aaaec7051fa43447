"""What the agencies of the demonstration agree, say of their records, and ask about.

The agreement has the template's clauses among whoever takes part; all sign and accept it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from agreements.agreement import Agreement
from agreements.countries import is_canonical
from agreements.signing import bundle_of, write_bundle
from agreements.template import TEMPLATE
from node.agreements.signing import add_signature, load_signatory
from node.cases_file import open_book
from node.config import NodeHome, load_home
from node.queries.justification import Justification

EVERY_PURPOSE = "migrant_smuggling"
EVERY_CASE = Justification(
    offence="migrant_smuggling", penalty_months=120, nature="ordinary", person_role="suspect", death_penalty="no"
)
"""What each question of the demonstration is about."""

CASE_OPTIONS = (
    *("--offence", "migrant_smuggling", "--penalty-months", "120", "--nature", "ordinary"),
    *("--role", "suspect", "--death-penalty", "no"),
)
"""The same as options of ``symbolon query``."""

HOUSE_RULES = """\
category = "arrest"
person_role = "suspect"
nature = "ordinary"
sealed = "no"
discreet = "no"
victim = "no"
witness = "no"
barred = []
withheld = []
code = "H0"
at_most = 4
unknown_age = "adult"
"""
"""What every agency of the demonstration says of its records (``rules.toml``): that all may be told."""

_QUOTAS = {"queries_a_day": 1_000_000, "queries_a_year": 1_000_000, "queries_a_case": 100_000, "requests_a_day": 50}
"""So many that a benchmark does not come to their end."""


_COUNTRY = "LU"
"""The country of an agency whose name begins with none."""


def demo_agreement(agencies: Mapping[str, str], level: int, bit_budget: float) -> Agreement:
    """Give an agreement in which all agencies (name, name for people) ask and hold, for one purpose, up to a level."""
    values: dict[str, Any] = tomllib.loads(TEMPLATE)
    values |= {
        "id": "demonstration",
        "title": "Demonstration of blind queries among all members",
        "legal_basis": "none: invented for a demonstration",
        "purposes": [EVERY_PURPOSE],
        "quotas": _QUOTAS,
        "parties": [_party(agency, name) for agency, name in agencies.items()],
    }
    values["validity"] |= {"from": date(2026, 1, 1), "until": date(2099, 12, 31)}
    values["answer"] |= {"maximum": level, "bit_budget": bit_budget}
    return Agreement.model_validate(values)


def conclude_demo(homes: Sequence[Path], agreement: Agreement) -> None:
    """Have every node sign the agreement and accept it, as its people would, one after the other."""
    conclude([load_home(home) for home in homes], agreement, datetime.now(UTC))


def _party(agency: str, name: str) -> dict[str, Any]:
    return {
        "agency": agency,
        "country": agency[:2] if is_canonical(agency[:2]) else _COUNTRY,
        "roles": ["asks", "holds"],
        "authorities": [name],
        "contact": f"desk@{agency.lower()}.example",
    }


def conclude(homes: Sequence[NodeHome], agreement: Agreement, now: datetime) -> bytes:
    """Have every node in ``homes`` sign the agreement, then accept it; give the bundle.

    For a federation whose folders lie on one machine: a demonstration, a test.
    """
    bundle = write_bundle(bundle_of(agreement))
    for home in homes:
        with open_book(home) as book:
            bundle = add_signature(book, load_signatory(home), bundle, now)
    for home in homes:
        with open_book(home) as book, book.transaction() as connection:
            book.accept(connection, bundle, now)
    return bundle
