"""Where an agreement stands: every way in which it is in force between two parties, and in which it is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agreements.declarations import earliest_last_day
from agreements.standing import AgreementSet, Standing
from tests.unit.agreed import AGREEMENT, NOW, agreement_like, in_force

TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)


def _binds(now: datetime = NOW, **changes: Any) -> bool:
    return in_force(AGREEMENT, **changes).in_force("FR-DNMS", "DE-ZASM", now)


def _named(changes: dict[str, Any]) -> str:
    return ",".join(
        f"{name}={sorted(value) if isinstance(value, frozenset) else value}" for name, value in changes.items()
    )


def test_signed_by_all_accepted_and_within_validity_it_is_in_force() -> None:
    assert _binds()


@pytest.mark.parametrize(
    "changes",
    [
        {"accepted": False},
        {"accepted": 1},
        {"signed_by": frozenset({"FR-DNMS"})},
        {"signed_by": frozenset()},
        {"suspended_by": frozenset({"FR-DNMS"})},
        {"suspended_by": frozenset({"DE-ZASM"})},
        {"ended": {"FR-DNMS": TODAY - timedelta(days=1)}},
        {"ended": {"DE-ZASM": TODAY - timedelta(days=1)}},
        {"superseded_from": TODAY},
        {"now": datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)},
        {"now": datetime(2028, 1, 1, tzinfo=UTC)},
        {"now": NOW.replace(tzinfo=None)},
    ],
    ids=_named,
)
def test_each_of_these_alone_takes_its_force(changes: dict[str, Any]) -> None:
    assert not _binds(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"suspended_by": frozenset({"GR-YPAM"})},
        {"ended": {"GR-YPAM": TODAY - timedelta(days=1)}},
        {"ended": {"FR-DNMS": TODAY}},
        {"superseded_from": TOMORROW},
        {"signed_by": frozenset({"FR-DNMS", "DE-ZASM", "GR-YPAM"})},
    ],
    ids=_named,
)
def test_none_of_these_does(changes: dict[str, Any]) -> None:
    assert _binds(**changes)


def test_a_standing_is_neither_accepted_nor_signed_unless_said() -> None:
    assert not Standing(AGREEMENT, frozenset(AGREEMENT.party_of)).is_complete
    assert not Standing(AGREEMENT, frozenset(), accepted=True).is_complete
    assert in_force(AGREEMENT).is_complete


def test_notice_is_counted_in_days_of_utc() -> None:
    assert earliest_last_day(AGREEMENT, TODAY) == TODAY + timedelta(days=90)
    assert earliest_last_day(AGREEMENT, date.max) == date.max
    no_notice = agreement_like(validity={"notice_days": 0})
    assert earliest_last_day(no_notice, TODAY) == TODAY


def test_a_set_finds_by_hash_and_by_who_may_ask_whom() -> None:
    values = AGREEMENT.model_dump(by_alias=True)["parties"]
    asks_only = agreement_like(parties=[values[0] | {"roles": ["asks"]}, values[1] | {"roles": ["holds"]}])
    standings = [in_force(AGREEMENT), in_force(asks_only)]
    held = AgreementSet(standings)
    assert (len(held), list(held)) == (2, standings)
    assert held.find(AGREEMENT.hash) == standings[0]
    assert held.find(bytes(32)) is None
    assert {one.agreement.hash for one in held.between("FR-DNMS", "DE-ZASM")} == {AGREEMENT.hash, asks_only.hash}
    assert held.between("DE-ZASM", "FR-DNMS") == (standings[0],)
    assert held.between("FR-DNMS", "FR-DNMS") == held.between("FR-DNMS", "GR-YPAM") == ()


def test_of_two_standings_of_one_agreement_none_counts() -> None:
    doubled = AgreementSet([in_force(AGREEMENT), in_force(AGREEMENT, accepted=False)])
    assert (len(doubled), doubled.find(AGREEMENT.hash), doubled.between("FR-DNMS", "DE-ZASM")) == (0, None, ())
