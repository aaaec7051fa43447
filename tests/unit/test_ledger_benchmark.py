"""The log's benchmark measures what its names say, on a small log."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import ledger as benchmark
from ledger.reading import LedgerReader


def test_every_figure_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    monkeypatch.setattr(benchmark, "PROOFS", 5)
    figures = benchmark.measure(tmp_path, 700)
    wanted = {"durable_appends_per_second", "verify_seconds_per_million", "proof_milliseconds", "export_peak_mib"}
    assert wanted < figures.keys()
    assert all(isinstance(figures[name], int | float) for name in wanted)
    assert LedgerReader(tmp_path / "home" / "data" / "ledger.db").verify() == figures["entries"] == 700
    (file,) = (tmp_path / "home").glob("*.export")
    lines = file.read_bytes().splitlines()
    assert len(lines) == 700 + 3, "the entries between head, checkpoint and end"
    (written,) = {LedgerReader(path).count() for path in tmp_path.glob("[0-9].db")}
    assert written == 100 * figures["writers"]  # type: ignore[operator]
