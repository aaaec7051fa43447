"""The disclosure log: numbered, chained, durable, free of personal data, and also the replay cache (T19, T25)."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entries import FIRST_PREVIOUS, DamagedLogError, Statement, check_opening, draft, place, read_entry
from ledger.events import QueryRefused, QuerySent
from ledger.log import Ledger
from ledger.retention import erase, place_hold
from ledger.submissions import AlreadySeenError
from symbolon.rpc.errors import ErrorCode, SymbolonError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENT = QuerySent(
    query_id="ab",
    purpose="migrant_smuggling",
    recipients=("symbolon://agency/DE-ZASM",),
    agreements=("fr-de",),
    agreement_hashes=("cd",),
)


def _refused(reason: str = "fishing") -> Statement:
    return Statement(QueryRefused(envelope_digest="00", sender="symbolon://agency/DE-ZASM", reason=reason))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_entries_are_numbered_from_one_and_name_the_hash_before(path: Path) -> None:
    with Ledger(path) as ledger:
        first, second = ledger.append(_refused(), _refused())
        (third,) = ledger.append(_refused())
        assert [entry.number for entry in ledger.entries()] == [1, 2, 3]
        assert ledger.verify() == 3
    assert first.leaf_hash == hashlib.sha256(b"\x00" + first.body).digest()
    assert first.leaf_hash.hex() in second.body.decode()
    assert second.leaf_hash.hex() in third.body.decode()


def test_what_is_personal_is_in_no_entry_and_its_opening_verifies_and_can_be_erased(path: Path) -> None:
    statement = Statement(SENT, {"subject.names": '["Giorgos Melanos"]', "case_reference": "2026/117"})
    with Ledger(path) as ledger:
        (entry,) = ledger.append(statement)
        assert b"Melanos" not in entry.body
        assert b"2026/117" not in entry.body
        openings = ledger.openings(1)
        assert {one.name: one.value for one in openings} == statement.personal
        for opening in openings:
            check_opening(entry, opening)
        assert erase(path, 0, datetime.now(UTC)) == 1
        assert ledger.verify() == 2
        assert ledger.openings(1) == ()


@pytest.mark.parametrize("which", ["entry = 2", "entry = 2 AND field = 'case_reference'"])
def test_what_was_destroyed_and_not_erased_is_found(path: Path, which: str) -> None:
    statement = Statement(SENT, {"subject.names": '["Giorgos Melanos"]', "case_reference": "2026/117"})
    with Ledger(path) as ledger:
        ledger.append(statement, statement, _refused())
        with sqlite3.connect(path) as connection:
            connection.execute(f"DELETE FROM opening WHERE {which}")  # noqa: S608  # tables of ours
        with pytest.raises(DamagedLogError, match="entry 2 lacks an opening, and no entry says that it was erased"):
            ledger.verify()


def test_an_end_that_was_cut_off_is_found_by_the_house_itself(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(*[_refused()] * 5)
        with sqlite3.connect(path) as connection:
            connection.execute("DELETE FROM entry WHERE number > 3")
        with pytest.raises(DamagedLogError, match="entries 4 to 5 are missing, which were acknowledged"):
            ledger.verify()


def test_more_destroyed_than_was_erased_is_found(path: Path) -> None:
    statement = Statement(SENT, {"case_reference": "2026/117"})
    held = Statement(SENT, {"case_reference": "2026/118"})
    with Ledger(path) as ledger:
        ledger.append(statement, held, statement)
        place_hold(path, "2026/118", {"reason": "review"}, datetime.now(UTC))
        assert erase(path, 0, datetime.now(UTC)) == 2
        assert ledger.verify() == 5
        with sqlite3.connect(path) as connection:
            connection.execute("DELETE FROM opening WHERE entry = 2")
        with pytest.raises(DamagedLogError, match="1 entries more lack an opening"):
            ledger.verify()


def test_equal_values_have_different_commitments(path: Path) -> None:
    statement = Statement(SENT, {"case_reference": "2026/117"})
    with Ledger(path) as ledger:
        one, other = ledger.append(statement, statement)
    assert one.commitments["case_reference"] != other.commitments["case_reference"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET body = replace(body, 'fishing', 'nothing') WHERE number = 2",
        "UPDATE entry SET hash = zeroblob(32) WHERE number = 2",
        "DELETE FROM entry WHERE number = 2",
        "UPDATE entry SET number = 9 WHERE number = 3",
        "UPDATE entry SET body = (SELECT body FROM entry WHERE number = 1) WHERE number = 2",
        "UPDATE opening SET value = 'other'",
        "UPDATE opening SET field = 'user'",
    ],
)
def test_a_change_anywhere_is_found_and_named(path: Path, change: str) -> None:
    with Ledger(path) as ledger:
        ledger.append(Statement(SENT, {"case_reference": "2026/117"}), _refused(), _refused())
    with sqlite3.connect(path) as connection:
        # STRICT tables refuse text in a blob column, so the edit goes through a cast.
        connection.execute(
            change.replace("replace(body", "CAST(replace(CAST(body AS TEXT)").replace("nothing')", "nothing') AS BLOB)")
        )
    with pytest.raises((DamagedLogError, SymbolonError), match="entry"), Ledger(path) as ledger:
        ledger.verify()


def test_an_entry_rewritten_with_its_hash_breaks_the_link_of_the_next(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(_refused(), _refused("other"), _refused())
        first = next(iter(ledger.entries()))
    forged = place(draft(_refused("forged")), 2, first.leaf_hash, NOW)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entry SET body = ?, hash = ? WHERE number = 2", (forged.body, forged.leaf_hash))
    with pytest.raises((DamagedLogError, SymbolonError), match="entry 3"), Ledger(path) as ledger:
        ledger.verify()


def test_a_log_with_a_damaged_end_is_refused(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.append(_refused())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entry SET body = x'7b7d'")
    with pytest.raises(SymbolonError) as caught:
        Ledger(path)
    assert caught.value.code is ErrorCode.LOG_DAMAGED
    assert "entry 1" in str(caught.value)


async def test_an_envelope_is_admitted_once_also_after_a_restart(path: Path) -> None:
    later = int(datetime.now(UTC).timestamp()) + 100
    with Ledger(path) as ledger:
        await ledger.admit(b"d" * 32, later, _refused())
        with pytest.raises(AlreadySeenError):
            await ledger.admit(b"d" * 32, later, _refused())
        assert ledger.count() == 1
    with Ledger(path) as ledger:
        with pytest.raises(AlreadySeenError):
            await ledger.admit(b"d" * 32, later, _refused())
        await ledger.admit(b"e" * 32, later, _refused())
        assert ledger.verify() == 2


def test_the_entries_of_a_step_are_written_once_also_after_a_restart(path: Path) -> None:
    steps = {bytes(32): [_refused("one"), _refused("two")], b"\1" * 32: [_refused("three")]}
    until = int(datetime.now(UTC).timestamp()) + 60
    with Ledger(path) as log:
        log.append_once({bytes(32): steps[bytes(32)]}, until)
    with Ledger(path) as log:
        log.append_once(steps, until)
        assert [entry.event.reason for entry in log.entries()] == ["one", "two", "three"]  # type: ignore[union-attr]


async def test_of_many_at_once_exactly_one_admits_a_digest(path: Path) -> None:
    later = int(datetime.now(UTC).timestamp()) + 100
    with Ledger(path) as ledger:
        tries = await asyncio.gather(
            *(ledger.admit(b"d" * 32, later, _refused()) for _ in range(50)), return_exceptions=True
        )
        assert sum(isinstance(one, AlreadySeenError) for one in tries) == 49
        assert ledger.count() == 1


async def test_a_digest_is_forgotten_after_its_expiry(path: Path) -> None:
    with Ledger(path) as ledger:
        await ledger.admit(b"d" * 32, 1, _refused())
        await ledger.admit(b"d" * 32, 1, _refused())
        assert ledger.count() == 2


async def test_a_log_that_cannot_be_written_says_so_and_recovers_by_itself(path: Path) -> None:
    with Ledger(path) as ledger:
        await ledger.record(_refused())
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE entry RENAME TO hidden")
        with pytest.raises(SymbolonError) as caught:
            await ledger.record(_refused())
        assert caught.value.code is ErrorCode.LOG_NOT_WRITABLE
        with sqlite3.connect(path) as connection:
            connection.execute("ALTER TABLE hidden RENAME TO entry")
        await ledger.record(_refused())
        assert ledger.verify() == 2


def test_a_log_in_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SymbolonError) as caught:
        Ledger(tmp_path / "file" / "ledger.db")
    assert caught.value.code is ErrorCode.LOG_NOT_WRITABLE


def test_a_closed_log_takes_nothing_more(path: Path) -> None:
    ledger = Ledger(path)
    ledger.close()
    with pytest.raises(SymbolonError):
        ledger.append(_refused())


def test_several_writers_of_one_file_leave_one_chain(path: Path) -> None:
    def write() -> None:
        with Ledger(path) as ledger:
            for _ in range(25):
                ledger.append(_refused(), _refused())

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Ledger(path) as ledger:
        assert ledger.verify() == 200


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=5), st.text(max_size=40))
def test_every_statement_survives_its_canonical_form(personal: dict[str, str], reason: str) -> None:
    drafted = draft(Statement(_refused(reason).event, personal))
    entry = place(drafted, 1, FIRST_PREVIOUS, NOW)
    assert read_entry(entry.body, 1, FIRST_PREVIOUS) == entry
    for opening in drafted.openings:
        check_opening(entry, opening)
