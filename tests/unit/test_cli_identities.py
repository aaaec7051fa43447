"""``symbolon node officer link`` and ``unlink``: of an officer there is, at the provider there is, in the log first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.officers import officers
from ledger.reading import LedgerReader
from node.config import NodeHome, create_home
from tests.unit.taught_signer import ISSUER
from tests.unit.test_identity_provider import settled


def home_of(folder: Path, **changed: str) -> NodeHome:
    settings = settled(folder, **changed).settings
    (folder / "keys").rmdir()
    home = create_home(folder, settings)
    run(home, "add", "a.martin", "--role", "analyst", "--key-file", str(folder / "a.key"), "--user", "operator")
    return home


def run(home: NodeHome, *words: str, fails: bool = False) -> dict[str, Any]:
    ended = CliRunner().invoke(officers, [*words, "--home", str(home.folder), "--json"])
    assert (ended.exit_code != 0) == fails, ended.output
    given: dict[str, Any] = {} if fails else json.loads(ended.stdout.strip().splitlines()[-1])
    return given


def logged(home: NodeHome) -> list[tuple[str, dict[str, str]]]:
    reader = LedgerReader(home.ledger_path)
    entries = [entry for entry in reader.entries() if "linked" in entry.event.type]
    return [(one.event.type, {each.name: each.value for each in reader.openings(one.number)}) for one in entries]


def test_a_link_is_made_shown_taken_away_and_logged_with_who_did_it(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    assert run(home, "list")["officers"][0]["subject"] == ""
    run(home, "link", "a.martin", "--subject", "s-1", "--user", "operator")
    assert run(home, "list")["officers"][0]["subject"] == "s-1"
    run(home, "unlink", "a.martin", "--user", "second")
    assert run(home, "list")["officers"][0]["subject"] == ""
    assert logged(home) == [
        ("officer_linked", {"officer": "a.martin", "subject": "s-1", "user": "operator"}),
        ("officer_unlinked", {"officer": "a.martin", "user": "second"}),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("link", "b.nobody", "--subject", "s-1"),
        ("link", "a.martin", "--subject", "a\nb"),
        ("link", "a.martin"),
        ("unlink", "a.martin"),
        ("unlink", "b.nobody"),
    ],
)
def test_nobody_is_linked_who_is_no_officer_and_no_subject_that_is_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    home = home_of(tmp_path)
    run(home, *words, fails=True)
    assert logged(home) == []


def test_without_a_provider_there_is_nothing_to_link_to(tmp_path: Path) -> None:
    home = home_of(tmp_path, oidc_issuer="", oidc_client="")
    run(home, "link", "a.martin", "--subject", "s-1", fails=True)
    assert logged(home) == []
    assert ISSUER not in (home.folder / "node.toml").read_text(encoding="utf-8")
