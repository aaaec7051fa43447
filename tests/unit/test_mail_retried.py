"""A message set aside is handed over again when people say so: once, under its old name, and to nobody's cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.events import MessageAccepted
from node.mail import store
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
