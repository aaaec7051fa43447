"""What keeps the log alive and honest when something is odd: a value, a waiter, the file, the clock (T19, T25)."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.entries import (
    FIRST_PREVIOUS,
    DamagedLogError,
    Opening,
    Statement,
    check_opening,
    draft,
    place,
    read_entry,
)
from ledger.events import AuditorAccess, QueryRefused
from ledger.log import KEPT_AFTER_EXPIRY, Ledger, write_entries
from ledger.merkle import hash_leaf
from ledger.reading import LedgerReader
from ledger.retention import erase
from ledger.submissions import AlreadySeenError
from matching.keys import SigningKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HALF_A_CHARACTER = "Melanos\ud800"


def _statement(reason: str = "fishing", **personal: str) -> Statement:
    return Statement(QueryRefused(envelope_digest="00", sender="symbolon://agency/DE-ZASM", reason=reason), personal)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def _edit(path: Path, change: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(change, values)
    connection.close()


@pytest.mark.parametrize(
    "odd",
    [
        _statement(case_reference=HALF_A_CHARACTER),
        _statement(**{HALF_A_CHARACTER: "x"}),
        _statement(reason=HALF_A_CHARACTER),
        Statement(AuditorAccess(entry=2**53, fields=())),
    ],
)
async def test_a_value_without_canonical_form_fails_alone_and_is_not_quoted(path: Path, odd: Statement) -> None:
    with Ledger(path) as ledger:

        async def write_odd() -> SymbolonError:
            with pytest.raises(SymbolonError) as caught:
                await ledger.record(_statement(), odd)
            return caught.value

        others = [asyncio.ensure_future(ledger.record(_statement())) for _ in range(9)]
        error = await write_odd()
        await asyncio.gather(*others)
        assert error.code is ErrorCode.INVALID_INPUT
        assert "Melanos" not in str(error)
        assert odd.event.type in str(error)
        await asyncio.wait_for(ledger.record(_statement()), 5)  # the writer lives
        assert ledger.verify() == 10


async def test_a_waiter_that_gives_up_stops_nobody(path: Path) -> None:
    with Ledger(path) as ledger:
        waiting = [asyncio.ensure_future(ledger.record(_statement())) for _ in range(8)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.wait_for(ledger.record(_statement()), 5)
        assert ledger.verify() >= 8


async def test_a_replay_just_after_the_expiry_is_still_refused(path: Path) -> None:
    """Checking the expiry and admitting are two moments; between them the digest must not be forgotten."""
    expired = int(time.time()) - 60
    with Ledger(path) as ledger:
        await ledger.admit(b"d" * 32, expired, _statement())
        await ledger.record(_statement())
        with pytest.raises(AlreadySeenError):
            await ledger.admit(b"d" * 32, expired, _statement())
        assert ledger.count() == 2


async def test_expired_digests_do_not_pile_up(path: Path) -> None:
    long_ago = int(time.time()) - KEPT_AFTER_EXPIRY - 60
    with Ledger(path) as ledger:
        for number in range(5):
            await ledger.admit(bytes([number]) * 32, long_ago, _statement())
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT COUNT(*) FROM seen").fetchone() == (1,)
    connection.close()


def test_only_the_owner_may_read_what_is_personal(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(_statement(case_reference="2026/117"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes.keys() >= {"ledger.db", "ledger.db-wal"}
    assert set(modes.values()) == {0o600}


def test_a_log_taken_away_is_not_written_to_and_not_begun_anew(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(_statement())
        taken = path.rename(path.with_name("taken.db"))
        with pytest.raises(SymbolonError) as caught:
            ledger.append(_statement())
        assert caught.value.code is ErrorCode.LOG_NOT_WRITABLE
        assert not path.exists()
        taken.rename(path)
        ledger.append(_statement())
        assert ledger.verify() == 2


def test_a_commit_waits_for_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing either way; a power cut does, unless the log asks for ``FULL``."""
    settings: list[str] = []
    connect = sqlite3.connect

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
            if sql.startswith("BEGIN IMMEDIATE"):
                levels = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
                settings.append(levels[super().execute("PRAGMA synchronous").fetchone()[0]])
            return super().execute(sql, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, factory=Watched, **named))
    with Ledger(path) as ledger:
        ledger.append(_statement())
    assert settings == ["FULL"] * 2  # of the preparation and of the entry


def test_however_many_write_no_entry_is_dated_before_an_earlier_one(path: Path) -> None:
    """Else an honest log would be accused of back-dating: who waited for the lock had looked at the clock before."""
    key = SigningKey.generate()
    with Ledger(path) as ledger, Ledger(path) as other, ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(one.append, _statement()) for one in (ledger, other) for _ in range(150)]
        for _ in range(10):
            early = datetime.now(UTC)
            time.sleep(0.01)
            ledger.sign_filled_up(64, "symbolon/agency/FR-DNMS/ledger", key, early)
        for one in waiting:
            one.result()
        times = [entry.time for entry in ledger.entries()]
    assert times == sorted(times)


def test_a_clock_that_is_set_back_far_is_to_be_seen(path: Path) -> None:
    now = datetime.now(UTC)
    with Ledger(path) as ledger:
        for at in (now, now - timedelta(seconds=50), now - timedelta(hours=1)):
            with ledger._writing() as connection:
                write_entries(connection, [draft(_statement())], at)
        assert [entry.time for entry in ledger.entries()] == [now, now, now - timedelta(hours=1)]


def test_what_is_erased_is_gone_from_the_file(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(_statement(subject="Giorgos Melanos of Nowhere"))
    assert b"Melanos" in path.read_bytes()
    with Ledger(path) as ledger:
        erase(path, 0, datetime.now(UTC))
        assert ledger.verify() == 2
    assert b"Melanos" not in path.read_bytes()


def test_openings_of_an_entry_that_is_gone_are_found(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(_statement(), _statement(case_reference="2026/117"))
    _edit(path, "DELETE FROM entry WHERE number = 2")
    with pytest.raises(DamagedLogError, match="entry 2"):
        LedgerReader(path).verify()


def test_a_damaged_log_is_refused_for_writing_and_read_up_to_the_damage(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(*(_statement() for _ in range(9)))
    _edit(path, "DELETE FROM entry WHERE number = 7")
    with pytest.raises(SymbolonError, match="entry 7 is missing") as caught:
        Ledger(path)
    assert caught.value.code is ErrorCode.LOG_DAMAGED
    with pytest.raises(DamagedLogError, match="entry 7 is missing"):
        list(LedgerReader(path).entries())
    with closing(LedgerReader(path).entries()) as entries:
        assert [next(entries).number for _ in range(6)] == [1, 2, 3, 4, 5, 6]


def test_a_file_that_is_no_log_is_refused(path: Path) -> None:
    path.write_bytes(b"no database at all " * 500)
    path.chmod(0o600)
    with pytest.raises(SymbolonError, match="is no log") as caught:
        Ledger(path)
    assert caught.value.code is ErrorCode.LOG_DAMAGED
    with pytest.raises(DamagedLogError, match="is no log"):
        LedgerReader(path).verify()


def test_pages_overwritten_within_the_file_are_found(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(*(_statement(case_reference="x" * 500) for _ in range(400)))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8 * 4096] = bytes(8 * 4096)
    path.write_bytes(content)
    with pytest.raises(DamagedLogError):
        LedgerReader(path).verify()


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=20), max_size=5), st.text(max_size=20))
def test_the_bytes_of_an_entry_are_its_canonical_form(personal: dict[str, str], reason: str) -> None:
    entry = place(draft(_statement(reason, **personal)), 3, hash_leaf(b"two"), NOW)
    assert rfc8785.dumps(json.loads(entry.body)) == entry.body


@pytest.mark.parametrize(
    "change",
    [
        {"note": "more"},
        {"number": True},
        {"number": "1"},
        {"previous": None},
        {"time": "2026-11-24T12:00:00"},
        {"time": "yesterday"},
        {"commitments": {"case_reference": "2026/117"}},
        {"event": {"type": "query_refused"}},
        {"event": {"type": "holiday"}},
    ],
)
def test_an_entry_is_closed_and_typed(change: dict[str, object]) -> None:
    entry = place(draft(_statement()), 1, FIRST_PREVIOUS, NOW)
    assert read_entry(entry.body, 1, FIRST_PREVIOUS) == entry
    with pytest.raises(DamagedLogError, match="entry 1 cannot be read"):
        read_entry(rfc8785.dumps(json.loads(entry.body) | change), 1, FIRST_PREVIOUS)


def test_another_spelling_of_the_same_entry_is_refused() -> None:
    entry = place(draft(_statement()), 1, FIRST_PREVIOUS, NOW)
    with pytest.raises(DamagedLogError, match="canonical"):
        read_entry(json.dumps(json.loads(entry.body)).encode(), 1, FIRST_PREVIOUS)


def test_the_form_of_an_entry_stands_still() -> None:
    """A later release must read and hash what this one wrote; computed by hand from the formats' definitions."""
    salt = bytes(range(32))
    committed = hmac.new(salt, b'["case_reference","2026/117"]', "sha256").hexdigest()
    body = (
        '{"commitments":{"case_reference":"' + committed + '"},"event":{"envelope_digest":"5f5f","reason":"fishing",'
        '"sender":"symbolon://agency/DE-ZASM","type":"query_refused"},"number":1,"previous":"' + "00" * 32 + '",'
        '"time":"2026-11-24T12:00:00+00:00"}'
    ).encode()
    assert committed == "2d9fd21028970ba44b10f2727f1ef00c369d311bd67590c4975bc0d9f680c24d"
    entry = read_entry(body, 1, FIRST_PREVIOUS)
    assert entry.leaf_hash == hashlib.sha256(b"\x00" + body).digest()
    check_opening(entry, Opening("case_reference", salt, "2026/117"))
