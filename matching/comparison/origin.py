"""Nationality and gender: supporting evidence, never enough alone.

Codes are compared as written (ISO 3166); an alpha-2 code says nothing about an alpha-3 code. People have several
nationalities and lists give one of them, so a contradiction is dear but not final.
"""

from __future__ import annotations

from collections.abc import Sequence

from matching.comparison.evidence import Contribution, judged
from matching.subject import Gender

NATIONALITY_SHARED = 1.5
NATIONALITY_AMONG_SEVERAL = 1.0
NATIONALITY_DIFFERENT = -3.5
GENDER_SAME = 0.5
GENDER_DIFFERENT = -5.0

MOST_NATIONALITIES = 16


def compare_nationalities(query: Sequence[str], record: Sequence[str]) -> tuple[Contribution, ...]:
    """Compare sets of nationalities: one in common is enough to agree; silent where none can be compared."""
    ours, theirs = frozenset(query[:MOST_NATIONALITIES]), frozenset(record[:MOST_NATIONALITIES])
    shared = sorted(ours & theirs)
    if shared:
        several = max(len(ours), len(theirs)) > 2
        points = NATIONALITY_AMONG_SEVERAL if several else NATIONALITY_SHARED
        return (judged("nationality", points, f"{' and '.join(shared)} on both sides"),)
    if not {len(code) for code in ours} & {len(code) for code in theirs}:
        return ()
    sentence = f"{' and '.join(sorted(ours))} against {' and '.join(sorted(theirs))}"
    return (judged("nationality", NATIONALITY_DIFFERENT, sentence),)


def compare_genders(query: Gender, record: Gender) -> tuple[Contribution, ...]:
    """Compare genders; silent where one is not known or is X, which documents give for several reasons."""
    if query not in ("M", "F") or record not in ("M", "F"):
        return ()
    if query == record:
        return (Contribution("gender", GENDER_SAME, f"{query} on both sides", "agrees"),)
    return (judged("gender", GENDER_DIFFERENT, f"{query} against {record}"),)
