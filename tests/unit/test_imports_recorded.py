"""What an import took and removed stands in the log once, wherever its process was killed or stopped."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ledger.events import RecordsImported
from ledger.log import Ledger
from node.config import NodeHome
from node.operations import worker
from node.operations.list_calls import note_cut_short
from node.operations.spool import Order, Spool
from node.records.importing import import_file
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.errors import SymbolonError
from tests.unit.test_importing import row

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ORDER = Order(kind="import", officer="o.keeper", upload="upload-1", whole_list=True, removals=3)


class Scene:
    """A node's records of ten persons, and an uploaded list of seven of them."""

    def __init__(self, folder: Path, records: SqliteRecordStore, ledger: Ledger) -> None:
        self.home, self.records, self.ledger = NodeHome(folder, cast("Any", None)), records, ledger
        self.spool = Spool(self.home.uploads_folder)
        first = folder / "first.jsonl"
        first.write_text("\n".join(map(row, range(10))), encoding="utf-8")
        import_file(first, records, self.home.rejects_folder, NOW)
        self.path = self.spool.path(ORDER)
        self.path.parent.mkdir(parents=True)
        self.path.write_text("\n".join(map(row, range(7))), encoding="utf-8")

    def told(self) -> list[tuple[int, int]]:
        """Give of each import in the log how many rows were as they are, and how many records were removed."""
        events = [one.event for one in self.ledger.entries()]
        return [(one.unchanged, one.removed) for one in events if isinstance(one, RecordsImported)]

    def cut_short(self) -> None:
        note_cut_short(self.records, self.ledger, self.spool, ORDER)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    home = NodeHome(tmp_path, cast("Any", None))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the worker's are its own process's
    with SqliteRecordStore(home.records_path) as records, Ledger(home.ledger_path) as ledger:
        yield Scene(tmp_path, records, ledger)


def test_one_killed_before_it_could_say_that_it_ended_says_so_when_the_node_starts_again(scene: Scene) -> None:
    assert worker._imported(scene.home, ORDER) == {"absent": 3, "removed": 3, "doubtful": 0, "resumed": False, "run": 2}
    assert worker._imported(scene.home, ORDER) == {"absent": 3, "removed": 3, "doubtful": 0, "resumed": True, "run": 2}
    assert scene.told() == [(7, 3)]


def test_one_stopped_after_its_removals_is_written_down_with_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SqliteRecordStore, "finish_import", stopped)
        with pytest.raises(KeyboardInterrupt):
            worker._imported(scene.home, ORDER)
    scene.cut_short()
    assert scene.told() == [(7, 3)]


def test_one_that_ended_before_it_could_be_stopped_is_written_down_once(scene: Scene) -> None:
    worker._imported(scene.home, ORDER)
    scene.cut_short()
    assert scene.told() == [(7, 3)]


def test_one_that_failed_is_written_down_with_what_it_took(scene: Scene) -> None:
    scene.path.write_text("\n".join(map(row, range(2, 12))), encoding="utf-8")
    with pytest.raises(SymbolonError, match="2 records are not in the file, not 3"):
        worker._imported(scene.home, ORDER)
    scene.cut_short()
    assert scene.told() == [(8, 0)]
