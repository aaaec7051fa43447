"""Numbers compared: documents and registrations, phones, e-mail addresses.

One agreeing number says almost everything; further ones add a little, because lists copy each other. Different
numbers say little, for people hold several, except where a kind is given once in a life. A number one slip away is
partial evidence. A wrong check digit is told, and such a number never decides: its points stay under
`UNSOUND_AT_MOST`, which is less than the prior odds ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from matching.comparison.evidence import Contribution
from matching.identifiers import Identifier, relate, same_country

MOST_NUMBERS = 24
"""Numbers of one side that are compared, first come first served."""

UNSOUND_AT_MOST = 3.0
ANOTHER_COUNTRY_AT_MOST = 5.0
FURTHER_AGREEMENT = 1.0
NEAR_SHARE = 0.25

_BITS_A_CHARACTER = 3.3
"""A digit is worth log2(10); letters are worth more, but series letters repeat, so they count as digits."""


@dataclass(frozen=True, slots=True)
class _Weight:
    label: str
    agree: float
    differ: float


_WEIGHTS = {
    "passport": _Weight("passport", 27.0, -0.5),
    "national_id": _Weight("national identity number", 27.0, -1.0),
    "tax_id": _Weight("tax number", 24.0, -1.0),
    "registration": _Weight("registration number", 18.0, -0.5),
    "driver_licence": _Weight("driving licence", 22.0, -0.5),
    "imo": _Weight("IMO number", 27.0, -9.0),
    "iban": _Weight("bank account", 20.0, 0.0),
    "imei": _Weight("device number", 18.0, 0.0),
    "card": _Weight("payment card", 18.0, 0.0),
    "lei": _Weight("legal entity identifier", 27.0, -6.0),
    "vin": _Weight("vehicle identification number", 27.0, -9.0),
    "plate": _Weight("number plate", 12.0, -0.5),
    "wallet": _Weight("crypto wallet", 22.0, 0.0),
    "phone": _Weight("phone number", 15.0, 0.0),
    "email": _Weight("e-mail address", 18.0, 0.0),
    "other": _Weight("document number", 12.0, 0.0),
}


def compare_identifiers(query: Sequence[Identifier], record: Sequence[Identifier]) -> tuple[Contribution, ...]:
    """Compare numbers of all kinds; the best agreement speaks in full, else the worst contradiction."""
    compared = [
        contribution
        for one, other in product(query[:MOST_NUMBERS], record[:MOST_NUMBERS])
        if (contribution := _compare_two(one, other)) is not None
    ]
    if not compared:
        return ()
    best = max(compared, key=lambda contribution: contribution.points)
    if best.points <= 0:
        return (min(compared, key=lambda contribution: contribution.points),) if best.points < 0 else ()
    further = {contribution.sentence for contribution in compared if contribution.outcome == "agrees"} - {best.sentence}
    if not further:
        return (best,)
    more = "one more number agrees" if len(further) == 1 else f"{len(further)} more numbers agree"
    return best, Contribution("further numbers", FURTHER_AGREEMENT, more, "agrees")


def _compare_two(one: Identifier, other: Identifier) -> Contribution | None:
    relation = relate(one, other)
    if relation == "unrelated":
        return None
    weight = _WEIGHTS[one.kind if one.kind == other.kind else "other"]
    if relation == "different":
        if same_country(one, other) is False or weight.differ == 0:
            return None
        return Contribution(weight.label, weight.differ, f"{one.value} against {other.value}", "differs")
    points, doubt = _agreement(one, other, weight)
    if relation == "near":
        sentence = f"{one.value} and {other.value}, one slip apart{doubt}"
        return Contribution(weight.label, points * NEAR_SHARE, sentence, "close")
    return Contribution(weight.label, points, f"{one.value} on both sides{doubt}", "agrees")


def _agreement(one: Identifier, other: Identifier, weight: _Weight) -> tuple[float, str]:
    """Give what equality of the two would be worth, and the doubt to be told with it."""
    points = min(weight.agree, _BITS_A_CHARACTER * min(len(one.value), len(other.value)))
    if one.valid is False or other.valid is False:
        return min(points, UNSOUND_AT_MOST), ", but its check digit is wrong"
    if same_country(one, other) is False:
        return min(points, ANOTHER_COUNTRY_AT_MOST), ", but issued by different countries"
    return points, ""
