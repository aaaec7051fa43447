"""Eight invented agencies, what each pair has agreed, sixteen persons, and who may see what: written out by hand.

The tables are the model that a run is compared with. They were read from the agreements and rules by a person and say
nothing of how a decision is made: nothing here calls `agreements.decision`. Every person is held by seven or eight
agencies, by each under other rules, so that what one may tell the next may not.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agreements.agreement import Agreement
from agreements.template import TEMPLATE
from tests.integration.invented import Row, draw_rows

AGENCIES = {
    "FR-ASTRE": "Agency Astre",
    "FR-VIGIE": "Agency Vigie",
    "DE-LOTSE": "Agency Lotse",
    "IT-FAROL": "Agency Farol",
    "ES-MAREA": "Agency Marea",
    "GR-NISOS": "Agency Nisos",
    "PL-WARTA": "Agency Warta",
    "RO-DELTA": "Agency Delta",
}
NAMES = tuple(AGENCIES)
FR, FR2, DE, IT, ES, GR, PL, RO = NAMES

ASKED_OF = """
            FR       FR2      DE       IT       ES       GR       PL       RO
    FR      .        -        core     core     single   past     -        -
    FR2     -        .        few      second   -        -        -        -
    DE      core     -        .        core     frank    empty    -        -
    IT      core     second   core     .        unheard  team     -        -
    ES      single   -        frank    paused   .        amended  -        zero
    GR      past     -        empty    team     amended  .        -        -
    PL      one-way  -        few      -        -        -        .        unaccepted
    RO      -        -        -        -        zero     -        unready  .
"""
"""Under what each agency (line) may ask each other (column)."""

ANSWERED = {
    "core": (2, "usual"),
    "few": (2, "usual"),
    "one-way": (2, "usual"),
    "single": (1, "usual"),
    "amended": (1, "usual"),  # version 1 said 2
    "frank": (2, "frank"),
    "second": (2, "second"),
}
"""What is answered at once at most, and the column of `KINDS` that holds."""

UNANSWERED = {
    "-": "not_asked",
    "past": "not_asked",  # it ended last year
    "team": "not_asked",  # the analyst is no member
    "zero": "not_asked",  # it answers nothing at once
    "paused": "not_asked",  # this agency itself has suspended it
    "unready": "not_asked",  # this agency has not accepted it yet
    "unheard": "inconclusive",  # the other has suspended it, and word of it has not come
    "unaccepted": "inconclusive",  # the other has not accepted it yet
    "empty": "quota_used",  # its quota is none
}
"""What the asker is told where there is no answer, whoever is asked about."""


@dataclass(frozen=True)
class Kind:
    """What a record says of itself, and the highest level at which it is told under each sort of agreement."""

    name: str
    rules: Mapping[str, Any] | None
    usual: int
    frank: int
    second: int
    never_to: frozenset[str] = field(default_factory=frozenset)


KINDS = (
    Kind("plain", {}, 2, 2, 2),
    Kind("absent", None, 0, 0, 0),
    Kind("barred country", {"barred": ["FR"]}, 2, 2, 2, frozenset({FR, FR2})),
    Kind("barred agency", {"barred": [FR2]}, 2, 2, 2, frozenset({FR2})),
    Kind("barred countries", {"barred": ["DEU", "ITA", "ROU"]}, 2, 2, 2, frozenset({DE, IT, RO})),
    Kind("sealed", {"sealed": "yes"}, 0, 0, 0),
    Kind("hidden", {"hidden_until": "2100-01-01T00:00:00Z"}, 0, 0, 0),
    Kind("minor", {"minor": "yes"}, 1, 2, 1),
    Kind("own national", {}, 2, 0, 1),
    Kind("discreet", {"discreet": "yes"}, 0, 2, 0),
    Kind("victim", {"victim": "yes"}, 0, 1, 0),
    Kind("witness", {"witness": "yes"}, 0, 0, 0),
    Kind("level 1 only", {"at_most": 1}, 1, 1, 1),
    Kind("category", {"category": "judicial_procedure"}, 0, 2, 0),
    Kind("withheld", {"withheld": ["documents", "phones"]}, 2, 2, 2),
    Kind("political", {"nature": "political"}, 0, 0, 0),
)
PERSONS = tuple(range(len(KINDS)))
STRANGER = len(PERSONS)
"""The number of a person whom nobody holds."""

_PEOPLE = tuple(row | {"nationality": ["MD"]} for row in draw_rows("eight", len(PERSONS) + 1, seed=8))


def kind_at(holder: str, person: int) -> Kind:
    """Say as what an agency holds a person."""
    if person == STRANGER:
        return KINDS[1]
    return KINDS[(person + 3 * NAMES.index(holder)) % len(KINDS)]


def person_of(holder: str, kind: str) -> int:
    """Give the one person whom an agency holds so."""
    return next(person for person in PERSONS if kind_at(holder, person).name == kind)


def agreed(asker: str, holder: str) -> str:
    """Give the word of `ASKED_OF` for a pair."""
    _, *lines = ASKED_OF.strip().splitlines()
    return lines[NAMES.index(asker)].split()[1:][NAMES.index(holder)]


def may_see(asker: str, holder: str, person: int) -> tuple[str, int]:
    """Give outcome and level of an answer, by the tables alone."""
    word = agreed(asker, holder)
    if word in UNANSWERED:
        return UNANSWERED[word], 0
    most, column = ANSWERED[word]
    kind = kind_at(holder, person)
    level = 0 if asker in kind.never_to else min(most, int(getattr(kind, column)))
    return ("hit", level) if level else ("nothing", 0)


def asked_about(person: int) -> Row:
    """Give what every analyst types of a person."""
    return {name: _PEOPLE[person][name] for name in ("names", "dob", "nationality")}


def marks(holder: str, person: int | None = None) -> dict[str, str]:
    """Give what stands in a holder's record and nowhere else; without a person, what all of that holder begin with."""
    letter = chr(ord("a") + NAMES.index(holder))
    mine, digits = ("", "") if person is None else (chr(ord("a") + person) + "k", f"{person:02d}")
    digit = NAMES.index(holder)
    return {
        "aliases": f"Vyxqo{letter}{mine}",
        "record_id": f"KWURB{letter.upper()}{digits}",
        "documents": f"QJ7391{digit}{digits}",
        "phones": f"+37322841{digit}{digits}"[: 10 if person is None else None],
        "caveats": f"Wyxtro{letter}{mine}",
    }


def record_at(holder: str, person: int) -> Row:
    """Give the row of a person as an agency holds it."""
    kind, mine = kind_at(holder, person), marks(holder, person)
    own = [holder[:2]] if kind.name == "own national" else []
    return asked_about(person) | {
        "record_id": mine["record_id"],
        "nationality": ["MD", *own],
        "aliases": [mine["aliases"]],
        "documents": [{"type": "passport", "country": "MD", "number": mine["documents"]}],
        "phones": [mine["phones"]],
        "rules": {"caveats": [mine["caveats"]], **(kind.rules or {})},
    }


def list_of(holder: str) -> list[Row]:
    """Give all rows of an agency."""
    return [record_at(holder, person) for person in PERSONS if kind_at(holder, person).rules is not None]


QUOTA_OF_FEW = len(PERSONS) + 1 + 5
"""Queries a day under ``few``: one about everybody, the stranger too, and five more."""

TEAM_CASE, TEAM_OFFICER = "JIT-2026-8", "t.team"


def agreements() -> dict[str, Agreement]:
    """Give the agreements by the words of `ASKED_OF`; ``amended`` as its first version."""
    few = {"queries_a_day": QUOTA_OF_FEW}
    none = {"queries_a_day": 0}
    frank = {"own_nationals": 0, "minors": 2, "victims": 1}
    categories = ["arrest", "judicial_procedure"]
    team = [{"agency": agency, "officer": TEAM_OFFICER} for agency in (IT, GR)]
    last_year = {"from": date(2024, 1, 1), "until": date(2025, 12, 31)}
    both = ("asks", "holds")
    return {
        "core": _agreement("core", {FR: both, DE: both, IT: both}),
        "single": _agreement("single", {FR: both, ES: both}, answer={"maximum": 1}),
        "frank": _agreement(
            "frank", {DE: both, ES: both}, protection=frank, record_categories=categories, discreet_hits="tell_both"
        ),
        "second": _agreement("second", {FR2: both, IT: both}, protection={"own_nationals": 1}),
        "few": _agreement("few", {FR2: ("asks",), PL: ("asks",), DE: ("holds",)}, quotas=few),
        "one-way": _agreement("one-way", {PL: ("asks",), FR: ("holds",)}),
        "past": _agreement("past", {FR: both, GR: both}, validity=last_year),
        "team": _agreement("team", {IT: both, GR: both}, joint_team={"case": TEAM_CASE, "members": team}),
        "zero": _agreement("zero", {ES: both, RO: both}, answer={"maximum": 0}),
        "paused": _agreement("paused", {IT: both, ES: both}),
        "unready": _agreement("unready", {PL: both, RO: both}),
        "empty": _agreement("empty", {DE: both, GR: both}, quotas=none),
        "amended": _agreement("amended", {ES: both, GR: both}),
    }


def amendment(before: Agreement) -> Agreement:
    """Give the second version of an agreement, which answers level 1 at most."""
    values = before.model_dump(by_alias=True)
    values["answer"]["maximum"] = 1
    return Agreement.model_validate(values | {"version": 2, "supersedes": before.hash.hex()})


def _agreement(name: str, parties: Mapping[str, tuple[str, ...]], **changed: Any) -> Agreement:
    values: dict[str, Any] = tomllib.loads(TEMPLATE)
    values |= {"id": name, "parties": [_party(agency, roles) for agency, roles in parties.items()]}
    values["validity"] |= {"from": date(2026, 1, 1), "until": date(2099, 12, 31)}
    values["quotas"] |= {"queries_a_day": 5000, "queries_a_case": 5000}
    for clause, change in changed.items():
        values[clause] = values[clause] | change if isinstance(values.get(clause), dict) else change
    return Agreement.model_validate(values)


def _party(agency: str, roles: tuple[str, ...]) -> dict[str, Any]:
    return {
        "agency": agency,
        "country": agency[:2],
        "roles": list(roles),
        "authorities": [AGENCIES[agency]],
        "contact": f"desk@{agency.lower()}.example",
    }
