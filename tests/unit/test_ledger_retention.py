"""What is personal is erased after its time, unless it is held; that it was is in the log, and every proof stays."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import log as log_module
from ledger.checkpoints import ledger_origin, parse_checkpoint
from ledger.entries import DamagedLogError, Statement
from ledger.events import QueryRefused
from ledger.federation_events import PersonalErased
from ledger.log import Ledger
from ledger.merkle import check_inclusion, hash_leaf
from ledger.retention import TOGETHER, erase, holds, lift_hold, place_hold
from matching.keys import SigningKey
from symbolon.rpc.errors import ErrorCode, SymbolonError

LONG_AGO = datetime(2022, 5, 1, tzinfo=UTC)
WHO = {"user": "j.auditor", "reason": "complaint 4"}


def written(path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch, *personal: dict[str, str]) -> None:
    """Write entries as they would have been written at a moment."""

    class Then(datetime):
        @classmethod
        def now(cls, _: object = None) -> datetime:  # type: ignore[override]
            return at

    with monkeypatch.context() as patched:
        patched.setattr(log_module, "datetime", Then)
        with Ledger(path) as ledger:
            event = QueryRefused(envelope_digest="00", sender="s", reason="fishing")
            ledger.append(*(Statement(event, one) for one in personal))


def opened(path: Path) -> dict[int, dict[str, str]]:
    with Ledger(path) as ledger:
        return {
            entry.number: {one.name: one.value for one in ledger.openings(entry.number)} for entry in ledger.entries()
        }


def test_old_openings_go_and_young_ones_stay_and_proofs_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    written(path, LONG_AGO, monkeypatch, {"user": "a.analyst", "case_reference": "Vertrulijk/1"}, {"user": "b"})
    now = datetime.now(UTC)
    written(path, now - timedelta(days=1090), monkeypatch, {"user": "c.clerk"})
    key, origin = SigningKey.generate(), ledger_origin("symbolon://agency/FR-DNMS")
    with Ledger(path) as ledger:
        head = parse_checkpoint(ledger.sign_head(origin, key).text).head
        body, proof = ledger.prove_entry(1, head.size)
    assert erase(path, 1095, now) == 2
    assert erase(path, 1095, now) == 0
    assert opened(path) == {1: {}, 2: {}, 3: {"user": "c.clerk"}, 4: {}}
    with Ledger(path) as ledger:
        assert ledger.verify() == 4
        *_, last = ledger.entries()
        assert ledger.prove_entry(1, head.size) == (body, proof)
        check_inclusion(hash_leaf(body), 0, head, proof)
    before = (now - timedelta(days=1095)).isoformat()
    assert last.event == PersonalErased(before=before, first=1, last=2, entries=2, fields=3)
    assert b"Vertrulijk" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_what_is_held_stays_until_the_hold_is_lifted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    case, other = {"case_reference": "2026/117", "user": "a"}, {"case_reference": "2026/1", "user": "a"}
    written(path, LONG_AGO, monkeypatch, case, other, {"hits": '[{"record_id": "FR-1187", "reference": "2026/117"}]'})
    now = datetime.now(UTC)
    hold, kept = place_hold(path, "2026/117", WHO, now)
    assert kept == 2
    written(path, LONG_AGO, monkeypatch, case)
    assert erase(path, 1095, now) == 1
    found = opened(path)
    assert (found[1], found[2], found[5]) == (case, {}, case)
    assert found[3]
    assert found[hold] == WHO | {"value": "2026/117"}
    assert holds(path) == [hold]
    lift_hold(path, hold, {"user": "j.auditor", "reason": "settled"}, now)
    assert holds(path) == []
    assert erase(path, 1095, now) == 3
    with Ledger(path) as ledger:
        assert [entry.event.type for entry in ledger.entries(6)] == [
            "personal_erased",
            "hold_lifted",
            "personal_erased",
        ]
        ledger.verify()


def test_many_are_erased_in_several_commits_and_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    written(path, LONG_AGO, monkeypatch, *({"user": "a"} for _ in range(2 * TOGETHER + 1)))
    now = datetime.now(UTC)
    assert erase(path, 1095, now) == 2 * TOGETHER + 1
    with Ledger(path) as ledger:
        assert [entry.event.type for entry in ledger.entries(2 * TOGETHER + 2)] == ["personal_erased"] * 3


def test_a_killed_erasure_has_erased_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    written(path, LONG_AGO, monkeypatch, {"user": "a"})
    with sqlite3.connect(path) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(SymbolonError) as refused:
        erase(path, 1095, datetime.now(UTC))
    assert refused.value.code is ErrorCode.LOG_NOT_WRITABLE
    assert opened(path) == {1: {"user": "a"}}


def test_a_hold_of_nearly_everything_and_an_unknown_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    with pytest.raises(SymbolonError) as refused:
        place_hold(path, " a ", WHO, datetime.now(UTC))
    assert refused.value.code is ErrorCode.INVALID_INPUT
    with pytest.raises(SymbolonError) as refused:
        place_hold(path, "2026/117", WHO | {"reason": " "}, datetime.now(UTC))
    assert refused.value.code is ErrorCode.INVALID_INPUT
    assert place_hold(path, "2026/117", WHO, datetime.now(UTC)) == (1, 0)
    with pytest.raises(SymbolonError) as refused:
        lift_hold(path, 1, WHO | {"reason": ""}, datetime.now(UTC))
    assert refused.value.code is ErrorCode.INVALID_INPUT
    with pytest.raises(SymbolonError) as refused:
        lift_hold(path, 3, WHO, datetime.now(UTC))
    assert refused.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM opening WHERE entry = 2 AND field = 'value'",
        "UPDATE opening SET value = 'another' WHERE entry = 2 AND field = 'value'",
    ],
)
def test_a_hold_whose_value_was_tampered_with_stops_every_erasure_and_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "ledger.db"
    case = {"case_reference": "2026/117", "user": "a"}
    written(path, LONG_AGO, monkeypatch, case)
    now = datetime.now(UTC)
    assert place_hold(path, "2026/117", WHO, now) == (2, 1)
    with sqlite3.connect(path) as database:
        database.execute(change)
    with pytest.raises(SymbolonError) as refused:
        erase(path, 1095, now)
    assert refused.value.code is ErrorCode.LOG_DAMAGED
    assert opened(path)[1] == case
    with Ledger(path) as ledger, pytest.raises(DamagedLogError):
        ledger.verify()


def test_a_standing_hold_whose_erasure_was_made_to_look_right_does_not_verify(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    now = datetime.now(UTC)
    hold, _ = place_hold(path, "2026/117", WHO, now)
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM opening")
    with Ledger(path) as ledger:
        ledger.append(Statement(PersonalErased(before=now.isoformat(), first=hold, last=hold, entries=1, fields=3)))
        with pytest.raises(DamagedLogError, match="hold 1 stands"):
            ledger.verify()


def test_what_stands_beside_the_entries_changes_nothing_of_a_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    written(path, LONG_AGO, monkeypatch, {"case_reference": "2026/117", "user": "a"})
    hold, _ = place_hold(path, "2026/117", WHO, datetime.now(UTC))
    with sqlite3.connect(path) as database:  # as an earlier release had it, emptied by whoever may write the file
        database.execute("CREATE TABLE IF NOT EXISTS hold (entry INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT")
        database.execute("DELETE FROM hold")
    assert holds(path) == [hold]
    assert erase(path, 1095, datetime.now(UTC)) == 0
