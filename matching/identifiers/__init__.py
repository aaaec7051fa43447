"""Numbers that identify: read to one canonical form, with what their check digits say, and how two of them relate.

This room decides what kind of number a document, phone or e-mail holds, its canonical spelling, and whether its check
digits are right (``valid`` True), wrong (False), or absent or of another scheme (None). It does not weigh anything:
``matching.comparison.documents`` does. Lists label numbers loosely, so a number is called *wrong* only where its shape
is exactly the scheme's and the check digit alone fails.

One file a subject: `number` the form, `documents` what lists call them, `schemes` national and international check
digits, `transport` ships, vehicles and devices, `wallets`, `contacts` phones and e-mail, `zones` the machine readable
zone, `relation` how two numbers relate.
"""

from __future__ import annotations

from matching.identifiers.contacts import read_email, read_phone, regions_of
from matching.identifiers.documents import WORLDWIDE_KINDS, read_document
from matching.identifiers.number import Identifier, canonical_number
from matching.identifiers.relation import Relation, Slip, relate, same_country, slip_between
from matching.identifiers.zones import (
    MachineReadableZone,
    ZoneFormatError,
    machine_readable_check_digit,
    parse_machine_readable_zone,
    read_machine_readable_zone,
)

__all__ = [
    "WORLDWIDE_KINDS",
    "Identifier",
    "MachineReadableZone",
    "Relation",
    "Slip",
    "ZoneFormatError",
    "canonical_number",
    "machine_readable_check_digit",
    "parse_machine_readable_zone",
    "read_document",
    "read_email",
    "read_machine_readable_zone",
    "read_phone",
    "regions_of",
    "relate",
    "same_country",
    "slip_between",
]
