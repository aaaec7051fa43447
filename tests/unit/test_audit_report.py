"""``symbolon audit report``: what is in it, that opening is logged first, that hostile names stay text everywhere."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import audit
from ledger.entries import Statement
from ledger.events import AuditorAccess, QueryReceived
from ledger.log import Ledger
from ledger.officer_events import OfficerRefused
from ledger.reading import LedgerReader
from tests.unit.log_traffic import (
    ASKER,
    MONDAY,
    Said,
    answered,
    asked_for,
    confirmed,
    make_home,
    normal_traffic,
    received,
    sent,
)

SCRIPT = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">\"'&</td>"
PERSON = "Idris Maran"


def some_traffic() -> list[Said]:
    """Give a few queries of each kind, one user, one partner."""
    query = sent(MONDAY, "a.martin", PERSON)
    silent = sent(MONDAY + timedelta(hours=1), "b.petit", PERSON)
    return [
        query,
        answered(query, 2, "REF1"),
        *confirmed(MONDAY + timedelta(minutes=30), "a.martin", "REF1"),
        silent,
        *received(MONDAY + timedelta(hours=2), "g.alexis", 2, "r-1"),
        *received(MONDAY + timedelta(hours=3), "g.alexis", 0),
        *received(MONDAY + timedelta(hours=4), "g.alexis", None),
        asked_for(MONDAY + timedelta(hours=5), "REFr-1"),
        Said(MONDAY + timedelta(hours=6), OfficerRefused(reason="role"), {"officer": "b.petit"}),
        Said(MONDAY + timedelta(hours=7), AuditorAccess(entry=1, fields=("user",)), {"user": "i.auditor"}),
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "fr", some_traffic())


def _report(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(audit.app, ["report", "--home", str(home), *arguments])


def _tables(home: Path, *arguments: str) -> dict[str, Any]:
    result = _report(home, "--json", *arguments)
    assert result.exit_code == 0, result.output
    tables: dict[str, Any] = json.loads(result.stdout)["tables"]
    return tables


def _count(home: Path) -> int:
    return LedgerReader(home / "data" / "ledger.db").count()


def test_queries_put_and_received_are_counted_by_partner_agreement_and_purpose(home: Path) -> None:
    (came, went) = _tables(home)["queries"]
    assert (came["direction"], came["partner"], came["agreement"], came["purpose"]) == (
        "received",
        "GR-YPAM",
        "gr-fr",
        "terrorism",
    )
    assert [came[name] for name in ("queries", "answered", "opened", "told", "refused")] == [3, 2, 1, 1, 1]
    assert [went[name] for name in ("partner", "queries", "answered", "told")] == ["DE-ZASM", 2, 1, 1]


def test_levels_rates_times_refusals_and_denied_calls_are_told(home: Path) -> None:
    tables = _tables(home)
    assert [one["level_2"] for one in tables["levels"]] == [1, 1]
    assert tables["open_rate"] == [
        {"partner": "GR-YPAM", "received": 3, "opened": 1, "rate": pytest.approx(33.3, abs=0.1), "told": 1}
    ]
    assert {one["reason"]: one["entries"] for one in tables["refusals"]} == {
        "quota_used": "11",
        "no answer in the log": "5",
    }
    assert [(one["what"], one["reason"]) for one in tables["denied_calls"]] == [("officer_refused", "role")]
    assert [one["median"] for one in tables["times"]] == [pytest.approx(0.05, rel=0.06), pytest.approx(0.2, rel=0.06)]
    assert {one["event"]: one["count"] for one in tables["follow_up"]} == {
        "hit_confirmed": 1,
        "request_sent": 1,
        "request_received": 1,
    }


def test_without_opening_nothing_is_written_and_nobody_appears(home: Path) -> None:
    before = _count(home)
    result = _report(home)
    assert result.exit_code == 0, result.output
    assert _count(home) == before
    assert re.search("martin|petit|alexis|i.auditor|Maran", result.output) is None


def test_a_report_that_shows_users_is_one_entry_written_first(home: Path) -> None:
    before = _count(home)
    tables = _tables(home, "--people", "names", "--user", "i.auditor")
    assert [one["user"] for one in tables["users"]] == ["GR-YPAM g.alexis", "a.martin", "b.petit"]
    assert tables["denied_calls"][0]["who"] == "b.petit"
    assert tables["opened_fields"][0]["user"] == "i.auditor"
    reader = LedgerReader(home / "data" / "ledger.db")
    assert reader.count() == before + 1
    entry = next(reader.entries(before + 1))
    assert isinstance(entry.event, AuditorAccess)
    assert (entry.event.entry, entry.event.last) == (1, before)
    assert "user" in entry.event.fields
    assert [one.value for one in reader.openings(before + 1) if one.name == "user"] == ["i.auditor"]


def test_a_log_that_cannot_be_written_opens_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "data" / "ledger.db").write_bytes(b"no log")
    result = _report(home, "--people", "names", "--json")
    assert json.loads(result.stdout)["error"]["code"] == "log_damaged"


def test_pseudonyms_are_logged_too_and_name_nobody(home: Path) -> None:
    before = _count(home)
    result = _report(home, "--people", "pseudonyms", "--user", "i.auditor", "--json")
    assert _count(home) == before + 1
    assert re.search("martin|petit|alexis|i.auditor|Maran", result.output) is None
    assert "#1" in result.output


def test_the_person_asked_for_is_never_shown(home: Path) -> None:
    assert PERSON not in _report(home, "--people", "names", "--user", "i.auditor").output


def test_what_was_erased_is_counted_and_not_shown(home: Path) -> None:
    connection = sqlite3.connect(home / "data" / "ledger.db")
    with connection:
        connection.execute("DELETE FROM opening WHERE field = 'user' AND entry < 6")
    connection.close()
    tables = _tables(home, "--people", "names", "--user", "i.auditor")
    assert [one["user"] for one in tables["users"]] == ["GR-YPAM g.alexis"]
    assert {"what": "personal fields erased or not opened", "count": 3} in tables["overview"]


@pytest.mark.parametrize(
    ("filters", "queries"),
    [
        (["--partner", "GR-YPAM"], 3),
        (["--partner", "symbolon://agency/DE-ZASM"], 2),
        (["--purpose", "terrorism"], 3),
        (["--level", "1"], 2),
        (["--since", "2026-09-08"], 0),
        (["--until", "2026-09-07"], 5),
        (["--asked-by", "a.martin", "--people", "names", "--user", "i.auditor"], 1),
    ],
)
def test_filters_leave_what_they_say(home: Path, filters: list[str], queries: int) -> None:
    overview = {one["what"]: one["count"] for one in _tables(home, *filters)["overview"]}
    assert overview["queries"] == queries


@pytest.mark.parametrize(
    "arguments",
    [
        ["--asked-by", "a.martin"],
        ["--partner", "de zasm"],
        ["--threshold", "bursts=3"],
        ["--threshold", "burst_floor=0"],
        ["--threshold", "timezone=Nowhere/Town"],
        ["--export", "/nowhere/log.export"],
    ],
)
def test_what_cannot_be_meant_is_refused(home: Path, arguments: list[str]) -> None:
    before = _count(home)
    result = _report(home, "--json", *arguments)
    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (3, "invalid_input")
    assert _count(home) == before


@pytest.mark.parametrize("option", ["--html", "--csv", "--sqlite"])
def test_a_file_that_is_there_is_not_written_over_and_nothing_is_opened(home: Path, option: str) -> None:
    before = _count(home)
    taken = home / "taken"
    taken.write_text("kept")
    result = _report(home, option, str(taken), "--people", "names", "--json")
    assert result.exit_code == 3, result.output
    assert (taken.read_text(), _count(home)) == ("kept", before)


def test_an_export_gives_the_same_report(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "fr.export"
    arguments = ["export", str(file), "--open", "all", "--user", "i.auditor", "--home", str(home)]
    assert CliRunner().invoke(audit.app, arguments).exit_code == 0
    own = _tables(home, "--people", "names", "--user", "i.auditor")
    other = _tables(home, "--people", "names", "--export", str(file))
    differing = {name for name in own if own[name] != other[name]}
    assert differing <= {"overview", "opened_fields", "events"}  # the export's own entry is in it
    assert own["queries"] == other["queries"]


def test_an_export_with_nothing_opened_shows_no_users(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "fr.export"
    assert CliRunner().invoke(audit.app, ["export", str(file), "--home", str(home)]).exit_code == 0
    assert _tables(home, "--export", str(file))["users"] == []
    result = _report(home, "--export", str(file), "--people", "names")
    assert result.exit_code == 3


def test_the_csv_folder_has_a_file_for_each_table(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    tables = _tables(home, "--csv", str(folder))
    assert {file.stem for file in folder.iterdir()} == set(tables)
    with (folder / "queries.csv").open(newline="") as source:
        rows = list(csv.DictReader(source))
    assert [row["queries"] for row in rows] == ["3", "2"]
    assert folder.stat().st_mode & 0o77 == 0


class _Page(HTMLParser):
    """Reads a page: its elements, their attributes, its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile_traffic() -> list[Said]:
    """Give ordinary traffic, and a query that has a script in every field that anybody else fills."""
    event = QueryReceived(
        query_id="ab",
        envelope_digest="cd",
        sender=f"symbolon://agency/{SCRIPT}",
        agreement=f'=HYPERLINK("x")\x1b[2J\u202e{SCRIPT}',
        agreement_hash="ef",
        purpose=SCRIPT,
        entries=1,
    )
    fields = dict.fromkeys(("user", "legal_basis", "case_reference", "justification"), SCRIPT)
    return [
        *normal_traffic(days=5),
        Said(MONDAY, event, fields),
        Said(MONDAY, OfficerRefused(reason=SCRIPT), {"officer": SCRIPT}),
        sent(MONDAY, SCRIPT, SCRIPT),
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    home = make_home(folder / "fr", hostile_traffic())
    options = ("--html", str(folder / "report.html"), "--csv", str(folder / "csv"), "--sqlite", str(folder / "log.db"))
    result = _report(home, *options, "--people", "names", "--user", "i.auditor")
    assert result.exit_code == 0, result.output
    assert "\x1b[2J" not in result.output
    return folder / "report.html"


def test_the_page_has_no_script_and_nothing_from_elsewhere(page: Path) -> None:
    read = _Page(page.read_text(encoding="utf-8"))
    assert SCRIPT in read.text
    assert not {"script", "img", "link", "iframe", "object", "a:"} & set(read.tags)
    links = [value for name, value in read.attributes if name in ("src", "href", "action", "style")]
    assert [value for value in links if not str(value).startswith("#")] == []
    assert [name for name, _ in read.attributes if name.startswith("on")] == []


def test_each_chart_has_a_table_beside_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    sections = re.findall(r"<section.*?</section>", text, re.S)
    drawn = [one for one in sections if "<svg" in one]
    assert len(drawn) >= 5
    assert all("<table" in one and "<caption" in one and 'scope="col"' in one for one in drawn)
    assert all("<title>" in one for one in drawn)


def test_a_browser_runs_nothing_of_a_hostile_page(page: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium: the page is only parsed, by the test above")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    shown = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=90, check=True).stdout
    assert "<title>Disclosure log of FR-DNMS</title>" in shown
    assert "<svg" in shown


def test_a_spreadsheet_takes_no_name_for_a_formula(page: Path) -> None:
    with (page.parent / "csv" / "queries.csv").open(newline="", encoding="utf-8") as source:
        cells = [cell for row in csv.reader(source) for cell in row]
    assert [cell for cell in cells if cell.startswith("=")] == []
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not any("\x1b" in cell or "\u202e" in cell for cell in cells)


def test_the_sqlite_file_has_keys_views_and_indices(page: Path) -> None:
    connection = sqlite3.connect(page.parent / "log.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")}
    assert {"queries_by_partner", "open_rate", "queries_by_user", "findings_with_entries"} <= names
    for name in names:
        connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  # tables of ours
    (queries,) = connection.execute("SELECT COUNT(*) FROM query").fetchone()
    (entries,) = connection.execute("SELECT COUNT(*) FROM entry").fetchone()
    assert entries > queries > 50
    assert connection.execute("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'index' AND sql <> ''").fetchone()[0] > 5
    connection.close()


def test_the_metadata_describes_every_column_that_needs_it(page: Path) -> None:
    described = json.loads((page.parent / "log.metadata.json").read_text())["databases"]["log"]["tables"]
    connection = sqlite3.connect(page.parent / "log.db")
    tables = [
        row[0]
        for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    ]
    assert set(tables) == set(described)
    for name, one in described.items():
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        assert set(one["columns"]) <= there
    connection.close()


def test_datasette_opens_the_file(page: Path) -> None:
    pytest.importorskip("datasette", reason="datasette is a development dependency")
    command = [sys.executable, "-W", "ignore", "-m", "datasette", str(page.parent / "log.db")]
    command += ["--metadata", str(page.parent / "log.metadata.json"), "--get"]
    got = subprocess.run(
        [*command, "/log/queries_by_partner.json?_shape=array"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert got.returncode == 0, got.stderr
    assert {row["direction"] for row in json.loads(got.stdout)} == {"sent", "received"}
    shown = subprocess.run([*command, "/log/query"], capture_output=True, text=True, timeout=120, check=True).stdout
    assert "The level told, 0 to 4." in shown
    assert "<script>document.title" not in shown


def test_what_fails_half_way_leaves_no_database(home: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(home / "data" / "ledger.db")
    with connection:
        connection.execute("UPDATE entry SET body = x'7b7d' WHERE number = 6")
    connection.close()
    result = _report(home, "--sqlite", str(tmp_path / "log.db"), "--json")
    assert json.loads(result.stdout)["error"]["code"] == "log_damaged"
    assert not (tmp_path / "log.db").exists()


def test_who_asked_what_is_joined_by_more_than_the_hour_only(home: Path) -> None:
    with Ledger(home / "data" / "ledger.db") as log:  # weeks later
        late = answered(sent(MONDAY + timedelta(hours=1), "b.petit", PERSON), 4)
        log.append(Statement(late.event, late.personal))
    assert sum(one["told"] for one in _tables(home)["queries"]) == 2


def test_the_partner_of_an_asker_is_named(home: Path) -> None:
    assert ASKER.endswith(_tables(home)["open_rate"][0]["partner"])
