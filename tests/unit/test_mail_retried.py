"""A message set aside is handed over again when people say so: once, under its old name, and to nobody's cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from ledger.events import MessageAccepted
from node.database import DatabaseFile
from node.mail import store, tables
from tests.unit.mail_pair import ALFA, BRAVO, SECRET, STRANGER, House, Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(House(ALFA, tmp_path / "alfa"), House(BRAVO, tmp_path / "bravo"))
    yield made
    made.alfa.close()
    made.bravo.close()


def set_aside(pair: Pair, *contents: bytes) -> list[bytes]:
    """Let messages come to a handler that fails, and mend it; give their names."""
    names = [pair.alfa.post(content, pair.now) for content in contents]
    pair.bravo.raises = ValueError()
    pair.ticks(4)
    pair.bravo.raises = None
    return names


def retry(pair: Pair, *numbers: int) -> None:
    with pair.bravo.cases.transaction() as connection:
        for number in numbers:
            store.retry_set_aside(connection, number)
    pair.bravo.room.hand_over_again()


def aside(pair: Pair) -> list[tuple[int, str, bool]]:
    return [(one.number, one.reason, one.again) for one in store.set_aside(pair.bravo.cases.connection)]


def test_one_is_handled_once_under_its_old_name_and_gone_from_the_disk_but_for_what_the_handler_keeps(
    pair: Pair,
) -> None:
    first, second = set_aside(pair, SECRET, b"not this one")
    retry(pair, 1)
    pair.bravo.room.hand_over_again()
    pair.ticks(4)
    steps = pair.bravo.cases.connection.execute("SELECT sender, message, content FROM step").fetchall()
    assert [tuple(step) for step in steps] == [(ALFA, first, SECRET)]
    assert aside(pair) == [(2, "ValueError", False)]
    assert len(pair.bravo.logged(MessageAccepted)) == 2
    assert pair.alfa.ended(first) == pair.alfa.ended(second) == "delivered"
    pair.bravo.cases.connection.execute("DELETE FROM step")
    pair.bravo.cases.shrink_log()
    assert SECRET not in pair.bravo.on_disk()


def test_one_that_fails_again_stays_with_the_new_reason_and_is_not_tried_for_ever(pair: Pair) -> None:
    set_aside(pair, SECRET)
    pair.bravo.raises = KeyError()
    retry(pair, 1)
    assert aside(pair) == [(1, "KeyError", False)]
    pair.bravo.raises = None
    pair.bravo.room.hand_over_again()
    assert pair.bravo.steps() == []


def test_a_number_is_never_given_to_another_message(pair: Pair) -> None:
    set_aside(pair, b"first", b"second")
    retry(pair, 1, 2)
    set_aside(pair, b"third")
    assert aside(pair) == [(3, "ValueError", False)]


def test_what_was_set_aside_before_this_could_be_said_keeps_its_number(tmp_path: Path) -> None:
    older = Database(tmp_path / "cases.db")
    tables.MIGRATIONS.apply(older, stop_before="add_retries")
    older.execute("INSERT INTO mail_set_aside VALUES (7, ?, x'00', ?, 'ValueError', 5)", (ALFA, SECRET))
    older.conn.commit()
    older.close()
    with DatabaseFile(tmp_path / "cases.db", tables.MIGRATIONS) as newer:
        (one,) = store.set_aside(newer.connection)
        assert (one.number, one.partner, one.again) == (7, ALFA, False)
        assert store.read_set_aside(newer.connection, 7) == SECRET
        assert newer.connection.execute("SELECT name FROM sqlite_master WHERE name = 'mail_set_aside_at'").fetchone()


def test_a_fault_of_the_machine_leaves_it_to_be_tried_at_each_tick_and_holds_up_no_other(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_aside(pair, b"first", b"second")
    handle = pair.bravo.handle

    def failing_once(connection: object, sender: str, message: bytes, content: bytes) -> None:
        handle(connection, sender, message, content)  # type: ignore[arg-type]
        if content == b"first":
            raise OSError

    monkeypatch.setattr(pair.bravo.room, "_handler", failing_once)
    retry(pair, 1, 2)
    assert pair.bravo.steps() == [b"second"]
    assert aside(pair) == [(1, "ValueError", True)]
    monkeypatch.setattr(pair.bravo.room, "_handler", handle)
    pair.bravo.room.hand_over_again()
    assert pair.bravo.steps() == [b"second", b"first"]
    assert aside(pair) == []


def test_one_of_a_party_that_is_no_partner_any_more_is_not_handled(pair: Pair) -> None:
    set_aside(pair, SECRET)
    pair.bravo.partners = (STRANGER,)
    retry(pair, 1)
    assert pair.bravo.steps() == []
    assert aside(pair) == [(1, "PartyError", False)]
