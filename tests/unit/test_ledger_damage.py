"""A log damaged in its middle: a party that serves does not start on it, and what is told names the entry."""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.entries import DamagedLogError, Statement
from ledger.events import QueryRefused
from ledger.log import Ledger
from ledger.reading import LedgerReader
from symbolon.rpc.errors import ErrorCode, SymbolonError
from tests.conftest import REPOSITORY

SIZE, PAGE = 900, 4096
REFUSED = Statement(QueryRefused(envelope_digest="00", sender="symbolon://agency/DE-ZASM", reason="fishing"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.append(*[REFUSED] * SIZE)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _place(path: Path, number: int) -> int:
    """Give where in the file the bytes of an entry stand."""
    with closing(sqlite3.connect(path)) as connection:
        (body,) = connection.execute("SELECT body FROM entry WHERE number = ?", (number,)).fetchone()
    return path.read_bytes().index(body)


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("number", [1, 300, SIZE - 257])
def test_one_bit_of_any_entry_keeps_a_party_from_serving(path: Path, number: int) -> None:
    _flip(path, _place(path, number) + 40)
    Ledger(path).close()  # a command opens it as fast as ever
    with pytest.raises(SymbolonError, match=rf"ledger\.db: entry {number} has not the hash it was stored with") as told:
        Ledger(path, whole=True)
    assert told.value.code is ErrorCode.LOG_DAMAGED


def test_a_whole_log_and_an_empty_one_are_served(tmp_path: Path, path: Path) -> None:
    for whole in (path, tmp_path / "new.db"):
        with Ledger(whole, whole=True) as ledger:
            ledger.append(REFUSED)
        Ledger(whole, whole=True).close()


def test_an_entry_missing_in_the_middle_is_named(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM entry WHERE number = 300")
        connection.commit()
    with pytest.raises(DamagedLogError, match="entry 300 is missing"):
        LedgerReader(path).check_bodies()


def test_where_sqlite_calls_the_file_damaged_the_first_entry_that_cannot_be_read_is_named(path: Path) -> None:
    place = _place(path, 300) // PAGE * PAGE
    content = bytearray(path.read_bytes())
    content[place : place + 8] = b"\xff" * 8  # the head of the page
    path.write_bytes(content)
    with pytest.raises(SymbolonError, match=r"the file is damaged: entry (29\d|300) cannot be read") as told:
        Ledger(path, whole=True)
    assert told.value.code is ErrorCode.LOG_DAMAGED
    with pytest.raises(DamagedLogError, match=r"the file is damaged: entry (29\d|300) cannot be read"):
        LedgerReader(path).verify()


@pytest.mark.parametrize("service", ["node/holdings.py", "coordinator/service.py", "coordinator/custodian/service.py"])
def test_who_serves_opens_every_log_whole(service: str) -> None:
    calls = [
        [one.arg for one in node.keywords]
        for node in ast.walk(ast.parse((REPOSITORY / service).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Ledger"
    ]
    assert calls
    assert all(one == ["whole"] for one in calls)
