"""Addresses of crypto currencies: Bitcoin and its kin, Tron, Ethereum and its kin.

Base58Check (Bitcoin, Litecoin, Dogecoin, Dash, Tron) tells capitals from small letters; Bech32 (BIP 173) and Bech32m
(BIP 350) do not and are read in small letters, like Ethereum, whose capitals are only a checksum (EIP-55). An address
of another form is kept as written and nothing is said of it. The arithmetic is python-stdnum's and PyCryptodome's.
"""

from __future__ import annotations

import hashlib
import re

from Crypto.Hash import keccak
from stdnum.bitcoin import b58decode, bech32_checksum

from matching.identifiers.number import SHORTEST_COMPARED, Identifier, is_placeholder

LONGEST_ADDRESS = 128

_ETHEREUM = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII | re.IGNORECASE)
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,36}", re.ASCII)
_BECH32 = re.compile(r"(bc|tb|ltc|bnb|cosmos|addr)1([02-9ac-hj-np-z]{7,100})", re.ASCII)
_BECH32_SIGNS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_SUM, _BECH32M_SUM = 1, 0x2BC830A3
_SEGWIT = frozenset({"bc", "tb", "ltc"})
_BASE58_BYTES = 25
_VERSIONS = {0x00: "1", 0x05: "3", 0x30: "L", 0x32: "M", 0x1E: "D", 0x16: "9A", 0x4C: "X", 0x10: "7", 0x41: "T"}
"""The version byte of each kind of address and the letters addresses of it begin with."""


def read_wallet(text: str) -> Identifier | None:
    """Read an address, without a scheme such as ``bitcoin:`` and a query behind it; None where there is none."""
    address = re.sub(r"^[a-z]{2,12}:", "", text.strip()[: 2 * LONGEST_ADDRESS], flags=re.IGNORECASE)
    address = re.split(r"[\s?]", address.strip(), maxsplit=1)[0][:LONGEST_ADDRESS]
    if len(address) < SHORTEST_COMPARED or is_placeholder(address):
        return None
    if _ETHEREUM.fullmatch(address):
        return Identifier("wallet", address.lower(), "", _check_ethereum(address[2:]))
    # BIP 173: an address mixes no cases, and its capitals (as in QR codes) mean the same.
    if address in (address.lower(), address.upper()) and (parts := _BECH32.fullmatch(address.lower())):
        return Identifier("wallet", address.lower(), "", _check_bech32(parts[1], parts[2]))
    return Identifier("wallet", address, "", _check_base58(address) if _BASE58.fullmatch(address) else None)


def _check_ethereum(digits: str) -> bool | None:
    """Check EIP-55 capitals; digits in one case carry no checksum."""
    if digits in (digits.lower(), digits.upper()):
        return None
    hashed = keccak.new(digest_bits=256, data=digits.lower().encode()).hexdigest()
    return all(
        sign.isdigit() or sign.isupper() == (int(nibble, 16) >= 8) for sign, nibble in zip(digits, hashed, strict=False)
    )


def _check_bech32(prefix: str, data: str) -> bool:
    values = [_BECH32_SIGNS.index(sign) for sign in data]
    expanded = [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix]
    found = bech32_checksum(expanded + values)
    if prefix in _SEGWIT:
        # Witness version 0 has the first checksum, later ones the second (BIP 350).
        return bool(found == (_BECH32M_SUM if values[0] else _BECH32_SUM))
    return found in (_BECH32_SUM, _BECH32M_SUM)


def _check_base58(address: str) -> bool | None:
    """Check the four bytes at the end; an address that begins like none of ours may have another alphabet."""
    if address[0] not in "".join(_VERSIONS.values()):
        return None
    decoded = b58decode(address)
    if len(decoded) != _BASE58_BYTES:
        return None
    expected = hashlib.sha256(hashlib.sha256(decoded[:-4]).digest()).digest()[:4]
    return decoded[-4:] == expected
