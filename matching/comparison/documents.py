"""Numbers compared: documents and registrations, phones, e-mail addresses.

One agreeing number says almost everything; further ones add a little, because lists copy each other. Different
numbers say little, for people hold several, except where a kind is given once in a life or to one ship. A number one
slip away is partial evidence, by the slip: a letter read as the digit it looks like is likelier a slip than another
last digit, which a family's passports differ in too. A wrong check digit is told, and such a number never decides: its
points stay under `UNSOUND_AT_MOST`, which is less than the prior odds ask for.

Measured on the labelled pairs of real lists, logarithms of likelihood ratios: a passport one slip apart 5 and more,
another passport −3.9, another national number −6; half of those pairs were found by a shared document, so the last two
are held back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from matching.comparison.evidence import Contribution
from matching.identifiers import WORLDWIDE_KINDS, Identifier, Slip, relate, same_country, slip_between

MOST_NUMBERS = 24
"""Numbers of one side that are compared, first come first served."""

UNSOUND_AT_MOST = 3.0
ANOTHER_COUNTRY_AT_MOST = 5.0
FURTHER_AGREEMENT = 1.0

NEAR_UNSOUND_AT_MOST = 5.0
"""A wrong check digit one slip from a right one is what the slip explains: it says more than two equal wrong ones."""

UNKNOWN_COUNTRY_SHARE = 0.5
"""Of a contradiction where an issuer is not known, and of a number plate's agreement: every country has its series."""

_SHARE_OF_SLIP: dict[Slip, float] = {
    "with a check digit on one side": 0.8,
    "letters that look alike": 0.45,
    "two signs exchanged": 0.42,
    "one slip apart": 0.3,
    "shortened on one side": 0.3,
    "without its country code on one side": 0.4,
    "neighbours in a series": 0.2,
}
"""What of an equal number's points one with this slip is worth."""

_BITS_A_CHARACTER = 3.3
"""A digit is worth log2(10); letters are worth more, but series letters repeat, so they count as digits."""


@dataclass(frozen=True, slots=True)
class _Weight:
    label: str
    agree: float
    differ: float


_WEIGHTS = {
    "passport": _Weight("passport", 27.0, -0.8),
    "national_id": _Weight("national identity number", 27.0, -2.5),
    "tax_id": _Weight("tax number", 24.0, -1.0),
    "registration": _Weight("registration number", 18.0, -0.5),
    "driver_licence": _Weight("driving licence", 22.0, -0.5),
    "permit": _Weight("residence permit or visa", 22.0, -0.5),
    "imo": _Weight("IMO number", 27.0, -9.0),
    "imo_company": _Weight("IMO company number", 24.0, -4.0),
    "mmsi": _Weight("MMSI", 18.0, -0.5),
    "call_sign": _Weight("call sign", 10.0, -0.5),
    "tail": _Weight("aircraft registration", 16.0, -1.0),
    "msn": _Weight("aircraft serial number", 14.0, -4.0),
    "iban": _Weight("bank account", 20.0, 0.0),
    "account": _Weight("bank account", 16.0, 0.0),
    "swift": _Weight("bank code", 2.0, 0.0),
    "imei": _Weight("device number", 18.0, 0.0),
    "imsi": _Weight("subscriber number", 18.0, 0.0),
    "card": _Weight("payment card", 18.0, 0.0),
    "lei": _Weight("legal entity identifier", 27.0, -6.0),
    "vin": _Weight("vehicle identification number", 27.0, -9.0),
    "plate": _Weight("number plate", 12.0, -0.5),
    "wallet": _Weight("crypto wallet", 22.0, 0.0),
    "phone": _Weight("phone number", 15.0, 0.0),
    "email": _Weight("e-mail address", 18.0, 0.0),
    "other": _Weight("document number", 12.0, 0.0),
}

NUMBER_LABELS = frozenset(weight.label for weight in _WEIGHTS.values())
"""The features this file contributes, by name."""


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
        return _difference(one, other, weight)
    if relation == "near":
        return _near(one, other, weight)
    points, doubt = _agreement(one, other, weight)
    if False in (one.valid, other.valid):
        points, doubt = min(points, UNSOUND_AT_MOST), ", but its check digit is wrong"
    return Contribution(weight.label, points, f"{one.value} on both sides{doubt}", "agrees")


def _difference(one: Identifier, other: Identifier, weight: _Weight) -> Contribution | None:
    issuers = same_country(one, other)
    if issuers is False or weight.differ == 0:
        return None
    is_known = issuers or one.kind in WORLDWIDE_KINDS
    points = weight.differ if is_known else weight.differ * UNKNOWN_COUNTRY_SHARE
    return Contribution(weight.label, points, f"{one.value} against {other.value}", "differs")


def _near(one: Identifier, other: Identifier, weight: _Weight) -> Contribution:
    slip = slip_between(one, other) or "one slip apart"
    points, doubt = _agreement(one, other, weight)
    points *= _SHARE_OF_SLIP[slip]
    if False in (one.valid, other.valid):
        points, doubt = min(points, NEAR_UNSOUND_AT_MOST), ", and a check digit is wrong"
    return Contribution(weight.label, points, f"{one.value} and {other.value}, {slip}{doubt}", "close")


def _agreement(one: Identifier, other: Identifier, weight: _Weight) -> tuple[float, str]:
    """Give what equality of the two would be worth, and the doubt to be told with it."""
    points = min(weight.agree, _BITS_A_CHARACTER * min(len(one.value), len(other.value)))
    issuers = same_country(one, other)
    if issuers is False and one.kind not in WORLDWIDE_KINDS:
        return min(points, ANOTHER_COUNTRY_AT_MOST), ", but issued by different countries"
    if one.kind == other.kind == "plate" and issuers is None:
        return points * UNKNOWN_COUNTRY_SHARE, ", though its country is not known"
    return points, ""
