"""Which of today's countries a code in a record's own rules may mean; an unknown code is told apart from a known one.

Records write countries as their sources do (``UK``, ``FRA``, ``YUG``); agreements write ISO 3166 alpha-2 only. What
follows from an unknown code is decided by the rule that reads it, always to the side that tells less.
"""

from __future__ import annotations

from functools import lru_cache

from matching.countries import states, successors

STATELESS = "XXA"
"""ICAO's code of somebody who is known to have no nationality."""

_CODES_REMEMBERED = 1024


@lru_cache(_CODES_REMEMBERED)
def states_of(code: str) -> frozenset[str]:
    """Give the alpha-2 codes it may stand for today; empty where it is unknown or names no country."""
    return successors(code) & states()


def is_canonical(code: str) -> bool:
    """Say whether it is the one code by which agreements name a country."""
    return states_of(code) == {code}
