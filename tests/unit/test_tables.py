"""What is compared by eye or by telephone is shown whole, on the narrowest terminal too."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from auditing.reconciliation_logs import Clocks, Log
from auditing.reconciliation_outcome import Outcome
from cli.coordinator import _directory_blocks
from cli.node_directory import _blocks
from cli.reconcile_output import shown
from cli.tables import Table, block, typed

CLI = Path(__file__).resolve().parents[2] / "cli"
SIGNING, SEALING = (hashlib.sha256(word).hexdigest() for word in (b"signing", b"sealing"))
HUB = "symbolon://coordinator/HUB"
LONG = "symbolon://agency/NL-KONINKLIJKE-MARECHAUSSEE-OPSPORING"


def printed(what: RenderableType, width: int) -> str:
    """Give what a terminal of that width shows."""
    console = Console(width=width, soft_wrap=True, highlight=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def in_groups(digest: str) -> str:
    """Give a fingerprint as people read it aloud, on one line."""
    return " ".join(digest[at : at + 4] for at in range(0, 64, 4))


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_table_loses_no_character_of_any_cell(width: int) -> None:
    table = Table("member", "key", title="Members")
    table.add_column("reference", no_wrap=True)
    table.add_row(LONG, SIGNING, "DRG44EP5NGGGQMY5", "a cell of no named column that is long")
    text = printed(table, width)
    assert "…" not in text
    kept = "".join(text.split())
    for cell in (LONG, SIGNING):
        rest = iter(kept)
        assert all(character in rest for character in cell)
    assert "DRG44EP5NGGGQMY5" in text, "what people copy is in one piece"


def test_a_fingerprint_stands_in_groups_of_four_and_is_taken_so() -> None:
    text = printed(block(LONG, {"signing_fingerprint": SIGNING, "entry": 3}), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert in_groups(SIGNING) in " ".join(text.split())
    assert "entry" in text
    assert typed(f" {in_groups(SIGNING).upper()}\n") == SIGNING


def test_the_directory_is_shown_with_whole_names_and_fingerprints() -> None:
    member = {
        "member": LONG,
        "entry": 3,
        "signing_fingerprint": SIGNING,
        "sealing_fingerprint": SEALING,
        "cosigned": 5,
    }
    data: dict[str, Any] = {
        "entries": 6,
        "settled": 5,
        "seen_at": "never",
        "epoch": "2026-1",
        "coordinator_key": SEALING,
        "members": [member],
        "waiting": [{"entry": 6, "type": "member_rekeyed", "member": LONG, "signing_fingerprint": SIGNING}],
        "disputes": [],
    }
    text = " ".join(printed(_blocks(data), 80).split())
    assert text.count(LONG) == 2
    assert (text.count(in_groups(SIGNING)), text.count(in_groups(SEALING))) == (2, 2)


def test_the_coordinator_lists_its_directory_with_whole_fingerprints() -> None:
    event = {"type": "member_entered", "member": LONG, "signing_fingerprint": SIGNING}
    entry = {"number": 2, "time": "2026-11-26T09:00:00.000Z", "type": "member_entered", "event": event}
    data = {"entries": [entry], "cosigned_size": 0, "cosigners": []}
    text = " ".join(printed(_directory_blocks(data), 80).split())
    assert LONG in text
    assert in_groups(SIGNING) in text


def test_what_was_compared_between_agencies_and_their_coordinator_can_be_read_at_80_columns() -> None:
    now = datetime.now(UTC).timestamp()
    outcome = Outcome([Log(party, None, now) for party in ("FR-DNMS", "DE-ZASM", HUB)])
    kinds = ("query", "message", "acknowledgement", "reasoned request")
    for what in kinds:
        outcome.count(what, 0, 2, "matched")
        outcome.count(what, 2, 1, "not_yet")
    text = printed(shown(outcome, Clocks()), 80)
    assert "…" not in text
    for what in (*kinds, "FR-DNMS → coordinator/HUB", "coordinator/HUB → DE-ZASM"):
        assert f"│ {what} " in text


def test_every_command_uses_the_table_that_folds() -> None:
    users = [path.name for path in CLI.glob("*.py") if "from rich.table" in path.read_text(encoding="utf-8")]
    assert users == ["tables.py"]
