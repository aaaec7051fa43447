"""The export file: what it holds, that it reads back, that a cut is seen, and that it is written in constant memory."""

from __future__ import annotations

import io
import json
import sqlite3
import tracemalloc
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import audit
from ledger.checkpoints import parse_checkpoint
from ledger.entries import DamagedLogError, Statement
from ledger.events import AuditorAccess, QueryRefused, QuerySent
from ledger.exporting import House, Scope, export_lines, period
from ledger.exports import (
    EVERY_FIELD,
    ExportedAgreement,
    ExportedCheckpoint,
    ExportedEntry,
    ExportedOpening,
    ExportEnd,
    ExportError,
    ExportHead,
    read_entries,
    read_lines,
)
from ledger.log import Ledger
from ledger.merkle import CompactRange, hash_leaf
from ledger.notes import parse_note
from ledger.reading import LedgerReader
from node.config import NodeSettings, create_home
from symbolon.rpc.errors import ErrorCode

PARTY = "symbolon://agency/FR-DNMS"
AGREEMENT = ExportedAgreement("ab" * 32, '{"id":"fr-de"}', ({"any": "thing"},))
HOUSE = House("symbolon/agency/FR-DNMS/ledger", PARTY, "", "2026-11-24T12:00:00+00:00", agreements=(AGREEMENT,))
SENT = QuerySent(
    query_id="ab",
    purpose="migrant_smuggling",
    recipients=("symbolon://agency/DE-ZASM",),
    agreements=("fr-de",),
    agreement_hashes=("ab" * 32,),
)
PERSONAL = {"subject.names": '["Giorgos Melanos"]', "case_reference": "2026/117", "user": "a.analyst"}
REFUSED = Statement(QueryRefused(envelope_digest="00", sender="symbolon://agency/GR-YPAM", reason="fishing"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    settings = NodeSettings(
        agency="FR-DNMS",
        display_name="DNMS",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="dnms@example",
        declared_records=10,
    )
    create_home(tmp_path, settings)
    with Ledger(_log(tmp_path)) as ledger:
        ledger.append(Statement(SENT, PERSONAL))
        ledger.append(*[REFUSED] * 4)
    return tmp_path


def _log(home: Path) -> Path:
    return home / "data" / "ledger.db"


def _export(home: Path, *options: str) -> bytes:
    target = home / "out.export"
    target.unlink(missing_ok=True)
    result = _run(home, target, *options)
    assert result.exit_code == 0, result.output
    return target.read_bytes()


def _run(home: Path, target: Path, *options: str) -> Result:
    return CliRunner().invoke(audit.app, ["export", str(target), *options, "--home", str(home)])


def _written(home: Path, scope: Scope) -> bytes:
    return b"".join(export_lines(_log(home), scope, HOUSE))


def test_entries_are_exactly_the_bytes_that_are_hashed(home: Path) -> None:
    entries = [line for line in read_lines(io.BytesIO(_export(home))) if isinstance(line, ExportedEntry)]
    assert [hash_leaf(one.body) for one in entries] == [one.leaf_hash for one in LedgerReader(_log(home)).entries()]


def test_an_export_ends_with_a_signed_head_and_an_end(home: Path) -> None:
    lines = list(read_lines(io.BytesIO(_export(home))))
    assert isinstance(lines[0], ExportHead)
    assert (lines[0].first, lines[0].last, lines[0].fields) == (1, 5, ())
    assert isinstance(lines[-2], ExportedCheckpoint)
    assert parse_checkpoint(parse_note(lines[-2].note.encode()).text).head == LedgerReader(_log(home)).head()
    assert lines[-1] == ExportEnd(5)


def test_nothing_personal_is_in_it_unless_opened(home: Path) -> None:
    assert b"Melanos" not in _export(home)
    assert LedgerReader(_log(home)).count() == 5
    assert b"Melanos" in _export(home, "--open", "all", "--user", "i.auditor")


def test_opening_is_logged_before_and_stands_in_the_export(home: Path) -> None:
    content = _export(home, "--open", "user", "--open", "case_reference", "--user", "i.auditor")
    *_, (entry, opened) = read_entries(io.BytesIO(content))
    assert entry.event == AuditorAccess(entry=1, last=5, fields=("case_reference", "user"))
    assert opened == {}
    openings = [line for line in read_lines(io.BytesIO(content)) if isinstance(line, ExportedOpening)]
    assert {one.name: one.value for one in openings} == {"user": "a.analyst", "case_reference": "2026/117"}
    assert [one.value for one in LedgerReader(_log(home)).openings(6)] == ["i.auditor"]


def test_a_file_that_is_there_is_not_written_over_and_nothing_is_opened(home: Path) -> None:
    target = home / "out.export"
    target.write_text("the export of last month")
    result = _run(home, target, "--open", "all", "--user", "i.auditor")
    assert result.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert target.read_text() == "the export of last month"
    assert LedgerReader(_log(home)).count() == 5


@pytest.mark.parametrize(
    "options",
    [
        ("--open", "user", "--open", "nosuchfield"),
        ("--open", "recipients"),
        ("--open", 'recipients":["'),
        ("--open", "\udce4"),
        ("--since", "2026-11-02", "--until", "2026-11-01"),
    ],
)
def test_what_can_only_be_a_slip_is_refused_and_leaves_no_file_and_no_entry(home: Path, options: Sequence[str]) -> None:
    result = _run(home, home / "out.export", *options)
    assert result.exit_code == ErrorCode.INVALID_INPUT.value.exit_code
    assert not (home / "out.export").exists()
    assert LedgerReader(_log(home)).count() == 5


def test_a_file_that_cannot_be_written_has_an_error_and_opens_nothing_more(home: Path) -> None:
    result = _run(home, home / "no" / "out.export")
    assert result.exit_code == 3
    assert "FileNotFoundError" in result.output


def test_what_is_exported_is_readable_by_its_owner_only(home: Path) -> None:
    _export(home, "--open", "all", "--user", "i.auditor")
    assert (home / "out.export").stat().st_mode & 0o777 == 0o600


def test_agreements_are_in_it_where_an_entry_names_them(home: Path) -> None:
    assert AGREEMENT in read_lines(io.BytesIO(_written(home, Scope(1, 5))))
    assert AGREEMENT not in read_lines(io.BytesIO(_written(home, Scope(2, 5))))


@pytest.mark.parametrize("first", range(1, 7))
def test_the_frontier_and_the_entries_make_the_tree(home: Path, first: int) -> None:
    head, *lines = read_lines(io.BytesIO(_written(home, Scope(first, 5))))
    assert isinstance(head, ExportHead)
    tree = CompactRange(head.first - 1, head.frontier)
    for line in lines:
        if isinstance(line, ExportedEntry):
            tree.append(hash_leaf(line.body))
    assert tree.root() == LedgerReader(_log(home)).head().root
    numbers = [entry.number for entry, _ in read_entries(io.BytesIO(_written(home, Scope(first, 5))))]
    assert numbers == list(range(first, 6))


def test_a_month_is_taken_out_by_its_numbers_with_a_head_of_its_own(home: Path) -> None:
    today = next(LedgerReader(_log(home)).entries()).time.date().isoformat()
    lines = list(read_lines(io.BytesIO(_export(home, "--since", today, "--until", today))))
    assert sum(isinstance(one, ExportedEntry) for one in lines) == 5
    lines = list(read_lines(io.BytesIO(_export(home, "--until", "2020-01-01"))))
    assert lines[-1] == ExportEnd(0)


def test_a_period_holds_every_entry_of_it_though_the_clock_went_back(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    days = ["2026-01-05", "2026-02-01", "2026-01-31", "2026-02-02", "2026-03-01"]
    with sqlite3.connect(path) as connection:
        rows = [
            (number, bytes(32), b'"time":"%bT00:00:00+00:00"}' % day.encode()) for number, day in enumerate(days, 1)
        ]
        connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
    connection.close()
    assert period(path, date(2026, 2, 1), date(2026, 2, 28)) == (2, 4)
    assert period(path, date(2026, 4, 1), None) == (6, 5)
    assert period(path, None, date(2025, 1, 1)) == (1, 0)
    assert period(path, None, None) == (1, 5)


def test_a_file_that_was_cut_anywhere_is_seen(home: Path) -> None:
    content = _written(home, Scope(1, 5, frozenset({EVERY_FIELD}), 5))
    for length in range(len(content)):
        with pytest.raises((ExportError, DamagedLogError)):
            list(read_entries(io.BytesIO(content[:length])))


@pytest.mark.parametrize(
    "line",
    [b"[]", b"{}", b"1", b"{" * 100_000, b'{"type":"other"}', b'{"type":"opening"}', b"\xff", b'{"type":[]}', b""],
)
def test_a_line_that_is_none_is_named_and_not_quoted(home: Path, line: bytes) -> None:
    content = _written(home, Scope(1, 5)).splitlines()
    content.insert(2, line)
    with pytest.raises(ExportError, match=r"^line 3: "):
        list(read_lines(io.BytesIO(b"\n".join(content) + b"\n")))


def test_a_changed_opening_is_found(home: Path) -> None:
    content = _written(home, Scope(1, 5, frozenset({EVERY_FIELD}), 5)).replace(b"a.analyst", b"b.analyst")
    with pytest.raises(DamagedLogError, match="entry 1: the opening of user"):
        list(read_entries(io.BytesIO(content)))


def test_export_and_reading_take_constant_memory(tmp_path: Path) -> None:
    def peak(entries: int) -> int:
        path = tmp_path / f"{entries}.db"
        with Ledger(path) as ledger:
            for _ in range(entries // 500):
                ledger.append(*[Statement(SENT, PERSONAL)] * 500)
        tracemalloc.start()
        target = path.with_suffix(".export")
        with target.open("wb") as file:
            for line in export_lines(path, Scope(1, entries, frozenset({EVERY_FIELD}), entries), HOUSE):
                file.write(line)
        with target.open("rb") as file:
            assert sum(1 for _ in read_entries(file)) == entries
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(500)  # what is loaded and cached once
    small, large = peak(500), peak(5000)
    assert large < small + 100_000


def test_the_first_line_says_what_the_file_is(home: Path) -> None:
    first = json.loads(_export(home).splitlines()[0])
    assert (first["type"], first["format"], first["party"]) == ("export", "symbolon-log-export/1", PARTY)
