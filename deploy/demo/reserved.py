"""Contacts and documents of invented people that cannot be anybody's.

Telephone numbers come only from ranges that regulators keep free for film and fiction: ARCEP (France), Ofcom (United
Kingdom), Bundesnetzagentur (Germany), ComReg (Ireland), ACMA (Australia) and 555-0100 to 555-0199 (North America).
E-mail addresses stand under the names of RFC 2606 and RFC 6761. Where a number has a check digit and a part that is
not issued (Spanish identity numbers from 99,000,000, IMO ship numbers from 3,000,000), it lies there with the right
digit. Passports have no such part: they have the issuer's shape and are drawn at random.
"""

from __future__ import annotations

from functools import cache
from random import Random

EMAIL_HOSTS = ("example.org", "mail.example.org", "post.example", "box.example", "example.net")

_PHONE_RANGES = (
    ("+33 6 39 98 ", 4), ("+33 1 99 00 ", 4), ("+33 2 61 91 ", 4), ("+33 3 53 01 ", 4), ("+33 4 65 71 ", 4),
    ("+33 5 36 49 ", 4), ("+44 7700 900", 3), ("+44 20 7946 0", 3), ("+44 113 496 0", 3), ("+44 161 496 0", 3),
    ("+49 30 23125 ", 3), ("+49 40 66969 ", 3), ("+49 69 90009 ", 3), ("+49 221 4710 ", 3), ("+353 20 91", 5),
    ("+61 2 5550 ", 4), ("+61 3 5550 ", 4), ("+61 7 5550 ", 4), ("+61 8 5550 ", 4), ("+61 2 7010 ", 4),
    ("+61 3 7010 ", 4), ("+61 7 7010 ", 4), ("+61 8 7010 ", 4), ("+1 212 555 01", 2), ("+1 305 555 01", 2),
)  # fmt: skip

PHONES = sum(10**digits for _, digits in _PHONE_RANGES)
"""How many different telephone numbers there are to give away."""

_STRIDE = 100_003
"""A prime that does not divide `PHONES`: consecutive people get numbers of different countries."""

# A stands for a letter, 9 for a digit, all else for itself.
_PASSPORTS = {
    "SY": "N999999999", "IQ": "A99999999", "MA": "AA9999999", "DZ": "999999999", "TN": "A999999", "LY": "A99999999",
    "EG": "A99999999", "SD": "P99999999", "YE": "99999999", "LB": "LR9999999", "JO": "T999999", "RU": "99 9999999",
    "UA": "AA999999", "BY": "AA9999999", "KZ": "N99999999", "MD": "AA9999999", "KG": "AC9999999", "GR": "AA9999999",
    "CY": "K99999999", "CN": "E99999999", "MY": "A99999999", "SG": "K9999999A", "KR": "M99999999", "KP": "999999999",
    "FR": "99AA99999", "BE": "AA999999", "ES": "AAA999999", "CO": "AA999999", "VE": "999999999", "HN": "A999999",
    "PE": "999999999", "TR": "U99999999", "SN": "A99999999", "ML": "AA9999999", "GN": "O99999999", "CI": "99AA99999",
    "GM": "PC999999", "DE": "C9AA9A999", "AT": "U9999999", "AL": "BA9999999", "XK": "P99999999",
}  # fmt: skip
_IDENTITY_CARDS = {"MA": "AA999999", "GR": "AA 999999", "DE": "L9AA9A999", "BE": "999-9999999-99", "CY": "9999999"}
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"

Segment = tuple[str, int]


def phone(index: int) -> str:
    """Give the ``index``-th telephone number; the first `PHONES` of them are all different."""
    place = index * _STRIDE % PHONES
    for prefix, digits in _PHONE_RANGES:
        if place < 10**digits:
            return f"{prefix}{place:0{digits}}"
        place -= 10**digits
    raise AssertionError("the ranges hold PHONES numbers")


def passport(rng: Random, country: str) -> dict[str, str]:
    """Draw a passport of that country as a row of ``documents``."""
    number = _filled(rng, _PASSPORTS.get(country, "A99999999"))
    return {"type": "passport", "country": country, "number": number, "note": ""}


def identity_card(rng: Random, country: str) -> dict[str, str]:
    """Draw an identity card (or, where none is known, another passport) as a row of ``documents``."""
    if country == "ES":
        number = 99_000_000 + int(rng.random() * 1_000_000)
        written = f"{number}{_DNI_LETTERS[number % 23]}"
    elif country in _IDENTITY_CARDS:
        written = _filled(rng, _IDENTITY_CARDS[country])
    else:
        return passport(rng, country) | {"note": "second passport"}
    return {"type": "national_id", "country": country, "number": written, "note": ""}


def ship_number(index: int) -> dict[str, str]:
    """Give the ``index``-th IMO ship number (of 100,000) as a row of ``documents``."""
    digits = f"{300_000 + index % 100_000}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, range(7, 1, -1), strict=True)) % 10
    return {"type": "vessel_imo", "country": "", "number": f"IMO{digits}{check}", "note": ""}


def registration(index: int, country: str) -> dict[str, str]:
    """Give the ``index``-th company registration as a row of ``documents``."""
    return {"type": "registration", "country": country, "number": f"{country}{7_000_000 + index}", "note": ""}


@cache
def _segments(pattern: str) -> tuple[Segment, ...]:
    """Cut a shape into runs: ("9", 7) seven digits, ("A", 2) two letters, (text, 0) as it stands."""
    runs: list[Segment] = []
    for sign in pattern:
        if sign not in "9A":
            runs.append((sign, 0))
        elif runs and runs[-1][0] == sign:
            runs[-1] = (sign, runs[-1][1] + 1)
        else:
            runs.append((sign, 1))
    return tuple(runs)


def _filled(rng: Random, pattern: str) -> str:
    text = ""
    for sign, length in _segments(pattern):
        if not length:
            text += sign
        elif sign == "9":
            text += f"{int(rng.random() * 10**length):0{length}}"
        else:
            text += "".join(_LETTERS[int(rng.random() * len(_LETTERS))] for _ in range(length))
    return text
