"""What the blind stage loses of what the comparison in clear would have flagged.

A partner is compared with in clear only once a query has opened blind, so a pair that the comparison flags and that
shares no feature is lost. Both sides of every pair that is the same person ask in turn, the other holds the full
record. ``all`` asks with everything the record has; ``name_dob_nationality`` with the primary name, birth dates and
nationality, and counts only records that have them. Of these queries, in shares:

- ``clear_recall``: the comparison of the query with the record reaches the cutoff;
- ``blind_recall``: query and record share a feature at the default budget;
- ``blind_and_clear_recall``: both, which is what a federation finds;
- ``loss_points``: clear recall less that, in percentage points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.blind import feature_key, queries
from benchmarks.scoreboard import Case
from matching.features import query_features, record_features
from matching.subject import Subject

FORMS = ("all", "name_dob_nationality")
SHARES = ("clear_recall", "blind_recall", "blind_and_clear_recall", "loss_points")


def clear_to_blind(
    cases: Sequence[Case], compare: Callable[[Subject, Subject], float], cutoff: float
) -> dict[str, Any]:
    """Give the figures of asking with everything, and those of each form under its name."""
    directions = [
        (asking, holding)
        for case in cases
        if case.same
        for asking, holding in ((case.one, case.other), (case.other, case.one))
    ]
    opened = {form: _outcomes(form, directions, compare, cutoff) for form in FORMS}
    return {**_shares(opened[FORMS[0]]), **{form: _shares(outcomes) for form, outcomes in opened.items()}}


def _outcomes(
    form: str,
    directions: Iterable[tuple[Subject, Subject]],
    compare: Callable[[Subject, Subject], float],
    cutoff: float,
) -> list[tuple[bool, bool]]:
    """Say of each query whether it is flagged in clear and whether it opens blind."""
    outcomes = []
    for asking, holding in directions:
        query = asking if form == FORMS[0] else queries(asking, "").get(form)
        if query is not None:
            outcomes.append((compare(query, holding) >= cutoff, _opens(query, holding)))
    return outcomes


def _opens(query: Subject, record: Subject) -> bool:
    held = {feature_key(feature) for feature in record_features(record)}
    return any(feature_key(feature) in held for feature in query_features(query))


def _shares(outcomes: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    asked = len(outcomes)
    if not asked:
        return {"queries": 0} | dict.fromkeys(SHARES)
    clear = sum(flagged for flagged, _ in outcomes) / asked
    blind = sum(opens for _, opens in outcomes) / asked
    both = sum(flagged and opens for flagged, opens in outcomes) / asked
    return {
        "queries": asked,
        "clear_recall": round(clear, 5),
        "blind_recall": round(blind, 5),
        "blind_and_clear_recall": round(both, 5),
        "loss_points": round(100 * (clear - both), 3),
    }
