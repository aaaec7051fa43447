"""What of a comparison may be told to the other side, cut to the sharing level its agreement grants.

| level | told |
|---|---|
| 0 | nothing |
| 1 | hit or no hit |
| 2 | the band and, for each feature, *agrees*, *agrees in part*, *on one side only* or *differs*; no value, no points |
| 3 | points and sentences, which show values of both sides, of the allowed fields only; other features as at level 2 |
| 4 | everything, and the score |

Below every band no level tells more than "no hit". Points are withheld with the values because those of a name tell how
rare it is; for the same reason level 3 tells the score only where no feature is withheld, whose points it would give
away. Fields are those of a record (``docs/reference/records.md``). Which level and fields an asker is granted is the
agreement's decision, not made here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from matching.comparison.documents import NUMBER_LABELS
from matching.comparison.evidence import Contribution

Band = Literal["strong", "probable", "possible"]

NOTHING, HIT, QUALITY, CORE, ALL = range(5)
"""The sharing levels of the agreements."""

_NAMES = frozenset({"names", "aliases", "names_original", "name_parts"})
"""Whichever name of a record agrees best is the one a sentence shows, so all of them are needed to show it."""

_NUMBERS = frozenset({"documents", "phones", "emails"})

CORE_FIELDS = _NAMES | {"category", "dob", "nationality", "gender"}
"""The fields whose values level 3 shows where an agreement lists none: who somebody is, not where or which number."""

_FIELDS_OF_FEATURE: dict[str, frozenset[str]] = {
    **dict.fromkeys(NUMBER_LABELS, frozenset({"documents"})),
    "phone number": frozenset({"phones"}),
    "e-mail address": frozenset({"emails"}),
    "further numbers": _NUMBERS,
    "category": frozenset({"category"}),
    "birth date": frozenset({"dob"}),
    "birth place": frozenset({"pob"}),
    "nationality": frozenset({"nationality"}),
    "gender": frozenset({"gender"}),
    "address": frozenset({"addresses"}),
    **dict.fromkeys(
        (
            "name", "given name", "family name", "name part", "own name", "further name parts", "order of names",
            "shared alias", "generation",
            "telling word", "common word", "other words", "place", "number in the name", "further words", "legal form",
        ),
        _NAMES,
    ),
}  # fmt: skip
"""The record's fields a feature shows. One that is missing here is told without values: a new feature leaks nothing."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What of a comparison may be told at a level; a field that may not is None or empty."""

    hit: bool | None = None
    band: Band | None = None
    score: float | None = None
    explanation: tuple[str, ...] = ()


def disclose(
    level: int,
    band: Band | None,
    score: float,
    contributions: Sequence[Contribution],
    fields: Collection[str] = CORE_FIELDS,
) -> Disclosure:
    """Cut a result to a sharing level; ``fields`` are the record's fields whose values level 3 may show."""
    if level < HIT:
        return Disclosure()
    if level < QUALITY or band is None:
        return Disclosure(band is not None)
    if level < CORE:
        return Disclosure(True, band, None, _generic(contributions))
    if level < ALL:
        shown = [may_be_shown(one, fields) for one in contributions]
        told = (one.explanation if may else one.generic for one, may in zip(contributions, shown, strict=True))
        return Disclosure(True, band, score if all(shown) else None, tuple(dict.fromkeys(told)))
    return Disclosure(True, band, score, tuple(one.explanation for one in contributions))


def may_be_shown(contribution: Contribution, fields: Collection[str]) -> bool:
    """Say whether a contribution's sentence shows values of these fields of a record only."""
    shown = _FIELDS_OF_FEATURE.get(contribution.feature)
    return shown is not None and shown <= frozenset(fields)


def fields_of(feature: str) -> frozenset[str]:
    """Give the record's fields that a feature shows; none for a feature that is no field's."""
    return _FIELDS_OF_FEATURE.get(feature, frozenset())


def features() -> tuple[str, ...]:
    """Give every feature that is told by name."""
    return tuple(_FIELDS_OF_FEATURE)


def _generic(contributions: Sequence[Contribution]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.generic for one in contributions))
