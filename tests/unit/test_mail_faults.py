"""What a handler's failure costs: a fault of the machine costs time, and a message at fault itself waits for people."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.events import MessageAccepted
from node.mail import inbox, store, tables
from node.mail.post_room import PostRoom
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.unit.mail_pair import ALFA, BRAVO, SECRET, STRANGER, House, Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(House(ALFA, tmp_path / "alfa"), House(BRAVO, tmp_path / "bravo"))
    yield made
    made.alfa.close()
    made.bravo.close()


def raised_by(fault: Callable[[], object]) -> Exception:
    try:
        fault()
    except Exception as error:  # noqa: BLE001  # whatever it is, a handler would raise it
        return error
    raise AssertionError("nothing failed")


def _database(folder: Path) -> Path:
    path = folder / "other.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE word (word TEXT UNIQUE NOT NULL)")
        made.executemany("INSERT INTO word VALUES (?)", [(f"{number:0500}",) for number in range(200)])
        made.commit()
    return path


def _read(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("SELECT * FROM word").fetchall()


def cannot_be_opened(folder: Path) -> None:
    _read(folder / "nowhere" / "other.db")


def is_damaged(folder: Path) -> None:
    path = _database(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    _read(path)


def is_no_database(folder: Path) -> None:
    path = folder / "other.db"
    path.write_bytes(b"no database " * 1000)
    _read(path)


def has_lost_its_tables(folder: Path) -> None:
    _read(folder / "other.db")


def is_read_only(folder: Path) -> None:
    with closing(sqlite3.connect(f"file:{_database(folder)}?mode=ro", uri=True)) as opened:
        opened.execute("INSERT INTO word VALUES ('new')")


def holds_it_already(folder: Path) -> None:
    with closing(sqlite3.connect(_database(folder))) as opened:
        opened.execute("INSERT INTO word SELECT word FROM word")


def takes_nothing_so_long(folder: Path) -> None:
    with closing(sqlite3.connect(_database(folder))) as opened:
        opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100)
        opened.execute("INSERT INTO word VALUES (?)", ("x" * 101,))


def takes_no_such_value(folder: Path) -> None:
    with closing(sqlite3.connect(_database(folder))) as opened:
        opened.execute("INSERT INTO word VALUES (?)", (object(),))


@pytest.mark.parametrize("fault", [cannot_be_opened, is_damaged, is_no_database, has_lost_its_tables, is_read_only])
def test_a_database_at_fault_costs_no_message(fault: Callable[[Path], None], pair: Pair, tmp_path: Path) -> None:
    _outlasted(pair, raised_by(lambda: fault(tmp_path)))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOENT, errno.EMFILE, errno.ENOSPC, errno.EDQUOT])
def test_a_disk_at_fault_costs_no_message(number: int, pair: Pair) -> None:
    _outlasted(pair, OSError(number, os.strerror(number)))


@pytest.mark.parametrize(
    "failure", [MemoryError(), *map(SymbolonError, (ErrorCode.LOG_NOT_WRITABLE, ErrorCode.LOG_DAMAGED))]
)
def test_a_log_or_a_memory_at_fault_costs_no_message(failure: Exception, pair: Pair) -> None:
    _outlasted(pair, failure)


@pytest.mark.parametrize("fault", [holds_it_already, takes_nothing_so_long, takes_no_such_value])
def test_what_a_database_refuses_of_a_message_is_set_aside_and_holds_up_nobody(
    fault: Callable[[Path], None], pair: Pair, tmp_path: Path
) -> None:
    pair.bravo.raises = raised_by(lambda: fault(tmp_path))
    pair.alfa.post(SECRET, pair.now)
    pair.ticks(3)
    assert [one.reason for one in store.set_aside(pair.bravo.cases.connection)] == [type(pair.bravo.raises).__name__]


def test_a_message_that_comes_again_after_a_fault_stands_in_the_log_once(pair: Pair) -> None:
    pair.bravo.raises = OSError(errno.EROFS, "read-only")
    _tick_without_luck(pair, SECRET)
    assert len(pair.bravo.logged(MessageAccepted)) == 1


def test_what_is_set_aside_of_one_partner_is_bounded_in_bytes_and_the_newest_is_kept(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_BYTES_SET_ASIDE", 2_500)
    connection = pair.bravo.cases.connection
    connection.execute(
        "INSERT INTO mail_set_aside (partner, message, content, reason, set_aside_at) VALUES (?, x'00', ?, 'E', ?)",
        (STRANGER, bytes(2_500), tables.milliseconds(pair.now)),
    )
    pair.bravo.raises = ValueError()
    for number in range(5):
        pair.alfa.post(b"%d" % number * 1_000, pair.now)
    pair.ticks(4)
    assert [store.read_set_aside(connection, one.number)[:1] for one in store.set_aside(connection)] == [
        b"\x00",
        b"3",
        b"4",
    ]
    assert b"2" * 1_000 not in pair.bravo.on_disk()


def _outlasted(pair: Pair, failure: Exception) -> None:
    """See a message stay with its sender while the receiver fails, and arrive afterwards."""
    pair.bravo.raises = failure
    message = _tick_without_luck(pair, SECRET)
    assert store.set_aside(pair.bravo.cases.connection) == []
    assert pair.alfa.ended(message) is None
    pair.bravo.raises = None
    pair.ticks(30)
    assert pair.bravo.steps() == [SECRET]
    assert pair.alfa.ended(message) == "delivered"


def _tick_without_luck(pair: Pair, content: bytes) -> bytes:
    """Post a message and let it come, several times, to a receiver that fails; give its name."""
    message = pair.alfa.post(content, pair.now)
    failed = [raised for raised in (_ticked(pair) for _ in range(20)) if raised is not None]
    assert len(failed) > 1
    assert set(failed) == {pair.bravo.raises}
    return message


def _ticked(pair: Pair) -> Exception | None:
    """Let a tick pass, as the carrier does whatever happens; give what was raised."""
    try:
        pair.tick()
    except Exception as error:  # noqa: BLE001  # it is looked at afterwards
        return error
    return None


@pytest.mark.parametrize("fault", [RuntimeError("Zhavande"), KeyError("Zhavande"), RecursionError("Zhavande")])
def test_whatever_keeps_a_bag_from_being_filled_an_empty_one_of_the_same_size_goes(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    usual = len(pair.bag(pair.alfa))
    pair.now += timedelta(minutes=1)

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(PostRoom, "_pack", fail)
    assert len(pair.bag(pair.alfa)) == usual
    assert "a mailbag says nothing" in caplog.text
    assert "Zhavande" not in caplog.text
