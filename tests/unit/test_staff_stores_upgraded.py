"""Officers, accounts and links from before sessions hung on stamps: each gets its own, and who was in may go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from node.accounts import identities as identities_room
from node.accounts import store as accounts_room
from node.accounts.identities import Identities
from node.accounts.store import Accounts, waits
from node.officers import register
from node.officers.register import Officers

AT = "2026-11-01T00:00:00+00:00"
NAMES = ("a.martin", "s.sofia")


def before(path: Path, migrations: Migrations, last: str, *rows: str) -> None:
    """Make a file as it was before a migration, with these rows."""
    database = Database(path)
    migrations.apply(database, stop_before=last)
    for row in rows:
        database.execute(f"INSERT INTO {row}")
    database.conn.commit()
    database.close()


def officers_of_old(path: Path) -> list[int]:
    rows = [f"officer VALUES ('{name}', '[\"analyst\"]', '', x'00', 'op', '{AT}', 'op', '{AT}')" for name in NAMES]
    before(path, register._migrations, "add_stamp", *rows)
    with Officers(path) as store:
        found = [store.standing_of(name) for name in NAMES]
    return [standing.stamp for standing in found if standing is not None]


def links_of_old(path: Path) -> list[int]:
    rows = [f"identity VALUES ('{name}', 'https://id.example', '{name}', 'op', '{AT}')" for name in NAMES]
    before(path, identities_room._migrations, "add_stamp", *rows)
    with Identities(path) as store:
        return [store.stamp_of("https://id.example", name) for name in NAMES]


@pytest.mark.parametrize("upgraded", [officers_of_old, links_of_old])
def test_each_entry_and_link_gets_a_stamp_of_its_own(tmp_path: Path, upgraded: Callable[[Path], list[int]]) -> None:
    stamps = upgraded(tmp_path / "old.db")
    assert len(set(stamps) - {0}) == len(NAMES)


def test_an_account_that_was_in_use_waits_for_nobody(tmp_path: Path) -> None:
    path = tmp_path / "accounts.db"
    row = f"account VALUES ('s.sofia', 'hash', 'A', 1, NULL, NULL, 0, 0, 7, 'op', '{AT}')"
    before(path, accounts_room._migrations, "add_confirmation", row)
    with Accounts(path) as store:
        account = store.find("s.sofia")
    assert account is not None
    assert (account.invited_by, account.confirmed_by, account.next_until) == ("op", "op", 0)
    assert not waits(account, {"supervisor"})
