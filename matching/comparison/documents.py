"""Numbers compared: documents and registrations, phones, e-mail addresses.

One agreeing number says almost everything; further ones add a little, because lists copy each other. Different
numbers say little, for people hold several, except where a kind is given once in a life or to one ship. A number one
slip away is partial evidence, by the slip: a letter read as the digit it looks like is likelier a slip than another
last digit, which a family's passports differ in too.

A number whose check digit is wrong, or that no telephone has, is told and never decides: equal on both sides it gives
nothing, for it was copied or made up. One slip from a number that is not wrong it gives a quarter at most.

Measured on the labelled pairs of real lists, logarithms of likelihood ratios: a passport one slip apart 5 and more,
another passport −3.9, another national number −6; half of those pairs were found by a shared document, so the last two
are held back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from matching.comparison.evidence import Contribution
from matching.identifiers import WORLDWIDE_KINDS, Identifier, Relation, Slip, relate, same_country, slip_between

MOST_NUMBERS = 24
"""Numbers of one side that are compared, first come first served."""

ANOTHER_COUNTRY_AT_MOST = 5.0
FURTHER_AGREEMENT = 1.0

NEAR_UNSOUND_AT_MOST = 5.0
NEAR_UNSOUND_SHARE = 0.25
"""A wrong check digit one slip from a right one is what the slip explains: it says more than two equal wrong ones, and
at most this share of an equal number."""

_FAULTS = {"phone": "no telephone has this number", "email": "no server would take this address"}
_FAULT = "its check digit is wrong"

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
    query, record = query[:MOST_NUMBERS], record[:MOST_NUMBERS]
    pairs = [(one, other, relate(one, other)) for one, other in product(query, record)]
    equal = {number for one, other, relation in pairs if relation == "equal" for number in (one, other)}
    compared = [
        contribution
        for one, other, relation in pairs
        # A number that the other side has too is not contradicted by a further one.
        if not (relation == "different" and (one in equal or other in equal))
        if (contribution := _compare_two(one, other, relation)) is not None
    ]
    return _spoken(compared)


def _spoken(compared: Sequence[Contribution]) -> tuple[Contribution, ...]:
    """Let the best agreement speak, else the worst contradiction, and beside either a wrong number on both sides."""
    wrong = sorted((one for one in compared if one.points == 0), key=lambda one: one.sentence)[:1]
    gains = [one for one in compared if one.points > 0]
    if not gains:
        losses = [one for one in compared if one.points < 0]
        return (*([min(losses, key=lambda one: one.points)] if losses else []), *wrong)
    best = max(gains, key=lambda one: one.points)
    further = {one.sentence for one in gains if one.outcome == "agrees"} - {best.sentence}
    if not further:
        return best, *wrong
    more = "one more number agrees" if len(further) == 1 else f"{len(further)} more numbers agree"
    return best, Contribution("further numbers", FURTHER_AGREEMENT, more, "agrees"), *wrong


def _compare_two(one: Identifier, other: Identifier, relation: Relation) -> Contribution | None:
    if relation == "unrelated":
        return None
    weight = _WEIGHTS[one.kind if one.kind == other.kind else "other"]
    if relation == "different":
        return _difference(one, other, weight)
    if relation == "near":
        return _near(one, other, weight)
    points, doubt = _agreement(one, other, weight)
    # The same signs may be right as one kind of number and wrong as another: then they are not wrong.
    if (fault := _fault(one) or _fault(other)) and True not in (one.valid, other.valid):
        return Contribution(weight.label, 0.0, f"{one.value} on both sides, but {fault}", "close")
    return Contribution(weight.label, points, f"{one.value} on both sides{doubt}", "agrees")


def _fault(number: Identifier) -> str:
    """Say what is wrong with a number, or nothing."""
    return _FAULTS.get(number.kind, _FAULT) if number.valid is False else ""


def _faults(one: Identifier, other: Identifier) -> str:
    """Say which of two numbers is wrong, to be added to a sentence."""
    return "".join(f"; of {number.value}, {fault}" for number in (one, other) if (fault := _fault(number)))


def _difference(one: Identifier, other: Identifier, weight: _Weight) -> Contribution | None:
    issuers = same_country(one, other)
    if issuers is False or weight.differ == 0:
        return None
    is_known = issuers or one.kind in WORLDWIDE_KINDS
    points = weight.differ if is_known else weight.differ * UNKNOWN_COUNTRY_SHARE
    sentence = f"{one.value} against {other.value}{_faults(one, other)}"
    return Contribution(weight.label, points, sentence, "differs")


def _near(one: Identifier, other: Identifier, weight: _Weight) -> Contribution:
    slip = slip_between(one, other) or "one slip apart"
    equal, doubt = _agreement(one, other, weight)
    points = equal * _SHARE_OF_SLIP[slip]
    if False in (one.valid, other.valid):
        is_explained = one.valid is not False or other.valid is not False
        points = min(points, NEAR_UNSOUND_AT_MOST, NEAR_UNSOUND_SHARE * equal) if is_explained else 0.0
    sentence = f"{one.value} and {other.value}, {slip}{doubt}{_faults(one, other)}"
    return Contribution(weight.label, points, sentence, "close")


def _agreement(one: Identifier, other: Identifier, weight: _Weight) -> tuple[float, str]:
    """Give what equality of the two would be worth, and the doubt to be told with it."""
    points = min(weight.agree, _BITS_A_CHARACTER * min(len(one.value), len(other.value)))
    issuers = same_country(one, other)
    if issuers is False and one.kind not in WORLDWIDE_KINDS:
        return min(points, ANOTHER_COUNTRY_AT_MOST), ", but issued by different countries"
    if one.kind == other.kind == "plate" and issuers is None:
        return points * UNKNOWN_COUNTRY_SHARE, ", though its country is not known"
    return points, ""
