"""How requests are counted at the holder: of a UTC day and a UTC month, through erasure, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agreements.stages import CaseState, ReferralState
from node.cases import asking, holding, store
from node.cases.requests import COUNTED_FOR
from tests.unit import kept_files
from tests.unit.two_desks import REFERENCE, SUPERVISOR, TwoDesks, agreement, two_desks

ONE_A_DAY = agreement(quotas__requests_a_day=1)
APPEAL = {"responsible": "m.chef", "danger": "forty people at sea"}
OTHER = "QRSTUVWXYZ234567"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[TwoDesks]:
    """Give two desks with a hit between them, under an agreement of one request a day."""
    yield from two_desks(tmp_path, ONE_A_DAY)


def counted(desks: TwoDesks) -> list[str]:
    """Give the references of the requests that the holder counts."""
    return [row[0] for row in desks.holder.file.connection.execute("SELECT reference FROM request_received")]


def ask_about_another(desks: TwoDesks) -> CaseState:
    """Ask about another hit, and give where its case stands then."""
    if OTHER not in [case.reference for case in kept_files.cases(desks.asker.file.connection)]:
        desks.hit(ONE_A_DAY, OTHER)
        desks.ask(asking.confirm, reference=OTHER)
    desks.ask(asking.request, facts="seen again", reference=OTHER)
    desks.carry()
    return desks.case(OTHER).state


def test_a_day_ends_at_midnight_in_utc(desks: TwoDesks) -> None:
    desks.clock[0] = datetime(2026, 6, 1, 23, 59, 58, tzinfo=UTC)
    desks.to_request()
    assert ask_about_another(desks) is CaseState.CONFIRMED
    desks.clock[0] += timedelta(seconds=1)
    assert ask_about_another(desks) is CaseState.CONFIRMED
    desks.clock[0] += timedelta(seconds=1)
    assert ask_about_another(desks) is CaseState.REQUESTED


def test_a_month_of_emergencies_ends_with_its_last_day(tmp_path: Path) -> None:
    text = agreement(emergency__uses_a_month=1)
    for desks in two_desks(tmp_path, text):
        desks.clock[0] = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)
        desks.ask(asking.request, facts="a boat", emergency=APPEAL)
        desks.carry()
        desks.clock[0] = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
        desks.hit(text, OTHER)
        for second, state in ((0, CaseState.HIT), (1, CaseState.REQUESTED)):
            desks.clock[0] += timedelta(seconds=second)
            desks.ask(asking.request, facts="a boat", emergency=APPEAL, reference=OTHER)
            desks.carry()
            assert desks.case(OTHER).state is state


def test_a_request_taken_on_is_decided_by_what_was_used_before_it(desks: TwoDesks) -> None:
    desks.to_request()
    desks.wait(timedelta(days=1))
    assert ask_about_another(desks) is CaseState.REQUESTED  # the quota of this day is used up by another
    desks.hold(holding.approve)
    desks.hold(holding.approve, by=SUPERVISOR)
    assert desks.referral().state is ReferralState.OFFERED


def test_a_request_that_was_refused_is_not_counted(desks: TwoDesks) -> None:
    desks.to_request()
    ask_about_another(desks)
    assert counted(desks) == [REFERENCE]


def test_a_request_counts_though_its_referral_is_erased(desks: TwoDesks) -> None:
    desks.to_request()
    referral = desks.referral()
    with desks.holder.file.transaction() as connection:
        store.erase(connection, referral)
    desks.holder.clockwork.sweep()
    assert ask_about_another(desks) is CaseState.CONFIRMED


def test_what_no_quota_counts_any_more_is_forgotten_with_its_referral(desks: TwoDesks) -> None:
    desks.to_request()
    desks.hold(holding.decline, reason="a source")
    desks.wait(COUNTED_FOR + timedelta(days=1))
    assert counted(desks) == [REFERENCE]  # its referral is there, and its decision may be looked at again
    desks.wait(timedelta(days=365))
    assert store.find_referral(desks.holder.file.connection, REFERENCE) is None
    assert counted(desks) == []


def test_a_request_whose_content_is_still_there_is_counted_for_as_long(desks: TwoDesks) -> None:
    desks.to_content()
    desks.wait(timedelta(days=300))
    assert desks.referral().state is ReferralState.CONTENT_SENT
    assert counted(desks) == [REFERENCE]
