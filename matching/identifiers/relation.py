"""How two numbers relate: equal, one slip apart, different, or not to be compared at all; symmetric.

A *slip* is what happens between a document and a list: two signs exchanged, a letter read as the digit that looks like
it (O and 0, I and 1, B and 8), one key hit wrongly, a check digit or series letters left out. Two numbers whose check
digits are both right were not mistyped, so they are two numbers however close they are. Two phone numbers differ in a
last digit as lines of one house do, so only an exchange of two signs is a slip there; two addresses of wallets are
never neighbours.
"""

from __future__ import annotations

from typing import Literal

from rapidfuzz.distance import OSA

from matching.countries import share_country
from matching.identifiers.contacts import SHORTEST_SUBSCRIBER
from matching.identifiers.documents import PERSONAL_KINDS
from matching.identifiers.number import Identifier
from matching.identifiers.zones import NUMBER_FIELD, machine_readable_check_digit

Relation = Literal["equal", "near", "different", "unrelated"]
Slip = Literal[
    "with a check digit on one side",
    "letters that look alike",
    "two signs exchanged",
    "without its country code on one side",
    "shortened on one side",
    "one slip apart",
    "neighbours in a series",
]

SHORTEST_NEAR = 7
"""Numbers shorter than this are never called near each other: one edit away lie too many strangers."""

_READ_AS = str.maketrans("OQDILZSBG", "000112586")
"""Letters and the digits they are read as, by people and machines."""

_MOST_LEFT_OUT = 3


def relate(one: Identifier, other: Identifier) -> Relation:
    """Say how two numbers relate; ``near`` is one typing slip away, ``unrelated`` cannot be compared."""
    if one.kind != other.kind and not (one.kind in PERSONAL_KINDS and other.kind in PERSONAL_KINDS):
        return "unrelated"
    if one.value == other.value:
        return "equal"
    if one.kind != other.kind:
        return "unrelated"
    return "near" if slip_between(one, other) else "different"


def same_country(one: Identifier, other: Identifier) -> bool | None:
    """Say whether the issuers agree, a state that is gone with its successors too; None where one is not known."""
    if not (one.country and other.country):
        return None
    return one.country == other.country or bool(share_country([one.country], [other.country]))


def slip_between(one: Identifier, other: Identifier) -> Slip | None:
    """Name the slip that lies between two numbers of one kind that are not equal; None where there is none."""
    short, long = sorted((one.value, other.value), key=lambda value: (len(value), value))
    if one.kind == "phone":
        return _slip_of_phones(short, long)
    if one.kind == "email":
        return _slip_of_emails(short, long)
    if one.kind == "wallet":
        return None if one.valid and other.valid else _slip_of_wallets(short, long)
    if same_country(one, other) is False:
        return None
    if len(short) == len(long):
        return None if one.valid and other.valid else _slip_within(short, long)
    return _slip_of_length(short, long, one.valid is True or other.valid is True)


def _slip_within(one: str, other: str) -> Slip | None:
    if one.translate(_READ_AS) == other.translate(_READ_AS):
        return "letters that look alike"
    if len(one) < SHORTEST_NEAR or OSA.distance(one, other, score_cutoff=1) > 1:
        return None
    apart = [place for place, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs]
    if len(apart) == 2:
        return "two signs exchanged"
    # Passports of a family are issued one after another: the last digit tells them apart.
    return "neighbours in a series" if apart == [len(one) - 1] else "one slip apart"


def _slip_of_length(short: str, long: str, is_checked: bool) -> Slip | None:
    if len(short) < SHORTEST_NEAR:
        return None
    if long[:-1] == short and (is_checked or _has_zone_digit(short, long)):
        return "with a check digit on one side"
    if len(long) - len(short) <= _MOST_LEFT_OUT and (long.endswith(short) or long.startswith(short)):
        return "shortened on one side"
    return "one slip apart" if OSA.distance(short, long, score_cutoff=1) <= 1 else None


def _has_zone_digit(short: str, long: str) -> bool:
    """Say whether the longer is a passport's number with the check digit that stands behind it in the zone."""
    if len(short) > NUMBER_FIELD or not (short.isascii() and short.isalnum()):
        return False
    return long[-1] == str(machine_readable_check_digit(short.ljust(NUMBER_FIELD, "<")))


def _slip_of_phones(short: str, long: str) -> Slip | None:
    if short.startswith("+") and long.startswith("+"):
        slip = _slip_within(short, long) if len(short) == len(long) and short[:4] == long[:4] else None
        return slip if slip == "two signs exchanged" or short[-2:] == long[-2:] else None
    subscriber = short.lstrip("+0")[-SHORTEST_SUBSCRIBER:]
    if len(subscriber) < SHORTEST_SUBSCRIBER or not long.endswith(subscriber):
        return None
    return "without its country code on one side"


def _slip_of_wallets(short: str, long: str) -> Slip | None:
    if OSA.distance(short, long, score_cutoff=1) > 1:
        return None
    return "two signs exchanged" if sorted(short) == sorted(long) else "one slip apart"


def _slip_of_emails(one: str, other: str) -> Slip | None:
    (local, _, domain), (against, _, elsewhere) = one.rpartition("@"), other.rpartition("@")
    if domain == elsewhere and _plain(local) == _plain(against):
        return "one slip apart"
    if min(len(one), len(other)) < 2 * SHORTEST_NEAR or _digits(one) != _digits(other):
        return None
    return "one slip apart" if OSA.distance(one, other, score_cutoff=1) <= 1 else None


def _plain(local: str) -> str:
    return local.partition("+")[0].translate(dict.fromkeys(map(ord, "._-")))


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
