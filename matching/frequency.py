"""How much a part of a subject tells: bits, minus log2 of the share of people who have it.

The table of names (``frequency_table.json``) is built by ``benchmarks.learning.frequency`` from public name frequencies
and says nothing about any list of suspects. A code that is not in it is rare and carries the cap. Dates, nationalities
and numbers are weighed by the constants here. Bits of different parts are added as if the parts were independent, which
they are not quite; the budget (``matching.features.DEFAULT_BUDGET``) is set by measurement, not by the sum alone.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib.resources import files

from matching.phonetics import CODE_FAMILIES

_TEXT = files("matching").joinpath("frequency_table.json").read_text(encoding="ascii")
_TABLE = json.loads(_TEXT)

CAP_BITS: float = _TABLE["cap"] / 10
"""Bits of a name code that no table knows."""

SPELLING_BITS = 2.5
"""A levelled spelling tells at most this more than its skeleton: transliterations of one name scatter."""

INITIAL_BITS = 5.0
"""A code of one letter tells at most this: an initial stands for any name that begins with it."""

YEAR_BITS = 5.5
MONTH_BITS = 3.5
DAY_BITS = 4.8
FIRST_OF_JANUARY_BITS = 3.0
"""1 January stands for an unknown day far more often than once in 365."""

NUMBER_BITS = 40.0
"""A document with its type and country, a telephone number or an e-mail address."""

_NATIONALITY_SHARES = {
    "RU": 12, "IR": 6, "SY": 5, "IQ": 5, "AF": 5, "PK": 5, "CN": 4, "UA": 4, "BY": 3, "KP": 3, "MX": 3, "CO": 3,
    "TR": 3, "LB": 3, "YE": 3, "SA": 3, "EG": 3, "LY": 3, "TN": 3, "DZ": 2, "MA": 2, "SO": 2, "SD": 2, "MM": 2,
    "VE": 2, "CU": 1, "CD": 2, "ZW": 1, "RS": 1, "BA": 1, "IN": 2, "NG": 2, "JO": 2, "PS": 2, "US": 2, "GB": 2,
    "FR": 2, "DE": 2, "SV": 2, "GT": 2, "HN": 1, "BR": 2, "AR": 2, "RO": 1, "AL": 1, "UZ": 1, "TJ": 1, "KZ": 1,
    "PE": 1, "ET": 1, "ER": 1, "ID": 1, "PH": 1, "VN": 1, "KW": 1, "IL": 1, "NI": 1, "GE": 1, "AZ": 1, "AM": 1,
}  # fmt: skip
"""Per cent of the people agencies ask about, by our own estimate; any other country counts as half a per cent."""


def table_text() -> str:
    """Give the table as shipped."""
    return _TEXT


@lru_cache(maxsize=1 << 16)
def code_bits(family: str, part: str) -> float:
    """Give the bits of a folded part's code in one family (a key of `CODE_FAMILIES`), at most `CAP_BITS`.

    They depend on the code alone, so that two sides that share a code agree on what it tells.
    """
    code = CODE_FAMILIES[family](part)
    tabled: float = _TABLE["families"][family].get(code, _TABLE["cap"]) / 10
    if len(code) == 1:
        tabled = min(tabled, INITIAL_BITS)
    if family == "spelling":
        return min(tabled, code_bits("skeleton", part) + SPELLING_BITS)
    return tabled


def part_bits(part: str) -> float:
    """Give the bits of a folded name part as it is spelt."""
    return code_bits("spelling", part)


def nationality_bits(country: str) -> float:
    """Give the bits of an ISO 3166 alpha-2 nationality."""
    return -math.log2(_NATIONALITY_SHARES.get(country, 0.5) / 100)
