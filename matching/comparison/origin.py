"""Nationality and gender: supporting evidence, never enough alone.

Codes of any standard are one country (`matching.countries`): SYR is SY. A state that is gone agrees in part with each
of its successors, for a list of the nineties says Soviet Union of whom another calls Ukrainian. People have several
nationalities and lists give one of them, so a contradiction is dear but not final. Measured on the labelled pairs of
real lists, logarithms of likelihood ratios: nationality shared 1.4, different −7.6 (its negatives come from many
countries, hence held back), gender shared 2.6 where both lists give it.
"""

from __future__ import annotations

from collections.abc import Sequence

from matching.comparison.evidence import Contribution, judged
from matching.countries import canonical_country, share_country
from matching.subject import Gender

NATIONALITY_SHARED = 1.5
NATIONALITY_AMONG_SEVERAL = 1.0
NATIONALITY_OF_SUCCESSOR = 0.5
NATIONALITY_DIFFERENT = -3.5
GENDER_SAME = 0.5
GENDER_DIFFERENT = -5.0

MOST_NATIONALITIES = 16


def compare_nationalities(query: Sequence[str], record: Sequence[str]) -> tuple[Contribution, ...]:
    """Compare sets of nationalities: one in common is enough to agree; silent where one side names no country."""
    ours, theirs = _countries(query), _countries(record)
    if not ours or not theirs:
        return ()
    if shared := sorted(ours & theirs):
        several = max(len(ours), len(theirs)) > 2
        points = NATIONALITY_AMONG_SEVERAL if several else NATIONALITY_SHARED
        return (judged("nationality", points, f"{' and '.join(shared)} on both sides"),)
    sentence = f"{' and '.join(sorted(ours))} against {' and '.join(sorted(theirs))}"
    if share_country(sorted(ours), sorted(theirs)):
        return (judged("nationality", NATIONALITY_OF_SUCCESSOR, f"{sentence}, a state that is gone and its successor"),)
    return (judged("nationality", NATIONALITY_DIFFERENT, sentence),)


def _countries(codes: Sequence[str]) -> frozenset[str]:
    return frozenset(filter(None, map(canonical_country, codes[:MOST_NATIONALITIES])))


def compare_genders(query: Gender, record: Gender) -> tuple[Contribution, ...]:
    """Compare genders; silent where one is not known or is X, which documents give for several reasons."""
    if query not in ("M", "F") or record not in ("M", "F"):
        return ()
    if query == record:
        return (Contribution("gender", GENDER_SAME, f"{query} on both sides", "agrees"),)
    return (judged("gender", GENDER_DIFFERENT, f"{query} against {record}"),)
