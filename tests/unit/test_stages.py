"""What may follow a hit: nothing that the tables do not say, and never content without all that leads to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agreements.stages import (
    CASE,
    REFERRAL,
    REVIEW,
    CaseEvent,
    CaseState,
    Clock,
    ReferralEvent,
    ReferralState,
    ReviewEvent,
    ReviewState,
    StageError,
    advance,
    allows,
)

TABLES: list[tuple[Any, type[StrEnum], type[StrEnum]]] = [
    (CASE, CaseState, CaseEvent),
    (REFERRAL, ReferralState, ReferralEvent),
    (REVIEW, ReviewState, ReviewEvent),
]
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(("table", "states", "events"), TABLES, ids=["case", "referral", "review"])
def test_every_pair_that_is_not_in_the_table_is_refused(
    table: Any, states: type[StrEnum], events: type[StrEnum]
) -> None:
    refused = [pair for pair in product(states, events) if pair not in table]
    assert refused
    for state, event in refused:
        with pytest.raises(StageError):
            advance(table, state, event)


@pytest.mark.parametrize(("table", "states", "events"), TABLES, ids=["case", "referral", "review"])
def test_every_state_is_reached_and_every_event_leads_somewhere(
    table: Any, states: type[StrEnum], events: type[StrEnum]
) -> None:
    first = {CaseState.HIT, ReferralState.TOLD, ReferralState.SILENT, ReviewState.NONE}
    assert set(states) - {move.to for move in table.values()} <= first
    assert {event for _, event in table} == set(events)


def test_what_is_over_stays_over() -> None:
    over = (CaseState.REJECTED, CaseState.DELETED, CaseState.DECLINED, CaseState.RECALLED, CaseState.LAPSED)
    assert [pair for pair in CASE if pair[0] in over] == []
    ended = (ReferralState.DELETED_THERE, ReferralState.DECLINED, ReferralState.RECALL_CONFIRMED, ReferralState.LAPSED)
    assert [pair for pair in REFERRAL if pair[0] in ended] == []


class BothTables(RuleBasedStateMachine):
    """Any events in any order, on both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.case, self.referral = CaseState.HIT, ReferralState.TOLD
        self.seen: list[StrEnum] = []

    @rule(event=st.sampled_from(CaseEvent))
    def at_the_asker(self, event: CaseEvent) -> None:
        """Move the case, where the table lets it."""
        if allows(CASE, self.case, event):
            self.case = advance(CASE, self.case, event)
            self.seen.append(event)

    @rule(event=st.sampled_from(ReferralEvent))
    def at_the_holder(self, event: ReferralEvent) -> None:
        """Move the referral, where the table lets it."""
        if allows(REFERRAL, self.referral, event):
            self.referral = advance(REFERRAL, self.referral, event)
            self.seen.append(event)

    @invariant()
    def content_has_come_by_all_steps(self) -> None:
        """Check the way to readable content, and to content that left."""
        if CaseEvent.CONTENT_COMES in self.seen:
            before = self.seen[: self.seen.index(CaseEvent.CONTENT_COMES)]
            asked = {CaseEvent.REQUEST, CaseEvent.REQUEST_IN_EMERGENCY} & set(before)
            assert asked
            assert CaseEvent.CONFIRM in before or CaseEvent.REQUEST_IN_EMERGENCY in asked
            assert {CaseEvent.OFFER_COMES, CaseEvent.ACKNOWLEDGE} <= set(before)
        if ReferralEvent.SEND_CONTENT in self.seen:
            before = self.seen[: self.seen.index(ReferralEvent.SEND_CONTENT)]
            steps = (ReferralEvent.REQUEST_COMES, ReferralEvent.APPROVE, ReferralEvent.ACKNOWLEDGEMENT_COMES)
            assert set(steps) <= set(before)


TestBothTables = BothTables.TestCase
TestBothTables.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)


def test_the_clock_stands_still_while_a_judge_has_the_request() -> None:
    clock = Clock.started(NOW, 48).paused(NOW + timedelta(hours=40))
    assert not clock.has_run_out(NOW + timedelta(days=30))
    resumed = clock.resumed(NOW + timedelta(days=30))
    assert not resumed.has_run_out(NOW + timedelta(days=30, hours=7))
    assert resumed.has_run_out(NOW + timedelta(days=30, hours=8))


def test_a_clock_that_has_run_out_stays_out() -> None:
    late = Clock.started(NOW, 8).paused(NOW + timedelta(hours=9)).resumed(NOW + timedelta(days=2))
    assert late.has_run_out(NOW + timedelta(days=2))
