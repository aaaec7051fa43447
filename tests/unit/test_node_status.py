"""The node's state when part of what it counts cannot be read: it says so, and says the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from ledger.log import Ledger
from ledger.padding import pads
from node.disclosing import LOG_NOT_WRITABLE, explained
from node.status import NodeStatus


@pytest.fixture
def status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeStatus:
    """Give the state of a node of which only the log is real."""
    monkeypatch.setattr("node.status.store", MagicMock(count_set_aside=lambda _: 0))
    parts = {name: MagicMock() for name in ("home", "directory", "records", "index", "agreements", "cases", "cosigner")}
    parts["home"].party.uri, parts["directory"].federation.epoch = "symbolon://agency/FR-DNMS", "2026-11"
    parts["records"].counts.return_value.records = 3
    parts["index"].counts.return_value = MagicMock(records=3, entries=9)
    parts["agreements"].current.return_value = parts["cosigner"].contradictions.return_value = []
    parts["cosigner"].not_seen.return_value = [("symbolon/agency/DE-ZASM/ledger", datetime(2026, 11, 24, tzinfo=UTC))]
    monkeypatch.setattr("node.status.witnessed_logs", lambda *_: {})
    disclosing = MagicMock(
        reason=lambda: LOG_NOT_WRITABLE, witnessed_at=0, refusals=lambda: {"symbolon://coordinator/HUB": "forked"}
    )
    cosigner = parts.pop("cosigner")
    has: Any = SimpleNamespace(**parts, ledger=Ledger(tmp_path / "ledger.db"))
    made = NodeStatus(has, disclosing, cosigner)
    monkeypatch.setattr(made, "_of_the_directory", dict)
    made._has.ledger.append(*pads(4))
    return made


def test_the_log_is_counted(status: NodeStatus) -> None:
    assert status._read([]).ledger_entries == 4


@pytest.mark.parametrize("content", [None, b"nothing" * 1000])
def test_a_log_that_is_gone_or_broken_has_no_count_and_its_reason_is_told(
    status: NodeStatus, tmp_path: Path, content: bytes | None
) -> None:
    status._has.ledger.close()
    (tmp_path / "ledger.db").rename(tmp_path / "away.db")
    if content is not None:
        (tmp_path / "ledger.db").write_bytes(content)
    state = status._read([])
    assert not state.HasField("ledger_entries")
    assert (state.records, state.stopped) == (3, explained(LOG_NOT_WRITABLE))


def test_what_is_not_brought_and_who_refuses_is_told(status: NodeStatus) -> None:
    state = status._read([])
    assert list(state.logs_not_seen) == ["symbolon/agency/DE-ZASM/ledger: since 2026-11-24T00:00:00+00:00"]
    assert list(state.refusing_witnesses) == ["symbolon://coordinator/HUB: forked"]
