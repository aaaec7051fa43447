"""Which agreement an asker picks of several: deterministic, and never an older version against an amendment."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

import pytest

from agreements.agreement import Agreement, parse_agreement
from agreements.decision import AskContext, MatchFacts, NoAgreementError, decide, may_ask
from agreements.template import TEMPLATE

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AGREEMENT = parse_agreement(TEMPLATE)


def _like(**changes: Any) -> Agreement:
    values = AGREEMENT.model_dump(by_alias=True)
    values["answer"] |= changes.pop("answer", {})
    return Agreement.model_validate(values | changes)


def _picked(*agreements: Agreement) -> Agreement:
    picked = {
        may_ask(order, "FR-DNMS", "DE-ZASM", "migrant_smuggling", NOW) for order in itertools.permutations(agreements)
    }
    assert len(picked) == 1
    return picked.pop()


def test_an_amendment_that_tells_less_is_obeyed() -> None:
    amended = _like(version=2, answer={"maximum": 1})
    assert _picked(AGREEMENT, amended) == amended


def test_an_amendment_not_yet_in_force_changes_nothing() -> None:
    amended = _like(version=2, answer={"maximum": 1}, valid_from=date(2027, 1, 1))
    assert _picked(AGREEMENT, amended) == AGREEMENT


def test_of_several_agreements_the_one_that_tells_most_is_picked_then_by_id() -> None:
    less = _like(id="a", answer={"maximum": 1})
    assert _picked(AGREEMENT, less, _like(id="z")) == AGREEMENT


def test_two_texts_of_one_version_are_told_apart_the_same_way_everywhere() -> None:
    one, other = _like(title="one"), _like(title="other")
    assert _picked(one, other).hash == min(one.hash, other.hash)


def test_nobody_asks_itself() -> None:
    with pytest.raises(NoAgreementError):
        may_ask([AGREEMENT], "FR-DNMS", "FR-DNMS", "migrant_smuggling", NOW)


def test_a_time_without_zone_decides_nothing() -> None:
    naive = NOW.replace(tzinfo=None)
    context = AskContext("FR-DNMS", "DE-ZASM", AGREEMENT.hash, "migrant_smuggling", naive, True, True)
    assert decide([AGREEMENT], context, MatchFacts(1.0, 40.0)).level == 0
