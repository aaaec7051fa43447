"""Numbers that identify: read to one canonical form, with what their check digits say, and how two of them relate.

This module decides what kind of number a document, phone or e-mail holds, its canonical spelling, and whether its
check digits are right (``valid`` True), wrong (False), or absent or of another scheme (None). It does not weigh
anything: ``matching.comparison.documents`` does. Lists label numbers loosely, so a number is called *wrong* only
where its shape is exactly the scheme's and the check digit alone fails.

Sources: python-stdnum (national schemes, IBAN, IMO, IMEI, LEI, Luhn, Bitcoin), phonenumbers (E.164), ICAO Doc 9303
part 3, section 4.9 (machine readable zone), ISO 3779 (VIN; its check digit is mandatory in North America only) and
IMO resolution A.1117(30) (company numbers, not in python-stdnum).
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Literal

import phonenumbers
from rapidfuzz.distance import OSA
from stdnum.exceptions import InvalidChecksum, ValidationError

from matching.subject import Document

Relation = Literal["equal", "near", "different", "unrelated"]

LONGEST_NUMBER = 64
"""Characters of a number that are read; what lies beyond is cut so that hostile input costs nothing."""

SHORTEST_COMPARED = 4
"""Fewer characters than this identify nobody and are not read as a number."""

SHORTEST_NEAR = 7
"""Numbers shorter than this are never called near each other: one edit away lie too many strangers."""

SHORTEST_SUBSCRIBER = 8
"""Digits two phone numbers must share at the end to be near, when a country code was left out."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number in canonical form. ``country`` is ISO 3166 alpha-2 or empty; ``valid`` None where nothing checks it."""

    kind: str
    value: str
    country: str = ""
    valid: bool | None = None


_KIND_OF_TYPE = {
    "passport": "passport",
    "travel_document": "passport",
    "national_id": "national_id",
    "id_card": "national_id",
    "ssn": "national_id",
    "tax_id": "tax_id",
    "registration": "registration",
    "driver_licence": "driver_licence",
    "driver_license": "driver_licence",
    "driving_licence": "driver_licence",
    "vessel_imo": "imo",
    "imo": "imo",
    "iban": "iban",
    "imei": "imei",
    "card": "card",
    "lei": "lei",
    "vin": "vin",
    "plate": "plate",
    "licence_plate": "plate",
    "vehicle_registration": "plate",
    "crypto": "wallet",
    "wallet": "wallet",
    "bitcoin": "wallet",
    "ethereum": "wallet",
}

_PERSONAL_KINDS = frozenset({"passport", "national_id", "tax_id", "registration", "driver_licence", "other"})
"""Lists disagree on which of these a number is, so equal numbers of two of these kinds still relate."""

_NATIONAL_SCHEMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("national_id", "AR"): ("ar.dni",),
    ("national_id", "BE"): ("be.nn",),
    ("national_id", "BG"): ("bg.egn",),
    ("national_id", "BR"): ("br.cpf",),
    ("national_id", "CL"): ("cl.rut",),
    ("national_id", "CN"): ("cn.ric",),
    ("national_id", "CZ"): ("cz.rc",),
    ("national_id", "DK"): ("dk.cpr",),
    ("national_id", "DO"): ("do.cedula",),
    ("national_id", "EC"): ("ec.ci",),
    ("national_id", "EE"): ("ee.ik",),
    ("national_id", "ES"): ("es.dni", "es.nie"),
    ("national_id", "FI"): ("fi.hetu",),
    ("national_id", "FR"): ("fr.nir",),
    ("national_id", "HR"): ("hr.oib",),
    ("national_id", "IL"): ("il.idnr",),
    ("national_id", "IT"): ("it.codicefiscale",),
    ("national_id", "KR"): ("kr.rrn",),
    ("national_id", "LT"): ("lt.asmens",),
    ("national_id", "MX"): ("mx.curp",),
    ("national_id", "NL"): ("nl.bsn",),
    ("national_id", "NO"): ("no.fodselsnummer",),
    ("national_id", "PL"): ("pl.pesel",),
    ("national_id", "PT"): ("pt.cc",),
    ("national_id", "RO"): ("ro.cnp",),
    ("national_id", "RU"): ("ru.inn",),
    ("national_id", "SE"): ("se.personnummer",),
    ("national_id", "SK"): ("sk.rc",),
    ("national_id", "TH"): ("th.pin",),
    ("national_id", "TR"): ("tr.tckimlik",),
    ("national_id", "ZA"): ("za.idnr",),
    ("tax_id", "AR"): ("ar.cuit",),
    ("tax_id", "BR"): ("br.cpf", "br.cnpj"),
    ("tax_id", "BY"): ("by.unp",),
    ("tax_id", "CO"): ("co.nit",),
    ("tax_id", "EC"): ("ec.ruc",),
    ("tax_id", "ES"): ("es.nif",),
    ("tax_id", "FR"): ("fr.siren",),
    ("tax_id", "GT"): ("gt.nit",),
    ("tax_id", "HR"): ("hr.oib",),
    ("tax_id", "IT"): ("it.codicefiscale",),
    ("tax_id", "MX"): ("mx.rfc",),
    ("tax_id", "NL"): ("nl.bsn",),
    ("tax_id", "PE"): ("pe.ruc",),
    ("tax_id", "RS"): ("rs.pib",),
    ("tax_id", "RU"): ("ru.inn",),
    ("tax_id", "UA"): ("ua.rntrc",),
    ("tax_id", "VE"): ("ve.rif",),
    ("registration", "BY"): ("by.unp",),
    ("registration", "CN"): ("cn.uscc",),
    ("registration", "RU"): ("ru.ogrn",),
    ("registration", "SG"): ("sg.uen",),
}

_SCHEMES_OF_KIND = {"iban": ("iban",), "imei": ("imei",), "card": ("luhn",), "lei": ("lei",)}

_LOOKALIKES = str.maketrans("АВЕКМНОРСТУХІЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXISJABEZHIKMNOPTYX")
"""Capitals that look the same in Latin, Cyrillic and Greek: a passport's series is typed with whichever is at hand."""

_MRZ_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_MRZ_LINE = re.compile(r"[A-Z0-9<]{44}|[A-Z0-9<]{30}", re.ASCII)
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
_VIN_VALUES = dict(zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", "012345678912345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_IMO_COMPANY_WEIGHTS = (8, 6, 4, 2, 9, 7)


def read_document(document: Document) -> Identifier | None:
    """Read a document's number; give None for one that identifies nobody (too short, "0000000", "unknown")."""
    kind = _KIND_OF_TYPE.get(document.type.strip().lower().replace(" ", "_").replace("-", "_"), "other")
    country = document.country.strip().upper()
    from_zone = read_machine_readable_zone(document.number) if kind in _PERSONAL_KINDS else None
    if from_zone is not None:
        return from_zone
    value = canonical_number(document.number)
    if kind == "imo":
        value = value.removeprefix("IMO")
    if kind == "wallet":
        # Bitcoin's base58 tells capitals from small letters.
        value = document.number.strip()[:LONGEST_NUMBER]
    if len(value) < SHORTEST_COMPARED or _is_placeholder(value):
        return None
    return Identifier(kind, value, country, _check(kind, value, country))


def read_phone(text: str, regions: Iterable[str] = ()) -> Identifier | None:
    """Read a phone number to E.164, trying ``regions`` (ISO alpha-2) where no country code is written."""
    for region in (None, *regions):
        try:
            parsed = phonenumbers.parse(text[:LONGEST_NUMBER], region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(parsed):
            written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            country = phonenumbers.region_code_for_number(parsed) or ""
            return Identifier("phone", written, country, phonenumbers.is_valid_number(parsed))
    digits = "".join(character for character in canonical_number(text) if character.isdigit())
    if len(digits) < SHORTEST_SUBSCRIBER or _is_placeholder(digits):
        return None
    return Identifier("phone", digits, "", None)


def read_email(text: str) -> Identifier | None:
    """Read an e-mail address: lower case, no display name; give None where there is no address in the text."""
    found = re.search(r"[^\s<>@,;]{1,64}@[^\s<>@,;]{1,255}", unicodedata.normalize("NFKC", text[:400]))
    return Identifier("email", found[0].lower().rstrip(".")) if found else None


def relate(one: Identifier, other: Identifier) -> Relation:
    """Say how two numbers relate; symmetric. ``near`` is one typing slip away, ``unrelated`` cannot be compared."""
    if not _comparable(one, other):
        return "unrelated"
    if one.value == other.value:
        return "equal"
    if one.kind != other.kind:
        return "unrelated"
    if _near(one, other):
        return "near"
    return "different"


def same_country(one: Identifier, other: Identifier) -> bool | None:
    """Say whether the issuers agree; None where one is not known."""
    return one.country == other.country if one.country and other.country else None


def canonical_number(text: str) -> str:
    """Give capitals and ASCII digits only: spaces and signs dropped, other scripts' digits and lookalikes mapped."""
    capitals = unicodedata.normalize("NFKC", text[: 4 * LONGEST_NUMBER]).upper().translate(_LOOKALIKES)
    kept = [_ascii_digit(character) for character in capitals if character.isalnum()]
    return "".join(kept)[:LONGEST_NUMBER]


def read_machine_readable_zone(text: str) -> Identifier | None:
    """Find a passport's or card's number in a pasted machine readable zone (ICAO 9303, TD3 line 2 and TD1 line 1)."""
    if "<" not in text:
        return None
    for line in re.split(r"[\r\n]+|\s{2,}", text[:200].upper()):
        squeezed = line.replace(" ", "")
        if not _MRZ_LINE.fullmatch(squeezed):
            continue
        if len(squeezed) == 44 and not squeezed.startswith("P"):
            return _zone_number("passport", squeezed[:9], squeezed[9], squeezed[10:13])
        if len(squeezed) == 30 and squeezed[0] in "IAC":
            return _zone_number("national_id", squeezed[5:14], squeezed[14], squeezed[2:5])
    return None


def machine_readable_check_digit(field: str) -> int:
    """Compute the check digit of a machine readable field (ICAO 9303 part 3, 4.9: weights 7, 3, 1 modulo 10)."""
    return sum(_MRZ_VALUES[character] * (7, 3, 1)[place % 3] for place, character in enumerate(field)) % 10


def _zone_number(kind: str, field: str, digit: str, _issuer: str) -> Identifier | None:
    # The zone's issuer is alpha-3 (or "D"), which nothing here maps to alpha-2, so it stays unknown.
    value = field.replace("<", "")
    if len(value) < SHORTEST_COMPARED:
        return None
    return Identifier(kind, value, "", str(machine_readable_check_digit(field)) == digit)


def _comparable(one: Identifier, other: Identifier) -> bool:
    if one.kind == other.kind:
        return True
    return one.kind in _PERSONAL_KINDS and other.kind in _PERSONAL_KINDS


def _near(one: Identifier, other: Identifier) -> bool:
    short, long = sorted((one.value, other.value), key=len)
    if one.kind == "phone":
        return short.lstrip("+0")[-SHORTEST_SUBSCRIBER:] == long[-SHORTEST_SUBSCRIBER:]
    if one.kind in ("email", "wallet") or same_country(one, other) is False or len(short) < SHORTEST_NEAR:
        return False
    if one.kind == "imo" and one.valid and other.valid:
        # Both check digits are right, so neither was mistyped: these are two ships.
        return False
    return OSA.distance(short, long, score_cutoff=1) <= 1 or _is_part(short, long)


def _is_part(short: str, long: str) -> bool:
    """Say whether one is the other without its series letters or its check digit."""
    return len(long) - len(short) <= 3 and (long.endswith(short) or long.startswith(short))


def _is_placeholder(value: str) -> bool:
    if len(set(value)) == 1 or not any(character.isdigit() for character in value):
        return True
    return value in "01234567890" or value in "09876543210"


def _ascii_digit(character: str) -> str:
    number = unicodedata.decimal(character, None)
    return str(number) if number is not None else character


def _check(kind: str, value: str, country: str) -> bool | None:
    if kind == "imo":
        return _check_imo(value)
    if kind == "vin":
        return _check_vin(value)
    if kind == "wallet":
        return _verdict("bitcoin", value)
    schemes = _SCHEMES_OF_KIND.get(kind) or _NATIONAL_SCHEMES.get((kind, country), ())
    verdicts = {_verdict(scheme, value) for scheme in schemes}
    return True if True in verdicts else False if False in verdicts else None


def _verdict(scheme: str, value: str) -> bool | None:
    """Ask python-stdnum: right, wrong check digit, or not of this scheme."""
    try:
        _scheme(scheme).validate(value)
    except InvalidChecksum:
        return False
    except (ValidationError, LookupError, ValueError, TypeError, ArithmeticError):
        # Some schemes fail in their own tables (a county that no longer exists): that says nothing of the number.
        return None
    return True


@cache
def _scheme(name: str) -> ModuleType:
    return importlib.import_module(f"stdnum.{name}")


def _check_imo(value: str) -> bool | None:
    if len(value) != 7 or not value.isdecimal():
        return None
    weighted = sum(int(digit) * weight for digit, weight in zip(value, _IMO_COMPANY_WEIGHTS, strict=False))
    is_company = (11 - weighted % 11) % 10 == int(value[6])
    return bool(_scheme("imo").is_valid(value)) or is_company


def _check_vin(value: str) -> bool | None:
    if not _VIN.fullmatch(value):
        return None
    weighted = sum(int(_VIN_VALUES[sign]) * weight for sign, weight in zip(value, _VIN_WEIGHTS, strict=True))
    # A European VIN need not carry the digit, so only a right one says something.
    return True if "0123456789X"[weighted % 11] == value[8] else None
