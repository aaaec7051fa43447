"""The commands around an agency's own list: what they print, what they change, and how they end."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agreements.reading import parse_agreement
from agreements.template import TEMPLATE
from cli.node import app
from deploy.agreement import conclude
from ledger.reading import LedgerReader
from node.config import NodeSettings, create_home, load_home
from node.directory.membership import Federation, save_federation
from node.enrolment.index import EnrolledRecord, IndexStore, Profile
from node.enrolment.pepper import claim_index
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.errors import ErrorCode
from symbolon.rpc.folder import certify_party, create_authority
from symbolon.rpc.identity import Party
from tests import forked
from tests.integration.premises import AGENCY, CUSTODIAN, EPOCH, make_premises, row

PARTNER = Party.agency("DE-ZASM")
SETTINGS = NodeSettings(
    agency=AGENCY.name,
    display_name="Division nationale",
    listen="127.0.0.1:0",
    address="127.0.0.1:1",
    coordinator="HUB",
    coordinator_address="127.0.0.1:1",
    contact="desk@dnms.example",
    declared_records=100,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return create_home(tmp_path / "node", SETTINGS).folder


def run(home: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--home", str(home)])


def data(result: Result) -> Any:
    return json.loads(result.stdout)


def write(home: Path, *rows: object, name: str = "list.jsonl") -> Path:
    path = home.parent / name
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in rows), encoding="utf-8")
    return path


def test_an_import_tells_what_became_of_each_row_and_ends_with_its_code(home: Path) -> None:
    good = run(home, "import", write(home, row(1), row(2)), "--json")
    assert (good.exit_code, data(good)["added"], data(good)["rejects_path"]) == (0, 2, None)
    bad = run(home, "import", write(home, row(1), "{broken", row(3, dob=["soon"])), "--json")
    assert bad.exit_code == ErrorCode.ROWS_REJECTED.value.exit_code
    assert (data(bad)["unchanged"], data(bad)["rejected"]) == (1, 2)
    listed = [json.loads(line) for line in run(home, "records", "rejects", "--json").stdout.splitlines()]
    assert [(one["line"], one["field"]) for one in listed] == [(2, "row"), (3, "dob")]
    assert "line 3 (X-0003): dob: expected YYYY" in run(home, "records", "rejects").stdout
    assert run(home, "records", "rejects", "--rows").stdout.splitlines()[0] == "{broken"


def test_a_list_without_a_row_is_said_to_have_none(home: Path) -> None:
    assert "The list has no row" in run(home, "import", write(home, "record_id,names,dob", name="list.csv")).stdout


def test_a_record_with_a_value_that_cannot_be_meant_is_told_of_and_named(home: Path) -> None:
    assert run(home, "records", "doubtful").stdout == "No record is doubtful.\n"
    assert run(home, "records", "doubtful", "--json").stdout == ""
    said = run(home, "import", write(home, row(1, dob=["2091-01-01"]), row(2, nationality=["ZZZ"]), row(3)))
    assert said.exit_code == 0
    assert "2 records have a birth date in the future or a country that no list knows" in said.stdout
    named = [json.loads(line) for line in run(home, "records", "doubtful", "--json").stdout.splitlines()]
    assert [(one["record_id"], one["problems"][0]["field"]) for one in named] == [
        ("X-0001", "dob"),
        ("X-0002", "nationality"),
    ]


def test_rows_set_aside_can_be_mended_and_imported_in_either_format(home: Path) -> None:
    path = write(home, "record_id,names,dob", "C-1,Ada Orme,soon", name="list.csv")
    assert run(home, "import", path).exit_code == ErrorCode.ROWS_REJECTED.value.exit_code
    rows = run(home, "records", "rejects", "--rows").stdout
    assert rows == "record_id,names,dob\nC-1,Ada Orme,soon\n"
    mended = write(home, rows.replace("soon", "1975"), name="mended.csv")
    assert data(run(home, "import", mended, "--json"))["added"] == 1


def test_a_record_is_listed_shown_removed_and_restored(home: Path) -> None:
    path = write(home, row(1, pob=["[bold]Tessa"]), row(2))
    run(home, "import", path)
    assert run(home, "records", "list").stdout.splitlines()[1].startswith("X-0002  ")
    assert len(run(home, "records", "list", "--limit", "1", "--json").stdout.splitlines()) == 1
    assert "[bold]Tessa" in run(home, "records", "show", "X-0001").stdout
    assert data(run(home, "records", "show", "X-0002", "--json"))["row"]["record_id"] == "X-0002"
    assert data(run(home, "records", "remove", "X-0001", "--json"))["removed"]
    assert run(home, "records", "remove", "X-0001").exit_code == 0
    assert run(home, "records", "show", "X-0001").exit_code == ErrorCode.NOT_FOUND.value.exit_code
    assert run(home, "import", path).exit_code == ErrorCode.ROWS_REJECTED.value.exit_code
    assert run(home, "records", "restore", "X-0001").exit_code == 0
    assert data(run(home, "import", path, "--json"))["added"] == 1
    counted = data(run(home, "records", "count", "--json"))
    assert (counted["records"], counted["removed"], counted["pending"]) == (2, 0, 2)


def test_who_shows_removes_and_restores_a_record_stands_in_the_log(home: Path) -> None:
    run(home, "import", write(home, row(1), row(2)))
    for command in ("show", "remove", "restore"):
        assert run(home, "records", command, "X-0001", "--user", "a.clerk").exit_code == 0
    assert _logged(home) == ["record_shown", "record_removed", "record_restored"]
    path = load_home(home).ledger_path
    entries = [entry for entry in LedgerReader(path).entries() if entry.event.type.startswith("record_")]
    for entry in entries:
        assert b"X-0001" not in entry.body
        assert b"a.clerk" not in entry.body
        opened = {one.name: one.value for one in LedgerReader(path).openings(entry.number)}
        assert opened == {"record_id": "X-0001", "user": "a.clerk"}


@pytest.mark.parametrize("command", ["show", "remove", "restore"])
def test_nothing_is_shown_or_removed_that_cannot_be_logged(home: Path, command: str) -> None:
    run(home, "import", write(home, row(1)))
    with contextlib.closing(sqlite3.connect(load_home(home).ledger_path)) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'full'); END")
    refused = run(home, "records", command, "X-0001", "--user", "a.clerk", "--json")
    assert data(refused)["error"]["code"] == "log_not_writable"
    assert data(run(home, "records", "list", "--json"))["error"]["code"] == "log_not_writable"
    with SqliteRecordStore(load_home(home).records_path) as store:
        assert [stored.record.record_id for stored in store.records()] == ["X-0001"]


def _logged(home: Path) -> list[str]:
    types = [entry.event.type for entry in LedgerReader(load_home(home).ledger_path).entries()]
    return [one for one in types if one.startswith("record_")]


@pytest.mark.parametrize("command", ["show", "remove", "restore"])
def test_a_record_that_is_not_there_is_not_found(home: Path, command: str) -> None:
    result = run(home, "records", command, "X-9", "--json")
    assert result.exit_code == ErrorCode.NOT_FOUND.value.exit_code
    assert data(result)["error"]["code"] == "not_found"


def test_replacing_the_list_takes_two_steps(home: Path) -> None:
    run(home, "import", write(home, row(1), row(2), row(3)))
    path = write(home, row(1))
    asked = run(home, "import", path, "--replace")
    assert "The file does not list 2 records: add --removals 2 to remove them." in asked.stdout
    refused = run(home, "import", path, "--replace", "--removals", "1", "--json")
    assert refused.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert "2 records are not in the file, not 1" in data(refused)["error"]["detail"]
    assert data(run(home, "import", path, "--replace", "--removals", "2", "--json"))["removed"] == 2
    assert data(run(home, "records", "count", "--json"))["records"] == 1


@pytest.mark.parametrize(
    ("options", "detail"),
    [(["--format", "xml"], "--format: jsonl or csv"), (["--removals", "3"], "--removals goes with --replace")],
)
def test_options_that_make_no_sense_are_named(home: Path, options: list[str], detail: str) -> None:
    result = run(home, "import", write(home, row(1)), *options, "--json")
    assert result.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert data(result)["error"]["detail"] == detail


def test_enrolling_before_joining_says_what_to_do(home: Path) -> None:
    result = run(home, "enrol", "--json")
    assert result.exit_code == ErrorCode.NOT_JOINED.value.exit_code


async def test_enrolling_is_told_in_numbers_and_counted(home: Path, tmp_path: Path) -> None:
    premises = make_premises(tmp_path, enrolment_elements_a_day=50_000)
    certify_party(home, AGENCY, tmp_path / "authority", datetime.now(UTC))
    partner = create_home(tmp_path / "partner", SETTINGS.model_copy(update={"agency": PARTNER.name})).folder
    certify_party(partner, PARTNER, tmp_path / "authority", datetime.now(UTC))
    conclude([load_home(home), load_home(partner)], parse_agreement(TEMPLATE), datetime.now(UTC))
    run(home, "import", write(home, row(1), row(2), {"record_id": "N-1", "names": ["X"]}))
    async with premises.honest() as address:
        pinned = Federation(
            name="test",
            custodian=CUSTODIAN.uri,
            custodian_address=address,
            epoch=EPOCH,
            epoch_public_key=premises.key.public_key().hex(),
            members={},
        )
        save_federation(load_home(home).federation_path, pinned)
        before = data(run(home, "records", "count", "--json"))
        enrolled = await _process(home, "enrol", "--json")
        again = await _process(home, "enrol", "--json")
    after = data(run(home, "records", "count", "--json"))
    assert (before["pending"], before["enrolled"]) == (3, 0)
    assert (enrolled["records"], enrolled["without_features"], again["records"]) == (3, 1, 0)
    assert (after["pending"], after["enrolled"], after["without_features"]) == (0, 3, 1)
    assert after["index_entries"] == enrolled["tokens"] > 0
    assert _read(enrolled["unfindable_path"]) == {"record_id": "N-1"}


def test_a_node_whose_pepper_is_not_that_of_its_index_does_not_start(home: Path, tmp_path: Path) -> None:
    create_authority(tmp_path / "authority", "Test authority", datetime.now(UTC))
    certify_party(home, AGENCY, tmp_path / "authority", datetime.now(UTC))
    with IndexStore(load_home(home).index_path) as index:
        claim_index(index, b"\x01" * 32, AGENCY.uri)
        index.replace([EnrolledRecord(1, 1, [])], Profile(EPOCH, "1", (22.0,)))
    result = run(home, "serve", "--json")
    assert result.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert "pepper.key is not the pepper" in data(result)["error"]["detail"]


def _read(path: str) -> Any:
    return json.loads(Path(path).read_text("utf-8"))


async def _process(home: Path, *arguments: str) -> Any:
    code, output = await forked.run(*forked.SYMBOLON, "node", *arguments, "--home", str(home))
    assert code == 0
    return json.loads(output)
