"""The sign-in while the disclosure log cannot be written: nobody learns whose names are known, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.account_events import AccountLocked, SignInRefused
from ledger.entries import Statement
from ledger.summing import Summed
from ledger.system_events import SystemCalled
from node.accounts.attempts import MOST_FAILURES
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.console_accounts import BETTER, GOOD, MARTIN, NOW, code_of, enrolled, keeping, sign_in
from tests.unit.console_desk import ConsoleDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.now = NOW
        made.enter(MARTIN, "analyst")
        yield made


async def full(*_: object) -> None:
    """Stand in for `Ledger.record` on a disk without room."""
    raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)


async def test_refusals_are_alike_for_all_names_while_the_log_cannot_be_written(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enrolled(desk)
    await sign_in(desk.browser(), "w.known-as-unknown", BETTER, "123456")  # the first of its minute is in the log
    monkeypatch.setattr(desk.ledger, "record", full)
    names = ("n.obody", MARTIN, "n.obody", MARTIN, "x.unknown")
    told = [(await sign_in(desk.browser(), name, BETTER, "123456")).status_code for name in names]
    assert told == [403] * len(names)


async def test_what_was_refused_then_is_entered_once_the_log_can_be_written(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enrolled(desk)
    with monkeypatch.context() as patched:
        patched.setattr(desk.ledger, "record", full)
        for name in ("n.obody", *[MARTIN] * MOST_FAILURES):
            await sign_in(desk.browser(), name, BETTER, "123456")
        await desk.desk.accounts.refusals.enter()  # a minute is over, and there still is no room
    await desk.desk.accounts.refusals.enter()
    events = [entry.event for entry in desk.ledger.entries()]
    refused = {one.reason: one.times for one in events if isinstance(one, SignInRefused)}
    assert refused == {"unknown": 1, "password": MOST_FAILURES}
    assert [one.cause for one in events if isinstance(one, AccountLocked)] == ["failures"]


async def test_who_was_right_while_the_log_could_not_be_written_is_not_locked_out_for_it(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret, _ = await enrolled(desk)

    def broken(*_: object) -> None:
        raise SymbolonError(ErrorCode.LOG_NOT_WRITABLE)

    with monkeypatch.context() as patched:
        patched.setattr(desk.ledger, "append", broken)
        for _ in range(MOST_FAILURES):
            answer = await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))
            assert answer.status_code == 503
    assert keeping(desk).state_of(MARTIN).state == "enrolled"
    assert (await sign_in(desk.browser(), MARTIN, GOOD, code_of(desk, secret))).status_code == 303


async def test_what_was_to_be_written_first_is_not_let_through_the_second_time(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed = Summed(desk.ledger, lambda of, calls: Statement(SystemCalled(system=of[0], calls=calls)), ("many",))
    monkeypatch.setattr(desk.ledger, "record", full)
    for _ in range(2):
        with pytest.raises(SymbolonError):
            await summed.note(("spiffe://one",))
    monkeypatch.undo()
    await summed.note(("spiffe://one",))
    await summed.enter()
    assert [entry.event.type for entry in desk.ledger.entries()] == ["system_called"]


async def test_what_waits_to_be_written_has_a_bound(desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    summed = Summed(desk.ledger, lambda of, calls: Statement(SystemCalled(system=of[0], calls=calls)), ("many",))
    monkeypatch.setattr("ledger.summing.MOST_KINDS", 3)
    monkeypatch.setattr(desk.ledger, "record", full)
    for number in range(5):
        summed.count((f"spiffe://{number}",))
        await summed.enter()
    monkeypatch.setattr(desk.ledger, "record", type(desk.ledger).record.__get__(desk.ledger))
    await summed.enter()
    events = [entry.event for entry in desk.ledger.entries()]
    assert sum(one.calls for one in events if isinstance(one, SystemCalled)) == 5
    assert len(events) <= 3
