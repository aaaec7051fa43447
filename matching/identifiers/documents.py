"""Documents and registrations: the kind of number that a list's label means, and the number in canonical form."""

from __future__ import annotations

import re

from matching.countries import canonical_country
from matching.identifiers.number import SHORTEST_COMPARED, Identifier, canonical_number, is_placeholder
from matching.identifiers.schemes import check_scheme
from matching.identifiers.transport import read_device, read_imo, read_vehicle
from matching.identifiers.wallets import read_wallet
from matching.identifiers.zones import read_machine_readable_zone
from matching.subject import Document

PERSONAL_KINDS = frozenset({"passport", "national_id", "tax_id", "registration", "driver_licence", "permit", "other"})
"""Lists disagree on which of these a number is, so equal numbers of two of these kinds still relate."""

WORLDWIDE_KINDS = frozenset(
    {"imo", "imo_company", "lei", "vin", "imei", "imsi", "card", "wallet", "email", "phone", "iban", "msn", "mmsi"}
)
"""Kinds whose numbers are given once in the world, whoever issues them and whatever flag a ship sails under."""

_LABELS = """
passport: passport, national passport, diplomatic passport, service passport, travel document, travel document number,
    seamans book, laissez passer, refugee travel document, machine readable zone, mrz
national_id: national id, national identity card, national identification number, id card, identity card, identity,
    id, nin, personal number, ssn, social security number, cnic, cedula, cedula de ciudadania, curp, dni, nie, pesel,
    tazkira, civil id, voter id, birth certificate
tax_id: tax id, tax number, tin, inn, rfc, nit, rif, cpf, cnpj, pan, vat, vat number, fiscal code, codice fiscale
registration: registration, registration number, company number, commercial registry number, trade register number,
    ogrn, uscc, enterprise number, business number, duns
driver_licence: driver licence, driver license, driving licence, driving license, drivers licence, drivers license
permit: residence permit, work permit, visa, visa number, green card, residency number
imo: imo, imo number, vessel imo, vessel registration, ship imo, company imo, imo company, imo company number
iban: iban
account: account, bank account, account number
swift: swift, bic
imei: imei, imeisv, device, device number
imsi: imsi
card: card, credit card, debit card, payment card
lei: lei
vin: vin, vehicle identification number, chassis number
plate: plate, number plate, licence plate, license plate, vehicle registration, registration plate
tail: tail number, aircraft registration, aircraft tail number
msn: msn, manufacturer serial number, aircraft serial number, construction number
mmsi: mmsi
call_sign: call sign, callsign
wallet: wallet, crypto, crypto wallet, crypto address, digital currency address, virtual currency address, bitcoin,
    xbt, btc, ethereum, eth, usdt, tron, trx, litecoin, ltc, dash, dogecoin, bitcoin address, ethereum address
"""

_WALLET = re.compile(
    "(?:digital|virtual) currency address [a-z0-9]+|(?:xbt|btc|bitcoin|bch|eth|ethereum|usdt|tron|trx|litecoin|ltc|dash"
    "|dogecoin|xmr|monero|zec|zcash) (?:wallet|address|wallet address)"
)
"""Labels of wallets that name the currency: "Digital Currency Address - XBT" (OFAC), "BTC address"."""

LONGEST_WRITTEN = 400
"""Characters of a number as written that are looked at."""

_BEFORE_NUMBER = re.compile(
    r"\s*(?:(?:passport|national|identity|identification|card|number|nos?|nr|num|id|imo|mmsi|cnic|inn|ogrn|ssn|tin)\b"
    r"[\s.:#º°]*|№\s*|#\s*)+(?=[^\s.:#])",
    re.IGNORECASE,
)
"""Words that stand before a number in its own field: "Passport No. A123456", "OGRN: 1157847282603"."""


def _read_labels() -> dict[str, str]:
    kinds: dict[str, str] = {}
    for kind, labels in re.findall(r"^(\w+): ((?:.|\n )+)$", _LABELS, re.MULTILINE):
        kinds |= {" ".join(label.split()): kind for label in labels.split(",")}
    return kinds


_KIND_OF_LABEL = _read_labels()


def read_document(document: Document) -> Identifier | None:
    """Read a document's number; give None for one that identifies nobody (too short, "0000000", "unknown")."""
    label = _words(document.type)
    kind = _KIND_OF_LABEL.get(label) or ("wallet" if _WALLET.fullmatch(label) else "other")
    if kind in PERSONAL_KINDS and (from_zone := read_machine_readable_zone(document.number)) is not None:
        return from_zone
    if kind == "wallet":
        return read_wallet(document.number)
    value = canonical_number(_without_label(document.number[:LONGEST_WRITTEN]))
    if kind == "imo":
        value = value.removeprefix("IMO")
    if len(value) < SHORTEST_COMPARED or is_placeholder(value):
        return None
    if kind == "imo":
        return read_imo(value, f"{label} {_words(document.note)}")
    return read_device(value) if kind == "imei" else _read_plain(kind, value, canonical_country(document.country))


def _without_label(number: str) -> str:
    before = _BEFORE_NUMBER.match(number)
    return number[before.end() :] if before else number


def _read_plain(kind: str, value: str, country: str) -> Identifier:
    if kind in ("vin", "plate"):
        return read_vehicle(kind, value, country)
    if kind in ("account", "other") and check_scheme("iban", "", value):
        kind = "iban"
    if kind == "iban":
        # The account's country stands in its number, whatever the list says of its holder.
        return Identifier("iban", value, canonical_country(value[:2]), check_scheme("iban", "", value))
    return Identifier(kind, value, country, check_scheme(kind, country, value))


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text[:200].lower().replace("'", "").replace("’", "")))
