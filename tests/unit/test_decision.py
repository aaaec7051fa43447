"""The decision: fail-closed, and lawful as properties over all agreements and contexts (T27)."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreements.agreement import Agreement, parse_agreement
from agreements.decision import AskContext, MatchFacts, NoAgreementError, decide, may_ask, standing
from agreements.template import TEMPLATE

AGREEMENT = parse_agreement(TEMPLATE)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CONTEXT = AskContext("FR-DNMS", "DE-ZASM", AGREEMENT.hash, "migrant_smuggling", NOW, True, True)
MATCH = MatchFacts(score=0.99, bits=30.0)

_agencies = st.sampled_from(["FR-DNMS", "DE-ZASM", "GR-YPAM"])
_purposes = st.sampled_from(["migrant_smuggling", "terrorism", "document_fraud"])
_roles = st.sets(st.sampled_from(["asks", "holds"]), min_size=1)


@st.composite
def _agreement(draw: st.DrawFn) -> Agreement:
    names = draw(st.lists(_agencies, min_size=2, max_size=3, unique=True))
    scores = sorted(draw(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=2)))
    start = draw(st.dates(date(2025, 1, 1), date(2027, 1, 1)))
    return Agreement.model_validate(
        {
            "schema": 1,
            "id": draw(st.sampled_from(["a", "b", "c"])),
            "version": draw(st.integers(1, 3)),
            "title": "t",
            "legal_basis": "l",
            "parties": [{"agency": name, "roles": draw(_roles), "contact": "c"} for name in names],
            "purposes": draw(st.sets(_purposes, min_size=1)),
            "valid_from": start,
            "valid_until": start + timedelta(days=draw(st.integers(0, 700))),
            "answer": {
                "maximum": draw(st.integers(0, 2)),
                "hit_score": scores[0],
                "reference_score": scores[1],
            },
            "bit_budget": draw(st.floats(16, 40)),
            "maximum_candidates": draw(st.integers(1, 20)),
        }
    )


_agreements = st.lists(_agreement(), min_size=1, max_size=4)
_scores = st.floats(allow_nan=True)
_matches = st.none() | st.builds(MatchFacts, score=_scores, bits=st.floats(0, 60))


_Case = tuple[list[Agreement], AskContext, MatchFacts | None]


@st.composite
def _case(draw: st.DrawFn) -> _Case:
    agreements = draw(_agreements)
    context = AskContext(
        asker=draw(_agencies),
        holder=draw(_agencies),
        agreement_hash=draw(st.sampled_from(agreements)).hash,
        purpose=draw(_purposes),
        now=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 24 * 1000))),
        legal_basis=draw(st.booleans()),
        case_reference=draw(st.booleans()),
    )
    return agreements, context, draw(_matches)


def test_a_strong_match_under_the_agreement_is_told_in_full() -> None:
    decision = decide([AGREEMENT], CONTEXT, MATCH)
    assert (decision.level, decision.maximum_candidates) == (2, 5)
    assert all(line.endswith("at most level 2") for line in decision.trace)


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"asker": "GR-YPAM"}, "parties.asks"),
        ({"holder": "GR-YPAM"}, "parties.holds"),
        ({"holder": "FR-DNMS"}, "parties.distinct"),
        ({"purpose": "terrorism"}, "purposes"),
        ({"purpose": ""}, "purposes"),
        ({"now": datetime(2025, 12, 31, 23, 59, tzinfo=UTC)}, "validity"),
        ({"now": datetime(2028, 1, 1, tzinfo=UTC)}, "validity"),
        ({"legal_basis": False}, "legal_basis.given"),
        ({"case_reference": False}, "case_reference.given"),
    ],
)
def test_each_clause_alone_closes_and_the_trace_names_it(changes: dict[str, Any], clause: str) -> None:
    decision = decide([AGREEMENT], replace(CONTEXT, **changes), MATCH)
    assert (decision.level, decision.maximum_candidates) == (0, 0)
    assert f"{clause}: at most level 0" in decision.trace


@pytest.mark.parametrize(
    ("match", "level"),
    [
        (None, 0),
        (MatchFacts(0.49, 30.0), 0),
        (MatchFacts(0.99, 21.9), 0),
        (MatchFacts(math.nan, 30.0), 0),
        (MatchFacts(0.99, math.nan), 0),
        (MatchFacts(0.5, 22.0), 2),
    ],
)
def test_score_and_bits_must_reach_the_clauses(match: MatchFacts | None, level: int) -> None:
    assert decide([AGREEMENT], CONTEXT, match).level == level


def test_the_last_day_counts_to_its_end_in_utc() -> None:
    last = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert decide([AGREEMENT], replace(CONTEXT, now=last), MATCH).level == 2


def test_without_the_named_agreement_nothing_is_told() -> None:
    assert decide([], CONTEXT, MATCH).level == 0
    assert decide([AGREEMENT], replace(CONTEXT, agreement_hash=bytes(32)), MATCH).level == 0


@given(_case())
def test_removing_an_agreement_never_raises_a_level(
    case: _Case,
) -> None:
    agreements, context, match = case
    level = decide(agreements, context, match).level
    for left_out in range(len(agreements)):
        fewer = agreements[:left_out] + agreements[left_out + 1 :]
        assert decide(fewer, context, match).level <= level


@given(_case())
def test_the_order_of_agreements_never_matters(case: _Case) -> None:
    agreements, context, match = case
    decisions = {decide(list(order), context, match) for order in itertools.permutations(agreements)}
    assert len(decisions) == 1


@given(_case(), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_never_lowers(case: _Case, one: float, other: float) -> None:
    agreements, context, _ = case
    low, high = sorted((one, other))
    assert (
        decide(agreements, context, MatchFacts(low, 40)).level
        <= decide(agreements, context, MatchFacts(high, 40)).level
    )


@given(_case())
def test_what_is_missing_never_beats_what_is_there(case: _Case) -> None:
    agreements, context, match = case
    level = decide(agreements, context, match).level
    assert decide(agreements, context, None).level == 0
    for missing in ({"legal_basis": False}, {"case_reference": False}, {"purpose": ""}):
        assert decide(agreements, replace(context, **missing), match).level <= level


@given(_case())
def test_only_a_party_that_asks_is_ever_told(case: _Case) -> None:
    agreements, context, match = case
    named = next(one for one in agreements if one.hash == context.agreement_hash)
    if decide(agreements, context, match).level > 0:
        assert named.has_role(context.asker, "asks")
        assert named.has_role(context.holder, "holds")
        assert named.in_force(context.now)


@given(_case())
def test_who_may_not_ask_is_not_answered_and_who_may_has_a_reason(
    case: _Case,
) -> None:
    agreements, context, _ = case
    try:
        chosen = may_ask(agreements, context.asker, context.holder, context.purpose, context.now)
    except NoAgreementError:
        for agreement in standing(agreements, context.now):
            asked = replace(context, agreement_hash=agreement.hash)
            assert decide(agreements, asked, MatchFacts(1.0, 64.0)).level == 0
        return
    assert chosen.has_role(context.asker, "asks")
    assert context.purpose in chosen.purposes


@pytest.mark.parametrize(
    ("asker", "purpose", "now", "said"),
    [
        ("GR-YPAM", "migrant_smuggling", NOW, "lets this agency ask"),
        ("FR-DNMS", "terrorism", NOW, "covers this purpose"),
        ("FR-DNMS", "migrant_smuggling", NOW + timedelta(days=900), "in force today"),
    ],
)
def test_who_may_not_ask_is_told_why(asker: str, purpose: str, now: datetime, said: str) -> None:
    with pytest.raises(NoAgreementError, match=said):
        may_ask([AGREEMENT], asker, "DE-ZASM", purpose, now)
