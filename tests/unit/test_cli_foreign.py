"""What other parties say is shown by a terminal and not obeyed: no markup, no escape sequence, no forged line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import audit, output
from cli import query as query_module
from cli.main import app
from cli.output import emit, foreign, show_error
from deploy.agreement import CASE_OPTIONS
from ledger.entries import Statement
from ledger.events import QueryRefused
from ledger.log import Ledger
from node.config import NodeHome, checked_settings
from node.officers.key import OfficerKey, write_key
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import desk_pb2

HOSTILE = "[/x]\x1b[2J[red]\nDE\u202e\x9b\\"
SHOWN = "[/x]\ufffd[2J[red]\ufffdDE\ufffd\ufffd\\"


class HostileDesk:
    """Answers as a partner may who wants to do something to the analyst's terminal."""

    def __init__(self, home: NodeHome, officer: OfficerKey) -> None:
        assert officer.name == "a.analyst"
        assert home.settings.agency == "FR-DNMS"

    async def __aenter__(self) -> HostileDesk:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def query(self, *_: Any, **__: Any) -> AsyncIterator[desk_pb2.QueryResponse]:
        """Answer with a hit in which every text is hostile."""
        candidate = desk_pb2.Candidate(reference=HOSTILE, band=HOSTILE, reasons=[HOSTILE])
        yield desk_pb2.QueryResponse(
            answer=desk_pb2.NodeAnswer(
                member=f"symbolon://agency/{HOSTILE}",
                display_name=HOSTILE,
                outcome=desk_pb2.NODE_OUTCOME_HIT,
                level=2,
                candidates=[candidate, candidate],
                contact=HOSTILE,
                explanation=HOSTILE,
            )
        )


def test_an_answer_full_of_markup_and_escapes_is_shown_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = checked_settings(
        agency="FR-DNMS",
        display_name="Division",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:1",
        contact="desk",
        declared_records=1,
    )
    monkeypatch.setattr(query_module, "DeskClient", HostileDesk)
    monkeypatch.setattr(query_module, "load_desk_home", lambda home: NodeHome(home, settings))
    monkeypatch.setattr(output.console, "width", 400)
    key = tmp_path / "a.analyst.key"
    write_key(key, OfficerKey.draw("a.analyst"))
    reasons = ["--purpose", "migrant_smuggling", "--legal-basis", "law", "--case", "1", *CASE_OPTIONS]
    shown = CliRunner().invoke(app, ["query", "--name", "Idris Maran", *reasons, "--officer-key", str(key)])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count(SHOWN) == 1 + 1 + 2 * 2 + 1 + 1, shown.stdout  # told once, then in the table
    assert not set("\x1b\x9b\u202e") & set(shown.stdout)


def test_the_log_of_hostile_messages_is_shown_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "width", 400)
    with Ledger(tmp_path / "data" / "ledger.db") as ledger:
        ledger.append(Statement(QueryRefused(envelope_digest="00", sender=HOSTILE, reason="fishing")))
    for command in (["list"], ["show", "1"]):
        shown = CliRunner().invoke(audit.app, [*command, "--home", str(tmp_path)])
        assert shown.exit_code == 0, shown.output
        assert "[/x]" in shown.stdout
        assert not set("\x1b\x9b\u202e") & set(shown.stdout)


def test_text_and_errors_keep_their_lines_and_lose_what_moves_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    emit({}, False, lambda: "one\n[/x]\x1b[2J")
    show_error(SymbolonError(ErrorCode.INVALID_INPUT, "[/x]\x1b[2J"), as_json=False)
    shown = capsys.readouterr()
    assert shown.out == "one\n[/x]\ufffd[2J\n"
    assert "[/x]\ufffd[2J" in shown.err
    assert foreign("a\nb", "c").plain == "a\ufffdb\nc"
