"""``symbolon audit``: what it shows, what it refuses, and that looking is logged first."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import audit
from ledger.entries import Statement
from ledger.events import AuditorAccess, QueryRefused, QuerySent
from ledger.federation_events import PersonalErased
from ledger.log import Ledger
from ledger.reading import LedgerReader
from symbolon.rpc.errors import ErrorCode

HOLDER = "symbolon://agency/DE-ZASM"
ASKER = "symbolon://agency/GR-YPAM"
SENT = QuerySent(
    query_id="ab",
    purpose="migrant_smuggling",
    recipients=(HOLDER,),
    agreements=("fr-de",),
    agreement_hashes=("cd",),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Ledger(tmp_path / "data" / "ledger.db") as ledger:
        ledger.append(
            Statement(SENT, {"subject.names": '["Giorgos Melanos"]', "case_reference": "2026/117", "user": "a.analyst"})
        )
        ledger.append(Statement(QueryRefused(envelope_digest="00", sender=ASKER, reason="fishing")))
    return tmp_path


def _audit(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(audit.app, [*arguments, "--home", str(home)])


def _listed(home: Path, *options: str) -> list[int]:
    result = _audit(home, "list", "--json", *options)
    assert result.exit_code == 0, result.output
    return [entry["number"] for entry in json.loads(result.stdout)["entries"]]


def _edit(home: Path, change: str) -> None:
    connection = sqlite3.connect(home / "data" / "ledger.db")
    with connection:
        connection.execute(change)
    connection.close()


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [1, 2]),
        (["--type", "query_refused"], [2]),
        (["--partner", "DE-ZASM"], [1]),
        (["--partner", ASKER], [2]),
        (["--since", "2020-01-01"], [1, 2]),
        (["--until", "2020-01-01"], []),
        (["--type", "query_sent", "--partner", "GR-YPAM"], []),
    ],
)
def test_the_list_is_filtered_by_type_partner_and_period(home: Path, options: list[str], numbers: list[int]) -> None:
    assert _listed(home, *options) == numbers


@pytest.mark.parametrize("options", [["--type", "query_sended"], ["--partner", "de zasm"], ["--since", "yesterday"]])
def test_a_filter_that_can_match_nothing_is_refused(home: Path, options: list[str]) -> None:
    result = _audit(home, "list", "--json", *options)
    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (3, "invalid_input")


@pytest.mark.parametrize("arguments", [["list"], ["show", "1"], ["list", "--json"], ["show", "1", "--json"]])
def test_what_is_personal_is_not_shown_unopened(home: Path, arguments: list[str]) -> None:
    result = _audit(home, *arguments)
    assert result.exit_code == 0
    assert "DE-ZASM" in result.output
    assert "analyst" not in result.output
    assert "Melanos" not in result.output
    assert "2026/117" not in result.output


def test_who_opens_an_entry_stands_in_the_log_first(home: Path) -> None:
    result = _audit(home, "open", "1", "--user", "j.auditor", "--json")
    opened = json.loads(result.stdout)
    assert opened["opened"] == {
        "subject.names": '["Giorgos Melanos"]',
        "case_reference": "2026/117",
        "user": "a.analyst",
    }
    assert (opened["erased"], opened["not_there"]) == ([], [])
    *_, access = LedgerReader(home / "data" / "ledger.db").entries()
    assert access.event == AuditorAccess(entry=1, fields=("case_reference", "subject.names", "user"))
    assert b"j.auditor" not in access.body
    (looked,) = LedgerReader(home / "data" / "ledger.db").openings(access.number)
    assert (looked.name, looked.value) == ("user", "j.auditor")


def test_nothing_is_opened_when_that_cannot_be_written(home: Path) -> None:
    _edit(home, "CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'full'); END")
    result = _audit(home, "open", "1", "--user", "j.auditor", "--json")
    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (19, "log_not_writable")
    assert "Melanos" not in result.output


def test_an_opening_exchanged_is_told_and_not_shown(home: Path) -> None:
    _edit(home, "UPDATE opening SET value = 'Petros Other' WHERE field = 'subject.names'")
    result = _audit(home, "open", "1", "--user", "j.auditor", "--json")
    assert result.exit_code == ErrorCode.LOG_DAMAGED.value.exit_code
    assert "subject.names" in result.output
    assert "Petros" not in result.output


@pytest.mark.parametrize("covers", [True, False])
def test_a_field_that_is_gone_is_called_erased_where_the_log_says_so_only(home: Path, covers: bool) -> None:
    _edit(home, "DELETE FROM opening WHERE field = 'subject.names'")
    first, last = (1, 1) if covers else (2, 2)
    with Ledger(home / "data" / "ledger.db") as log:
        log.append(Statement(PersonalErased(before="2026-01-01", first=first, last=last, entries=1, fields=1), {}))
    opened = json.loads(_audit(home, "open", "1", "--user", "j.auditor", "--json").stdout)
    assert opened["opened"] == {"case_reference": "2026/117", "user": "a.analyst"}
    gone = (opened["erased"], opened["not_there"])
    assert gone == ((["subject.names"], []) if covers else ([], ["subject.names"]))


def test_an_intact_log_verifies(home: Path) -> None:
    assert json.loads(_audit(home, "verify", "--json").stdout) == {"entries": 2, "verified": True}


def test_a_changed_entry_is_named_and_those_before_it_can_still_be_shown(home: Path) -> None:
    _edit(home, "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'fishing', 'no_match') AS BLOB)")
    result = _audit(home, "verify", "--json")
    assert result.exit_code == ErrorCode.LOG_DAMAGED.value.exit_code
    assert "entry 2" in json.loads(result.stdout)["error"]["detail"]
    assert _audit(home, "show", "1").exit_code == 0
    assert _audit(home, "show", "2").exit_code == ErrorCode.LOG_DAMAGED.value.exit_code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["show", "3"], "not_found"), (["open", "3", "--user", "x"], "not_found"), (["show", "0"], None)],
)
def test_an_entry_that_is_not_there_is_not_found(home: Path, arguments: list[str], code: str | None) -> None:
    result = _audit(home, *arguments, "--json")
    assert result.exit_code == (22 if code else 2)
    assert LedgerReader(home / "data" / "ledger.db").count() == 2


def test_a_party_without_a_log_says_so_and_none_is_begun(tmp_path: Path) -> None:
    assert _audit(tmp_path, "verify").exit_code == 4
    assert not (tmp_path / "data").exists()
