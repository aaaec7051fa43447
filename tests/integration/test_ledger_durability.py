"""What the log acknowledged is there after ``kill -9``, at any moment and with many writers at once.

A short form of ``python -m benchmarks.kills``.
"""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.kills_logs import Killings, kill_writers
from ledger.log import Ledger

KILLS = 40


def test_no_acknowledged_entry_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    found = kill_writers(path, KILLS, random.Random(11), Killings())  # noqa: S311  # the same lives in every run
    assert (found.lost, found.changed) == ([], [])
    assert found.in_vain < KILLS, "no process lived long enough to write"
    with Ledger(path) as ledger:
        assert ledger.verify() == found.kept >= max(found.acknowledged)
        kept = {entry.number: entry.leaf_hash.hex() for entry in ledger.entries()}
    assert found.acknowledged.items() <= kept.items()
