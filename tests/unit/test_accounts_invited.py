"""What an invitation takes the place of, and when somebody enrolled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.account_events import AccountInvited
from node.accounts.authenticator import draw_secret
from node.accounts.store import Accounts
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.console_accounts import MARTIN, NOW, keeping
from tests.unit.console_desk import ConsoleDesk

SOFIA = "s.petit"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    with ConsoleDesk(tmp_path) as made:
        made.now = NOW
        made.enter(MARTIN, "analyst")
        made.enter(SOFIA, "supervisor")
        yield made


def enrol(desk: ConsoleDesk, name: str, code: str) -> None:
    desk.store.show_first_secret(name, code, draw_secret())
    desk.store.enrol(name, code, "a hash", 1, ["one"], datetime.fromtimestamp(desk.now, UTC), lambda: None)


def refused(desk: ConsoleDesk, name: str) -> str:
    """Invite without a reset, see that it is refused and changes nothing, and give why."""
    before = desk.store.find(name)
    with pytest.raises(SymbolonError) as caught:
        keeping(desk).invite(name, reset=False)
    assert caught.value.code is ErrorCode.INVALID_INPUT
    assert desk.store.find(name) == before
    return str(caught.value)


def test_an_invitation_lifts_no_lock(desk: ConsoleDesk) -> None:
    keeping(desk).invite(MARTIN, reset=False)
    keeping(desk).lock(MARTIN)
    assert "locked" in refused(desk, MARTIN)
    keeping(desk).unlock(MARTIN)
    keeping(desk).invite(MARTIN, reset=False)
    keeping(desk).lock(MARTIN)
    keeping(desk).invite(MARTIN, reset=True)
    assert keeping(desk).state_of(MARTIN).state == "invited"


def test_an_account_that_is_enrolled_between_look_and_write_is_not_emptied_unasked(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = keeping(desk).invite(MARTIN, reset=False, confirmed=True).code
    looked = desk.store.find(MARTIN)
    enrol(desk, MARTIN, code)  # by a colleague's invitation
    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "find", lambda _: looked)
        with pytest.raises(SymbolonError, match="has an account"):
            keeping(desk).invite(MARTIN, reset=False, confirmed=True)
    assert keeping(desk).state_of(MARTIN).state == "enrolled"


def test_the_log_says_whether_an_invitation_voids_an_account(desk: ConsoleDesk) -> None:
    for reset in (False, False, True):
        keeping(desk).invite(MARTIN, reset=reset)
    events = [entry.event for entry in desk.ledger.entries()]
    assert [one.anew for one in events if isinstance(one, AccountInvited)] == [False, True, True]


def test_when_somebody_enrolled_stays_whatever_an_operator_does_since(desk: ConsoleDesk) -> None:
    enrol(desk, SOFIA, keeping(desk).invite(SOFIA, reset=False).code)
    seen = keeping(desk).state_of(SOFIA).enrolled_at
    assert seen == NOW
    desk.now += 86_400
    keeping(desk).lock(SOFIA)
    keeping(desk).unlock(SOFIA)
    assert keeping(desk).state_of(SOFIA).enrolled_at == seen
    desk.store.confirm(SOFIA, seen, "b.second", lambda: None)
    assert keeping(desk).state_of(SOFIA).state == "enrolled"


def test_an_account_from_before_was_enrolled_at_its_last_change(tmp_path: Path) -> None:
    at = datetime(2026, 11, 3, 14, 30, 7, 250_000, UTC)
    with Accounts(tmp_path / "accounts.db") as accounts:
        accounts.invite(SOFIA, "code", 2**40, "op", at, lambda _: None, reset=False, confirmed=False)
        accounts.enrol(SOFIA, "code", "a hash", 1, [], at, lambda: None)
        accounts.invite(MARTIN, "code", 2**40, "op", at, lambda _: None, reset=False, confirmed=False)
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as connection:
        connection.execute("ALTER TABLE account DROP COLUMN enrolled_at")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'add_enrolment'")
        connection.commit()
    with Accounts(tmp_path / "accounts.db") as accounts:
        found = {name: accounts.find(name) for name in (SOFIA, MARTIN)}
    assert {name: one and one.enrolled_at for name, one in found.items()} == {SOFIA: int(at.timestamp()), MARTIN: 0}
