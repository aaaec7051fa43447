"""Ships, shipping companies, vehicles and mobile devices.

IMO numbers of ships and of companies look alike, seven digits with a check digit, and are two registers; which of them
a number belongs to is told by the check digit where the list does not say (IMO resolution A.1117(30); the company
scheme is not in python-stdnum). A VIN's check digit (ISO 3779, 49 CFR 565) is mandatory in North America only. An IMEI
is compared by its 14 digits of type and serial number, so that one written with check digit, one without and one
with a software version (IMEISV, 3GPP TS 23.003) are one device.
"""

from __future__ import annotations

import re

from matching.identifiers.number import Identifier
from matching.identifiers.schemes import check_scheme, stdnum_scheme

_DIGITS_OF_A_DEVICE = 14
_IMEI, _IMEISV = 15, 16

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
_NEVER_IN_A_VIN = str.maketrans("IOQ", "100")
_VIN_VALUES = dict(zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", "012345678912345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_NORTH_AMERICA = frozenset("12345")

_IMO = re.compile(r"[0-9]{7}", re.ASCII)
_IMO_COMPANY_WEIGHTS = (8, 6, 4, 2, 9, 7)


def read_imo(value: str, label: str) -> Identifier:
    """Read an IMO number of a ship or, by its label or its check digit, of a company."""
    is_ship, is_company = _is_ship(value), _is_company(value)
    if "company" in label.split() or "owner" in label.split() or (is_company and not is_ship):
        return Identifier("imo_company", value, "", is_company)
    return Identifier("imo", value, "", is_ship)


def read_device(value: str) -> Identifier:
    """Read an IMEI, with or without check digit or software version, to the device's 14 digits."""
    if value.isdecimal() and _DIGITS_OF_A_DEVICE <= len(value) <= _IMEISV:
        valid = check_scheme("imei", "", value) if len(value) == _IMEI else None
        return Identifier("imei", value[:_DIGITS_OF_A_DEVICE], "", valid)
    return Identifier("imei", value, "", None)


def read_vehicle(kind: str, value: str, country: str) -> Identifier:
    """Read a VIN or a number plate; letters that no VIN has are the digits they look like."""
    if kind == "plate":
        return Identifier("plate", value, country, None)
    value = value.translate(_NEVER_IN_A_VIN)
    return Identifier("vin", value, "", _check_vin(value))


def _is_ship(value: str) -> bool | None:
    return bool(stdnum_scheme("imo").is_valid(value)) if _IMO.fullmatch(value) else None


def _is_company(value: str) -> bool | None:
    if not _IMO.fullmatch(value):
        return None
    weighted = sum(int(digit) * weight for digit, weight in zip(value, _IMO_COMPANY_WEIGHTS, strict=False))
    return (11 - weighted % 11) % 10 == int(value[6])


def _check_vin(value: str) -> bool | None:
    if not _VIN.fullmatch(value):
        return None
    weighted = sum(int(_VIN_VALUES[sign]) * weight for sign, weight in zip(value, _VIN_WEIGHTS, strict=True))
    if "0123456789X"[weighted % 11] == value[8]:
        return True
    # A European VIN need not carry the digit, so a wrong one there says nothing.
    return False if value[0] in _NORTH_AMERICA else None
