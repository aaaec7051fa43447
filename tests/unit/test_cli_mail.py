"""``symbolon node mail``: what nobody could handle can be looked at and got rid of, by whoever runs the node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from ledger.events import MessageErased, MessageRetried, MessageShown
from ledger.log import Ledger
from node.cases_file import open_cases
from node.config import NodeHome, checked_settings, create_home
from symbolon.rpc.errors import ErrorCode

PARTNER = "symbolon://agency/DE-ZASM"


@pytest.fixture
def home(tmp_path: Path) -> NodeHome:
    settings = checked_settings(
        agency="FR-DNMS",
        display_name="Division",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="desk@dnms.example",
        declared_records=100,
    )
    made = create_home(tmp_path / "home", settings)
    with open_cases(made.cases_path) as cases, cases.transaction() as connection:
        for content in (b"first \xff", b"a secret of Zhavande Ilto"):
            connection.execute(
                "INSERT INTO mail_set_aside (partner, message, content, reason, set_aside_at)"
                " VALUES (?, x'00', ?, ?, 0)",
                (PARTNER, content, "ValueError"),
            )
    return made


def run(home: NodeHome, *words: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["node", "mail", *words, "--home", str(home.folder), "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_what_was_set_aside_is_listed_without_its_content(home: NodeHome) -> None:
    code, told = run(home, "list")
    assert code == 0
    assert [(one["number"], one["partner"], one["bytes"]) for one in told["messages"]] == [
        (1, PARTNER, 7),
        (2, PARTNER, 25),
    ]
    assert "Zhavande" not in json.dumps(told)


def test_the_content_of_one_is_shown_whatever_its_bytes_are(home: NodeHome) -> None:
    assert run(home, "show", "1") == (0, {"number": 1, "content": "first \\xff"})


def test_what_is_erased_is_gone_from_the_disk_and_another_stays(home: NodeHome) -> None:
    assert run(home, "erase", "2")[0] == 0
    assert [one["number"] for one in run(home, "list")[1]["messages"]] == [1]
    assert b"Zhavande" not in b"".join(path.read_bytes() for path in home.cases_path.parent.glob("cases.db*"))


def test_what_is_retried_is_on_the_list_as_such_until_the_running_node_has_tried(home: NodeHome) -> None:
    assert run(home, "retry", "2") == (0, {"again": 2})
    assert [one["again"] for one in run(home, "list")[1]["messages"]] == [False, True]


@pytest.mark.parametrize("command", ["show", "retry", "erase"])
def test_a_number_that_none_has_is_wrong_input(home: NodeHome, command: str) -> None:
    assert run(home, command, "9")[1]["error"]["code"] == ErrorCode.INVALID_INPUT.code


def test_looking_and_erasing_are_in_the_log_first(home: NodeHome) -> None:
    run(home, "show", "1", "--user", "op")
    run(home, "retry", "2", "--user", "op")
    run(home, "erase", "2", "--user", "op")
    run(home, "show", "2", "--user", "op")
    with Ledger(home.ledger_path) as ledger:
        entries = list(ledger.entries())
        assert [entry.event for entry in entries] == [
            MessageShown(number=1),
            MessageRetried(number=2),
            MessageErased(number=2),
            MessageShown(number=2),
        ]
        assert {one.value for entry in entries for one in ledger.openings(entry.number)} == {"op"}
