"""Failures at the desk wait, each longer, and are bounded in number; a right key is never made to wait.

A call carries a key or a token, never both: nobody has to guess which of the two it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.log import Ledger
from ledger.officer_events import OfficerRefused
from node.officers import access as access_module
from node.officers.access import FIRST_PAUSE, FORGET_SECONDS, LONGEST_PAUSE, MOST_NAMES, DeskAccess, Failures
from node.officers.key import NAME_ENTRY, OfficerKey
from node.officers.register import Attempt, Officer, Officers
from node.officers.token import OfficerToken
from symbolon.rpc.errors import ErrorCode, SymbolonError


def test_each_further_failure_of_a_name_waits_twice_as_long_up_to_a_bound() -> None:
    failures = Failures()
    pauses = [failures.pause_after("a.martin", float(second)) for second in range(2000)]
    assert pauses[:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert set(pauses[6:]) == {LONGEST_PAUSE}


def test_names_do_not_wait_for_each_other() -> None:
    failures = Failures()
    for second in range(10):
        failures.pause_after("a.martin", float(second))
    assert failures.pause_after("b.other", 10.0) == FIRST_PAUSE


def test_a_name_begins_anew_after_a_time_without_failure() -> None:
    failures = Failures()
    failures.pause_after("a.martin", 0.0)
    assert failures.pause_after("a.martin", FORGET_SECONDS - 1) == 2 * FIRST_PAUSE
    assert failures.pause_after("a.martin", 2 * FORGET_SECONDS) == FIRST_PAUSE


def test_names_without_end_take_no_memory_without_end() -> None:
    failures = Failures()
    for number in range(3 * MOST_NAMES):
        failures.pause_after(f"n{number}", 0.0)
    assert len(failures._failed) == MOST_NAMES
    assert failures.pause_after(f"n{3 * MOST_NAMES - 1}", 1.0) == 2 * FIRST_PAUSE


class Carried:
    """A call with this metadata."""

    def __init__(self, *entries: tuple[str, str | bytes]) -> None:
        self._entries = entries

    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        return self._entries


class Vouching:
    """Stands in for an identity provider that vouches for every token there is, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def calling(self, token: str) -> Attempt:
        self.asked.append(token)
        if token == "old":
            return Attempt(None, "token_expired")
        return (
            Attempt(Officer("a.martin", frozenset({"analyst"})), known="a.martin")
            if token
            else Attempt(None, "token_form")
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Officers, Ledger]]:
    with Officers(tmp_path / "officers.db") as officers, Ledger(tmp_path / "ledger.db") as ledger:
        yield officers, ledger


async def who(access: DeskAccess, *entries: tuple[str, str | bytes]) -> str:
    return (await access.officer_of(cast("Any", Carried(*entries)))).name


async def is_refused(access: DeskAccess, *entries: tuple[str, str | bytes]) -> bool:
    with pytest.raises(SymbolonError) as caught:
        await who(access, *entries)
    return caught.value.code is ErrorCode.OFFICER_UNKNOWN


async def test_a_token_is_read_from_one_bearer_entry_and_stands_alone(
    desk: tuple[Officers, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_module, "FIRST_PAUSE", 0.0)
    officers, ledger = desk
    key = OfficerKey.draw("a.martin")
    officers.add(key, ["analyst"], "", "test", datetime.now(UTC), lambda _: None)
    provider = Vouching()
    access = DeskAccess(officers, ledger, cast("Any", provider))
    bearer = ("authorization", "Bearer the.token")
    assert await who(access, bearer) == "a.martin"
    assert await who(access, ("authorization", "bearer  the.token")) == "a.martin"
    assert provider.asked == ["the.token", "the.token"]
    for entries in (
        (bearer, bearer),
        (("authorization", "Basic eDp5"),),
        (("authorization", "the.token"),),
        (("authorization", ""),),
    ):
        assert await is_refused(access, *entries)
    assert set(provider.asked) == {"the.token", ""}
    for beside in (*key.metadata, (NAME_ENTRY, "x")):
        assert await is_refused(access, bearer, beside)
    assert await who(access, *key.metadata) == "a.martin"
    assert await is_refused(DeskAccess(officers, ledger), bearer)
    reasons = [entry.event.reason for entry in ledger.entries() if isinstance(entry.event, OfficerRefused)]
    assert reasons == ["token_form"] * 4 + ["token_unwanted"] * 4
    assert "the.token" not in repr(OfficerToken("the.token"))
    assert OfficerToken("the.token").metadata == (bearer,)


async def test_a_bearer_is_told_that_his_token_has_expired_and_waits_for_nobody_s_failures(
    desk: tuple[Officers, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("node.officers.access.asyncio.sleep", sleep)
    officers, ledger = desk
    access = DeskAccess(officers, ledger, cast("Any", Vouching()))
    for _ in range(12):
        assert await is_refused(access, ("authorization", "Bearer "))
    with pytest.raises(SymbolonError, match="the access token has expired") as caught:
        await who(access, ("authorization", "Bearer old"))
    assert caught.value.code is ErrorCode.OFFICER_UNKNOWN
    assert max(waited) <= FIRST_PAUSE
    assert [one.event.reason for one in ledger.entries() if isinstance(one.event, OfficerRefused)][
        -1
    ] == "token_expired"
