"""A log whose files were torn or damaged opens with all it acknowledged, or is refused and the place is named."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.kills_logs import damaged, outcome_of, torn, written_log
from ledger.ends import EndFile
from ledger.entries import DamagedLogError
from ledger.log import Ledger
from ledger.reading import LedgerReader
from symbolon.rpc.errors import ErrorCode, SymbolonError

TRIES = 60


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a log of which a part is in the database and a part in the write-ahead log only."""
    return written_log(tmp_path_factory.mktemp("whole"), 700)


def test_a_commit_torn_at_any_byte_loses_nothing_that_was_acknowledged(log: Path, tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311  # the same places in every run
    for number in range(TRIES):
        copy, acknowledged = torn(log, tmp_path / str(number), chance)
        assert outcome_of(copy, acknowledged) == "whole"


@pytest.mark.parametrize("way", ["cut", "garbled"])
@pytest.mark.parametrize("file", ["ledger.db", "ledger.db-wal", "ledger.end"])
def test_damage_anywhere_is_survived_or_named(log: Path, tmp_path: Path, file: str, way: str) -> None:
    chance = random.Random(f"{file} {way}")  # noqa: S311  # the same places in every run
    seen = set()
    for number in range(TRIES // 3):
        copy, acknowledged, _ = damaged(log, tmp_path / str(number), file, way, chance)
        seen.add(outcome_of(copy, acknowledged))
    assert "silent loss" not in seen


def test_an_end_that_was_acknowledged_and_is_missing_is_named(log: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(log, tmp_path / "cut")
    (copy / "ledger.db-wal").unlink()
    with pytest.raises(SymbolonError) as refused:
        Ledger(copy / "ledger.db")
    assert refused.value.code is ErrorCode.LOG_DAMAGED
    assert "to 700 are missing, which were acknowledged" in refused.value.detail


def test_another_end_than_the_acknowledged_one_is_named(log: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(log, tmp_path / "other")
    end = EndFile(copy / "ledger.db")
    end.put(700, bytes(32))
    end.close()
    with pytest.raises(SymbolonError) as refused:
        Ledger(copy / "ledger.db")
    assert "entry 700 is not the one that was acknowledged" in refused.value.detail


def test_a_name_of_the_end_that_was_cut_short_is_passed_over(log: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(log, tmp_path / "short")
    content = (copy / "ledger.end").read_bytes()
    (copy / "ledger.end").write_bytes(content[: len(content) // 2 + 40])
    with Ledger(copy / "ledger.db") as ledger:
        assert ledger.count() == 700


def test_a_log_of_an_earlier_release_gets_its_end(log: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(log, tmp_path / "earlier")
    (copy / "ledger.end").unlink()
    Ledger(copy / "ledger.db").close()
    with closing(sqlite3.connect(copy / "ledger.db")) as database:
        database.execute("DELETE FROM entry WHERE number = 700")
        database.commit()
    with pytest.raises(SymbolonError) as refused:
        Ledger(copy / "ledger.db")
    assert refused.value.code is ErrorCode.LOG_DAMAGED


def test_garbled_text_of_a_personal_field_is_named_by_its_entry(log: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(log, tmp_path / "text")
    Ledger(copy / "ledger.db").close()
    content = (copy / "ledger.db").read_bytes()
    (copy / "ledger.db").write_bytes(content.replace(b"2026/", b"20\xff\xfe/"))
    with pytest.raises(DamagedLogError, match="entry 1: the opening of case_reference"):
        LedgerReader(copy / "ledger.db").verify()
